package adversary

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/oriel-server/oriel/judges/house"
)

// frameAttacks put the page for frames into pages, in Chromium.
func frameAttacks() []attack {
	return []attack{{name: "in a real browser", of: refusedToFrame, run: framed}}
}

// A site is a page of another origin than the server's, around a frame. It tells
// the page around itself, if there is one, what the frame tells it.
func site(t *testing.T, around func(r *http.Request) string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>site</title><script>
			window.heights = []; window.loaded = 0;
			addEventListener('message', (e) => { window.heights.push(e.data.height); if (parent !== window) parent.postMessage(e.data, '*'); });
		</script>%s`, around(r))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A frame is a case: which page is around which, and whether the dashboard is drawn.
type frame struct {
	name  string
	page  string // address of the outermost page
	drawn bool
	says  string // what the frame's document says, where it is refused
}

func framed(t *testing.T, s *stage) {
	var embed string
	framing := func(r *http.Request) string {
		return fmt.Sprintf(`<iframe src="%s" %s onload="loaded++" width="800" height="600"></iframe>`, embed, r.URL.Query().Get("with"))
	}
	listed, unlisted := site(t, framing), site(t, framing)
	around := func(inner string) string {
		return site(t, func(*http.Request) string {
			return `<iframe src="` + inner + `" onload="loaded++" width="800" height="600"></iframe>`
		})
	}
	server := s.another(t, strings.ReplaceAll(configuration, shopOrigin, listed))
	embed = server.Public + "/embed/overview"
	browser := startBrowser(t)
	for _, f := range []frame{
		{"a listed page", listed + "/", true, ""},
		{"a listed page that hides its name", listed + "/?with=referrerpolicy=no-referrer", true, ""},
		{"an unlisted page", unlisted + "/", false, unlisted},
		{"an unlisted page that hides its name", unlisted + "/?with=referrerpolicy=no-referrer", false, ""},
		{"a listed page within an unlisted one", around(listed + "/"), false, ""},
		{"an unlisted page within a listed one's name", around(unlisted + "/"), false, unlisted},
		{"a listed page in a sandbox", listed + "/?with=sandbox", false, ""},
	} {
		t.Run(f.name, func(t *testing.T) { f.look(t, browser, server) })
	}
}

func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell")
	must(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	browser, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	must(t, chromedp.Do(browser))
	return browser
}

// documents are what a tab was answered for the server's page.
type documents struct {
	mu   sync.Mutex
	last map[network.RequestID]int // statuses
}

func (d *documents) hear(server *house.Server) func(any) {
	return func(event any) {
		e, ok := event.(*network.EventResponseReceived)
		if ok && e.Type == network.ResourceTypeDocument && strings.HasPrefix(e.Response.URL, server.Public) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.last[e.RequestID] = int(e.Response.Status)
		}
	}
}

func (d *documents) any() (id network.RequestID, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, status := range d.last {
		return id, status
	}
	return "", 0
}

// look opens the page and sees whether the frame's script, which runs only where
// the browser shows the frame, tells its height.
func (f frame) look(t *testing.T, browser context.Context, server *house.Server) {
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	heard := &documents{last: map[network.RequestID]int{}}
	must(t, chromedp.Listen(ctx, heard.hear(server)))
	must(t, chromedp.Do(ctx, chromedp.Navigate(f.page)))
	truth := func(expression string) func() bool {
		return func() bool {
			v, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
			must(t, err)
			return v
		}
	}
	heights := truth("window.heights.length")
	if f.drawn {
		shared.until(t, "the frame draws", heights)
		return
	}
	shared.until(t, "the frame has an end", truth("window.loaded"))
	shared.until(t, "the server is asked", func() bool { _, status := heard.any(); return status != 0 || strings.Contains(f.page, "sandbox") })
	for range 10 { // as long as the drawn ones take at most
		time.Sleep(100 * time.Millisecond)
		if heights() {
			t.Fatal("the frame draws")
		}
	}
	if f.says != "" {
		f.refusal(t, ctx, heard)
	}
}

// refusal wants a page that names the blocked origin and the setting to change.
func (f frame) refusal(t *testing.T, ctx context.Context, heard *documents) {
	t.Helper()
	id, status := heard.any()
	if status != http.StatusForbidden {
		t.Errorf("the page is answered %d", status)
	}
	body, err := chromedp.Call(ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
	must(t, err)
	text := fmt.Sprint(string(body.Body))
	for _, word := range []string{f.says, "views.", ".origins"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in the page: %.600s", word, text)
		}
	}
}
