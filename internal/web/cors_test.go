package web

import (
	"strings"
	"testing"
)

const runReport = `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"pageTitle"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`

func TestPagesOfOrigins(t *testing.T) {
	s := newSite(t)
	all := s.boardToken()
	for _, tt := range []struct {
		method, path, origin string
		readable             bool
	}{
		{"POST", "/v1/views/shop:runReport", shopOrigin, true},
		{"POST", "/v1/views/ga:123:runReport", shopOrigin, true},
		{"POST", "/v1beta/properties/424242:runReport", shopOrigin, true},
		{"POST", "/v1/views/shop:runReport", otherOrigin, false},
		{"POST", "/v1/views/blog:runReport", otherOrigin, true},
		{"POST", "/v1/views/shop:runReport", "https://shop.example.evil.example", false},
		{"POST", "/v1/views/shop:runReport", "http://shop.example", false},
		{"POST", "/v1/views/shop:runReport", "https://shop.example:8443", false},
		{"POST", "/v1/views/shop:runReport", "null", false},
		{"GET", "/v1/views", shopOrigin, true},
		{"GET", "/v1/views", "https://nobody.example", false},
		{"GET", "/v1/views/shop/metadata", shopOrigin, true},
		{"GET", "/v1/views/shop/metadata", otherOrigin, false},
		{"GET", "/v1beta/properties/ga:123", shopOrigin, true},
		{"GET", "/v1beta/accountSummaries", shopOrigin, true},
		{"GET", "/v1/dashboards/overview", shopOrigin, true},
		{"GET", "/v1/dashboards/overview?view=shop", otherOrigin, false},
		{"GET", "/v1/dashboards/overview", "https://nobody.example", false},
	} {
		t.Run(tt.method+tt.path+" from "+tt.origin, func(t *testing.T) {
			a := s.do(tt.method, tt.path, runReport, "Origin: "+tt.origin, bearing(all))
			checkReadable(t, a, tt.origin, tt.readable)
			if tt.readable && a.code != 200 || !tt.readable && a.code != 403 {
				t.Errorf("%d %s", a.code, a.body)
			}
			p := s.do("OPTIONS", tt.path, "", "Origin: "+tt.origin, "Access-Control-Request-Method: "+tt.method,
				"Access-Control-Request-Headers: authorization,content-type")
			checkReadable(t, p, tt.origin, tt.readable)
			if tt.readable && (p.code != 204 || !strings.Contains(p.header.Get("Access-Control-Allow-Methods"), tt.method)) {
				t.Errorf("preflight: %d %v", p.code, p.header)
			}
		})
	}
}

func checkReadable(t *testing.T, a answered, origin string, readable bool) {
	t.Helper()
	want := ""
	if readable {
		want = origin
	}
	wantHeader(t, a, "Access-Control-Allow-Origin", want)
	wantHeader(t, a, "Access-Control-Allow-Credentials", "")
	if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
		t.Errorf("Vary = %q", a.header.Values("Vary"))
	}
}

func TestPreflightHeaders(t *testing.T) {
	s := newSite(t)
	a := s.do("OPTIONS", "/v1/views/shop:runReport", "", "Origin: "+shopOrigin, "Access-Control-Request-Method: POST")
	wantHeader(t, a, "Access-Control-Max-Age", "600")
	for _, h := range []string{"Authorization", "Content-Type", "X-Goog-Api-Client", "X-Goog-User-Project"} {
		if !strings.Contains(a.header.Get("Access-Control-Allow-Headers"), h) {
			t.Errorf("%s may not be sent", h)
		}
	}
	if plain := s.do("OPTIONS", "/v1/views", ""); plain.code != 204 || plain.header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("OPTIONS without Origin: %d %q", plain.code, plain.header.Get("Allow"))
	}
	// A backend's address answers no preflight: keys must not reach pages.
	if host := s.do("OPTIONS", "/v1/tokens", "", "Origin: "+shopOrigin, "Access-Control-Request-Method: POST"); host.code != 405 || host.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("/v1/tokens: %d %v", host.code, host.header)
	}
}

func TestExposedHeaders(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/v1/views/shop:runReport", runReport, "Origin: "+shopOrigin, bearing(s.token("shop")))
	for _, h := range []string{"Age", "Oriel-As-Of", "Oriel-Freshness", "Oriel-Stale", "Oriel-Notices", "Retry-After"} {
		if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), h) {
			t.Errorf("%s stays hidden", h)
		}
	}
	// Errors are readable as well, or a page could not tell a 401 from a broken network.
	refused := s.do("GET", "/v1/views", "", "Origin: "+shopOrigin, bearing("nonsense"))
	if refused.code != 401 {
		t.Errorf("%d", refused.code)
	}
	wantHeader(t, refused, "Access-Control-Allow-Origin", shopOrigin)
}
