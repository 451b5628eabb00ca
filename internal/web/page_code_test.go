package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCodesAreNotBurnt: nothing but a page that a person opens and that shows the dashboard
// uses up a code.
func TestCodesAreNotBurnt(t *testing.T) {
	for name, c := range map[string]struct {
		method  string
		headers []string
		query   string
		code    int
	}{
		"HEAD":                    {"HEAD", nil, "", 403},
		"a prefetch":              {"GET", []string{"Sec-Purpose: prefetch"}, "", 403},
		"a prerendered page":      {"GET", []string{"Sec-Purpose: prefetch;prerender", "Sec-Fetch-Dest: document"}, "", 403},
		"a prefetch of old":       {"GET", []string{"Purpose: prefetch"}, "", 403},
		"an image":                {"GET", []string{"Sec-Fetch-Dest: image"}, "", 403},
		"a script":                {"GET", []string{"Sec-Fetch-Dest: empty", "Accept: application/json"}, "", 403},
		"a frame of another page": {"GET", []string{"Sec-Fetch-Dest: iframe", "Referer: https://evil.example/"}, "", 403},
		"a view of another token": {"GET", []string{"Sec-Fetch-Dest: iframe"}, "&view=secret", 403},
		"a range that is none":    {"GET", []string{"Sec-Fetch-Dest: iframe"}, "&range=never", 400},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a := s.do("POST", "/v1/tokens", `{"dashboards":[{"name":"overview","views":["shop"]}],"code":true}`, "Authorization: Bearer "+hostKey)
			var minted struct{ Code string }
			must(t, json.Unmarshal([]byte(a.body), &minted))
			if minted.Code == "" {
				t.Fatalf("no code: %d %s", a.code, a.body)
			}
			address := "/embed/overview?code=" + minted.Code
			if a := s.do(c.method, address+c.query, "", c.headers...); a.code != c.code || strings.Contains(a.body, "access_token") {
				t.Errorf("%d, want %d; %.200s", a.code, c.code, a.body)
			}
			if a := s.do("GET", address, "", "Sec-Fetch-Dest: iframe", "Referer: "+shopOrigin+"/"); a.code != http.StatusOK || !strings.Contains(a.body, "access_token") {
				t.Errorf("the person's page: %d %.200s", a.code, a.body)
			}
			if a := s.do("GET", address, "", "Sec-Fetch-Dest: iframe"); a.code != http.StatusUnauthorized {
				t.Errorf("the second time: %d", a.code)
			}
		})
	}
}

// TestPageOfACode: the page of a code tells when the token ends that the code became, not the
// code.
func TestPageOfACode(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/v1/tokens", `{"dashboards":[{"name":"overview","views":["shop","blog"]}],"code":true,"expires_in":60}`, "Authorization: Bearer "+hostKey)
	var minted struct{ Code string }
	must(t, json.Unmarshal([]byte(a.body), &minted))
	s.now = s.now.Add(10 * time.Second)
	a = s.do("GET", "/embed/overview?code="+minted.Code, "", "Sec-Fetch-Dest: iframe")
	if d := a.inlined(t); d.Token == nil || d.Token.ExpiresIn != 60 || d.ExpiresIn != 60 {
		t.Errorf("token %+v, expiresIn %d; want 60 s", d.Token, d.ExpiresIn)
	}
}
