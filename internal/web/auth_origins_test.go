package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// everywhere is an address of each kind that the site has.
var everywhere = []string{
	"GET /token?view=shop", "POST /v1/tokens", "POST /v1/tokens:renew",
	"GET /v1/views", "GET /v1/views/shop/metadata", "POST /v1/views/shop:runReport", "GET /v1/dashboards/overview",
	"GET /v1beta/accountSummaries", "POST /v1beta/properties/shop:runReport",
	"GET /v3/data/ga?ids=ga:123", "GET /analytics/v3/management/accountSummaries", "POST /v4/reports:batchGet",
	"GET /embed/overview", "GET /embed/nothing", "GET /oriel.js", "GET /embed.js", "GET /embed.css", "GET /assets/world-1234ABCD.json",
	"GET /platform.js", "GET /nothing", "DELETE /v1/views", "GET //v1/views", "GET /v1/../embed/overview",
}

// What a client or an unlisted proxy claims about the address that it asked stands in
// no answer: links made of it would lead where the client says.
func TestClaimedHostsAreNotReflected(t *testing.T) {
	const claimed = "claimed.example"
	trusted := func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	for name, s := range map[string]*site{"from a client": newSite(t), "from a trusted proxy": newSite(t, trusted)} {
		token := bearing(s.boardToken())
		for _, address := range everywhere {
			method, path, _ := strings.Cut(address, " ")
			req, err := http.NewRequest(method, s.url+path, strings.NewReader(runReport))
			must(t, err)
			req.Host = claimed
			req.Header = http.Header{
				"Authorization": {strings.TrimPrefix(token, "Authorization: ")}, "Origin": {shopOrigin},
				"X-Forwarded-Host": {claimed}, "X-Forwarded-Proto": {"gopher"}, "X-Forwarded-Port": {"4321"}, "X-Forwarded-Prefix": {"/" + claimed},
				"Forwarded": {"host=" + claimed + ";proto=gopher"}, "X-Original-Url": {"/" + claimed}, "X-Rewrite-Url": {"/" + claimed}, "X-Real-Ip": {"192.0.2.1"},
			}
			a := s.answer(req)
			if all := fmt.Sprint(a.header, a.body); strings.Contains(all, claimed) || strings.Contains(all, "gopher") || strings.Contains(all, "4321") {
				t.Errorf("%s, %s: %s", name, address, all)
			}
			if to := a.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
				t.Errorf("%s, %s leads to %s", name, address, to)
			}
		}
	}
}

// Only X-Forwarded-For tells a client's address, and only in the words of a listed
// proxy.
func TestOtherProxyHeadersAreNotBelieved(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Tokens = Pace{1e-9, 1} })
	for i, header := range []string{"X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Forwarded", "X-Forwarded"} {
		value := fmt.Sprint("192.0.2.", i)
		if header == "Forwarded" {
			value = "for=" + value
		}
		code := s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, header+": "+value).code
		if want := map[bool]int{true: 200, false: 429}[i == 0]; code != want {
			t.Errorf("%s: %d, want %d", header, code, want)
		}
	}
}

// Every answer seals itself off, whatever became of the request.
func TestSecurityHeadersOfEveryAnswer(t *testing.T) {
	s := newSite(t)
	token := bearing(s.boardToken())
	for _, address := range everywhere {
		method, path, _ := strings.Cut(address, " ")
		for _, headers := range [][]string{nil, {token}, {token, "Origin: " + shopOrigin}, {"Origin: https://evil.example"}} {
			a := s.do(method, path, runReport, headers...)
			wantHeader(t, a, "X-Content-Type-Options", "nosniff")
			wantHeader(t, a, "Strict-Transport-Security", "max-age=31536000")
			csp := a.header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; ") || !strings.Contains(csp, "frame-ancestors") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: Content-Security-Policy %q", address, csp)
			}
			page := strings.Contains(a.header.Get("Content-Type"), "html") && a.header.Get("Location") == ""
			if policy := a.header.Get("Referrer-Policy"); policy != "no-referrer" && !(page && policy == "same-origin") {
				t.Errorf("%s: Referrer-Policy %q", address, policy)
			}
			corp, public := a.header.Get("Cross-Origin-Resource-Policy"), a.header.Get("Access-Control-Allow-Origin") == "*"
			if want := map[bool]string{true: "cross-origin", false: "same-origin"}[page || public]; corp != want {
				t.Errorf("%s: Cross-Origin-Resource-Policy %q, want %q", address, corp, want)
			}
			nothing := a.code == 404 && strings.Contains(a.body, nothingHere)
			if public && !nothing && !slices.ContainsFunc([]string{".js", ".css", ".json"}, func(ext string) bool { return strings.HasSuffix(path, ext) }) {
				t.Errorf("%s: everybody may read it", address)
			}
		}
	}
}

// Pages may stand in frames of pages that isolate themselves, and keep no tie to what
// opened them; those that tell of a refusal may be framed by anyone.
func TestPagesInFrames(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct {
		path, framer string
		code         int
		ancestors    string
	}{
		"shown":     {"/embed/overview?view=shop&theme=dark", shopOrigin, 200, "frame-ancestors " + shopOrigin},
		"blocked":   {"/embed/overview?view=shop&theme=dark", "https://evil.example", 403, "frame-ancestors *"},
		"not there": {"/embed/nothing?theme=dark", shopOrigin, 404, "frame-ancestors *"},
		"wrong":     {"/embed/overview?range=never&theme=dark", shopOrigin, 400, "frame-ancestors *"},
		"too often": {"/embed/overview?token=" + strings.Repeat("x", maxToken+1) + "&theme=dark", shopOrigin, 401, "frame-ancestors *"},
	} {
		a := s.do("GET", tt.path, "", "Sec-Fetch-Dest: iframe", "Referer: "+tt.framer+"/page?secret=1")
		if a.code != tt.code || !strings.HasSuffix(a.header.Get("Content-Security-Policy"), tt.ancestors) {
			t.Errorf("%s: %d, Content-Security-Policy %q", name, a.code, a.header.Get("Content-Security-Policy"))
		}
		wantHeader(t, a, "Cross-Origin-Resource-Policy", "cross-origin")
		wantHeader(t, a, "Cross-Origin-Embedder-Policy", "require-corp")
		wantHeader(t, a, "Cross-Origin-Opener-Policy", "same-origin")
		if !strings.Contains(a.body, `data-theme="dark"`) {
			t.Errorf("%s: not in the theme of the page", name)
		}
		if strings.Contains(a.body, "secret=1") || strings.Contains(a.body, " style=") || strings.Contains(a.body, "<style") || strings.Contains(a.body, "javascript:") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	a := s.do("GET", "/embed/overview", "", "Sec-Fetch-Dest: iframe", "Referer: https://evil.example/")
	if !strings.Contains(a.body, "views.shop.origins: [https://evil.example]") {
		t.Errorf("the page does not say what to change: %s", a.body)
	}
}
