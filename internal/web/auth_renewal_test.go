package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRenewalsRotate: who renews a host's token at once again, for the response was lost,
// gets the same token; who renews it later has another's, and the session ends for both.
// Anonymous visitors may, for anybody is given their tokens.
func TestRenewalsRotate(t *testing.T) {
	s := newSite(t)
	renew := func(token string) (int, string) {
		t.Helper()
		a := s.do("POST", "/v1/tokens:renew", "", bearing(token))
		var answer struct {
			AccessToken string `json:"access_token"`
		}
		must(t, json.Unmarshal([]byte(a.body), &answer))
		return a.code, answer.AccessToken
	}
	first := s.tokenFor(`{"views":["shop"],"subject":"ann"}`)
	s.now = s.now.Add(4 * time.Minute)
	_, second := renew(first)
	s.now = s.now.Add(9 * time.Second)
	if code, again := renew(first); code != http.StatusOK || again != second {
		t.Errorf("a lost response: %d, and the same: %v", code, again == second)
	}
	_, third := renew(second)
	s.asks(third, "shop", http.StatusOK)
	bob := s.tokenFor(`{"views":["shop"],"subject":"bob"}`)
	s.now = s.now.Add(time.Minute)
	a := s.do("POST", "/v1/tokens:renew", "", bearing(first))
	if a.code != http.StatusUnauthorized || !strings.Contains(a.body, "renewed before, so its session has ended") {
		t.Errorf("a token that was renewed: %d %s", a.code, a.body)
	}
	s.asks(third, "shop", http.StatusUnauthorized)
	s.asks(bob, "shop", http.StatusOK)
	if a := s.send("GET", s.operator+"/revocations", ""); strings.Count(a.body, "its token was renewed twice") != 1 {
		t.Errorf("on record: %s", a.body)
	}

	public := s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))
	for range 3 {
		s.now = s.now.Add(time.Minute)
		if a := s.do("POST", "/v1/tokens:renew", "", bearing(public), "Origin: "+shopOrigin); a.code != http.StatusOK {
			t.Errorf("an anonymous visitor's: %d %s", a.code, a.body)
		}
	}
}
