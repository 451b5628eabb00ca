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

// The requester gets v3's words, the log the kind and the cause.
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
		"ids=ga:123" + v3Day + "ga:sessions&access_token=ya29.a":           {401, "authError", "This is one of Google's access tokens: pages get an embed token, which your backend asks for at POST /v1/tokens."},
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

// TestUniversalCredentials shows the embed token in every way that pages of that
// time did, on every route of v3 and v4, and nowhere else.
func TestUniversalCredentials(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("shop")
	routes := map[string]string{
		"/analytics/v3/data/ga?ids=ga:123" + v3Day + "ga:sessions":                  "",
		"/v3/data/ga?ids=ga:123" + v3Day + "ga:sessions":                            "",
		"/v3/data/realtime?ids=ga:123&metrics=rt:activeUsers&dimensions=rt:country": "",
		"/v3/management/accountSummaries?max-results=1":                             "",
		"/analytics/v3/management/accounts/~all/webproperties?start-index=1":        "",
		"/v3/metadata/ga/columns?fields=kind":                                       "",
		"/v4/reports:batchGet?alt=json":                                             v4Request,
	}
	for route, body := range routes {
		method := "GET"
		if body != "" {
			method = "POST"
		}
		for how, c := range map[string]struct{ parameter, header string }{
			"bearer":               {"", "Authorization: Bearer " + token},
			"access_token":         {"&access_token=" + token, ""},
			"oauth":                {"", "Authorization: OAuth " + token},
			"oauth, lower case":    {"", "Authorization: oauth " + token},
			"oauth_token":          {"&oauth_token=" + token, ""},
			"oauth_token, escaped": {"&oauth%5Ftoken=" + token, ""},
			"header before both":   {"&access_token=x&oauth_token=y", "Authorization: OAuth " + token},
		} {
			headers := []string{"Origin: " + shopOrigin}
			if c.header != "" {
				headers = append(headers, c.header)
			}
			a := s.do(method, route+c.parameter, body, headers...)
			if a.code != 200 || strings.Contains(a.body, token) {
				t.Errorf("%s, %s: %d %s", route, how, a.code, a.body)
			}
			bad := strings.NewReplacer(token, token+"x")
			for i := range headers {
				headers[i] = bad.Replace(headers[i])
			}
			if a := s.do(method, route+bad.Replace(c.parameter), body, headers...); a.code != 401 || strings.Contains(a.body, token) {
				t.Errorf("%s, %s, a wrong token: %d %s", route, how, a.code, a.body)
			}
		}
	}
	for name, a := range map[string]answered{
		"oauth":       s.do("GET", "/v1/views", "", "Authorization: OAuth "+token),
		"oauth_token": s.do("GET", "/v1/views?oauth_token="+token, ""),
		"v1beta":      s.do("GET", "/v1beta/accountSummaries?oauth_token="+token, ""),
	} {
		if a.code != 401 || strings.Contains(a.body, token) {
			t.Errorf("%s elsewhere: %d %s", name, a.code, a.body)
		}
	}
	if a := s.do("GET", "/v1/views?oauth_token="+token, ""); !strings.Contains(a.body, "not in the address") {
		t.Errorf("what to change: %s", a.body)
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the token is in the log")
	}
}

// A token in the place of something else is neither repeated nor logged whole.
func TestUniversalHidesMisplacedTokens(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("shop")
	for _, query := range []string{
		"ids=" + token + v3Day + "ga:sessions", "ids=ga:123" + v3Day + token, "ids=ga:123&metrics=ga:sessions&start-date=" + token,
		"ids=ga:123&metrics=ga:sessions&filters=" + token, "ids=ga:123&metrics=ga:sessions&sort=" + token, "ids=ga:123&metrics=ga:sessions&segment=" + token,
		"ids=ga:123&metrics=ga:sessions&output=" + token, "ids=ga:123&metrics=ga:sessions&fields=" + token,
	} {
		a := s.do("GET", "/v3/data/ga?"+query, "", bearing(token))
		if a.code != 400 || strings.Contains(a.body, token[:20]) {
			t.Errorf("%.40s: %d %s", query, a.code, a.body)
		}
	}
	for _, body := range []string{
		strings.Replace(v4Request, "123", token, 1), strings.Replace(v4Request, "yesterday", token, 1), requests(token),
		strings.Replace(v4Request, `"metrics"`, `"pageToken":"`+token+`","metrics"`, 1), strings.Replace(v4Request, `"metrics"`, `"`+token+`":1,"metrics"`, 1),
	} {
		a := s.do("POST", batchGet, body, bearing(token))
		if a.code != 400 || strings.Contains(a.body, token[:20]) {
			t.Errorf("%.80s: %d %s", body, a.code, a.body)
		}
	}
	if strings.Contains(s.log.String(), token[:20]) {
		t.Error("the token is in the log")
	}
}

// Errors name what the page wrote, the same for a field that is hidden as for one
// that is not there, and the log has Google's own words.
func TestUniversalErrorsNameWhatThePageWrote(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(_ context.Context, q report.Query) (*report.Report, error) {
		return nil, report.Errorf(report.Invalid, "Did you mean x? Field %s is not a valid dimension. For a list of valid dimensions and metrics, see there", q.Dimensions[0].Name)
	}
	token := s.token("shop")
	said := func(name string) [2]string {
		var v3 v3Error
		a := s.do("GET", "/v3/data/ga?ids=ga:123&metrics=ga:totalEvents&dimensions="+name, "", bearing(token))
		if err := json.Unmarshal([]byte(a.body), &v3); err != nil || a.code != 400 {
			t.Fatalf("%s: %d %s", name, a.code, a.body)
		}
		b := s.do("POST", batchGet, strings.Replace(v4Request, "ga:date", name, 1), bearing(token))
		v4 := readV4(t, b)
		if b.code != 400 {
			t.Fatalf("%s: %d %s", name, b.code, b.body)
		}
		return [2]string{v3.Error.Message, v4.Error.Message}
	}
	for _, message := range said("ga:eventCategory") {
		if !strings.Contains(message, "Invalid dimension or metric: ga:eventCategory.") || !strings.Contains(message, "eventCategory: customEvent:author") {
			t.Errorf("not registered: %s", message)
		}
	}
	hidden, missing := said("ga:city"), said("ga:country")
	for i := range hidden {
		if hidden[i] != strings.NewReplacer("ga:country", "ga:city", "by country", "by city").Replace(missing[i]) || !strings.Contains(hidden[i], "ga:city") {
			t.Errorf("hidden: %s\nmissing: %s", hidden[i], missing[i])
		}
	}
	if !strings.Contains(s.log.String(), "Field customEvent:event_category is not a valid dimension") {
		t.Errorf("the log has no cause:\n%s", s.log.String())
	}
}
