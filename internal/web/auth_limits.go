package web

import (
	"errors"
	"fmt"
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
	// originShare is how many times the rate of one address all visitors of one
	// origin have together.
	originShare = 50
	// siteShare is the same for an IPv6 /48: a few large ones belong to many people,
	// most to one, who would have 65,536 times the rate with its networks.
	siteShare = 50
	// maxLimiters bounds the memory that the limiters of one kind take.
	maxLimiters = 20_000
)

// A Pace is how often something may be done: Burst times at once, and PerSecond
// times a second from then on. Both are more than 0.
type Pace struct {
	PerSecond float64
	Burst     int
}

func (p Pace) times(n int) Pace { return Pace{p.PerSecond * float64(n), p.Burst * n} }

// Limits bound what can be asked of a Server. All are required.
type Limits struct {
	Tokens     Pace // embed tokens for anonymous visitors behind one address: an IPv4 address or an IPv6 /64
	Requests   Pace // requests with an embed token: of one session, and of all anonymous ones behind one address
	View       Pace // requests about one view, whoever sends them
	HostTokens Pace // embed tokens for one host's backend
	Failures   Pace // how often one address is told that a token or key is not valid, see throttled
}

// A limiter holds what bounds askers. What there can be many of, addresses and
// sessions, each has a memory of its own: floods of one kind leave the others alone.
type limiter struct {
	minting  addresses       // embed tokens for anonymous visitors
	origins  *limits[string] // the same by origin, of which few are listed
	asking   addresses       // requests of anonymous visitors
	sessions *limits[string] // requests
	views    *limits[string] // requests, by the view's name
	hosts    *limits[string] // embed tokens for hosts, by the host's name
	failing  addresses       // credentials that are no good
}

func newLimiter(paces Limits) (*limiter, error) {
	l := &limiter{}
	var errs [7]error
	l.minting, errs[0] = newAddresses("Too many embed tokens were asked for", paces.Tokens)
	l.origins, errs[1] = newLimits[string]("Too many embed tokens were asked for", paces.Tokens.times(originShare))
	l.asking, errs[2] = newAddresses("Too many answers were asked for", paces.Requests)
	l.sessions, errs[3] = newLimits[string]("Too many answers were asked for", paces.Requests)
	l.views, errs[4] = newLimits[string]("Too many people look at this view", paces.View)
	l.hosts, errs[5] = newLimits[string]("Too many embed tokens were asked for", paces.HostTokens)
	l.failing, errs[6] = newAddresses("Too many tokens or keys that are not valid were shown", paces.Failures)
	return l, errors.Join(errs[:]...)
}

// mayMint lets an embed token be minted for an anonymous visitor, by address and
// by origin, or says when to come back.
func (s *Server) mayMint(r *http.Request, origin string) error {
	now := s.clock()
	if err := s.limiter.minting.allow(now, s.clients.key(r)); err != nil {
		return err
	}
	return s.limiter.origins.allow(now, origin)
}

// mayMintWith lets an embed token be minted for the host whose API key is shown. One
// that is nobody's is for the authority to refuse.
func (s *Server) mayMintWith(apiKey string) error {
	host, ok := s.authority.HostOf(apiKey)
	if !ok {
		return nil
	}
	return s.limiter.hosts.allow(s.clock(), host)
}

// mayAsk lets the holder of a grant ask, or says when to come back. Every session
// counts, with all its tokens and wherever they are shown from. Anonymous visitors
// can have as many sessions as they like, so their address counts as well; a
// host's visitors may all come from one address, so theirs does not.
func (s *Server) mayAsk(r *http.Request, grant policy.Grant) error {
	now := s.clock()
	if grant.Anonymous() {
		if err := s.limiter.asking.allow(now, s.clients.key(r)); err != nil {
			return err
		}
	}
	return s.limiter.sessions.allow(now, grant.Session())
}

// mayAskAbout lets a view be asked about, so that a crowd before one view leaves
// the others their share. Only those who may see the view, and may ask by
// themselves, count: nobody else can use up what it has.
func (s *Server) mayAskAbout(grant policy.Grant, view, dashboard string) error {
	name := grant.About(view, dashboard)
	if name == "" {
		return nil // the gate refuses, or looks at what the body names
	}
	return s.limiter.views.allow(s.clock(), name)
}

// throttled returns err, which is what came of a credential that a request shows;
// or, once too many from its address were no good, how long to wait.
//
// Those that are good are never held back: behind the address of an office or a
// mobile network, one program gone wild must not keep others out, and no look that is
// cheaper than the signature's tells theirs from its. So this is not against guessing,
// which 128 random bits are; it tells such a program to wait. A token that is merely
// too old is not counted, for its page is about to renew it.
func (s *Server) throttled(r *http.Request, err error) error {
	if report.KindOf(err) != report.Unauthenticated || access.Expired(err) {
		return err
	}
	if limited := s.limiter.failing.allow(s.clock(), s.clients.key(r)); limited != nil {
		return limited
	}
	return err
}

// limits bounds how often each of many askers may do one thing.
//
// Buckets are forgotten when there are more than maxLimiters, those first that are
// used least, and who has none has a full one. So others' buckets keep nobody out.
// Nor do they help who makes many in order to have his own forgotten: each of
// the networks or sessions that he needs for it lets him do as much as the one that
// he wants back, and long before that he is at the bound of his /48 or, for
// sessions, of his address, whose buckets are in use all the while.
type limits[K comparable] struct {
	refusal string
	pace    Pace
	buckets *otter.Cache[K, *rate.Limiter]
}

func newLimits[K comparable](refusal string, p Pace) (*limits[K], error) {
	if p.PerSecond <= 0 || p.Burst <= 0 {
		return nil, errors.New("web: Config.Limits: every pace must be more than 0")
	}
	buckets, err := otter.New(&otter.Options[K, *rate.Limiter]{MaximumSize: maxLimiters})
	if err != nil {
		return nil, fmt.Errorf("web: limiters: %w", err)
	}
	return &limits[K]{refusal, p, buckets}, nil
}

// allow takes one from somebody's bucket, or says when there will be one.
func (l *limits[K]) allow(now time.Time, who K) error {
	wait := l.take(now, who)
	if wait <= 0 {
		return nil
	}
	e := report.Errorf(report.RateLimited, "%s. Try again in %s s.", l.refusal, wholeSeconds(wait))
	e.RetryAfter = wait
	return e
}

func (l *limits[K]) take(now time.Time, who K) time.Duration {
	bucket, ok := l.buckets.GetIfPresent(who)
	if !ok {
		bucket, _ = l.buckets.ComputeIfAbsent(who, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(rate.Limit(l.pace.PerSecond), l.pace.Burst), false
		})
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	reserved := bucket.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// addresses are limits by clients.key, and by the /48 of an IPv6 one.
type addresses struct{ networks, sites *limits[netip.Addr] }

func newAddresses(refusal string, p Pace) (a addresses, err error) {
	if a.networks, err = newLimits[netip.Addr](refusal, p); err == nil {
		a.sites, err = newLimits[netip.Addr](refusal, p.times(siteShare))
	}
	return a, err
}

// allow asks the network first: one that is refused takes nothing from its neighbours.
func (a addresses) allow(now time.Time, network netip.Addr) error {
	err := a.networks.allow(now, network)
	if site := siteOf(network); err == nil && site.IsValid() {
		err = a.sites.allow(now, site)
	}
	return err
}
