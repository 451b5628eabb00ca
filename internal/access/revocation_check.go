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
	// maxUnread is how old what is known of the ledger may be. Older, nothing is
	// known, and tokens are refused.
	maxUnread = 5 * time.Second
	// rereadEvery is how often the ledger is asked whether it changed: by then what
	// another process revoked is in force here.
	rereadEvery = time.Second
	// readWithin bounds the wait of a request for the ledger.
	readWithin = 2 * time.Second
)

// revocations are those that are in force, ready to be looked up with every
// request. They are read when the first is needed.
type revocations struct {
	ledger Ledger
	clock  func() time.Time

	known   atomic.Pointer[known] // nil until the ledger was first asked
	reading sync.Mutex            // one reader at a time, so that known never goes back
}

// known is what the ledger said at a moment. It never changes.
type known struct {
	at      time.Time // before the ledger was asked
	done    time.Time // when it had answered
	version int64
	revoked *revoked // as it was last read; nil: never
	err     error    // why the ledger could not be read at that moment
}

func newRevocations(ledger Ledger, clock func() time.Time) *revocations {
	return &revocations{ledger: ledger, clock: clock}
}

// holds reports whether k, which may be nil, is what tokens may be held to.
func (k *known) holds(now time.Time) bool {
	return k != nil && k.err == nil && within(maxUnread, k.at, now)
}

// failed reports whether the ledger failed just now, so that it is left in peace.
func (k *known) failed(now time.Time) bool {
	return k != nil && k.err != nil && within(rereadEvery, k.done, now)
}

// within reports whether a moment lies in the past, less than some time ago.
func within(d time.Duration, at, now time.Time) bool {
	return bothWithin(d, now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// bothWithin holds what passed by the monotonic clock, for the one on the wall may be
// set back, and by the one on the wall, for time goes on while a machine sleeps. When
// they differ, the answer is no, and one reads again.
func bothWithin(d, steady, wall time.Duration) bool {
	return 0 <= steady && steady < d && 0 <= wall && wall < d
}

// A revocable is what can be revoked about a session, or about what would begin
// one.
type revocable struct {
	Host    string   // empty for the public's
	Key     string   // fingerprint of the key that began it; empty for the public's
	Session string   // empty before it begins
	Subject string   // empty for anonymous visitors
	Views   []string // those under its dashboards included
	Began   time.Time
	Slack   time.Duration // how far the clock that says Began may be ahead of ours
}

// refuse returns an error for what was revoked: Unauthenticated, or Unavailable
// while the ledger cannot be read. It takes some 100 ns.
func (r *revocations) refuse(c revocable) error {
	k := r.known.Load()
	if !k.holds(r.clock()) {
		if k = r.catchUp(); k.err != nil {
			return report.Errorf(report.Unavailable, "Tokens cannot be checked at the moment. Try again.").Because(k.err)
		}
	}
	if by := k.revoked.find(c); by != nil {
		return report.Errorf(report.Unauthenticated, "The session was ended by the operator. Begin a new one.").
			Because(fmt.Errorf("revocation %s of %s %q", by.ID, by.Kind, by.Name))
	}
	return nil
}

// after returns when a session begins that is begun now: after what was revoked until
// now, whatever the clock says, which may have been set back.
func (r *revocations) after(c revocable) time.Time {
	k := r.known.Load()
	if k == nil || k.revoked == nil {
		return c.Began
	}
	for by := k.revoked.find(c); by != nil && by.Kind != RevokeKey && by.Kind != RevokeSession; by = k.revoked.find(c) {
		c.Began = by.Before.Add(time.Millisecond)
	}
	return c.Began
}

// catchUp reads the ledger for a request that finds nothing known. While the ledger
// fails, one request in a second waits for it.
func (r *revocations) catchUp() *known {
	r.reading.Lock()
	defer r.reading.Unlock()
	if k, now := r.known.Load(), r.clock(); k.holds(now) || k.failed(now) {
		return k // another request has read it
	}
	return r.read(context.Background())
}

// refresh asks the ledger whether it changed, and reads it if so.
func (r *revocations) refresh(ctx context.Context) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	return r.read(ctx).err
}

// read does so with r.reading held.
func (r *revocations) read(ctx context.Context) *known {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	next := &known{at: r.clock()}
	if last := r.known.Load(); last != nil {
		next.version, next.revoked = last.version, last.revoked
	}
	next.err = next.reread(ctx, r.ledger)
	next.done = r.clock()
	r.known.Store(next)
	return next
}

func (k *known) reread(ctx context.Context, ledger Ledger) error {
	version, err := ledger.Version(ctx)
	if err != nil || k.revoked != nil && version == k.version {
		return err
	}
	list, version, err := ledger.Revocations(ctx, k.at)
	if err != nil {
		return err
	}
	k.version, k.revoked = version, indexed(list)
	return nil
}

// watch asks the ledger every second until ctx ends, and tells when it cannot be
// read, and when it can again.
func (r *revocations) watch(ctx context.Context, changed func(error)) {
	ticker := time.NewTicker(rereadEvery)
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

// revoked is a list of revocations by what they name. It never changes. Of several
// that name the same, the one is kept that ends the youngest sessions.
type revoked struct {
	all      *Revocation
	sessions map[string]*Revocation
	subjects map[subjectOf]*Revocation
	views    map[string]*Revocation
	hosts    map[string]*Revocation
	keys     map[string]*Revocation
}

// A subjectOf is a subject of one host, or of any when host is empty.
type subjectOf struct{ host, subject string }

func indexed(list []Revocation) *revoked {
	r := &revoked{
		sessions: map[string]*Revocation{}, subjects: map[subjectOf]*Revocation{}, views: map[string]*Revocation{},
		hosts: map[string]*Revocation{}, keys: map[string]*Revocation{},
	}
	for i := range list {
		r.add(&list[i])
	}
	return r
}

func (r *revoked) add(by *Revocation) {
	switch by.Kind {
	case RevokeSession:
		keepYoungest(r.sessions, by.Name, by)
	case RevokeSubject:
		keepYoungest(r.subjects, subjectOf{by.Host, by.Name}, by)
	case RevokeView:
		keepYoungest(r.views, by.Name, by)
	case RevokeHost:
		keepYoungest(r.hosts, by.Name, by)
	case RevokeKey:
		r.keys[by.Name] = by
	default: // all, and what a newer Oriel may know and this one does not
		if r.all == nil || by.Before.After(r.all.Before) {
			r.all = by
		}
	}
}

func keepYoungest[K comparable](m map[K]*Revocation, key K, by *Revocation) {
	if old := m[key]; old == nil || by.Before.After(old.Before) {
		m[key] = by
	}
}

// find returns a revocation that holds for c, nil when there is none.
func (r *revoked) find(c revocable) *Revocation {
	if by := r.keys[c.Key]; by != nil && c.Key != "" {
		return by
	}
	if by := r.sessions[c.Session]; by != nil && c.Session != "" {
		return by // there is only one of the name, whenever its host says that it began
	}
	for _, by := range [...]*Revocation{r.all, r.hosts[c.Host]} {
		if by.ends(c) {
			return by
		}
	}
	if c.Subject != "" {
		for _, by := range [...]*Revocation{r.subjects[subjectOf{c.Host, c.Subject}], r.subjects[subjectOf{"", c.Subject}]} {
			if by.ends(c) {
				return by
			}
		}
	}
	for _, v := range c.Views {
		if by := r.views[v]; by.ends(c) {
			return by
		}
	}
	return nil
}

// ends reports whether r, which may be nil, ends a session: one that began at the
// last moment is ended. A ledger's beginning ends nothing that came after it,
// whatever the clock: hosts may sign while a server starts for the first time.
func (r *Revocation) ends(c revocable) bool {
	if r == nil {
		return false
	}
	if r.ID == beginningID {
		return !c.Began.After(r.Before)
	}
	return !c.Began.Add(-c.Slack).After(r.Before)
}
