package access

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// maxLedgerAge is how old a snapshot of the ledger may be. Tokens are refused
	// while there is no newer one.
	maxLedgerAge = 5 * time.Second
	// ledgerPollInterval is how often the ledger is asked whether it changed: by then
	// what another process revoked is in force here.
	ledgerPollInterval = time.Second
	// ledgerTimeout bounds the wait of a request for the ledger.
	ledgerTimeout = 2 * time.Second
)

// revocations are those in force, indexed for look-ups on every request. They are
// first read when they are needed.
type revocations struct {
	ledger Ledger
	clock  func() time.Time

	latest  atomic.Pointer[snapshot] // nil until the ledger was first asked
	reading sync.Mutex               // one reader at a time, so that latest never goes back
}

// A snapshot is the ledger's answer at one moment. It is immutable, but for its index.
type snapshot struct {
	at      time.Time // before the ledger was asked
	done    time.Time // when it had answered
	version int64
	ledger  string           // its id
	index   *revocationIndex // as last read, and changed with the ledger; nil: never
	err     error            // why the ledger could not be read
}

func newRevocations(ledger Ledger, clock func() time.Time) *revocations {
	return &revocations{ledger: ledger, clock: clock}
}

// valid reports whether tokens may be checked against s, which may be nil.
func (s *snapshot) valid(now time.Time) bool {
	return s != nil && s.err == nil && within(maxLedgerAge, s.at, now)
}

// justFailed reports whether the ledger failed so recently that it is not asked again.
func (s *snapshot) justFailed(now time.Time) bool {
	return s != nil && s.err != nil && within(ledgerPollInterval, s.done, now)
}

// within reports whether at lies less than d before now.
func within(d time.Duration, at, now time.Time) bool {
	return bothWithin(d, now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// bothWithin compares both the elapsed monotonic time, for the wall clock may be set
// back, and the elapsed wall time, for the monotonic clock may stop while a machine
// sleeps. When in doubt the answer is false, which costs a read.
func bothWithin(d, steady, wall time.Duration) bool {
	return 0 <= steady && steady < d && 0 <= wall && wall < d
}

// A revocable is what revocations can name of a session, or of a key that would
// begin one.
type revocable struct {
	Host    string   // empty for the public's
	Key     string   // fingerprint of the key that began it; empty for the public's
	Session string   // empty before it begins
	Subject string   // empty for anonymous visitors
	Views   []string // those under its dashboards included
	Began   time.Time
	Skew    time.Duration // how far the clock of Began may be ahead of ours
	Ledger  string        // id of the ledger that the token names; empty if it names none
}

// check returns an error for what was revoked: Unauthenticated, or Unavailable
// while the ledger cannot be read. It takes some 100 ns.
func (r *revocations) check(c revocable) error {
	s := r.latest.Load()
	if !s.valid(r.clock()) {
		if s = r.readIfStale(); s.err != nil {
			return checkUnavailable(s.err)
		}
	}
	if c.Ledger != "" && c.Ledger != s.ledger {
		return report.Errorf(report.Unauthenticated, "The embed token is of another server. Ask for a new one.").
			Because(fmt.Errorf("the token names the ledger %q, this server uses %q: servers that share signing keys must share the ledger", report.Truncate(c.Ledger), s.ledger))
	}
	switch by := s.index.refuses(c); {
	case by == nil:
		return nil
	case by.Suspend:
		return suspended(by)
	default:
		return report.Errorf(report.Unauthenticated, "The session was ended by the operator. Begin a new one.").
			Because(fmt.Errorf("revocation %s of %s %q", by.ID, by.Kind, by.Name))
	}
}

// ledgerID returns the id of the ledger.
func (r *revocations) ledgerID() string {
	if s := r.latest.Load(); s != nil {
		return s.ledger
	}
	return ""
}

// firstBeginning returns the first moment from c.Began on at which a session can begin
// without being ended by an earlier revocation: the clock may have been set back.
func (r *revocations) firstBeginning(c revocable) time.Time {
	s := r.latest.Load()
	if s == nil || s.index == nil {
		return c.Began
	}
	for by := s.index.find(c); by != nil && by.Kind != RevokeKey && by.Kind != RevokeSession; by = s.index.find(c) {
		c.Began = by.Before.Add(time.Millisecond)
	}
	return c.Began
}

// readIfStale reads the ledger for a request that finds no valid snapshot. While the
// ledger fails, one request a second waits for it.
func (r *revocations) readIfStale() *snapshot {
	r.reading.Lock()
	defer r.reading.Unlock()
	if s, now := r.latest.Load(), r.clock(); s.valid(now) || s.justFailed(now) {
		return s // another request has read it
	}
	return r.read(context.Background())
}

// refresh reads the ledger if it changed.
func (r *revocations) refresh(ctx context.Context) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	return r.read(ctx).err
}

// read is refresh with r.reading held.
func (r *revocations) read(ctx context.Context) *snapshot {
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	next := &snapshot{at: r.clock()}
	if last := r.latest.Load(); last != nil {
		next.version, next.ledger, next.index = last.version, last.ledger, last.index
	}
	next.err = next.update(ctx, r.ledger)
	next.done = r.clock()
	r.latest.Store(next)
	return next
}

func (s *snapshot) update(ctx context.Context, ledger Ledger) error {
	version, err := ledger.Version(ctx)
	if err != nil || s.index != nil && version == s.version {
		return err
	}
	changes, err := ledger.Changes(ctx, s.version)
	switch {
	case err != nil:
		return err
	case changes.All || s.index == nil:
		s.index = newRevocationIndex(changes.Recorded)
	default:
		s.index.apply(changes, s.at)
	}
	s.version, s.ledger = changes.Version, changes.Ledger
	return nil
}

// watch refreshes once a second until ctx ends. It calls changed when the ledger
// cannot be read any more, or has a suspension of an unknown kind, and with nil when
// neither is so any more.
func (r *revocations) watch(ctx context.Context, changed func(failing, unknown error)) {
	ticker := time.NewTicker(ledgerPollInterval)
	defer ticker.Stop()
	var failed, wasUnknown bool
	for {
		failing, unknown := r.refresh(ctx), r.unknown()
		if ctx.Err() != nil {
			return
		}
		if failed != (failing != nil) || wasUnknown != (unknown != nil) {
			failed, wasUnknown = failing != nil, unknown != nil
			changed(failing, unknown)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// unknown returns an error for a suspension that only a newer Oriel understands.
func (r *revocations) unknown() error {
	s := r.latest.Load()
	if s == nil || s.index == nil {
		return nil
	}
	if by := s.index.unknown(); by != nil {
		return unknownSuspension(by)
	}
	return nil
}
