package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// A v3Error is the body that v3 answered instead of data.
type v3Error struct {
	Error struct {
		Code    int
		Message string
		Errors  []struct{ Domain, Reason, Message string }
	}
}

// daily answers a question by date with one row.
func daily(_ context.Context, q report.Query) (*report.Report, error) {
	return &report.Report{
		Body: []byte(`{"dimensionHeaders":[{"name":"date"}],"metricHeaders":[{"name":"` + q.Metrics[0].Name + `","type":"TYPE_INTEGER"}],` +
			`"rows":[{"dimensionValues":[{"value":"20261122"}],"metricValues":[{"value":"7"}]}],` +
			`"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"}],"metricValues":[{"value":"7"}]}],"rowCount":1,"metadata":{"timeZone":"UTC"}}`),
		Rows: 1, Freshness: report.FreshSettling, TimeZone: "UTC",
	}, nil
}

const v3Day = "&start-date=yesterday&end-date=yesterday&dimensions=ga:date&metrics="

func TestUniversal(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Dialects = map[string]ua.Options{"shop": {Goals: map[int]string{1: "purchase"}}} })
	s.source.answer = daily
	token := s.token("shop")
	for _, path := range []string{"/analytics/v3/data/ga", "/v3/data/ga"} {
		for how, a := range map[string]answered{
			"header":  s.do("GET", path+"?ids=ga:123"+v3Day+"ga:sessions", "", bearing(token)),
			"address": s.do("GET", path+"?ids=ga:123"+v3Day+"ga:sessions&access_token="+token, "", "Origin: "+shopOrigin),
		} {
			packed := strings.Join(strings.Fields(a.body), "")
			if a.code != 200 || a.header.Get("Oriel-Freshness") != "settling" || !strings.Contains(packed, `"rows":[["20261122","7"]]`) {
				t.Errorf("%s, token in the %s: %d %s", path, how, a.code, a.body)
			}
		}
	}
	if a := s.do("GET", "/v3/data/ga?ids=ga:123"+v3Day+"ga:goal1Completions", "", bearing(token)); a.code != 200 {
		t.Errorf("a goal of the view's dialect: %d %s", a.code, a.body)
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the token of the address is in the log")
	}
}

// The asker gets v3's words, the log the kind and the cause.
func TestUniversalCauseIsLogged(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		return &report.Report{Body: []byte("no JSON"), TimeZone: "UTC"}, nil
	}
	a := s.do("GET", "/v3/data/ga?ids=ga:123"+v3Day+"ga:sessions", "", bearing(s.token("shop")))
	if a.code != 500 || strings.Contains(a.body, "invalid character") {
		t.Errorf("%d %s", a.code, a.body)
	}
	if log := s.log.String(); !strings.Contains(log, "invalid character") || !strings.Contains(log, `"kind":"internal"`) {
		t.Errorf("the log has no cause:\n%s", log)
	}
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		return nil, report.Errorf(report.Quota, "Try later.").Because(errors.New("tokensPerHour"))
	}
	a = s.do("GET", "/v3/data/ga?ids=ga:123"+v3Day+"ga:users", "", bearing(s.token("shop")))
	if a.code != 403 || !strings.Contains(a.body, "quotaExceeded") || !strings.Contains(s.log.String(), "tokensPerHour") {
		t.Errorf("%d %s", a.code, a.body)
	}
}

func TestUniversalErrors(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("shop")
	for query, want := range map[string]struct {
		code   int
		reason string
		words  string
	}{
		"ids=ga:123" + v3Day + "ga:sessions":                               {401, "authError", "Invalid Credentials"},
		"ids=ga:123" + v3Day + "ga:14dayUsers&access_token=" + token:       {400, "", "ga:14dayUsers"},
		"ids=ga:123" + v3Day + "ga:goal1Completions&access_token=" + token: {400, "", "ga:goal1Completions"},
		"ids=shop" + v3Day + "ga:sessions&access_token=" + token:           {400, "invalidParameter", "'shop'"},
		"ids=ga:9" + v3Day + "ga:sessions&access_token=" + token:           {403, "insufficientPermissions", ""},
		"ids=ga:123" + v3Day + "ga:sessions&access_token=" + token + "x":   {401, "authError", "Invalid Credentials"},
	} {
		a := s.do("GET", "/analytics/v3/data/ga?"+query, "")
		var e v3Error
		if err := json.Unmarshal([]byte(a.body), &e); err != nil || a.code != want.code || e.Error.Code != want.code || len(e.Error.Errors) != 1 {
			t.Errorf("%s: %d %s", query, a.code, a.body)
			continue
		}
		if item := e.Error.Errors[0]; want.reason != "" && item.Reason != want.reason || !strings.Contains(e.Error.Message, want.words) || item.Domain != "global" {
			t.Errorf("%s: %+v", query, e.Error)
		}
	}
	if a := s.do("GET", "/v1/views?access_token="+token, ""); a.code != 401 {
		t.Errorf("a token in another address: %d", a.code)
	}
	if a := s.do("GET", "/v3/data/ga?ids=ga:123"+v3Day+"ga:sessions&access_token="+token, "", "Origin: "+otherOrigin); a.code != 403 {
		t.Errorf("a page of another view's origin: %d %s", a.code, a.body)
	}
}
