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
func (c *Cache) Report(ctx context.Context, q report.Query) (*report.Report, error) {
	if err := ctx.Err(); err != nil {
		return nil, report.AsError(err)
	}
	key, at := KeyOf(q), slot{q.Account, q.Property}
	refusal, shut := c.doors.try(at, c.config.Clock(), c.config.Rest)
	if refusal != nil {
		return c.soften(nil, refusal)
	}
	var e *entry
	unread := false
	if !shut {
		e, unread = c.look(ctx, key, at, c.config.Clock())
	}
	now := c.config.Clock()
	life := c.life(e, q)
	state := c.state(e, q, now)
	if e != nil && q.Urgency == report.Unseen {
		e.look(now)
	}
	switch {
	case state == fresh && (q.Urgency != report.Prewarm || !e.endsSoon(now, life)):
		c.config.Observer(Hit)
		return e.report, nil
	case state == fading && q.Urgency == report.Unseen:
		return c.refreshed(key, q, e) // only people are given it: who refreshes waits for the new one
	}
	if err := c.remembered(key, e); err != nil {
		return c.soften(e, err)
	}
	if e != nil {
		q.Urgency = max(q.Urgency, report.Seen)
	}
	answer, led := c.ask(key, q, e, unread)
	r, err := c.await(ctx, key, q, answer, e)
	if err == nil && r.Stale == "" {
		// The flight that wrote led has ended: its answer arrived.
		c.config.Observer(map[bool]Event{true: Miss, false: Joined}[*led])
	}
	return r, err
}

// refreshed gives what is at hand and sees to it that a newer answer is fetched
// behind, unless that failed a moment ago.
func (c *Cache) refreshed(key Key, q report.Query, e *entry) (*report.Report, error) {
	if err := c.remembered(key, e); err != nil {
		return c.soften(e, err)
	}
	if q.Urgency == report.Unseen && e.late(c.config.Clock(), c.life(e, q)) {
		q.Urgency = report.Seen // who is given this waits for better
	}
	if q.Urgency != report.Seen {
		q.Urgency = max(q.Urgency, report.Refresh)
	}
	c.ask(key, q, e, false)
	r := e.given()
	c.config.Observer(map[bool]Event{true: Refreshing, false: Stale}[r.Stale == ""])
	return r, nil
}

// await waits for an answer. People to whom an old one can be given don't wait forever.
func (c *Cache) await(ctx context.Context, key Key, q report.Query, answer <-chan singleflight.Result, e *entry) (*report.Report, error) {
	var enough <-chan time.Time
	if e != nil && q.Urgency < report.Refresh {
		patience := time.NewTimer(c.config.Patience)
		defer patience.Stop()
		enough = patience.C
	}
	select {
	case r := <-answer:
		return c.arrived(key, q, r, e)
	case <-enough:
		return c.soften(e, report.Errorf(report.Unavailable, "Google Analytics is slow to answer."))
	case <-ctx.Done():
		err := report.AsError(ctx.Err())
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, err // nobody is there to read an old answer
		}
		return c.soften(e, err)
	}
}

func (c *Cache) arrived(key Key, q report.Query, r singleflight.Result, e *entry) (*report.Report, error) {
	if r.Err != nil {
		if e == nil {
			e, _ = c.kept.GetIfPresent(key) // what the store had after all
		}
		if c.state(e, q, c.config.Clock()) == fresh && serveOld(report.AsError(r.Err)) {
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
func (c *Cache) ask(key Key, q report.Query, known *entry, unread bool) (answer <-chan singleflight.Result, led *bool) {
	led = new(bool)
	q = q.Clone() // the question may outlive the caller, who owns q
	answer = c.flights.DoChan(string(key[:]), func() (any, error) {
		*led = true
		if !c.begin() {
			return nil, report.Errorf(report.Unavailable, "The server is stopping.")
		}
		defer c.running.Done()
		// Between the caller's look and now, another flight may have landed.
		e, _ := c.kept.GetIfPresent(key)
		if e != known && c.state(e, q, c.config.Clock()) == fresh && !c.doors.isShut(slot{q.Account, q.Property}) {
			return e.report, nil
		}
		r, err := c.fetch(key, q)
		if err != nil && unread && serveOld(report.AsError(err)) {
			_, _ = c.stored(c.ctx, key, slot{q.Account, q.Property}, c.config.Clock(), c.backing.long())
		}
		return r, err
	})
	return answer, led
}

// begin counts a flight; false when the cache is closed.
func (c *Cache) begin() bool {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.ctx.Err() != nil {
		return false
	}
	c.running.Add(1)
	return true
}

func (c *Cache) fetch(key Key, q report.Query) (*report.Report, error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.config.Timeout)
	defer cancel()
	asked := c.config.Clock()
	r, err := guarded(ctx, c.source, q)
	if err != nil {
		c.failed(key, q, err)
		return nil, err
	}
	at := slot{q.Account, q.Property}
	c.keep(key, c.newEntry(at, r))
	c.failures.Invalidate(key)
	c.doors.open(at)
	if c.catalog != nil {
		c.catalog.heard(at, r, asked)
	}
	return r, nil
}

// keep puts an entry in the place of an older one, which knows when somebody last
// looked. What was forgotten meanwhile is not kept.
func (c *Cache) keep(key Key, e *entry) {
	if c.forgot.covers(e.at, e.report) {
		return
	}
	if before, ok := c.kept.GetIfPresent(key); ok {
		e.seen.Store(before.seen.Load())
	}
	c.kept.Set(key, e)
	if c.forgot.covers(e.at, e.report) { // since it was looked
		c.kept.Invalidate(key)
		return
	}
	if c.backing != nil {
		c.backing.put(e.record(key))
	}
}

// failed remembers an error, and drops the old answer of a view whose access was
// taken away: it must not come back when Google fails later. No other error takes
// anything away.
func (c *Cache) failed(key Key, q report.Query, err error) {
	e := report.AsError(err)
	if c.ctx.Err() == nil {
		c.remember(key, e)
		c.overdue(key, e)
	}
	if e.Kind != report.NoAccess {
		return
	}
	at := slot{q.Account, q.Property}
	c.doors.close(at, e, c.config.Clock().Add(c.config.Rest))
	c.kept.Invalidate(key)
	if c.backing != nil {
		c.backing.forget(key)
		// Who starts anew while Google fails then has no time zone for the
		// property, and gives none of its answers.
		propertyNotes(c.backing).forget(at)
	}
}

// overdue labels the answer that is at hand: a newer one cannot be had now.
func (c *Cache) overdue(key Key, err *report.Error) {
	if e, ok := c.kept.GetIfPresent(key); ok && (serveOld(err) || err.Kind == report.Internal) {
		e.overdue.Store(err)
	}
}

// guarded turns a panic of the source into an error: it would otherwise end the
// process, for it happens in no request's goroutine.
func guarded(ctx context.Context, s report.Source, q report.Query) (r *report.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, report.AsError(fmt.Errorf("the source panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	return s.Report(ctx, q)
}
