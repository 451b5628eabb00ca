package emulator

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// pivots runs a pivot report that must succeed.
func (l *lab) pivots(body string) *pivotAnswer {
	l.t.Helper()
	r := l.call("runPivotReport", body)
	var a pivotAnswer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 200 {
		l.t.Fatalf("%s: %d %s", body, r.status, r.body)
	}
	return &a
}

func texts(cells []cell) []string {
	var out []string
	for _, c := range cells {
		out = append(out, c.Value)
	}
	return out
}

// headers are the combinations of a pivot, each joined.
func (h pivotHeader) headers() (out []string) {
	for _, c := range h.PivotDimensionHeaders {
		out = append(out, strings.Join(texts(c.DimensionValues), "/"))
	}
	return out
}

// lines are rows as dimension values → metric values.
func lines(rows []rowAnswer) map[string]string {
	out := map[string]string{}
	for _, r := range rows {
		out[strings.Join(texts(r.DimensionValues), "/")] = strings.Join(texts(r.MetricValues), "/")
	}
	return out
}

const byCountryAndDevice = `"dimensions":[{"name":"country"},{"name":"deviceCategory"}],"metrics":[{"name":"activeUsers"},{"name":"screenPageViewsPerSession"}]`

// A pivot report has the rows of a report, as far as all pivots show them.
func TestPivots(t *testing.T) {
	l := newLab(t)
	report := lines(l.report(`{` + week + `,` + byCountryAndDevice + `}`).Rows)
	countries := l.report(`{` + week + `,` + country + `,"metrics":[{"name":"activeUsers"},{"name":"screenPageViewsPerSession"}]}`)
	a := l.pivots(`{` + week + `,` + byCountryAndDevice + `,"returnPropertyQuota":true,"pivots":[
		{"fieldNames":["country"],"limit":3,"metricAggregations":["TOTAL","MAXIMUM","MINIMUM"]},
		{"fieldNames":["deviceCategory"],"limit":"2","offset":"1","orderBys":[{"dimension":{"dimensionName":"deviceCategory"}}]}]}`)
	if a.Kind != "analyticsData#runPivotReport" || a.PropertyQuota == nil || a.Metadata.TimeZone != "America/New_York" || len(a.DimensionHeaders) != 2 || len(a.MetricHeaders) != 2 {
		t.Errorf("%+v", a)
	}
	if got, want := a.PivotHeaders[0].headers(), column(countries, 0)[:3]; !slices.Equal(got, want) || a.PivotHeaders[0].RowCount != countries.RowCount {
		t.Errorf("countries %v of %d, want %v of %d", got, a.PivotHeaders[0].RowCount, want, countries.RowCount)
	}
	if got := a.PivotHeaders[1].headers(); !slices.Equal(got, []string{"mobile"}) || a.PivotHeaders[1].RowCount != 2 {
		t.Errorf("devices %v", got)
	}
	if len(a.Rows) == 0 {
		t.Fatal("no rows")
	}
	for at, metrics := range lines(a.Rows) {
		c, d, _ := strings.Cut(at, "/")
		if report[at] != metrics || !slices.Contains(a.PivotHeaders[0].headers(), c) || !slices.Contains(a.PivotHeaders[1].headers(), d) {
			t.Errorf("%s: %s, want %s", at, metrics, report[at])
		}
	}
	totals := lines(countries.Rows)
	if len(a.Aggregates) != 9 {
		t.Errorf("%d aggregates", len(a.Aggregates))
	}
	for _, r := range a.Aggregates[:3] {
		v := texts(r.DimensionValues)
		if v[1] != "RESERVED_TOTAL" || totals[v[0]] != strings.Join(texts(r.MetricValues), "/") {
			t.Errorf("total %v, want %s", r, totals[v[0]])
		}
	}
	if v := texts(a.Aggregates[8].DimensionValues); v[1] != "RESERVED_MIN" {
		t.Errorf("%v", v)
	}
	ranks := []int{}
	for _, r := range a.Rows {
		ranks = append(ranks, slices.Index(a.PivotHeaders[0].headers(), r.DimensionValues[0].Value))
	}
	if !slices.IsSorted(ranks) {
		t.Errorf("rows are not in the order of the first pivot: %v", ranks)
	}
}

// A pivot may be put in the order of one of another's columns.
func TestPivotSelections(t *testing.T) {
	l := newLab(t)
	phones := lines(l.report(`{` + week + `,"dimensions":[{"name":"city"}],` + users + `,"dimensionFilter":{"filter":{"fieldName":"deviceCategory","stringFilter":{"value":"mobile"}}}}`).Rows)
	a := l.pivots(`{` + week + `,"dimensions":[{"name":"city"},{"name":"deviceCategory"}],` + users + `,"pivots":[
		{"fieldNames":["city"],"limit":100,"orderBys":[{"pivot":{"metricName":"activeUsers","pivotSelections":[{"dimensionName":"deviceCategory","dimensionValue":"mobile"}]},"desc":true},
			{"dimension":{"dimensionName":"city"},"desc":true}]},
		{"fieldNames":["deviceCategory"],"limit":10}]}`)
	got := a.PivotHeaders[0].headers()
	number := func(c string) int { return numberOf(phones[c]) }
	if len(got) < 5 || number(got[0]) == 0 || !slices.IsSortedFunc(got, func(a, b string) int { return cmp.Or(number(b)-number(a), strings.Compare(b, a)) }) {
		t.Errorf("%v by %v", got, phones)
	}
}

func numberOf(s string) int {
	n := 0
	for _, d := range []byte(s) {
		n = 10*n + int(d-'0')
	}
	return n
}

func TestPivotsOverRanges(t *testing.T) {
	l := newLab(t)
	const two = `"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday","name":"now"},{"startDate":"14daysAgo","endDate":"8daysAgo"}]`
	const both = `"dateRanges":[{"startDate":"14daysAgo","endDate":"yesterday"}]`
	whole := lines(l.report(`{` + both + `,` + country + `,` + users + `}`).Rows)
	merged := l.pivots(`{` + two + `,` + country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":1000}]}`)
	if got := lines(merged.Rows); len(got) != len(whole) {
		t.Errorf("%d countries, want %d", len(got), len(whole))
	} else {
		for c, n := range got {
			if whole[c] != n {
				t.Errorf("%s: %s, want %s", c, n, whole[c])
			}
		}
	}
	compared := l.pivots(`{` + two + `,` + country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":1000,"metricAggregations":["TOTAL"]},{"fieldNames":["dateRange"],"limit":2}]}`)
	report := lines(l.report(`{` + two + `,` + country + `,` + users + `}`).Rows)
	if got := lines(compared.Rows); len(got) != len(report) {
		t.Errorf("%d rows, want %d", len(got), len(report))
	} else {
		for at, n := range got {
			if report[at] != n {
				t.Errorf("%s: %s, want %s", at, n, report[at])
			}
		}
	}
	for _, r := range compared.Aggregates { // users of both ranges count once
		if v := texts(r.DimensionValues); v[1] != "RESERVED_TOTAL" || whole[v[0]] != r.MetricValues[0].Value {
			t.Errorf("%v, want %s", r, whole[v[0]])
		}
	}
}

func TestPivotsWithComparisonsAndExpressions(t *testing.T) {
	l := newLab(t)
	a := l.pivots(`{` + week + `,"dimensions":[{"name":"comparison"},{"name":"upper","dimensionExpression":{"upperCase":{"dimensionName":"country"}}},{"name":"deviceCategory"}],
		"metrics":[{"name":"rate","expression":"activeUsers/sessions"},{"name":"activeUsers","invisible":true}],
		"dimensionFilter":{"filter":{"fieldName":"deviceCategory","inListFilter":{"values":["mobile","tablet"]}}},
		"metricFilter":{"filter":{"fieldName":"activeUsers","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"2"}}}},
		"comparisons":[{"comparison":"comparisons/tabletTraffic"},{"comparison":"comparisons/allUsers"}],
		"pivots":[{"fieldNames":["upper"],"limit":50,"metricAggregations":["TOTAL"],"orderBys":[{"metric":{"metricName":"activeUsers"},"desc":true}]},{"fieldNames":["comparison"],"limit":2}]}`)
	if h := a.DimensionHeaders; len(h) != 2 || h[0].Name != "comparison" || h[1].Name != "upper" {
		t.Fatalf("%v", h)
	}
	if got := a.PivotHeaders[0].headers(); len(got) == 0 || got[0] != "UNITED STATES" {
		t.Errorf("%v", got)
	}
	if got := a.PivotHeaders[1].headers(); !slices.Contains(got, "All Users") {
		t.Errorf("%v", got)
	}
	if len(a.Aggregates) != len(a.PivotHeaders[0].headers()) || len(a.MetricHeaders) != 1 {
		t.Errorf("%v", a.Aggregates)
	}
}

func TestEmptyPivots(t *testing.T) {
	l := newQuietLab(t, emptyProperty)
	r := l.call("runPivotReport", `{`+week+`,`+country+`,`+users+`,"pivots":[{"fieldNames":["country"],"limit":10,"metricAggregations":["TOTAL"]}]}`)
	want := `{"pivotHeaders":[{}],"dimensionHeaders":[{"name":"country"}],"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],` +
		`"metadata":{"currencyCode":"USD","timeZone":"America/New_York"},"kind":"analyticsData#runPivotReport"}`
	if strings.TrimSpace(r.body) != want {
		t.Errorf("%s\nwant %s", r.body, want)
	}
}

func TestPivotBatchAndMask(t *testing.T) {
	l := newLab(t)
	const one = `{` + week + `,` + country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":2}]}`
	alone := strings.TrimSpace(l.call("runPivotReport", one).body)
	if r := l.call("batchRunPivotReports", `{"requests":[`+one+`,`+one+`]}`); strings.TrimSpace(r.body) != `{"pivotReports":[`+alone+`,`+alone+`],"kind":"analyticsData#batchRunPivotReports"}` {
		t.Errorf("%s", r.body)
	}
	for query, want := range map[string]string{
		"fields=pivotHeaders(rowCount)":      `^{"pivotHeaders":[{"rowCount":`,
		"$fields=kind":                       `^{"kind":"analyticsData#runPivotReport"}`,
		"fields=rows(metricValues/value)":    `^{"rows":[{"metricValues":[{"value":"`,
		"fields=metadata/timeZone%2Ckind":    `^{"metadata":{"timeZone":"America/New_York"},"kind":"analyticsData#runPivotReport"}`,
		"fields=pivotReports":                `^{}`,
		"fields=pivotHeaders(pivotDimension": `Invalid field mask`,
	} {
		r := l.do("POST", "/v1beta/properties/"+l.property+":runPivotReport?prettyPrint=false&"+query, one)
		if begin, ok := strings.CutPrefix(want, "^"); ok && !strings.HasPrefix(r.body, begin) || !ok && !strings.Contains(r.body, want) {
			t.Errorf("%s: %s", query, r.body)
		}
	}
	for verb, body := range map[string]string{"checkCompatibility": `{` + country + `}`, "batchRunPivotReports": `{"requests":[` + one + `]}`} {
		field := map[string]string{"checkCompatibility": "dimensionCompatibilities/compatibility", "batchRunPivotReports": "pivotReports/kind"}[verb]
		if r := l.do("POST", "/v1beta/properties/"+l.property+":"+verb+"?prettyPrint=false&fields="+field, body); r.status != 200 || len(r.body) < 20 || strings.Contains(r.body, "rows") || strings.Contains(r.body, "metric") {
			t.Errorf("%s: %.300s", verb, r.body)
		}
	}
	if _, message := l.call("batchRunPivotReports", `{}`).failure(t); message != "The batchRunPivotReportsRequest must contain at least one runPivotReportRequest." {
		t.Error(message)
	}
}

func TestPivotErrors(t *testing.T) {
	l := newLab(t)
	const p = `"pivots":[{"fieldNames":["country"],"limit":5}]`
	for body, want := range map[string]string{
		country + `,` + users: "at least one pivot",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"]}]`:                                                          "limit must be positive. The API received limit = 0",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":5,"offset":-1}]`:                                    "offset must be positive.",
		byCountryAndDevice + `,"pivots":[{"fieldNames":["country"],"limit":1000},{"fieldNames":["deviceCategory"],"limit":1000}]`: "must not exceed 250000",
		byCountryAndDevice + `,"pivots":[{"fieldNames":["country"],"limit":5},{"fieldNames":["country"],"limit":5}]`:              "Found duplicate dimensions: country",
		byCountryAndDevice + `,` + p: "Dimension deviceCategory must be used",
		country + `,` + users + `,"pivots":[{"fieldNames":["city"],"limit":5}]`:                                                                                                     "Dimension country must be used",
		country + `,` + users + `,"pivots":[{"fieldNames":["country","city"],"limit":5}]`:                                                                                           "Field city exists in Pivot",
		country + `,` + users + `,` + p + `,"dimensionFilter":{"notExpression":{"filter":{"fieldName":"city","emptyFilter":{}}}}`:                                                   "Field city exists in a filter",
		country + `,` + users + `,` + p + `,"metricFilter":{"filter":{"fieldName":"sessions","numericFilter":{"value":{"int64Value":1}}}}`:                                          "Field sessions exists in a filter",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":5,"orderBys":[{"dimension":{"dimensionName":"city"}}]}]`:                                              "Field city exists in OrderBy",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":5,"orderBys":[{"metric":{"metricName":"sessions"}}]}]`:                                                "Field sessions exists in OrderBy",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":5,"orderBys":[{"pivot":{"metricName":"activeUsers","pivotSelections":[{"dimensionName":"city"}]}}]}]`: "Field city exists in OrderBy",
		country + `,` + users + `,"pivots":[{"fieldNames":["country"],"limit":5,"orderBys":[{}]}]`:                                                                                  "OrderBy must set exactly one",
		country + `,` + users + `,` + p + `,"comparisons":[{"comparison":"comparisons/allUsers"}]`:                                                                                  "Comparisons require",
		country + `,` + users + `,` + p + `,"limit":5`:                                                                                                                              `Unknown name "limit": Cannot find field.`,
	} {
		if _, message := l.call("runPivotReport", `{`+week+`,`+body+`}`).failure(t); !strings.Contains(message, want) {
			t.Errorf("%s: %q, want %q", body, message, want)
		}
	}
	if _, message := l.call("runPivotReport", `{`+country+`,`+users+`,`+p+`}`).failure(t); message != "A dateRange is required." {
		t.Error(message)
	}
}

func TestCheckCompatibilityFilter(t *testing.T) {
	l := newLab(t)
	ask := func(filter string) (dimensions, metrics map[string]string) {
		r := l.call("checkCompatibility", `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"up","dimensionExpression":{"upperCase":{"dimensionName":"city"}}}],"compatibilityFilter":"`+filter+`"}`)
		var a struct {
			Dimensions []dimensionCompatibility `json:"dimensionCompatibilities"`
			Metrics    []metricCompatibility    `json:"metricCompatibilities"`
		}
		must(t, json.Unmarshal([]byte(r.body), &a))
		dimensions, metrics = map[string]string{}, map[string]string{}
		for _, d := range a.Dimensions {
			dimensions[d.Metadata.APIName] = d.Compatibility
		}
		for _, m := range a.Metrics {
			metrics[m.Metadata.APIName] = m.Compatibility
		}
		return dimensions, metrics
	}
	all, _ := ask("COMPATIBILITY_UNSPECIFIED")
	good, metrics := ask("COMPATIBLE")
	bad, _ := ask("INCOMPATIBLE")
	if len(good)+len(bad) != len(all) || good["country"] != "COMPATIBLE" || bad["itemName"] != "INCOMPATIBLE" || bad["cohort"] != "INCOMPATIBLE" || metrics["totalUsers"] != "COMPATIBLE" {
		t.Errorf("%d + %d of %d: %v", len(good), len(bad), len(all), bad)
	}
}

// With room for all, a pivot report has exactly the rows of a report, however its
// dimensions, ranges and comparisons are dealt to pivots.
func TestPivotsHaveTheRowsOfAReport(t *testing.T) {
	l := newLab(t)
	const (
		two      = `"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday","name":"now"},{"startDate":"9daysAgo","endDate":"5daysAgo"}]`
		compared = `"comparisons":[{"comparison":"comparisons/mobileTraffic"},{"comparison":"comparisons/allUsers"}]`
		having   = `"metricFilter":{"filter":{"fieldName":"activeUsers","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"1"}}}}`
		fields   = `"metrics":[{"name":"activeUsers"},{"name":"perUser","expression":"eventCount/activeUsers"}]`
	)
	for _, tt := range []struct{ ranges, dimensions, more, pivots string }{
		{week, `{"name":"country"},{"name":"deviceCategory"}`, ``, `country,deviceCategory`},
		{week, `{"name":"country"},{"name":"deviceCategory"},{"name":"newVsReturning"}`, having, `newVsReturning|country,deviceCategory`},
		{two, `{"name":"country"},{"name":"deviceCategory"}`, having, `dateRange,country|deviceCategory`},
		{two, `{"name":"country"},{"name":"deviceCategory"}`, `"keepEmptyRows":true`, `deviceCategory|dateRange|country`},
		{two, `{"name":"comparison"},{"name":"deviceCategory"}`, compared, `comparison|deviceCategory|dateRange`},
		{week, `{"name":"deviceCategory"},{"name":"comparison"}`, compared + `,` + having, `comparison,deviceCategory`},
	} {
		body := `{` + tt.ranges + `,"dimensions":[` + tt.dimensions + `],` + fields
		if tt.more != "" {
			body += `,` + tt.more
		}
		var pivots []string
		for names := range strings.SplitSeq(tt.pivots, "|") {
			pivots = append(pivots, `{"fieldNames":["`+strings.ReplaceAll(names, ",", `","`)+`"],"limit":60,"metricAggregations":["TOTAL"]}`)
		}
		want := lines(l.report(body + `}`).Rows)
		a := l.pivots(body + `,"pivots":[` + strings.Join(pivots, ",") + `]}`)
		if got := lines(a.Rows); len(want) < 3 || !maps.Equal(got, want) {
			t.Errorf("%+v:\n%v\nwant\n%v", tt, got, want)
		}
	}
}
