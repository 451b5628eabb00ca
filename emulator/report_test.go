package emulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// column returns the values of a dimension, or of a metric counted after the
// dimensions.
func column(a *reportAnswer, i int) []string {
	var out []string
	for _, r := range a.Rows {
		cells := append(slices.Clone(r.DimensionValues), r.MetricValues...)
		out = append(out, cells[i].Value)
	}
	return out
}

func numbers(t *testing.T, texts []string) []float64 {
	t.Helper()
	var out []float64
	for _, s := range texts {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestDefaultOrderIsFirstMetricDescending(t *testing.T) {
	l := newLab(t)
	a := l.report(`{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"sessions"},{"name":"eventCount"}]}`)
	sessions, cities := numbers(t, column(a, 1)), column(a, 0)
	for i := 1; i < len(sessions); i++ {
		if sessions[i] > sessions[i-1] || sessions[i] == sessions[i-1] && cities[i] < cities[i-1] {
			t.Fatalf("row %d: %s %v after %s %v", i, cities[i], sessions[i], cities[i-1], sessions[i-1])
		}
	}
	if len(a.Rows) < 5 || a.RowCount != len(a.Rows) {
		t.Errorf("%d rows, rowCount %d", len(a.Rows), a.RowCount)
	}
}

func TestOrderBys(t *testing.T) {
	l := newLab(t)
	ask := func(orderBys string) []string {
		return column(l.report(`{`+week+`,"dimensions":[{"name":"hour"}],"metrics":[{"name":"sessions"}],"orderBys":[`+orderBys+`]}`), 0)
	}
	for _, tt := range []struct {
		orderBys string
		compare  func(a, b string) int
	}{
		{`{"dimension":{"dimensionName":"hour"}}`, strings.Compare},
		{`{"dimension":{"dimensionName":"hour"},"desc":true}`, func(a, b string) int { return strings.Compare(b, a) }},
		{`{"dimension":{"dimensionName":"hour","orderType":"NUMERIC"}}`, compareNumbers},
		{`{"dimension":{"dimensionName":"hour","orderType":"CASE_INSENSITIVE_ALPHANUMERIC"}}`, strings.Compare},
	} {
		if got := ask(tt.orderBys); len(got) < 10 || !slices.IsSortedFunc(got, tt.compare) {
			t.Errorf("%s: %v", tt.orderBys, got)
		}
	}
	a := l.report(`{` + week + `,"dimensions":[{"name":"hour"}],"metrics":[{"name":"sessions"}],"orderBys":[{"metric":{"metricName":"sessions"}},{"dimension":{"dimensionName":"hour"},"desc":true}]}`)
	if got := numbers(t, column(a, 1)); !slices.IsSorted(got) {
		t.Errorf("by metric: %v", got)
	}
}

func TestCompareNumbers(t *testing.T) {
	got := []string{"100", "25", "(not set)", "-3", "(other)", "2.5"}
	slices.SortStableFunc(got, compareNumbers)
	if want := []string{"(not set)", "(other)", "-3", "2.5", "25", "100"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDateRanges(t *testing.T) {
	l := newLab(t)
	a := l.report(`{"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday","name":"now"},{"startDate":"14daysAgo","endDate":"8daysAgo"}],
		` + country + `,` + users + `,"metricAggregations":["TOTAL","MINIMUM","MAXIMUM"],"returnPropertyQuota":true}`)
	if h := a.DimensionHeaders; len(h) != 2 || h[1].Name != "dateRange" {
		t.Fatalf("headers %v", h)
	}
	for i, want := range []string{"now", "date_range_1"} {
		if !slices.Contains(column(a, 1), want) {
			t.Errorf("no row of %s", want)
		}
		for word, rows := range map[string][]rowAnswer{"RESERVED_TOTAL": a.Totals, "RESERVED_MAX": a.Maximums, "RESERVED_MIN": a.Minimums} {
			if len(rows) != 2 || rows[i].DimensionValues[0].Value != word || rows[i].DimensionValues[1].Value != want {
				t.Errorf("%s: %v", word, rows)
			}
		}
	}
	first := l.report(`{` + week + `,` + users + `}`)
	if got := a.Totals[0].MetricValues[0].Value; got != first.Rows[0].MetricValues[0].Value {
		t.Errorf("total %s, without dimensions %s", got, first.Rows[0].MetricValues[0].Value)
	}
	if sum := slices.Max(numbers(t, column(a, 2))); a.Maximums[0].MetricValues[0].Value != strconv.Itoa(int(sum)) {
		t.Errorf("maximum %v of %v", a.Maximums[0], sum)
	}
}

// Users are counted once, however many rows they are in.
func TestTotalsAreDeduplicated(t *testing.T) {
	l := newLab(t)
	a := l.report(`{` + week + `,"dimensions":[{"name":"eventName"}],` + users + `,"metricAggregations":["TOTAL"]}`)
	sum := 0.0
	for _, v := range numbers(t, column(a, 1)) {
		sum += v
	}
	if total, _ := strconv.ParseFloat(a.Totals[0].MetricValues[0].Value, 64); total >= sum || total == 0 {
		t.Errorf("total %v of rows that sum up to %v", total, sum)
	}
}

func TestPages(t *testing.T) {
	l := newLab(t)
	ask := func(page string) *reportAnswer {
		return l.report(`{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"eventCount"}]` + page + `}`)
	}
	all := ask("")
	var joined []string
	for offset := 0; offset < all.RowCount; offset += 3 {
		part := ask(`,"limit":"3","offset":` + strconv.Itoa(offset))
		if part.RowCount != all.RowCount {
			t.Errorf("rowCount %d on a page, %d in all", part.RowCount, all.RowCount)
		}
		joined = append(joined, column(part, 0)...)
	}
	if !slices.Equal(joined, column(all, 0)) {
		t.Error("pages do not fit together")
	}
	beyond := l.call("runReport", `{`+week+`,"dimensions":[{"name":"city"}],"metrics":[{"name":"eventCount"}],"offset":100000}`)
	if strings.Contains(beyond.body, `"rows"`) || !strings.Contains(beyond.body, `"rowCount"`) {
		t.Errorf("beyond the end: %s", beyond.body)
	}
	if n := len(ask(`,"limit":0`).Rows); n != len(all.Rows) {
		t.Errorf("limit 0 gives %d rows", n)
	}
	ask(`,"limit":999999999`)
}

func TestEmptyReportHasNoRows(t *testing.T) {
	l := newLab(t)
	r := l.call("runReport", `{`+week+`,`+country+`,`+users+`,"metricAggregations":["TOTAL"],"dimensionFilter":{"filter":{"fieldName":"country","stringFilter":{"value":"Atlantis"}}}}`)
	want := `{"dimensionHeaders":[{"name":"country"}],"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],"totals":[{}],` +
		`"metadata":{"currencyCode":"USD","timeZone":"America/New_York"},"kind":"analyticsData#runReport"}`
	if strings.TrimSpace(r.body) != want {
		t.Errorf("%s\nwant %s", r.body, want)
	}
}

func TestShapes(t *testing.T) {
	l := newLab(t)
	noMetrics := l.call("runReport", `{`+week+`,`+country+`}`).body
	if strings.Contains(noMetrics, "metricHeaders") || strings.Contains(noMetrics, "metricValues") || !strings.Contains(noMetrics, "dimensionValues") {
		t.Errorf("without metrics: %s", noMetrics)
	}
	noDimensions := l.call("runReport", `{`+week+`,`+users+`}`).body
	if strings.Contains(noDimensions, "dimension") || !strings.Contains(noDimensions, `"rowCount":1,`) {
		t.Errorf("without dimensions: %s", noDimensions)
	}
	invisible := l.report(`{` + week + `,"metrics":[{"name":"sessions","invisible":true},{"name":"eventCount"}]}`)
	if len(invisible.MetricHeaders) != 1 || len(invisible.Rows[0].MetricValues) != 1 {
		t.Errorf("invisible metric: %+v", invisible)
	}
	if a := l.report(`{` + week + `,` + users + `,"currencyCode":"JPY"}`); a.Metadata.CurrencyCode != "JPY" {
		t.Errorf("currencyCode is not echoed: %+v", a.Metadata)
	}
}

// Fields that Google has and the world has not look as on a site without them.
func TestFieldsThatTheWorldHasNot(t *testing.T) {
	l := newLab(t)
	a := l.report(`{` + week + `,"dimensions":[{"name":"adFormat"},{"name":"country"}],"metrics":[{"name":"publisherAdClicks"},{"name":"sessions"}],"limit":2}`)
	for _, r := range a.Rows {
		if r.DimensionValues[0].Value != "(not set)" || r.DimensionValues[1].Value == "(not set)" || r.MetricValues[0].Value != "0" || r.MetricValues[1].Value == "0" {
			t.Errorf("%v", r)
		}
	}
	none := l.report(`{` + week + `,` + country + `,"metrics":[{"name":"publisherAdClicks"}]}`)
	if len(none.Rows) != 0 {
		t.Errorf("%d rows of zeros", len(none.Rows))
	}
	kept := l.report(`{` + week + `,` + country + `,"metrics":[{"name":"publisherAdClicks"}],"keepEmptyRows":true}`)
	if len(kept.Rows) == 0 {
		t.Error("keepEmptyRows keeps none")
	}
}

// Every field that getMetadata lists can be asked for.
func TestEveryFieldAnswers(t *testing.T) {
	l := newLab(t)
	must(t, l.emulator.SetQuotaLeft(l.property, false, "potentiallyThresholdedRequestsPerHour", 100))
	for _, f := range l.emulator.fields.dimensions {
		if slices.Contains(coreOnly, f.name) {
			continue
		}
		if r := l.call("runReport", `{`+week+`,"dimensions":[{"name":"`+f.name+`"}],"limit":1}`); r.status != 200 {
			t.Errorf("dimension %s: %d %s", f.name, r.status, r.body)
		}
	}
	for _, f := range l.emulator.fields.metrics {
		if r := l.call("runReport", `{`+week+`,"metrics":[{"name":"`+f.name+`"}]}`); r.status != 200 && f.category != "Cohort" {
			t.Errorf("metric %s: %d %s", f.name, r.status, r.body)
		}
	}
}

func TestEveryRealtimeFieldAnswers(t *testing.T) {
	l := newLab(t)
	for _, d := range l.emulator.fields.realtimeDimensions {
		for _, m := range l.emulator.fields.realtimeMetrics {
			want := 200
			if d == "eventName" && m == "activeUsers" {
				want = 400
			}
			r := l.call("runRealtimeReport", `{"dimensions":[{"name":"`+d+`"}],"metrics":[{"name":"`+m+`"}]}`)
			if r.status != want {
				t.Errorf("%s, %s: %d %s", d, m, r.status, r.body)
			}
		}
	}
}

func TestRealtime(t *testing.T) {
	l := newLab(t)
	a := l.reportBy("runRealtimeReport", `{"dimensions":[{"name":"minutesAgo"}],"metrics":[{"name":"eventCount"}],"returnPropertyQuota":true}`)
	if a.Metadata != nil || a.Kind != "analyticsData#runRealtimeReport" || a.PropertyQuota == nil {
		t.Errorf("%+v", a)
	}
	for _, m := range column(a, 0) {
		if n, err := strconv.Atoi(m); err != nil || len(m) != 2 || n > 29 {
			t.Errorf("minutesAgo %q", m)
		}
	}
	two := l.reportBy("runRealtimeReport", `{"metrics":[{"name":"eventCount"}],"minuteRanges":[{"name":"late","startMinutesAgo":4},{"startMinutesAgo":29,"endMinutesAgo":5}],"dimensionFilter":null}`)
	if h := two.DimensionHeaders; len(h) != 1 || h[0].Name != "dateRange" {
		t.Errorf("headers %v", h)
	}
	for _, body := range []string{
		`{"minuteRanges":[{"startMinutesAgo":30}],` + users + `}`,
		`{"minuteRanges":[{"startMinutesAgo":1,"endMinutesAgo":2}],` + users + `}`,
		`{"minuteRanges":[{},{},{}],` + users + `}`,
		`{"offset":1,` + users + `}`,
		`{` + week + `,` + users + `}`,
	} {
		if r := l.call("runRealtimeReport", body); r.status != 400 {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
}

func TestBatch(t *testing.T) {
	l := newLab(t)
	one := `{` + week + `,` + country + `,` + users + `}`
	two := `{"property":"properties/` + l.property + `",` + week + `,` + users + `}`
	r := l.call("batchRunReports", `{"requests":[`+one+`,`+two+`]}`)
	var a batchAnswer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 200 || len(a.Reports) != 2 || a.Kind != "analyticsData#batchRunReports" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	alone, _ := json.Marshal(l.report(one))
	member, _ := json.Marshal(a.Reports[0])
	if string(alone) != string(member) {
		t.Errorf("in a batch %s\nalone %s", member, alone)
	}
	if r := l.call("batchRunReports", `{"requests":[`+one+`,{"property":"properties/1"}]}`); r.status != 400 {
		t.Errorf("foreign property in a batch: %d", r.status)
	}
}

// Names in snake_case, numbers as text, lax JSON: all mean the same.
func TestSpellings(t *testing.T) {
	l := newLab(t)
	want := l.call("runReport", `{`+week+`,`+country+`,`+users+`,"limit":2,"keepEmptyRows":true,"metricAggregations":["TOTAL"]}`).body
	for _, body := range []string{
		`{"date_ranges":[{"start_date":"7daysAgo","end_date":"yesterday"}],` + country + `,` + users + `,"limit":"2","keep_empty_rows":true,"metric_aggregations":["TOTAL"]}`,
		`{'dateRanges':{startDate:"7daysAgo",endDate:"yesterday"},` + country + `,` + users + `,limit:2.0,keepEmptyRows:"true",metricAggregations:[1],}`,
	} {
		if got := l.call("runReport", body).body; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", body, got, want)
		}
	}
}
