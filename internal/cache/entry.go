package cache

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// An entry is an answer that is kept.
type entry struct {
	report *report.Report
	at     slot // what it is about
	stored time.Time
	fresh  time.Duration // how long it is given without asking again
	keep   time.Duration // how long memory keeps it, from when it gets it
	told   atomic.Int64  // the last use that the store knows of, Unix nanoseconds
	// overdue is why a newer answer could not be had when it was last tried; nil
	// when it was not tried, or is being.
	overdue atomic.Pointer[report.Error]
	seen    atomic.Int64 // when somebody last looked, Unix nanoseconds, to the minute
	expired atomic.Bool  // a newer answer contradicts it
}

// overhead is roughly what an entry costs beside its body: key, report, nodes.
const overhead = 512

func (e *entry) weight() uint32 {
	return uint32(min(int64(len(e.report.Body))+overhead, math.MaxUint32))
}

// A state is how an entry may be used.
type state int

const (
	absent state = iota
	old          // only when no newer one can be had
	fading       // now, while a newer one is fetched
	fresh        // now
)

// state returns how e, the entry of q or nil, may be used.
func (c *Cache) state(e *entry, q report.Query, now time.Time) state {
	if e == nil {
		return absent
	}
	switch {
	case e.expired.Load():
		return old
	case now.Sub(e.stored) < c.life(e, q):
		return fresh
	case e.report.Freshness == report.FreshRealtime:
		return old // its age is its point
	}
	return fading
}

// endsSoon reports whether an answer that will be wanted again is to be fetched
// now, before somebody has to be given an old one. Those with today in them are
// not: they end so often that looking after them all night would cost more
// tokens than all the rest, and whoever looks first has a new one fetched.
func (e *entry) endsSoon(now time.Time, life time.Duration) bool {
	switch e.report.Freshness {
	case report.FreshRealtime, report.FreshIntraday:
		return false
	}
	return life-now.Sub(e.stored) < life/aheadPart
}

// late reports whether an answer is so old that fetching a newer one is for those
// who are given it, and not only for the next.
func (e *entry) late(now time.Time, life time.Duration) bool {
	return now.Sub(e.stored)/2 > life
}

const (
	// aheadPart is the part of an answer's time before its end in which it is
	// fetched ahead.
	aheadPart = 60
	// lookStep is how exactly looks are noted: writing down each would cost hits.
	lookStep = time.Minute
)

// look notes that somebody is given the answer.
func (e *entry) look(now time.Time) {
	if seen := e.seen.Load(); now.UnixNano()-seen > int64(lookStep) {
		e.seen.Store(now.UnixNano())
	}
}

// given is what an asker gets of an entry: the answer, labelled when a newer one
// is due and cannot be had.
func (e *entry) given() *report.Report {
	if err := e.overdue.Load(); err != nil {
		return e.stale(err)
	}
	return e.report
}

func (c *Cache) newEntry(at slot, r *report.Report) *entry {
	fresh := c.freshFor(r)
	e := &entry{report: r, at: at, stored: c.config.Clock(), fresh: fresh, keep: fresh + c.config.Stale}
	e.told.Store(e.stored.UnixNano())
	return e
}

func (c *Cache) freshFor(r *report.Report) time.Duration {
	ttl := c.config.Intraday
	switch r.Freshness {
	case report.FreshRealtime:
		ttl = c.config.Realtime
	case report.FreshSettling:
		ttl = c.config.Settling
	case report.FreshFinal:
		ttl = c.config.Final
	}
	return c.jittered(ttl, r)
}

// jittered shortens or lengthens a life: the answers to several questions that
// came one after the other must not go together.
func (c *Cache) jittered(life time.Duration, r *report.Report) time.Duration {
	return time.Duration(float64(life) * (0.9 + 0.2*c.config.Jitter(r.FetchedAt)))
}

// life is for how long an entry is given to those who ask q without asking again:
// two views of the same property may differ in it.
func (c *Cache) life(e *entry, q report.Query) time.Duration {
	if e == nil {
		return 0
	}
	if own := q.Ages.Of(e.report.Freshness); own > 0 {
		return c.jittered(own, e.report)
	}
	return e.fresh
}

// scatter spreads moments evenly over [0, 1).
func scatter(at time.Time) float64 {
	x := uint64(at.UnixNano())
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // the finalizer of MurmurHash3
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return float64((x^x>>33)>>11) / (1 << 53)
}

// maxFailures bounds the failures remembered.
const maxFailures = 10_000

// A failure is an error that is remembered instead of asking again.
type failure struct {
	err  *report.Error
	keep time.Duration
}

// remember keeps an error that asking again at once would only repeat, at the
// cost of Google's quotas for errors.
func (c *Cache) remember(k Key, err *report.Error) {
	switch {
	case err.Kind == report.Invalid || err.Kind == report.TooLarge:
		c.failures.Set(k, failure{err, c.config.Invalid})
	case err.Kind == report.NoAccess || serveOld(err):
		c.failures.Set(k, failure{err, c.config.Rest})
	}
}

// remembered returns the error that answers k without asking: a refusal always,
// a failure that may pass only where an old answer softens it.
func (c *Cache) remembered(k Key, e *entry) *report.Error {
	f, ok := c.failures.GetIfPresent(k)
	if !ok || e == nil && serveOld(f.err) && f.err.Kind != report.Misconfigured {
		return nil
	}
	return f.err
}

// serveOld reports whether an old answer may stand in for an error. Access that
// was taken away, and questions that are wrong, must show.
func serveOld(err *report.Error) bool {
	switch err.Kind {
	case report.Quota, report.Unavailable, report.Canceled, report.Misconfigured:
		return true
	}
	return false
}

// stale returns a copy of the answer labelled with why it is old.
func (e *entry) stale(err *report.Error) *report.Report {
	r := *e.report
	r.Stale = report.StaleUnavailable
	if err.Kind == report.Quota {
		r.Stale = report.StaleQuota
	}
	return &r
}
