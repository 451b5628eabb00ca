package cache

import (
	"context"

	"github.com/oriel-server/oriel/internal/report"
)

// Recall returns the answer to q that is at hand and may be given at once, nil
// where there is none. A newer one is due when due says so. It asks nobody.
func (c *Cache) Recall(ctx context.Context, q report.Query) (r *report.Report, due bool) {
	if c.doors.isShut(slot{q.Account, q.Property}) {
		return nil, false
	}
	e := c.look(ctx, KeyOf(q))
	switch e.state(c.config.Clock()) {
	case fresh:
		return e.report, false
	case fading:
		return e.report, true
	}
	return nil, false
}

// Remember keeps an answer to q that was made of others, for as long as one of its
// age and freshness is good.
func (c *Cache) Remember(q report.Query, r *report.Report) {
	e := c.newEntry(r)
	e.stored = r.FetchedAt
	if e.state(c.config.Clock()) != fresh {
		return
	}
	key := KeyOf(q)
	c.kept.Set(key, e)
	if c.backing != nil {
		c.backing.put(e.record(key))
	}
}
