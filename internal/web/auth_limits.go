package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

const (
	// originShare is the rate of an origin, in rates of one address.
	originShare = 50
	// siteShare is the same for an IPv6 /48, far below the origin's: a few large ones have
	// many users, most have one, whose 65,536 networks would multiply the rate.
	siteShare = 10
	// defaultBuckets is the default of Limits.Buckets.
	defaultBuckets = 20_000
)

// A Pace is a rate limit: PerSecond, after a Burst. Both are more than 0.
type Pace struct {
	PerSecond float64
	Burst     int
}

func (p Pace) times(n int) Pace { return Pace{p.PerSecond * float64(n), p.Burst * n} }

// quietPace is the most that a network asks for and counts as quiet: a household renews a
// token every few minutes.
var quietPace = Pace{PerSecond: 0.1, Burst: 20}

// Limits are the rate limits of a Server: requests over a limit get 429. All paces are required.
type Limits struct {
	Tokens     Pace // embed tokens for anonymous visitors behind one address: an IPv4 address or an IPv6 /64
	Requests   Pace // requests with an embed token: of one session, and of all anonymous ones behind one address
	View       Pace // requests about one view, whoever sends them
	HostTokens Pace // embed tokens for one host's backend
	Failures   Pace // invalid tokens and keys from one address, see limitFailures
	// Buckets bounds the buckets of each kind, of which there are twelve, each of BucketBytes. The default is
	// 20,000.
	Buckets int
}

// BucketBytes is roughly the memory of a bucket.
const BucketBytes = 256

// A limiter holds the limits of a server. Each kind of key, of which there can be many,
// has buckets of its own, so that a flood of one kind evicts no other.
type limiter struct {
	minting  addresses           // embed tokens of anonymous visitors
	origins  *limits[string]     // the same by origin, of which few are listed
	quiet    *limits[netip.Addr] // the same by IPv4 address or IPv6 /48: those within are quiet
	reserves *limits[string]     // the same by origin, for quiet networks
	requests addresses           // of anonymous visitors
	sessions *limits[string]     // requests by session
	views    *limits[string]     // requests by view
	hosts    *limits[string]     // embed tokens by host
	failing  addresses           // invalid credentials
}

func newLimiter(paces Limits) (*limiter, error) {
	for _, p := range []Pace{paces.Tokens, paces.Requests, paces.View, paces.HostTokens, paces.Failures} {
		if p.PerSecond <= 0 || p.Burst <= 0 {
			return nil, errors.New("web: Config.Limits: every pace must be more than 0")
		}
	}
	most := cmp.Or(paces.Buckets, defaultBuckets)
	const tokens, requests = "Too many embed tokens were asked for", "Too many answers were asked for"
	return &limiter{
		minting:  newAddresses(tokens, paces.Tokens, most),
		origins:  newLimits[string](tokens, paces.Tokens.times(originShare), most),
		quiet:    newLimits[netip.Addr](tokens, quietPace, most),
		reserves: newLimits[string](tokens, paces.Tokens.times(originShare), most),
		requests: newAddresses(requests, paces.Requests, most),
		sessions: newLimits[string](requests, paces.Requests, most),
		views:    newLimits[string]("Too many people look at this view", paces.View, most),
		hosts:    newLimits[string](tokens, paces.HostTokens, most),
		failing:  newAddresses("Too many tokens or keys that are not valid were shown", paces.Failures, most),
	}, nil
}

// limitMint limits the embed tokens of anonymous visitors by address and by origin. When an
// origin's rate is used up, networks that were quiet have a reserve of the same rate.
func (s *Server) limitMint(r *http.Request, origin string) error {
	now := s.clock()
	network := s.clients.key(r)
	if err := s.limiter.minting.allow(now, network); err != nil {
		return err
	}
	quiet := s.limiter.quiet.allow(now, cmp.Or(siteOf(network), network)) == nil
	err := s.limiter.origins.allow(now, origin)
	if err != nil && quiet {
		return s.limiter.reserves.allow(now, origin)
	}
	return err
}

// limitHostMint limits the embed tokens of a host. The authority refuses unknown keys.
func (s *Server) limitHostMint(apiKey string) error {
	host, ok := s.authority.HostOf(apiKey)
	if !ok {
		return nil
	}
	return s.limiter.hosts.allow(s.clock(), host)
}

// limitRequests limits the requests of a session, with all its tokens and from anywhere.
// Anonymous visitors can have any number of sessions, so they are limited by address too;
// a host's visitors may share an address.
func (s *Server) limitRequests(r *http.Request, grant policy.Grant) error {
	now := s.clock()
	if grant.Anonymous() {
		if err := s.limiter.requests.allow(now, s.clients.key(r)); err != nil {
			return err
		}
	}
	return s.limiter.sessions.allow(now, grant.Session())
}

// limitView limits the requests about a view, so that a popular one leaves others their
// share. Only requests that may see the view count, so that no others use up its limit.
func (s *Server) limitView(grant policy.Grant, view, dashboard string) error {
	name := grant.TargetView(view, dashboard)
	if name == "" {
		return nil // refused by the gate, or named by the body
	}
	return s.limiter.views.allow(s.clock(), name)
}

// limitFailures returns err, the outcome of checking a request's credential, or a refusal
// after too many invalid ones from its address.
//
// Valid credentials are never limited: one broken program behind the address of an office
// or a mobile network must not lock others out, and only checking the signature tells them
// apart. This does not prevent guessing, which 128 random bits do; it makes such a program
// back off. Expired tokens do not count: their page is about to renew them.
func (s *Server) limitFailures(r *http.Request, err error) error {
	if report.KindOf(err) != report.Unauthenticated || access.Expired(err) {
		return err
	}
	if limited := s.limiter.failing.allow(s.clock(), s.clients.key(r)); limited != nil {
		return limited
	}
	return err
}

// limits are rate limits by key.
//
// Beyond Limits.Buckets, the least used buckets are evicted. Evicted clients start with a full
// bucket, so eviction locks nobody out. Nor can a client gain by filling the cache to evict
// its own bucket: each network or session that this takes has as large a bucket, and the
// limits of its /48 or its address, which stay in use, are reached long before.
type limits[K comparable] struct {
	refusal string
	pace    Pace
	buckets *otter.Cache[K, *rate.Limiter]
}

func newLimits[K comparable](refusal string, p Pace, most int) *limits[K] {
	return &limits[K]{refusal, p, otter.Must(&otter.Options[K, *rate.Limiter]{MaximumSize: most})}
}

// allow takes a token from the bucket of a key; its error has the time to retry after.
func (l *limits[K]) allow(now time.Time, who K) error {
	bucket := l.bucket(who)
	if bucket.AllowN(now, 1) {
		return nil
	}
	return l.refuse(now, bucket, 1)
}

// allowMore takes the tokens of a request that costs more than the one it has paid.
func (l *limits[K]) allowMore(now time.Time, who K, cost int) error {
	if cost > l.pace.Burst {
		return report.Errorf(report.TooLarge, "This request costs as much as %d reports, and %d is the most at once: send it in parts.", cost, l.pace.Burst)
	}
	bucket := l.bucket(who)
	if bucket.AllowN(now, cost-1) {
		return nil
	}
	return l.refuse(now, bucket, cost) // when it comes again, it pays the one again
}

// charge takes tokens that the bucket may not have: who comes next waits for them.
func (l *limits[K]) charge(now time.Time, who K, cost int) {
	l.bucket(who).ReserveN(now, min(cost, l.pace.Burst))
}

// refuse returns the error of a bucket that has fewer than n tokens.
func (l *limits[K]) refuse(now time.Time, bucket *rate.Limiter, n int) error {
	reserved := bucket.ReserveN(now, n)
	wait := reserved.DelayFrom(now)
	if wait <= 0 { // another request gave tokens back
		return nil
	}
	reserved.CancelAt(now)
	e := report.Errorf(report.RateLimited, "%s. Try again in %s s.", l.refusal, wholeSeconds(wait))
	e.RetryAfter = wait
	return e
}

func (l *limits[K]) bucket(who K) *rate.Limiter {
	bucket, ok := l.buckets.GetIfPresent(who)
	if !ok {
		bucket, _ = l.buckets.ComputeIfAbsent(who, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(rate.Limit(l.pace.PerSecond), l.pace.Burst), false
		})
	}
	return bucket
}

// addresses are limits by network, and by the /48 of an IPv6 one.
type addresses struct{ networks, sites *limits[netip.Addr] }

func newAddresses(refusal string, p Pace, most int) addresses {
	return addresses{newLimits[netip.Addr](refusal, p, most), newLimits[netip.Addr](refusal, p.times(siteShare), most)}
}

// allow checks the network first: a refused one takes nothing from its /48.
func (a addresses) allow(now time.Time, network netip.Addr) error {
	err := a.networks.allow(now, network)
	if site := siteOf(network); err == nil && site.IsValid() {
		err = a.sites.allow(now, site)
	}
	return err
}

// allowMore is that of limits.
func (a addresses) allowMore(now time.Time, network netip.Addr, cost int) error {
	err := a.networks.allowMore(now, network, cost)
	if site := siteOf(network); err == nil && site.IsValid() {
		err = a.sites.allowMore(now, site, cost)
	}
	return err
}

// charge is that of limits.
func (a addresses) charge(now time.Time, network netip.Addr, cost int) {
	a.networks.charge(now, network, cost)
	if site := siteOf(network); site.IsValid() {
		a.sites.charge(now, site, cost)
	}
}
