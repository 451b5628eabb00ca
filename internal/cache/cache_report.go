package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Report answers q from memory, or by asking the source once for all callers with the same question. A caller
// whose ctx ends leaves alone: the call to the source goes on for the others.
func (c *Cache) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	if err := ctx.Err(); err != nil {
		return nil, report.AsError(err)
	}
	if q.OnlyIfCached() {
		return c.onlyIfCached(q)
	}
	a, p := c.answers, propertyOf(q)
	denial, denied := a.denied.probe(p, c.clock(), a.config.Backoff)
	if denial != nil {
		return c.staleOnError(nil, denial)
	}
	var e *entry
	unread := false
	if !denied {
		e, unread = a.lookup(ctx, q, c.clock())
	}
	now := c.clock()
	if e != nil && q.Urgency() == report.Unseen {
		e.touch(now)
	}
	switch {
	case a.freshEnough(e, q, now):
		c.config.Observer(Hit)
		return e.report, nil
	case q.Urgency() == report.Unseen && a.state(e, q, now) == stale: // a refresh waits for the new answer
		return c.serveStale(q, e)
	}
	if err := a.cachedFailure(q, e); err != nil {
		return c.staleOnError(e, err)
	}
	return c.fetch(ctx, q, e, unread)
}

// onlyIfCached answers q from memory, with ErrNotCached where Report would have to do more.
func (c *Cache) onlyIfCached(q *report.Question) (*report.Report, error) {
	a, now := c.answers, c.clock()
	e, _ := a.memory.get(q.Key(), q.Class())
	if a.state(e, q, now) != fresh || a.denied.contains(propertyOf(q)) {
		return nil, report.ErrNotCached
	}
	a.touchStored(q, e, now)
	e.touch(now)
	c.config.Observer(Hit)
	return e.report, nil
}

// fetch waits for an answer of the source.
func (c *Cache) fetch(ctx context.Context, asked *report.Question, e *entry, unread bool) (*report.Report, error) {
	q := asked
	if e != nil {
		q = q.At(max(q.Urgency(), report.Seen))
	}
	f, led := c.start(q, e, unread)
	r, err := c.wait(ctx, q, f, e)
	if err != nil {
		return nil, err
	}
	c.recent.add(asked, r, c.clock())
	if r.Stale == "" {
		switch {
		case !led:
			c.config.Observer(Joined)
		case q.Urgency() == report.Prewarm:
			c.config.Observer(Prewarmed)
		default:
			c.config.Observer(Miss)
		}
	}
	return r, nil
}

// serveStale returns the stale answer and fetches a newer one in the background, unless that failed a moment
// ago.
func (c *Cache) serveStale(q *report.Question, e *entry) (*report.Report, error) {
	c.recent.add(q, e.report, c.clock())
	if err := c.answers.cachedFailure(q, e); err != nil {
		return c.staleOnError(e, err)
	}
	urgency := report.Refresh
	if c.clock().Sub(e.fetched)/2 > c.answers.ttlFor(e, q) {
		urgency = report.Seen // so old that the newer answer is for this caller too
	}
	f, _ := c.start(q.At(urgency), e, false)
	c.detach(f)
	if err := e.refreshErr.Load(); err != nil {
		c.config.Observer(Stale)
		return e.labelled(err), nil
	}
	c.config.Observer(Refreshing)
	return e.report, nil
}

// detach counts a fetch that no caller waits for, until it ends.
func (c *Cache) detach(f *flight) {
	c.background.Add(1)
	go func() {
		<-f.landed
		c.background.Add(-1)
	}()
}

// wait waits for the answer of a flight; people, if there is a stale answer, no longer than WaitTimeout.
func (c *Cache) wait(ctx context.Context, q *report.Question, f *flight, e *entry) (*report.Report, error) {
	timeout := noTimeout
	if e != nil && q.Urgency() < report.Refresh {
		timeout = c.config.WaitTimeout
	}
	_, err := await(ctx, f.landed, timeout)
	if err == nil {
		return c.landed(q, f, e)
	}
	c.detach(f)
	switch {
	case errors.Is(err, errTimeout):
		return c.staleOnError(e, report.Errorf(report.Unavailable, "Google Analytics is slow to answer."))
	case errors.Is(err, context.Canceled): // nobody is there to read a stale answer
		return nil, report.AsError(err)
	}
	return c.staleOnError(e, report.AsError(err))
}

const noTimeout = time.Duration(1<<63 - 1)

var errTimeout = errors.New("cache: no answer in time")

// await returns what comes from a channel, or errTimeout or the error of ctx if one of these ends first.
func await[T any](ctx context.Context, from <-chan T, timeout time.Duration) (r T, err error) {
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case r = <-from:
		return r, nil
	case <-t.C:
		return r, errTimeout
	case <-ctx.Done():
		return r, ctx.Err()
	}
}

// landed returns the result of a flight for one of its callers.
func (c *Cache) landed(q *report.Question, f *flight, e *entry) (*report.Report, error) {
	if f.err == nil {
		return f.report, nil
	}
	err := report.AsError(f.err)
	// The flight may have read an answer from the store. A denied property gives none, whatever the error of
	// the probe.
	if e == nil && !c.answers.denied.contains(propertyOf(q)) {
		e, _ = c.answers.memory.get(q.Key(), q.Class())
	}
	if c.answers.state(e, q, c.clock()) == fresh && allowsStale(err) {
		return e.report, nil
	}
	return c.staleOnError(e, err)
}

// staleOnError returns the cached answer, labelled with the error, if there is one and the error allows it.
func (c *Cache) staleOnError(e *entry, err *report.Error) (*report.Report, error) {
	if e == nil || !allowsStale(err) {
		c.config.Observer(Failed)
		return nil, err
	}
	c.config.Observer(Stale)
	return e.labelled(err), nil
}

// A flight is a call to the source in progress.
type flight struct {
	priority *report.Priority
	landed   chan struct{} // closed when the call has ended
	// Once landed is closed:
	report *report.Report
	err    error
}

// start asks the source, or joins the call in flight, which then has the better rank of both. The call has a
// context of its own. known is the caller's entry; unread says that the store did not answer in time. led says
// whether it was this call that asked.
func (c *Cache) start(q *report.Question, known *entry, unread bool) (f *flight, led bool) {
	key := q.Key()
	c.flying.Lock()
	defer c.flying.Unlock()
	if f := c.flights[key]; f != nil {
		f.priority.Join(q.Rank())
		return f, false
	}
	f = &flight{priority: report.NewPriority(q.Rank()), landed: make(chan struct{})}
	c.flights[key] = f
	go func() {
		f.report, f.err = c.fly(q.Promotable(f.priority), known, unread)
		c.flying.Lock()
		defer c.flying.Unlock()
		delete(c.flights, key)
		close(f.landed)
	}()
	return f, true
}

// fly asks the source, unless another flight has landed since the caller's lookup.
func (c *Cache) fly(q *report.Question, known *entry, unread bool) (*report.Report, error) {
	a, key, p := c.answers, q.Key(), propertyOf(q)
	if !a.begin() {
		return nil, report.Errorf(report.Unavailable, "The server is stopping.")
	}
	defer a.running.Done()
	e, _ := a.memory.get(key, q.Class())
	if e != known && a.state(e, q, c.clock()) == fresh && !a.denied.contains(p) {
		return e.report, nil
	}
	r, err := c.ask(q)
	if err != nil && unread && allowsStale(report.AsError(err)) {
		_, _ = a.load(a.ctx, q, c.clock(), true)
	}
	return r, err
}

// ask asks the source, and caches its answer or error.
func (c *Cache) ask(q *report.Question) (*report.Report, error) {
	a, key, p := c.answers, q.Key(), propertyOf(q)
	ctx, cancel := context.WithTimeout(a.ctx, c.config.Timeout)
	defer cancel()
	asked := c.clock()
	r, err := recovered("the source", func() (*report.Report, error) { return c.config.Source.Report(ctx, q) })
	if err != nil {
		a.failed(q, err)
		return nil, err
	}
	a.put(key, a.newEntry(p, r), q.Class())
	a.failures.drop(key)
	a.denied.remove(p)
	if a.catalog != nil {
		a.catalog.properties.persistAgain(p)
		if !r.FetchedAt.Before(asked) { // not put together from older answers
			a.catalog.observe(p, r, asked)
		}
	}
	return r, nil
}

// recovered calls f and turns a panic into an error: it happens in no request's goroutine and would end the
// process.
func recovered[T any](name string, f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = report.AsError(fmt.Errorf("%s panicked: %v\n%s", name, p, debug.Stack()))
		}
	}()
	return f()
}
