package cache

import (
	"context"
	"time"
)

// look returns what is known about a key, from memory or else from the store; nil
// when that is nothing.
func (c *Cache) look(ctx context.Context, key Key, now time.Time) *entry {
	if e := c.held(key, now); e != nil || c.backing == nil {
		return e
	}
	e := c.revive(c.backing.get(ctx, key))
	if e == nil {
		return nil
	}
	c.backing.hits.Add(1)
	c.used(key, e, now)
	// A flight may have landed since: what it brought is newer.
	e, _ = c.kept.SetIfAbsent(key, e)
	return e
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
func (c *Cache) revive(r *Record) *entry {
	now := c.config.Clock()
	if r == nil || r.Stored.After(now.Add(skew)) {
		return nil
	}
	e := &entry{report: r.Report, stored: r.Stored, fresh: forever}
	if !r.Good.IsZero() {
		e.fresh = r.Good.Sub(r.Stored)
	}
	e.keep = c.keeping(e.fresh)
	if e.keep != forever {
		if e.keep -= now.Sub(r.Stored); e.keep <= 0 {
			return nil
		}
	}
	e.told.Store(r.Used.UnixNano())
	return e
}

// record is what the store keeps of an entry that has just come.
func (e *entry) record(key Key) *Record {
	return &Record{Key: key, Report: e.report, Stored: e.stored, Good: e.after(e.fresh), Kept: e.after(e.keep), Used: e.stored}
}

func (e *entry) after(d time.Duration) (end time.Time) {
	if d != forever {
		end = e.stored.Add(d)
	}
	return end
}
