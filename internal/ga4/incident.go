package ga4

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// An Incident is why Google does not answer about a property, for operators.
type Incident struct {
	Account, Property string
	Category          string    // core or realtime
	Since             time.Time // of the first failure of this sort
	Again             time.Time // when Google is asked again; zero: with the next question
	Cause             string    // what happened, and what to do where that is known
}

// An incident is what a breaker keeps of it.
type incident struct {
	outcome outcome
	since   time.Time
	cause   string
}

// lasting reports whether a failure begins an incident by itself: a retry would fail
// as well.
func (f *failure) lasting() bool {
	return !f.transient() && f.outcome != timedOut && f.outcome != invalid && !f.inconclusive()
}

// A logged error is in the log already, which has the beginning and the end of each
// incident.
type logged struct{ error }

// Logged tells those who log errors.
func (logged) Logged() bool { return true }

func (l logged) Unwrap() error { return l.error }

// next returns the incident after a request that ended with f, nil for success, and that
// may have opened a circuit.
func (i *incident) next(f *failure, opened bool, now time.Time) *incident {
	switch {
	case f == nil || f.outcome == invalid:
		return nil
	case !opened && !f.lasting():
		return i
	case i != nil && i.outcome == f.outcome:
		return &incident{f.outcome, i.since, f.Error()}
	}
	return &incident{f.outcome, now, f.Error()}
}

// logIncident logs the beginning and the end of an incident.
func (g *Client) logIncident(k quotaKey, was, is *incident, now time.Time) {
	log := g.config.Logger.With("account", k.account, "property", k.property, "category", k.category)
	switch {
	case is == nil && was != nil:
		log.Info("Google answers again", "since_failing", now.Sub(was.since))
	case is != nil && (was == nil || was.outcome != is.outcome):
		log.Warn("Google does not answer; stored data is served instead, unless access is gone", "outcome", string(is.outcome), "cause", is.cause)
	}
}

// Incidents returns where Google does not answer, by account, property and category.
func (g *Client) Incidents() []Incident {
	now := g.config.Clock()
	g.breakers.mu.Lock()
	defer g.breakers.mu.Unlock()
	var all []Incident
	for k, b := range g.breakers.byKey {
		if cause, since, err := b.state(now); cause != "" {
			i := Incident{Account: k.account, Property: k.property, Category: k.category, Since: since, Cause: cause}
			if err != nil {
				i.Again = now.Add(err.RetryAfter)
			}
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b Incident) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Property, b.Property), strings.Compare(a.Category, b.Category))
	})
	return all
}

// state returns why requests fail or are not sent, empty when they are, since when if
// that is an incident, and the error of those not sent.
func (b *breaker) state(now time.Time) (cause string, since time.Time, err *report.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err = b.err("", false, report.HostDashboard, now)
	switch {
	case b.incident != nil:
		return b.incident.cause, b.incident.since, err
	case err != nil:
		return err.Err.Error(), time.Time{}, err
	}
	return "", time.Time{}, nil
}
