package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	patience = 30 * time.Second      // for anything that a page does by itself
	pause    = 50 * time.Millisecond // between two looks
)

// A tab is a page in a browser context of its own, with a record of what it did.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []request
	answers  map[string]int // statuses by URL, the last one
	said     []string       // console warnings and errors, exceptions, violations
}

type request struct {
	url  string
	kind network.ResourceType
}

// A look is how a page is looked at. The zero look is a light one on a desktop.
type look struct {
	scheme string
	width  int64
}

func (l look) String() string { return fmt.Sprintf("%s-%d", l.scheme, l.width) }

var looks = []look{{"light", 1280}, {"dark", 1280}, {"light", 360}, {"dark", 360}}

func newTab(t *testing.T, l look) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(shared.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, answers: map[string]int{}}
	b.must(chromedp.Listen(ctx, b.hear))
	if l.scheme == "" {
		l = looks[0]
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
	b.must(err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	b.must(err)
	b.must(chromedp.Do(ctx, chromedp.EmulateViewport(l.width, 900)))
	return b
}

// watch runs before each page's own scripts. It notes every use of storage, and
// gives the tests ways through shadow roots.
const watch = `(() => {
  const used = window.__used = [];
  for (const name of ['getItem', 'setItem', 'removeItem', 'clear']) {
    const own = Storage.prototype[name];
    Storage.prototype[name] = function (...all) { used.push('Storage.' + name); return own.apply(this, all); };
  }
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...all) { used.push('indexedDB.open'); return open.apply(this, all); };
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  Object.defineProperty(Document.prototype, 'cookie', {
    get() { used.push('document.cookie'); return cookie.get.call(this); },
    set(v) { used.push('document.cookie ='); cookie.set.call(this, v); },
  });
  window.__ready = new Set();
  addEventListener('oriel-ready', (event) => window.__ready.add(event.target), true);
  window.__focused = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at;
  };
  const drawn = (panel) => {
    const some = (selector) => panel.querySelectorAll(selector).length > 0;
    switch (panel.dataset.type) {
      case 'scorecard': return /\d/.test(panel.querySelector('.oriel-card-value')?.textContent ?? '');
      case 'table': return some('tbody tr td');
      case 'geo': return some('.oriel-land.oriel-valued');
      case 'donut': case 'pie': return some('.oriel-slice');
      case 'bar': case 'column': return some('.oriel-bar');
      default: return [...panel.querySelectorAll('.oriel-line')].some((line) => (line.getAttribute('d') ?? '').length > 20);
    }
  };
  window.__panels = (root = document) => [...root.querySelectorAll('oriel-dashboard, oriel-chart')].flatMap((element) =>
    [...element.shadowRoot.querySelectorAll('.panel')].map((panel) => ({
      title: panel.getAttribute('aria-label') ?? '', type: panel.dataset.type,
      drawn: drawn(panel) && !panel.querySelector('.skeleton'),
      failed: panel.querySelector('.failed')?.textContent ?? '',
      asOf: panel.querySelector('[part=as-of]')?.textContent ?? '',
      live: panel.querySelector('.live:not([hidden])') !== null,
      stale: panel.querySelector('.stale')?.textContent ?? '',
      text: panel.querySelector('.body')?.textContent ?? '',
    })));
  window.__settled = () => {
    const all = [...document.querySelectorAll('oriel-dashboard, oriel-chart')];
    return all.length > 0 && all.every((e) => e.shadowRoot && !e.shadowRoot.querySelector('[aria-busy], .skeleton')) && window.__panels().every((p) => p.drawn || p.failed);
  };
})()`

// hear takes down what the tests ask for later.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, request{e.Request.URL, e.Type})
	case *network.EventResponseReceived:
		b.answers[e.Response.URL] = int(e.Response.Status)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.said = append(b.said, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			text, _ := json.Marshal(e.Args)
			b.said = append(b.said, fmt.Sprintf("console.%s: %s", e.Type, text))
		}
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, "exception: "+exception(e.ExceptionDetails))
	}
}

// exception is what a page threw, with where.
func exception(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// open goes to a page and waits until everything on it is drawn.
func (b *tab) open(url string) *tab {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(url)))
	if strings.Contains(url, "iframe.html") {
		return b
	}
	return b.scrollThrough().settle()
}

// scrollThrough lets what is loaded when it comes near be loaded.
func (b *tab) scrollThrough() *tab {
	b.t.Helper()
	eval[bool](b, `(async () => {
	  for (const e of document.querySelectorAll('oriel-dashboard, oriel-chart')) {
	    e.scrollIntoView();
	    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
	  }
	  scrollTo(0, 0);
	  return true;
	})()`)
	return b
}

func (b *tab) settle() *tab {
	b.t.Helper()
	b.eventually("everything is drawn", `window.__settled()`)
	return b
}

func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *tab) run(statements string) {
	b.t.Helper()
	eval[bool](b, `(() => { `+statements+`; return true; })()`)
}

// eventually waits for a page's expression to be true.
func (b *tab) eventually(what, expression string) {
	b.t.Helper()
	b.within(patience, what, expression)
}

// within is eventually for what takes its time.
func (b *tab) within(patience time.Duration, what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](b, `Boolean(`+expression+`)`) {
		if time.Now().After(deadline) {
			b.shoot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("%s: not within %v\npanels: %v\nsaid: %q", what, patience, b.panels(), b.heard())
		}
		time.Sleep(pause)
	}
}

// press sends keys, as chromedp's kb writes them.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

type panel struct {
	Title, Type, Failed, AsOf, Stale, Text string
	Drawn                                  bool
}

// String is short enough for a failed test.
func (p panel) String() string {
	return fmt.Sprintf("%s (%s, drawn %v) %s%s", p.Title, p.Type, p.Drawn, p.Failed, p.Stale)
}

func (b *tab) panels() []panel {
	b.t.Helper()
	return eval[[]panel](b, `window.__panels()`)
}

func (b *tab) panel(title string) panel {
	b.t.Helper()
	all := b.panels()
	i := slices.IndexFunc(all, func(p panel) bool { return p.Title == title })
	if i < 0 {
		b.t.Fatalf("no panel %q in %v", title, all)
	}
	return all[i]
}

// drawn fails unless there are n panels, all of them drawn and honest about their age.
func (b *tab) drawn(n int) {
	b.t.Helper()
	all := b.panels()
	if len(all) != n {
		b.t.Errorf("%d panels, want %d: %v", len(all), n, all)
	}
	for _, p := range all {
		if !p.Drawn || p.Failed != "" || p.AsOf == "" || p.Title == "" {
			b.t.Errorf("not drawn: %v", p)
		}
	}
}

func (b *tab) asked() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests)
}

func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.said)
}

// clean fails when the page complained, asked a host that is not its own, or kept something.
func (b *tab) clean(origins ...string) {
	b.t.Helper()
	for _, said := range b.heard() {
		b.t.Errorf("the page said %s", said)
	}
	for _, r := range b.asked() {
		u, err := url.Parse(r.url)
		b.must(err)
		if u.Scheme != "data" && u.Scheme != "about" && !slices.Contains(origins, u.Scheme+"://"+u.Host) {
			b.t.Errorf("asked %s", r.url)
		}
	}
	if used := eval[[]string](b, `window.__used`); len(used) > 0 {
		b.t.Errorf("the page used %v", used)
	}
	cookies, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: origins})
	b.must(err)
	if len(cookies.Cookies) > 0 {
		b.t.Errorf("%d cookies, the first is %s", len(cookies.Cookies), cookies.Cookies[0].Name)
	}
	// A chart is drawn again a moment after its window became narrower.
	b.eventually("the page is no wider than its window", `document.documentElement.scrollWidth <= innerWidth`)
}

// shoot photographs the whole page when somebody wants to look.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("ORIEL_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.MkdirAll(dir, 0o755))
	b.must(os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}
