package ga4

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// keys is a keyring that counts, and returns what it is set to.
type keys struct {
	asked atomic.Int64
	err   error
}

func (k *keys) AccessToken(context.Context, string) (*credential.Token, error) {
	k.asked.Add(1)
	return &credential.Token{}, k.err
}

// clock is a time that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// a request as the server saw it.
type request struct {
	method string // of the API
	verb   string
	body   []byte
	query  string
}

// google is a server that answers as the test says and remembers.
type google struct {
	t      *testing.T
	server *httptest.Server
	keys   *keys
	clock  *clock
	client *Client
	answer func(w http.ResponseWriter, r request)

	mu           sync.Mutex
	requests     []request
	running, max int
}

// noon is 2026-01-15, 12:00 in Los Angeles.
var noon = time.Date(2026, 1, 15, 20, 0, 0, 0, time.UTC)

func newGoogle(t *testing.T, answer func(w http.ResponseWriter, r request)) *google {
	return configured(t, answer, nil)
}

func configured(t *testing.T, answer func(w http.ResponseWriter, r request), change func(*Config)) *google {
	t.Helper()
	g := &google{t: t, keys: &keys{}, clock: &clock{now: noon}, answer: answer}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	c := Config{
		DataURL: g.server.URL + "/data/", AdminURL: g.server.URL + "/admin", Keyring: g.keys, Clock: g.clock.Now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), RetryPause: time.Nanosecond,
		Email: func(string) string { return "robot@example.com" },
	}
	if change != nil {
		change(&c)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	g.client = client
	return g
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, method, ok := strings.Cut(path.Base(r.URL.Path), ":")
	if !ok {
		method = strings.TrimPrefix(r.URL.Path, "/")
	}
	req := request{method: method, verb: r.Method, body: body, query: r.URL.RawQuery}
	g.mu.Lock()
	g.requests = append(g.requests, req)
	g.running++
	g.max = max(g.max, g.running)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.running--
		g.mu.Unlock()
	}()
	if r.Header.Get("Authorization") == "" {
		g.t.Error("a request without an access token")
	}
	g.answer(w, req)
}

func (g *google) seen() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]request(nil), g.requests...)
}

// refuse answers as Google refuses.
func refuse(status int, code, message, reason string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) { writeError(w, status, code, message, reason) }
}

func writeError(w http.ResponseWriter, status int, code, message, reason string) {
	e := map[string]any{"code": status, "status": code, "message": message}
	if reason != "" {
		e["details"] = []any{map[string]string{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": e})
}

// oneRow answers any report request with one row that tells its offset, so that
// mixed-up answers show.
func oneRow(w http.ResponseWriter, r request) {
	switch r.method {
	case "runReport", "runRealtimeReport":
		_, _ = io.WriteString(w, rowFor(r.body))
	case "batchRunReports":
		var batch struct{ Requests []json.RawMessage }
		_ = json.Unmarshal(r.body, &batch)
		var reports []string
		for _, one := range batch.Requests {
			reports = append(reports, rowFor(one))
		}
		fmt.Fprintf(w, `{"reports":[%s],"kind":"analyticsData#batchRunReports"}`, strings.Join(reports, ","))
	}
}

func rowFor(body []byte) string {
	var q struct{ Offset string }
	_ = json.Unmarshal(body, &q)
	return fmt.Sprintf(`{"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],"rows":[{"metricValues":[{"value":"%s"}]}],`+
		`"rowCount":1,"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runReport"}`, q.Offset)
}

func question(n int) report.Query {
	return report.Query{
		Account: "main", Property: "123456",
		Metrics:    []report.Metric{{Name: "sessions"}},
		DateRanges: []report.DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-05"}},
		Offset:     report.Int64(n),
	}
}
