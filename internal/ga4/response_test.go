package ga4

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// recorded has the shape of a real answer, pretty-printed as Google does by
// default, with members that viewers must not see.
const recorded = `{
  "dimensionHeaders": [{"name": "city"}, {"name": "dateRange"}],
  "metricHeaders": [{"name": "sessions", "type": "TYPE_INTEGER"}],
  "rows": [
    {
      "dimensionValues": [{"value": "K\u00f6ln \"am\" Rhein\\"}, {"value": "current", "oneDay": {"secret": ["x"]}}],
      "metricValues": [{"value": "12"}],
      "futureMember": [1, {"a": null}, "]}"]
    },
    {
      "dimensionValues": [{"value": "(other)"}, {}],
      "metricValues": [{"value": "3"}]
    }
  ],
  "totals": [{"dimensionValues": [{"value": "RESERVED_TOTAL"}, {"value": "current"}], "metricValues": [{"value": "15"}]}],
  "rowCount": 2,
  "metadata": {
    "dataLossFromOtherRow": true,
    "samplingMetadatas": [{"samplesReadCount": "10", "samplingSpaceSize": "100"}],
    "subjectToThresholding": true,
    "schemaRestrictionResponse": {"activeMetricRestrictions": [{"metricName": "sessions", "restrictedMetricTypes": ["COST_DATA"]}]},
    "dataTruncationReasons": [{"dataTruncationType": "DATA_TRUNCATION_TYPE_PROPERTY", "dataTruncationDate": "2024-01-01", "dataTruncationMessage": "property 123456"}],
    "section": "properties/123456",
    "currencyCode": "EUR",
    "timeZone": "Europe/Berlin"
  },
  "propertyQuota": {
    "tokensPerDay": {"consumed": 1, "remaining": 199999},
    "tokensPerHour": {"consumed": 1, "remaining": 39999},
    "concurrentRequests": {"consumed": 0, "remaining": 10},
    "serverErrorsPerProjectPerHour": {"consumed": 0, "remaining": 10},
    "potentiallyThresholdedRequestsPerHour": {"consumed": 0, "remaining": 120},
    "tokensPerProjectPerHour": {"consumed": 1, "remaining": 13999}
  },
  "property": "properties/123456",
  "kind": "analyticsData#runReport"
}`

const served = `{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],` +
	`"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
	`"rows":[{"dimensionValues":[{"value":"K\u00f6ln \"am\" Rhein\\"},{"value":"current"}],"metricValues":[{"value":"12"}]},` +
	`{"dimensionValues":[{"value":"(other)"},{}],"metricValues":[{"value":"3"}]}],` +
	`"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"current"}],"metricValues":[{"value":"15"}]}],` +
	`"rowCount":2,"metadata":{"dataLossFromOtherRow":true,"samplingMetadatas":[{"samplesReadCount":"10","samplingSpaceSize":"100"}],` +
	`"schemaRestrictionResponse":{"activeMetricRestrictions":[{"metricName":"sessions","restrictedMetricTypes":["COST_DATA"]}]},` +
	`"currencyCode":"EUR","timeZone":"Europe/Berlin","subjectToThresholding":true,` +
	`"dataTruncationReasons":[{"dataTruncationType":"DATA_TRUNCATION_TYPE_PROPERTY","dataTruncationDate":"2024-01-01"}]},` +
	`"kind":"analyticsData#runReport"}`

func TestReport(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, recorded) })
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "city"}}
	r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Body) != served {
		t.Errorf("body\n%s\nwant\n%s", r.Body, served)
	}
	if r.Rows != 2 || !r.Sampled || !r.Thresholded || !r.OtherRow || r.TimeZone != "Europe/Berlin" ||
		!r.FetchedAt.Equal(noon) || r.Freshness != report.FreshSettling || r.Stale != "" ||
		!r.Truncated || !slices.Equal(r.Notices, []string{"schemaRestrictionResponse=COST_DATA", "section", "property"}) || r.RowCount != 2 {
		t.Errorf("report %+v", r)
	}
	seen := g.seen()
	want := `{"dimensions":[{"name":"city"}],"metrics":[{"name":"sessions"}],` +
		`"dateRanges":[{"startDate":"2026-01-01","endDate":"2026-01-05"}],"returnPropertyQuota":true}`
	if len(seen) != 1 || seen[0].method != "runReport" || string(seen[0].body) != want {
		t.Errorf("Google saw %+v, want %s", seen, want)
	}
	left := quotasOf(g.client, "123456")
	if len(left) != 1 || left[0].Account != "main" || left[0].Category != "core" || left[0].TokensPerProjectPerHour.Remaining != 13999 {
		t.Errorf("quota %+v", left)
	}
	if other := quotasOf(g.client, "1"); len(other) > 0 {
		t.Errorf("quota of another property: %+v", other)
	}
}

// TestQuotaAsText: proto-JSON may write a 64-bit integer as a string.
func TestQuotaAsText(t *testing.T) {
	text := regexp.MustCompile(`("consumed"|"remaining"): ([0-9]+)`).ReplaceAllString(recorded, `$1: "$2"`)
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, text) })
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "city"}}
	if _, err := g.client.Report(t.Context(), report.NewQuestion(q, nil)); err != nil {
		t.Fatal(err)
	}
	if left := quotasOf(g.client, "123456"); len(left) != 1 || left[0].TokensPerDay != (Bucket{1, 199999}) {
		t.Errorf("quota %+v", left)
	}
}

// TestColumnsOfTheAnswer: an invisible metric has none, comparisons have one more,
// wherever it stands.
func TestColumnsOfTheAnswer(t *testing.T) {
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "place", Expression: &report.DimensionExpression{LowerCase: &report.CaseExpression{DimensionName: "city"}}}}
	q.Metrics = []report.Metric{{Name: "hidden", Expression: "sessions/2", Invisible: true}, {Name: "sessions"}}
	q.Comparisons = []report.Comparison{{Name: "a", DimensionFilter: &report.Filter{Condition: &report.Condition{FieldName: "city", Empty: &report.EmptyFilter{}}}}}
	for headers, right := range map[string]bool{
		`{"name":"comparison"},{"name":"place"}`: true, `{"name":"place"},{"name":"comparison"}`: true, `{"name":"comparison"},{"name":"city"}`: false,
	} {
		var w reportResponse
		body := `{"dimensionHeaders":[` + headers + `],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
			`"rows":[{"dimensionValues":[{"value":"a"},{"value":"b"}],"metricValues":[{"value":"1"}]}],"rowCount":1}`
		if err := json.Unmarshal([]byte(body), &w); err != nil {
			t.Fatal(err)
		}
		if w.answers(q) != right || w.check(q) != nil {
			t.Errorf("%s: answers %v, %v", headers, w.answers(q), w.check(q))
		}
	}
	if q := question(0); potentiallyThresholded(q) {
		t.Error("a plain question may be thresholded")
	}
	for _, place := range []func(*report.Query){
		func(q *report.Query) { q.Dimensions[0].Expression.LowerCase.DimensionName = "userGender" },
		func(q *report.Query) { q.Comparisons[0].DimensionFilter.Condition.FieldName = "userAgeBracket" },
	} {
		asked := q.Clone()
		if place(&asked); !potentiallyThresholded(asked) {
			t.Errorf("%+v", asked)
		}
	}
}

func TestRealtimeReport(t *testing.T) {
	g := newGoogle(t, oneRow)
	q := question(0)
	q.Realtime, q.DateRanges = true, nil
	r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
	if err != nil {
		t.Fatal(err)
	}
	if seen := g.seen(); r.Freshness != report.FreshRealtime || seen[0].method != "runRealtimeReport" {
		t.Errorf("%q asked %s", r.Freshness, seen[0].method)
	}
}

func TestAnswersThatAreNotUnderstood(t *testing.T) {
	header := `"metricHeaders":[{"name":"sessions"}]`
	for _, body := range []string{
		``, `null`, `[]`, `<html>`, `{` + header, `{}`, `{"metricHeaders":[{"name":"a"},{"name":"b"}]}`,
		`{` + header + `,"rows":{}}`, `{` + header + `,"rows":[1]}`, `{` + header + `,"rows":[{"metricValues":[1]}]}`,
		`{` + header + `,"rows":[{"metricValues":[{"value":1}]}]}`, `{` + header + `,"rows":[{"metricValues":{}}]}`,
		`{` + header + `,"rows":[{"metricValues":[{"value":"1"},{"value":"2"}]}]}`,
		`{` + header + `,"rows":[{"metricValues":[{"value":"1"}]},{}]}`,
		`{` + header + `,"rows":[{"dimensionValues":[{"value":"1"}],"metricValues":[{"value":"1"}]}]}`,
	} {
		g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, body) })
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
		if report.KindOf(err) != report.Unavailable {
			t.Errorf("%s: got %v, want unavailable", body, err)
		}
	}
}

func TestEmptyReport(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) {
		_, _ = io.WriteString(w, `{"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],"metadata":{"emptyReason":"NO_DATA"},"kind":"k"}`)
	})
	r, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
	want := `{"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],"metadata":{"emptyReason":"NO_DATA"},"kind":"k"}`
	if err != nil || string(r.Body) != want || r.Rows != 0 {
		t.Errorf("got %v, %v", r, err)
	}
}

// FuzzRows holds the fast reader to what encoding/json understands.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`[{"dimensionValues":[{"value":"a\"]"}],"metricValues":[{"value":"1","x":[{}]}]}]`))
	f.Add([]byte(`[ ]`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[{"metricValues":[]},{"x":-1.5e3,"metricValues":[]}]`))
	f.Add([]byte(`[{},{"y":true}]`))
	f.Add([]byte(`[{},{"metricValues":[{"value":"1"}]}]`))
	f.Add([]byte(`[{"dimensionValues":[{"value":"a"}]},{"metricValues":[{"value":"1"}]}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s rowSet
		if json.Unmarshal(b, &s) != nil || s.json == nil {
			return
		}
		type row struct {
			DimensionValues []struct{ Value *string } `json:"dimensionValues"`
			MetricValues    []struct{ Value *string } `json:"metricValues"`
		}
		var out []row
		d := json.NewDecoder(bytes.NewReader(s.json))
		d.DisallowUnknownFields()
		if err := d.Decode(&out); err != nil {
			t.Fatalf("%s became %s: %v", b, s.json, err)
		}
		if len(out) != s.count {
			t.Errorf("%d rows, counted %d", len(out), s.count)
		}
		for _, r := range out {
			wide := func(n int, w width) bool { return n == w.values || n == 0 && w.none }
			if !wide(len(r.DimensionValues), s.dimensions) || !wide(len(r.MetricValues), s.metrics) {
				t.Errorf("row %+v, want %+v and %+v values", r, s.dimensions, s.metrics)
			}
		}
	})
}

func TestFreshness(t *testing.T) {
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		ends []string
		zone string
		now  time.Time
		want report.Freshness
	}{
		{[]string{"2026-01-15"}, "UTC", now, report.FreshIntraday},
		{[]string{"2026-01-16"}, "UTC", now, report.FreshIntraday},
		{[]string{"2026-01-14"}, "UTC", now, report.FreshSettling},
		{[]string{"2026-01-10"}, "UTC", now, report.FreshSettling},
		{[]string{"2026-01-09"}, "UTC", now, report.FreshFinal},
		{[]string{"2026-01-09", "2026-01-15"}, "UTC", now, report.FreshIntraday},
		{[]string{"2026-01-15", "2025-01-15"}, "UTC", now, report.FreshIntraday},
		{[]string{"2026-01-15"}, "Pacific/Auckland", now, report.FreshSettling}, // it is the 16th there
		{[]string{"2026-01-14"}, "Pacific/Honolulu", now.Add(-3 * time.Hour), report.FreshIntraday},
		{[]string{"2026-01-12"}, "UTC", time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC), report.FreshFinal},
		{[]string{"2026-01-12"}, "UTC", time.Date(2026, 1, 17, 23, 59, 59, 0, time.UTC), report.FreshSettling},
		{[]string{"2026-01-12"}, "no/zone", time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC), report.FreshSettling},
		{[]string{"2026-01-12"}, "", time.Date(2026, 1, 18, 12, 0, 0, 0, time.UTC), report.FreshFinal},
		{[]string{"yesterday"}, "UTC", now, report.FreshIntraday},
		{nil, "UTC", now, report.FreshIntraday},
	} {
		var q report.Query
		for _, end := range test.ends {
			q.DateRanges = append(q.DateRanges, report.DateRange{StartDate: "2025-01-01", EndDate: end})
		}
		if got := freshness(q, test.zone, test.now); got != test.want {
			t.Errorf("%v in %q at %v: %s, want %s", test.ends, test.zone, test.now, got, test.want)
		}
	}
}

func BenchmarkAnswer10000Rows(b *testing.B) {
	var rows []string
	for i := range 10_000 {
		rows = append(rows, fmt.Sprintf(`{"dimensionValues":[{"value":"/some/page/%d"},{"value":"20260101"}],"metricValues":[{"value":"%d"}]}`, i, i))
	}
	body := []byte(`{"dimensionHeaders":[{"name":"pagePath"},{"name":"date"}],"metricHeaders":[{"name":"sessions"}],"rows":[` + strings.Join(rows, ",") + `]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var w reportResponse
		if err := json.Unmarshal(body, &w); err != nil {
			b.Fatal(err)
		}
		if _, err := w.report(question(0), noon); err != nil {
			b.Fatal(err)
		}
	}
}
