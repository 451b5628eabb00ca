// Package plan answers one question with the fewest that Google must be asked.
//
// Its place on the road is between the gate and the cache, so that every part a
// question is taken into is narrowed already and is kept by itself. It does two
// things, and each only where the answer is, byte for byte, the one that Google
// would give:
//
//   - days.go: days that are final are put in front of one question for the rest,
//     so that a range that moved by a day asks for the last days only;
//   - gather.go: questions that differ only in their metrics, as the panels of one
//     dashboard do, are asked as one, and its answer is split.
//
// What speaks against it stands in shape.go, a reason for each refusal. A question
// that is refused is asked as it is.
package plan

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Memory keeps answers. Implementations are safe for concurrent use and never
// change what they are given.
type Memory interface {
	// Recall returns the answer to q that is at hand and may be given at once,
	// nil where there is none. A newer one is due when due says so.
	Recall(ctx context.Context, q report.Query) (r *report.Report, due bool)
	// Remember keeps the answer to q for as long as it is good.
	Remember(q report.Query, r *report.Report)
}

// Config is what a Plan needs.
type Config struct {
	// Source answers what must be asked. Required.
	Source report.Source
	// Memory is where the source keeps its answers. Required.
	Memory Memory
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
	Passed  Event = "passed"  // asked as it is
	Sliced  Event = "sliced"  // put together from days at hand and one question for the rest
	United  Event = "united"  // asked as one with others
	Kept    Event = "kept"    // at hand, whole
	Renewed Event = "renewed" // at hand, and fetched anew behind
)

// gatherTime is less than anybody notices, and more than a dashboard's panels
// need to ask all their questions.
const gatherTime = 4 * time.Millisecond

// A Plan is a report.Source in front of another.
type Plan struct {
	c Config

	mu       sync.Mutex
	waits    map[unionKey]*union
	renewing map[string]struct{} // questions that are being fetched anew
}

var _ report.Source = (*Plan)(nil)

// New returns a plan.
func New(c Config) (*Plan, error) {
	if c.Source == nil || c.Memory == nil {
		return nil, errors.New("plan: a plan needs Source and Memory")
	}
	if c.Gather == 0 {
		c.Gather = gatherTime
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	return &Plan{c: c, waits: map[unionKey]*union{}, renewing: map[string]struct{}{}}, nil
}

// Report answers q. Errors are those of the source.
func (p *Plan) Report(ctx context.Context, q report.Query) (*report.Report, error) {
	r, due := p.c.Memory.Recall(ctx, q)
	switch {
	case r == nil:
		return p.answer(ctx, q)
	case due:
		p.c.Observer(Renewed)
		p.renew(q)
	default:
		p.c.Observer(Kept)
	}
	return r, nil
}

// renew fetches a newer answer to q behind, unless that is being done. Those who
// ask meanwhile are given the old one.
func (p *Plan) renew(q report.Query) {
	q = q.Clone()
	q.Urgency = report.Refresh
	key := string(unionOf(q)) + fmt.Sprint(q.Metrics)
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, busy := p.renewing[key]; busy {
		return
	}
	p.renewing[key] = struct{}{}
	go func() {
		_, _ = p.answer(context.Background(), q) // what failed is tried again when somebody asks
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.renewing, key)
	}()
}

// Renewing returns how many answers are being fetched anew behind.
func (p *Plan) Renewing() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.renewing)
}

// answer answers what is not at hand.
func (p *Plan) answer(ctx context.Context, q report.Query) (*report.Report, error) {
	if refusal := refuseSlices(q); refusal != "" {
		return p.gather(ctx, q)
	}
	return p.days(ctx, q)
}
