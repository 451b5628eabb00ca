package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

const asJSON = "Content-Type: application/json"

// end asks the operators' listener to end sessions.
func (s *site) end(body string) access.Revocation {
	s.t.Helper()
	a := s.send("POST", s.operator+"/revocations", body, asJSON)
	if a.code != http.StatusCreated {
		s.t.Fatalf("%s: %d %s", body, a.code, a.body)
	}
	var r access.Revocation
	must(s.t, json.Unmarshal([]byte(a.body), &r))
	wantHeader(s.t, a, "Location", "/revocations/"+r.ID)
	return r
}

// asks whether the holder of a token is answered: with a report, and a renewal.
func (s *site) asks(token, view string, want int) {
	s.t.Helper()
	for _, path := range []string{"/v1/views/" + view + ":runReport", "/v1/tokens:renew", "/v1/views/" + view + "/metadata"} {
		method, body := "POST", runReport
		if strings.HasSuffix(path, "/metadata") {
			method, body = "GET", ""
		}
		a := s.do(method, path, body, bearing(token))
		if a.code != want {
			s.t.Errorf("%s: %d %s; want %d", path, a.code, a.body, want)
		}
		if want == http.StatusUnauthorized && !strings.Contains(a.body, "The session was ended by the operator. Begin a new one.") {
			s.t.Errorf("%s: %s", path, a.body)
		}
	}
}

// sessionOf returns the id of a token's session.
func (s *site) sessionOf(token string) string {
	s.t.Helper()
	g, err := s.server.authority.Verify(s.t.Context(), token, access.Caller{})
	must(s.t, err)
	return g.Session()
}

func (s *site) tokenFor(body string) string {
	s.t.Helper()
	return s.minted(s.do("POST", "/v1/tokens", body, "Authorization: Bearer "+hostKey))
}

// TestRevocationPages: a list has pages, which together hold everything once.
func TestRevocationPages(t *testing.T) {
	s := newSite(t)
	for n := range 5 {
		s.end(fmt.Sprintf(`{"kind":"session","name":"s%d"}`, n))
	}
	var names []string
	for path, pages := "/revocations?page_size=2", 1; ; pages++ {
		a := s.send("GET", s.operator+path, "")
		var list struct {
			Revocations []access.Revocation
			Next        string `json:"next_page_token"`
		}
		must(t, json.Unmarshal([]byte(a.body), &list))
		for _, r := range list.Revocations {
			names = append(names, r.Name)
		}
		if a.code != http.StatusOK || len(list.Revocations) > 2 || pages > 3 {
			t.Fatalf("page %d: %d %s", pages, a.code, a.body)
		}
		if list.Next == "" {
			break
		}
		path = "/revocations?page_size=2&page_token=" + list.Next
	}
	if fmt.Sprint(names) != "[s0 s1 s2 s3 s4]" {
		t.Errorf("%v", names)
	}
	for _, query := range []string{"page_size=0", "page_size=1001", "page_size=x", "page_token=x", "page_token=-1"} {
		if a := s.send("GET", s.operator+"/revocations?"+query, ""); a.code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, a.code, a.body)
		}
	}
}

// TestRevocations: each kind, at the front door. The very next request is refused,
// and those whom it does not name go on.
func TestRevocations(t *testing.T) {
	type visitors struct{ ann, bob, board, public string } // tokens
	begin := func(s *site) visitors {
		return visitors{
			s.tokenFor(`{"views":["shop"],"subject":"ann"}`), s.tokenFor(`{"views":["blog"],"subject":"bob"}`),
			s.tokenFor(`{"dashboards":[{"name":"overview","views":["shop","blog"]}]}`), s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin)),
		}
	}
	const boardPath = "/v1/dashboards/overview"
	for _, c := range []struct {
		name                    string
		body                    func(s *site, v visitors) string
		ann, bob, board, public bool // go on
	}{
		{"session", func(s *site, v visitors) string { return `{"kind":"session","name":"` + s.sessionOf(v.ann) + `"}` }, false, true, true, true},
		{"subject", func(*site, visitors) string { return `{"kind":"subject","name":"ann","host":"host"}` }, false, true, true, true},
		{"view", func(*site, visitors) string { return `{"kind":"view","name":"ga:123"}` }, false, true, false, false},
		{"host", func(*site, visitors) string { return `{"kind":"host","name":"host"}` }, false, false, false, true},
		{"key", func(s *site, _ visitors) string {
			return `{"kind":"key","name":"` + s.server.authority.Hosts()[0].Fingerprint + `"}`
		}, false, false, false, true},
		{"all", func(*site, visitors) string { return `{"kind":"all","reason":"drill"}` }, false, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			old := begin(s)
			code := func(goesOn bool) int {
				if goesOn {
					return http.StatusOK
				}
				return http.StatusUnauthorized
			}
			s.asks(old.ann, "shop", http.StatusOK) // remembered from now on
			r := s.end(c.body(s, old))
			s.asks(old.ann, "shop", code(c.ann))
			s.asks(old.bob, "blog", code(c.bob))
			if a := s.do("GET", boardPath, "", bearing(old.board)); a.code != code(c.board) {
				t.Errorf("the dashboard: %d %s", a.code, a.body)
			}
			if a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(old.public), "Origin: "+shopOrigin); a.code != code(c.public) {
				t.Errorf("the visitor: %d %s", a.code, a.body)
			}
			s.now = s.now.Add(time.Millisecond)
			if c.name == "key" {
				a := s.do("POST", "/v1/tokens", `{"views":["shop"]}`, "Authorization: Bearer "+hostKey)
				if a.code != http.StatusUnauthorized {
					t.Errorf("the key mints: %d %s", a.code, a.body)
				}
				if a := s.send("DELETE", s.operator+"/revocations/"+r.ID, ""); a.code != http.StatusNoContent {
					t.Errorf("lifting: %d %s", a.code, a.body)
				}
				s.asks(old.ann, "shop", http.StatusOK)
			}
			fresh := begin(s)
			s.asks(fresh.ann, "shop", http.StatusOK)
		})
	}
}

func TestRevocationsAreListed(t *testing.T) {
	s := newSite(t)
	if a := s.send("GET", s.operator+"/revocations", ""); a.code != 200 || a.body != "{\n  \"revocations\": []\n}\n" {
		t.Errorf("none: %d %s", a.code, a.body)
	}
	before := s.now.Add(-time.Hour).Format(time.RFC3339)
	r := s.end(`{"kind":"host","name":"host","before":"` + before + `","reason":"a key was lost"}`)
	a := s.send("GET", s.operator+"/revocations", "")
	for _, want := range []string{`"id": "` + r.ID + `"`, `"kind": "host"`, `"name": "host"`, `"before": "` + before + `"`, `"reason": "a key was lost"`, `"until": `} {
		if a.code != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%d %s\nlacks %s", a.code, a.body, want)
		}
	}
	wantHeader(t, a, "Cache-Control", "no-store")
	if a := s.send("DELETE", s.operator+"/revocations/"+r.ID, ""); a.code != http.StatusNoContent {
		t.Errorf("lifting: %d %s", a.code, a.body)
	}
	if a := s.send("DELETE", s.operator+"/revocations/"+r.ID, ""); a.code != http.StatusNotFound {
		t.Errorf("lifting twice: %d %s", a.code, a.body)
	}
}

func TestRevocationsThatAreRefused(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		body, contentType string
		code              int
		want              string
	}{
		{`{"kind":"host","name":"hots"}`, "application/json", 400, `no host \"hots\"`},
		{`{"kind":"all"}`, "text/plain", 400, "Content-Type: application/json"},
		{`{"kind":"all"}`, "application/x-www-form-urlencoded", 400, "Content-Type: application/json"},
		{`{"kind":"all"}`, "", 400, "Content-Type: application/json"},
		{`kind=all`, "application/json", 400, "not what this address reads"},
		{`{"kind":"session","kind":"all","name":"x"}`, "application/json", 400, "given twice"},
		{`{"kind":"all","id":"x"}`, "application/json", 400, "unknown field"},
		{`{"kind":"all","before":"soon"}`, "application/json", 400, "not what this address reads"},
		{"", "application/json", 400, "not what this address reads"},
		{`{"kind":"session","name":"` + strings.Repeat("x", 9000) + `"}`, "application/json", 413, "8 KB"},
	} {
		a := s.send("POST", s.operator+"/revocations", c.body, "Content-Type: "+c.contentType)
		if a.code != c.code || !strings.Contains(a.body, c.want) {
			t.Errorf("%.60s: %d %s; want %d %s", c.body, a.code, a.body, c.code, c.want)
		}
	}
	if a := s.send("GET", s.operator+"/revocations", ""); !strings.Contains(a.body, "[]") {
		t.Errorf("recorded: %s", a.body)
	}
	if a := s.do("POST", "/revocations", `{"kind":"all"}`, asJSON); a.code != 404 {
		t.Errorf("the public listener: %d %s", a.code, a.body)
	}
	must(t, s.ledger.Close())
	if a := s.send("GET", s.operator+"/revocations", ""); a.code != 503 || !strings.Contains(a.body, "Cause: access: the ledger is closed") {
		t.Errorf("a ledger that cannot be read: %d %s", a.code, a.body)
	}
	if a := s.send("POST", s.operator+"/revocations", `{"kind":"all"}`, asJSON); a.code != 503 || !strings.Contains(a.body, "nothing has changed") {
		t.Errorf("a ledger that cannot be written: %d %s", a.code, a.body)
	}
}

// TestWithoutLedger: what is known holds for five seconds, and then nobody is
// answered, though Oriel has the answer.
func TestWithoutLedger(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	s.asks(token, "shop", http.StatusOK)
	must(t, s.ledger.Close())
	s.now = s.now.Add(5 * time.Second)
	s.asks(token, "shop", http.StatusServiceUnavailable)
	for _, a := range []answered{
		s.do("POST", "/v1/tokens", `{"views":["shop"]}`, "Authorization: Bearer "+hostKey),
		s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin),
	} {
		if a.code != http.StatusServiceUnavailable {
			t.Errorf("minting: %d %s", a.code, a.body)
		}
	}
	if a := s.send("GET", s.operator+"/healthz", ""); a.code != 200 {
		t.Errorf("/healthz: %d", a.code)
	}
}

// TestPagesAndTheOperatorsListener: what a page can make an operator's browser
// send is refused; what programs and people send is not.
func TestPagesAndTheOperatorsListener(t *testing.T) {
	s := newSite(t, func(c *Config) { c.OperatorHosts = []string{"oriel.internal"} })
	for _, c := range []struct {
		headers []string
		code    int
	}{
		{nil, 200},
		{[]string{"Host: localhost:9090"}, 200},
		{[]string{"Host: LOCALHOST."}, 200},
		{[]string{"Host: [::1]:9090"}, 200},
		{[]string{"Host: [::1]"}, 200},
		{[]string{"Host: 10.1.2.3"}, 200},
		{[]string{"Host: oriel.internal:9090"}, 200},
		{[]string{"Host: Oriel.Internal"}, 200},
		{[]string{"Sec-Fetch-Site: none"}, 200},
		{[]string{"Sec-Fetch-Site: same-origin"}, 200},
		{[]string{"Host: evil.example:9090"}, 403},
		{[]string{"Host: oriel.internal.evil.example"}, 403},
		{[]string{"Host: 127.0.0.1.evil.example:9090"}, 403},
		{[]string{"Host: localhost.evil.example"}, 403},
		{[]string{"Origin: https://evil.example"}, 403},
		{[]string{"Origin: null"}, 403},
		{[]string{"Origin: http://127.0.0.1:9090"}, 403},
		{[]string{"Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Sec-Fetch-Site: same-site"}, 403},
	} {
		for _, path := range []string{"/metrics", "/healthz", "/revocations", "/nothing"} {
			a := s.send("GET", s.operator+path, "", c.headers...)
			want := c.code
			if path == "/nothing" && want == 200 {
				want = 404
			}
			if a.code != want {
				t.Errorf("%s with %q: %d, want %d", path, c.headers, a.code, want)
			}
			if a.code == 403 && !strings.Contains(a.body, "operator") {
				t.Errorf("%q: %s does not say what to do", c.headers, a.body)
			}
		}
	}
	for _, headers := range [][]string{{"Origin: https://evil.example", asJSON}, {"Host: evil.example", asJSON}, {"Content-Type: text/plain"}} {
		if a := s.send("POST", s.operator+"/revocations", `{"kind":"all"}`, headers...); a.code < 400 {
			t.Errorf("%q ends all sessions: %d", headers, a.code)
		}
	}
}

func TestPurge(t *testing.T) {
	var asked []string
	s := newSite(t, func(c *Config) {
		c.Purge = func(_ context.Context, view string) (Purged, error) {
			if view == "gone" {
				return Purged{}, report.Errorf(report.NotFound, "There is no view %q.", view)
			}
			asked = append(asked, view)
			return Purged{View: view, Memory: 3, Disk: 4}, nil
		}
	})
	for body, want := range map[string]struct {
		code int
		said string
	}{
		`{"view":"shop"}`:            {200, `"memory": 3`},
		`{"all":true}`:               {200, `"disk": 4`},
		`{"view":"gone"}`:            {404, "There is no view"},
		`{}`:                         {400, `Write either`},
		`{"view":"shop","all":true}`: {400, `Write either`},
		`{"views":"shop"}`:           {400, "views"},
	} {
		a := s.send("POST", s.operator+"/cache:purge", body, asJSON)
		if a.code != want.code || !strings.Contains(a.body, want.said) {
			t.Errorf("%s: %d %s", body, a.code, a.body)
		}
	}
	if len(asked) != 2 {
		t.Errorf("purged %q", asked)
	}
	if a := s.send("GET", s.operator+"/cache:purge", ""); a.code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.code)
	}
	if a := s.do("POST", "/cache:purge", `{"all":true}`, asJSON); a.code != http.StatusNotFound {
		t.Errorf("at the public listener: %d", a.code)
	}
}
