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
	"github.com/oriel-server/oriel/internal/upstream"
)

const (
	// maxAttempts is how often one fetch asks before it fails.
	maxAttempts = 3
	// attemptTimeout limits one request, fetchTimeout a fetch with all its attempts.
	attemptTimeout = 10 * time.Second
	fetchTimeout   = 25 * time.Second
	// maxRetryAfter is the longest pause that Google's Retry-After can demand.
	maxRetryAfter = 10 * time.Minute
)

// attemptBackoff returns the pauses within a fetch, which are short: callers are waiting.
func attemptBackoff() upstream.Backoff {
	return upstream.Backoff{Min: 50 * time.Millisecond, First: 200 * time.Millisecond, Max: 2 * time.Second}
}

// cooldown returns how long callers get the n-th failure in a row, counted from 1, without
// Google being asked again: at least as long as Google asked for.
func cooldown(n int, failure *Error, random func() float64) time.Duration {
	b := upstream.Backoff{Min: time.Second, First: 2 * time.Second, Max: time.Minute}
	if failure.permanent {
		b = upstream.Backoff{Min: 15 * time.Second, First: 30 * time.Second, Max: 10 * time.Minute}
	}
	return max(b.Pause(n-1, random), min(failure.RetryAfter, maxRetryAfter))
}

// fetch asks for a token, a few times where that may help.
func (a *account) fetch(id *identity) (*Token, *Error) {
	ctx, cancel := context.WithTimeout(a.ctx, fetchTimeout)
	defer cancel()
	for n := 0; ; n++ {
		t, failure := a.attempt(ctx, id)
		if failure == nil {
			return t, nil
		}
		pause := attemptBackoff().Pause(n, a.Random)
		if failure.permanent || n+1 == maxAttempts || failure.RetryAfter > pause || !upstream.Sleep(ctx, pause) {
			return nil, failure
		}
	}
}

// attempt asks once, with a new provider each time: the library's own cache
// would return a token that is due for renewal, and gives up after one failure.
func (a *account) attempt(ctx context.Context, id *identity) (*Token, *Error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	rec := &recorder{next: allowListed{a.hosts, a.Transport}}
	started := a.Clock()
	raw, err := id.ask(ctx, &http.Client{Transport: rec, CheckRedirect: upstream.NoRedirects})
	t, failure := a.result(id, raw, err, rec.response())
	took := a.Clock().Sub(started)
	if failure != nil {
		a.OnFetch(a.name, took, failure)
		return nil, failure
	}
	a.OnFetch(a.name, took, nil)
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
	// defaultLife is how long a token is used whose expiry Google did not tell.
	defaultLife = 10 * time.Minute
	// maxLife keeps a nonsensical expires_in from making a token eternal.
	maxLife = 12 * time.Hour
)

// result turns the library's result into a token that expires by our clock, or an Error.
func (a *account) result(id *identity, raw *auth.Token, err error, last response) (*Token, *Error) {
	if err != nil {
		return nil, a.explain(id, err, last)
	}
	if raw == nil || raw.Value == "" {
		return nil, a.fill(id, a.explainNoToken(id, raw, last))
	}
	life := defaultLife
	if !raw.Expiry.IsZero() {
		life = min(time.Until(raw.Expiry), maxLife) // the library counts by the machine's clock
	}
	if life <= margin {
		return nil, a.fill(id, &Error{
			Status:  last.Status,
			Message: "Google's answer holds an access token that has expired already; check this machine's clock",
		})
	}
	if mail := raw.MetadataString(metadataEmail); mail != "" {
		id.learned.Store(&mail)
	}
	now := a.Clock()
	return &Token{secret: secret.New(raw.Value), fetched: now, expires: now.Add(life)}, nil
}

// maxBody is how much of a response is kept for explaining it.
const maxBody = 64 << 10

// A response is the last one of an attempt. It keeps the bodies of errors and pages, and
// none that may hold a token.
type response struct{ upstream.Response }

// A recorder keeps the last response: the library's errors quote whole bodies, and
// hold as text what has to be told apart.
type recorder struct {
	next http.RoundTripper

	mu   sync.Mutex
	last response
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	p, err := r.next.RoundTrip(q)
	kept := upstream.Response{Host: q.URL.Host}
	if err == nil {
		kept.Status, kept.Header = p.StatusCode, p.Header
		if p.StatusCode >= 300 || strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			kept.Body, _ = io.ReadAll(io.LimitReader(p.Body, maxBody)) // without the rest, the status says enough
			_ = p.Body.Close()
			p.Body = io.NopCloser(bytes.NewReader(kept.Body))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = response{kept}
	return p, err
}

func (r *recorder) response() response {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
