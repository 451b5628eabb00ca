package browser

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

const (
	dashboard = `document.querySelector('oriel-dashboard')`
	root      = dashboard + `.shadowRoot`
	select_   = root + `.querySelector('select')`
)

// overviewPanels is how many panels the demonstration's dashboard has.
const overviewPanels = 9

func TestViewsAndRanges(t *testing.T) {
	h := shared.house
	b := newTab(t, look{}).open(h.Site + "/")
	b.drawn(overviewPanels)
	if eval[string](b, `location.origin`) == h.Oriel {
		t.Fatal("the host page is not foreign to Oriel")
	}
	seen := map[string]string{}
	for _, view := range []string{"museum", "shop", "archive"} {
		b.run(fmt.Sprintf(`const s = %s; s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true}))`, select_, view))
		for _, days := range []string{"7d", "28d", "90d"} {
			b.run(fmt.Sprintf(`%s.querySelector('input[value="%s"]').click()`, root, days))
			b.showing(view, days)
			b.drawn(overviewPanels)
			figure := b.panel("Sessions").Text
			if other, ok := seen[figure]; ok {
				t.Errorf("%s and %s %s show the same %q", other, view, days, figure)
			}
			seen[figure] = view + " " + days
		}
	}
	b.clean(h.Site, h.Oriel)
}

// showing waits until a view and a range are what is drawn.
func (b *tab) showing(view, rng string) {
	b.t.Helper()
	b.eventually(view+" "+rng+" is shown", fmt.Sprintf(`%[1]s.getAttribute('range') === %[3]q && %[2]s.value === %[4]q && window.__settled()`, dashboard, select_, rng, view))
}

func TestCustomRange(t *testing.T) {
	h := shared.house
	b := newTab(t, look{}).open(h.Site + "/")
	before := b.panel("Sessions").Text
	b.run(root + `.querySelector('input[value="custom"]').click()`)
	b.eventually("the date fields are shown", root+`.querySelector('form.custom').offsetHeight > 0`)
	from, to := time.Now().AddDate(0, 0, -50).Format(time.DateOnly), time.Now().AddDate(0, 0, -41).Format(time.DateOnly)
	b.run(fmt.Sprintf(`const f = %s; f.querySelector('[data-key=from]').value = %q; f.querySelector('[data-key=to]').value = %q; f.querySelector('[data-key=apply]').click()`, root, from, to))
	b.eventually("the period is drawn", fmt.Sprintf(`%s.getAttribute('range')?.includes(%q) && window.__settled()`, dashboard, from))
	b.drawn(overviewPanels)
	if got := b.panel("Sessions").Text; got == before {
		t.Errorf("still %q", got)
	}
	b.clean(h.Site, h.Oriel)
}

func TestIframePage(t *testing.T) {
	h := shared.house
	b := newTab(t, look{}).open(h.Site + "/iframe.html")
	// The frame is of another origin, so that the page around it sees only how high it says it is.
	b.run(`document.querySelector('iframe').scrollIntoView()`)
	b.eventually("the frame has the height of its content", `parseFloat(document.querySelector('iframe').style.height) > 600`)
	b.eventually("nothing scrolls inside", `document.querySelector('iframe').contentDocument === null`)
	b.shoot("iframe")
	b.clean(h.Site, h.Oriel)
}

// The page for an iframe holds its data: one document, the assets, and no question.
func TestEmbedPageAsksNothing(t *testing.T) {
	h := shared.house
	b := newTab(t, look{}).open(h.Oriel + "/embed/overview")
	b.drawn(overviewPanels)
	documents := 0
	for _, r := range b.asked() {
		u, err := url.Parse(r.url)
		b.must(err)
		switch {
		case r.kind == network.ResourceTypeDocument:
			documents++
		case strings.HasPrefix(u.Path, "/assets/"), u.Path == "/embed.js", u.Path == "/embed.css", u.Scheme == "data":
		default:
			t.Errorf("asked %s (%s)", r.url, r.kind)
		}
	}
	if documents != 1 {
		t.Errorf("%d documents", documents)
	}
	b.clean(h.Oriel)
}

func TestChartsPage(t *testing.T) {
	h := shared.house
	b := newTab(t, look{}).open(h.Site + "/charts.html")
	b.drawn(7)
	b.clean(h.Site, h.Oriel)
}

// Every page in every look, judged by axe-core.
func TestLooks(t *testing.T) {
	h := shared.house
	for _, address := range []string{h.Site + "/", h.Site + "/charts.html", h.Oriel + "/embed/overview"} {
		for _, l := range looks {
			name := strings.TrimSuffix(path.Base(address), ".html")
			if address == h.Site+"/" {
				name = "index"
			}
			t.Run(name+"-"+l.String(), func(t *testing.T) {
				b := newTab(t, l).open(address)
				b.shoot(name + "-" + l.String())
				b.accessible()
				b.clean(h.Site, h.Oriel)
			})
		}
	}
	t.Run("iframe", func(t *testing.T) {
		b := newTab(t, look{}).open(h.Site + "/iframe.html")
		b.accessible()
	})
}
