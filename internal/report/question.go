package report

// A Question is a query that the gate found allowed: about a property, narrowed, with
// its dates resolved. It is made once and never changes, so it is shared by all who ask
// it. Nothing but a Question is asked of a Source.
type Question struct {
	query   Query
	key     Key
	urgency Urgency
	ages    *Ages
}

// NewQuestion returns the question of a query that may be asked, which nobody changes
// from now on. The ages are the view's, nil for the server's; they say when an answer
// is asked for again, and not what it is.
func NewQuestion(q Query, ages *Ages) *Question {
	return &Question{query: q, key: keyOf(&q), ages: ages}
}

// Query returns what is asked. What it points to is shared and must not be changed.
func (q *Question) Query() Query { return q.query }

// Key returns what stands for the question and all that mean the same.
func (q *Question) Key() Key { return q.key }

// Account returns the configuration's name of the Google account that asks.
func (q *Question) Account() string { return q.query.Account }

// Property returns the id of the property that is asked about.
func (q *Question) Property() string { return q.query.Property }

// Ages returns how old an answer may be for who asks; nil for the server's ages.
func (q *Question) Ages() *Ages { return q.ages }

// Urgency returns how urgent the question is.
func (q *Question) Urgency() Urgency { return q.urgency }

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
	other := NewQuestion(query, q.ages)
	other.urgency = q.urgency
	return other
}
