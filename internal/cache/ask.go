package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

// Report answers q from memory, or by asking the source once for everybody who
// asks the same at this time. A caller whose ctx ends leaves alone: the question
// goes on for the others.
func (c *Cache) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	if err := ctx.Err(); err != nil {
		return nil, report.AsError(err)
	}
	k, key, at := c.answers, q.Key(), slotOf(q)
	refusal, shut := k.doors.try(at, c.clock(), k.config.Backoff)
	if refusal != nil {
		return c.soften(nil, refusal)
	}
	var e *entry
	unread := false
	if !shut {
		e, unread = k.look(ctx, key, at, c.clock())
	}
	now := c.clock()
	life := k.life(e, q)
	state := k.state(e, q, now)
	if e != nil && q.Urgency() == report.Unseen {
		e.look(now)
	}
	switch {
	case state == fresh && (q.Urgency() != report.Prewarm || !e.endsSoon(now, life)):
		c.config.Observer(Hit)
		return e.report, nil
	case state == fading && q.Urgency() == report.Unseen:
		return c.refreshed(q, e) // only people are given it: who refreshes waits for the new one
	}
	if err := k.remembered(key, e); err != nil {
		return c.soften(e, err)
	}
	return c.fetched(ctx, q, e, unread)
}

// fetched waits for an answer of the source.
func (c *Cache) fetched(ctx context.Context, q *report.Question, e *entry, unread bool) (*report.Report, error) {
	asked := q
	if e != nil {
		q = q.At(max(q.Urgency(), report.Seen))
	}
	answer, led := c.ask(q, e, unread)
	r, err := c.await(ctx, q, answer, e)
	if err != nil {
		return nil, err
	}
	c.recent.note(asked, r, c.clock())
	if r.Stale == "" {
		// The flight that wrote led has ended: its answer arrived.
		switch {
		case !*led:
			c.config.Observer(Joined)
		case q.Urgency() == report.Prewarm:
			c.config.Observer(Prewarmed)
		default:
			c.config.Observer(Miss)
		}
	}
	return r, nil
}

// refreshed gives what is at hand and sees to it that a newer answer is fetched
// behind, unless that failed a moment ago.
func (c *Cache) refreshed(q *report.Question, e *entry) (*report.Report, error) {
	c.recent.note(q, e.report, c.clock())
	if err := c.answers.remembered(q.Key(), e); err != nil {
		return c.soften(e, err)
	}
	urgency := report.Refresh
	if e.late(c.clock(), c.answers.life(e, q)) {
		urgency = report.Seen // who is given this waits for better
	}
	answer, _ := c.ask(q.At(urgency), e, false)
	c.leave(answer)
	r := e.given()
	c.config.Observer(map[bool]Event{true: Refreshing, false: Stale}[r.Stale == ""])
	return r, nil
}

// leave counts a fetch that nobody waits for, until it ends.
func (c *Cache) leave(answer <-chan singleflight.Result) {
	c.behind.Add(1)
	go func() {
		<-answer
		c.behind.Add(-1)
	}()
}

// await waits for an answer. People to whom an old one can be given don't wait forever.
func (c *Cache) await(ctx context.Context, q *report.Question, answer <-chan singleflight.Result, e *entry) (*report.Report, error) {
	var enough <-chan time.Time
	if e != nil && q.Urgency() < report.Refresh {
		patience := time.NewTimer(c.config.WaitTimeout)
		defer patience.Stop()
		enough = patience.C
	}
	select {
	case r := <-answer:
		return c.arrived(q, r, e)
	case <-enough:
		c.leave(answer)
		return c.soften(e, report.Errorf(report.Unavailable, "Google Analytics is slow to answer."))
	case <-ctx.Done():
		c.leave(answer)
		err := report.AsError(ctx.Err())
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, err // nobody is there to read an old answer
		}
		return c.soften(e, err)
	}
}

func (c *Cache) arrived(q *report.Question, r singleflight.Result, e *entry) (*report.Report, error) {
	if r.Err != nil {
		// What the store had after all; a property that was shut gives nothing, whatever
		// fails while it is asked about.
		if e == nil && !c.answers.doors.isShut(slotOf(q)) {
			e, _ = c.answers.kept.GetIfPresent(q.Key())
		}
		if c.answers.state(e, q, c.clock()) == fresh && serveOld(report.AsError(r.Err)) {
			return e.report, nil
		}
		return c.soften(e, report.AsError(r.Err))
	}
	return r.Val.(*report.Report), nil
}

// soften answers an error with the old answer where there is one and it may.
func (c *Cache) soften(e *entry, err *report.Error) (*report.Report, error) {
	if e == nil || !serveOld(err) {
		c.config.Observer(Failed)
		return nil, err
	}
	c.config.Observer(Stale)
	return e.stale(err), nil
}

// ask puts q to the source unless it is being asked already. The question has a
// context of its own. The caller knows what is at hand, and whether the store did not
// say in time what it has. Once there is an answer, led says whether it was this call
// that asked.
func (c *Cache) ask(q *report.Question, known *entry, unread bool) (answer <-chan singleflight.Result, led *bool) {
	led = new(bool)
	key := q.Key()
	answer = c.flights.DoChan(string(key[:]), func() (any, error) {
		*led = true
		k, at := c.answers, slotOf(q)
		if !k.begin() {
			return nil, report.Errorf(report.Unavailable, "The server is stopping.")
		}
		defer k.running.Done()
		// Between the caller's look and now, another flight may have landed.
		e, _ := k.kept.GetIfPresent(key)
		if e != known && k.state(e, q, c.clock()) == fresh && !k.doors.isShut(at) {
			return e.report, nil
		}
		r, err := c.fetch(q)
		if err != nil && unread && serveOld(report.AsError(err)) {
			_, _ = k.stored(k.ctx, key, at, c.clock(), k.backing.long())
		}
		return r, err
	})
	return answer, led
}

func (c *Cache) fetch(q *report.Question) (*report.Report, error) {
	k, key, at := c.answers, q.Key(), slotOf(q)
	ctx, cancel := context.WithTimeout(k.ctx, c.config.Timeout)
	defer cancel()
	asked := c.clock()
	r, err := guarded(ctx, c.config.Source, q)
	if err != nil {
		k.failed(key, at, err)
		return nil, err
	}
	k.keep(key, k.newEntry(at, r))
	k.failures.Invalidate(key)
	k.doors.open(at)
	if k.catalog != nil {
		k.catalog.restore(at)
		if !r.FetchedAt.Before(asked) { // what is put together of older answers is no news
			k.catalog.heard(at, r, asked)
		}
	}
	return r, nil
}

// guarded turns a panic of the source into an error: it would otherwise end the
// process, for it happens in no request's goroutine.
func guarded(ctx context.Context, s report.Source, q *report.Question) (r *report.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, report.AsError(fmt.Errorf("the source panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	return s.Report(ctx, q)
}
