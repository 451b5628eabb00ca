package report

import (
	"errors"
	"time"
)

// ErrNotCached answers a question that is OnlyIfCached when memory has no fresh report.
var ErrNotCached = errors.New("report: no fresh report is cached")

// A Question is a query that the gate allowed: narrowed, on one property, with its dates resolved. It is immutable, so all
// who ask it share it. A Source takes nothing else.
type Question struct {
	query   Query
	key     Key
	urgency Urgency
	ages    *Ages
	cached  bool // see OnlyIfCached
}

// NewQuestion returns the question of an allowed query, which must not be changed any more. The ages are the view's, nil
// for the server's; they decide when a report is fetched again and are not part of the key.
func NewQuestion(q Query, ages *Ages) *Question {
	return &Question{query: q, key: keyOf(&q), ages: ages}
}

// Query returns the query. What it points to is shared and must not be changed.
func (q *Question) Query() Query { return q.query }

// Key returns the key that all questions of the same meaning share.
func (q *Question) Key() Key { return q.key }

// Account returns the configuration's name of the Google account.
func (q *Question) Account() string { return q.query.Account }

// Property returns the id of the property.
func (q *Question) Property() string { return q.query.Property }

// Ages returns the view's maximum ages; nil for the server's.
func (q *Question) Ages() *Ages { return q.ages }

// Urgency returns how urgent the question is.
func (q *Question) Urgency() Urgency { return q.urgency }

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
	if q.urgency == u {
		return q
	}
	other := *q
	other.urgency = u
	return &other
}

// With returns the question of a changed query, with the same urgency and ages.
func (q *Question) With(change func(*Query)) *Question {
	query := q.query.Clone()
	change(&query)
	return NewQuestion(query, q.ages).At(q.urgency)
}

// An Urgency orders questions that wait for Google. The zero value is that of questions from the gate.
type Urgency int8

// The degrees of urgency, most urgent first.
const (
	Unseen  Urgency = iota // a visitor waits, and there is no report yet
	Seen                   // a visitor waits, and there is a stale report
	Refresh                // a visitor received a stale report; the next one is to be newer
	Prewarm                // no visitor has asked yet
)

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
