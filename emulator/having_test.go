package emulator

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
)

// Each range has a total of its own, of its own remaining rows.
func TestMetricFilterTotalsPerRange(t *testing.T) {
	l := newLab(t)
	a := l.report(`{"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"},{"startDate":"28daysAgo","endDate":"8daysAgo"}],
		"dimensions":[{"name":"city"},{"name":"adFormat"},{"name":"browser"}],"metrics":[{"name":"eventCount"}],"metricAggregations":["TOTAL"],
		"metricFilter":{"filter":{"fieldName":"eventCount","betweenFilter":{"fromValue":{"int64Value":"4"},"toValue":{"doubleValue":40}}}}}`)
	sums := map[string]int{}
	for _, r := range a.Rows {
		n, err := strconv.Atoi(r.MetricValues[0].Value)
		if err != nil || n < 4 || n > 40 {
			t.Fatalf("row %v", r)
		}
		sums[r.DimensionValues[3].Value] += n
	}
	if len(a.Totals) != 2 || len(sums) != 2 {
		t.Fatalf("totals %v of %v", a.Totals, sums)
	}
	for _, total := range a.Totals {
		span := total.DimensionValues[3].Value
		if got := total.MetricValues[0].Value; got != strconv.Itoa(sums[span]) {
			t.Errorf("%s: total %s of rows that sum up to %d", span, got, sums[span])
		}
	}
}

func TestOrderByDateRange(t *testing.T) {
	l := newLab(t)
	ranges := `"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday","name":"b"},{"startDate":"14daysAgo","endDate":"8daysAgo","name":"a"}]`
	a := l.report(`{` + ranges + `,` + country + `,` + users + `,"orderBys":[{"dimension":{"dimensionName":"dateRange"}}]}`)
	if got := column(a, 1); !slices.IsSorted(got) || got[0] != "a" || got[len(got)-1] != "b" {
		t.Errorf("%v", got)
	}
	r := l.call("runReport", `{`+week+`,`+country+`,`+users+`,"orderBys":[{"dimension":{"dimensionName":"dateRange"}}]}`)
	if _, message := r.failure(t); !strings.HasPrefix(message, "Field dateRange exists in OrderBy") {
		t.Errorf("with one range: %q", message)
	}
	for _, orderBys := range []string{`{}`, `{"pivot":{}}`, `{"dimension":{}}`, `{"metric":{"metricName":"country"}}`} {
		if r := l.call("runReport", `{`+week+`,`+country+`,`+users+`,"orderBys":[`+orderBys+`]}`); r.status != 400 {
			t.Errorf("%s: %d", orderBys, r.status)
		}
	}
}

func TestRangeNames(t *testing.T) {
	l := newLab(t)
	for name, want := range map[string]int{
		"mine": 200, "last week": 200, "0-4 minutes ago": 200, "ü": 200, "Date_range_0": 200, "date_range_7": 400, "RESERVED_TOTAL": 400,
	} {
		r := l.call("runReport", `{"dateRanges":[{"startDate":"today","endDate":"today","name":"`+name+`"}],`+users+`}`)
		if r.status != want {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

// eval is what the world does with an expression, for one event.
func eval(x world.Expr, value func(string) string) bool {
	switch x := x.(type) {
	case world.And:
		return !slices.ContainsFunc(x, func(e world.Expr) bool { return !eval(e, value) })
	case world.Or:
		return slices.ContainsFunc(x, func(e world.Expr) bool { return eval(e, value) })
	case world.Not:
		return !eval(x.X, value)
	case world.Match:
		return x.Test(value(x.Dimension))
	}
	return false
}

func TestAnyOf(t *testing.T) {
	fields := []*field{{name: "a", made: true}, {name: "constant"}, {name: "b", made: true}}
	combinations := [][]string{{"1", notSet, "x"}, {"1", notSet, "y"}, {"2", notSet, "x"}}
	x := anyOf(fields, combinations)
	for _, a := range []string{"1", "2", "3"} {
		for _, b := range []string{"x", "y", "z"} {
			want := slices.ContainsFunc(combinations, func(c []string) bool { return c[0] == a && c[2] == b })
			got := eval(x, func(name string) string { return map[string]string{"a": a, "b": b}[name] })
			if got != want {
				t.Errorf("%s %s: %t", a, b, got)
			}
		}
	}
	if eval(anyOf(fields, nil), nil) {
		t.Error("none of no rows")
	}
	if !eval(anyOf(nil, [][]string{{}}), nil) {
		t.Error("a report without dimensions has one row for all events")
	}
}

func TestFilterOnFieldThatTheWorldHasNot(t *testing.T) {
	l := newLab(t)
	ask := func(filter string) int {
		return l.report(`{` + week + `,` + country + `,` + users + `,"dimensionFilter":{"filter":{"fieldName":"adFormat",` + filter + `}}}`).RowCount
	}
	if ask(`"emptyFilter":{}`) == 0 {
		t.Error("(not set) is empty")
	}
	if ask(`"stringFilter":{"value":"banner"}`) != 0 {
		t.Error("no event has a banner")
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range [][2]string{{"pageTitle", "city"}, {"contry", "country"}, {"", "city"}, {strings.Repeat("x", 5000), "appVersion"}} {
		if got := nearest(tt[0], world.RealtimeDimensions()); got != tt[1] {
			t.Errorf("nearest to %.10q is %q, want %q", tt[0], got, tt[1])
		}
	}
}

func TestRegularExpressions(t *testing.T) {
	for _, tt := range []struct {
		match, pattern, value string
		sensitive, want       bool
	}{
		{"FULL_REGEXP", "a|b", "a", false, true},
		{"FULL_REGEXP", "a|b", "ab", false, false},
		{"FULL_REGEXP", "A", "a", false, true},
		{"FULL_REGEXP", "A", "a", true, false},
		{"PARTIAL_REGEXP", "^/news", "/news/1", false, true},
		{"PARTIAL_REGEXP", "news$", "/news/1", false, false},
		{"MATCH_TYPE_UNSPECIFIED", "x", "X", false, true},
		{"", "x", "xy", false, false},
		{"ENDS_WITH", "É", "café", false, true},
	} {
		test, err := (&stringFilter{tt.match, tt.pattern, tt.sensitive}).test()
		must(t, err)
		if got := test(tt.value); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}
