package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSuspensions: each kind, at the front door. What is suspended is refused in each way
// from the next request on, tokens of before included, and all else goes on; once it is
// resumed, the same tokens are good.
func TestSuspensions(t *testing.T) {
	shop := func(s *site, token string) int {
		return s.do("POST", "/v1/views/shop:runReport", runReport, bearing(token)).code
	}
	ways := []struct {
		name string
		ask  func(s *site, tokens map[string]string) int
	}{
		{"questions of a host", func(s *site, tokens map[string]string) int { return shop(s, tokens["shop"]) }},
		{"questions about another view with the same token", func(s *site, tokens map[string]string) int {
			return s.do("POST", "/v1/views/blog:runReport", runReport, bearing(tokens["both"])).code
		}},
		{"questions with a token for both", func(s *site, tokens map[string]string) int { return shop(s, tokens["both"]) }},
		{"questions of the public", func(s *site, tokens map[string]string) int { return shop(s, tokens["public"]) }},
		{"a dashboard", func(s *site, tokens map[string]string) int {
			return s.do("GET", "/v1/dashboards/overview?view=shop", "", bearing(tokens["board"])).code
		}},
		{"renewing", func(s *site, tokens map[string]string) int {
			return s.do("POST", "/v1/tokens:renew", "", bearing(tokens["shop"])).code
		}},
		{"minting", func(s *site, _ map[string]string) int {
			return s.do("POST", "/v1/tokens", `{"views":["ga:123"]}`, "Authorization: Bearer "+hostKey).code
		}},
		{"minting for the public", func(s *site, _ map[string]string) int {
			return s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin).code
		}},
		{"the embed page", func(s *site, _ map[string]string) int {
			return s.do("GET", "/embed/overview?view=shop", "").code
		}},
	}
	for _, c := range []struct {
		suspend, id string
		open        map[string]bool
	}{
		{`{"kind":"view","name":"ga:123","suspend":true,"reason":"moving"}`, "view:ga:123", map[string]bool{"questions about another view with the same token": true}},
		{`{"kind":"host","name":"host","suspend":true}`, "host:host", map[string]bool{"questions of the public": true, "minting for the public": true, "the embed page": true}},
		{`{"kind":"dashboard","name":"overview","suspend":true}`, "dashboard:overview", map[string]bool{
			"questions of a host": true, "questions about another view with the same token": true, "questions with a token for both": true,
			"questions of the public": true, "renewing": true, "minting": true, "minting for the public": true,
		}},
	} {
		t.Run(c.id, func(t *testing.T) {
			s := newSite(t)
			tokens := map[string]string{
				"shop": s.tokenFor(`{"views":["shop"]}`), "both": s.tokenFor(`{"views":["shop","blog"]}`),
				"board":  s.tokenFor(`{"dashboards":[{"name":"overview","views":["shop"]}]}`),
				"public": s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin)),
			}
			check := func(when string, open func(way string) bool) {
				t.Helper()
				for _, way := range ways {
					want := http.StatusForbidden
					if open(way.name) {
						want = http.StatusOK
					}
					if got := way.ask(s, tokens); got != want {
						t.Errorf("%s, %s: %d, want %d", when, way.name, got, want)
					}
				}
			}
			all := func(string) bool { return true }
			check("before", all)
			s.end(c.suspend)
			s.end(c.suspend) // twice is once
			check("suspended", func(way string) bool { return c.open[way] })
			s.now = s.now.Add(5 * time.Second)
			if a := s.send("GET", s.operator+"/revocations", ""); strings.Count(a.body, `"suspend": true`) != 1 {
				t.Errorf("listed: %s", a.body)
			}
			check("later", func(way string) bool { return c.open[way] })
			if a := s.send("DELETE", s.operator+"/revocations/suspend:"+c.id, ""); a.code != http.StatusNoContent {
				t.Errorf("resuming: %d %s", a.code, a.body)
			}
			check("resumed", all)
		})
	}
}

func TestSuspensionsThatAreRefused(t *testing.T) {
	s := newSite(t)
	for body, want := range map[string]string{
		`{"kind":"view","name":"shpo","suspend":true}`:                                             `no view \"shpo\"`,
		`{"kind":"host","name":"hots","suspend":true}`:                                             `no host \"hots\"`,
		`{"kind":"dashboard","name":"none","suspend":true}`:                                        `no dashboard \"none\"`,
		`{"kind":"dashboard","name":"overview"}`:                                                   "can only be suspended",
		`{"kind":"subject","name":"ann","suspend":true}`:                                           "cannot be suspended",
		`{"kind":"all","suspend":true}`:                                                            "cannot be suspended",
		`{"kind":"view","suspend":true}`:                                                           `no view \"\"`,
		`{"kind":"view","name":"shop","suspend":true,"before":"2026-01-01T00:00:00Z"}`:             "leave host and before out",
		`{"kind":"view","name":"shop","suspend":true,"reason":"` + strings.Repeat("x", 501) + `"}`: "at most 500",
	} {
		if a := s.send("POST", s.operator+"/revocations", body, asJSON); a.code != 400 || !strings.Contains(a.body, want) {
			t.Errorf("%.80s: %d %s; want %s", body, a.code, a.body, want)
		}
	}
	if a := s.send("GET", s.operator+"/revocations", ""); !strings.Contains(a.body, "[]") {
		t.Errorf("recorded: %s", a.body)
	}
}
