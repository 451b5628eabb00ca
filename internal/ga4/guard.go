package ga4

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Google blocks a project from a property after 10 server errors in an hour, for
// everybody who uses the project. We stop asking well before.
const (
	maxServerErrors = 6
	// errorBudget bounds errors plus requests that run and may yet become
	// errors, once there was one.
	errorBudget = 9
	errorWindow = time.Hour
)

// probeAfter is how long an exhausted quota is believed before one asks again:
// quotas are refilled sooner than promised, and a refusal is cheap.
const probeAfter = 5 * time.Minute

// thresholdedDimensions have a quota of their own. Source: the Data API's quotas
// page, "potentially thresholded requests".
var thresholdedDimensions = [...]string{"userAgeBracket", "userGender", "brandingInterest", "audienceId", "audienceName"}

func potentiallyThresholded(q report.Query) bool {
	found := slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool {
		return slices.Contains(thresholdedDimensions[:], d.Name)
	})
	q.DimensionFilter.Walk(func(c *report.Condition) {
		found = found || slices.Contains(thresholdedDimensions[:], c.FieldName)
	})
	return found
}

// guards keep the quotas of Google from being run into again and again.
type guards struct {
	mu        sync.Mutex
	bySubject map[subject]*guard
}

// A guard watches one subject.
type guard struct {
	all, thresholded closure
	errors           []time.Time // of server errors within errorWindow, oldest first
	running          int
	tripped          bool // until a request succeeds after maxServerErrors
	refusals         tally
}

// A closure is a time during which Google is not asked.
type closure struct {
	probe time.Time // when to try again
	until time.Time // when the quota is refilled at the latest
}

func (c closure) err(now time.Time) *report.Error {
	if !now.Before(c.probe) {
		return nil
	}
	e := report.Errorf(report.Quota, exhausted).Because(fmt.Errorf("the quota was exhausted; next try at %s", c.probe.Format(time.TimeOnly)))
	e.RetryAfter = c.until.Sub(now)
	return e
}

func (g *guards) of(s subject) *guard {
	if g.bySubject == nil {
		g.bySubject = map[subject]*guard{}
	}
	if g.bySubject[s] == nil {
		g.bySubject[s] = &guard{}
	}
	return g.bySubject[s]
}

// closed returns why s is not asked now, nil when it is.
func (g *guards) closed(s subject, thresholded bool, now time.Time) *report.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(s).closed(thresholded, now)
}

// enter is closed for a request that is about to run; leave must follow a nil.
func (g *guards) enter(s subject, thresholded bool, now time.Time) *report.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	if err := guard.closed(thresholded, now); err != nil {
		return err
	}
	guard.running++
	return nil
}

// leave counts the status of a request that entered, and reports whether it was the
// one too many.
func (g *guards) leave(s subject, status int, now time.Time) (tripped bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	guard.running--
	switch {
	case status >= 500:
		guard.errors = append(guard.errors, now)
		tripped = !guard.tripped && len(guard.errors) >= maxServerErrors
		guard.tripped = guard.tripped || tripped
	case status == http.StatusOK:
		guard.tripped = false
	case status >= 400:
		guard.refusals.add(now)
	}
	return tripped
}

// Google blocks a project from a property for the rest of the quarter of an hour
// after 10,000 answers that are neither 200 nor 500. Source: the Data API's change
// log, 2024-06-28. Others use the project too.
const maxRefusals = 5_000

// A tally counts by minutes over a quarter of an hour.
type tally struct {
	minutes [15]int
	newest  int64 // minute since 1970 that is counted last
}

func (t *tally) add(now time.Time) {
	t.forget(now)
	t.minutes[t.newest%15]++
}

func (t *tally) sum(now time.Time) (n int) {
	t.forget(now)
	for _, m := range t.minutes {
		n += m
	}
	return n
}

// forget drops what is a quarter of an hour old.
func (t *tally) forget(now time.Time) {
	minute := now.Unix() / 60
	for m := max(t.newest+1, minute-14); m <= minute; m++ {
		t.minutes[m%15] = 0
	}
	t.newest = max(t.newest, minute)
}

// exhaust closes s, or its potentially thresholded requests.
func (g *guards) exhaust(s subject, thresholded bool, now, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := closure{probe: now.Add(min(probeAfter, until.Sub(now))), until: until}
	if thresholded {
		g.of(s).thresholded = c
	} else {
		g.of(s).all = c
	}
}

func (g *guard) closed(thresholded bool, now time.Time) *report.Error {
	if err := g.all.err(now); err != nil {
		return err
	}
	if thresholded {
		if err := g.thresholded.err(now); err != nil {
			return err
		}
	}
	if n := g.refusals.sum(now); n >= maxRefusals {
		e := report.Errorf(report.Unavailable, unanswered).Because(fmt.Errorf("not asked: Google refused %d questions within a quarter of an hour and would block the project at 10000", n))
		e.RetryAfter = time.Minute
		return e
	}
	return g.broken(now)
}

// broken stops requests that could make the server errors of the hour too many.
// After that, one request at a time tries whether Google is well again.
func (g *guard) broken(now time.Time) *report.Error {
	g.errors = slices.DeleteFunc(g.errors, func(t time.Time) bool { return now.Sub(t) >= errorWindow })
	n := len(g.errors)
	switch {
	case n >= maxServerErrors:
	case g.tripped && g.running > 0:
	case n > 0 && n+g.running >= errorBudget:
	default:
		return nil
	}
	e := report.Errorf(report.Unavailable, unanswered).
		Because(fmt.Errorf("not asked: Google failed %d times within the hour and would block the project at 10", n))
	if n >= maxServerErrors {
		e.RetryAfter = g.errors[n-maxServerErrors].Add(errorWindow).Sub(now)
	}
	return e
}
