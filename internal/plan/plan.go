// Package plan answers one question with the fewest that Google must be asked.
//
// Its place on the road is between the cache, which asks it for what is not known or
// not new enough, and the client of Google. It does two things, and each only where
// the answer is, byte for byte, the one that Google would give:
//
//   - days.go: days that are final are put in front of one question for the rest,
//     so that a range that moved by a day asks for the last days only;
//   - group.go: questions that differ only in their metrics, as the panels of one
//     dashboard do, are asked as one, and its answer is split.
//
// And it sees to it that what it gives agrees: agree.go.
//
// What speaks against it stands in shape.go, a reason for each refusal. A question
// that is refused is asked as it is.
package plan

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Parts keep the answers to what others are put together from. Implementations are safe
// for concurrent use and never change what they are given.
type Parts interface {
	// Get returns the answer to q that is good now; nil where there is none. To who
	// fetches ahead, one that ends soon is none.
	Get(ctx context.Context, q *report.Question) *report.Report
	// Put keeps the answer to q for as long as it is good. Where it differs from a
	// final one that came before, the property's final answers are to be trusted no
	// more: none that came before r is kept, and changed is true.
	Put(ctx context.Context, q *report.Question, r *report.Report) (changed bool)
	// Expire says that an answer which came later contradicts the one to q: Get
	// returns it no more, and who asks q is given a newer one.
	Expire(q *report.Question)
}

// Config is what a Plan needs.
type Config struct {
	// Source answers what must be asked. Required.
	Source report.Source
	// Parts keep what answers are put together from. Required.
	Parts Parts
	// Gather is how long a question that must be asked waits for others like
	// it. The default is 4 ms; negative waits for none.
	Gather time.Duration
	// Observer is told how questions were answered. Optional.
	Observer func(Event)
}

// An Event is what the plan did with a question, for metrics.
type Event string

// What the plan does.
const (
	Passed Event = "passed" // asked as it is
	Sliced Event = "sliced" // put together from days that are kept and one question for the rest
	United Event = "united" // asked as one with others
	// Changed is a final day that Google has changed.
	Changed Event = "changed"
)

// gatherTime is less than anybody notices, and more than a dashboard's panels
// need to ask all their questions.
const gatherTime = 4 * time.Millisecond

// A Plan is a report.Source in front of another.
type Plan struct {
	c Config

	mu      sync.Mutex
	waits   map[report.Key]*union   // for others to join
	asking  map[report.Key][]*union // under way
	doubted map[report.Key]bool     // those to be asked as a whole, once

	totals, lines *book // what answers without dimensions, and those by day, sum up to
}

var _ report.Source = (*Plan)(nil)

// New returns a plan.
func New(c Config) (*Plan, error) {
	if c.Source == nil || c.Parts == nil {
		return nil, errors.New("plan: a plan needs Source and Parts")
	}
	if c.Gather == 0 {
		c.Gather = gatherTime
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	p := &Plan{c: c, waits: map[report.Key]*union{}, asking: map[report.Key][]*union{}, doubted: map[report.Key]bool{}}
	var err error
	if p.totals, err = newBook(); err != nil {
		return nil, err
	}
	p.lines, err = newBook()
	return p, err
}

// Report answers q. Errors are those of the source. The source is asked until all who
// wait for its answer have left.
func (p *Plan) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	query := q.Query()
	if refusal := refuseSlices(query); refusal == "" {
		return p.days(ctx, q)
	}
	r, err := p.gather(ctx, q)
	if err == nil && len(query.Dimensions) == 0 {
		p.agree(ctx, q, r, false)
	}
	return r, err
}
