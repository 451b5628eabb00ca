package ga4

import (
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// tripAfter failures in a row break the circuit: a question with its retries.
	tripAfter = 3
	// firstRest is how long Google is left alone then, restAgain after each probe
	// that failed.
	firstRest = 15 * time.Second
	restAgain = time.Minute
	// longestRest is how long a question rests that fails alone, at the most: the rests
	// double.
	longestRest = time.Hour
	// lead is how much sooner Google is tried with a question that has not failed.
	lead = 5 * time.Second
)

// Retries have a budget of their own, so that they cannot multiply the questions to
// a Google that fails: each is paid for by five requests, and the first few
// are given.
const (
	maxRetries    = 3.0
	retriesPerTry = 0.2
)

// A circuit is broken while something fails. One request at a time, the probe, tries
// whether it is well again.
type circuit struct {
	again   time.Time // when to probe; zero while the circuit is closed
	probing bool
}

func (c *circuit) open() bool { return !c.again.IsZero() }

// shut reports whether not even a probe is let through.
func (c *circuit) shut(now time.Time) bool { return c.open() && (c.probing || now.Before(c.again)) }

// wait is when to come back: for the next probe, and a little later while one runs.
func (c *circuit) wait(now time.Time) time.Duration {
	if wait := c.again.Sub(now); wait > 0 && !c.probing {
		return wait
	}
	return atOnce
}

// A breaker leaves a Google that fails alone: the first probe comes within seconds,
// the next a minute apart. It counts failures of all sorts, and refusals of whatever is
// asked; which of them Google counts as well is serverErrors' matter.
//
// A question that fails by itself, however often somebody asks it, breaks the circuit
// for itself alone. For all, it breaks when several fail and none is answered in between.
type breaker struct {
	circuit           // for whatever is asked
	streak   int      // failures in a row of questions that aren't known to fail alone
	question string   // that failed first in the streak
	several  bool     // questions have failed in it
	last     *failure // of the streak
	suspects suspects
	retries  float64 // that were spent, less those earned
}

// err is why a question is not asked now; nil when it is.
func (b *breaker) err(question string, now time.Time) *report.Error {
	s := b.suspects[question]
	if b.shut(b.ahead(s, now)) {
		return notAsked(b.last, b.rest(question, now), fmt.Sprintf("%d failures in a row", b.streak), now)
	}
	if s != nil && s.shut(now) {
		e := notAsked(s.last, s.wait(now), fmt.Sprintf("this question failed %d times", s.failures), now)
		e.Err = logged{e.Err}
		return e
	}
	return nil
}

func notAsked(f *failure, wait time.Duration, after string, now time.Time) *report.Error {
	return comeBack(f.kind(), wait).
		Because(fmt.Errorf("not asked until %s after %s: %s", now.Add(wait).UTC().Format(time.RFC3339), after, f.explain()))
}

// rest is when to ask a question that failed, or was not asked, again.
func (b *breaker) rest(question string, now time.Time) time.Duration {
	wait, s := atOnce, b.suspects[question]
	if b.open() {
		wait = b.wait(b.ahead(s, now))
	}
	if s != nil && s.open() {
		wait = max(wait, s.wait(now))
	}
	return wait
}

// ahead is now, and later for a question that has not failed, which so becomes the probe
// where others that always fail are asked as well.
func (b *breaker) ahead(s *suspect, now time.Time) time.Time {
	if s == nil {
		return now.Add(lead)
	}
	return now
}

// enter lets a request in, and returns whether it is the probe for all, and for its
// question.
func (b *breaker) enter(question string) (probe, own bool) {
	b.retries = max(0, b.retries-retriesPerTry)
	if s := b.suspects[question]; s != nil && s.open() {
		s.probing, own = true, true
	}
	b.probing = b.open()
	return b.probing, own
}

// leave notes how a request ended, nil for an answer, and returns whether that broke
// the circuit, as far as is known not for one question alone. What is silent says
// nothing, such as a request that the caller ended.
func (b *breaker) leave(p pass, f *failure, now time.Time) (tripped bool) {
	if p.probe {
		b.probing = false
	}
	if s := b.suspects[p.question]; p.own && s != nil {
		s.probing = false
	}
	switch {
	case f.silent():
		return false
	case f.alive():
		b.answered(p.question, now)
		return false
	}
	s := b.suspects.note(p.question, f, now)
	tripped = s.failures >= tripAfter && s.prolong(p.own, now) && !s.alone
	if s.alone {
		return false
	}
	if b.streak == 0 {
		b.question = p.question
	}
	b.streak++
	b.last, b.several = f, b.several || p.question != b.question
	switch {
	case p.probe && b.open():
		b.again = now.Add(restAgain)
	case !b.open() && b.several && b.streak >= tripAfter:
		b.again = now.Add(firstRest)
		return true
	}
	return tripped
}

// answered notes that a question was: Google is well, and what fails beside it does so
// alone, unless it failed with everything else.
func (b *breaker) answered(question string, now time.Time) {
	delete(b.suspects, question)
	b.suspects.compare(b.open(), now)
	*b = breaker{suspects: b.suspects, retries: b.retries}
}

// retry spends a retry of a question that failed. While its circuit is broken there is
// none.
func (b *breaker) retry(question string) bool {
	s := b.suspects[question]
	if b.open() || s != nil && s.open() || b.retries+1 > maxRetries {
		return false
	}
	b.retries++
	return true
}

// Google blocks a project from a property after 10 server errors, 500 and 503, in an
// hour, for everybody who uses the project; 50 in a 360 property. Source: the Data
// API's quotas page.
const (
	standardErrors = 10
	errorWindow    = time.Hour
)

// serverErrors is Google's count of a project's server errors at a property, as far
// as it is known: our own, corrected by each answer, for others may use the project,
// and Google's hour begins when it likes. The last error that Google allows is never
// ours.
type serverErrors struct {
	times   []time.Time // within errorWindow, oldest first
	counted int         // ever, of our own
	most    int         // ever seen left, at least standardErrors
}

func (s *serverErrors) add(now time.Time) {
	s.times = append(s.times, now)
	s.counted++
}

func (s *serverErrors) limit() int { return max(s.most, standardErrors) }

// allow reports whether a request may fail and leave so many: to those that run, which
// may fail all of them, or to questions that are not known to fail.
func (s *serverErrors) allow(kept int, now time.Time) bool {
	s.forget(now)
	return len(s.times)+kept+1 < s.limit()
}

func (s *serverErrors) forget(now time.Time) {
	n := 0
	for n < len(s.times) && now.Sub(s.times[n]) >= errorWindow {
		n++
	}
	s.times = s.times[n:]
}

// told makes the count what an answer says: of a request before which we had counted
// before errors, while so many others run, each of which may have failed already.
func (s *serverErrors) told(before, remaining, running int, now time.Time) {
	s.forget(now)
	s.most = max(s.most, remaining)
	google := s.limit() - remaining
	known := len(s.times) - (s.counted - before) // when it began, at most
	if google < known {
		s.times = s.times[known-google:]
	}
	for len(s.times)+running < google {
		s.times = append(s.times, now)
	}
}

// err is why nothing is asked although nothing runs, or nothing of those from whom so
// many errors are kept; nil when something is.
func (s *serverErrors) err(kept int, now time.Time) *report.Error {
	if s.allow(kept, now) {
		return nil
	}
	wait := s.times[len(s.times)-(s.limit()-kept)+1].Add(errorWindow).Sub(now)
	why := fmt.Errorf("not asked until %s: Google counts %d server errors within the hour and blocks the project at %d",
		now.Add(wait).UTC().Format(time.RFC3339), len(s.times), s.limit())
	if kept > 0 {
		why = logged{fmt.Errorf("%w; %d are kept for questions that are not known to fail", why, kept)}
	}
	return comeBack(report.Unavailable, wait).Because(why)
}
