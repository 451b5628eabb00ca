package ga4

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// probeAfter is how long an exhausted quota is believed before one asks again:
// quotas are refilled sooner than promised, and a refusal is cheap.
const probeAfter = 5 * time.Minute

// thresholdedDimensions have a quota of their own. Source: the Data API's quotas
// page, "potentially thresholded requests".
var thresholdedDimensions = [...]string{"userAgeBracket", "userGender", "brandingInterest", "audienceId", "audienceName"}

func potentiallyThresholded(q report.Query) bool {
	found := false
	q.Mentions(func(m report.Mention) { found = found || slices.Contains(thresholdedDimensions[:], m.Name) })
	return found
}

// guards keep the quotas of Google from being run into again and again, and a Google
// that fails from being asked as if it did not.
type guards struct {
	mu        sync.Mutex
	bySubject map[subject]*guard
}

// A guard watches one subject.
type guard struct {
	all, thresholded closure
	errors           serverErrors
	breaker          breaker
	refusals         tally
	running          int
	trouble          *trouble
	left             chan struct{} // closed when a request ends; nil while nobody waits for that
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
	return comeBack(report.Quota, c.until.Sub(now)).Because(fmt.Errorf("the quota was exhausted; next try at %s", c.probe.Format(time.TimeOnly)))
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

// closed returns why s is not asked now, whatever the question, nil when it is.
func (g *guards) closed(s subject, thresholded bool, now time.Time) *report.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(s).closed("", thresholded, now)
}

// A pass is what a request carries from enter to leave.
type pass struct {
	errors   int  // that had been counted when it began
	probe    bool // it tries whether Google is well again
	own      bool // it tries whether Google answers its question again
	question string
}

// enter is closed for a request that is about to run; leave must follow a nil. It
// waits where requests that run might use up Google's count of errors.
func (g *guards) enter(ctx context.Context, s subject, question string, thresholded bool, clock func() time.Time) (pass, *report.Error) {
	for {
		p, left, err := g.tryEnter(s, question, thresholded, clock())
		if left == nil {
			return p, err
		}
		select {
		case <-left:
		case <-ctx.Done():
			return pass{}, report.AsError(ctx.Err())
		}
	}
}

// tryEnter returns what to wait for where that is other requests.
func (g *guards) tryEnter(s subject, question string, thresholded bool, now time.Time) (p pass, wait <-chan struct{}, err *report.Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	if err := guard.closed(question, thresholded, now); err != nil {
		return pass{}, nil, err
	}
	if guard.running > 0 && !guard.errors.allow(guard.running, now) {
		if guard.left == nil {
			guard.left = make(chan struct{})
		}
		return pass{}, guard.left, nil
	}
	guard.running++
	p = pass{errors: guard.errors.counted, question: question}
	p.probe, p.own = guard.breaker.enter(question)
	return p, nil, nil
}

// leave counts how a request that entered ended, nil for an answer, and returns the
// trouble of the subject before and after it.
func (g *guards) leave(s subject, p pass, f *failure, now time.Time) (was, is *trouble) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	guard.running--
	if guard.left != nil {
		close(guard.left)
		guard.left = nil
	}
	if f != nil && f.outcome == serverError && (f.status == http.StatusInternalServerError || f.status == http.StatusServiceUnavailable) {
		guard.errors.add(now)
	} else if f != nil && f.status >= 400 {
		guard.refusals.add(now)
	}
	was = guard.trouble
	guard.trouble = was.after(f, guard.breaker.leave(p, f, now), now)
	return was, guard.trouble
}

// told believes what Google says is left of its count of errors.
func (g *guards) told(s subject, p pass, b Bucket, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	guard.errors.told(p.errors, int(b.Remaining), guard.running, now)
}

// rest is when to ask a question about s again after a failure.
func (g *guards) rest(s subject, question string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(s).breaker.rest(question, now)
}

// retry reports whether a request that failed may be sent once more: some of the errors
// that Google allows are left for questions that nobody has asked.
func (g *guards) retry(s subject, question string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	guard := g.of(s)
	return guard.errors.allow(3*guard.errors.limit()/10, now) && guard.breaker.retry(question)
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

// below is when fewer than most are left of those that sum counted.
func (t *tally) below(most int) time.Time {
	n := 0
	for m := t.newest; m > t.newest-15; m-- {
		if n += t.minutes[m%15]; n >= most {
			return time.Unix((m+15)*60, 0).UTC()
		}
	}
	return time.Unix(t.newest*60, 0).UTC()
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

// closed returns why a question is not asked now, nil when it is.
func (g *guard) closed(question string, thresholded bool, now time.Time) *report.Error {
	return g.marked(g.shut(question, thresholded, now))
}

func (g *guard) shut(question string, thresholded bool, now time.Time) *report.Error {
	if err := g.all.err(now); err != nil {
		return err
	}
	if thresholded {
		if err := g.thresholded.err(now); err != nil {
			return err
		}
	}
	if n := g.refusals.sum(now); n >= maxRefusals {
		until := g.refusals.below(maxRefusals)
		return comeBack(report.Unavailable, until.Sub(now)).
			Because(fmt.Errorf("not asked until %s: Google refused %d questions within a quarter of an hour and would block the project at 10000", until.Format(time.RFC3339), n))
	}
	if err := g.breaker.err(question, now); err != nil {
		return err
	}
	if kept := g.breaker.suspects[question].kept(g.errors.limit()); kept > 0 {
		return g.errors.err(kept, now)
	}
	if g.running > 0 {
		return nil // those who wait for a request that runs are let in, or told, when it ends
	}
	return g.errors.err(0, now)
}
