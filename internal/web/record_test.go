package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/audit"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// A recordedSite is a site with an audit trail, whose writes can be made to fail.
type recordedSite struct {
	*site
	trail  *audit.Trail
	lines  *lockedBuffer
	broken atomic.Bool
	sent   []sentRequest
	whole  bool // every address is asked
}

// A sentRequest is a request with how it was answered.
type sentRequest struct {
	route, what, id string
	code            int
}

func (s *recordedSite) Write(b []byte) (int, error) {
	if s.broken.Load() {
		return 0, errors.New("the disk is full")
	}
	return s.lines.Write(b)
}

type keyring struct{}

func (keyring) AccessToken(context.Context, string) (*credential.Token, error) {
	return new(credential.Token), nil
}

func newRecordedSite(t *testing.T, limits Limits) *recordedSite {
	s := &recordedSite{lines: &lockedBuffer{}}
	var err error
	s.trail, err = audit.Open(audit.Config{Stream: s, Required: true, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer func() { s.source.answer = s.answerShape }()
	s.site = newSiteWith(t, siteParts{decisions: s.trail.Decisions(), events: s.trail.Events(), keyring: keyring{}}, func(c *Config) { c.Limits = limits })
	return s
}

// answerShape answers with the columns of a query, and no rows.
func (s *recordedSite) answerShape(ctx context.Context, q report.Query) (*report.Report, error) {
	r := s.report()
	var dimensions, metrics []string
	for _, d := range q.Dimensions {
		dimensions = append(dimensions, `{"name":"`+d.Name+`"}`)
	}
	for _, m := range q.Metrics {
		metrics = append(metrics, `{"name":"`+m.Name+`","type":"TYPE_INTEGER"}`)
	}
	r.Body, r.Rows = []byte(`{"dimensionHeaders":[`+strings.Join(dimensions, ",")+`],"metricHeaders":[`+strings.Join(metrics, ",")+`],"rowCount":0}`), 0
	return r, ctx.Err()
}

// wildcards are values of the wildcards of routes: some that exist, some that don't.
var wildcards = map[string][]string{
	"view": {"shop", "nosuch"}, "dashboard": {"overview", "private", "nosuch"},
	"call": {"shop:runReport", "shop:runRealtimeReport", "shop:batchRunReports", "shop:exportReport", "shop:checkCompatibility", "shop:nosuch", "nosuch:runReport",
		"shop", "nosuch", "main:token", "nosuch:token", "main:nosuch", "visitors:export", "nosuch:export", "visitors:nosuch"},
	"collection": {"accounts", "webproperties", "profiles", "goals", "nosuch"}, "item": {"123", "nosuch"}, "account": {"~all", "nosuch"},
	"property": {"~all", "UA-123-1"}, "profile": {"~all", "123", "nosuch"}, "rest...": {"nosuch"},
	"file...": {"charts-ABCD1234.js", "nosuch"}, "name": {"platform.js", "nosuch"},
}

var wildcard = regexp.MustCompile(`\{([a-z.]+)\}`)

// pathsOf returns addresses of a route.
func pathsOf(t *testing.T, pattern string) []string {
	m := wildcard.FindStringSubmatchIndex(pattern)
	if m == nil {
		return []string{pattern}
	}
	values, known := wildcards[pattern[m[2]:m[3]]]
	if !known {
		t.Fatalf("%s: say in wildcards what may stand there", pattern)
	}
	var all []string
	for _, v := range values {
		all = append(all, pathsOf(t, pattern[:m[0]]+v+pattern[m[1]:])...)
	}
	return all
}

const someReport = `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"2026-11-01","endDate":"2026-11-07"}]}`

// bodies are good ones, each of some routes, and bad ones.
func (s *recordedSite) bodies(path string) []string {
	bad := []string{"", "{", `{"nosuch":1}`, `{"metrics":[{"name":"city"}]}`, `{"views":["nosuch"]}`, `{"code":"nosuch"}`, strings.Repeat(" ", maxReportBody+1)}
	switch {
	case path == "/v1/tokens":
		return append([]string{`{"views":["shop"]}`, `{"views":["shop"],"code":true}`}, bad...)
	case path == "/v1/tokens:redeem":
		return append([]string{s.code()}, bad...)
	case strings.Contains(path, ":batchRun"):
		return append([]string{`{"requests":[` + someReport + `,` + someReport + `]}`, `{"requests":[` + someReport + `,{"metrics":[{"name":"city"}]}]}`}, bad...)
	case strings.HasSuffix(path, "ealtimeReport"):
		return append([]string{`{"metrics":[{"name":"activeUsers"}]}`}, bad...)
	case strings.HasPrefix(path, "/v4"):
		return append([]string{`{"reportRequests":[{"viewId":"123","metrics":[{"expression":"ga:sessions"}]}]}`, `{"reportRequests":[{"viewId":"9","metrics":[{"expression":"ga:sessions"}]}]}`}, bad...)
	case strings.HasSuffix(path, ":checkCompatibility"):
		return append([]string{`{"metrics":[{"name":"sessions"}]}`}, bad...)
	}
	return append([]string{someReport}, bad...)
}

func queriesOf(path string) []string {
	queries := []string{"", "?view=blog", "?view=nosuch", "?range=nonsense", "?range=7d", "?fields=nosuch", "?fields=(", "?max-results=x", "?theme=nosuch"}
	switch {
	case strings.HasSuffix(path, "data/ga"):
		const good = "?ids=ga:123&metrics=ga:sessions&start-date=7daysAgo&end-date=today"
		queries = append([]string{good, good + "&nosuch=1", strings.Replace(good, "123", "9", 1), strings.Replace(good, "ga:sessions", "ga:nosuch", 1)}, queries...)
	case strings.HasSuffix(path, "data/realtime"):
		queries = append([]string{"?ids=ga:123&metrics=rt:activeUsers", "?ids=ga:123&metrics=rt:nosuch"}, queries...)
	}
	return queries
}

// code returns the body that redeems a new code.
func (s *recordedSite) code() string {
	a := s.send(context.Background(), "POST", "/v1/tokens", `{"views":["shop"],"code":true}`, bearing(hostKey))
	var c access.Code
	_ = json.Unmarshal(a.Body.Bytes(), &c) // none where minting is to fail
	return `{"code":"` + c.Code + `"}`
}

// send sends a request from an address of its own.
func (s *recordedSite) send(ctx context.Context, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, ownOrigin+target, strings.NewReader(body))
	if ctx != nil {
		r = r.WithContext(ctx)
	}
	n := len(s.sent)
	r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 1).String()
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	s.sent = append(s.sent, sentRequest{what: fmt.Sprintf("%s %s %.60q %q", method, target, body, headers), id: w.Header().Get(requestIDHeader), code: w.Code})
	s.now = s.now.Add(20 * time.Millisecond) // for the limit of refusals
	return w
}

// try sends requests of a route that differ from a good one in one way each.
func (s *recordedSite) try(t *testing.T, ctx context.Context, rt route, token string) {
	methods := []string{rt.method, http.MethodHead}
	if rt.method == anyMethod {
		methods = []string{http.MethodGet, http.MethodHead, http.MethodDelete}
	}
	credentials := [][]string{{bearing(token)}, {bearing(hostKey)}, nil, {bearing(token + "x")}, {"Authorization: nonsense"},
		{bearing(token), "Origin: " + shopOrigin}, {bearing(token), "Origin: " + otherOrigin}, {bearing(token), "Origin: https://evil.example"}, {"Origin: " + shopOrigin},
		{"Sec-Fetch-Dest: iframe", "Referer: https://evil.example/"}, {"Sec-Fetch-Dest: iframe", "Referer: " + shopOrigin + "/"}}
	send := func(method, target, body string, headers []string) {
		first := len(s.sent)
		s.send(ctx, method, target, body, headers...)
		for i := range s.sent[first:] {
			s.sent[first+i].route = rt.method + " " + rt.path
		}
	}
	paths := pathsOf(t, rt.path)
	if !s.whole {
		paths = paths[:min(len(paths), 2)]
	}
	for _, path := range paths {
		queries, bodies := queriesOf(path), s.bodies(path)
		for _, method := range methods {
			for _, c := range credentials {
				send(method, path+queries[0], bodies[0], c)
			}
		}
		for _, q := range queries[1:] {
			send(methods[0], path+q, bodies[0], credentials[0])
			send(methods[0], path+q, bodies[0], credentials[8])
		}
		for _, b := range bodies[1:] {
			if methods[0] == http.MethodPost {
				send(methods[0], path, b, credentials[0])
				send(methods[0], path, b, credentials[1])
			}
		}
		if strings.HasPrefix(path, "/embed/") {
			for _, shown := range []string{"token=" + token, "token=nosuch", "code=nosuch", "token=x&code=y"} {
				send("GET", path+"?"+shown, "", nil)
			}
		}
	}
}

// unrecorded reports whether a route serves files, which anybody may read.
func unrecorded(path string) bool {
	for _, prefix := range []string{"/v", "/analytics/", "/token", "/embed/"} {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	return true
}

// neverAnswered are the ends of routes that only refuse, or have nothing here to answer with.
var neverAnswered = []string{"POST /v4/userActivity:search", "/v3/{rest...}", "/management/{collection}/{item}", "/profiles/{profile}/{collection}/{item}"}

// TestLinesOfAnsweredRequests: of each route, whatever is wrong with a request, the trail has a
// line that says ok if and only if the request was answered.
func TestLinesOfAnsweredRequests(t *testing.T) {
	much := Pace{1e6, 1e6}
	free := Limits{Tokens: much, Requests: much, View: much, HostTokens: much, Failures: much}
	limited := func(change func(*Limits)) Limits {
		l := free
		change(&l)
		return l
	}
	once := Pace{1e-6, 1}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		limits Limits
		ctx    context.Context
		spoil  func(*recordedSite)
	}{
		"free":                        {limits: free},
		"over the limit of tokens":    {limits: limited(func(l *Limits) { l.Tokens = once })},
		"over the limit of requests":  {limits: limited(func(l *Limits) { l.Requests = once })},
		"over the limit of a view":    {limits: limited(func(l *Limits) { l.View = once })},
		"over the limit of a host":    {limits: limited(func(l *Limits) { l.HostTokens = Pace{1e-6, 2} })},
		"over the limit of failures":  {limits: limited(func(l *Limits) { l.Failures = once })},
		"Google fails":                {limits: free, spoil: (*recordedSite).failGoogle},
		"answers that cannot be read": {limits: free, spoil: (*recordedSite).spoilAnswers},
		"the client has left":         {limits: free, ctx: canceled},
		"the trail cannot be written": {limits: free, spoil: func(s *recordedSite) { s.broken.Store(true) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRecordedSite(t, c.limits)
			s.whole = name == "free"
			if c.spoil != nil {
				c.spoil(s)
			}
			for _, rt := range s.server.routes() {
				s.broken.Store(false)
				token := s.send(context.Background(), "POST", "/v1/tokens", `{"views":["shop","blog"],"dashboards":[{"name":"overview","views":["shop","blog"]}]}`, bearing(hostKey))
				var minted access.Token
				_ = json.Unmarshal(token.Body.Bytes(), &minted)
				if c.spoil != nil {
					c.spoil(s)
				}
				s.try(t, c.ctx, rt, minted.AccessToken)
			}
			s.broken.Store(false)
			must(t, s.trail.Close())
			s.checkLines(t, s.whole)
		})
	}
}

func (s *recordedSite) failGoogle() {
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		return nil, report.Errorf(report.Unavailable, "Google does not answer.")
	}
}

func (s *recordedSite) spoilAnswers() {
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = []byte(`{"rows":[{"dimensionValues":"`)
		return r, nil
	}
}

// checkLines compares the trail with the answers.
func (s *recordedSite) checkLines(t *testing.T, all bool) {
	t.Helper()
	type count struct{ ok, other int }
	lines := map[string]count{}
	for text := range strings.Lines(s.lines.String()) {
		var l struct{ Request, Outcome string }
		must(t, json.Unmarshal([]byte(text), &l))
		c := lines[l.Request]
		if l.Outcome == "ok" {
			c.ok++
		} else {
			c.other++
		}
		lines[l.Request] = c
	}
	answered := map[string]bool{}
	for _, r := range s.sent {
		c, good := lines[r.id], r.code < 400
		answered[r.route] = answered[r.route] || good
		switch _, path, _ := strings.Cut(r.route, " "); {
		case r.route == "" || r.code == http.StatusMethodNotAllowed:
		case unrecorded(path):
			if c.ok+c.other > 0 {
				t.Errorf("%s: %d, with lines", r.what, r.code)
			}
		case good && (c.ok == 0 || c.other > 0), !good && (c.ok > 0 || c.other == 0):
			t.Errorf("%s: %d, with %d lines that say ok and %d others", r.what, r.code, c.ok, c.other)
		}
	}
	for _, rt := range s.server.routes() {
		name := rt.method + " " + rt.path
		never := slices.ContainsFunc(neverAnswered, func(end string) bool { return strings.HasSuffix(name, end) })
		if all && !answered[name] && !never && !unrecorded(rt.path) {
			t.Errorf("%s was never answered: the test asks it nothing good", name)
		}
	}
}
