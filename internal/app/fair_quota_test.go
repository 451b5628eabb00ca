package app

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spender is a server whose Google counts tokens, at a time that stands still, with a token of a host and
// one of a stranger. Left are the tokens of the hour.
func spender(t *testing.T, left int) (p *portal, a *App, customer, stranger string) {
	t.Helper()
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	srv := httptest.NewUnstartedServer(nil)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf(`google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}
accounts: {agency: {key_file: key.json}}
cache: {file: none}
limits: {requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000}
hosts: {portal: {api_keys: [%[2]s], views: [museum]}}
views:
  museum: {property: '412600302', public: questions, origins: ['https://www.example.com'], fields: {allow: [activeUsers, userGender, pagePath, country, city, deviceCategory, browser, sessionSource, dateHour]}, history: {since: '2025-01-01'}, public_tokens_per_day: 1000000}
`, host, hex.EncodeToString(hash[:])))
	clock := func() time.Time { return noon }
	x := &quiet{portal: &portal{t: t}}
	srv.Config.Handler = x.google(filepath.Join(filepath.Dir(path), "key.json"), "http://"+host, clock)
	check(t, x.emulated.SetQuotaLeft("412600302", false, "tokensPerProjectPerHour", left))
	srv.Start()
	t.Cleanup(srv.Close)
	c, err := ReadConfig(path)
	check(t, err)
	c.Clock = clock
	a, err = New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	public := httptest.NewServer(a.server.Handler())
	t.Cleanup(func() { public.Close(); check(t, a.Close()) })
	p = x.portal
	p.url = public.URL
	status, body := p.ask("POST", "/v1/tokens", apiKey, `{"views":["museum"]}`)
	return p, a, p.given("access_token", status, body), publicToken(t, a, "museum")
}

// spenderReport asks by some dimensions, as nobody did before.
func spenderReport(dimensions string, n int) string {
	return fmt.Sprintf(`{"dimensions":[%s],"metrics":[{"name":"activeUsers"}],"offset":%d,"dateRanges":[{"startDate":"2025-12-01","endDate":"2026-11-01"}]}`, dimensions, n)
}

const (
	demographic = `{"name":"userGender"}`
	dear        = `{"name":"pagePath"},{"name":"country"},{"name":"city"},{"name":"deviceCategory"},{"name":"browser"},{"name":"sessionSource"},{"name":"dateHour"}`
)

// TestStrangersLeaveTheThresholdedQuota: of the 120 demographic questions that Google answers in an hour a
// stranger who asks as many takes half, and a host is answered.
func TestStrangersLeaveTheThresholdedQuota(t *testing.T) {
	p, _, customer, stranger := spender(t, 14_000)
	answered := 0
	for n := range 120 {
		status, body := p.ask("POST", "/v1/views/museum:runReport", stranger, spenderReport(demographic, n))
		if status == 200 {
			answered++
		} else if status != 429 {
			t.Fatalf("%d %s", status, body)
		}
	}
	if answered < 30 || answered > 61 {
		t.Errorf("the stranger got %d answers", answered)
	}
	for n := range 30 {
		if status, body := p.ask("POST", "/v1/views/museum:runReport", customer, spenderReport(demographic, 1000+n)); status != 200 {
			t.Fatalf("the host's question %d: %d %s", n, status, body)
		}
	}
}

// TestStrangersLeaveTheHoursTokens: where little more than half is left, a stranger's 60 batches of expensive questions leave half of the
// hour's tokens, and a host is answered.
func TestStrangersLeaveTheHoursTokens(t *testing.T) {
	p, a, customer, stranger := spender(t, 7_100)
	refused := 0
	for n := range 60 {
		var batch []string
		for i := range 5 {
			batch = append(batch, spenderReport(dear, 5*n+i))
		}
		status, body := p.ask("POST", "/v1/views/museum:batchRunReports", stranger, `{"requests":[`+strings.Join(batch, ",")+`]}`)
		if status == 429 {
			refused++
		} else if status != 200 {
			t.Fatalf("%d %.300s", status, body)
		}
	}
	if refused == 0 {
		t.Error("the stranger was refused nothing")
	}
	for _, q := range a.google.Quotas() {
		if left := q.TokensPerProjectPerHour.Remaining; q.Category == "core" && 10*left < 4*q.ProjectLimit {
			t.Errorf("%d of %d tokens are left", left, q.ProjectLimit)
		}
	}
	if status, body := p.ask("POST", "/v1/views/museum:runReport", customer, spenderReport(dear, 1000)); status != 200 {
		t.Errorf("the host's question: %d %.300s", status, body)
	}
}
