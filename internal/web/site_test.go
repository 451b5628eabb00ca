package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/secret"
)

const (
	ownOrigin   = "https://oriel.example"
	shopOrigin  = "https://shop.example"
	otherOrigin = "https://other.example"
	hostKey     = "host-key-canary-0123456789"
	hostile     = `</script><script>alert("x")</script><!--` + "\u2028"
	reportBody  = `{"dimensionHeaders":[{"name":"pageTitle"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
		`"rows":[{"dimensionValues":[{"value":"</script><!-- ` + "\u2028" + `"}],"metricValues":[{"value":"7"}]}],"rowCount":1,"kind":"analyticsData#runReport"}`
)

// site is a server on a real listener, over the real gate and authority and a
// source that answers what the test says.
type site struct {
	t        testing.TB
	server   *Server
	url      string
	operator string
	log      *lockedBuffer
	registry *prometheus.Registry
	source   *source
	ledger   access.Ledger
	now      time.Time
}

// source answers every query with what answer says, and remembers the queries.
type source struct {
	mu      sync.Mutex
	queries []report.Query
	answer  func(context.Context, report.Query) (*report.Report, error)
	// missing makes questions that ask for cached reports alone fail.
	missing bool
}

func (s *source) Report(ctx context.Context, question *report.Question) (*report.Report, error) {
	q := question.Query()
	if s.missing && question.OnlyIfCached() {
		return nil, report.ErrNotCached
	}
	s.mu.Lock()
	s.queries = append(s.queries, q)
	s.mu.Unlock()
	return s.answer(ctx, q)
}

type catalog struct{}

func (catalog) Property(_ context.Context, _, property string) (report.Property, error) {
	return report.Property{ID: property, TimeZone: time.UTC, CurrencyCode: "EUR"}, nil
}

func (c catalog) Compatibility(ctx context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	fields, err := c.Fields(ctx, "", "")
	return &report.Compatibility{Metrics: []report.FieldCompatibility{{Metric: &fields.Metrics[0], Compatibility: "INCOMPATIBLE"}}}, err
}

func (catalog) Fields(context.Context, string, string) (*report.Fields, error) {
	return &report.Fields{
		Dimensions: []report.Field{{APIName: "date"}, {APIName: "country"}, {APIName: "pageTitle"}},
		Metrics:    []report.Field{{APIName: "sessions", Type: "TYPE_INTEGER"}, {APIName: "activeUsers", Type: "TYPE_INTEGER"}},
	}, nil
}

type forgetful struct{}

func (forgetful) Record(context.Context, policy.Decision) {}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func testViews() []policy.View {
	long := policy.History{Days: 4000}
	return []policy.View{
		{Name: "shop", Title: "Shop " + hostile, Account: "main", Property: "424242", Public: policy.PublicQuestions, Realtime: true,
			Origins: []string{shopOrigin}, Aliases: []string{"ga:123", "ga:77"}, Fields: policy.Fields{Allow: []string{"*"}, Deny: []string{"city"}}, History: long},
		{Name: "blog", Title: "Blog", Account: "main", Property: "535353", Public: policy.PublicQuestions, Realtime: true,
			Origins: []string{shopOrigin, otherOrigin}, Fields: policy.Fields{Allow: []string{"*"}}, History: long},
		{Name: "secret", Title: "Secret", Account: "main", Property: "646464", Realtime: true, Origins: []string{otherOrigin}},
	}
}

func testDashboards() []dashboard.Dashboard {
	days := report.Query{Metrics: []report.Metric{{Name: "sessions"}}, Dimensions: []report.Dimension{{Name: "date"}}}
	now := report.Query{Metrics: []report.Metric{{Name: "activeUsers"}}, Realtime: true}
	board := func(name string, views ...string) dashboard.Dashboard {
		return dashboard.Dashboard{
			Name: name, Title: "Board " + hostile, Views: views, Range: dashboard.Range{Days: 28},
			Panels: []dashboard.Panel{
				{Name: "visitors", Title: "Sessions " + hostile, Type: dashboard.Line, Width: 8, Query: days},
				{Name: "change", Title: "Change", Type: dashboard.Scorecard, Width: 4, Compare: true, Query: report.Query{Metrics: []report.Metric{{Name: "sessions"}}}},
				{Name: "now", Title: "Now", Type: dashboard.Scorecard, Width: 4, Query: now},
			},
		}
	}
	return []dashboard.Dashboard{board("overview", "shop", "blog"), board("private", "secret"), board("mixed", "secret", "shop")}
}

func testFiles() fstest.MapFS {
	return fstest.MapFS{
		"oriel.js":                          {Data: []byte(strings.Repeat("console.log('oriel');", 200))},
		"embed.js":                          {Data: []byte("embed()")},
		"embed.css":                         {Data: []byte(":root{}")},
		"assets/LICENSES.txt":               {Data: []byte("ISC")},
		"assets/charts-ABCD1234.js":         {Data: []byte("charts()")},
		"assets/chunk-2345BCDE.js":          {Data: []byte("shared()")},
		"assets/world-1234ABCD.json":        {Data: []byte(`{"shapes":[]}`)},
		"assets/world-1234ABCD.json.gz":     {Data: []byte("packed")},
		"assets/fonts/plain-12345678.woff2": {Data: []byte("font")},
	}
}

// operatorToken is the operators' token of a site.
const operatorToken = "the-operators-token-of-tests"

func newSite(t testing.TB, change ...func(*Config)) *site {
	t.Helper()
	return newSiteWith(t, siteParts{decisions: forgetful{}, events: access.NewLogRecorder(slog.New(slog.DiscardHandler))}, change...)
}

// siteParts are what some tests bring themselves.
type siteParts struct {
	decisions policy.Recorder
	events    access.Recorder
	ledger    access.Ledger // nil: its own
	keyring   credential.Keyring
}

// host is the host whose backend has hostKey. With a keyring, it may have an access token.
func (p siteParts) host(views []string) access.Host {
	h := access.Host{Name: "host", APIKeys: [][32]byte{sha256.Sum256([]byte(hostKey))}, Views: views, Questions: true}
	if p.keyring != nil {
		h.Accounts, h.From = []string{"main"}, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	}
	return h
}

func newSiteWith(t testing.TB, parts siteParts, change ...func(*Config)) *site {
	t.Helper()
	s := &site{t: t, log: &lockedBuffer{}, registry: prometheus.NewRegistry(), ledger: parts.ledger, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	if s.ledger == nil {
		s.ledger = access.NewMemoryLedger()
	}
	clock := func() time.Time { return s.now }
	s.source = &source{answer: func(context.Context, report.Query) (*report.Report, error) { return s.report(), nil }}
	rules, err := policy.NewRules(testViews(), testDashboards())
	must(t, err)
	gate, err := policy.New(policy.Config{Rules: rules, Source: s.source, Catalog: catalog{}, Recorder: parts.decisions, Keyring: parts.keyring, Clock: clock})
	must(t, err)
	authority, err := access.New(access.Config{
		Keys:   []access.Key{{ID: "k1", Secret: secret.New("q8Jd0w!xK2v-Zr7uPe5_Tn3bYc9mLh4G")}},
		Hosts:  []access.Host{parts.host(rules.ViewNames())},
		Ledger: s.ledger, Recorder: parts.events,
		Rules: rules, Issuer: ownOrigin, Lifetime: 5 * time.Minute, Sessions: access.Sessions{Host: 12 * time.Hour, Public: time.Hour}, Clock: clock, Random: rand.Reader,
	})
	must(t, err)
	c := Config{
		PublicURL: ownOrigin, Authority: authority, Rules: rules, Gate: gate, Files: testFiles(),
		Logger:   slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registry: s.registry, Clock: clock, Random: rand.Reader,
		OperatorToken: secret.New(operatorToken),
		Limits:        Limits{Tokens: Pace{20, 100}, Requests: Pace{50, 500}, View: Pace{2000, 20_000}, HostTokens: Pace{500, 5000}, Failures: Pace{1, 60}},
	}
	for _, f := range change {
		f(&c)
	}
	s.server, err = New(c)
	must(t, err)
	public, operator := httptest.NewUnstartedServer(nil), httptest.NewServer(s.server.Operator())
	public.Config = s.server.HTTPServer(s.server.Handler())
	public.Start()
	t.Cleanup(public.Close)
	t.Cleanup(operator.Close)
	s.url, s.operator = public.URL, operator.URL
	return s
}

// report is the answer that the source gives unless a test says otherwise.
func (s *site) report() *report.Report {
	return &report.Report{
		Body: []byte(reportBody), Rows: 1, FetchedAt: s.now.Add(-12500 * time.Millisecond),
		Freshness: report.FreshSettling, TimeZone: "UTC", Thresholded: true,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answered is a response, read to its end.
type answered struct {
	code   int
	header http.Header
	body   string
}

// do asks the public listener. Headers come as "Name: value".
func (s *site) do(method, path, body string, headers ...string) answered {
	s.t.Helper()
	return s.send(method, s.url+path, body, headers...)
}

func (s *site) send(method, url, body string, headers ...string) answered {
	s.t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	must(s.t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Add(name, value)
	}
	if strings.HasPrefix(url, s.operator) && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+operatorToken)
	}
	return s.answer(req)
}

func (s *site) answer(req *http.Request) answered {
	s.t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(s.t, err)
	return answered{res.StatusCode, res.Header, string(b)}
}

// token mints an embed token as a host's backend does.
func (s *site) token(views ...string) string {
	s.t.Helper()
	req, err := json.Marshal(access.MintRequest{Views: views})
	must(s.t, err)
	return s.minted(s.do("POST", "/v1/tokens", string(req), "Authorization: Bearer "+hostKey))
}

func (s *site) minted(a answered) string {
	s.t.Helper()
	if a.code != http.StatusOK {
		s.t.Fatalf("minting: %d %s", a.code, a.body)
	}
	var token access.Token
	must(s.t, json.Unmarshal([]byte(a.body), &token))
	return token.AccessToken
}

// bearing returns the header that shows a token.
func bearing(token string) string { return "Authorization: Bearer " + token }

// status returns code and status of an error in Google's envelope.
func (a answered) failure(t testing.TB) envelopeError {
	t.Helper()
	var e envelope
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatalf("no envelope: %d %q", a.code, a.body)
	}
	if e.Error.Code != a.code {
		t.Errorf("envelope says %d, HTTP %d", e.Error.Code, a.code)
	}
	return e.Error
}

func wantHeader(t testing.TB, a answered, name, want string) {
	t.Helper()
	if got := a.header.Get(name); got != want {
		t.Errorf("%s = %q, want %q", name, got, want)
	}
}
