package web

import (
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

func TestClientAddress(t *testing.T) {
	trusted := clients{trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for name, tt := range map[string]struct {
		c         clients
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                 {trusted, "203.0.113.7:1", nil, "203.0.113.7"},
		"stranger says it":         {trusted, "203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7"},
		"nobody is trusted":        {clients{}, "10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.1"},
		"one proxy":                {trusted, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		"client invents hops":      {trusted, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":              {trusted, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		"several headers":          {trusted, "10.0.0.1:1", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		"garbage":                  {trusted, "10.0.0.1:1", []string{"1.1.1.1, nonsense"}, "10.0.0.1"},
		"proxy without the header": {trusted, "10.0.0.1:1", nil, "10.0.0.1"},
		"only proxies":             {trusted, "10.0.0.1:1", []string{"10.0.0.2"}, "10.0.0.2"},
		"mapped":                   {trusted, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"v6 by /64":                {trusted, "[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::"},
		"v6 proxy":                 {trusted, "[fd00::1]:1", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := tt.c.key(r).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	l, err := newLimits("things", 2, 3)
	must(t, err)
	now := time.Unix(1_000_000, 0)
	for i := range 3 {
		if err := l.allow(now, asker{origin: "a"}, 1); err != nil {
			t.Fatalf("thing %d: %v", i, err)
		}
	}
	e := report.AsError(l.allow(now, asker{origin: "a"}, 1))
	if e == nil || e.Kind != report.RateLimited || e.RetryAfter != 500*time.Millisecond || !strings.Contains(e.Message, "things") {
		t.Fatalf("fourth thing: %v", e)
	}
	if err := l.allow(now, asker{origin: "b"}, 1); err != nil {
		t.Errorf("another key: %v", err)
	}
	if err := l.allow(now.Add(e.RetryAfter), asker{origin: "a"}, 1); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
	refused := 0
	for range 3*originShare + 10 {
		if l.allow(now, asker{origin: "shared"}, originShare) != nil {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of a larger share refused, want 10", refused)
	}
}

// Anonymous visitors share what their address may ask, however many sessions
// they have; visitors that a host vouches for have it each for themselves.
func TestRequestsAreLimited(t *testing.T) {
	s := newSite(t, func(c *Config) { c.RequestsPerSecond, c.RequestsBurst = 1, 2 })
	ask := func(auth string) int { return s.do("GET", "/v1/views", "", auth).code }
	visitor := func() string { return bearing(s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))) }
	first, second := visitor(), visitor()
	if got := []int{ask(first), ask(second), ask(first), ask(second)}; !slices.Equal(got, []int{200, 200, 429, 429}) {
		t.Errorf("two anonymous sessions: %v", got)
	}
	one, other := bearing(s.token("shop")), bearing(s.token("shop"))
	if got := []int{ask(one), ask(one), ask(one), ask(other)}; !slices.Equal(got, []int{200, 200, 429, 200}) {
		t.Errorf("two sessions of a host: %v", got)
	}
}
