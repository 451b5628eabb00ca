package emulator

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestArithmetic(t *testing.T) {
	metric := func(name string) (formula, error) {
		i := strings.Index("abc", name)
		if len(name) != 1 || i < 0 {
			return formula{}, invalidArgument("Field %s is not a valid metric.  %s", name, seeSchema)
		}
		return formula{kind: "TYPE_INTEGER", value: func(v []float64) float64 { return v[i] }}, nil
	}
	values := []float64{6, 2, 0}
	for text, want := range map[string]float64{
		"a": 6, "a+b": 8, "a-b-b": 2, "a/b/b": 1.5, "a+b*3": 12, "(a+b)*3": 24, " 2.5 * b ": 5, "a/c": 0, "-a+b": -4, "a--b": 8, "((a))": 6, ".5*b": 1, "a*-b": -12,
	} {
		f, err := (&arithmetic{src: text, whole: text, metric: metric}).parse()
		if err != nil || f.value(values) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{"", "a+", "(a", "a)", "a b", "a**b", "d", "1..2", "a&b", "+a", strings.Repeat("(", 200) + "a"} {
		if _, err := (&arithmetic{src: text, whole: text, metric: metric}).parse(); err == nil {
			t.Errorf("%q has no error", text)
		}
	}
}

func FuzzArithmetic(f *testing.F) {
	f.Add("a+b*(3-c)/2.5")
	f.Fuzz(func(t *testing.T, text string) {
		metric := func(string) (formula, error) { return formula{value: func([]float64) float64 { return 1 }}, nil }
		if got, err := (&arithmetic{src: text, whole: text, metric: metric}).parse(); err == nil {
			got.value(nil)
		}
	})
}

func TestMetricExpressions(t *testing.T) {
	l := newLab(t)
	plain := l.report(`{` + week + `,"dimensions":[{"name":"deviceCategory"}],"metrics":[{"name":"screenPageViews"},{"name":"sessions"}],"metricAggregations":["TOTAL","MAXIMUM"]}`)
	views, sessions := numbers(t, column(plain, 1)), numbers(t, column(plain, 2))
	a := l.report(`{` + week + `,"dimensions":[{"name":"deviceCategory"}],"metrics":[
		{"name":"perSession","expression":"views/sessions"},{"name":"views","expression":"screenPageViews","invisible":true},
		{"name":"total","expression":"sessions"},{"name":"eventCount","invisible":true}],
		"orderBys":[{"metric":{"metricName":"views"},"desc":true}],"metricAggregations":["TOTAL","MAXIMUM"],
		"metricFilter":{"filter":{"fieldName":"perSession","numericFilter":{"operation":"GREATER_THAN","value":{"doubleValue":0.1}}}}}`)
	if h := a.MetricHeaders; len(h) != 2 || h[0] != (metricHeader{"perSession", "TYPE_FLOAT"}) || h[1] != (metricHeader{"total", "TYPE_INTEGER"}) {
		t.Errorf("headers %v", h)
	}
	for i, got := range numbers(t, column(a, 1)) {
		if math.Abs(got-views[i]/sessions[i]) > 1e-12 || numbers(t, column(a, 2))[i] != sessions[i] {
			t.Errorf("row %d: %v, want %v/%v", i, got, views[i], sessions[i])
		}
	}
	total := func(r rowAnswer, i int) float64 {
		v, err := strconv.ParseFloat(r.MetricValues[i].Value, 64)
		must(t, err)
		return v
	}
	if got, want := total(a.Totals[0], 0), total(plain.Totals[0], 0)/total(plain.Totals[0], 1); math.Abs(got-want) > 1e-12 {
		t.Errorf("the total of a ratio is %v, want the ratio of totals, %v", got, want)
	}
	if got := numbers(t, column(a, 1)); total(a.Maximums[0], 0) != slices.Max(got) {
		t.Errorf("maximum %v of %v", total(a.Maximums[0], 0), got)
	}
	realtime := l.reportBy("runRealtimeReport", `{"metrics":[{"name":"twice","expression":"eventCount*2"},{"name":"eventCount"}]}`)
	if v := numbers(t, column(realtime, 0)); v[0] != 2*numbers(t, column(realtime, 1))[0] {
		t.Errorf("realtime %v", v)
	}
}

func TestExpressionErrors(t *testing.T) {
	l := newLab(t)
	for _, tt := range [][2]string{
		{`"metrics":[{"name":"x","expression":"nonsense/2"}]`, "Field nonsense is not a valid metric.  For a list"},
		{`"metrics":[{"name":"x","expression":"sessions +"}]`, "Metric expression sessions + is invalid."},
		{`"metrics":[{"name":"x y","expression":"sessions"}]`, "Metric name x y is not allowed."},
		{`"metrics":[{"name":"x","expression":"y"},{"name":"y","expression":"x"}]`, "refers to itself"},
		{`"metrics":[{"name":"x","expression":"sessions"},{"name":"x","expression":"users"}]`, "Field users is not a valid metric."},
		{`"metrics":[{"name":"x","expression":"sessions"},{"name":"x","expression":"totalUsers"}]`, "Found duplicate metrics: x"},
		{`"dimensions":[{"name":"x","dimensionExpression":{}}]`, "Dimension expressions must set exactly one"},
		{`"dimensions":[{"name":"x","dimensionExpression":{"lowerCase":{"dimensionName":"nonsense"}}}]`, "Field nonsense is not a valid dimension."},
		{`"dimensions":[{"name":"x-y","dimensionExpression":{"lowerCase":{"dimensionName":"city"}}}]`, "Dimension name x-y is not allowed."},
		{`"dimensions":[{"name":"x","dimensionExpression":{"lowerCase":{"dimensionName":"itemName"}}}],"metrics":[{"name":"sessions"}]`, "Please remove sessions"},
		{`"dimensions":[{"name":"itemName"}],"metrics":[{"name":"x","expression":"sessions/2"}]`, "Please remove sessions"},
	} {
		if _, message := l.call("runReport", `{`+week+`,`+tt[0]+`}`).failure(t); !strings.Contains(message, tt[1]) {
			t.Errorf("%s: %q", tt[0], message)
		}
	}
}

func TestDimensionExpressions(t *testing.T) {
	l := newLab(t)
	a := l.report(`{` + week + `,"dimensions":[{"name":"where","dimensionExpression":{"concatenate":{"dimensionNames":["country","adFormat","city"],"delimiter":", "}}},
		{"name":"country"}],"metrics":[{"name":"eventCount"}],"orderBys":[{"dimension":{"dimensionName":"where"}}],
		"dimensionFilter":{"filter":{"fieldName":"where","stringFilter":{"matchType":"BEGINS_WITH","value":"united states, (not set)"}}}}`)
	where := column(a, 0)
	if len(where) < 5 || !slices.IsSorted(where) || a.DimensionHeaders[0].Name != "where" {
		t.Errorf("%v", where)
	}
	for i, w := range where {
		if !strings.HasPrefix(w, "United States, (not set), ") || column(a, 1)[i] != "United States" {
			t.Errorf("%q of %q", w, column(a, 1)[i])
		}
	}
	// What becomes one value is one row, its users counted once.
	upper := l.report(`{` + week + `,"dimensions":[{"name":"country","dimensionExpression":{"upperCase":{"dimensionName":"country"}}}],` + users + `}`)
	plain := l.report(`{` + week + `,` + country + `,` + users + `}`)
	for i, c := range column(plain, 0) {
		if column(upper, 0)[i] != strings.ToUpper(c) || column(upper, 1)[i] != column(plain, 1)[i] {
			t.Errorf("%s %s, and %s %s", column(upper, 0)[i], column(upper, 1)[i], c, column(plain, 1)[i])
		}
	}
}

func TestComparisons(t *testing.T) {
	l := newLab(t)
	const mobile = `{"name":"phones","dimensionFilter":{"filter":{"fieldName":"deviceCategory","stringFilter":{"value":"mobile"}}}}`
	only := func(device string) *reportAnswer {
		return l.report(`{` + week + `,` + users + `,"dimensionFilter":{"filter":{"fieldName":"deviceCategory","stringFilter":{"value":"` + device + `"}}}}`)
	}
	a := l.report(`{` + week + `,"dimensions":[{"name":"country"}],` + users + `,"comparisons":[` + mobile + `,{"comparison":"comparisons/allUsers"}],"metricAggregations":["TOTAL"]}`)
	if h := a.DimensionHeaders; len(h) != 2 || h[0].Name != "comparison" || h[1].Name != "country" {
		t.Fatalf("headers %v", h)
	}
	if names := slices.Compact(slices.Sorted(slices.Values(column(a, 0)))); !slices.Equal(names, []string{"All Users", "phones"}) {
		t.Errorf("comparisons %v", names)
	}
	if len(a.Totals) != 2 || a.Totals[0].DimensionValues[0].Value != "phones" || a.Totals[0].MetricValues[0] != only("mobile").Rows[0].MetricValues[0] {
		t.Errorf("totals %v", a.Totals)
	}
	placed := l.report(`{"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday","name":"last week"},{"startDate":"14daysAgo","endDate":"8daysAgo","name":"0-4 minutes ago"}],
		"dimensions":[{"name":"country"},{"name":"comparison"}],` + users + `,"comparisons":[{"comparison":"comparisons/tabletTraffic","name":"t"},` + mobile + `],"keepEmptyRows":true,
		"orderBys":[{"dimension":{"dimensionName":"comparison"},"desc":true},{"dimension":{"dimensionName":"country"}}]}`)
	if h := placed.DimensionHeaders; len(h) != 3 || h[1].Name != "comparison" || h[2].Name != "dateRange" {
		t.Errorf("headers %v", h)
	}
	if got := column(placed, 1); got[0] != "t" || got[len(got)-1] != "phones" || placed.RowCount%4 != 0 {
		t.Errorf("%d rows: %v", placed.RowCount, got)
	}
	if got := column(placed, 2); !slices.Contains(got, "last week") || !slices.Contains(got, "0-4 minutes ago") {
		t.Errorf("%v", got)
	}
	for name := range 9 {
		saved := l.emulator.fields.comparisons[name].name
		if r := l.call("runReport", `{`+week+`,`+users+`,"comparisons":[{"comparison":"`+saved+`"}]}`); r.status != 200 || !strings.Contains(r.body, `"comparison"`) {
			t.Errorf("%s: %d %s", saved, r.status, r.body)
		}
	}
	for body, want := range map[string]string{
		`"comparisons":[{}]`:                                                                       "Comparisons must set exactly one",
		`"comparisons":[{"comparison":"comparisons/77"}]`:                                          "Comparison comparisons/77 does not exist.",
		`"comparisons":[` + mobile + `,` + mobile + `]`:                                            "Found duplicate comparisons: phones",
		`"dimensions":[{"name":"comparison"}]`:                                                     "requires comparisons",
		`"comparisons":[{"dimensionFilter":{"filter":{"fieldName":"nonsense","emptyFilter":{}}}}]`: "Field nonsense is not a valid dimension.",
	} {
		if _, message := l.call("runReport", `{`+week+`,`+users+`,`+body+`}`).failure(t); !strings.Contains(message, want) {
			t.Errorf("%s: %q", body, message)
		}
	}
}
