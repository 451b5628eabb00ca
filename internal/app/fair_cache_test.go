package app

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A countedGoogle counts reports, and makes those of a stranger large.
type countedGoogle struct {
	google  http.Handler
	reports atomic.Int64
}

// strangersReport is an answer of some 20 kB.
var strangersReport = `{"kind":"analyticsData#runReport","dimensionHeaders":[{"name":"pagePath"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
	`"rowCount":1,"rows":[{"dimensionValues":[{"value":"` + strings.Repeat("a/long/path", 2000) + `"}],"metricValues":[{"value":"1"}]}],` +
	`"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"}}`

func (g *countedGoogle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, ":run") && !strings.Contains(r.URL.Path, ":batchRun") {
		g.google.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if strings.HasSuffix(r.URL.Path, ":runReport") && strings.Contains(string(body), "pagePath") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strangersReport)
		return
	}
	g.reports.Add(1)
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.google.ServeHTTP(w, r)
}

// strangersQuestions fill the memory and the disk of the server below several times; the number of
// 10,000 is TestStrangersEvictNoBetterAnswers'.
const strangersQuestions = 400

// TestStrangersEvictNoDashboard: a stranger's distinct questions, more than memory and disk hold, push
// out no answer of a host's dashboard, nor after a restart.
func TestStrangersEvictNoDashboard(t *testing.T) {
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	google := &countedGoogle{}
	srv := httptest.NewUnstartedServer(google)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf(`google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}
accounts: {agency: {key_file: key.json}}
cache: {max_mb: 1, max_disk_mb: 2, prewarm: 0s}
limits: {requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000}
hosts: {portal: {api_keys: [%[2]s], views: [museum]}}
views:
  museum: {property: '412600302', public: questions, origins: ['https://www.example.com'], fields: {allow: [pagePath, sessions, country]}, history: {since: '2025-01-01'}, public_tokens_per_day: 1000000}
dashboards:
  board:
    views: [museum]
    panels:
      - {type: scorecard, metrics: [sessions], range: 2026-10-01..2026-10-31}
      - {type: bar, dimensions: [country], metrics: [sessions], range: 2026-10-01..2026-10-31}
`, host, hex.EncodeToString(hash[:])))
	google.google = writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "http://"+host).Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	serve := func() (p *portal, customer, stranger string, stop func()) {
		a, url, stop := crowdServed(t, path)
		p = &portal{t: t, url: url}
		status, body := p.ask("POST", "/v1/tokens", apiKey, `{"views":["museum"],"dashboards":["board"]}`)
		return p, p.given("access_token", status, body), publicToken(t, a, "museum"), stop
	}
	draw := func(p *portal, token string) int64 {
		if status, body := p.ask("GET", "/v1/dashboards/board?view=museum", token, ""); status != 200 {
			t.Errorf("%d %s", status, body)
		}
		return google.reports.Swap(0)
	}
	p, customer, stranger, stop := serve()
	if draw(p, customer) == 0 {
		t.Fatal("the dashboard asked nothing")
	}
	for i := range strangersQuestions {
		if status, body := p.ask("POST", "/v1/views/museum:runReport", stranger, fmt.Sprintf(
			`{"dimensions":[{"name":"pagePath"}],"metrics":[{"name":"sessions"}],"offset":%d,"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]}`, i)); status != 200 {
			t.Fatalf("%d %.300s", status, body)
		}
	}
	if n := draw(p, customer); n > 0 {
		t.Errorf("after the stranger's questions the dashboard asked Google for %d reports", n)
	}
	stop()
	p, customer, stranger, stop = serve()
	defer stop()
	_, _ = p.ask("GET", "/v1/views/museum/metadata", stranger, "")
	if n := draw(p, customer); n > 0 {
		t.Errorf("after a restart the dashboard asked Google for %d reports", n)
	}
}
