package browser

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// vouched is a server whose view is open to a host's visitors alone, by tokens that
// live for seconds.
const vouched = `tokens: {lifetime: 7s}
hosts:
  portal: {api_keys: [SHA256], views: [museum]}
views:
  museum: {title: Museum, property: "412600302", origins: [%s]}
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
	key, sum := newAPIKey(t)
	_, oriel := newHost(t, func(string) string { return "" }, strings.Replace(vouched, "SHA256", sum, 1))
	frame := oriel + "/embed/small?code=" + mintCode(t, oriel, key)

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
	b.eventually("the session has ended", `/session has expired/.test(`+dashboard+`.shadowRoot.textContent)`)
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
