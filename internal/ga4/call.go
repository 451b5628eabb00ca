package ga4

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// A subject is what Google counts quotas by: an account (which stands for its
// Cloud project), a property and a category of methods.
type subject struct {
	account, property, category string
}

// The categories of methods. Source: the Data API's quotas page.
const (
	core     = "core"
	realtime = "realtime"
)

func subjectOf(q report.Query) subject {
	if q.Realtime {
		return subject{q.Account, q.Property, realtime}
	}
	return subject{q.Account, q.Property, core}
}

// A call is one request to Google, which may be sent more than once: all of them
// only read.
type call struct {
	subject     subject
	method      string // of the API, for logs and metrics
	verb, url   string
	body        []byte
	guarded     bool // counts against the property's quotas
	thresholded bool // counts against the quota of potentially thresholded requests
	pass        pass // of the attempt that was made last
	renewed     bool // an access token was refused, and another one is tried
	large       bool // holds Client.large

	// understand reads an answer; its error makes a failure of the attempt. Required.
	understand func(body []byte) error
	quotas     []Buckets // that the answer told
}

// largeAnswer is the size from which answers are read one at a time: a copy or
// two are made of each, and 250,000 rows are tens of megabytes.
const largeAnswer = 8 << 20

// readAll reads the body of an answer, up to one byte more than it may have. A large
// one waits for the one before it; release ends that.
func (g *Client) readAll(ctx context.Context, c *call, from io.Reader, most int64) ([]byte, error) {
	from = io.LimitReader(from, most+1)
	body, err := io.ReadAll(io.LimitReader(from, largeAnswer))
	if err != nil || len(body) < largeAnswer {
		return body, err
	}
	if !c.large {
		select {
		case g.large <- struct{}{}:
			c.large = true
		case <-ctx.Done():
			return nil, errHeldUp
		}
	}
	rest := bytes.NewBuffer(body)
	_, err = rest.ReadFrom(from)
	return rest.Bytes(), err
}

// errHeldUp is why a large answer was not read: others were, for as long as there was time.
// Google is not to blame.
var errHeldUp = errors.New("other large answers were being read for too long")

// release lets the next large answer be read, when that of c has become a report.
func (g *Client) release(c *call) {
	if c.large {
		c.large = false
		<-g.large
	}
}

// maxRepeats is how often a call that failed in passing is sent again.
const maxRepeats = 2

// do sends a call until its answer is understood, it is refused, or has failed too often.
func (g *Client) do(ctx context.Context, c *call) *report.Error {
	defer g.release(c)
	for n := 0; ; n++ {
		f := g.attempt(ctx, c)
		if f == nil {
			return nil
		}
		switch {
		case f.err != nil:
			return f.err
		case f.renewing:
			c.renewed, n = true, n-1
			continue
		case !f.passing() || n >= maxRepeats || c.guarded && !g.guards.retry(c.subject, c.pass.question, g.config.Clock()) || !g.pause(ctx, n, f):
			return g.translate(c, f)
		}
	}
}

// pause waits before the next attempt; false when ctx ends first.
func (g *Client) pause(ctx context.Context, n int, f *failure) bool {
	d := g.config.RetryPause << n
	if f.status == http.StatusTooManyRequests {
		d *= 2
	}
	return Pause(ctx, d/2+time.Duration(float64(d)*g.config.Random()))
}

// Pause waits for d; false when ctx ends first.
func Pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt sends a call once, under the guard of its subject.
func (g *Client) attempt(ctx context.Context, c *call) *failure {
	if c.guarded {
		var err *report.Error
		if c.pass, err = g.guards.enter(ctx, c.subject, c.url+string(c.body), c.thresholded, g.config.Clock); err != nil {
			return ours(err)
		}
	}
	start := g.config.Clock()
	body, f := g.send(ctx, c)
	end := g.config.Clock()
	if f == nil {
		f = c.read(body)
	}
	if f != nil {
		f.advice, f.renewing = g.advice(c, f), f.outcome == unauthenticated && !c.renewed
	}
	if c.guarded {
		was, is := g.guards.leave(c.subject, c.pass, f, end)
		g.logTrouble(c.subject, was, is, end)
	}
	for _, told := range c.quotas {
		g.noteQuota(c, told, end)
	}
	g.observe(c, f, end.Sub(start))
	return f
}

// read makes a failure of an answer that is not understood.
func (c *call) read(body []byte) *failure {
	c.quotas = nil
	if err := c.understand(body); err != nil {
		return &failure{outcome: malformed, status: http.StatusOK, cause: err}
	}
	return nil
}

func (g *Client) observe(c *call, f *failure, took time.Duration) {
	how := answered
	if f != nil {
		how = f.outcome
		g.config.Logger.LogAttrs(context.Background(), slog.LevelDebug, "Google refused or failed",
			slog.String("method", c.method), slog.String("account", c.subject.account),
			slog.String("property", c.subject.property), slog.Int("status", f.status),
			slog.String("said", report.RedactCredentials(printable(f.message, maxSaid))), slog.Any("cause", f.cause))
	}
	if g.config.Observer.Request != nil {
		g.config.Observer.Request(c.method, string(how), took)
	}
}

// send sends a call once. A 401 gives the token back as refused.
func (g *Client) send(parent context.Context, c *call) ([]byte, *failure) {
	token, err := g.config.Keyring.AccessToken(parent, c.subject.account)
	if err != nil {
		return nil, ours(tokenError(err))
	}
	ctx, cancel := context.WithTimeout(parent, g.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, c.verb, c.url, bytes.NewReader(c.body))
	if err != nil {
		return nil, ours(report.AsError(err))
	}
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "oriel (gzip)")
	token.Authorize(request)
	response, err := g.http.Do(request)
	if err != nil {
		return nil, g.unanswered(parent, err)
	}
	defer response.Body.Close()
	body, f := g.read(ctx, parent, c, response)
	if f != nil && f.outcome == unauthenticated {
		token.Reject()
	}
	return body, f
}

// maxErrorBytes is how much is read of an answer that is not a report.
const maxErrorBytes = 64 << 10

// read reads an answer within ctx, which ends before that of whoever asks, parent.
// Only a 200 that begins as JSON can be one to the question, and so be too large.
func (g *Client) read(ctx, parent context.Context, c *call, r *http.Response) ([]byte, *failure) {
	most := g.config.MaxAnswerBytes
	body := bufio.NewReader(r.Body)
	first, _ := body.Peek(1) // what goes wrong shows again below
	whole := r.StatusCode == http.StatusOK && (len(first) == 0 || strings.ContainsAny(string(first), "{[ \t\r\n"))
	if !whole {
		most = maxErrorBytes
	}
	text, err := g.readAll(ctx, c, body, most)
	switch {
	case errors.Is(err, errHeldUp) && parent.Err() == nil:
		return nil, ours(comeBack(report.Unavailable, atOnce).Because(fmt.Errorf("%s: %w", c, err)))
	case err != nil:
		return nil, g.unanswered(parent, err)
	case !whole || len(text) == 0:
		return nil, readFailure(r, text)
	case int64(len(text)) > most:
		return nil, ours(tooLarge(most))
	}
	return text, nil
}

// unanswered is the failure of a request that got no whole answer.
func (g *Client) unanswered(parent context.Context, err error) *failure {
	if parent.Err() != nil {
		return ours(report.AsError(parent.Err()))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &failure{outcome: timedOut, cause: err}
	}
	return &failure{outcome: unreachable, cause: err}
}

func tooLarge(limit int64) *report.Error {
	return report.Errorf(report.TooLarge, "The answer is too large. Ask for fewer rows with limit.").
		Because(fmt.Errorf("Google's answer is larger than %d bytes", limit))
}

// tokenError says why there is no access token, in the words of reports. A key that
// is disabled or lost is no word about any property: what is known of them may
// still be told, unlike when Google says that the account may not read one. The
// keyring has logged it.
func tokenError(err error) *report.Error {
	var e *credential.Error
	switch {
	case errors.As(err, &e) && e.Canceled():
		return report.AsError(e.Err)
	case errors.As(err, &e) && e.Permanent():
		u := report.Errorf(report.Unavailable, unreadable).Because(logged{err})
		u.RetryAfter = e.RetryAfter
		return u
	case errors.As(err, &e):
		return comeBack(report.Unavailable, or(e.RetryAfter, atOnce)).Because(logged{err})
	}
	return report.AsError(err)
}
