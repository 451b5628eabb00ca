package browser

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// An oldPage is a file of testdata/pages: HTML, and at its end a comment that says
// how it is served and what is to be seen. The comment is not served.
type oldPage struct {
	name  string
	html  string // a text/template over placeholders
	set   map[string]string
	steps []step
	says  []*regexp.Regexp // complaints of the browser that belong to the page
}

type step struct{ verb, text string }

// The verbs of a page's script. A line without one of them is a JavaScript
// expression that must become true; it may use what helpers defines.
//
//	# …              a remark
//	set NAME VALUE   how the page is served: site, views, expires, csp, width
//	says REGEXP      a complaint in the console that must be there; all others fail
//	do STATEMENTS    as if typed into the console
//	click SELECTOR   a real mouse in the middle of the first such element
//	width PIXELS     the window is made this wide
//	shoot NAME       a picture at this point; there is one at the end anyway
//	accessible       axe-core finds nothing
var verbs = []string{"#", "set", "says", "do", "click", "width", "shoot", "accessible"}

const scriptStart, scriptEnd = "<!-- judge\n", "\n-->"

// parseOldPage reads a file. A page must expect something.
func parseOldPage(name, file string) (oldPage, error) {
	html, rest, ok := strings.Cut(file, scriptStart)
	script, after, closed := strings.Cut(rest, scriptEnd)
	if !ok || !closed || strings.TrimSpace(after) != "" {
		return oldPage{}, errors.New(`must end with a comment that begins with the line "<!-- judge" and ends with the line "-->"`)
	}
	p := oldPage{name: name, html: html, set: map[string]string{}}
	expects := false
	for line := range strings.Lines(script) {
		verb, text := verbOf(strings.TrimSpace(line))
		switch verb {
		case "":
			expects = expects || text != ""
		case "#":
			continue
		case "set":
			key, value, _ := strings.Cut(text, " ")
			p.set[key] = value
			continue
		case "says":
			r, err := regexp.Compile(text)
			if err != nil {
				return oldPage{}, err
			}
			p.says = append(p.says, r)
			continue
		}
		if verb != "" || text != "" {
			p.steps = append(p.steps, step{verb, text})
		}
	}
	if !expects {
		return oldPage{}, errors.New("expects nothing")
	}
	return p, nil
}

func verbOf(line string) (verb, text string) {
	if first, rest, _ := strings.Cut(line, " "); slices.Contains(verbs, first) {
		return first, rest
	}
	return "", line
}

// helpers are what a page's script can name. All of them look into shadow roots.
const helpers = `window.__judge = (() => {
  const roots = (node) => [node, ...[...node.querySelectorAll('*'), node].flatMap((e) => (e.shadowRoot ? roots(e.shadowRoot) : []))];
  const at = (where) => (typeof where === 'string' ? document.querySelector(where) : where) ?? document.createElement('i');
  const seen = (e) => e.getClientRects().length > 0;
  // all the elements in a place that match and are rendered
  const all = (where, selector) => roots(at(where)).flatMap((r) => [...r.querySelectorAll(selector)]).filter(seen);
  const count = (selector) => (where) => all(where, selector).length;
  const box = (where) => at(where).getBoundingClientRect();
  const middle = (selector) => {
    const found = all(document, selector).at(0);
    if (!found) throw new Error('nothing to click: ' + selector);
    found.scrollIntoView({block: 'center'});
    const {left, top, width, height} = found.getBoundingClientRect();
    return {X: left + width / 2, Y: top + height / 2};
  };
  const text = (where) => roots(at(where)).flatMap((r) => (r.textContent && !(r instanceof Document) ? [r.textContent] : [])).join(' ');
  const lines = (where) => all(where, '.oriel-line').filter((line) => (line.getAttribute('d') ?? '').length > 20).length;
  return {
    all, box, middle, text, lines,
    areas: count('.oriel-area'), bars: count('.oriel-bar'), slices: count('.oriel-slice'), lands: count('.oriel-land.oriel-valued'),
    rows: count('tbody > tr'), words: (where) => all(where, 'svg text').map((e) => e.textContent.trim()),
    cells: (where, n) => [...(all(where, 'tbody > tr')[n]?.children ?? [])].map((e) => e.textContent.trim()),
  };
})();`

const names = `{all, box, text, lines, areas, bars, slices, lands, rows, words, cells}`

// newOldTab is a tab with helpers, which tells what was to be seen when its test fails.
func newOldTab(t *testing.T, l look) *tab {
	t.Helper()
	b := newTab(t, l)
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: helpers})
	b.must(err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("it shows %s", eval[string](b, `document.body.innerText.slice(0, 800) + ' [' + (window.__last ?? '') + ']'`))
		}
	})
	return b
}

// judge visits a page, goes through its script, and wants it quiet.
func (w *town) judge(t *testing.T, p oldPage) {
	width := int64(1000)
	if p.set["width"] != "" {
		var err error
		if width, err = strconv.ParseInt(p.set["width"], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	b := newOldTab(t, look{"light", width})
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(w.site(p)+"/"+p.name+".html")))
	for _, s := range p.steps {
		b.take(s)
	}
	b.shoot("old-" + p.name)
	b.says(p.says)
	b.clean(w.site(p), w.oriel.Public)
}

// take goes one step of a script.
func (b *tab) take(s step) {
	b.t.Helper()
	switch s.verb {
	case "":
		b.eventually(s.text, fmt.Sprintf(`((%s) => { try { return %s } catch (e) { window.__last = String(e); return false } })(window.__judge)`, names, s.text))
	case "do":
		b.run(s.text)
	case "click":
		b.click(s.text)
	case "width":
		width, err := strconv.ParseInt(s.text, 10, 64)
		b.must(err)
		b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)))
	case "shoot":
		b.shoot("old-" + s.text)
	case "accessible":
		b.accessible()
	}
}

// click presses and releases the mouse in the middle of the first match.
func (b *tab) click(selector string) {
	b.t.Helper()
	type place struct{ X, Y float64 }
	at := eval[place](b, fmt.Sprintf(`window.__judge.middle(%q)`, selector))
	b.must(chromedp.Do(b.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y)))
	b.must(chromedp.Do(b.ctx, chromedp.MouseClickXY(at.X, at.Y)))
}

// says forgets the complaints that are expected, and fails for expected ones that
// were not heard.
func (b *tab) says(expected []*regexp.Regexp) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, want := range expected {
		left := slices.DeleteFunc(slices.Clone(b.said), want.MatchString)
		if len(left) == len(b.said) {
			b.t.Errorf("the browser did not say %s", want)
		}
		b.said = left
	}
}

func TestParseOldPage(t *testing.T) {
	for name, file := range map[string]string{
		"no script":       "<p>Hello</p>",
		"nothing wanted":  "<p>Hello</p>\n<!-- judge\nset site private\n-->\n",
		"a bad regexp":    "<p>Hello</p>\n<!-- judge\nsays (\ntrue\n-->\n",
		"something after": "<p>Hello</p>\n<!-- judge\ntrue\n-->\n<p>",
	} {
		if _, err := parseOldPage("page", file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p, err := parseOldPage("page", "<p>Hello</p>\n<!-- judge\n# why\nset csp default-src 'self'\nclick #a\n\ndocument.title === ''\n-->\n")
	if err != nil || p.html != "<p>Hello</p>\n" || p.set["csp"] != "default-src 'self'" ||
		!slices.Equal(p.steps, []step{{"click", "#a"}, {"", "document.title === ''"}}) {
		t.Errorf("%+v, %v", p, err)
	}
}
