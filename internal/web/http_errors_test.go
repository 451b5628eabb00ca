package web

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

const canary = "ya29.canary-of-a-cause"

// Every kind of error has one answer, and no answer holds a cause.
func TestErrorTable(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	for kind, want := range map[report.Kind]struct {
		code   int
		status string
	}{
		report.Internal:        {500, "INTERNAL"},
		report.Invalid:         {400, "INVALID_ARGUMENT"},
		report.Unauthenticated: {401, "UNAUTHENTICATED"},
		report.Forbidden:       {403, "PERMISSION_DENIED"},
		report.NotFound:        {404, "NOT_FOUND"},
		report.TooLarge:        {413, "INVALID_ARGUMENT"},
		report.RateLimited:     {429, "RESOURCE_EXHAUSTED"},
		report.Quota:           {429, "RESOURCE_EXHAUSTED"},
		report.Misconfigured:   {500, "INTERNAL"},
		report.Unavailable:     {503, "UNAVAILABLE"},
		report.Canceled:        {504, "DEADLINE_EXCEEDED"},
		report.Kind(99):        {500, "INTERNAL"},
	} {
		s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
			e := report.Errorf(kind, "A sentence for people.").Because(errors.New(canary))
			e.RetryAfter = 1500 * time.Millisecond
			return nil, e
		}
		a := s.do("POST", "/v1/views/shop:runReport", runReport, token)
		if e := a.failure(t); a.code != want.code || e.Status != want.status {
			t.Errorf("%v: %d %s", kind, a.code, a.body)
		}
		if strings.Contains(a.body, canary) {
			t.Errorf("%v: the answer holds the cause", kind)
		}
		wantHeader(t, a, "Cache-Control", "no-store")
		if kind != report.Kind(99) {
			wantHeader(t, a, "Retry-After", "2")
		}
		if auth := a.header.Get("WWW-Authenticate"); (auth != "") != (kind == report.Unauthenticated) {
			t.Errorf("%v: WWW-Authenticate %q", kind, auth)
		}
	}
	if !strings.Contains(s.log.String(), canary) {
		t.Error("the log does not hold the cause")
	}
}

func TestForeignErrorsSayNothing(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return nil, errors.New(canary) }
	a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(s.token("shop")))
	if e := a.failure(t); a.code != 500 || strings.Contains(e.Message, canary) {
		t.Errorf("%d %s", a.code, a.body)
	}
}

func TestTimeout(t *testing.T) {
	s := newSite(t, func(c *Config) { c.RequestTimeout = time.Millisecond })
	s.source.answer = func(ctx context.Context, _ report.Query) (*report.Report, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	// Minting here directly: over HTTP it would race with the millisecond.
	token, err := s.server.authority.Mint(context.Background(), hostKey, access.Caller{}, mintShop())
	must(t, err)
	a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(token.AccessToken))
	if a.code != 504 || a.failure(t).Status != "DEADLINE_EXCEEDED" {
		t.Errorf("%d %s", a.code, a.body)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v2/views", "/metrics", "/healthz", "/readyz", "/quota", "/debug/pprof/", "/embed"} {
		if a := s.do("GET", path, ""); a.code != 404 || a.failure(t).Status != "NOT_FOUND" {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	for path, allow := range map[string]string{
		"/token":                        "GET, HEAD",
		"/v1/tokens":                    "POST",
		"/v1/views/shop:runReport":      "POST",
		"/v1beta/properties/shop":       "GET, HEAD, POST",
		"/v1beta/properties/s/metadata": "GET, HEAD",
		"/oriel.js":                     "GET, HEAD",
	} {
		a := s.do("DELETE", path, "")
		if a.code != 405 || len(a.header.Get("Allow")) != len(allow) {
			t.Errorf("%s: %d, Allow %q, want %q", path, a.code, a.header.Get("Allow"), allow)
		}
		a.failure(t)
	}
}
