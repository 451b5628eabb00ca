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

// thresholdedDimensions have a quota of their own. Source: the Data API's quotas
// page, "potentially thresholded requests".
var thresholdedDimensions = [...]string{"userAgeBracket", "userGender", "brandingInterest", "audienceId", "audienceName"}

func potentiallyThresholded(q report.Query) bool {
	found := false
	q.Mentions(func(m report.Mention) { found = found || slices.Contains(thresholdedDimensions[:], m.Name) })
	return found
}

// breakers hold a breaker for each quotaKey. These follow from the configuration, so
// breakers are never dropped.
type breakers struct {
	mu    sync.Mutex
	byKey map[quotaKey]*breaker
}

func (all *breakers) of(k quotaKey) *breaker {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byKey == nil {
		all.byKey = map[quotaKey]*breaker{}
	}
	if all.byKey[k] == nil {
		all.byKey[k] = &breaker{}
	}
	return all.byKey[k]
}

// A breaker keeps a quota of Google's from being exhausted again and again, and a
// Google that fails from being asked as if it did not.
type breaker struct {
	mu               sync.Mutex
	all, thresholded exhaustion
	errors           serverErrors
	refusals         refusals
	circuits         circuits
	running          int
	incident         *incident
	ended            chan struct{} // closed when a request ends; nil while nobody waits for that
}

// probeAfter is how long an exhausted quota is taken for exhausted before the next
// request: quotas are refilled sooner than documented, and a refusal is cheap.
const probeAfter = 5 * time.Minute

// An exhaustion is a time during which Google is not asked, since a quota is exhausted.
type exhaustion struct {
	probe time.Time // when to try again
	until time.Time // when the quota is refilled at the latest
}

func (x exhaustion) err(now time.Time) *report.Error {
	if !now.Before(x.probe) {
		return nil
	}
	return retryLater(report.Quota, x.until.Sub(now)).
		Because(fmt.Errorf("the quota was exhausted; next try at %s", x.probe.Format(time.TimeOnly)))
}

// exhaust stops all requests, or those that are potentially thresholded.
func (b *breaker) exhaust(thresholded bool, now, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := exhaustion{probe: now.Add(min(probeAfter, until.Sub(now))), until: until}
	if thresholded {
		b.thresholded = x
	} else {
		b.all = x
	}
}

// A ticket is what a request carries from acquire to release.
type ticket struct {
	request  string // its URL and body
	errors   int    // that had been counted when it began
	probe    bool   // it tries whether Google is available again
	ownProbe bool   // it tries whether Google answers this request again
}

// acquire admits a request that is about to run, or says why not; release must follow
// its success. It waits while the requests that run might use up Google's count of errors.
func (b *breaker) acquire(ctx context.Context, request string, thresholded bool, class report.Class, clock func() time.Time) (ticket, *report.Error) {
	for {
		t, ended, err := b.tryAcquire(request, thresholded, class, clock())
		if ended == nil {
			return t, err
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return ticket{}, report.AsError(ctx.Err())
		}
	}
}

// tryAcquire returns a channel to wait for where the answer depends on requests that run.
func (b *breaker) tryAcquire(request string, thresholded bool, class report.Class, now time.Time) (t ticket, wait <-chan struct{}, err *report.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.err(request, thresholded, class, now); err != nil {
		return ticket{}, nil, err
	}
	if b.running > 0 && !b.errors.allow(b.running, now) {
		if b.ended == nil {
			b.ended = make(chan struct{})
		}
		return ticket{}, b.ended, nil
	}
	b.running++
	t = ticket{request: request, errors: b.errors.counted}
	t.probe, t.ownProbe = b.circuits.begin(request)
	return t, nil, nil
}

// release records how an admitted request ended, nil for success, and returns the
// incident before and after it.
func (b *breaker) release(t ticket, f *failure, now time.Time) (was, is *incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running--
	if b.ended != nil {
		close(b.ended)
		b.ended = nil
	}
	if f != nil && f.outcome == serverError && (f.status == http.StatusInternalServerError || f.status == http.StatusServiceUnavailable) {
		b.errors.add(now)
	} else if f != nil && f.status >= 400 {
		b.refusals.add(now)
	}
	was = b.incident
	b.incident = was.next(f, b.circuits.end(t, f, now), now)
	return was, b.incident
}

// correct corrects the count of errors by what Google says is left of it.
func (b *breaker) correct(t ticket, left Bucket, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors.correct(t.errors, int(left.Remaining), b.running, now)
}

// wait returns when to send a request again that failed.
func (b *breaker) wait(request string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.circuits.wait(request, now)
}

// retry reports whether a request that failed may be sent once more: some of the errors
// that Google allows are reserved for new requests.
func (b *breaker) retry(request string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.errors.allow(3*b.errors.limit()/10, now) && b.circuits.retry(request)
}

// check returns why no request is admitted now, nil when some are.
func (b *breaker) check(thresholded bool, class report.Class, now time.Time) *report.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err("", thresholded, class, now)
}

// err returns why a request is not admitted now, nil when it is. The lock is held.
func (b *breaker) err(request string, thresholded bool, class report.Class, now time.Time) *report.Error {
	err := b.all.err(now)
	if err == nil && thresholded {
		err = b.thresholded.err(now)
	}
	if err == nil {
		err = b.refusals.err(errorReserve(class, maxRefusals), now)
	}
	if err == nil {
		err = b.circuits.err(request, now)
	}
	if err == nil {
		reserve := b.circuits.suspects[request].reserve(b.errors.limit())
		if reserve > 0 || b.running == 0 { // others wait for those that run: see tryAcquire
			err = b.errors.err(reserve, now)
		}
	}
	return b.markLogged(err)
}

// markLogged marks the cause of e if the log has it. The lock is held.
func (b *breaker) markLogged(e *report.Error) *report.Error {
	if e != nil && (b.incident != nil || b.circuits.open()) {
		e.Err = logged{e.Err}
	}
	return e
}

// failed marks the cause of an error of a request if the log has it.
func (b *breaker) failed(e *report.Error) *report.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.markLogged(e)
}
