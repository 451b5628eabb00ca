// Package ga4 asks Google: the Analytics Data API v1beta for reports and fields,
// the Admin API v1beta for properties. It knows their words, limits, quotas and
// errors, and nothing of views or viewers.
package ga4

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// Google's own addresses.
const (
	DefaultDataURL  = "https://analyticsdata.googleapis.com"
	DefaultAdminURL = "https://analyticsadmin.googleapis.com"
)

// Config is what a Client needs.
type Config struct {
	// DataURL and AdminURL are the roots of the two APIs. Empty: Google's.
	DataURL, AdminURL string
	// Keyring gives the access tokens. Required.
	Keyring credential.Keyring
	// Transport carries the requests. The default is a transport of the
	// client's own, which honours the proxy variables of the environment.
	Transport http.RoundTripper
	// Clock tells the time. Required.
	Clock func() time.Time
	// Logger gets failures of Google, with account and property. Required.
	Logger *slog.Logger
	// Email returns an account's e-mail address, or "" when it has none, for
	// errors that say whom to give access. Optional.
	Email func(account string) string
	// Observer is told of requests and quotas. Optional.
	Observer Observer
	// Random returns a number in [0, 1), for jitter. The default is
	// math/rand/v2's.
	Random func() float64
	// Timeout bounds one request to Google. The default is 60 s.
	Timeout time.Duration
	// RetryPause is the first pause before a request is repeated; later ones
	// are longer. The default is 400 ms.
	RetryPause time.Duration
	// MaxAnswerBytes bounds an answer of Google. The default is 128 MiB:
	// 250,000 rows of three dimensions and three metrics are some 60.
	MaxAnswerBytes int64
}

// An Observer is told what happens, for metrics. Its functions may be nil, are
// called from several goroutines and must not block.
type Observer struct {
	// Request is called after each HTTP request to Google. Method is the API's
	// (runReport, getMetadata …), outcome "ok" or what went wrong: see type outcome.
	Request func(method, outcome string, took time.Duration)
	// Quota is called whenever Google told what is left.
	Quota func(Quota)
	// InFlight is called when the number of requests that run for a property
	// changes.
	InFlight func(property string, running int)
}

// A Client asks Google. It implements report.Source and report.Catalog.
type Client struct {
	config  Config
	data    string
	admin   string
	http    *http.Client
	pacific *time.Location
	lanes   lanes
	quotas  quotas
	guards  guards
	large   chan struct{} // holds one while a large answer is read
}

var (
	_ report.Source  = (*Client)(nil)
	_ report.Catalog = (*Client)(nil)
)

// New returns a client.
func New(c Config) (*Client, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	data, err := root("DataURL", c.DataURL)
	if err != nil {
		return nil, err
	}
	admin, err := root("AdminURL", c.AdminURL)
	if err != nil {
		return nil, err
	}
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, fmt.Errorf("ga4: the time zone of Google's quotas is missing; link time/tzdata: %w", err)
	}
	g := &Client{config: c, data: data, admin: admin, pacific: pacific, large: make(chan struct{}, 1)}
	g.http = &http.Client{Transport: c.Transport, CheckRedirect: noRedirects}
	g.lanes.changed = c.Observer.InFlight
	return g, nil
}

func (c *Config) complete() error {
	switch {
	case c.Keyring == nil:
		return errors.New("ga4: Config.Keyring is required")
	case c.Clock == nil:
		return errors.New("ga4: Config.Clock is required")
	case c.Logger == nil:
		return errors.New("ga4: Config.Logger is required")
	}
	c.DataURL = or(c.DataURL, DefaultDataURL)
	c.AdminURL = or(c.AdminURL, DefaultAdminURL)
	c.Timeout = or(c.Timeout, time.Minute)
	c.RetryPause = or(c.RetryPause, 400*time.Millisecond)
	c.MaxAnswerBytes = or(c.MaxAnswerBytes, 128<<20)
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Email == nil {
		c.Email = func(string) string { return "" }
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 2 * maxRunning
		c.Transport = t
	}
	return nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func root(name, s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("ga4: %s %q is not the root of an API: write https://host", name, s)
	}
	return strings.TrimRight(s, "/"), nil
}

// noRedirects keeps access tokens at the host that was configured.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Report asks Google. It waits while as many requests run for the property as
// may, and retries what may pass.
func (g *Client) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	query := q.Query()
	if err := g.admissible(query, q.Urgency()); err != nil {
		return nil, err
	}
	r, err := g.submit(ctx, query, q.Urgency())
	if err != nil {
		return nil, err
	}
	return r, nil
}

// admissible answers at once what Google would refuse anyway.
func (g *Client) admissible(q report.Query, u report.Urgency) *report.Error {
	if !digits(q.Property) || q.Account == "" {
		return report.Errorf(report.Internal, "Something went wrong on this server.").
			Because(fmt.Errorf("a query without account or property id reached ga4: account %q, property %q", q.Account, q.Property))
	}
	now := g.config.Clock()
	if err := g.guards.closed(subjectOf(q), potentiallyThresholded(q), now); err != nil {
		return err
	}
	return g.affordable(q, u, now)
}

func digits(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}
