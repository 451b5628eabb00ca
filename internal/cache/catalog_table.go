package cache

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

// A table caches one kind of record, by property.
type table[V any] struct {
	config    CatalogConfig
	ttl       time.Duration
	source    func(ctx context.Context, account, property string) (V, error)
	persisted persisted[V]
	// replacing is called with the old and the new value, while the table is locked, and returns what to call
	// once it is unlocked, or nil. Optional.
	replacing func(p propertyKey, before, after V, now time.Time) func()

	mu      sync.RWMutex
	records map[propertyKey]record[V]
	flights singleflight.Group
}

// A record is the last good value and, if newer, the last failure.
type record[V any] struct {
	value     V
	known     bool
	confirmed time.Time // when the source last gave or confirmed the value
	failed    bool
	err       *report.Error
	askAt     time.Time // when the source may be asked again

	loaded      bool // the store has been read
	markedStale bool // the source is to be asked, however new the stored value is
	unpersisted bool // the stored value has been deleted
}

func newTable[V any](c CatalogConfig, ttl time.Duration, source func(context.Context, string, string) (V, error), stored persisted[V]) *table[V] {
	return &table[V]{config: c, ttl: ttl, source: source, persisted: stored, records: map[propertyKey]record[V]{}}
}

func (t *table[V]) record(p propertyKey) record[V] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.records[p]
}

func (t *table[V]) update(p propertyKey, change func(*record[V])) record[V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.records[p]
	change(&r)
	t.records[p] = r
	return r
}

// get returns the value, asking the source first when it is time to.
func (t *table[V]) get(ctx context.Context, p propertyKey) (V, error) {
	r := t.lookup(ctx, p, false)
	if t.config.Clock().Before(r.askAt) {
		return r.result()
	}
	flight := t.flights.DoChan(p.String(), func() (any, error) { return t.ask(p), nil })
	timeout := noTimeout
	if r.known {
		timeout = t.config.WaitTimeout
	}
	landed, err := await(ctx, flight, timeout)
	switch {
	case err == nil:
		return landed.Val.(record[V]).result()
	case errors.Is(err, errTimeout):
		t.backOff(p)
		return r.result()
	case r.known && errors.Is(err, context.DeadlineExceeded):
		return r.result()
	}
	var zero V
	return zero, report.AsError(err)
}

// result is the value, whatever failed since; the failure if there is none.
func (r record[V]) result() (v V, err error) {
	if r.failed && !r.known {
		return v, r.err
	}
	return r.value, nil
}

// backOff saves the next callers from waiting for a slow source, though it may answer yet: one request asks
// about a property several times.
func (t *table[V]) backOff(p propertyKey) {
	t.update(p, func(r *record[V]) { r.askAt = later(r.askAt, t.config.Clock().Add(t.config.Backoff)) })
}

// lookup returns the record of a property, from the store if this process has none; it is then as fresh as when
// it was stored. If the store does not answer in time, the next lookup reads it again. See storeWriter.get for
// insist.
func (t *table[V]) lookup(ctx context.Context, p propertyKey, insist bool) record[V] {
	if r := t.record(p); r.known || r.loaded {
		return r
	}
	v, stored, found, loaded := t.persisted.get(ctx, p, insist)
	return t.update(p, func(r *record[V]) {
		if r.known || r.loaded {
			return
		}
		r.loaded = loaded
		if !found {
			return
		}
		r.value, r.known, r.confirmed = v, true, stored
		if !r.failed && !r.markedStale && stored.Before(t.config.Clock().Add(clockSkew)) {
			r.askAt = stored.Add(t.ttl)
		}
	})
}

func (t *table[V]) ask(p propertyKey) record[V] {
	if r := t.record(p); t.config.Clock().Before(r.askAt) {
		return r // another flight landed since the caller's lookup
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.config.Timeout)
	defer cancel()
	v, err := recovered("the catalog", func() (V, error) { return t.source(ctx, p.account, p.property) })
	now := t.config.Clock()
	if err == nil {
		return t.set(p, v, now)
	}
	t.lookup(ctx, p, true) // only the store can answer now
	return t.fail(p, report.AsError(err), now)
}

// set replaces the value by what the source said at a time.
func (t *table[V]) set(p propertyKey, v V, now time.Time) record[V] {
	var replaced func()
	r := t.update(p, func(r *record[V]) {
		if r.known && t.replacing != nil {
			replaced = t.replacing(p, r.value, v, now)
		}
		*r = record[V]{value: v, known: true, confirmed: now, askAt: now.Add(t.ttl)}
		t.persisted.put(p, v, now)
	})
	if replaced != nil {
		replaced()
	}
	return r
}

// confirm records that the value was still right at a time.
func (t *table[V]) confirm(p propertyKey, at time.Time) {
	t.update(p, func(r *record[V]) {
		if until := at.Add(t.ttl); until.After(r.askAt) {
			r.askAt, r.failed, r.confirmed = until, false, later(r.confirmed, at)
		}
	})
}

// unpersist deletes the stored value of a property to which an answer was denied: a server that starts while
// Google fails then has no time zone for it, and serves none of its answers. persistAgain stores it again once
// there is an answer.
func (t *table[V]) unpersist(p propertyKey) {
	t.update(p, func(r *record[V]) {
		r.unpersisted = true
		t.persisted.forget(p)
	})
}

func (t *table[V]) persistAgain(p propertyKey) {
	if !t.record(p).unpersisted {
		return
	}
	t.update(p, func(r *record[V]) {
		if r.known && r.unpersisted {
			r.unpersisted = false
			t.persisted.put(p, r.value, r.confirmed)
		}
	})
}

// fail records that the source failed. Only denied access takes the value away: it must not come back when
// Google fails later.
func (t *table[V]) fail(p propertyKey, err *report.Error, now time.Time) record[V] {
	return t.update(p, func(r *record[V]) {
		if err.Kind == report.NoAccess {
			*r = record[V]{loaded: true}
			t.persisted.forget(p)
		}
		backoff := t.config.Backoff
		if err.RetryAfter > 0 {
			backoff = min(backoff, err.RetryAfter)
		}
		r.failed, r.err, r.askAt = true, err, now.Add(backoff)
	})
}
