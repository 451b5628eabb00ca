package report

import (
	"errors"
	"time"
)

// ErrNotCached answers a question that is OnlyIfCached when memory has no fresh report.
var ErrNotCached = errors.New("report: no fresh report is cached")

// A Question is a query that the gate allowed: narrowed, on one property, with its dates resolved. It is immutable, so all
// who ask it share it. A Source takes nothing else. Only the rank of a call in flight changes: see Promotable.
type Question struct {
	query    *Query
	key      Key
	ages     *Ages
	rank     Rank
	priority *Priority // in place of rank; nil for none
	cached   bool      // see OnlyIfCached
}

// NewQuestion returns the question of an allowed query, which must not be changed any more. The ages are the view's, nil
// for the server's; they decide when a report is fetched again and are not part of the key.
func NewQuestion(q Query, ages *Ages) *Question {
	return &Question{query: &q, key: keyOf(&q), ages: ages}
}

// Query returns the query. What it points to is shared and must not be changed.
func (q *Question) Query() Query { return *q.query }

// Key returns the key that all questions of the same meaning share.
func (q *Question) Key() Key { return q.key }

// Account returns the configuration's name of the Google account.
func (q *Question) Account() string { return q.query.Account }

// Property returns the id of the property.
func (q *Question) Property() string { return q.query.Property }

// Ages returns the view's maximum ages; nil for the server's.
func (q *Question) Ages() *Ages { return q.ages }

// Rank returns what decides when the question is asked.
func (q *Question) Rank() Rank {
	if q.priority != nil {
		return q.priority.Rank()
	}
	return q.rank
}

// Urgency returns how urgent the question is.
func (q *Question) Urgency() Urgency { return q.Rank().Urgency }

// Class returns who asks the question, and in which way.
func (q *Question) Class() Class { return q.Rank().Class }

// OnlyIfCached reports whether a cache must answer at once: with a fresh report from memory,
// or else with ErrNotCached (RFC 9111, section 5.2.1.7). Other sources ignore it.
func (q *Question) OnlyIfCached() bool { return q.cached }

// IfCached returns the question as one that is OnlyIfCached.
func (q *Question) IfCached() *Question {
	other := *q
	other.cached = true
	return &other
}

// At returns the question with another urgency.
func (q *Question) At(u Urgency) *Question {
	r := q.Rank()
	r.Urgency = u
	return q.Ranked(r)
}

// Ranked returns the question with another rank.
func (q *Question) Ranked(r Rank) *Question {
	if q.priority == nil && q.rank == r {
		return q
	}
	other := *q
	other.rank, other.priority = r, nil
	return &other
}

// Promotable returns the question with a rank that follows p, as the questions have that With makes of it.
func (q *Question) Promotable(p *Priority) *Question {
	other := *q
	other.priority = p
	return &other
}

// Watch calls f with each new rank of the question.
func (q *Question) Watch(f func(Rank)) {
	if q.priority != nil {
		q.priority.Watch(f)
	}
}

// With returns the question of a changed query, with the same rank and ages.
func (q *Question) With(change func(*Query)) *Question {
	query := q.query.Clone()
	change(&query)
	other := NewQuestion(query, q.ages)
	other.rank, other.priority = q.rank, q.priority
	return other
}

// Ages are the maximum ages of a view's reports by freshness. Zero means the server's.
type Ages struct {
	Realtime, Intraday, Settling, Final time.Duration
}

// Of returns the maximum age of reports of a freshness; 0 for the server's.
func (a *Ages) Of(f Freshness) time.Duration {
	switch {
	case a == nil:
		return 0
	case f == FreshRealtime:
		return a.Realtime
	case f == FreshSettling:
		return a.Settling
	case f == FreshFinal:
		return a.Final
	}
	return a.Intraday
}
