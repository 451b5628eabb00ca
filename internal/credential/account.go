package credential

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// renewBefore is how long before its end a token is renewed.
	renewBefore = 5 * time.Minute
	// renewJitter spreads the renewals of accounts, and of servers, that started
	// together: a renewal comes up to this much earlier.
	renewJitter = time.Minute
	// margin is how long a token must still live to be handed out.
	margin = 10 * time.Second
	// youngToken is the age below which a token that Google refuses says that
	// something other than the token is wrong.
	youngToken = time.Minute
)

// shared is what all accounts of a keyring have in common.
type shared struct {
	ctx       context.Context // ends with the keyring
	running   *sync.WaitGroup // counts the goroutines that fetch
	clock     func() time.Time
	random    func() float64
	log       *slog.Logger
	onFetch   func(account string, took time.Duration, err error)
	onGCE     func() bool
	hosts     hosts
	transport http.RoundTripper
}

func newShared(ctx context.Context, running *sync.WaitGroup, c Config, allowed hosts) *shared {
	s := &shared{
		ctx: ctx, running: running, clock: c.Clock, random: c.Random, log: c.Logger,
		onFetch: c.OnFetch, onGCE: c.onGCE, hosts: allowed, transport: c.Transport,
	}
	if s.onGCE == nil {
		s.onGCE = onGCE
	}
	return s
}

// An account is the cache of one account's access token.
type account struct {
	*shared
	name  string
	place *place

	mu       sync.Mutex
	closed   bool
	identity *identity // never nil
	current  *Token    // nil before the first fetch and after a refusal
	used     bool      // current was handed out, so it is worth renewing
	renewAt  time.Time // when current is due for renewal
	flight   *flight   // the fetch under way, if any
	timer    *time.Timer
	failure  *Error    // the last fetch's failure; nil after a success
	failures int       // failures in a row
	since    time.Time // of the first of them
	logged   string    // what the log was told of them last
	retryAt  time.Time // no fetch before, while failure is set
	refusals int       // young tokens in a row that Google refused
}

// A flight is one fetch, shared by all who wait for it. Its fields are written
// before done is closed and not after.
type flight struct {
	identity *identity
	done     chan struct{}
	token    *Token
	failure  *Error
	// superseded: the key file changed meanwhile and the result was dropped.
	superseded bool
}

func newAccount(s *shared, name string, c Account) (*account, error) {
	p, err := s.find(c)
	if err != nil {
		return nil, named(err, name, "")
	}
	id, err := p.read(s.hosts)
	if err != nil {
		return nil, named(err, name, "")
	}
	p.polledAt = s.clock()
	return &account{shared: s, name: name, place: p, identity: id}, nil
}

// token returns a token that is good for the next request. The lock is never held
// while anything waits.
func (a *account) token(ctx context.Context) (*Token, *Error) {
	for {
		if ctx.Err() != nil {
			return nil, left(a.name, ctx)
		}
		a.reload(ctx)
		t, f, err := a.look()
		if t != nil || err != nil {
			return t, err
		}
		select {
		case <-ctx.Done():
			return nil, left(a.name, ctx)
		case <-f.done:
		}
		if !f.superseded {
			return f.token, f.failure
		}
	}
}

// look returns the current token, or the failure to tell, or else the flight to
// wait for. It starts flights where they are due.
func (a *account) look() (*Token, *flight, *Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	if a.closed {
		return nil, nil, a.closedError()
	}
	if a.current != nil && a.good(a.current, now) {
		a.used = true
		if !now.Before(a.renewAt) {
			a.startUnlessResting(now)
		}
		return a.current, nil, nil
	}
	if f := a.startUnlessResting(now); f != nil {
		return nil, f, nil
	}
	return nil, nil, a.remembered(now)
}

func (a *account) good(t *Token, now time.Time) bool {
	return now.Before(t.expires.Add(-margin))
}

// startUnlessResting returns the flight under way or a new one; nil while the account
// rests after a failure. The lock is held.
func (a *account) startUnlessResting(now time.Time) *flight {
	if a.flight != nil {
		return a.flight
	}
	if a.failure != nil && now.Before(a.retryAt) {
		return nil
	}
	f := &flight{identity: a.identity, done: make(chan struct{})}
	a.flight = f
	a.running.Go(func() { a.fly(f) })
	return f
}

func (a *account) fetching() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.flight != nil
}

// fly fetches a token and lands. It runs on a context of its own.
func (a *account) fly(f *flight) {
	t, failure := a.fetch(f.identity)
	a.mu.Lock()
	defer a.mu.Unlock()
	defer close(f.done)
	a.flight = nil
	if a.closed {
		f.failure = a.closedError()
		return
	}
	if f.identity != a.identity && !(failure == nil && f.identity.sameAs(a.identity)) {
		f.superseded = true
		return
	}
	if failure != nil {
		f.failure = a.failed(failure)
		return
	}
	a.landed(t, f.identity)
	f.token = t
}

// landed makes t the current token. The lock is held.
func (a *account) landed(t *Token, by *identity) {
	t.drop = a.refused
	// Without a good token before, somebody waits for this one.
	a.used = a.current == nil || !a.good(a.current, a.clock())
	a.current = t
	a.failure, a.failures, a.logged = nil, 0, ""
	a.renewAt = a.renewal(t)
	if by != a.identity {
		a.renewAt = a.clock()
	}
	a.log.Info("access token fetched", "account", a.name, "email", a.identity.address(), "expires", t.expires)
	a.wakeAt(a.renewAt)
}

// renewal returns when t is due: five minutes before its end, less some jitter. A
// token that is short-lived, as a metadata server's often is, is due at half its life.
func (a *account) renewal(t *Token) time.Time {
	life := t.expires.Sub(t.fetched)
	due := life - renewBefore - time.Duration(a.random()*float64(renewJitter))
	return t.fetched.Add(max(due, life/2))
}

// failed remembers a failure and sets the time of the next attempt. The lock is held.
func (a *account) failed(failure *Error) *Error {
	now := a.clock()
	a.failures++
	if a.failure == nil {
		a.since = now
	}
	pause := restFor(a.failures, failure, a.random)
	a.failure, a.retryAt = failure, now.Add(pause)
	level := slog.LevelWarn
	if failure.permanent || a.current == nil {
		level = slog.LevelError
	}
	if said := level.String() + failure.Message; said != a.logged {
		a.logged = said
	} else {
		level = slog.LevelDebug // once is enough
	}
	a.log.Log(a.ctx, level, "no access token", "account", a.name, "error", failure.Error(), "again_in", pause)
	if a.current != nil {
		a.wakeAt(a.retryAt)
	}
	return a.remembered(now)
}

// remembered returns the last failure as of now. The lock is held.
func (a *account) remembered(now time.Time) *Error {
	e := *a.failure
	e.RetryAfter = max(0, a.retryAt.Sub(now))
	return &e
}

// wakeAt schedules the next look at the current token. The timer runs on the
// machine's time, which need not be the clock's; hence the least pause. The lock is held.
func (a *account) wakeAt(at time.Time) {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = time.AfterFunc(max(at.Sub(a.clock()), time.Second), a.wake)
}

// wake renews the current token if somebody used it. An idle account's token ends
// in peace: the next caller fetches a new one.
func (a *account) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	if a.closed || a.current == nil || !a.used || !a.good(a.current, now) {
		return
	}
	if now.Before(a.renewAt) {
		a.wakeAt(a.renewAt)
		return
	}
	a.startUnlessResting(now)
}

// refused drops t if it is current. When one young token after another is
// refused, fetching more of them is no cure, and the account rests in between.
func (a *account) refused(t *Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.current != t {
		return
	}
	now := a.clock()
	a.current = nil
	a.refusals++
	if now.Sub(t.fetched) > youngToken {
		a.refusals = 0
	}
	if a.refusals > 1 {
		a.failures = a.refusals - 2 // failed counts this one
		a.failed(a.refusedError())
		return
	}
	a.log.Warn("Google refused the access token; fetching a new one", "account", a.name)
}

func (a *account) refusedError() *Error {
	return &Error{
		Account: a.name, Email: a.identity.address(), File: a.identity.file, Status: http.StatusUnauthorized,
		Message: "Google issues access tokens and then refuses them (401); check that the account is " +
			"enabled, and that the API and the token hosts belong to the same Google (or emulator)",
	}
}

// reload looks, every few seconds, whether the key file was replaced. One caller
// has it looked at, and waits no longer than its context: file systems hang, too.
func (a *account) reload(ctx context.Context) {
	if !a.place.due(a.clock()) {
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

// reread takes over a key file that was replaced. The lock is not held meanwhile.
func (a *account) reread() {
	id, err := a.place.changed(a.hosts)
	switch {
	case err != nil:
		a.log.Error("the key file cannot be used; keeping the key read before",
			"account", a.name, "error", named(err, a.name, a.Email()).Error())
	case id != nil:
		a.replace(id)
	}
}

// replace puts a new identity in the place of the old one. Callers keep the old
// one's token only where it is the same account's, and only until the renewal that
// starts with the next call.
func (a *account) replace(id *identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !id.sameAs(a.identity) {
		a.current = nil
	}
	a.identity = id
	a.failure, a.failures, a.refusals, a.logged = nil, 0, 0, ""
	a.renewAt = a.clock()
	a.log.Info("key file replaced", "account", a.name, "email", id.address(), "file", id.file)
}

func (a *account) closedError() *Error {
	return &Error{Account: a.name, Message: "the keyring is closed", Err: context.Canceled}
}

func (a *account) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.current = true, nil
	if a.timer != nil {
		a.timer.Stop()
	}
}

// Email returns the address of the identity in use.
func (a *account) Email() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.identity.address()
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
	now := a.clock()
	s.Failure, s.Since = a.remembered(now), a.since
	if now.Before(a.retryAt) {
		s.Again = a.retryAt
	}
	return s
}
