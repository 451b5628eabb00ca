package credential

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// renewBefore is how long before its expiry a token is renewed.
	renewBefore = 5 * time.Minute
	// renewJitter spreads the renewals of accounts, and of servers, that started
	// together: a renewal comes up to this much earlier.
	renewJitter = time.Minute
	// margin is the least remaining lifetime of a token that is returned to a caller.
	margin = 10 * time.Second
	// youngToken is the age below which a rejected token means that something other
	// than the token is wrong.
	youngToken = time.Minute
)

// shared is what all accounts of a keyring have in common.
type shared struct {
	Config                  // with its defaults
	ctx     context.Context // ends when the keyring is closed
	running sync.WaitGroup  // counts the goroutines that fetch
	hosts   hosts
}

// An account caches one account's access token.
type account struct {
	*shared
	name   string
	source *keySource

	mu       sync.Mutex
	closed   bool
	identity *identity // never nil
	current  *Token    // nil before the first fetch and after a rejection
	used     bool      // current was returned to a caller, so it is worth renewing
	renewAt  time.Time // when current is due for renewal
	pending  *fetch    // the fetch in flight, if any
	timer    *time.Timer
	failure  *Error    // the last fetch's failure; nil after a success
	failures int       // failures in a row
	since    time.Time // of the first of them
	logged   string    // level and text of the last one in the log
	retryAt  time.Time // no fetch before, while failure is set
	rejected int       // young tokens in a row that Google refused
}

// A fetch is one request for a token, shared by all callers that wait for it. Its
// results are written before done is closed and not after.
type fetch struct {
	identity *identity
	done     chan struct{}
	token    *Token
	failure  *Error
	// superseded is set when the key file changed meanwhile and the result was dropped.
	superseded bool
}

func newAccount(s *shared, name string, c Account) (*account, error) {
	source, err := s.find(c)
	if err != nil {
		return nil, err.withAccount(name, "")
	}
	id, err := source.read(s.hosts)
	if err != nil {
		return nil, err.withAccount(name, "")
	}
	source.polledAt = s.Clock()
	return &account{shared: s, name: name, source: source, identity: id}, nil
}

// token returns a token that is good for the next request. The lock is never held
// while anything waits.
func (a *account) token(ctx context.Context) (*Token, *Error) {
	for {
		if ctx.Err() != nil {
			return nil, callerLeft(a.name, ctx.Err())
		}
		a.reload(ctx)
		t, f, err := a.cached()
		if t != nil || err != nil {
			return t, err
		}
		select {
		case <-ctx.Done():
			return nil, callerLeft(a.name, ctx.Err())
		case <-f.done:
		}
		if !f.superseded {
			return f.token, f.failure
		}
	}
}

// cached returns the current token, or the last failure while no fetch is due, or else the
// fetch to wait for. It starts fetches that are due.
func (a *account) cached() (*Token, *fetch, *Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Clock()
	if a.closed {
		return nil, nil, a.closedError()
	}
	if a.valid(now) {
		a.used = true
		if !now.Before(a.renewAt) {
			a.startFetch(now)
		}
		return a.current, nil, nil
	}
	if f := a.startFetch(now); f != nil {
		return nil, f, nil
	}
	return nil, nil, a.lastFailure(now)
}

// valid reports whether there is a token that may be returned. The lock is held.
func (a *account) valid(now time.Time) bool {
	return a.current != nil && now.Before(a.current.expires.Add(-margin))
}

// startFetch returns the fetch in flight or a new one; nil while the account waits after
// a failure. The lock is held.
func (a *account) startFetch(now time.Time) *fetch {
	if a.pending == nil && (a.failure == nil || !now.Before(a.retryAt)) {
		f := &fetch{identity: a.identity, done: make(chan struct{})}
		a.pending = f
		a.running.Go(func() { a.run(f) })
	}
	return a.pending
}

func (a *account) fetching() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pending != nil
}

// run fetches a token and records the result. It runs on a context of its own.
func (a *account) run(f *fetch) {
	t, failure := a.fetch(f.identity)
	a.mu.Lock()
	defer a.mu.Unlock()
	defer close(f.done)
	a.pending = nil
	switch {
	case a.closed:
		f.failure = a.closedError()
	case f.identity != a.identity && !(failure == nil && f.identity.sameAs(a.identity)):
		f.superseded = true
	case failure != nil:
		f.failure = a.failed(failure)
	default:
		f.token = t
		a.store(t, f.identity)
	}
}

// store makes t the current token. The lock is held.
func (a *account) store(t *Token, by *identity) {
	now := a.Clock()
	t.drop = a.reject
	a.used = !a.valid(now) // then a caller waits for this one
	a.current = t
	a.failure, a.failures, a.logged = nil, 0, ""
	a.renewAt = a.renewal(t)
	if by != a.identity {
		a.renewAt = now
	}
	a.Logger.Info("access token fetched", "account", a.name, "email", a.identity.address(), "expires", t.expires)
	a.wakeAt(a.renewAt)
}

// renewal returns when t is due: renewBefore ahead of its expiry, less some jitter. A
// short-lived token, as a metadata server often returns, is due at half its life.
func (a *account) renewal(t *Token) time.Time {
	life := t.expires.Sub(t.fetched)
	due := life - renewBefore - time.Duration(a.Random()*float64(renewJitter))
	return t.fetched.Add(max(due, life/2))
}

// failed records a failure and sets the time of the next attempt. The lock is held.
func (a *account) failed(failure *Error) *Error {
	now := a.Clock()
	a.failures++
	if a.failure == nil {
		a.since = now
	}
	pause := cooldown(a.failures, failure, a.Random)
	a.failure, a.retryAt = failure, now.Add(pause)
	level := slog.LevelWarn
	if failure.permanent || a.current == nil {
		level = slog.LevelError
	}
	if entry := level.String() + failure.Message; entry != a.logged {
		a.logged = entry
	} else {
		level = slog.LevelDebug // logged already
	}
	a.Logger.Log(a.ctx, level, "no access token", "account", a.name, "error", failure.Error(), "again_in", pause)
	if a.current != nil {
		a.wakeAt(a.retryAt)
	}
	return a.lastFailure(now)
}

// lastFailure returns the last failure with the wait as of now. The lock is held.
func (a *account) lastFailure(now time.Time) *Error {
	e := *a.failure
	e.RetryAfter = max(0, a.retryAt.Sub(now))
	return &e
}

// wakeAt schedules the next check of the current token. The timer runs on the
// machine's time, which need not be Clock's; hence the least pause. The lock is held.
func (a *account) wakeAt(at time.Time) {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = time.AfterFunc(max(at.Sub(a.Clock()), time.Second), a.wake)
}

// wake renews the current token if it was used. That of an idle account expires, and
// the next caller fetches a new one.
func (a *account) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Clock()
	switch {
	case a.closed || !a.used || !a.valid(now):
	case now.Before(a.renewAt):
		a.wakeAt(a.renewAt)
	default:
		a.startFetch(now)
	}
}

// reject drops t if it is current. When Google refuses one young token after another,
// fetching more of them does not help, and the account waits in between.
func (a *account) reject(t *Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.current != t {
		return
	}
	a.current = nil
	a.rejected++
	if a.Clock().Sub(t.fetched) > youngToken {
		a.rejected = 0
	}
	if a.rejected > 1 {
		a.failures = a.rejected - 2 // failed counts this one
		a.failed(a.fill(a.identity, &Error{
			Status: http.StatusUnauthorized,
			Message: "Google issues access tokens and then refuses them (401); check that the account is " +
				"enabled, and that the API and the token hosts belong to the same Google (or emulator)",
		}))
		return
	}
	a.Logger.Warn("Google refused the access token; fetching a new one", "account", a.name)
}

// reload checks, every few seconds, whether the key file was replaced. One caller
// has it checked, and waits no longer than its context: file systems hang, too.
func (a *account) reload(ctx context.Context) {
	if !a.source.due(a.Clock()) {
		return
	}
	done := make(chan struct{})
	if !a.start(func() { defer close(done); a.reread() }) {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// start runs f on a goroutine that Close waits for, unless the account is closed.
func (a *account) start(f func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.running.Go(f)
	}
	return !a.closed
}

// reread switches to a key file that was replaced. The lock is not held while it reads.
func (a *account) reread() {
	id, err := a.source.changed(a.hosts)
	switch {
	case err != nil:
		a.Logger.Error("the key file cannot be used; keeping the key read before",
			"account", a.name, "error", err.withAccount(a.name, a.status().Email).Error())
	case id != nil:
		a.replace(id)
	}
}

// replace switches to a new identity. Callers keep the old one's token only where it is
// the same account's, and only until the renewal that starts with the next call.
func (a *account) replace(id *identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !id.sameAs(a.identity) {
		a.current = nil
	}
	a.identity = id
	a.failure, a.failures, a.rejected, a.logged = nil, 0, 0, ""
	a.renewAt = a.Clock()
	a.Logger.Info("key file replaced", "account", a.name, "email", id.address(), "file", id.file)
}

func (a *account) closedError() *Error {
	return &Error{Account: a.name, Message: keyringClosed, Err: context.Canceled}
}

func (a *account) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.current = true, nil
	if a.timer != nil {
		a.timer.Stop()
	}
}

func (a *account) status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Status{Account: a.name, Email: a.identity.address(), Type: a.identity.kind, File: a.identity.file}
	if a.current != nil {
		s.Expires = a.current.expires
	}
	if a.failure == nil {
		return s
	}
	now := a.Clock()
	s.Failure, s.Since = a.lastFailure(now), a.since
	if now.Before(a.retryAt) {
		s.Again = a.retryAt
	}
	return s
}
