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
	at     slot          // what it is about
	stored time.Time     // when the source had it
	fresh  time.Duration // how long after that it is given without asking again
	ends   time.Time     // until when it may be given at all
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

// weight is what an entry takes at most, roughly: the body and one form more of its size,
// each with its compressed form, an eighth of it.
func (e *entry) weight() uint32 {
	return uint32(min(int64(len(e.report.Body))*9/4+overhead, math.MaxUint32))
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
func (a *Answers) state(e *entry, q *report.Question, now time.Time) state {
	if e == nil {
		return absent
	}
	switch {
	case e.expired.Load():
		return old
	case now.Sub(e.stored) < a.life(e, q):
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

// newEntry returns an entry of an answer that has just come, or was put together of such
// as came before and is as old as they are.
func (a *Answers) newEntry(at slot, r *report.Report) *entry {
	fresh := a.freshFor(r)
	e := &entry{report: r, at: at, stored: r.FetchedAt, fresh: fresh, ends: r.FetchedAt.Add(fresh + a.config.Stale)}
	e.keep = e.ends.Sub(a.config.Clock())
	e.told.Store(e.stored.UnixNano())
	return e
}

func (a *Answers) freshFor(r *report.Report) time.Duration {
	ttl := a.config.Intraday
	switch r.Freshness {
	case report.FreshRealtime:
		ttl = a.config.Realtime
	case report.FreshSettling:
		ttl = a.config.Settling
	case report.FreshFinal:
		ttl = a.config.Final
	}
	return a.jittered(ttl, r)
}

// jittered shortens or lengthens a life: the answers to several questions that
// came one after the other must not go together.
func (a *Answers) jittered(life time.Duration, r *report.Report) time.Duration {
	return time.Duration(float64(life) * (0.9 + 0.2*a.config.Jitter(r.FetchedAt)))
}

// life is for how long an entry is given to those who ask q without asking again:
// two views of the same property may differ in it.
func (a *Answers) life(e *entry, q *report.Question) time.Duration {
	if e == nil {
		return 0
	}
	if own := q.Ages().Of(e.report.Freshness); own > 0 {
		return a.jittered(own, e.report)
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
func (a *Answers) remember(k report.Key, err *report.Error) {
	switch {
	case err.Kind == report.Invalid || err.Kind == report.TooLarge:
		a.failures.Set(k, failure{err, a.config.Invalid})
	case err.Kind == report.NoAccess || serveOld(err):
		a.failures.Set(k, failure{err, a.config.Backoff})
	}
}

// remembered returns the error that answers k without asking: a refusal always,
// a failure that may pass only where an old answer softens it.
func (a *Answers) remembered(k report.Key, e *entry) *report.Error {
	f, ok := a.failures.GetIfPresent(k)
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

// keep puts an entry in the place of an older one, which knows when somebody last
// looked. What was forgotten meanwhile is not kept.
func (a *Answers) keep(key report.Key, e *entry) {
	if a.forgot.covers(e.at, e.report) {
		return
	}
	if before, ok := a.kept.GetIfPresent(key); ok {
		if before.report == e.report {
			return // it may be contradicted since
		}
		e.seen.Store(before.seen.Load())
	}
	a.kept.Set(key, e)
	if a.forgot.covers(e.at, e.report) { // since it was looked
		a.kept.Invalidate(key)
		return
	}
	if a.backing != nil {
		a.backing.put(e.record(key))
	}
}

// failed remembers an error, and drops the old answer of a view whose access was
// taken away: it must not come back when Google fails later. No other error takes
// anything away.
func (a *Answers) failed(key report.Key, at slot, err error) {
	e := report.AsError(err)
	if a.ctx.Err() == nil {
		a.remember(key, e)
		a.overdue(key, e)
	}
	if e.Kind != report.NoAccess {
		return
	}
	a.doors.close(at, e, a.config.Clock().Add(a.config.Backoff))
	a.kept.Invalidate(key)
	if a.backing != nil {
		a.backing.forget(key)
	}
	if a.catalog != nil {
		a.catalog.withdraw(at)
	}
}

// overdue labels the stored answer: a newer one is not available now.
func (a *Answers) overdue(key report.Key, err *report.Error) {
	if e, ok := a.kept.GetIfPresent(key); ok && (serveOld(err) || err.Kind == report.Internal) {
		e.overdue.Store(err)
	}
}
