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

// A snapshot is the ledger's answer at one moment. It is immutable.
type snapshot struct {
	at      time.Time // before the ledger was asked
	done    time.Time // when it had answered
	version int64
	index   revocationIndex // as last read; nil: never
	err     error           // why the ledger could not be read
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
	if by := s.index.find(c); by != nil {
		return report.Errorf(report.Unauthenticated, "The session was ended by the operator. Begin a new one.").
			Because(fmt.Errorf("revocation %s of %s %q", by.ID, by.Kind, by.Name))
	}
	if by := s.index.suspension(RevokeHost, c.Host); by != nil {
		return suspended(by)
	}
	return nil
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
		next.version, next.index = last.version, last.index
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
	list, version, err := ledger.Revocations(ctx, s.at)
	if err != nil {
		return err
	}
	s.version, s.index = version, newRevocationIndex(list)
	return nil
}

// watch refreshes once a second until ctx ends. It calls changed when the ledger
// cannot be read any more, and with nil when it can again.
func (r *revocations) watch(ctx context.Context, changed func(error)) {
	ticker := time.NewTicker(ledgerPollInterval)
	defer ticker.Stop()
	failing := false
	for {
		err := r.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if failing != (err != nil) {
			failing = err != nil
			changed(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// A revocationIndex maps what revocations name to the one of them that ends the
// youngest sessions. It is immutable.
type revocationIndex map[revokedName]*Revocation

type revokedName struct {
	kind string // RevokeAll also for kinds that only a newer Oriel knows
	host string // whose subject; empty for other kinds, and for any host's subject
	name string // empty for RevokeAll
}

func newRevocationIndex(list []Revocation) revocationIndex {
	index := make(revocationIndex, len(list))
	for i := range list {
		by, name := &list[i], revokedName{kind: RevokeAll}
		if by.Suspend {
			index[revokedName{kind: suspension + by.Kind, name: by.Name}] = by
			continue
		}
		switch by.Kind {
		case RevokeSession, RevokeView, RevokeHost, RevokeKey:
			name = revokedName{kind: by.Kind, name: by.Name}
		case RevokeSubject:
			name = revokedName{by.Kind, by.Host, by.Name}
		}
		if old := index[name]; old == nil || by.Before.After(old.Before) {
			index[name] = by
		}
	}
	return index
}

// find returns a revocation that applies to c, nil when there is none.
func (index revocationIndex) find(c revocable) *Revocation {
	if by := index[revokedName{kind: RevokeKey, name: c.Key}]; by != nil && c.Key != "" {
		return by
	}
	// A session's id is unique: when it began, as its host says, does not matter.
	if by := index[revokedName{kind: RevokeSession, name: c.Session}]; by != nil && c.Session != "" {
		return by
	}
	for _, name := range [...]revokedName{
		{kind: RevokeAll}, {kind: RevokeHost, name: c.Host},
		{RevokeSubject, c.Host, c.Subject}, {kind: RevokeSubject, name: c.Subject},
	} {
		if by := index[name]; by.ends(c) && (name.kind != RevokeSubject || c.Subject != "") {
			return by
		}
	}
	for _, v := range c.Views {
		if by := index[revokedName{kind: RevokeView, name: v}]; by.ends(c) {
			return by
		}
	}
	return nil
}

// ends reports whether r, which may be nil, ends a session: those that began before
// it or at the same moment. The initial revocation of a ledger ignores clock skew:
// hosts may sign while a server starts for the first time.
func (r *Revocation) ends(c revocable) bool {
	switch {
	case r == nil:
		return false
	case r.ID == initialID:
		return !c.Began.After(r.Before)
	}
	return !c.Began.Add(-c.Skew).After(r.Before)
}
