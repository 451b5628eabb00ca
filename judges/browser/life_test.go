package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

// visit opens the dashboard's page and puts something beside the dashboard.
func visit(t *testing.T, html, script string) *tab {
	t.Helper()
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.run(fmt.Sprintf(`const base = %q; const box = document.createElement('section'); box.innerHTML = %q.replaceAll('BASE', base);
	  document.querySelector('main').prepend(box); %s`, shared.house.Oriel, html, script))
	return b
}

// An element in a container that is hidden has no size to draw in until it is shown.
func TestHiddenContainer(t *testing.T) {
	b := visit(t, `<div id="tab" hidden><oriel-dashboard name="overview" base="BASE"></oriel-dashboard></div>`, ``)
	b.eventually("the data is there", `document.querySelector('#tab oriel-dashboard').shadowRoot.querySelectorAll('[part=as-of]').length >= 9`)
	b.run(`document.querySelector('#tab').hidden = false`)
	b.eventually("all is drawn", `window.__panels(document.querySelector('#tab')).length >= 9 && window.__settled()`)
	sizes := `((root) => [...root.querySelectorAll('.oriel-stage > svg')].map((s) => s.clientWidth + '×' + s.clientHeight).join(' '))`
	b.eventually("it has the size of one that was never hidden",
		sizes+`(document.querySelector('#tab oriel-dashboard').shadowRoot) === `+sizes+`(document.querySelector('main > oriel-dashboard').shadowRoot)`)
}

func TestGerman(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.run(dashboard + `.setAttribute('lang', 'de')`)
	b.eventually("the controls are German", root+`.querySelector('.segments').textContent.includes('30 Tage') && window.__settled()`)
	b.eventually("the figures are German", `/^\d{1,3}\.\d{3}$/.test(`+root+`.querySelectorAll('.oriel-card-value .oriel-sr')[1].textContent)`)
	p := b.panel("Bounce rate")
	if !strings.Contains(p.AsOf, "Aktualisiert: ") || !strings.Contains(p.Text, ",") || !strings.Contains(p.Text, "ggü.") {
		t.Errorf("not German: %+v", p)
	}
	b.shoot("german")
	b.clean(shared.house.Site, shared.house.Oriel)
}

// anyRange is a server whose visitors may pick ranges by hand.
const anyRange = `views:
  museum: {title: Museum, property: "412600302", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: [%s]}
dashboards:
  small:
    title: Small
    views: [museum]
    panels:
      - {name: pages, title: Pages, type: table, metrics: [screenPageViews], dimensions: [pagePath], limit: 10}
`

// TestNoDataKeepsTheHeight: a period without data does not make the page jump, and its box
// fills the panel.
func TestNoDataKeepsTheHeight(t *testing.T) {
	site, _ := newHost(t, func(oriel string) string {
		return fmt.Sprintf(`<script src="%[1]s/oriel.js"></script><oriel-dashboard name="small" base="%[1]s"></oriel-dashboard>`, oriel)
	}, anyRange)
	b := newTab(t, look{}).open(site)
	b.drawn(1)
	const list = root + `.querySelector('.panel[data-type=table]')`
	height := eval[float64](b, list+`.getBoundingClientRect().height`)
	b.run(dashboard + `.setAttribute('range', '2016-01-01..2016-01-10')`)
	b.eventually("there is no data", `Boolean(`+list+`.querySelector('.oriel-nodata')) && !`+root+`.querySelector('[aria-busy]')`)
	if empty := eval[float64](b, list+`.getBoundingClientRect().height`); empty < height-1 || empty > height+1 {
		t.Errorf("a panel of %v pixels has %v without data", height, empty)
	}
	if !eval[bool](b, list+`.querySelector('.body').offsetHeight - `+list+`.querySelector('.oriel-nodata').offsetHeight <= 1`) {
		t.Error("the box does not fill the panel")
	}
	b.run(dashboard + `.setAttribute('range', '7d')`)
	b.eventually("there is data again", `!`+list+`.querySelector('.oriel-nodata') && window.__settled()`)
	if !eval[bool](b, list+`.dataset.shape === 'list' && `+list+`.querySelector('.body').style.getPropertyValue('--_height') === ''`) {
		t.Error("the height of before is kept")
	}
}

// TestRatesChangeByPoints: half of a rate's visitors more is not the rate of half.
func TestRatesChangeByPoints(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	if p := b.panel("Bounce rate"); !strings.Contains(p.Text, "\u00a0pp") {
		t.Errorf("%+v", p)
	}
	if p := b.panel("Sessions"); !strings.Contains(p.Text, "%") || strings.Contains(p.Text, "pp") {
		t.Errorf("%+v", p)
	}
}

func TestRightToLeft(t *testing.T) {
	b := newTab(t, looks[2]).open(shared.house.Site + "/")
	b.run(`document.documentElement.dir = 'rtl'; ` + dashboard + `.setAttribute('lang', 'ar')`)
	b.eventually("it is drawn again", `window.__settled()`)
	b.drawn(overviewPanels)
	b.shoot("rtl")
	b.clean(shared.house.Site, shared.house.Oriel)
}

// A token that the server refuses is replaced once, and the visitor sees nothing of it.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	b := visit(t, `<oriel-dashboard id="own" name="overview"></oriel-dashboard>`, `
	  const own = document.querySelector('#own');
	  window.asked = 0;
	  own.tokenProvider = async () => {
	    if (++window.asked === 1) return {access_token: 'refused', expires_in: 300};
	    return (await fetch(base + '/token?dashboard=overview')).json();
	  };
	  own.setAttribute('base', base);`)
	b.eventually("the dashboard is drawn", `window.asked >= 2 && window.__panels(document.querySelector('#own').parentElement).length >= 9 && window.__settled()`)
	if n := eval[int](b, `window.asked`); n != 2 {
		t.Errorf("%d tokens were asked for", n)
	}
	b.drawn(2 * overviewPanels)
}

// short is a server whose tokens live for seconds.
const short = `tokens: {lifetime: 7s}
views:
  museum: {title: Museum, property: "412600302", public: true, origins: [%s]}
dashboards:
  small:
    title: Small
    views: [museum]
    panels:
      - {name: sessions, title: Sessions, type: scorecard, metrics: [sessions]}
`

// newHost starts a small website whose only page is what page makes of Oriel's
// address, and an Oriel whose configuration has the website's address in the place
// of its %s.
func newHost(t *testing.T, page func(oriel string) string, config string) (site, oriel string) {
	t.Helper()
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Events: 30_000, Days: 60})
	if err != nil {
		t.Fatal(err)
	}
	google := house.NewGoogle(t, past, nil)
	account, err := google.IssueKey("host@demo-project.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">`+page(oriel))
	}))
	t.Cleanup(host.Close)
	oriel = house.Serve(t, shared.program, house.Config{Google: google, Key: account, Rest: fmt.Sprintf(config, host.URL)}).Public
	return host.URL, oriel
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	site, oriel := newHost(t, func(oriel string) string {
		return fmt.Sprintf(`<script src="%[1]s/oriel.js"></script><oriel-dashboard name="small" base="%[1]s"></oriel-dashboard>`, oriel)
	}, short)
	b := newTab(t, look{}).open(site)
	b.drawn(1)
	deadline := time.Now().Add(patience)
	for b.count("/token") < 3 { // the first, and two renewals
		if time.Now().After(deadline) {
			t.Fatalf("%d tokens within %v", b.count("/token"), patience)
		}
		time.Sleep(pause)
	}
	b.run(dashboard + `.reload()`)
	b.settle()
	b.drawn(1)
	b.clean(site, oriel)
}

// count is how often a path was fetched. Preflights are no fetches.
func (b *tab) count(path string) int {
	n := 0
	for _, r := range b.asked() {
		if r.kind == network.ResourceTypeFetch && (strings.Contains(r.url, path+"?") || strings.HasSuffix(r.url, path)) {
			n++
		}
	}
	return n
}
