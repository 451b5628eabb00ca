package cache

import (
	"bytes"
	"context"

	"github.com/oriel-server/oriel/internal/report"
)

// Get returns the answer to q that is good now; nil where there is none, or one that ends
// soon to who fetches ahead. It asks nobody but the store.
func (a *Answers) Get(ctx context.Context, q *report.Question) *report.Report {
	at := slotOf(q)
	if a.doors.isShut(at) {
		return nil
	}
	now := a.config.Clock()
	e, _ := a.look(ctx, q.Key(), at, now)
	if a.state(e, q, now) != fresh || q.Urgency() == report.Prewarm && e.endsSoon(now, a.life(e, q)) {
		return nil
	}
	return e.report
}

// Put keeps the answer to q for as long as one of its age and freshness is good. Where
// it differs from a final one that came before, Google has changed days that were final:
// then no final answer about the property that came before r is kept, and changed is true.
func (a *Answers) Put(ctx context.Context, q *report.Question, r *report.Report) (changed bool) {
	at, key, now := slotOf(q), q.Key(), a.config.Clock()
	if r.Freshness == report.FreshFinal {
		before, _ := a.look(ctx, key, at, now)
		changed = before != nil && before.report.Freshness == report.FreshFinal &&
			before.report.FetchedAt.Before(r.FetchedAt) && !bytes.Equal(before.report.Body, r.Body)
	}
	if changed {
		a.forgetBehind(at, true, r.FetchedAt)
	}
	if e := a.newEntry(at, r); a.state(e, q, now) == fresh {
		a.keep(key, e)
	}
	return changed
}

// Expire says that an answer which came later contradicts the one to q: it is only given
// when no newer one can be had, and only as long as memory holds it.
func (a *Answers) Expire(q *report.Question) {
	key := q.Key()
	if kept, ok := a.kept.GetEntryQuietly(key); ok {
		kept.Value.expired.Store(true)
	}
	if a.backing != nil {
		a.backing.forget(key) // which would give it for fresh
	}
}
