package credential

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/auth"

	"github.com/oriel-server/oriel/internal/secret"
)

// fetch asks for a token, a few times where that may help.
func (a *account) fetch(id *identity) (*Token, *Error) {
	ctx, cancel := context.WithTimeout(a.ctx, fetchTime)
	defer cancel()
	for n := 0; ; n++ {
		t, failure := a.attempt(ctx, id)
		if failure == nil {
			return t, nil
		}
		pause := pauseBetweenAttempts().pause(n, a.random)
		if failure.permanent || n+1 == attempts || failure.RetryAfter > pause || !sleep(ctx, pause) {
			return nil, failure
		}
	}
}

// sleep waits and reports whether ctx outlived the pause.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// attempt asks once. The provider is built anew each time: the library's own cache
// would return a token that is due for renewal, and gives up after one failure.
func (a *account) attempt(ctx context.Context, id *identity) (*Token, *Error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	rec := &recorder{next: guard{a.hosts, a.transport}}
	started := a.clock()
	raw, err := id.ask(ctx, &http.Client{Transport: rec, CheckRedirect: stay})
	t, failure := a.judge(id, raw, err, rec)
	took := a.clock().Sub(started)
	if failure != nil {
		a.onFetch(a.name, took, failure)
		return nil, failure
	}
	a.onFetch(a.name, took, nil)
	return t, nil
}

func (id *identity) ask(ctx context.Context, client *http.Client) (*auth.Token, error) {
	p, err := id.provider(client)
	if err != nil {
		return nil, err
	}
	return p.Token(ctx)
}

const (
	// lifeUnsaid is how long a token is used whose end Google did not tell.
	lifeUnsaid = 10 * time.Minute
	// longestLife keeps a nonsensical expires_in from becoming a token for ever.
	longestLife = 12 * time.Hour
)

// judge turns the library's answer into a token that ends by our clock, or an Error.
func (a *account) judge(id *identity, raw *auth.Token, err error, rec *recorder) (*Token, *Error) {
	if err != nil {
		return nil, a.explain(id, err, rec.answer())
	}
	if raw == nil || raw.Value == "" {
		return nil, a.blame(id, a.noAccessToken(id, raw, rec.answer()))
	}
	life := lifeUnsaid
	if !raw.Expiry.IsZero() {
		// The library counts by the machine's clock.
		life = min(time.Until(raw.Expiry), longestLife)
	}
	if life <= margin {
		return nil, a.blame(id, &Error{
			Status:  rec.answer().status,
			Message: "Google's answer holds an access token that has ended already; check this machine's clock",
		})
	}
	if mail := raw.MetadataString(metadataEmail); mail != "" {
		id.learned.Store(&mail)
	}
	now := a.clock()
	return &Token{secret: secret.New(raw.Value), fetched: now, expires: now.Add(life)}, nil
}

// noAccessToken explains an answer of 200 without a token. Google gives an ID
// token instead when it does not know one of the scopes.
func (a *account) noAccessToken(id *identity, raw *auth.Token, last answer) *Error {
	if raw != nil && raw.MetadataString("id_token") != "" {
		return &Error{permanent: true, Status: last.status, Message: "Google answered without an access token: " +
			"it gave an ID token, as it does for a scope that it does not know (" + Scope + ")"}
	}
	e := a.explainForeign(id, last)
	e.Message += " and without an access token"
	return e
}

// blame names the account in e.
func (a *account) blame(id *identity, e *Error) *Error {
	e.Account, e.Email, e.File = a.name, id.address(), id.file
	return e
}

// maxAnswer is how much of an answer is kept for explaining it.
const maxAnswer = 64 << 10

// An answer is what came back last in an attempt.
type answer struct {
	host   string
	status int // 0 without an answer
	header http.Header
	body   []byte // of an error or a page; nil for what may hold a token
}

// recorder keeps the last answer, for the library's errors hold as text what has
// to be told apart, and print whole bodies.
type recorder struct {
	next http.RoundTripper

	mu   sync.Mutex
	last answer
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	p, err := r.next.RoundTrip(q)
	if err != nil {
		r.keep(answer{host: q.URL.Host})
		return nil, err
	}
	kept := answer{host: q.URL.Host, status: p.StatusCode, header: p.Header}
	if p.StatusCode >= 300 || strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		// The status says enough where the body breaks off.
		kept.body, _ = io.ReadAll(io.LimitReader(p.Body, maxAnswer))
		_ = p.Body.Close()
		p.Body = io.NopCloser(bytes.NewReader(kept.body))
	}
	r.keep(kept)
	return p, nil
}

func (r *recorder) keep(a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = a
}

func (r *recorder) answer() answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
