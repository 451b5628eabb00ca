// Package ga4 is a client of Google's Analytics Data API v1beta, for reports and fields,
// and Admin API v1beta, for properties. It keeps to their limits and quotas and explains
// their errors. It does not know views or viewers.
package ga4

import (
	"cmp"
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
	"github.com/oriel-server/oriel/internal/upstream"
)

// The addresses of Google's APIs.
const (
	DefaultDataURL  = "https://analyticsdata.googleapis.com"
	DefaultAdminURL = "https://analyticsadmin.googleapis.com"
)

// Config is what a Client needs.
type Config struct {
	// DataURL and AdminURL are the roots of the two APIs. The defaults are Google's.
	DataURL, AdminURL string
	// Keyring returns the access tokens. Required.
	Keyring credential.Keyring
	// Transport carries the requests. The default is a transport of the
	// client's own, which honours the proxy variables of the environment.
	Transport http.RoundTripper
	// Clock returns the time. Required.
	Clock func() time.Time
	// Logger gets the failures of requests, with account and property. Required.
	Logger *slog.Logger
	// Email returns an account's e-mail address, or "" when it has none, for
	// errors that say whom to give access. Optional.
	Email func(account string) string
	// Observer gets requests and quotas. Optional.
	Observer Observer
	// PublicTokens are the tokens of a day, by property, that free questions of anonymous
	// visitors may cost. The default for a property is a tenth of what Google allows.
	PublicTokens map[string]int64
	// Random returns a number in [0, 1), for jitter. The default is
	// math/rand/v2's.
	Random func() float64
	// Timeout bounds one request to Google. The default is 60 s.
	Timeout time.Duration
	// RetryPause is the first pause before a request is repeated; later ones
	// are longer. The default is 400 ms.
	RetryPause time.Duration
	// MaxAnswerBytes bounds a response, for each report in it. The default is 128 MiB:
	// 250,000 rows of three dimensions and three metrics are some 60.
	MaxAnswerBytes int64
	// LargeBytes is the size from which responses are read one at a time: each is copied
	// once or twice, and 250,000 rows are tens of megabytes. The default is 8 MiB.
	LargeBytes int64
}

// An Observer gets what happens, for metrics. Its functions may be nil, are
// called from several goroutines and must not block.
type Observer struct {
	// Request is called after each HTTP request. Method is the API's
	// (runReport, getMetadata …), outcome "ok" or what went wrong: see type outcome.
	Request func(method, outcome string, took time.Duration)
	// Quota is called when a response says what is left.
	Quota func(Quota)
	// InFlight is called when the number of requests that run for a property
	// changes.
	InFlight func(property string, running int)
}

// A Client implements report.Source and report.Catalog with Google's APIs.
type Client struct {
	config   Config
	data     string
	admin    string
	http     *http.Client
	pacific  *time.Location
	queues   propertyQueues
	quotas   quotas
	breakers breakers
	large    chan struct{} // holds one while a large response is read
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
	g.quotas.perDay, g.quotas.google = c.PublicTokens, pacific
	g.http = &http.Client{Transport: c.Transport, CheckRedirect: upstream.NoRedirects}
	g.queues.changed = c.Observer.InFlight
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
	c.DataURL = cmp.Or(c.DataURL, DefaultDataURL)
	c.AdminURL = cmp.Or(c.AdminURL, DefaultAdminURL)
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.RetryPause = cmp.Or(c.RetryPause, 400*time.Millisecond)
	c.MaxAnswerBytes = cmp.Or(c.MaxAnswerBytes, 128<<20)
	c.LargeBytes = cmp.Or(c.LargeBytes, 8<<20)
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

func root(name, s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("ga4: %s %q is not the root of an API: write https://host", name, s)
	}
	return strings.TrimRight(s, "/"), nil
}

func digits(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}
