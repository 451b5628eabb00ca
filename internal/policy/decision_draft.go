package policy

import (
	"context"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// A Draft holds the decisions about one request until its answer is known, so that
// nothing is recorded as answered that its reader did not get.
type Draft struct {
	gate  *Gate
	grant Grant
	about Subject

	mu    sync.Mutex
	held  []Decision
	first [1]Decision // the array of held, for most requests make one decision
}

// A Subject is what the address of a request is about.
type Subject struct{ View, Dashboard string }

// Draft returns the grant for one request, whose decisions are recorded when the draft
// ends.
func (g *Gate) Draft(grant Grant, about Subject) (Grant, *Draft) {
	d := &Draft{gate: g, grant: grant, about: about}
	d.held = d.first[:0]
	grant.requester.draft = d
	return grant, d
}

// add holds a decision. The look-up of a view is part of the question about it that
// follows.
func (d *Draft) add(made Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.held); n > 0 && d.held[n-1].Method == methodViews && d.held[n-1].View == made.View && d.held[n-1].Err == nil {
		d.held = d.held[:n-1]
	}
	d.held = append(d.held, made)
}

// End records the decisions: with err, why the request is not answered, none of them as
// answered, and a refusal if there is none, as of a query that cannot be read.
func (d *Draft) End(ctx context.Context, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil && len(d.held) == 0 {
		made := d.gate.decision("", d.grant)
		made.View, made.Dashboard = report.Truncate(d.about.View), report.Truncate(d.about.Dashboard)
		if d.about.Dashboard != "" {
			made.Method = methodDashboard
		}
		d.held = append(d.held, made)
	}
	for _, made := range d.held {
		if err != nil && made.Err == nil {
			made.Err, made.Refused = err, refuses(err)
		}
		made.Requester.draft = nil
		d.gate.c.Recorder.Record(ctx, made)
	}
	d.held = nil
}

// refuses reports whether err is Oriel's refusal, and no failure.
func refuses(err error) bool {
	switch report.KindOf(err) {
	case report.Invalid, report.Unauthenticated, report.Forbidden, report.NotFound, report.TooLarge, report.RateLimited:
		return true
	}
	return false
}
