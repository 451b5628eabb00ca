package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

// vouched is a server whose view is open to a host's visitors alone, by tokens that
// live for seconds.
const vouched = `tokens: {lifetime: 7s}
hosts:
  portal: {api_keys: [%[2]s]}
views:
  museum: {title: Museum, property: "412600302", origins: [%[1]s]}
dashboards:
  small:
    title: Small
    views: [museum]
    panels:
      - {name: sessions, title: Sessions, type: scorecard, metrics: [sessions]}
`

// A frame whose address has a single-use code draws, spends the code, takes it out
// of the address, and renews its token for as long as the session lasts. A copy
// of the address is worth nothing, and ends the session.
func TestFrameWithACode(t *testing.T) {
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Events: 30_000, Days: 60})
	if err != nil {
		t.Fatal(err)
	}
	google := house.NewGoogle(t, past, nil)
	account, err := google.IssueKey("codes@demo-project.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	key, sum := newAPIKey(t)
	var frame string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Portal</title><link rel="icon" href="data:,"><iframe title="Numbers" width="600" height="400" src="%s"></iframe>`, frame)
	}))
	t.Cleanup(site.Close)
	oriel := house.Serve(t, shared.program, house.Config{Google: google, Key: account, Rest: fmt.Sprintf(vouched, site.URL, sum)}).Public
	frame = oriel + "/embed/small?code=" + mintCode(t, oriel, key)

	b := newTab(t, look{}).open(frame)
	b.eventually("the dashboard is drawn", `window.__panels().length === 1 && window.__settled()`)
	if address := eval[string](b, `location.href`); strings.Contains(address, "code=") || !strings.HasSuffix(address, "/embed/small") {
		t.Errorf("the code stands in %s", address)
	}
	b.drawn(1)
	b.eventually("the token was renewed twice", `performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/v1/tokens:renew')).length >= 2`)
	b.run(dashboard + `.reload()`)
	b.settle()
	b.drawn(1)
	b.clean(oriel)

	thief := newTab(t, look{})
	thief.must(chromedp.Do(thief.ctx, chromedp.Navigate(frame)))
	thief.eventually("a page that says so", `document.body.textContent.includes('used before')`)
	thief.shoot("code-used-twice")
	b.eventually("the session has ended", `/ended|over|new one|no longer/i.test(`+dashboard+`.shadowRoot.textContent)`)
}

func mintCode(t *testing.T, oriel, key string) string {
	t.Helper()
	r, err := http.NewRequest("POST", oriel+"/v1/tokens", strings.NewReader(`{"dashboards":["small"],"subject":"seven","code":true}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`"code":"([^"]+)"`).FindSubmatch(body)
	if answer.StatusCode != http.StatusOK || code == nil {
		t.Fatalf("%s %s", answer.Status, body)
	}
	return string(code[1])
}
