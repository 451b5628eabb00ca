package web

import (
	"context"
	"sync"
	"time"
)

// A deadline is a context that ends like one of context.WithTimeout, but costs a
// timer only once somebody waits for its end: most answers are at hand.
type deadline struct {
	context.Context // of the request
	end             time.Time

	mu      sync.Mutex
	timed   context.Context // nil until somebody waits
	cancel  context.CancelFunc
	stopped bool
}

func withDeadline(ctx context.Context, timeout time.Duration) *deadline {
	return &deadline{Context: ctx, end: time.Now().Add(timeout)}
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) { return d.end, true }

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.begin().Done() }

// Err implements context.Context.
func (d *deadline) Err() error {
	if timed := d.begun(); timed != nil {
		return timed.Err()
	}
	if err := d.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(d.end) {
		return d.begin().Err() // from now on the same for everybody
	}
	return nil
}

// Value implements context.Context. Contexts made of this one look there for
// what ends them, after they called Done.
func (d *deadline) Value(key any) any {
	if timed := d.begun(); timed != nil {
		return timed.Value(key)
	}
	return d.Context.Value(key)
}

// stop ends the context with the request.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.cancel != nil {
		d.cancel()
	}
}

func (d *deadline) begun() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.timed
}

func (d *deadline) begin() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		d.timed, d.cancel = context.WithDeadline(d.Context, d.end)
		if d.stopped {
			d.cancel()
		}
	}
	return d.timed
}
