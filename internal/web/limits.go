package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

const (
	// originShare is how many times the rate of one address all visitors of one
	// origin have together.
	originShare = 50
	// maxLimiters bounds the memory that the limiters take.
	maxLimiters = 50_000
)

// limits bounds how often somebody may do one thing. Who that is, the keys say.
type limits struct {
	what      string // in the plural, for the sentence that refuses
	perSecond rate.Limit
	burst     int
	buckets   *otter.Cache[asker, *rate.Limiter]
}

// An asker is who has a bucket: a client's network, an origin or a session.
type asker struct {
	network netip.Addr // of a client, see clients.key
	origin  string
	session string
}

func newLimits(what string, perSecond float64, burst int) (*limits, error) {
	buckets, err := otter.New(&otter.Options[asker, *rate.Limiter]{MaximumSize: maxLimiters})
	if err != nil {
		return nil, fmt.Errorf("web: limiters: %w", err)
	}
	return &limits{what, rate.Limit(perSecond), burst, buckets}, nil
}

// mayMint lets an embed token be minted for an anonymous visitor, by address and
// by origin, or says when to come back.
func (s *Server) mayMint(r *http.Request, origin string) error {
	if err := s.minting.allow(s.clock(), asker{network: s.clients.key(r)}, 1); err != nil {
		return err
	}
	return s.minting.allow(s.clock(), asker{origin: origin}, originShare)
}

// mayAsk lets the holder of a grant ask, or says when to come back. Anonymous
// visitors can have as many sessions as they like, so their address counts; a
// host's visitors may all come from one address, so their session does.
func (s *Server) mayAsk(r *http.Request, grant policy.Grant) error {
	if grant.Anonymous() {
		return s.asking.allow(s.clock(), asker{network: s.clients.key(r)}, 1)
	}
	return s.asking.allow(s.clock(), asker{session: grant.Session()}, 1)
}

// allow takes one from somebody's bucket, which is share times as large as usual.
func (l *limits) allow(now time.Time, who asker, share int) error {
	wait := l.take(now, who, share)
	if wait <= 0 {
		return nil
	}
	e := report.Errorf(report.RateLimited, "Too many %s were asked for. Try again in %s s.", l.what, wholeSeconds(wait))
	e.RetryAfter = wait
	return e
}

func (l *limits) take(now time.Time, who asker, share int) time.Duration {
	bucket, ok := l.buckets.GetIfPresent(who)
	if !ok {
		bucket, _ = l.buckets.ComputeIfAbsent(who, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(l.perSecond*rate.Limit(share), l.burst*share), false
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

// clients tells the addresses of those who ask.
type clients struct {
	trusted []netip.Prefix
}

// key returns what one client is limited by: its IPv4 address, or the first one
// of its IPv6 /64.
func (c clients) key(r *http.Request) netip.Addr {
	addr := c.addr(r)
	if addr.Is6() {
		if net, err := addr.Prefix(64); err == nil {
			return net.Addr()
		}
	}
	return addr
}

// addr returns the address of the client: the peer's, or, when the peer is a
// trusted proxy, the last one in X-Forwarded-For that is not a trusted proxy.
// What stands left of that one could have been written by the client.
func (c clients) addr(r *http.Request) netip.Addr {
	addr := peer(r.RemoteAddr)
	if !c.trusts(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusts(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap().WithZone("")
	}
	return addr
}

func (c clients) trusts(addr netip.Addr) bool {
	for _, p := range c.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func peer(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
