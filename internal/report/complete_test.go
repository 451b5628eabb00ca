package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// asks returns a query of as many columns and ranges as a test needs.
func asks(dimensions, metrics, ranges string, change ...func(*Query)) Query {
	var q Query
	for _, name := range strings.Fields(dimensions) {
		q.Dimensions = append(q.Dimensions, Dimension{Name: name})
	}
	for _, name := range strings.Fields(metrics) {
		q.Metrics = append(q.Metrics, Metric{Name: name})
	}
	for _, name := range strings.Fields(ranges) {
		q.DateRanges = append(q.DateRanges, DateRange{StartDate: "2026-01-01", EndDate: "2026-01-05", Name: strings.Trim(name, "_")})
	}
	for _, c := range change {
		c(&q)
	}
	return q
}

func comparing(q *Query) {
	is := &Filter{Condition: &Condition{FieldName: "country", String: &StringFilter{Value: "x"}}}
	q.Comparisons = []Comparison{{Name: "a", DimensionFilter: is}, {DimensionFilter: is}}
}

func totals(q *Query) { q.MetricAggregations = []Aggregation{Total} }

// TestComplete has each shape in which Google answers about nothing, and what a
// reader of tables gets.
func TestComplete(t *testing.T) {
	const meta = `"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runReport"}`
	for name, tt := range map[string]struct {
		q          Query
		rows       int
		body, want string
	}{
		"a metric, nothing in the range": {asks("", "sessions", "_"), 0, `{` + meta,
			`{"metricHeaders":[{"name":"sessions"}],"rows":[{"metricValues":[{"value":"0"}]}],"rowCount":1,` + meta},
		"realtime, nobody there": {asks("", "activeUsers", "", func(q *Query) { q.Realtime = true }), 0, `{"kind":"analyticsData#runRealtimeReport"}`,
			`{"metricHeaders":[{"name":"activeUsers"}],"rows":[{"metricValues":[{"value":"0"}]}],"rowCount":1,"kind":"analyticsData#runRealtimeReport"}`},
		"dimensions, nothing in the range": {asks("city", "sessions", "_"), 0, `{"dimensionHeaders":[{"name":"city"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` + meta,
			`{"dimensionHeaders":[{"name":"city"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` + meta},
		"dimensions without headers": {asks("city", "sessions", "a b"), 0, `{` + meta,
			`{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` + meta},
		"totals of nothing": {asks("city", "sessions users", "current previous", totals), 0, `{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"},{"name":"users"}],"totals":[{},{}],` + meta,
			`{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"},{"name":"users"}],` +
				`"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"current"}],"metricValues":[{"value":"0"},{"value":"0"}]},` +
				`{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"previous"}],"metricValues":[{"value":"0"},{"value":"0"}]}],` + meta},
		"totals of one range": {asks("city", "sessions", "_ _", totals), 1, `{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
			`"rows":[{"dimensionValues":[{"value":"<b>"},{"value":"date_range_1"}],"metricValues":[{"value":"7"}]}],"totals":[{},{"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta,
			`{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
				`"rows":[{"dimensionValues":[{"value":"<b>"},{"value":"date_range_1"}],"metricValues":[{"value":"7"}]}],` +
				`"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"date_range_0"}],"metricValues":[{"value":"0"}]},` +
				`{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"date_range_1"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta},
		"one range empty": {asks("", "sessions", "current previous"), 1, `{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
			`"rows":[{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta,
			`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
				`"rows":[{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"7"}]},{"dimensionValues":[{"value":"current"}],"metricValues":[{"value":"0"}]}],"rowCount":2,` + meta},
		"behind a filter of metrics": {asks("", "sessions", "_", func(q *Query) { q.MetricFilter = &Filter{} }), 0, `{` + meta,
			`{"metricHeaders":[{"name":"sessions"}],` + meta},
		"another page": {asks("", "sessions", "_", func(q *Query) { q.Offset = 1 }), 0, `{"metricHeaders":[{"name":"sessions"}],"rowCount":1,` + meta,
			`{"metricHeaders":[{"name":"sessions"}],"rowCount":1,` + meta},
		"a row that the limit cut": {asks("", "sessions", "_ _"), 1, `{"rows":[{"dimensionValues":[{"value":"date_range_0"}],"metricValues":[{"value":"7"}]}],"rowCount":2,` + meta,
			`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":[{"value":"date_range_0"}],"metricValues":[{"value":"7"}]}],"rowCount":2,` + meta},
		"a page that is full": {asks("", "sessions", "current previous", func(q *Query) { q.Limit = 1 }), 1, `{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
			`"rows":[{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta,
			`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta},
		"a page for one row of two": {asks("", "sessions", "current previous", func(q *Query) { q.Limit = 1 }), 0, `{` + meta,
			`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":[{"value":"current"}],"metricValues":[{"value":"0"}]}],"rowCount":1,` + meta},
		"one comparison empty": {asks("", "sessions", "_", comparing), 1, `{"dimensionHeaders":[{"name":"comparison"}],"metricHeaders":[{"name":"sessions"}],` +
			`"rows":[{"dimensionValues":[{"value":"comparison_1"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + meta,
			`{"dimensionHeaders":[{"name":"comparison"}],"metricHeaders":[{"name":"sessions"}],` +
				`"rows":[{"dimensionValues":[{"value":"comparison_1"}],"metricValues":[{"value":"7"}]},{"dimensionValues":[{"value":"a"}],"metricValues":[{"value":"0"}]}],"rowCount":2,` + meta},
		"one comparison empty in one range": {asks("comparison", "sessions", "_ _", comparing), 3, `{"dimensionHeaders":[{"name":"comparison"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
			`"rows":[{"dimensionValues":[{"value":"a"},{"value":"date_range_0"}],"metricValues":[{"value":"7"}]},{"dimensionValues":[{"value":"a"},{"value":"date_range_1"}],"metricValues":[{"value":"6"}]},` +
			`{"dimensionValues":[{"value":"comparison_1"},{"value":"date_range_0"}],"metricValues":[{"value":"5"}]}],"rowCount":3,` + meta,
			`{"dimensionHeaders":[{"name":"comparison"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions"}],` +
				`"rows":[{"dimensionValues":[{"value":"a"},{"value":"date_range_0"}],"metricValues":[{"value":"7"}]},{"dimensionValues":[{"value":"a"},{"value":"date_range_1"}],"metricValues":[{"value":"6"}]},` +
				`{"dimensionValues":[{"value":"comparison_1"},{"value":"date_range_0"}],"metricValues":[{"value":"5"}]},{"dimensionValues":[{"value":"comparison_1"},{"value":"date_range_1"}],"metricValues":[{"value":"0"}]}],"rowCount":4,` + meta},
		"all comparisons empty": {asks("", "sessions", "_", comparing), 0, `{` + meta,
			`{"dimensionHeaders":[{"name":"comparison"}],"metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":[{"value":"a"}],"metricValues":[{"value":"0"}]},` +
				`{"dimensionValues":[{"value":"comparison_1"}],"metricValues":[{"value":"0"}]}],"rowCount":2,` + meta},
		"comparisons of dimensions": {asks("city", "sessions", "_", comparing), 0, `{"dimensionHeaders":[{"name":"comparison"},{"name":"city"}],"metricHeaders":[{"name":"sessions"}],` + meta,
			`{"dimensionHeaders":[{"name":"comparison"},{"name":"city"}],"metricHeaders":[{"name":"sessions"}],` + meta},
		"totals of comparisons": {asks("city", "sessions", "_", comparing, totals), 0, `{"dimensionHeaders":[{"name":"comparison"},{"name":"city"}],"metricHeaders":[{"name":"sessions"}],"totals":[{}],` + meta,
			`{"dimensionHeaders":[{"name":"comparison"},{"name":"city"}],"metricHeaders":[{"name":"sessions"}],"totals":[{}],` + meta},
		"what is new stays": {asks("", "sessions", "_"), 0, `{"new":{"a":1},"kind":"k"}`,
			`{"metricHeaders":[{"name":"sessions"}],"rows":[{"metricValues":[{"value":"0"}]}],"rowCount":1,"kind":"k","new":{"a":1}}`},
	} {
		got, err := (&Report{Body: []byte(tt.body), Rows: tt.rows}).Complete(tt.q)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, tt.want)
		}
	}
}

func TestCompleteBodyIsUnchanged(t *testing.T) {
	r := &Report{Body: []byte(`{"rows":[{"metricValues":[{"value":"1"}]}],"rowCount":1}`), Rows: 1}
	got, err := r.Complete(asks("", "sessions", "_"))
	if err != nil || &got[0] != &r.Body[0] {
		t.Errorf("%s, %v: not the same bytes", got, err)
	}
}

// FuzzComplete: whatever a body is, it is completed to a table, or is none.
func FuzzComplete(f *testing.F) {
	for _, body := range []string{`{"kind":"analyticsData#runRealtimeReport"}`, `{"totals":[{}]}`, `{"totals":[{},{"metricValues":[{"value":"1"}]}],"rows":[{}]}`, `null`, `[]`, `{"rowCount":"1"}`} {
		f.Add([]byte(body), "city", "current previous")
	}
	f.Fuzz(func(t *testing.T, body []byte, dimensions, ranges string) {
		if !utf8.ValidString(dimensions + ranges) {
			return // no query has such names
		}
		q := asks(dimensions, "sessions", ranges, totals)
		got, err := (&Report{Body: body}).Complete(q)
		if err != nil {
			return
		}
		again, err := (&Report{Body: got}).Complete(q)
		if err != nil || string(again) != string(got) {
			t.Errorf("%s became %s, then %s: %v", body, got, again, err)
		}
	})
}
