package access

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// A MemoryLedger is a Ledger that forgets with the process: for demonstrations
// and tests, and for installations of one process whose operators want no file.
type MemoryLedger struct {
	mu          sync.Mutex
	revocations map[string]Revocation
	codes       map[string]time.Time // until when they could be used
	renewals    map[string]Renewal   // by family
	swept       time.Time            // when those that could not were last removed
	version     int64
	closed      bool
}

var _ Ledger = (*MemoryLedger)(nil)

// NewMemoryLedger returns an empty ledger.
func NewMemoryLedger() *MemoryLedger {
	return &MemoryLedger{revocations: map[string]Revocation{}, codes: map[string]time.Time{}, renewals: map[string]Renewal{}}
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
	maps.DeleteFunc(l.revocations, func(_ string, old Revocation) bool { return !old.InForce(r.Made) })
	l.revocations[r.ID] = r
	l.version++
	return nil
}

// Lift implements Ledger.
func (l *MemoryLedger) Lift(ctx context.Context, id string) (bool, error) {
	if err := l.open(ctx); err != nil {
		return false, err
	}
	defer l.mu.Unlock()
	if _, ok := l.revocations[id]; !ok {
		return false, nil
	}
	delete(l.revocations, id)
	l.version++
	return true, nil
}

// Revocations implements Ledger.
func (l *MemoryLedger) Revocations(ctx context.Context, now time.Time) ([]Revocation, int64, error) {
	if err := l.open(ctx); err != nil {
		return nil, 0, err
	}
	defer l.mu.Unlock()
	list := slices.Collect(maps.Values(l.revocations))
	list = slices.DeleteFunc(list, func(r Revocation) bool { return !r.InForce(now) })
	slices.SortFunc(list, OldestFirst)
	return list, l.version, nil
}

// OldestFirst orders revocations as a Ledger returns them.
func OldestFirst(a, b Revocation) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) }

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

// sweep removes codes whose time is over, now and then.
func (l *MemoryLedger) sweep(now time.Time) {
	if now.Sub(l.swept).Abs() < time.Minute {
		return
	}
	l.swept = now
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
