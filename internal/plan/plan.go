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
// And it sees to it that what it gives agrees: agree.go.
//
// What speaks against it stands in shape.go, a reason for each refusal. A question
// that is refused is asked as it is.
package plan

import (
	"context"
	"errors"
	"maps"
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
	// AtHand is Recall for those who cannot wait: it looks at nothing that takes
	// time.
	AtHand(q report.Query) (r *report.Report, due bool)
	// Remember keeps the answer to q for as long as it is good.
	Remember(q report.Query, r *report.Report)
	// Overdue notes why a newer answer to q could not be had.
	Overdue(q report.Query, err error)
	// Outlook returns when somebody last looked at the answer to q, for how long
	// it is good in all, and whether it is to be fetched anew now to be at hand
	// in time; zeros where there is none.
	Outlook(q report.Query) (seen time.Time, life time.Duration, soon bool)
	// Expire says that an answer which came later contradicts the one to q that
	// is stored: Recall returns it no more.
	Expire(q report.Query)
	// ForgetFinal drops the final answers about a property that came before a
	// moment: Google has changed days that were final.
	ForgetFinal(account, property string, before time.Time)
}

// Config is what a Plan needs.
type Config struct {
	// Source answers what must be asked. Required.
	Source report.Source
	// Memory is where the source keeps its answers. Required.
	Memory Memory
	// Clock tells the time. Required.
	Clock func() time.Time
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
	// Changed is a final day that Google has changed.
	Changed Event = "changed"
	// Prewarmed is a question that nobody asked just now.
	Prewarmed Event = "prewarmed"
)

// gatherTime is less than anybody notices, and more than a dashboard's panels
// need to ask all their questions.
const gatherTime = 4 * time.Millisecond

// A Plan is a report.Source in front of another.
type Plan struct {
	c Config

	mu       sync.Mutex
	waits    map[unionKey]*union   // for others to join
	asking   map[unionKey][]*union // under way
	renewing map[string]bool       // questions that are being fetched anew
	resting  map[string]time.Time  // until when those that failed are left alone
	doubted  map[string]bool       // those to be asked as a whole, once

	totals, lines *book // what answers without dimensions, and those by day, sum up to

	hot hot
}

var _ report.Source = (*Plan)(nil)

// New returns a plan.
func New(c Config) (*Plan, error) {
	if c.Source == nil || c.Memory == nil || c.Clock == nil {
		return nil, errors.New("plan: a plan needs Source, Memory and Clock")
	}
	if c.Gather == 0 {
		c.Gather = gatherTime
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	p := &Plan{
		c: c, waits: map[unionKey]*union{}, asking: map[unionKey][]*union{},
		renewing: map[string]bool{}, resting: map[string]time.Time{}, doubted: map[string]bool{},
	}
	var err error
	if p.totals, err = newBook(); err != nil {
		return nil, err
	}
	p.lines, err = newBook()
	return p, err
}

// Report answers q. Errors are those of the source.
func (p *Plan) Report(ctx context.Context, q report.Query) (*report.Report, error) {
	if r, due := p.c.Memory.Recall(ctx, q); r != nil {
		p.given(q, r, due)
		return r, nil
	}
	r, err := p.answer(ctx, q)
	if err == nil {
		p.hot.note(q, r, p.c.Clock())
	}
	return r, err
}

// AtHand returns the answer to q that is at hand, as Report would; nil when that
// would have to wait, if only for the disk.
func (p *Plan) AtHand(_ context.Context, q report.Query) *report.Report {
	r, due := p.c.Memory.AtHand(q)
	if r != nil {
		p.given(q, r, due)
	}
	return r
}

// given sees to it that an answer that was at hand is fetched anew when that is due.
func (p *Plan) given(q report.Query, r *report.Report, due bool) {
	if !due {
		p.c.Observer(Kept)
		return
	}
	p.c.Observer(Renewed)
	p.hot.note(q, r, p.c.Clock())
	urgency := report.Refresh
	if _, life, _ := p.c.Memory.Outlook(q); life > 0 && p.c.Clock().Sub(r.FetchedAt)/2 > life {
		urgency = report.Seen // who is given so old an answer waits for better
	}
	p.renew(q, urgency)
}

// renew fetches a newer answer to q behind, unless that is being done, or failed a
// moment ago. Those who ask meanwhile are given the old one.
func (p *Plan) renew(q report.Query, urgency report.Urgency) {
	q = q.Clone()
	q.Urgency = urgency
	key, now := word(q), p.c.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.renewing[key] || now.Before(p.resting[key]) {
		return
	}
	p.renewing[key] = true
	go func() {
		r, err := p.answer(context.Background(), q)
		if err == nil {
			err = staleness(r)
		}
		p.renewed(key, q, err)
	}()
}

func (p *Plan) renewed(key string, q report.Query, err error) {
	if err != nil {
		p.c.Memory.Overdue(q, err)
	}
	now := p.c.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.renewing, key)
	delete(p.resting, key)
	if err != nil {
		maps.DeleteFunc(p.resting, func(_ string, until time.Time) bool { return !now.Before(until) })
		p.resting[key] = now.Add(rest)
	}
}

// word stands for a question in the plan's own books.
func word(q report.Query) string { return string(unionOf(q)) + text(q.Metrics) }

// rest is how long a question that failed is not asked again behind.
const rest = 10 * time.Second

// staleness is why an answer is an old one; nil when it is not.
func staleness(r *report.Report) error {
	switch r.Stale {
	case "":
		return nil
	case report.StaleQuota:
		return report.Errorf(report.Quota, "Part of the answer is old.")
	}
	return report.Errorf(report.Unavailable, "Part of the answer is old.")
}

// Renewing returns how many answers are being fetched anew behind.
func (p *Plan) Renewing() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.renewing)
}

// answer answers what is not at hand.
func (p *Plan) answer(ctx context.Context, q report.Query) (*report.Report, error) {
	if refusal := refuseSlices(q); refusal == "" {
		return p.days(ctx, q)
	}
	r, err := p.gather(ctx, q)
	if err == nil && len(q.Dimensions) == 0 {
		p.agree(q, r, false)
	}
	return r, err
}
