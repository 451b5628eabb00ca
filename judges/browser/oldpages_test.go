package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

// Pages as they were written for Google's Embed API, each with what is to be seen
// on it: a file in testdata/pages is a case. See script for how it says so.
func TestOldPages(t *testing.T) {
	files, err := filepath.Glob("testdata/pages/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	town := newTown(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		p, err := parseOldPage(name, string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town.judge(t, p)
		})
	}
}

// The demo's page from 2015, in every look: it is a light page, and stays one for
// visitors who like it dark.
func TestPageFrom2015(t *testing.T) {
	h := shared.house
	for _, l := range looks {
		t.Run(l.String(), func(t *testing.T) {
			b := newOldTab(t, l)
			b.must(chromedp.Do(b.ctx, chromedp.Navigate(h.Site+"/2015.html")))
			for _, expected := range []string{
				`lines('#chart-1-container') === 2`,
				`slices('#chart-2-container') >= 3`,
				`all('#chart-1-container', 'svg text').every((e) => /^rgb\((\d\d?|1[0-4]\d), /.test(getComputedStyle(e).fill))`,
			} {
				b.take(step{text: expected})
			}
			for _, r := range b.asked() {
				if strings.Contains(r.url, "analytics") {
					t.Errorf("an ad-blocker would not let %s through", r.url)
				}
			}
			if n := b.count("/v3/data/ga"); n != 2 {
				t.Errorf("%d questions for two charts", n)
			}
			b.shoot("2015-" + l.String())
			b.accessible()
			b.clean(h.Site, h.Oriel)
		})
	}
}

// A town is where old pages live: Oriel, and two websites. One may show public
// views; on the other nothing is public.
type town struct {
	oriel   *house.Server
	public  *httptest.Server
	private *httptest.Server
	key     string // the API key of both websites
}

const oldViews = `
tokens: {lifetime: 5m}
limits: {tokens_per_second: 1000, tokens_burst: 1000}
hosts:
  website: {api_keys: [%[3]s], views: ["*"]}
views:
  museum: {title: Hafenmuseum, property: "412600302", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: [%[1]s], aliases: ["ga:100367422"]}
  shop: {title: Kauri & Wool, property: "412600303", origins: [%[1]s, %[2]s], aliases: ["ga:100367423"]}
  archive: {title: Records Office, property: "412600301", origins: [%[1]s, %[2]s], aliases: ["ga:100367424"]}
`

func newTown(t *testing.T) *town {
	t.Helper()
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Events: 600_000})
	if err != nil {
		t.Fatal(err)
	}
	google := house.NewGoogle(t, past, nil)
	account, err := google.IssueKey("old-pages@demo-project.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	key, sum := newAPIKey(t)
	w := &town{key: key}
	w.public, w.private = httptest.NewServer(http.HandlerFunc(w.serve)), httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.public.Close)
	t.Cleanup(w.private.Close)
	w.oriel = house.Serve(t, shared.program, house.Config{Google: google, Key: account, Rest: fmt.Sprintf(oldViews, w.public.URL, w.private.URL, sum)})
	return w
}

// newAPIKey makes a key as a host's administrator does.
func newAPIKey(t *testing.T) (key, sum string) {
	t.Helper()
	out, err := house.Run(shared.program, "token", "new-key")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	words := strings.Fields(string(out))
	for i, word := range words {
		switch {
		case word == "backend:" && key == "" && i+1 < len(words):
			key = words[i+1]
		case word == "api_keys:" && i+1 < len(words):
			sum = strings.Trim(words[i+1], "[]")
		}
	}
	if key == "" || sum == "" {
		t.Fatalf("no key in %s", out)
	}
	return key, sum
}

// site returns the address of the website that a page lives on: by default the one
// with public views, or "private", or "unlisted", by a name that no view lists.
func (w *town) site(p oldPage) string {
	switch p.set["site"] {
	case "private":
		return w.private.URL
	case "unlisted":
		return strings.Replace(w.public.URL, "127.0.0.1", "localhost", 1)
	}
	return w.public.URL
}

// What pages name in double braces.
type placeholders struct {
	Oriel    string // its address
	Host     string // the same without the scheme
	Platform string // the script that takes the place of Google's
	Token    string // an embed token that the website's backend asked for
	Nonce    string // of the page's Content-Security-Policy
}

const nonce = "cmFuZG9tIGVub3VnaA"

// serve answers as the websites do; their backends mint a token for each visit.
func (w *town) serve(rw http.ResponseWriter, r *http.Request) {
	file := filepath.Join("testdata", "pages", filepath.Base(r.URL.Path))
	text, err := os.ReadFile(file)
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	p, err := parseOldPage(r.URL.Path, string(text))
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := w.write(p)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	if p.set["csp"] != "" {
		rw.Header().Set("Content-Security-Policy", strings.NewReplacer("ORIEL", w.oriel.Public, "NONCE", nonce).Replace(p.set["csp"]))
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = rw.Write(body) // the browser left
}

func (w *town) write(p oldPage) ([]byte, error) {
	page, err := template.New("").Parse(p.html)
	if err != nil {
		return nil, err
	}
	token, err := w.mint(p)
	if err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(w.oriel.Public, "://")
	var b bytes.Buffer
	err = page.Execute(&b, placeholders{Oriel: w.oriel.Public, Host: host, Platform: w.oriel.Public + "/platform.js", Token: token, Nonce: nonce})
	return b.Bytes(), err
}

// mint asks for an embed token, as a website's backend does.
func (w *town) mint(p oldPage) (string, error) {
	views := strings.Fields(p.set["views"])
	if len(views) == 0 {
		views = []string{"museum", "shop"}
	}
	want := map[string]any{"views": views, "subject": "old-page"}
	if p.set["site"] != "unlisted" {
		want["origin"] = w.site(p)
	}
	if seconds := p.set["expires"]; seconds != "" {
		want["expires_in"] = json.Number(seconds)
	}
	body, err := json.Marshal(want)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPost, w.oriel.Public+"/v1/tokens", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+w.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("minting for %s answered %s", views, res.Status)
	}
	return answer.AccessToken, nil
}
