package emulator

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	week    = `"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]`
	users   = `"metrics":[{"name":"activeUsers"}]`
	country = `"dimensions":[{"name":"country"}]`
)

// errorRows are the rows of the reference's table, and what the reference says
// the message is. The whole answers are in testdata/errors.
var errorRows = []struct {
	name, verb, body, message string
}{
	{"invalid-dimension", "runReport", `{` + week + `,"dimensions":[{"name":"nonsense"}]}`,
		"Field nonsense is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "},
	{"invalid-metric", "runReport", `{` + week + `,"metrics":[{"name":"nonsense"}]}`,
		"Field nonsense is not a valid metric.  For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "},
	{"realtime-did-you-mean", "runRealtimeReport", `{"dimensions":[{"name":"pageTitle"}],` + users + `}`,
		"Did you mean city? Field pageTitle is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema "},
	{"incompatible", "runReport", `{` + week + `,"dimensions":[{"name":"itemName"}],"metrics":[{"name":"sessions"}]}`,
		"Please remove sessions to make the request compatible for example. The request's dimensions & metrics are incompatible. To learn more, see https://ga-dev-tools.web.app/ga4/dimensions-metrics-explorer/"},
	{"realtime-incompatible", "runRealtimeReport", `{"dimensions":[{"name":"eventName"}],` + users + `}`,
		"Selected dimensions and metrics cannot be queried together."},
	{"no-date-range", "runReport", `{` + users + `}`, "A dateRange is required."},
	{"empty-body", "runReport", ``, "A dateRange is required."},
	{"end-before-start", "runReport", `{` + users + `,"dateRanges":[{"startDate":"2026-06-07","endDate":"2026-06-01"}]}`,
		"start_date must be less than or equal to end_date. start_date = 2026-06-07 and end_date = 2026-06-01"},
	{"too-early", "runReport", `{` + users + `,"dateRanges":[{"startDate":"2015-01-01","endDate":"2026-06-01"}]}`,
		"start_date = 2015-01-01 must be greater than 2015-08-13 and less than 3000-01-01."},
	{"bound-itself", "runReport", `{` + users + `,"dateRanges":[{"startDate":"2015-08-13","endDate":"2026-06-01"}]}`,
		"start_date = 2015-08-13 must be greater than 2015-08-13 and less than 3000-01-01."},
	{"malformed-date", "runReport", `{` + users + `,"dateRanges":[{"startDate":"01/06/2026","endDate":"today"}]}`,
		"Invalid startDate : 01/06/2026. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
	{"malformed-end-date", "runReport", `{` + users + `,"dateRanges":[{"startDate":"today","endDate":"tomorrow"}]}`,
		"Invalid endDate : tomorrow. endDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
	{"five-date-ranges", "runReport", `{` + users + `,"dateRanges":[` + strings.Repeat(`{"startDate":"today","endDate":"today"},`, 4) + `{"startDate":"today","endDate":"today"}]}`,
		"Requests are limited to 4 dateRanges.\n  This request contains 5 dateRanges."},
	{"ten-dimensions", "runReport", `{` + week + `,"dimensions":[` + names("date", "year", "month", "week", "day", "hour", "country", "city", "region", "browser") + `]}`,
		"Requests are limited to 9 dimensions within a nested request.\n  This request is for 10 dimensions."},
	{"eleven-metrics", "runReport", `{` + week + `,"metrics":[` + names("activeUsers", "totalUsers", "newUsers", "sessions", "engagedSessions", "bounceRate", "engagementRate", "eventCount", "screenPageViews", "keyEvents", "eventsPerSession") + `]}`,
		"Requests are limited to 10 metrics within a nested request.\n  This request is for 11 metrics."},
	{"duplicate-dimension", "runReport", `{` + week + `,"dimensions":[{"name":"country"},{"name":"country"}]}`, "Found duplicate dimensions: country"},
	{"duplicate-metric", "runReport", `{` + week + `,"metrics":[{"name":"sessions"},{"name":"sessions"}]}`,
		"Duplicate metrics are not allowed. Found duplicate metrics: sessions"},
	{"metric-in-dimension-filter", "runReport", `{` + week + `,` + country + `,"dimensionFilter":{"filter":{"fieldName":"sessions","stringFilter":{"value":"1"}}}}`,
		"Found duplicate dimensions/metrics."},
	{"negative-limit", "runReport", `{` + week + `,` + users + `,"limit":-1}`, "limit must be positive. The API received limit = -1"},
	{"negative-offset", "runReport", `{` + week + `,` + users + `,"offset":"-1"}`, "offset must be positive. The API received offset = -1"},
	{"order-by-unrequested", "runReport", `{` + week + `,` + users + `,"orderBys":[{"metric":{"metricName":"sessions"}}]}`,
		"Field sessions exists in OrderBy but is not defined in input Dimensions/Metrics list"},
	{"count-aggregation", "runReport", `{` + week + `,` + users + `,"metricAggregations":["COUNT"]}`,
		"Metric aggregation Count is not supported in ReportRequest."},
	{"no-fields", "runReport", `{` + week + `}`, "Requests require dimensions and/or metrics. Most requests include both."},
	{"batch-of-six", "batchRunReports", `{"requests":[{},{},{},{},{},{}]}`,
		"Batch requests are limited to 5 requests.\n  This batch request contains 6 requests."},
	{"batch-of-none", "batchRunReports", `{}`, "The batchRunReportsRequest must contain at least one runReportRequest."},
	{"unknown-name", "runReport", `{"x":1}`, `Invalid JSON payload received. Unknown name "x": Cannot find field.`},
	{"unknown-nested-name", "runReport", `{"dateRanges":[{"x":1}]}`,
		`Invalid JSON payload received. Unknown name "x" at 'date_ranges[0]': Cannot find field.`},
	{"two-unknown-names", "runReport", `{"x":1,"dimensionFilter":{"andGroup":{"expressions":[{},{"y":2}]}}}`,
		"Invalid JSON payload received. Unknown name \"x\": Cannot find field.\n" +
			`Invalid JSON payload received. Unknown name "y" at 'dimension_filter.and_group.expressions[1]': Cannot find field.`},
	{"unknown-enum", "runReport", `{"metricAggregations":["AVERAGE"]}`,
		`Invalid value at 'metric_aggregations[0]' (type.googleapis.com/google.analytics.data.v1beta.MetricAggregation), "AVERAGE"`},
	{"root-is-list", "runReport", `[]`, `Invalid JSON payload received. Unknown name "": Root element must be a message.`},
	{"broken-json", "runReport", `{"limit": 5 "offset": 1}`,
		"Invalid JSON payload received. Expected , or } after key:value pair.\n{\"limit\": 5 \"offset\": 1}\n            ^"},
	{"truncated-json", "runReport", `{"limit":`,
		"Invalid JSON payload received. Unexpected end of string. Expected a value.\n{\"limit\":\n         ^"},
	{"wrong-type", "runReport", `{"limit":"many"}`, `Invalid value at 'limit' (TYPE_INT64), "many"`},
	{"two-filters", "runReport", `{"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{},"emptyFilter":{}}}}`,
		`Invalid value at 'dimension_filter.filter' (oneof), oneof field 'one_filter' is already set. Cannot set 'emptyFilter'`},
}

func names(list ...string) string {
	return `{"name":"` + strings.Join(list, `"},{"name":"`) + `"}`
}

func TestDataErrors(t *testing.T) {
	l := newLab(t)
	for _, tt := range errorRows {
		t.Run(tt.name, func(t *testing.T) {
			r := l.do("POST", "/v1beta/properties/"+l.property+":"+tt.verb, tt.body)
			status, message := r.failure(t)
			if r.status != 400 || status != "INVALID_ARGUMENT" || message != tt.message {
				t.Errorf("%d %s %q\nwant 400 INVALID_ARGUMENT %q", r.status, status, message, tt.message)
			}
			if got := r.header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
				t.Errorf("Content-Type %q", got)
			}
			golden(t, filepath.Join("testdata", "errors", tt.name+".json"), r.body)
		})
	}
}

// golden compares with a file, or writes it under -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
	}
}

const (
	realm   = `Bearer realm="https://accounts.google.com/"`
	missing = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	invalid = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	noRight = "User does not have sufficient permissions for this property. To learn more about Property ID, see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id."
)

func TestAccessErrors(t *testing.T) {
	l := newLab(t)
	cloudOnly := l.fetchToken(map[string]any{"scope": scopePlatform})
	run := "/v1beta/properties/" + l.property + ":runReport"
	for _, tt := range []struct {
		name, token, path string
		code              int
		status, message   string
		wwwAuthenticate   string
	}{
		{"missing-credentials", "", run, 401, "UNAUTHENTICATED", missing, realm},
		{"invalid-credentials", "ya29.c.wrong", run, 401, "UNAUTHENTICATED", invalid, realm + `, error="invalid_token"`},
		{"insufficient-scope", cloudOnly, run, 403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.",
			realm + `, error="insufficient_scope", scope="` + scopeReadonly + " " + scopeAnalytics + `"`},
		{"no-permission", l.token, "/v1beta/properties/999:runReport", 403, "PERMISSION_DENIED", noRight, ""},
		{"malformed-property", l.token, "/v1beta/properties/abc:runReport", 400, "INVALID_ARGUMENT",
			"Invalid property ID: abc. A numeric Property ID is required. To learn more about Property ID, see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := l.doAs(tt.token, "POST", tt.path, "{broken")
			status, message := r.failure(t)
			if r.status != tt.code || status != tt.status || message != tt.message {
				t.Errorf("%d %s %q\nwant %d %s %q", r.status, status, message, tt.code, tt.status, tt.message)
			}
			if got := r.header.Get("WWW-Authenticate"); got != tt.wwwAuthenticate {
				t.Errorf("WWW-Authenticate %q, want %q", got, tt.wwwAuthenticate)
			}
			golden(t, filepath.Join("testdata", "errors", tt.name+".json"), r.body)
		})
	}
}

func TestHTML404(t *testing.T) {
	l := newLab(t)
	run := "/v1beta/properties/" + l.property
	for _, tt := range [][2]string{
		{"GET", "/nothing"}, {"GET", "/"}, {"POST", run + ":runNothing"}, {"GET", run + ":runReport"},
		{"PUT", run + ":runReport"}, {"POST", run + "/metadata"}, {"POST", run}, {"GET", "/token"},
		{"POST", "/v1beta/accountSummaries"}, {"POST", "/v1beta/properties/:runReport"},
		{"GET", "/v1alpha/properties/1/metadata"},
	} {
		r := l.do(tt[0], tt[1], "")
		if r.status != http.StatusNotFound || r.header.Get("Content-Type") != "text/html; charset=UTF-8" ||
			!strings.Contains(r.body, "<title>Error 404 (Not Found)!!1</title>") {
			t.Errorf("%s %s: %d %s", tt[0], tt[1], r.status, r.header.Get("Content-Type"))
		}
	}
}

// With several things wrong, the one that Google checks first is reported.
func TestDataOrderOfChecks(t *testing.T) {
	l := newLab(t)
	dims := `"dimensions":[` + names("date", "year", "month", "week", "day", "hour", "country", "city", "region", "browser") + `]`
	badOrder := `"orderBys":[{"metric":{"metricName":"sessions"}}]`
	for _, tt := range []struct{ body, message string }{
		{`{"x":1,"dimensions":[{"name":"nonsense"}],"limit":-1}`, `Unknown name "x"`},
		{`{"dimensions":[{"name":"nonsense"}],"limit":-1}`, "not a valid dimension"},
		{`{"dimensions":[{"name":"city"},{"name":"city"}],"limit":-1}`, "Found duplicate dimensions"},
		{`{` + dims + `,"limit":-1}`, "limit must be positive"},
		{`{` + dims + `}`, "A dateRange is required."},
		{`{` + dims + `,` + badOrder + `,` + week + `}`, "Requests are limited to 9 dimensions"},
		{`{` + badOrder + `,` + week + `}`, "Requests require dimensions and/or metrics."},
		{`{` + country + `,` + badOrder + `,` + week + `}`, "exists in OrderBy"},
	} {
		if _, message := l.call("runReport", tt.body).failure(t); !strings.Contains(message, tt.message) {
			t.Errorf("%s: %q, want %q", tt.body, message, tt.message)
		}
	}
}

// What Google has and the emulator has not is refused in a way that nobody
// can take for an answer of Google's.
func TestNotEmulated(t *testing.T) {
	l := newLab(t)
	run := "/v1beta/properties/" + l.property
	for _, tt := range [][3]string{
		{"POST", run + ":runAccessReport", "{}"},
		{"GET", run + "/audienceExports", ""},
		{"GET", run + "/dataStreams", ""},
		{"POST", run + ":runReport?callback=f", "{}"},
		{"POST", run + ":runReport?alt=proto", "{}"},
		{"POST", run + ":runReport", `{"cohortSpec":{},` + users + `}`},
	} {
		r := l.do(tt[0], tt[1], tt[2])
		if status, _ := r.failure(t); r.status != 501 || status != "UNIMPLEMENTED" {
			t.Errorf("%v: %d %s", tt, r.status, r.body)
		}
	}
}

func TestUnknownQueryParameter(t *testing.T) {
	l := newLab(t)
	r := l.do("GET", "/v1beta/properties/"+l.property+"?foo=1", "")
	want := `Invalid JSON payload received. Unknown name "foo": Cannot bind query parameter. Field 'foo' could not be found in request message.`
	if _, message := r.failure(t); message != want {
		t.Errorf("%q", message)
	}
	if !json.Valid([]byte(r.body)) {
		t.Error(r.body)
	}
}
