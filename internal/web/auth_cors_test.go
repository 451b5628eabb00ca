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
			if tt.readable && a.code != 200 || !tt.readable && (a.code != 403 || strings.Contains(a.body, "Blog")) {
				t.Errorf("%d %s", a.code, a.body)
			}
			// Nobody knows yet which view a preflight is about, nor may anybody find
			// out: pages of listed origins may ask. Why a page is refused every page may
			// read.
			listed := tt.origin == shopOrigin || tt.origin == otherOrigin
			checkReadable(t, a, tt.origin, true)
			if !listed && a.body != refusalOf(tt.origin) {
				t.Errorf("a page that no view lists reads %s", a.body)
			}
			p := s.do("OPTIONS", tt.path, "", "Origin: "+tt.origin, "Access-Control-Request-Method: "+tt.method,
				"Access-Control-Request-Headers: authorization,content-type")
			checkReadable(t, p, tt.origin, listed)
			if listed && (p.code != 204 || !strings.Contains(p.header.Get("Access-Control-Allow-Methods"), tt.method)) {
				t.Errorf("preflight: %d %v", p.code, p.header)
			}
		})
	}
}

// Who has no token for a view cannot tell it from one that does not exist, not
// even by claiming an origin or a frame that the view lists.
func TestPrivateNamesAreNotTold(t *testing.T) {
	s := newSite(t)
	twins := strings.NewReplacer("secret", "secreu", "646464", "646465", "private", "privatf")
	anonymous := s.minted(s.do("GET", "/token?view=blog", "", "Origin: "+otherOrigin))
	for _, address := range []string{
		"GET /token?view=secret", "GET /token?view=646464", "GET /token?view=blog&view=secret", "GET /token?dashboard=private",
		"POST /v1/views/secret:runReport", "POST /v1/views/646464:runReport", "GET /v1/views/secret/metadata",
		"POST /v1beta/properties/646464:runReport", "GET /v1beta/properties/646464", "GET /v1beta/properties/secret/metadata",
		"GET /v1/dashboards/private", "GET /v1/dashboards/overview?view=secret",
		"GET /embed/private", "GET /embed/private?view=secret", "GET /embed/overview?view=secret", "GET /embed/mixed?view=secret",
	} {
		method, path, _ := strings.Cut(address, " ")
		for _, headers := range [][]string{
			{"Origin: " + otherOrigin},
			{"Origin: " + otherOrigin, bearing(anonymous)},
			{bearing(anonymous)},
			{"Sec-Fetch-Dest: iframe", "Referer: " + otherOrigin + "/"},
			{"Origin: " + otherOrigin, "Access-Control-Request-Method: " + method},
		} {
			verb := method
			if strings.Contains(headers[len(headers)-1], "Request-Method") {
				verb = "OPTIONS"
			}
			hidden, unknown := s.do(verb, path, runReport, headers...), s.do(verb, twins.Replace(path), runReport, headers...)
			if hidden.code != unknown.code || twins.Replace(hidden.body) != unknown.body {
				t.Errorf("%s with %v: %d %s, unknown %d %s", address, headers[0], hidden.code, hidden.body, unknown.code, unknown.body)
			}
			if a, b := hidden.header.Get("Access-Control-Allow-Origin"), unknown.header.Get("Access-Control-Allow-Origin"); a != b {
				t.Errorf("%s with %v: readable by %q and %q", address, headers[0], a, b)
			}
		}
	}
}

// refusalOf is all that a page may read whose origin no view lists.
func refusalOf(origin string) string {
	return `{"error":{"code":403,"message":"There is nothing by this name for pages of ` + origin +
		`. The operator of this server can list the origin under views.NAME.origins.","status":"PERMISSION_DENIED"}}`
}

func checkReadable(t *testing.T, a answered, origin string, readable bool) {
	t.Helper()
	want := ""
	if readable {
		want = origin
	}
	wantHeader(t, a, "Access-Control-Allow-Origin", want)
	wantHeader(t, a, "Access-Control-Allow-Credentials", "")
	checkVary(t, a)
}

// checkVary holds that what may be stored says what it varies with.
func checkVary(t *testing.T, a answered) {
	t.Helper()
	vary := strings.Join(a.header.Values("Vary"), ",")
	if !strings.Contains(a.header.Get("Cache-Control"), "no-store") && !strings.Contains(vary, "Origin") {
		t.Errorf("Cache-Control = %q, Vary = %q", a.header.Get("Cache-Control"), vary)
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
