package cache

import (
	"context"
	"time"
)

// look returns what is known about a key, from memory or else from the store; nil
// when that is nothing, or, when unread says so, when the store did not say in time.
func (c *Cache) look(ctx context.Context, key Key, at slot, now time.Time) (e *entry, unread bool) {
	if e := c.held(key, now); e != nil || c.backing == nil {
		return e, false
	}
	return c.stored(ctx, key, at, now, c.backing.brief())
}

// stored is look in the store alone.
func (c *Cache) stored(ctx context.Context, key Key, at slot, now time.Time, p patience) (e *entry, unread bool) {
	r, told := c.backing.get(ctx, key, p)
	if e = c.revive(at, r); e == nil {
		return nil, !told
	}
	c.backing.hits.Add(1)
	c.used(key, e, now)
	// A flight may have landed since: what it brought is newer.
	e, _ = c.kept.SetIfAbsent(key, e)
	if c.forgot.covers(at, e.report) { // since revive looked
		c.kept.Invalidate(key)
		return nil, false
	}
	return e, false
}

// held returns what memory knows about a key; nil when that is nothing.
func (c *Cache) held(key Key, now time.Time) *entry {
	e, ok := c.kept.GetIfPresent(key)
	if ok {
		c.used(key, e, now)
	}
	return e
}

// used tells the store now and then that an answer is of use: not with every
// read, so what it evicts is what was not read for longer than touchAfter.
func (c *Cache) used(key Key, e *entry, now time.Time) {
	if c.backing == nil {
		return
	}
	told := e.told.Load()
	if now.UnixNano()-told > int64(touchAfter) && e.told.CompareAndSwap(told, now.UnixNano()) {
		c.backing.use(key, now)
	}
}

// skew is how far in the future an answer may have come, by a clock that was
// corrected since. One from further ahead would count as fresh for too long.
const skew = time.Minute

// revive makes an entry of a record as fresh as that says. It returns nil for one
// that is of no use: the configuration may keep old answers for less time than
// when it was stored.
func (c *Cache) revive(at slot, r *Record) *entry {
	now := c.config.Clock()
	if r == nil || r.Stored.After(now.Add(skew)) || c.forgot.covers(at, r.Report) {
		return nil
	}
	e := &entry{report: r.Report, at: at, stored: r.Stored, fresh: min(r.Good.Sub(r.Stored), c.freshFor(r.Report))}
	if e.keep = e.fresh + c.config.Stale - now.Sub(r.Stored); e.keep <= 0 {
		return nil
	}
	e.told.Store(r.Used.UnixNano())
	return e
}

// record is what the store keeps of an entry that has just come.
func (e *entry) record(key Key) *Record {
	return &Record{
		Key: key, Owner: ownerOf(e.at), Report: e.report, Stored: e.stored,
		Good: e.stored.Add(e.fresh), Kept: e.stored.Add(e.keep), Used: e.stored,
	}
}
