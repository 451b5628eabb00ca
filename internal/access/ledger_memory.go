package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// A MemoryLedger is a Ledger that forgets with the process: for demonstrations
// and tests, and for installations of one process whose operators want no file. Each has
// an id of its own, so a restart ends the sessions of before.
type MemoryLedger struct {
	mu          sync.Mutex
	id          string
	revocations map[string]memoryRevocation
	changes     []memoryChange       // the latest
	codes       map[string]time.Time // until when they could be used
	renewals    map[string]Renewal   // by family
	swept       time.Time            // when expired entries were last removed
	version     int64
	closed      bool
}

type memoryRevocation struct {
	Revocation
	version int64 // that recorded it
}

type memoryChange struct {
	version int64
	id      string // of the revocation
}

// maxChanges is how many changes are kept. Who saw an older version reads everything.
const maxChanges = 1000

var _ Ledger = (*MemoryLedger)(nil)

// NewMemoryLedger returns an empty ledger.
func NewMemoryLedger() *MemoryLedger {
	return &MemoryLedger{
		id: rand.Text(), version: 1, changes: []memoryChange{{version: 1}}, revocations: map[string]memoryRevocation{},
		codes: map[string]time.Time{}, renewals: map[string]Renewal{},
	}
}

var errLedgerClosed = errors.New("access: the ledger is closed")

// open locks the ledger unless it is closed or ctx has ended.
func (l *MemoryLedger) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errLedgerClosed
	}
	return nil
}

// Revoke implements Ledger.
func (l *MemoryLedger) Revoke(ctx context.Context, r Revocation) error {
	if err := l.open(ctx); err != nil {
		return err
	}
	defer l.mu.Unlock()
	l.sweep(r.Made)
	l.changed(r.ID)
	l.revocations[r.ID] = memoryRevocation{r, l.version}
	return nil
}

// changed makes a new version, by a change of a revocation.
func (l *MemoryLedger) changed(id string) {
	l.version++
	l.changes = append(l.changes, memoryChange{l.version, id})
	if len(l.changes) > 2*maxChanges {
		l.changes = slices.Clone(l.changes[maxChanges:])
	}
}

// Lift implements Ledger.
func (l *MemoryLedger) Lift(ctx context.Context, id string) (Revocation, bool, error) {
	if err := l.open(ctx); err != nil {
		return Revocation{}, false, err
	}
	defer l.mu.Unlock()
	r, ok := l.revocations[id]
	if ok {
		delete(l.revocations, id)
		l.changed(id)
	}
	return r.Revocation, ok, nil
}

// Revocations implements Ledger.
func (l *MemoryLedger) Revocations(ctx context.Context, now time.Time, page Page) (list List, err error) {
	if err := l.open(ctx); err != nil {
		return List{}, err
	}
	defer l.mu.Unlock()
	for _, r := range slices.SortedFunc(maps.Values(l.revocations), func(a, b memoryRevocation) int { return cmp.Compare(a.version, b.version) }) {
		switch {
		case r.version <= page.After || !r.InForce(now):
		case len(list.Revocations) == page.Limit:
			return list, nil
		default:
			list.Revocations, list.Next = append(list.Revocations, r.Revocation), r.version
		}
	}
	list.Next = 0
	return list, nil
}

// Changes implements Ledger.
func (l *MemoryLedger) Changes(ctx context.Context, since int64) (Changes, error) {
	if err := l.open(ctx); err != nil {
		return Changes{}, err
	}
	defer l.mu.Unlock()
	c := Changes{Ledger: l.id, Version: l.version}
	if since == l.version {
		return c, nil
	}
	first, known := slices.BinarySearchFunc(l.changes, since, func(c memoryChange, v int64) int { return cmp.Compare(c.version, v) })
	if !known {
		c.All = true
		for _, r := range l.revocations {
			c.Recorded = append(c.Recorded, r.Revocation)
		}
		return c, nil
	}
	for _, change := range l.changes[first+1:] {
		if r, ok := l.revocations[change.id]; ok {
			c.Recorded = append(c.Recorded, r.Revocation)
		} else {
			c.Removed = append(c.Removed, change.id)
		}
	}
	return c, nil
}

// Version implements Ledger.
func (l *MemoryLedger) Version(ctx context.Context) (int64, error) {
	if err := l.open(ctx); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	return l.version, nil
}

// Redeem implements Ledger.
func (l *MemoryLedger) Redeem(ctx context.Context, code string, until, now time.Time) (first bool, err error) {
	if err := l.open(ctx); err != nil {
		return false, err
	}
	defer l.mu.Unlock()
	if _, used := l.codes[code]; used || !now.Before(until) {
		return false, nil
	}
	l.sweep(now)
	l.codes[code] = until
	return true, nil
}

// sweep removes expired entries, at most once a minute.
func (l *MemoryLedger) sweep(now time.Time) {
	if now.Sub(l.swept).Abs() < time.Minute {
		return
	}
	l.swept = now
	maps.DeleteFunc(l.revocations, func(_ string, r memoryRevocation) bool { return !r.InForce(now) })
	maps.DeleteFunc(l.codes, func(_ string, end time.Time) bool { return !now.Before(end) })
	maps.DeleteFunc(l.renewals, func(_ string, r Renewal) bool { return !now.Before(r.Until) })
}

// Renew implements Ledger.
func (l *MemoryLedger) Renew(ctx context.Context, r Renewal) (at time.Time, ok bool, err error) {
	if err := l.open(ctx); err != nil {
		return time.Time{}, false, err
	}
	defer l.mu.Unlock()
	at, first, ok := r.After(l.renewals[r.Family])
	if first {
		l.sweep(r.At)
		l.renewals[r.Family] = r
	}
	return at, ok, nil
}

// Close implements Ledger.
func (l *MemoryLedger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
