package cache

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// An entry is a cached answer.
type entry struct {
	report   *report.Report
	property propertyKey
	fetched  time.Time     // when the source gave it
	ttl      time.Duration // how long after that it is fresh, by the server's ages
	expires  time.Time     // when it is no longer served at all

	accessed     atomic.Int64                 // the last access by a visitor, Unix nanoseconds, to the minute
	storedAccess atomic.Int64                 // the last access that the store knows of, Unix nanoseconds
	storedClass  atomic.Int32                 // the class that the store knows of
	refreshErr   atomic.Pointer[report.Error] // why the last refresh failed
	expired      atomic.Bool                  // a later answer contradicts it
}

// overhead is roughly what an entry costs beside its body: key, report, nodes.
const overhead = 512

// weight is the most that an entry takes, roughly: the body and one other form of the same size, each also
// compressed to an eighth.
func (e *entry) weight() uint32 {
	return uint32(min(int64(len(e.report.Body))*9/4+overhead, math.MaxUint32))
}

// newEntry returns an entry of an answer that has just come, or was put together from older ones and is as old
// as they are.
func (a *Answers) newEntry(p propertyKey, r *report.Report) *entry {
	return a.entry(p, r, r.FetchedAt, a.ttl(r), r.FetchedAt)
}

func (a *Answers) entry(p propertyKey, r *report.Report, fetched time.Time, ttl time.Duration, accessed time.Time) *entry {
	e := &entry{report: r, property: p, fetched: fetched, ttl: ttl, expires: fetched.Add(ttl + a.config.Stale)}
	e.storedAccess.Store(accessed.UnixNano())
	return e
}

// A state is how an entry may be served.
type state int

const (
	absent  state = iota
	expired       // only if no newer answer is available
	stale         // while a newer answer is fetched
	fresh         // as it is
)

// state returns how e, the entry of q or nil, may be served.
func (a *Answers) state(e *entry, q *report.Question, now time.Time) state {
	switch {
	case e == nil:
		return absent
	case e.expired.Load():
		return expired
	case now.Sub(e.fetched) < a.ttlFor(e, q):
		return fresh
	case e.report.Freshness == report.FreshRealtime:
		return expired // nobody wants realtime data of the past
	}
	return stale
}

// endsSoon reports whether an answer is to be prewarmed now, before a visitor has to be served a stale one.
// Answers that include today are not: they end so often that refreshing them all night would cost more tokens
// than all the rest, and the first visitor's request refreshes them.
func (e *entry) endsSoon(now time.Time, ttl time.Duration) bool {
	switch e.report.Freshness {
	case report.FreshRealtime, report.FreshIntraday:
		return false
	}
	return ttl-now.Sub(e.fetched) < ttl/prewarmPart
}

// freshEnough reports whether e, the entry of q or nil, answers q as it is: if it is fresh and, for prewarming,
// does not end soon.
func (a *Answers) freshEnough(e *entry, q *report.Question, now time.Time) bool {
	return a.state(e, q, now) == fresh && (q.Urgency() != report.Prewarm || !e.endsSoon(now, a.ttlFor(e, q)))
}

const (
	// prewarmPart is the last part of an answer's TTL, a sixtieth, in which it is prewarmed.
	prewarmPart = 60
	// touchInterval is the precision of last accesses: writing each would slow hits down.
	touchInterval = time.Minute
)

// touch records an access by a visitor.
func (e *entry) touch(now time.Time) {
	if now.UnixNano()-e.accessed.Load() > int64(touchInterval) {
		e.accessed.Store(now.UnixNano())
	}
}

// labelled returns a copy of the answer that says why it is stale.
func (e *entry) labelled(err *report.Error) *report.Report {
	r := *e.report
	r.Stale = report.StaleUnavailable
	if err.Kind == report.Quota || err.Kind == report.RateLimited {
		r.Stale = report.StaleQuota
	}
	return &r
}

// ttl returns how long an answer is fresh by the server's ages.
func (a *Answers) ttl(r *report.Report) time.Duration {
	ages := report.Ages{Realtime: a.config.Realtime, Intraday: a.config.Intraday, Settling: a.config.Settling, Final: a.config.Final}
	return a.jittered(ages.Of(r.Freshness), r)
}

// ttlFor returns how long an entry, or nil, is fresh for who asks q: two views of one property may have
// different ages.
func (a *Answers) ttlFor(e *entry, q *report.Question) time.Duration {
	if e == nil {
		return 0
	}
	if own := q.Ages().Of(e.report.Freshness); own > 0 {
		return a.jittered(own, e.report)
	}
	return e.ttl
}

// jittered changes a TTL by up to ±10 %, so that answers to several questions that came one after the other do
// not expire together.
func (a *Answers) jittered(ttl time.Duration, r *report.Report) time.Duration {
	return time.Duration(float64(ttl) * (0.9 + 0.2*a.config.Jitter(r.FetchedAt)))
}

// scatter spreads times evenly over [0, 1).
func scatter(at time.Time) float64 {
	x := uint64(at.UnixNano())
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // the finalizer of MurmurHash3
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return float64((x^x>>33)>>11) / (1 << 53)
}

// put caches an entry, which inherits the last access of the one it replaces. A forgotten answer is not cached.
func (a *Answers) put(key report.Key, e *entry, class report.Class) {
	if a.forgotten.covers(e.property, e.report) {
		return
	}
	if before, ok := a.memory.peek(key); ok {
		if before.report == e.report {
			return // it may have been contradicted since
		}
		e.accessed.Store(before.accessed.Load())
	}
	class = a.memory.set(key, e, class)
	if a.forgotten.covers(e.property, e.report) { // since the first check
		a.memory.drop(key)
		return
	}
	e.storedClass.Store(int32(class))
	a.writer.put(e.record(key, class, e.fetched))
}

// failed caches an error, and marks the stale answer. If access was denied it drops the answer, which must not
// come back when Google fails later. No other error takes anything away.
func (a *Answers) failed(q *report.Question, err error) {
	key, p := q.Key(), propertyOf(q)
	e := report.AsError(err)
	if a.ctx.Err() == nil {
		a.cacheFailure(q, e)
		if cached, ok := a.memory.peek(key); ok && (allowsStale(e) || e.Kind == report.Internal) {
			cached.refreshErr.Store(e)
		}
	}
	if e.Kind != report.NoAccess {
		return
	}
	a.denied.add(p, e, a.config.Clock().Add(a.config.Backoff))
	a.memory.drop(key)
	a.writer.forget(key)
	if a.catalog != nil {
		a.catalog.properties.unpersist(p)
	}
}

// cacheFailure caches an error that the next request would only repeat, at the cost of Google's quota of
// errors.
func (a *Answers) cacheFailure(q *report.Question, err *report.Error) {
	switch {
	case err.Kind == report.Invalid || err.Kind == report.TooLarge:
		a.failures.set(q.Key(), failure{err, q.Class(), a.config.Invalid})
	case err.Kind == report.NoAccess || allowsStale(err):
		a.failures.set(q.Key(), failure{err, q.Class(), a.config.Backoff})
	}
}

// cachedFailure returns the error that answers k without asking the source: a refusal always, an error that may
// pass only if there is an entry to serve instead and no worse class than that of q got it.
func (a *Answers) cachedFailure(q *report.Question, e *entry) *report.Error {
	f, ok := a.failures.get(q.Key())
	if ok && allowsStale(f.err) && q.Class() < f.class {
		return nil
	}
	if !ok || e == nil && allowsStale(f.err) && f.err.Kind != report.Misconfigured {
		return nil
	}
	return f.err
}

// allowsStale reports whether a stale answer may be served instead of an error. Denied access and invalid
// questions must show.
func allowsStale(err *report.Error) bool {
	switch err.Kind {
	case report.Quota, report.RateLimited, report.Unavailable, report.Canceled, report.Misconfigured:
		return true
	}
	return false
}
