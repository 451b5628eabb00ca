package web

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var inlined = regexp.MustCompile(`(?s)<script type="application/json" id="oriel-data">(.*?)</script>`)

func (a answered) inlined(t testing.TB) drawn {
	t.Helper()
	m := inlined.FindAllStringSubmatch(a.body, -1)
	if len(m) != 1 {
		t.Fatalf("%d data elements in %d %s", len(m), a.code, a.body)
	}
	return draw(t, m[0][1])
}

func TestEmbedPage(t *testing.T) {
	s := newSite(t)
	a := s.do("GET", "/embed/overview?view=blog&range=7d&theme=dark&lang=de-AT", "", "Sec-Fetch-Dest: iframe", "Referer: "+shopOrigin+"/page")
	if a.code != 200 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	d := a.inlined(t)
	if d.View.Name != "blog" || d.Range.Name != "7d" || d.Base != ownOrigin || d.Token == nil || d.Token.ExpiresIn != 300 || d.Token.TokenType != "Bearer" {
		t.Errorf("%+v", d)
	}
	for _, want := range []string{
		`<html lang="de-AT" data-theme="dark">`, `<script src="/embed.js" defer>`, `<link rel="stylesheet" href="/embed.css">`,
		`<link rel="modulepreload" href="/assets/charts-ABCD1234.js">`, `<link rel="modulepreload" href="/assets/chunk-2345BCDE.js">`, `<noscript>`, `<main></main>`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s", want)
		}
	}
	wantHeader(t, a, "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "+shopOrigin)
	wantHeader(t, a, "Cache-Control", "private, no-store")
	wantHeader(t, a, "Content-Type", "text/html; charset=utf-8")
	wantHeader(t, a, "Referrer-Policy", "same-origin")
	wantHeader(t, a, "Access-Control-Allow-Origin", "")
	// The page's own token asks and renews from the page's own origin.
	for _, headers := range [][]string{{"Sec-Fetch-Site: same-origin"}, {"Referer: " + ownOrigin + "/embed/overview"}} {
		headers = append(headers, bearing(d.Token.AccessToken))
		if b := s.do("GET", "/v1/dashboards/overview?view=blog", "", headers...); b.code != 200 {
			t.Errorf("asking with the page's token: %d %s", b.code, b.body)
		}
		s.minted(s.do("GET", "/token?dashboard=overview", "", headers...))
	}
	// It opens the dashboard, not the views behind it.
	if b := s.do("POST", "/v1/views/blog:runReport", runReport, "Origin: "+ownOrigin, bearing(d.Token.AccessToken)); b.code != 403 {
		t.Errorf("a free question with the page's token: %d %s", b.code, b.body)
	}
}

// The page's script renews token and data by asking for the page as JSON.
func TestEmbedAsJSON(t *testing.T) {
	s := newSite(t)
	script := []string{"Accept: application/json", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin", "Referer: " + ownOrigin + "/embed/overview"}
	first := draw(t, s.do("GET", "/embed/overview?view=blog", "", script...).body)
	again := s.do("GET", "/embed/overview?view=blog", "", script...)
	second := draw(t, again.body)
	if again.code != 200 || second.Token == nil || second.Token.AccessToken == first.Token.AccessToken || second.View.Name != "blog" {
		t.Errorf("%d %s", again.code, again.body)
	}
	wantHeader(t, again, "Content-Type", "application/json; charset=utf-8")
	wantHeader(t, again, "Cache-Control", "private, no-store")
	wantHeader(t, again, "Access-Control-Allow-Origin", "")
	if a := s.do("GET", "/embed/private?token=expired", "", script...); a.code != 401 || a.failure(t).Status != "UNAUTHENTICATED" {
		t.Errorf("%d %s", a.code, a.body)
	}
	browser := "Accept: text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"
	if a := s.do("GET", "/embed/overview", "", browser); !strings.HasPrefix(a.body, "<!doctype html>") {
		t.Errorf("a browser got %s", a.body)
	}
}

// Titles and values that look like HTML stay text.
func TestEmbedEscapes(t *testing.T) {
	s := newSite(t)
	a := s.do("GET", "/embed/overview", "")
	data := a.inlined(t)
	if data.Title != "Board "+hostile || data.Panels[0].Title != "Sessions "+hostile || data.View.Title != "Shop "+hostile {
		t.Errorf("titles did not survive: %q %q", data.Title, data.Panels[0].Title)
	}
	var want, got any
	must(t, json.Unmarshal([]byte(reportBody), &want))
	must(t, json.Unmarshal(data.Panels[0].Report, &got))
	if w, _ := json.Marshal(want); !jsonEqual(w, got) {
		t.Errorf("the report changed: %s", data.Panels[0].Report)
	}
	for _, bad := range []string{"<", ">", "&", "\u2028"} {
		if text := inlined.FindStringSubmatch(a.body)[1]; strings.Contains(text, bad) {
			t.Errorf("the data element holds %q", bad)
		}
	}
	for _, bad := range []string{"<script>alert", "<!--", "</script><!--"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(a.body, "<script"); n != 2 {
		t.Errorf("%d scripts", n)
	}
}

func jsonEqual(want []byte, got any) bool {
	b, err := json.Marshal(got)
	return err == nil && string(b) == string(want)
}

func TestEmbedFraming(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct {
		path    string
		headers []string
		code    int
	}{
		"top level":              {"/embed/overview", nil, 200},
		"listed":                 {"/embed/overview?view=shop", []string{"Sec-Fetch-Dest: iframe", "Referer: " + shopOrigin + "/"}, 200},
		"no referrer":            {"/embed/overview", []string{"Sec-Fetch-Dest: iframe"}, 200},
		"own page switches view": {"/embed/overview?view=blog", []string{"Sec-Fetch-Dest: iframe", "Referer: " + ownOrigin + "/embed/overview"}, 200},
		"not listed":             {"/embed/overview?view=shop", []string{"Sec-Fetch-Dest: iframe", "Referer: https://evil.example/x?y=z"}, 403},
		"other view's origin":    {"/embed/overview?view=shop", []string{"Sec-Fetch-Dest: iframe", "Referer: " + otherOrigin + "/"}, 403},
		"in an object":           {"/embed/overview?view=shop", []string{"Sec-Fetch-Dest: object", "Referer: https://evil.example/"}, 403},
		"a link from anywhere":   {"/embed/overview", []string{"Sec-Fetch-Dest: document", "Referer: https://evil.example/"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.do("GET", tt.path, "", tt.headers...)
			if a.code != tt.code {
				t.Fatalf("%d %s", a.code, a.body)
			}
			csp := a.header.Get("Content-Security-Policy")
			if anyone := strings.HasSuffix(csp, "frame-ancestors *"); anyone != (tt.code == 403) {
				t.Errorf("CSP %q", csp)
			}
			if tt.code == 403 && (strings.Contains(a.body, "oriel-data") || strings.Contains(a.body, "<script") || strings.Contains(a.body, "Sessions")) {
				t.Errorf("a blocked page holds data: %s", a.body)
			}
		})
	}
	a := s.do("GET", "/embed/overview?view=shop", "", "Sec-Fetch-Dest: iframe", "Referer: https://evil.example/")
	if !strings.Contains(a.body, "https://evil.example") || !strings.Contains(a.body, "views.shop.origins") {
		t.Errorf("the page does not say what to change: %s", a.body)
	}
}

// Who may frame a page is said by the view that it shows, also when the address
// leaves it to the token.
func TestEmbedFramedByDefaultView(t *testing.T) {
	s := newSite(t)
	token := s.minted(s.do("POST", "/v1/tokens", `{"dashboards":[{"name":"mixed","views":["secret","shop"]}]}`, "Authorization: Bearer "+hostKey))
	for _, tt := range []struct {
		query, origin string
		code          int
	}{
		{"", shopOrigin, 403}, {"view=shop&", shopOrigin, 200}, {"view=secret&", shopOrigin, 403}, {"view=646464&", shopOrigin, 403},
	} {
		a := s.do("GET", "/embed/mixed?"+tt.query+"token="+token, "", "Sec-Fetch-Dest: iframe", "Referer: "+tt.origin+"/")
		if a.code != tt.code || tt.code == 403 && strings.Contains(a.body, "Secret") {
			t.Errorf("%q in a frame of %s: %d %s", tt.query, tt.origin, a.code, a.body)
		}
	}
	a := s.do("GET", "/embed/mixed?token="+token, "")
	if csp := a.header.Get("Content-Security-Policy"); a.code != 200 || strings.Contains(csp, shopOrigin) {
		t.Errorf("%d, CSP %q", a.code, csp)
	}
}

func TestEmbedOfPrivateDashboard(t *testing.T) {
	s := newSite(t)
	if a := s.do("GET", "/embed/private", ""); a.code != 404 || !strings.Contains(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("anonymous: %d %s", a.code, a.body)
	}
	token := s.minted(s.do("POST", "/v1/tokens", `{"views":["secret"],"dashboards":["private"],"origin":"`+otherOrigin+`"}`, "Authorization: Bearer "+hostKey))
	a := s.do("GET", "/embed/private?token="+token, "", "Sec-Fetch-Dest: iframe", "Referer: "+otherOrigin+"/")
	if a.code != 200 {
		t.Fatalf("with a token: %d %s", a.code, a.body)
	}
	if got := a.inlined(t).Token; got.AccessToken != token || got.ExpiresIn != 300 {
		t.Errorf("%+v", got)
	}
	if a := s.do("GET", "/embed/private?token="+token+"x", ""); a.code != 401 || strings.Contains(a.body, token) {
		t.Errorf("with a bad token: %d %s", a.code, a.body)
	}
}

func TestEmbedParameters(t *testing.T) {
	s := newSite(t)
	for query, code := range map[string]int{
		"theme=dark": 200, "theme=auto": 200, "theme=blue": 400, `theme="><script>`: 400,
		"lang=pt-BR": 200, "lang=zh-Hant-TW": 200, "lang=e": 400, `lang=en"onload=`: 400,
		"range=90d": 200, "range=2026-01-01..2026-01-31": 200, "range=forever": 400,
		"view=none": 404, "view=secret": 404, "view=" + strings.Repeat("x", 101): 404,
		"unknown=1": 200,
	} {
		values, _ := url.ParseQuery(query)
		a := s.do("GET", "/embed/overview?"+values.Encode(), "")
		if a.code != code && !(code == 404 && a.code == 403) {
			t.Errorf("%s: %d, want %d", query, a.code, code)
		}
		if strings.Contains(a.body, `"><script>`) || strings.Contains(a.body, `"onload=`) {
			t.Errorf("%s is in the page as it was", query)
		}
	}
}

// Below a path, behind a proxy that strips it, the page's addresses have the path.
func TestEmbedBelowAPath(t *testing.T) {
	s := newSite(t, func(c *Config) { c.PublicURL = ownOrigin + "/below/" })
	a := s.do("GET", "/embed/overview", "")
	if !strings.Contains(a.body, `src="/below/embed.js"`) || a.inlined(t).Base != ownOrigin+"/below" {
		t.Errorf("%s", a.body)
	}
}

func FuzzEmbedRequest(f *testing.F) {
	f.Add("overview", "view=shop&range=7d&theme=dark&lang=de")
	f.Add("x", "range=2026-01-01..2026-02-01&lang=zh-Hant&token=abc")
	f.Add(`"><script>`, "theme=%22%3E&lang=%3Cscript")
	f.Fuzz(func(t *testing.T, name, query string) {
		q, _ := url.ParseQuery(query)
		e, err := readEmbedRequest(name, q)
		if err != nil {
			return
		}
		if !slices.Contains([]string{"light", "dark", "auto"}, e.Theme) || strings.ContainsAny(e.Lang, `"'<>& `) || len(e.Name) > maxName || len(e.View) > maxName {
			t.Errorf("accepted %+v", e)
		}
	})
}

// Whatever the address says, the answer is no server error, and no script but
// ours is on the page.
func FuzzEmbedPage(f *testing.F) {
	s := newSite(f, func(c *Config) { c.Limits.Tokens = Pace{1e9, 1e9} })
	f.Add("overview", "view=shop&range=7d&theme=dark&lang=de", "https://shop.example/")
	f.Add("overview", "lang=%3Cscript%3E", "https://<script>/")
	f.Add("</title><script>", "view=%00&token=x", "")
	f.Fuzz(func(t *testing.T, name, query, referer string) {
		r := httptest.NewRequest("GET", "/embed/overview", nil)
		r.URL = &url.URL{Path: "/embed/" + name, RawQuery: query}
		r.Header.Set("Referer", referer)
		r.Header.Set("Sec-Fetch-Dest", "iframe")
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, body)
		}
		scripts := 0
		if w.Code == 200 {
			scripts = 2
		}
		if strings.Contains(w.Header().Get("Content-Type"), "html") && strings.Count(strings.ToLower(body), "<script") != scripts {
			t.Errorf("%d %s", w.Code, body)
		}
		if strings.Contains(w.Header().Get("Content-Security-Policy"), "'unsafe") {
			t.Errorf("CSP %q", w.Header().Get("Content-Security-Policy"))
		}
	})
}
