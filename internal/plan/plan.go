// Package plan answers questions with the fewest requests to Google.
//
// It stands between the cache, which asks it for what is missing or not fresh, and the client of Google. It
// does two things, and each only where the answer is, byte for byte, the one that Google would give:
//
//   - days.go: days that are final are put in front of one question for the rest,
//     so that a range that moved by a day asks for the last days only;
//   - batch.go: questions that differ only in their metrics, as the panels of one
//     dashboard do, are asked as one, and its answer is split.
//
// consistency.go makes answers about the same days agree. shape.go has a reason for each refusal; a question
// that is refused is asked as it is.
package plan

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Parts keep the answers from which others are put together. Implementations are safe for concurrent use and
// never change what they are given.
type Parts interface {
	// Get returns the fresh answer to q, or nil; for a prewarming question also nil if the answer expires soon.
	Get(ctx context.Context, q *report.Question) *report.Report
	// Put keeps r, the answer to q, for as long as it is fresh. If it differs from an older final answer, the
	// property's final answers are no longer trusted: those older than r are dropped, and changed is true.
	Put(ctx context.Context, q *report.Question, r *report.Report) (changed bool)
	// Expire marks the answer to q as contradicted by a later one: Get no longer returns it, and whoever asks q
	// gets a newer one.
	Expire(q *report.Question)
}

// Config configures a Plan.
type Config struct {
	// Source answers what must be asked. Required.
	Source report.Source
	// Parts keep what answers are put together from. Required.
	Parts Parts
	// BatchDelay is how long a question waits for others like it before it is asked. The default is 4 ms, less
	// than anybody notices and more than the panels of a dashboard need to ask; negative waits for none.
	BatchDelay time.Duration
	// Observer is called with each event. Optional.
	Observer func(Event)
}

// An Event is how the plan answered a question, for metrics.
type Event string

// The events.
const (
	Passed  Event = "passed"  // asked as it is
	Sliced  Event = "sliced"  // put together from final days and one question for the rest
	United  Event = "united"  // asked as one with others
	Changed Event = "changed" // Google has changed a final day
)

// A Plan is a report.Source in front of another.
type Plan struct {
	config Config

	mu       sync.Mutex
	waiting  map[report.Key]*batch   // by group, for others to join
	inFlight map[report.Key][]*batch // by group
	askWhole map[report.Key]bool     // questions that days must not answer the next time

	totals, lines *sums // of answers without dimensions, and of those by day
}

var _ report.Source = (*Plan)(nil)

// New returns a plan.
func New(c Config) (*Plan, error) {
	if c.Source == nil || c.Parts == nil {
		return nil, errors.New("plan: a plan needs Source and Parts")
	}
	c.BatchDelay = cmp.Or(c.BatchDelay, 4*time.Millisecond)
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	p := &Plan{config: c, waiting: map[report.Key]*batch{}, inFlight: map[report.Key][]*batch{}, askWhole: map[report.Key]bool{}}
	var err error
	if p.totals, err = newSums(); err != nil {
		return nil, err
	}
	p.lines, err = newSums()
	return p, err
}

// Report answers q. Errors are those of the source, which is asked until all callers that wait for its answer
// have left.
func (p *Plan) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	query := q.Query()
	if refuseSlices(query) == "" {
		return p.days(ctx, q)
	}
	r, err := p.batched(ctx, q)
	if err == nil && len(query.Dimensions) == 0 {
		p.consistent(ctx, q, r, false)
	}
	return r, err
}
