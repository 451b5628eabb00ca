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
)

// Retries have a budget of their own, so that they cannot multiply the questions to
// a Google that fails: each is paid for by five requests, and the first few
// are given.
const (
	maxRetries    = 3.0
	retriesPerTry = 0.2
)

// A breaker leaves a Google that fails alone. While it is open, one request at a time,
// the probe, tries whether Google is well again, the first within seconds, the next a
// minute apart. It counts failures of all sorts, and refusals of whatever is
// asked; which of them Google counts as well is serverErrors' matter.
//
// A question that fails by itself, however often somebody asks it, breaks the circuit
// for itself alone: the others are asked until one of them fails as well.
type breaker struct {
	streak   int       // failures in a row
	last     *failure  // of the streak
	question string    // that failed first in the streak
	several  bool      // questions have failed in it
	again    time.Time // when to probe; zero while the circuit is closed
	probing  bool
	retries  float64 // that were spent, less those earned
}

// open reports whether the circuit is broken for a question.
func (b *breaker) open(question string) bool {
	return !b.again.IsZero() && (b.several || question == b.question)
}

// err is why a question is not asked now; nil when it is.
func (b *breaker) err(question string, now time.Time) *report.Error {
	if !b.open(question) {
		return nil
	}
	if !b.probing && !now.Before(b.again) {
		return nil
	}
	wait := b.rest(now)
	return comeBack(b.last.kind(), wait).
		Because(fmt.Errorf("not asked until %s after %d failures in a row: %s", now.Add(wait).UTC().Format(time.RFC3339), b.streak, b.last.explain()))
}

// rest is when to come back: for the next probe, and a little later while one runs.
func (b *breaker) rest(now time.Time) time.Duration {
	if wait := b.again.Sub(now); wait > 0 && !b.probing {
		return wait
	}
	return atOnce
}

// enter lets a request in, and returns whether it is the probe.
func (b *breaker) enter(question string) (probe bool) {
	b.retries = max(0, b.retries-retriesPerTry)
	probe = b.open(question)
	b.probing = b.probing || probe
	return probe
}

// leave notes how a request ended, nil for an answer, and returns whether that broke
// the circuit. What is silent says nothing, such as a request that the caller ended.
func (b *breaker) leave(p pass, f *failure, now time.Time) (tripped bool) {
	if p.probe {
		b.probing = false
	}
	switch {
	case f.silent():
		return false
	case f.alive():
		if b.again.IsZero() || b.open(p.question) {
			*b = breaker{retries: b.retries}
		}
		return false
	}
	if b.streak == 0 {
		b.question = p.question
	}
	b.streak++
	b.last, b.several = f, b.several || p.question != b.question
	switch open := !b.again.IsZero(); {
	case p.probe && open:
		b.again = now.Add(restAgain)
	case !open && b.streak >= tripAfter:
		b.again = now.Add(firstRest)
		return true
	}
	return false
}

// retry spends a retry. While the circuit is broken there is none.
func (b *breaker) retry() bool {
	if !b.again.IsZero() || b.retries+1 > maxRetries {
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

// allow reports whether a request beside so many that run may fail, all of them.
func (s *serverErrors) allow(running int, now time.Time) bool {
	s.forget(now)
	return len(s.times)+running+1 < s.limit()
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

// err is why nothing is asked although nothing runs; nil when something is.
func (s *serverErrors) err(now time.Time) *report.Error {
	if s.allow(0, now) {
		return nil
	}
	wait := s.times[len(s.times)-s.limit()+1].Add(errorWindow).Sub(now)
	return comeBack(report.Unavailable, wait).
		Because(fmt.Errorf("not asked until %s: Google counts %d server errors within the hour and blocks the project at %d",
			now.Add(wait).UTC().Format(time.RFC3339), len(s.times), s.limit()))
}
