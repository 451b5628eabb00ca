package web

import (
	"net/http/httptest"
	"net/netip"
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
		"v6 by /64":                {trusted, "[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64"},
		"v6 proxy":                 {trusted, "[fd00::1]:1", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := tt.c.key(r); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestLimitsPerClientAndOrigin(t *testing.T) {
	l, err := newLimits(2, 3)
	must(t, err)
	now := time.Unix(1_000_000, 0)
	for i := range 3 {
		if err := l.allow(now, "a", shopOrigin); err != nil {
			t.Fatalf("token %d: %v", i, err)
		}
	}
	e := report.AsError(l.allow(now, "a", shopOrigin))
	if e == nil || e.Kind != report.RateLimited || e.RetryAfter != 500*time.Millisecond {
		t.Fatalf("fourth token: %v", e)
	}
	if err := l.allow(now, "b", shopOrigin); err != nil {
		t.Errorf("another client: %v", err)
	}
	if err := l.allow(now.Add(e.RetryAfter), "a", shopOrigin); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
	// All clients of an origin together have originShare times the burst.
	refused := 0
	for i := range 3*originShare + 10 {
		if l.allow(now, string(rune('가'+i)), otherOrigin) != nil {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of the origin's visitors refused, want 10", refused)
	}
}
