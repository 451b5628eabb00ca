package plan

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	metaOnly = `"metadata":{"currencyCode":"EUR","timeZone":"UTC"},"kind":"k"}`
	cityHead = `{"dimensionHeaders":[{"name":"city"}],"metricHeaders":`
)

func byCity(q report.Query) report.Query {
	q.Dimensions = []report.Dimension{{Name: "city"}}
	q.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "city"}}}
	q.MetricAggregations = []report.Aggregation{report.Total}
	return q
}

// TestEmptyAnswersAreSplit: an answer about nothing to several questions is one to
// each, as Google would give it.
func TestEmptyAnswersAreSplit(t *testing.T) {
	heads := func(q report.Query) string {
		var headers []map[string]string
		for _, m := range q.Metrics {
			headers = append(headers, map[string]string{"name": m.Name})
		}
		text, err := json.Marshal(headers)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, tt := range map[string]struct {
		change func(report.Query) report.Query
		answer func(report.Query) string
		asked  int
	}{
		"numbers": {func(q report.Query) report.Query { return q }, func(report.Query) string { return `{` + metaOnly }, 1},
		"totals of numbers": {func(q report.Query) report.Query {
			q.MetricAggregations = []report.Aggregation{report.Total}
			return q
		}, func(report.Query) string { return `{"totals":[{}],` + metaOnly }, 1},
		"rows": {byCity, func(q report.Query) string { return cityHead + heads(q) + `,"totals":[{}],` + metaOnly }, 1},
		// Why there are none may be another reason for another metric.
		"a reason": {byCity, func(q report.Query) string {
			return cityHead + heads(q) + `,"totals":[{}],"metadata":{"emptyReason":"x"},"kind":"k"}`
		}, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &google{}
			g.change = func(r *report.Report) {
				r.Body, r.Rows = []byte(tt.answer(g.asked[len(g.asked)-1])), 0
			}
			qs := []report.Query{tt.change(figures("sessions")), tt.change(figures("totalUsers"))}
			bodies := all(t, newPlan(t, g), qs...)
			for i, q := range qs {
				if want := tt.answer(q); bodies[i] != want {
					t.Errorf("%s: %s, want %s", name, bodies[i], want)
				}
			}
			if len(g.asked) != tt.asked {
				t.Errorf("%s: asked %d times, want %d", name, len(g.asked), tt.asked)
			}
		})
	}
}

// TestTotalsOfOneRange: where one of two ranges is empty, so are its totals; a total
// that is zero in company may be of no rows alone.
func TestTotalsOfOneRange(t *testing.T) {
	const row = `{"dimensionValues":[{"value":"x"},{"value":"date_range_1"}],"metricValues":[{"value":"%s"},{"value":"%s"}]}`
	body := func(a, b string) *report.Report {
		one := fmt.Sprintf(row, a, b)
		return &report.Report{Rows: 1, Body: []byte(`{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"a"},{"name":"b"}],"rows":[` + one + `],"totals":[{},` + one + `],"rowCount":1,` + metaOnly)}
	}
	metrics := []report.Metric{{Name: "a"}, {Name: "b"}}
	q := report.Query{Metrics: metrics[:1]}
	got, err := split(body("7", "8"), metrics, q)
	one := `{"dimensionValues":[{"value":"x"},{"value":"date_range_1"}],"metricValues":[{"value":"7"}]}`
	want := `{"dimensionHeaders":[{"name":"city"},{"name":"dateRange"}],"metricHeaders":[{"name":"a"}],"rows":[` + one + `],"totals":[{},` + one + `],"rowCount":1,` + metaOnly
	if err != nil || string(got.Body) != want {
		t.Errorf("%v, %+v, want %s", err, got, want)
	}
	if got, err := split(body("0", "8"), metrics, q); err == nil {
		t.Errorf("zeros were taken for an answer: %s", got.Body)
	}
	mixed := body("7", "8")
	mixed.Body = []byte(`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"a"},{"name":"b"}],` +
		`"rows":[{"dimensionValues":[{"value":"date_range_0"}],"metricValues":[{"value":"1"},{"value":"1"}]}],` +
		`"totals":[{"metricValues":[{"value":"1"},{"value":"1"}]},{"metricValues":[{"value":"0"},{"value":"8"}]}],"rowCount":1,` + metaOnly)
	if got, err := split(mixed, metrics, q); err == nil {
		t.Errorf("a total of zero was taken for one of rows: %s", got.Body)
	}
}

// TestDaysOfNothing: days without rows are put together like others.
func TestDaysOfNothing(t *testing.T) {
	q := figures("screenPageViews")
	q.Dimensions = []report.Dimension{{Name: "date"}}
	q.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "date"}}}
	q.MetricAggregations = []report.Aggregation{report.Total}
	const heads = `{"dimensionHeaders":[{"name":"date"}],"metricHeaders":[{"name":"screenPageViews"}],`
	day := func(freshness report.Freshness, members string) *report.Report {
		return &report.Report{Body: []byte(heads + members + metaOnly), TimeZone: "UTC", Freshness: freshness, FetchedAt: time.Unix(1, 0)}
	}
	got, err := merge(q, []*report.Report{day(report.FreshFinal, ""), day(report.FreshSettling, `"totals":[{}],`)})
	if want := heads + `"totals":[{}],` + metaOnly; err != nil || string(got.Body) != want || got.Rows != 0 || got.Freshness != report.FreshSettling {
		t.Errorf("%v, %+v, want %s", err, got, want)
	}
	const row = `{"dimensionValues":[{"value":"20260107"}],"metricValues":[{"value":"7"}]}`
	got, err = merge(q, []*report.Report{day(report.FreshFinal, ""), day(report.FreshSettling, `"rows":[`+row+`],"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"}],"metricValues":[{"value":"7"}]}],"rowCount":1,`)})
	if want := heads + `"rows":[` + row + `],"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"}],"metricValues":[{"value":"7"}]}],"rowCount":1,` + metaOnly; err != nil || string(got.Body) != want || got.Rows != 1 {
		t.Errorf("%v, %+v, want %s", err, got, want)
	}
}

// A question without metrics is of other rows than one with: it is asked by itself.
func TestNamesAloneAreAskedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		names := byCity(figures())
		names.MetricAggregations = nil
		numbers := names.Clone()
		numbers.Metrics = []report.Metric{{Name: "sessions"}}
		all(t, newPlan(t, g), numbers, names)
		if len(g.asked) != 2 {
			t.Errorf("asked %+v", g.asked)
		}
	})
}
