package ga4

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/upstream"
)

// A quotaKey is what Google counts quotas by: an account (which stands for its
// Cloud project), a property and a category of methods.
type quotaKey struct {
	account, property, category string
}

// The categories of methods. Source: the Data API's quotas page.
const (
	core     = "core"
	realtime = "realtime"
)

func quotaKeyOf(q report.Query) quotaKey {
	if q.Realtime {
		return quotaKey{q.Account, q.Property, realtime}
	}
	return quotaKey{q.Account, q.Property, core}
}

// A call is one request to Google, which may be sent more than once: all of them
// only read.
type call struct {
	key         quotaKey
	method      string // of the API, for logs and metrics
	verb, url   string
	body        []byte
	breaker     *breaker // nil when no quota of a property counts the call
	thresholded bool     // the quota of potentially thresholded requests counts it
	class       report.Class
	ticket      ticket // of the last attempt
	newToken    bool   // the last attempt had a new access token, since one was refused
	large       bool   // holds Client.large
	reports     int    // of a batch; 0 for a single answer

	// decode reads a response; its error makes the attempt a failure. Required.
	decode   func(body []byte) error
	quotas   []Buckets // of the response
	timeZone string    // of the property, as the response has it
}

// String names a call for operators.
func (c *call) String() string {
	s := fmt.Sprintf("%s by account %q", c.method, c.key.account)
	if c.key.property != "" {
		s += " of property " + c.key.property
	}
	return s
}

// maxRetriesPerCall is how often a call with a transient failure is sent again.
const maxRetriesPerCall = 2

// do sends a call until its response is decoded, it is refused, or has failed too often.
func (g *Client) do(ctx context.Context, c *call) *report.Error {
	defer g.release(c)
	for n := 0; ; n++ {
		f := g.attempt(ctx, c)
		switch {
		case f == nil:
			return nil
		case f.err != nil:
			return f.err
		case f.renewing:
			c.newToken, n = true, n-1
		case !f.transient() || n >= maxRetriesPerCall || !g.mayRetry(c) || !g.pause(ctx, n, f):
			return g.reportError(c, f)
		}
	}
}

func (g *Client) mayRetry(c *call) bool {
	return c.breaker == nil || c.breaker.retry(c.ticket.request, g.config.Clock())
}

// pause waits before the next attempt; false when ctx ends first.
func (g *Client) pause(ctx context.Context, n int, f *failure) bool {
	first := g.config.RetryPause
	if f.status == http.StatusTooManyRequests {
		first *= 2
	}
	b := upstream.Backoff{Min: first / 2, First: 3 * first / 2, Max: time.Minute}
	return upstream.Sleep(ctx, b.Pause(n, g.config.Random))
}

// attempt sends a call once, if its breaker admits it.
func (g *Client) attempt(ctx context.Context, c *call) *failure {
	if c.breaker != nil {
		var err *report.Error
		if c.ticket, err = c.breaker.acquire(ctx, c.url+string(c.body), c.thresholded, c.class, g.config.Clock); err != nil {
			return localFailure(err)
		}
	}
	start := g.config.Clock()
	g.quotas.begin(c)
	body, f := g.send(ctx, c)
	g.quotas.end(c)
	end := g.config.Clock()
	c.quotas = nil
	if f == nil {
		if err := c.decode(body); err != nil {
			f = &failure{outcome: malformed, status: http.StatusOK, cause: err}
		}
	}
	if f != nil {
		f.hint, f.renewing = g.hint(c, f), f.outcome == unauthenticated && !c.newToken
	}
	if c.breaker != nil {
		was, is := c.breaker.release(c.ticket, f, end)
		g.logIncident(c.key, was, is, end)
	}
	for _, b := range c.quotas {
		g.recordQuota(c, b, end)
	}
	if f != nil && f.err != nil && f.err.Kind == report.TooLarge {
		g.quotas.spend(c, Bucket{Consumed: tooLargeTokens}, end)
	}
	g.observe(c, f, end.Sub(start))
	return f
}

func (g *Client) observe(c *call, f *failure, took time.Duration) {
	result := succeeded
	if f != nil {
		result = f.outcome
		g.config.Logger.Debug("Google refused or failed",
			"method", c.method, "account", c.key.account, "property", c.key.property, "status", f.status,
			"message", report.RedactCredentials(upstream.OneLine(f.message, maxMessage)), "cause", f.cause)
	}
	if g.config.Observer.Request != nil {
		g.config.Observer.Request(c.method, string(result), took)
	}
}

// send sends a call once, and rejects an access token that Google refuses.
func (g *Client) send(parent context.Context, c *call) ([]byte, *failure) {
	token, err := g.config.Keyring.AccessToken(parent, c.key.account)
	if err != nil {
		return nil, localFailure(tokenError(err))
	}
	ctx, cancel := context.WithTimeout(parent, g.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, c.verb, c.url, bytes.NewReader(c.body))
	if err != nil {
		return nil, localFailure(report.AsError(err))
	}
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "oriel (gzip)")
	token.Authorize(request)
	response, err := g.http.Do(request)
	if err != nil {
		return nil, noResponse(parent, err)
	}
	defer response.Body.Close()
	body, f := g.read(ctx, parent, c, response)
	if f != nil && f.outcome == unauthenticated {
		token.Reject()
	}
	return body, f
}

// maxErrorBytes is how much is read of a response that is not a report.
const maxErrorBytes = 64 << 10

// read reads a response within ctx, which ends before the caller's context, parent.
// Only a 200 that begins as JSON may be the expected one, and so be too large.
func (g *Client) read(ctx, parent context.Context, c *call, r *http.Response) ([]byte, *failure) {
	limit := g.config.MaxAnswerBytes * int64(max(1, c.reports))
	body := bufio.NewReader(r.Body)
	first, _ := body.Peek(1) // an error comes again below
	expected := r.StatusCode == http.StatusOK && (len(first) == 0 || strings.ContainsAny(string(first), "{[ \t\r\n"))
	if !expected {
		limit = maxErrorBytes
	}
	text, err := g.readAll(ctx, c, io.LimitReader(body, limit+1))
	switch {
	case errors.Is(err, errLargeResponses) && parent.Err() == nil:
		return nil, localFailure(retryLater(report.Unavailable, soon).Because(fmt.Errorf("%s: %w", c, err)))
	case err != nil:
		return nil, noResponse(parent, err)
	case !expected || len(text) == 0:
		return nil, decodeFailure(upstream.Response{Host: r.Request.URL.Host, Status: r.StatusCode, Header: r.Header, Body: text})
	case int64(len(text)) > limit:
		return nil, localFailure(report.TooLargeAnswer(int(g.config.MaxAnswerBytes)).
			Because(fmt.Errorf("Google's answer is larger than %d bytes", limit)))
	}
	return text, nil
}

// errLargeResponses means that other large responses were being read until the timeout.
// Google is not at fault.
var errLargeResponses = errors.New("other large answers were being read for too long")

// readAll reads a body. A large one waits until the one before it is released.
func (g *Client) readAll(ctx context.Context, c *call, from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, g.config.LargeBytes))
	if err != nil || int64(len(body)) < g.config.LargeBytes {
		return body, err
	}
	if !c.large {
		select {
		case g.large <- struct{}{}:
			c.large = true
		case <-ctx.Done():
			return nil, errLargeResponses
		}
	}
	all := bytes.NewBuffer(body)
	_, err = all.ReadFrom(from)
	return all.Bytes(), err
}

// release lets the next large response be read, once that of c is a report.
func (g *Client) release(c *call) {
	if c.large {
		c.large = false
		<-g.large
	}
}

// noResponse is the failure of a request without a whole response.
func noResponse(parent context.Context, err error) *failure {
	switch {
	case parent.Err() != nil:
		return localFailure(report.AsError(parent.Err()))
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{outcome: timedOut, cause: err}
	}
	return &failure{outcome: unreachable, cause: err}
}

// tokenError makes a report.Error of the keyring's, which has logged it. A key that
// is disabled or lost says nothing about any property: stored data may
// still be served, unlike when Google says that the account may not read a property.
func tokenError(err error) *report.Error {
	e, ok := errors.AsType[*credential.Error](err)
	switch {
	case !ok:
		return report.AsError(err)
	case e.Canceled():
		return report.AsError(e.Err)
	case e.Permanent():
		u := report.Errorf(report.Unavailable, unreadable).Because(logged{err})
		u.RetryAfter = e.RetryAfter
		return u
	}
	return retryLater(report.Unavailable, cmp.Or(e.RetryAfter, soon)).Because(logged{err})
}
