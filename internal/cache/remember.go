package cache

import (
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Recall returns the answer to q that is at hand and may be given at once, nil
// where there is none. A newer one is due when due says so. It asks nobody.
func (c *Cache) Recall(ctx context.Context, q report.Query) (r *report.Report, due bool) {
	return c.recall(q, func(key Key, at slot, now time.Time) *entry {
		e, _ := c.look(ctx, key, at, now)
		return e
	})
}

// AtHand is Recall without the store, for which a caller would have to wait.
func (c *Cache) AtHand(q report.Query) (r *report.Report, due bool) {
	return c.recall(q, func(key Key, _ slot, now time.Time) *entry { return c.held(key, now) })
}

func (c *Cache) recall(q report.Query, look func(Key, slot, time.Time) *entry) (r *report.Report, due bool) {
	at := slot{q.Account, q.Property}
	if c.doors.isShut(at) {
		return nil, false
	}
	key, now := KeyOf(q), c.config.Clock()
	e := look(key, at, now)
	if e != nil && q.Urgency == report.Unseen {
		e.look(now)
	}
	switch c.state(e, q, now) {
	case fresh:
		return e.report, false
	case fading:
		if err := c.remembered(key, e); err == nil || serveOld(err) {
			return e.given(), true
		}
	}
	return nil, false
}

// Overdue notes why an answer to q newer than the one at hand could not be had of
// others.
func (c *Cache) Overdue(q report.Query, err error) { c.overdue(KeyOf(q), report.AsError(err)) }

// Remember keeps an answer to q that was made of others, for as long as one of its
// age and freshness is good.
func (c *Cache) Remember(q report.Query, r *report.Report) {
	e := c.newEntry(slot{q.Account, q.Property}, r)
	e.stored = r.FetchedAt
	if c.state(e, q, c.config.Clock()) != fresh {
		return
	}
	c.keep(KeyOf(q), e)
}

// Expire says that a newer answer contradicts the one to q: it is only given when no
// newer one can be had, and only as long as memory holds it.
func (c *Cache) Expire(q report.Query) {
	key := KeyOf(q)
	if kept, ok := c.kept.GetEntryQuietly(key); ok {
		kept.Value.expired.Store(true)
	}
	if c.backing != nil {
		c.backing.forget(key) // which would give it for fresh
	}
}

// Outlook returns when somebody last looked at the answer to q, for how long it is
// good in all, and whether it is to be fetched anew now to be at hand in time;
// zeros where memory does not hold it.
func (c *Cache) Outlook(q report.Query) (seen time.Time, life time.Duration, soon bool) {
	kept, ok := c.kept.GetEntryQuietly(KeyOf(q))
	if !ok {
		return time.Time{}, 0, false
	}
	e := kept.Value
	if at := e.seen.Load(); at != 0 {
		seen = time.Unix(0, at)
	}
	life = c.life(e, q)
	return seen, life, e.endsSoon(c.config.Clock(), life)
}
