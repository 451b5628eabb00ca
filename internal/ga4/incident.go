package ga4

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Trouble is why Google is not answering about a property, for operators.
type Trouble struct {
	Account, Property string
	Category          string    // core or realtime
	Since             time.Time // of the first failure of this sort
	Again             time.Time // when Google is asked again; zero: with the next question
	Cause             string    // what happened, and what to do where that is known
}

// A trouble is what the guard of a subject keeps of it.
type trouble struct {
	outcome outcome
	since   time.Time
	cause   string
}

// lasting reports whether a failure is worth an operator's attention by itself:
// another try is not likely to end well.
func (f *failure) lasting() bool {
	return !f.passing() && f.outcome != timedOut && f.outcome != invalid && !f.silent()
}

// A logged cause is one that the log has already: of trouble that lasts, the log tells the
// beginning and the end.
type logged struct{ error }

// Logged is how those who log errors tell.
func (logged) Logged() bool { return true }

func (l logged) Unwrap() error { return l.error }

// marked marks the cause of e where the log has it.
func (g *guard) marked(e *report.Error) *report.Error {
	if e != nil && (g.trouble != nil || g.breaker.open()) {
		e.Err = logged{e.Err}
	}
	return e
}

// logged marks the cause of an error about s where the log has it.
func (g *guards) logged(s subject, e *report.Error) *report.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(s).marked(e)
}

// after is the trouble after a request that ended so, nil for an answer, and may have
// broken the circuit.
func (t *trouble) after(f *failure, tripped bool, now time.Time) *trouble {
	switch {
	case f == nil || f.outcome == invalid:
		return nil
	case !tripped && !f.lasting():
		return t
	case t != nil && t.outcome == f.outcome:
		return &trouble{f.outcome, t.since, f.explain()}
	}
	return &trouble{f.outcome, now, f.explain()}
}

// logTrouble logs when trouble of some sort begins, and when it is over.
func (g *Client) logTrouble(s subject, was, is *trouble, now time.Time) {
	log := g.config.Logger.With("account", s.account, "property", s.property, "category", s.category)
	switch {
	case is == nil && was != nil:
		log.Info("Google answers again", "since_failing", now.Sub(was.since))
	case is != nil && (was == nil || was.outcome != is.outcome):
		log.Warn("Google does not answer; what is stored is given instead, unless access is gone", "outcome", string(is.outcome), "cause", is.cause)
	}
}

// Troubles returns where Google is not answering, by account, property and category.
func (g *Client) Troubles() []Trouble {
	now := g.config.Clock()
	g.guards.mu.Lock()
	defer g.guards.mu.Unlock()
	var all []Trouble
	for s, guard := range g.guards.bySubject {
		t := Trouble{Account: s.account, Property: s.property, Category: s.category}
		shut := guard.closed("", false, now)
		switch {
		case guard.trouble != nil:
			t.Since, t.Cause = guard.trouble.since, guard.trouble.cause
		case shut != nil:
			t.Cause = shut.Err.Error()
		default:
			continue
		}
		if shut != nil {
			t.Again = now.Add(shut.RetryAfter)
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Trouble) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Property, b.Property), strings.Compare(a.Category, b.Category))
	})
	return all
}
