package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

func mintShop() access.MintRequest { return access.MintRequest{Views: []string{"shop"}} }

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/v1/views", "/token?view=shop", "/oriel.js", "/nothing", "/embed/overview"} {
		a := s.do("GET", path, "")
		wantHeader(t, a, "X-Content-Type-Options", "nosniff")
		wantHeader(t, a, "Strict-Transport-Security", hsts)
		wantHeader(t, a, "X-Frame-Options", "")
		wantHeader(t, a, "Permissions-Policy", map[bool]string{true: permissions}[strings.HasPrefix(path, "/embed/")])
		for _, h := range []string{"Content-Security-Policy", "Referrer-Policy", requestIDHeader} {
			if a.header.Get(h) == "" {
				t.Errorf("%s: no %s", path, h)
			}
		}
		if len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
	plain := newSite(t, func(c *Config) { c.PublicURL = "http://localhost:8080" })
	wantHeader(t, plain.do("GET", "/oriel.js", ""), "Strict-Transport-Security", "")
}

func TestLogLines(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	a := s.do("POST", "/v1/views/shop:runReport?canary-of-query=1", runReport, bearing(token))
	line := s.logged("request", a.header.Get(requestIDHeader))
	if line["method"] != "POST" || line["route"] != "/v1/views/{call}" || line["status"] != 200.0 || line["bytes"] != float64(len(reportBody)) {
		t.Errorf("%v", line)
	}
}

// logged returns the line of the log with this message and request number.
func (s *site) logged(msg, id string) map[string]any {
	s.t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var v map[string]any
		must(s.t, json.Unmarshal([]byte(line), &v))
		if v["msg"] == msg && v["id"] == id {
			return v
		}
	}
	s.t.Fatalf("no %q with id %q in the log:\n%s", msg, id, s.log)
	return nil
}

// No token, key or query string reaches the log, whatever goes wrong.
func TestLogHoldsNoSecrets(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return nil, errors.New("broken") }
	for _, path := range []string{"/v1/views", "/v1beta/accountSummaries", "/v1/dashboards/overview", "/embed/overview", "/nothing", "/token"} {
		q := "?token=" + token + "&access_token=" + token + "&view=shop"
		s.do("GET", path+q, "", bearing(token))
		s.do("GET", path+q, "", bearing(token+"x"), "Origin: "+shopOrigin)
		s.do("DELETE", path+q, "", bearing(token))
	}
	s.do("POST", "/v1/views/shop:runReport", runReport, bearing(token))
	s.do("POST", "/v1/tokens", `{"views":["none"]}`, "Authorization: Bearer "+hostKey)
	s.do("POST", "/v1/tokens", `{"views":["shop"]}`, "Authorization: Bearer "+hostKey+"x")
	log := s.log.String()
	for _, secret := range []string{token, token[len(token)-20:], hostKey, "access_token=", url.QueryEscape(token)} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestPanics(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	h := httptest.NewServer(s.server.instrumented(s.server.withSecurityHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			_, _ = w.Write([]byte("half an ans"))
			_ = http.NewResponseController(w).Flush()
		}
		panic(canary)
	}))))
	defer h.Close()
	a := s.send("GET", h.URL+"/early", "", token)
	if a.code != 500 || strings.Contains(a.body, canary) {
		t.Errorf("%d %s", a.code, a.body)
	}
	line := s.logged("panic", a.header.Get(requestIDHeader))
	if stack, _ := line["stack"].(string); line["cause"] != canary || !strings.Contains(stack, "http_observe_test.go") {
		t.Errorf("%v", line)
	}
	res, err := http.Get(h.URL + "/late")
	must(t, err)
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("half an answer passes for a whole one")
	}
}

func TestCompression(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = []byte(`{"kind":"` + strings.Repeat("x", 4*minGzip) + `"}`)
		return r, nil
	}
	plain := s.do("POST", "/v1/views/shop:runReport", runReport, token)
	wantHeader(t, plain, "Content-Encoding", "")
	packed := s.do("POST", "/v1/views/shop:runReport", runReport, token, "Accept-Encoding: gzip, zstd, br")
	wantHeader(t, packed, "Content-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(packed.body))
	must(t, err)
	unpacked, err := io.ReadAll(z)
	must(t, err)
	if !bytes.Equal(unpacked, []byte(plain.body)) {
		t.Error("compressed and plain differ")
	}
	checkVary(t, packed)
}

func TestMetrics(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	s.do("POST", "/v1/views/shop:runReport", runReport, token)
	s.do("POST", "/v1/views/shop:runReport", runReport, bearing("bad"))
	s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin)
	s.do("GET", "/token?view=secret", "", "Origin: "+otherOrigin)
	s.do("BREW", "/made/up/path", "")
	if a := s.send("GET", s.operator+"/quota", ""); a.code != 200 || a.body != "[]\n" {
		t.Errorf("/quota, of nothing: %d %s", a.code, a.body)
	}
	a := s.send("GET", s.operator+"/metrics", "")
	for _, want := range []string{
		`oriel_http_requests_total{code="200",method="POST",route="/v1/views/{call}"} 1`,
		`oriel_http_requests_total{code="401",method="POST",route="/v1/views/{call}"} 1`,
		`oriel_http_requests_total{code="404",method="OTHER",route="/"} 1`,
		`oriel_http_request_duration_seconds_count{route="/v1/views/{call}"} 2`,
		`oriel_http_requests_in_flight 0`,
		`oriel_embed_tokens_total{outcome="minted",requester="visitor"} 1`,
		`oriel_embed_tokens_total{outcome="not found",requester="visitor"} 1`,
		`oriel_embed_tokens_total{outcome="minted",requester="host"} 1`,
		`oriel_http_errors_total{kind="unauthenticated"} 1`,
	} {
		if !strings.Contains(a.body, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(a.body, "made/up") || strings.Contains(a.body, "BREW") {
		t.Error("a label took a value that a request invented")
	}
	if t.Failed() {
		t.Log(a.body)
	}
}

func TestOperator(t *testing.T) {
	broken := errors.New("no access token for account main: invalid_grant")
	var google, disk error
	s := newSite(t, func(c *Config) {
		c.Ready = []Check{
			{Name: "always", Check: func(context.Context) error { return nil }},
			{Name: "google", Check: func(context.Context) error { return google }},
			{Name: "disk", Advisory: true, Check: func(context.Context) error { return disk },
				Note: func() string { return "12 lines" }},
		}
	})
	ready := func(code int) (got readiness) {
		t.Helper()
		a := s.send("GET", s.operator+"/readyz", "")
		must(t, json.Unmarshal([]byte(a.body), &got))
		if a.code != code || got.Ready != (code == 200) {
			t.Errorf("/readyz: %d %s", a.code, a.body)
		}
		return got
	}
	if a := s.send("GET", s.operator+"/healthz", ""); a.code != 200 || a.body != "ok\n" {
		t.Errorf("/healthz: %d %q", a.code, a.body)
	}
	if got := ready(200); got.State != "ok" || got.Checks[2] != (checkResult{Name: "disk", OK: true, State: "ok", Note: "12 lines"}) {
		t.Errorf("well: %+v", got)
	}
	disk = broken
	if got := ready(200); got.State != "degraded" || got.Checks[1].State != "ok" ||
		got.Checks[2] != (checkResult{Name: "disk", OK: true, State: "degraded", Note: broken.Error()}) {
		t.Errorf("degraded: %+v", got)
	}
	google = broken
	if got := ready(503); got.State != "failed" || !got.Checks[0].OK ||
		got.Checks[1] != (checkResult{Name: "google", State: "failed", Error: broken.Error()}) || got.Checks[2].State != "degraded" {
		t.Errorf("failed: %+v", got)
	}
	if a := s.send("GET", s.operator+"/", ""); a.code != 200 || !strings.Contains(a.body, "/metrics") {
		t.Errorf("/: %d %s", a.code, a.body)
	}
	if a := s.send("GET", s.operator+"/debug/pprof/", ""); a.code != 404 {
		t.Errorf("pprof: %d", a.code)
	}
}

// A failed request has one line in the log, and a flood of them a few: what is left out is
// counted, and other kinds have their lines.
func TestFailuresHaveOneLine(t *testing.T) {
	var log lockedBuffer
	s := newSite(t, func(c *Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	for _, path := range []string{"/v1/views", "/nothing", "/embed/overview?theme=x"} {
		before := strings.Count(log.String(), "\n")
		a := s.do("GET", path, "", bearing("wrong"))
		if lines := strings.Count(log.String(), "\n") - before; lines != 1 || a.code < 400 {
			t.Errorf("%s: %d, %d lines", path, a.code, lines)
		}
	}
	for range 2 * failureLines.Burst {
		s.do("GET", "/v1/views", "")
	}
	if lines := strings.Count(log.String(), `"kind":"unauthenticated"`); lines != failureLines.Burst {
		t.Errorf("%d lines of a flood", lines)
	}
	s.do("GET", "/token?view=shop", "")
	s.now = s.now.Add(time.Second)
	s.do("GET", "/v1/views", "")
	for _, want := range []string{`"kind":"invalid"`, fmt.Sprintf(`"left_out":%d`, failureLines.Burst+1)} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if a := s.send("GET", s.operator+"/metrics", ""); !strings.Contains(a.body, fmt.Sprintf(`oriel_log_lines_left_out_total{kind="unauthenticated"} %d`, failureLines.Burst+1)) {
		t.Error("what is left out is not counted")
	}
}
