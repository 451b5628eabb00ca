package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

const (
	batchGet  = "/v4/reports:batchGet"
	v4Day     = `"dateRanges":[{"startDate":"yesterday","endDate":"yesterday"}],"dimensions":[{"name":"ga:date"}],"hideValueRanges":true`
	v4Request = `{"reportRequests":[{"viewId":"123",` + v4Day + `,"metrics":[{"expression":"ga:sessions"}]}]}`
)

func requests(metric string) string { return strings.Replace(v4Request, "ga:sessions", metric, 1) }

// A v4Answer is what is looked at of a v4 body.
type v4Answer struct {
	Reports []struct {
		Data struct {
			Rows   []struct{ Metrics []struct{ Values []string } }
			Totals []struct{ Values []string }
		}
	}
	Error struct {
		Code            int
		Message, Status string
	}
}

func readV4(t *testing.T, a answered) v4Answer {
	t.Helper()
	var v v4Answer
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%d %s: %v", a.code, a.body, err)
	}
	return v
}

func TestReporting(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Dialects = map[string]ua.Options{"shop": {Goals: map[int]string{1: "purchase"}}} })
	s.source.answer = daily
	token := s.token("shop")
	for how, a := range map[string]answered{
		"header":      s.do("POST", batchGet, v4Request, bearing(token)),
		"address":     s.do("POST", batchGet+"?alt=json&prettyPrint=false&access_token="+token, v4Request, "Origin: "+shopOrigin),
		"with prefix": s.do("POST", batchGet, strings.Replace(v4Request, `"123"`, `"ga:123"`, 1), bearing(token)),
		"a goal":      s.do("POST", batchGet, requests("ga:goal1Completions"), bearing(token)),
	} {
		v := readV4(t, a)
		if a.code != 200 || a.header.Get("Oriel-Freshness") != "settling" || len(v.Reports) != 1 || len(v.Reports[0].Data.Rows) != 1 ||
			v.Reports[0].Data.Rows[0].Metrics[0].Values[0] != "7" || v.Reports[0].Data.Totals[0].Values[0] != "7" {
			t.Errorf("%s: %d %s", how, a.code, a.body)
		}
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the token of the address is in the log")
	}
	if a := s.do("OPTIONS", batchGet, "", "Origin: "+shopOrigin, "Access-Control-Request-Method: POST"); a.code != 204 ||
		a.header.Get("Access-Control-Allow-Origin") != shopOrigin || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: %d %v", a.code, a.header)
	}
}

// The questions of a batch are narrowed by the gate like any other.
func TestReportingAsksTheGate(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	body := strings.Replace(v4Request, `"dimensions"`, `"segments":[{"segmentId":"gaid::-5"},{"segmentId":"gaid::-1"}],"dimensions"`, 1)
	body = strings.Replace(body, `{"name":"ga:date"}`, `{"name":"ga:date"},{"name":"ga:segment"}`, 1)
	body = strings.Replace(body, `"endDate":"yesterday"}`, `"endDate":"yesterday"},{"startDate":"2daysAgo","endDate":"2daysAgo"}`, 1)
	if a := s.do("POST", batchGet, body, bearing(s.token("shop"))); a.code != 200 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	if len(s.source.queries) != 4 {
		t.Errorf("%d questions for two segments in two ranges", len(s.source.queries))
	}
	for _, q := range s.source.queries {
		if q.Property != "424242" || q.Account != "main" {
			t.Errorf("asked %s of %s", q.Property, q.Account)
		}
	}
}

func TestReportingErrors(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("shop")
	for name, c := range map[string]struct {
		path, body, auth string
		code             int
		status, words    string
	}{
		"no token":         {batchGet, v4Request, "", 401, "UNAUTHENTICATED", ""},
		"a wrong token":    {batchGet, v4Request, token + "x", 401, "UNAUTHENTICATED", ""},
		"no JSON":          {batchGet, `{"reportRequests":[`, token, 400, "INVALID_ARGUMENT", "Invalid JSON payload received."},
		"an unknown name":  {batchGet, strings.Replace(v4Request, "viewId", "viewid", 1), token, 400, "INVALID_ARGUMENT", `Unknown name "viewid" at 'report_requests[0]': Cannot find field.`},
		"unanswerable":     {batchGet, requests("ga:14dayUsers"), token, 400, "INVALID_ARGUMENT", "ga:14dayUsers"},
		"no configuration": {batchGet, requests("ga:goal1Completions"), token, 400, "INVALID_ARGUMENT", "ga:goal1Completions"},
		"another view":     {batchGet, strings.Replace(v4Request, "123", "9", 1), token, 403, "PERMISSION_DENIED", "ga:9"},
		"too large":        {batchGet, strings.Repeat(" ", maxReportBody) + v4Request, token, 413, "INVALID_ARGUMENT", "256 KB"},
		"a script":         {batchGet + "?callback=x", v4Request, token, 400, "INVALID_ARGUMENT", "JSONP"},
		"users":            {"/v4/userActivity:search", `{"viewId":"123"}`, token, 400, "INVALID_ARGUMENT", "single users"},
		"users, no token":  {"/v4/userActivity:search", `{"viewId":"123"}`, "", 401, "UNAUTHENTICATED", ""},
		"no such method":   {"/v4/reports:batchPut", v4Request, token, 404, "NOT_FOUND", ""},
	} {
		var headers []string
		if c.auth != "" {
			headers = append(headers, bearing(c.auth))
		}
		a := s.do("POST", c.path, c.body, headers...)
		v := readV4(t, a)
		if a.code != c.code || v.Error.Code != c.code || v.Error.Status != c.status || !strings.Contains(v.Error.Message, c.words) || v.Error.Message == "" {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
	}
	if a := s.do("GET", batchGet, "", bearing(token)); a.code != 405 {
		t.Errorf("GET: %d %s", a.code, a.body)
	}
	if a := s.do("POST", batchGet, v4Request, bearing(token), "Origin: "+otherOrigin); a.code != 403 {
		t.Errorf("a page of another view's origin: %d %s", a.code, a.body)
	}
}

// The requester gets a sentence, the log the cause.
func TestReportingCauseIsLogged(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		return &report.Report{Body: []byte("no JSON"), TimeZone: "UTC"}, nil
	}
	a := s.do("POST", batchGet, v4Request, bearing(token))
	if a.code != 500 || strings.Contains(a.body, "invalid character") || !strings.Contains(s.log.String(), "invalid character") {
		t.Errorf("%d %s", a.code, a.body)
	}
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		e := report.Errorf(report.Quota, "Try later.").Because(errors.New("tokensPerHour"))
		e.RetryAfter = time.Minute
		return nil, e
	}
	a = s.do("POST", batchGet, v4Request, bearing(token))
	if v := readV4(t, a); a.code != 429 || v.Error.Status != "RESOURCE_EXHAUSTED" || a.header.Get("Retry-After") != "60" ||
		strings.Contains(a.body, "tokensPerHour") || !strings.Contains(s.log.String(), "tokensPerHour") {
		t.Errorf("%d %s", a.code, a.body)
	}
}
