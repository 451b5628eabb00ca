package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"runtime"
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
		"port":                     {trusted, "10.0.0.1:1", []string{"198.51.100.1:51234"}, "198.51.100.1"},
		"v6 with a port":           {trusted, "10.0.0.1:1", []string{"[2001:db8:1:2::9]:51234"}, "2001:db8:1:2::"},
		"ports of two proxies":     {trusted, "10.0.0.1:1", []string{"198.51.100.1:51234, 10.9.9.9:80"}, "198.51.100.1"},
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

// A proxy that is not listed is logged, once: its visitors are one client.
func TestUnlistedProxyIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	c := clients{[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, warnUnlistedProxy(slog.New(slog.NewTextHandler(&log, nil)))}
	for _, request := range []struct{ peer, forwarded string }{
		{"203.0.113.7:1", ""}, {"10.0.0.1:1", "198.51.100.1"}, {"203.0.113.8:1", "198.51.100.1"}, {"203.0.113.9:1", "198.51.100.2"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if r.RemoteAddr = request.peer; request.forwarded != "" {
			r.Header.Set("X-Forwarded-For", request.forwarded)
		}
		c.addr(r)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "peer=203.0.113.8") || !strings.Contains(got, "trusted_proxies") {
		t.Errorf("%s", got)
	}
}

func TestLimits(t *testing.T) {
	l := newLimits[string]("Too many things", Pace{2, 3}, defaultBuckets)
	now := time.Unix(1_000_000, 0)
	for i := range 3 {
		if err := l.allow(now, "a"); err != nil {
			t.Fatalf("thing %d: %v", i, err)
		}
	}
	e := report.AsError(l.allow(now, "a"))
	if e == nil || e.Kind != report.RateLimited || e.RetryAfter != 500*time.Millisecond || !strings.Contains(e.Message, "things") {
		t.Fatalf("fourth thing: %v", e)
	}
	if err := l.allow(now, "b"); err != nil {
		t.Errorf("another key: %v", err)
	}
	if err := l.allow(now.Add(e.RetryAfter), "a"); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
}

// Anonymous visitors share what their address may ask, however many sessions
// they have; visitors that a host vouches for have it each for themselves.
func TestRequestsAreLimited(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.Requests = Pace{1, 2} })
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

// A session is bounded with all its tokens and from wherever they are shown, or a
// token that is passed around would be good for a rate for each address.
func TestASessionIsLimitedFromEverywhere(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Requests = Pace{1, 2} })
	first := s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))
	second := s.minted(s.do("POST", "/v1/tokens:renew", "", "Origin: "+shopOrigin, bearing(first), from("192.0.2.9")))
	var got []int
	for i, token := range []string{first, second} {
		got = append(got, s.do("GET", "/v1/views", "", bearing(token), from(fmt.Sprint("192.0.2.", i))).code)
	}
	if !slices.Equal(got, []int{200, 429}) { // the renewal was the first
		t.Errorf("tokens of one session from two addresses: %v", got)
	}
}

// trusting makes the test a proxy, so that it can ask from any address.
func trusting(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func from(addr string) string { return "X-Forwarded-For: " + addr }

// Who rents an IPv6 /48 has 65,536 of the networks that count as one client.
func TestNetworksOfOneSite(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Tokens = Pace{1e-9, 1} })
	minted := func(addr string) int {
		return s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, from(addr)).code
	}
	if got := []int{minted("2001:db8:1:2::1"), minted("2001:db8:1:2::9"), minted("2001:db8:1:3::1")}; !slices.Equal(got, []int{200, 429, 200}) {
		t.Errorf("two of a /64, one of another: %v", got)
	}
	a := newAddresses("", Pace{1e-9, 1}, defaultBuckets)
	allowed := 0
	for i := range 3 * siteShare {
		if a.allow(s.now, netip.MustParseAddr(fmt.Sprintf("2001:db8:1:%x::", i))) == nil {
			allowed++
		}
	}
	if allowed != siteShare {
		t.Errorf("a /48 was allowed %d, want %d", allowed, siteShare)
	}
	if err := a.allow(s.now, netip.MustParseAddr("2001:db8:2::")); err != nil {
		t.Errorf("another /48: %v", err)
	}
}

// A crowd before one view leaves the others alone, and only who may see the view is
// of the crowd.
func TestAViewIsLimited(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.View = Pace{1e-9, 2} })
	shop, blog := bearing(s.token("shop")), bearing(s.token("blog"))
	ask := func(auth, view string) int { return s.do("POST", "/v1/views/"+view+":runReport", runReport, auth).code }
	for range 5 {
		if code := ask(blog, "shop"); code != 403 {
			t.Fatalf("a stranger to the view: %d", code)
		}
	}
	got := []int{ask(shop, "shop"), ask(bearing(s.token("shop")), "ga:123"), ask(shop, "ga:77"), ask(shop, "424242"), ask(blog, "blog")}
	if !slices.Equal(got, []int{200, 200, 429, 429, 200}) {
		t.Errorf("by all its names, then another view: %v", got)
	}
	for _, path := range []string{"/embed/overview?view=shop", "/v1/dashboards/overview?view=shop", "/v1/dashboards/overview"} {
		if a := s.do("GET", path, "", bearing(s.boardToken())); a.code != 429 || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	if a := s.do("GET", "/analytics/v3/data/ga?ids=ga:123", "", shop); a.code != 403 || !strings.Contains(a.body, "userRateLimitExceeded") {
		t.Errorf("v3: %d %s", a.code, a.body)
	}
	a := s.do("POST", "/v4/reports:batchGet", `{"reportRequests":[{"viewId":"123","metrics":[{"expression":"ga:sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}]}`, shop)
	if a.code != 429 {
		t.Errorf("v4: %d %s", a.code, a.body)
	}
}

// Too many bad credentials from an address are told to wait; what is good passes
// all the while, be it new to the server or not, and other addresses notice nothing.
func TestBadCredentialsAreThrottled(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Failures = Pace{1, 3} })
	known, fresh := bearing(s.token("shop")), bearing(s.token("shop"))
	ask := func(headers ...string) answered { return s.do("GET", "/v1/views", "", headers...) }
	if code := ask(known, from("192.0.2.1")).code; code != 200 {
		t.Fatal(code)
	}
	attempts := []func() answered{
		func() answered { return ask(known+"x", from("192.0.2.1")) },
		func() answered {
			return s.do("POST", "/v1/tokens", `{"views":["shop"]}`, bearing("wrong"), from("192.0.2.1"))
		},
		func() answered { return s.do("POST", "/v1/tokens:renew", "", bearing("wrong"), from("192.0.2.1")) },
		func() answered { return s.do("GET", "/embed/overview?token=wrong", "", from("192.0.2.1")) },
		func() answered { return s.do("GET", "/v3/data/ga?access_token=wrong", "", from("192.0.2.1")) },
	}
	for i, attempt := range append(attempts, attempts...) {
		a := attempt()
		switch limited := i >= 3; {
		case !limited && a.code != 401:
			t.Errorf("attempt %d: %d %s", i, a.code, a.body)
		case limited && i%5 == 4: // v3 has words of its own for it
			if a.code != 403 || !strings.Contains(a.body, "userRateLimitExceeded") {
				t.Errorf("attempt %d: %d %s", i, a.code, a.body)
			}
		case limited && (a.code != 429 || a.header.Get("Retry-After") != "1"):
			t.Errorf("attempt %d: %d %v", i, a.code, a.header)
		}
	}
	for name, auth := range map[string]string{"known": known, "fresh": fresh} {
		if a := ask(auth, from("192.0.2.1")); a.code != 200 {
			t.Errorf("a good token, %s: %d %s", name, a.code, a.body)
		}
	}
	if a := s.do("POST", "/v1/tokens", `{"views":["shop"]}`, bearing(hostKey), from("192.0.2.1")); a.code != 200 {
		t.Errorf("a good key: %d %s", a.code, a.body)
	}
	if a := ask(bearing("wrong"), from("192.0.2.2")); a.code != 401 {
		t.Errorf("another address: %d %s", a.code, a.body)
	}
	if a := ask(from("192.0.2.1")); a.code != 401 {
		t.Errorf("no credential at all: %d %s", a.code, a.body)
	}
	s.now = s.now.Add(time.Hour)
	for range 5 {
		if a := ask(known, from("192.0.2.3")); a.code != 401 {
			t.Errorf("a page whose token is old must learn that: %d %s", a.code, a.body)
		}
	}
}

func TestAHostIsLimited(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.HostTokens = Pace{1, 2} })
	var got []int
	for range 3 {
		got = append(got, s.do("POST", "/v1/tokens", `{"views":["shop"]}`, bearing(hostKey)).code)
	}
	if !slices.Equal(got, []int{200, 200, 429}) {
		t.Errorf("%v", got)
	}
	if a := s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin); a.code != 200 {
		t.Errorf("a visitor: %d %s", a.code, a.body)
	}
}

// Nothing is kept of an anonymous token, and of an address no more than a bucket,
// for no more than so many addresses.
func TestMintingFillsNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("mints 60,000 tokens")
	}
	const (
		mints = 60_000
		most  = 6 << 20 // bytes
	)
	s := newSite(t, trusting, func(c *Config) {
		c.Logger = slog.New(slog.DiscardHandler)
		c.Limits.Tokens = Pace{1e9, 1 << 30}
	})
	handler, before := s.server.Handler(), heap()
	for i := range mints {
		r := httptest.NewRequest("GET", "/token?view=shop", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Origin", shopOrigin)
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("2001:db8:%x:%x::1", i>>8, i&255))
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != 200 {
			t.Fatalf("mint %d: %d %s", i, w.Code, w.Body)
		}
	}
	if grown := heap() - before; grown > most {
		t.Errorf("%d mints left %d KB behind, want at most %d", mints, grown>>10, most>>10)
	} else {
		t.Logf("%d mints left %d KB behind", mints, grown>>10)
	}
	runtime.KeepAlive(s)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
