package cache

import (
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// look returns what is known about a key, from memory or else from the store; nil
// when that is nothing, or, when unread says so, when the store did not say in time.
func (a *Answers) look(ctx context.Context, key report.Key, at slot, now time.Time) (e *entry, unread bool) {
	if e := a.held(key, now); e != nil || a.backing == nil {
		return e, false
	}
	return a.stored(ctx, key, at, now, a.backing.brief())
}

// stored is look in the store alone.
func (a *Answers) stored(ctx context.Context, key report.Key, at slot, now time.Time, p patience) (e *entry, unread bool) {
	r, told := a.backing.get(ctx, key, p)
	if e = a.revive(at, r); e == nil {
		return nil, !told
	}
	a.backing.hits.Add(1)
	a.used(key, e, now)
	// A flight may have landed since: what it brought is newer.
	e, _ = a.kept.SetIfAbsent(key, e)
	if a.forgot.covers(at, e.report) { // since revive looked
		a.kept.Invalidate(key)
		return nil, false
	}
	return e, false
}

// held returns what memory knows about a key; nil when that is nothing.
func (a *Answers) held(key report.Key, now time.Time) *entry {
	e, ok := a.kept.GetIfPresent(key)
	if ok {
		a.used(key, e, now)
	}
	return e
}

// used tells the store now and then that an answer is of use: not with every
// read, so what it evicts is what was not read for longer than touchAfter.
func (a *Answers) used(key report.Key, e *entry, now time.Time) {
	if a.backing == nil {
		return
	}
	told := e.told.Load()
	if now.UnixNano()-told > int64(touchAfter) && e.told.CompareAndSwap(told, now.UnixNano()) {
		a.backing.use(key, now)
	}
}

// skew is how far in the future an answer may have come, by a clock that was
// corrected since. One from further ahead would count as fresh for too long.
const skew = time.Minute

// revive makes an entry of a record as fresh as that says. It returns nil for one
// that is of no use: the configuration may keep old answers for less time than
// when it was stored.
func (a *Answers) revive(at slot, r *Record) *entry {
	now := a.config.Clock()
	if r == nil || r.Stored.After(now.Add(skew)) || a.forgot.covers(at, r.Report) {
		return nil
	}
	e := &entry{report: r.Report, at: at, stored: r.Stored, fresh: min(r.Good.Sub(r.Stored), a.freshFor(r.Report))}
	e.ends = r.Stored.Add(e.fresh + a.config.Stale)
	if e.keep = e.ends.Sub(now); e.keep <= 0 {
		return nil
	}
	e.told.Store(r.Used.UnixNano())
	return e
}

// record is what the store keeps of an entry that has just come.
func (e *entry) record(key report.Key) *Record {
	return &Record{
		Key: key, Owner: ownerOf(e.at), Report: e.report, Stored: e.stored,
		Good: e.stored.Add(e.fresh), Kept: e.ends, Used: e.stored,
	}
}
