package web

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
)

func TestPublicToken(t *testing.T) {
	s := newSite(t)
	same := "Sec-Fetch-Site: same-origin"
	for name, tt := range map[string]struct {
		query   string
		headers []string
		code    int
	}{
		"a view":                        {"view=shop", []string{"Origin: " + shopOrigin}, 200},
		"an alias":                      {"view=ga:123", []string{"Origin: " + shopOrigin}, 200},
		"two views":                     {"view=shop&view=blog", []string{"Origin: " + shopOrigin}, 200},
		"a dashboard":                   {"dashboard=overview", []string{"Origin: " + shopOrigin}, 200},
		"one of two not here":           {"view=shop&view=blog", []string{"Origin: " + otherOrigin}, 403},
		"not here":                      {"view=shop", []string{"Origin: " + otherOrigin}, 403},
		"not public":                    {"view=secret", []string{"Origin: " + otherOrigin}, 404},
		"no such view":                  {"view=none", []string{"Origin: " + shopOrigin}, 404},
		"dashboard not public":          {"dashboard=private", []string{"Origin: " + otherOrigin}, 404},
		"all that is public":            {"", []string{"Origin: " + shopOrigin}, 200},
		"nothing is public":             {"", []string{"Origin: null"}, 403},
		"nothing named by no page":      {"", nil, 400},
		"nothing named by our own page": {"", []string{"Origin: " + ownOrigin}, 403},
		"both named":                    {"view=shop&dashboard=overview", []string{"Origin: " + shopOrigin}, 400},
		"too many":                      {strings.Repeat("view=shop&", maxNames+1), []string{"Origin: " + shopOrigin}, 400},
		"no page":                       {"view=shop", nil, 400},
		"a navigation":                  {"view=shop", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"}, 400},
		"cross-site without origin":     {"view=shop", []string{"Sec-Fetch-Site: cross-site", "Referer: " + shopOrigin + "/"}, 400},
		"own page, view not listed":     {"view=shop", []string{same}, 403},
		"own page renews its dashboard": {"dashboard=overview", []string{same}, 200},
		"own page over http":            {"dashboard=overview", []string{"Referer: " + ownOrigin + "/embed/overview"}, 200},
		"own page, private":             {"dashboard=private", []string{same}, 404},
		"null":                          {"view=shop", []string{"Origin: null"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.do("GET", "/token?"+tt.query, "", tt.headers...)
			if a.code != tt.code {
				t.Fatalf("%d %s, want %d", a.code, a.body, tt.code)
			}
			wantHeader(t, a, "Cache-Control", "no-store")
			if tt.code != 200 {
				a.failure(t)
			}
		})
	}
}

func TestTokenShape(t *testing.T) {
	s := newSite(t)
	a := s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, "Accept-Encoding: gzip")
	var token map[string]any
	must(t, json.Unmarshal([]byte(a.body), &token))
	if len(token) != 3 || token["access_token"] == "" || token["expires_in"] != 300.0 || token["token_type"] != "Bearer" {
		t.Errorf("%v", token)
	}
	wantHeader(t, a, "Pragma", "no-cache")
	wantHeader(t, a, "Content-Encoding", "")
	wantHeader(t, a, "Access-Control-Allow-Origin", shopOrigin)
}

func TestPublicTokenWorksOnItsPageOnly(t *testing.T) {
	s := newSite(t)
	token := s.minted(s.do("GET", "/token?view=blog", "", "Origin: "+shopOrigin))
	if a := s.do("POST", "/v1/views/blog:runReport", runReport, bearing(token), "Origin: "+shopOrigin); a.code != 200 {
		t.Errorf("its page: %d %s", a.code, a.body)
	}
	if a := s.do("POST", "/v1/views/blog:runReport", runReport, bearing(token), "Origin: "+otherOrigin); a.code != 401 && a.code != 403 {
		t.Errorf("another listed page: %d %s", a.code, a.body)
	}
	s.now = s.now.Add(6 * time.Minute)
	a := s.do("POST", "/v1/views/blog:runReport", runReport, bearing(token), "Origin: "+shopOrigin)
	if a.code != 401 || a.failure(t).Status != "UNAUTHENTICATED" {
		t.Errorf("expired: %d %s", a.code, a.body)
	}
	wantHeader(t, a, "WWW-Authenticate", `Bearer error="invalid_token"`)
}

func TestMintingIsLimited(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.Tokens = Pace{0.5, 2} })
	for range 2 {
		s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))
	}
	a := s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin)
	if a.code != 429 || a.failure(t).Status != "RESOURCE_EXHAUSTED" {
		t.Errorf("%d %s", a.code, a.body)
	}
	wantHeader(t, a, "Retry-After", "2")
	s.now = s.now.Add(2 * time.Second)
	s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))
}

// A page that asks for all that is public there gets that, and no more.
func TestPublicTokenForAll(t *testing.T) {
	s := newSite(t)
	a := s.do("GET", "/v1/views", "", bearing(s.minted(s.do("GET", "/token", "", "Origin: "+shopOrigin))), "Origin: "+shopOrigin)
	var got struct{ Views []policy.ViewInfo }
	must(t, json.Unmarshal([]byte(a.body), &got))
	var names []string
	for _, v := range got.Views {
		names = append(names, v.Name)
	}
	if strings.Join(names, " ") != "shop blog" {
		t.Errorf("views %q of %s", names, a.body)
	}
}

func TestRenewal(t *testing.T) {
	s := newSite(t)
	old := s.minted(s.do("POST", "/v1/tokens", `{"views":["shop"],"origin":"`+shopOrigin+`"}`, "Authorization: Bearer "+hostKey))
	s.now = s.now.Add(5*time.Minute + 30*time.Second)
	if a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(old), "Origin: "+shopOrigin); a.code != 401 {
		t.Fatalf("the old token: %d %s", a.code, a.body)
	}
	if a := s.do("POST", "/v1/tokens:renew", "", bearing(old), "Origin: "+otherOrigin); a.code != 401 {
		t.Errorf("another page: %d %s", a.code, a.body)
	}
	a := s.do("POST", "/v1/tokens:renew", "", bearing(old), "Origin: "+shopOrigin)
	wantHeader(t, a, "Cache-Control", "no-store")
	wantHeader(t, a, "Access-Control-Allow-Origin", shopOrigin)
	if a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(s.minted(a)), "Origin: "+shopOrigin); a.code != 200 {
		t.Errorf("the renewed token: %d %s", a.code, a.body)
	}
	for name, headers := range map[string][]string{
		"nothing shown":   {"Origin: " + shopOrigin},
		"an API key":      {"Authorization: Bearer " + hostKey},
		"in the address":  nil,
		"an unlisted one": {bearing(old), "Origin: https://evil.example"},
	} {
		if a := s.do("POST", "/v1/tokens:renew?access_token="+old, "", headers...); a.code != 401 && a.code != 403 {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
	}
}

// Behind a trusted proxy each visitor has a limit of his own; what strangers
// write into X-Forwarded-For changes nothing.
func TestMintingIsLimitedByTrueClient(t *testing.T) {
	ask := func(s *site, client string) int {
		return s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, "X-Forwarded-For: "+client).code
	}
	one := func(c *Config) { c.Limits.Tokens = Pace{1, 1} }
	proxied := newSite(t, one, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	if a, b, again := ask(proxied, "203.0.113.1"), ask(proxied, "203.0.113.2"), ask(proxied, "203.0.113.1"); a != 200 || b != 200 || again != 429 {
		t.Errorf("behind a proxy: %d, %d, %d", a, b, again)
	}
	direct := newSite(t, one)
	if a, b := ask(direct, "203.0.113.1"), ask(direct, "203.0.113.2"); a != 200 || b != 429 {
		t.Errorf("without one: %d, %d", a, b)
	}
}

func TestHostToken(t *testing.T) {
	s := newSite(t)
	key := "Authorization: Bearer " + hostKey
	for name, tt := range map[string]struct {
		body    string
		headers []string
		code    int
	}{
		"views":             {`{"views":["secret"]}`, []string{key}, 200},
		"everything":        {`{"views":["shop"],"dashboards":[{"name":"overview","views":["shop","blog"]}],"subject":"u1","origin":"https://shop.example","filter":{"filter":{"fieldName":"country","stringFilter":{"value":"NZ"}}},"expires_in":60}`, []string{key}, 200},
		"nothing named":     {`{}`, []string{key}, 400},
		"unknown member":    {`{"views":["shop"],"view":"blog"}`, []string{key}, 400},
		"two values":        {`{"views":["shop"]}{}`, []string{key}, 400},
		"no JSON":           {`views=shop`, []string{key}, 400},
		"too large":         {`{"subject":"` + strings.Repeat("x", maxTokenBody) + `"}`, []string{key}, 413},
		"no key":            {`{"views":["shop"]}`, nil, 401},
		"wrong key":         {`{"views":["shop"]}`, []string{"Authorization: Bearer wrong"}, 401},
		"key in address":    {`{"views":["shop"]}`, []string{"Authorization: Basic " + hostKey}, 401},
		"from a page":       {`{"views":["shop"]}`, []string{key, "Origin: " + shopOrigin}, 403},
		"even our own page": {`{"views":["shop"]}`, []string{key, "Origin: " + ownOrigin}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.do("POST", "/v1/tokens", tt.body, tt.headers...)
			if a.code != tt.code {
				t.Fatalf("%d %s, want %d", a.code, a.body, tt.code)
			}
			wantHeader(t, a, "Cache-Control", "no-store")
			wantHeader(t, a, "Access-Control-Allow-Origin", "")
			if strings.Contains(a.body, hostKey) {
				t.Error("the answer holds the key")
			}
		})
	}
}

func TestHostTokenLifetime(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/v1/tokens", `{"views":["secret"],"expires_in":60}`, "Authorization: Bearer "+hostKey)
	var token access.Token
	must(t, json.Unmarshal([]byte(a.body), &token))
	if token.ExpiresIn != 60 {
		t.Errorf("expires_in = %d", token.ExpiresIn)
	}
}

// Tokens in addresses end in logs: they are refused even on Google's paths.
func TestTokenInAddress(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	for _, path := range []string{"/v1/views", "/v1beta/accountSummaries"} {
		a := s.do("GET", path+"?access_token="+token, "")
		if a.code != 401 || !strings.Contains(a.failure(t).Message, "header") {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	for _, header := range []string{"Basic " + token, "Bearer", "Bearer ", token, "Bearer " + strings.Repeat("x", maxToken+1)} {
		if a := s.do("GET", "/v1/views", "", "Authorization: "+header); a.code != 401 {
			t.Errorf("%.20q: %d", header, a.code)
		}
	}
	if a := s.do("GET", "/v1/views", "", "Authorization: bearer "+token); a.code != 200 {
		t.Errorf("lower case scheme: %d %s", a.code, a.body)
	}
}
