package cache

import (
	"bytes"
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Get returns the fresh answer to q, or nil; for a prewarming question also nil if the answer expires soon. It
// asks the store but never the source.
func (a *Answers) Get(ctx context.Context, q *report.Question) *report.Report {
	p := propertyOf(q)
	if a.denied.contains(p) {
		return nil
	}
	now := a.config.Clock()
	e, _ := a.lookup(ctx, q, now)
	if a.freshEnough(e, q, now) {
		return e.report
	}
	return nil
}

// Put caches r, the answer to q, if it is fresh. If it differs from an older final answer, Google has changed
// days that were final: then no final answer about the property that is older than r is kept, and changed is
// true.
func (a *Answers) Put(ctx context.Context, q *report.Question, r *report.Report) (changed bool) {
	p, key, now := propertyOf(q), q.Key(), a.config.Clock()
	if r.Freshness == report.FreshFinal {
		before, _ := a.lookup(ctx, q, now)
		changed = before != nil && before.report.Freshness == report.FreshFinal &&
			before.report.FetchedAt.Before(r.FetchedAt) && !bytes.Equal(before.report.Body, r.Body)
	}
	if changed {
		a.forgetInBackground(p, true, r.FetchedAt)
	}
	if e := a.newEntry(p, r); a.state(e, q, now) == fresh {
		a.put(key, e, q.Class())
	}
	return changed
}

// Expire marks the answer to q as contradicted by a later one: it is served only if no newer one is available,
// and only from memory.
func (a *Answers) Expire(q *report.Question) {
	key := q.Key()
	if e, ok := a.memory.peek(key); ok {
		e.expired.Store(true)
	}
	a.writer.forget(key) // it would come back as fresh
}

// lookup returns the entry of a key from memory or else from the store. It returns nil if there is none, or, if
// unread, because the store did not answer in time.
func (a *Answers) lookup(ctx context.Context, q *report.Question, now time.Time) (e *entry, unread bool) {
	if e, ok := a.memory.get(q.Key(), q.Class()); ok {
		a.touchStored(q, e, now)
		return e, false
	}
	return a.load(ctx, q, now, false)
}

// load is lookup in the store alone; see storeWriter.get for insist.
func (a *Answers) load(ctx context.Context, q *report.Question, now time.Time, insist bool) (e *entry, unread bool) {
	key, p := q.Key(), propertyOf(q)
	r, known := a.writer.get(ctx, key, insist)
	if e = a.entryOf(p, r); e == nil {
		return nil, !known
	}
	a.writer.hits.Add(1)
	a.touchStored(q, e, now)
	e = a.memory.setIfAbsent(key, e, min(q.Class(), r.Class)) // a flight that landed since has a newer one
	if a.forgotten.covers(p, e.report) {                      // since entryOf checked
		a.memory.drop(key)
		return nil, false
	}
	return e, false
}

// touchStored updates the last access in the store if that is older than storeTouchInterval, and the class if
// that of q is better.
func (a *Answers) touchStored(q *report.Question, e *entry, now time.Time) {
	if a.writer == nil {
		return
	}
	key, class := q.Key(), e.storedClass.Load()
	if int32(q.Class()) < class && e.storedClass.CompareAndSwap(class, int32(q.Class())) && a.mayStore(e) {
		a.writer.put(e.record(key, q.Class(), now))
		if !a.mayStore(e) { // since the first check
			a.writer.forget(key)
		}
		return
	}
	last := e.storedAccess.Load()
	if now.UnixNano()-last > int64(storeTouchInterval) && e.storedAccess.CompareAndSwap(last, now.UnixNano()) {
		a.writer.touch(key, now)
	}
}

// mayStore reports whether an entry of the memory may still come back from the store.
func (a *Answers) mayStore(e *entry) bool {
	return !e.expired.Load() && !a.denied.contains(e.property) && !a.forgotten.covers(e.property, e.report)
}

// clockSkew is how far in the future an answer may have been fetched, by a clock that was corrected since. One
// from further ahead would be fresh for too long.
const clockSkew = time.Minute

// entryOf returns the entry of a stored record, with the freshness that was stored; nil if the record is no
// longer of use: the configuration may keep stale answers for less time now than when it was stored.
func (a *Answers) entryOf(p propertyKey, r *Record) *entry {
	now := a.config.Clock()
	if r == nil || r.Stored.After(now.Add(clockSkew)) || a.forgotten.covers(p, r.Report) {
		return nil
	}
	e := a.entry(p, r.Report, r.Stored, min(r.Good.Sub(r.Stored), a.ttl(r.Report)), r.Used)
	e.storedClass.Store(int32(r.Class))
	if !now.Before(e.expires) {
		return nil
	}
	return e
}

// record returns what the store keeps of an entry.
func (e *entry) record(key report.Key, class report.Class, used time.Time) *Record {
	return &Record{
		Key: key, Owner: ownerOf(e.property), Class: class, Report: e.report, Stored: e.fetched,
		Good: e.fetched.Add(e.ttl), Kept: e.expires, Used: used,
	}
}
