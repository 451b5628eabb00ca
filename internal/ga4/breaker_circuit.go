package ga4

import (
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// tripAfter failures in a row open a circuit: a request with its retries.
	tripAfter = 3
	// firstRest is how long Google is not asked then, and laterRest after each probe
	// that failed.
	firstRest = 15 * time.Second
	laterRest = time.Minute
	// longestRest bounds the rests of a request that fails alone, which double.
	longestRest = time.Hour
	// probeLead is how much sooner a request that has not failed is the probe.
	probeLead = 5 * time.Second
)

// Retries are limited, so that they do not multiply the requests to a Google that
// fails: each is paid for by five requests, and the first few are free.
const (
	maxRetries    = 3.0
	retriesPerTry = 0.2
)

// A circuit is open while something fails. One request at a time, the probe, tries
// whether it works again.
type circuit struct {
	retryAt time.Time // of the next probe; zero while the circuit is closed
	probing bool
}

func (c *circuit) open() bool { return !c.retryAt.IsZero() }

// blocks reports whether not even a probe is admitted.
func (c *circuit) blocks(now time.Time) bool {
	return c.open() && (c.probing || now.Before(c.retryAt))
}

// left returns the time until the next probe, or a short one while a probe runs.
func (c *circuit) left(now time.Time) time.Duration {
	if left := c.retryAt.Sub(now); left > 0 && !c.probing {
		return left
	}
	return soon
}

// circuits keep requests from a Google that fails: the first probe comes within seconds,
// the next a minute apart. They count failures of all sorts, and refusals of whatever is
// asked; serverErrors has those that Google counts as well.
//
// A request that fails by itself, however often it is sent, opens a circuit of its own.
// The one for all requests opens when several fail and none succeeds in between.
type circuits struct {
	circuit           // for all requests
	streak   int      // failures in a row of requests that are not known to fail alone
	first    string   // request that failed first in the streak
	several  bool     // different requests failed in the streak
	last     *failure // of the streak
	suspects suspects
	retries  float64 // spent, less those earned
}

// err returns why a request is not sent now; nil when it is.
func (c *circuits) err(request string, now time.Time) *report.Error {
	s := c.suspects[request]
	if c.blocks(ahead(s, now)) {
		return notSent(c.last, c.wait(request, now), fmt.Sprintf("%d failures in a row", c.streak), now)
	}
	if s != nil && s.blocks(now) {
		e := notSent(s.last, s.left(now), fmt.Sprintf("this question failed %d times", s.failures), now)
		e.Err = logged{e.Err}
		return e
	}
	return nil
}

func notSent(f *failure, wait time.Duration, after string, now time.Time) *report.Error {
	return retryLater(f.kind(), wait).
		Because(fmt.Errorf("not asked until %s after %s: %s", now.Add(wait).UTC().Format(time.RFC3339), after, f.Error()))
}

// wait returns when to send a request that failed, or was not sent, again.
func (c *circuits) wait(request string, now time.Time) time.Duration {
	wait, s := soon, c.suspects[request]
	if c.open() {
		wait = c.left(ahead(s, now))
	}
	if s != nil && s.open() {
		wait = max(wait, s.left(now))
	}
	return wait
}

// ahead returns now, and a later time for a request that has not failed. So that
// becomes the probe, rather than one that always fails.
func ahead(s *suspect, now time.Time) time.Time {
	if s == nil {
		return now.Add(probeLead)
	}
	return now
}

// begin admits a request, and returns whether it is the probe for all, and its own.
func (c *circuits) begin(request string) (probe, own bool) {
	c.retries = max(0, c.retries-retriesPerTry)
	if s := c.suspects[request]; s != nil && s.open() {
		s.probing, own = true, true
	}
	c.probing = c.open()
	return c.probing, own
}

// end records how a request ended, nil for success, and returns whether that opened
// a circuit, unless the request is known to fail alone. Failures that are inconclusive
// change nothing, such as that of a request which the caller cancelled.
func (c *circuits) end(t ticket, f *failure, now time.Time) (opened bool) {
	if t.probe {
		c.probing = false
	}
	if s := c.suspects[t.request]; t.ownProbe && s != nil {
		s.probing = false
	}
	switch {
	case f.inconclusive():
		return false
	case f.alive():
		c.succeeded(t.request, now)
		return false
	}
	s := c.suspects.add(t.request, f, now)
	opened = s.failures >= tripAfter && s.rest(t.ownProbe, now) && !s.alone
	if s.alone {
		return false
	}
	if c.streak == 0 {
		c.first = t.request
	}
	c.streak++
	c.last, c.several = f, c.several || t.request != c.first
	switch {
	case t.probe && c.open():
		c.retryAt = now.Add(laterRest)
	case !c.open() && c.several && c.streak >= tripAfter:
		c.retryAt = now.Add(firstRest)
		return true
	}
	return opened
}

// succeeded closes the circuits of all requests and of one. The other suspects fail
// alone, unless everything failed until now: then they may be sent again.
func (c *circuits) succeeded(request string, now time.Time) {
	delete(c.suspects, request)
	for _, s := range c.suspects {
		switch {
		case !c.open():
			s.alone = true
		case s.open() && !s.alone:
			s.retryAt = now
		}
	}
	*c = circuits{suspects: c.suspects, retries: c.retries}
}

// retry spends a retry of a request that failed. There is none while its circuit is
// open.
func (c *circuits) retry(request string) bool {
	s := c.suspects[request]
	if c.open() || s != nil && s.open() || c.retries+1 > maxRetries {
		return false
	}
	c.retries++
	return true
}

// A suspect is a request that failed when it was last sent.
type suspect struct {
	circuit           // for this request
	failures int      // in a row
	alone    bool     // other requests have succeeded in between
	last     *failure // of the row
	failed   time.Time
	rested   time.Duration
}

// rest opens the circuit of a request that failed, or keeps it open for longer when
// the request was its probe, and returns whether it was closed until now.
func (s *suspect) rest(probe bool, now time.Time) (opened bool) {
	switch opened = !s.open(); {
	case opened:
		s.rested = firstRest
	case !probe:
		return false
	case s.alone && s.rested >= laterRest:
		s.rested = min(2*s.rested, longestRest)
	default:
		s.rested = laterRest
	}
	s.retryAt = now.Add(s.rested)
	return opened
}

// reserve returns how many of the errors that Google allows, limit, a request must leave
// to others: half where it is known to fail alone, a few where everything may fail.
func (s *suspect) reserve(limit int) int {
	switch {
	case s == nil, s.failures == 1 && !s.alone: // may be a blip
		return 0
	case s.failures == 1:
		return 1
	case s.alone:
		return limit / 2
	}
	return limit / 5
}

// maxSuspects bounds the suspects of a quotaKey.
const maxSuspects = 64

// suspects are those of a quotaKey, by request.
type suspects map[string]*suspect

// add records that a request failed.
func (all *suspects) add(request string, f *failure, now time.Time) *suspect {
	if *all == nil {
		*all = suspects{}
	}
	s := (*all)[request]
	if s == nil {
		all.evict()
		s = &suspect{}
		(*all)[request] = s
	}
	s.failures++
	s.last, s.failed = f, now
	return s
}

// evict drops the suspect that failed longest ago, when there are too many.
func (all suspects) evict() {
	if len(all) < maxSuspects {
		return
	}
	var oldest string
	for request, s := range all {
		if o := all[oldest]; o == nil || s.failed.Before(o.failed) {
			oldest = request
		}
	}
	delete(all, oldest)
}
