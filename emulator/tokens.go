package emulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// The scopes that the emulator knows.
const (
	scopeReadonly  = "https://www.googleapis.com/auth/analytics.readonly"
	scopeAnalytics = "https://www.googleapis.com/auth/analytics"
	scopeEdit      = "https://www.googleapis.com/auth/analytics.edit"
	scopePlatform  = "https://www.googleapis.com/auth/cloud-platform"
	scopeIAM       = "https://www.googleapis.com/auth/iam"
	scopeEmail     = "https://www.googleapis.com/auth/userinfo.email"
)

func knownScope(s string) bool {
	switch s {
	case scopeReadonly, scopeAnalytics, scopeEdit, scopePlatform, scopeIAM, scopeEmail,
		"openid", "email", "profile",
		"https://www.googleapis.com/auth/userinfo.profile",
		"https://www.googleapis.com/auth/cloud-platform.read-only",
		"https://www.googleapis.com/auth/analytics.manage.users",
		"https://www.googleapis.com/auth/analytics.manage.users.readonly",
		"https://www.googleapis.com/auth/bigquery",
		"https://www.googleapis.com/auth/webmasters.readonly":
		return true
	}
	return false
}

// lifetime is how long an access token is good. Clients read a second less.
const lifetime = time.Hour

// A bearer is whom an access token stands for.
type bearer struct {
	email   string // of the account, or the principal of a pool
	scopes  []string
	expires time.Time
}

func (b bearer) has(any ...string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return slices.Contains(b.scopes, s) })
}

// A tokenStore holds the live access tokens by their fingerprint.
type tokenStore struct {
	mu     sync.Mutex
	live   map[string]bearer
	issued int
}

func newTokenStore() *tokenStore { return &tokenStore{live: map[string]bearer{}} }

// issue returns a new access token. Expired ones are forgotten on the way.
func (t *tokenStore) issue(b bearer, now time.Time) string {
	token := "ya29.c." + randomText(150)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.issued++
	if t.issued%1000 == 0 {
		for k, old := range t.live {
			if old.expires.Before(now) {
				delete(t.live, k)
			}
		}
	}
	t.live[fingerprint(token)] = b
	return token
}

// find returns whom a token stands for, if it is still good.
func (t *tokenStore) find(token string, now time.Time) (bearer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.live[fingerprint(token)]
	return b, ok && now.Before(b.expires)
}

// revoke forgets a token and reports whether there was one.
func (t *tokenStore) revoke(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.live[fingerprint(token)]
	delete(t.live, fingerprint(token))
	return ok
}

// revokeAll forgets the tokens of an account.
func (t *tokenStore) revokeAll(email string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, b := range t.live {
		if b.email == email {
			delete(t.live, k)
		}
	}
}

func (t *tokenStore) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.issued
}

func splitScopes(s string) []string { return strings.Fields(s) }
