package clients

import (
	"encoding/json"
	"strings"
	"testing"

	data "google.golang.org/api/analyticsdata/v1beta"
)

func metrics(names ...string) (out []*data.Metric) {
	for _, n := range names {
		out = append(out, &data.Metric{Name: n})
	}
	return out
}

func dimensions(names ...string) (out []*data.Dimension) {
	for _, n := range names {
		out = append(out, &data.Dimension{Name: n})
	}
	return out
}

func days(start, end string) []*data.DateRange {
	return []*data.DateRange{{StartDate: start, EndDate: end}}
}

func where(f *data.Filter) *data.FilterExpression { return &data.FilterExpression{Filter: f} }

func is(field, value string) *data.FilterExpression {
	return where(&data.Filter{FieldName: field, StringFilter: &data.StringFilter{MatchType: "EXACT", Value: value}})
}

func both(list ...*data.FilterExpression) *data.FilterExpression {
	return &data.FilterExpression{AndGroup: &data.FilterExpressionList{Expressions: list}}
}

func either(list ...*data.FilterExpression) *data.FilterExpression {
	return &data.FilterExpression{OrGroup: &data.FilterExpressionList{Expressions: list}}
}

func not(e *data.FilterExpression) *data.FilterExpression {
	return &data.FilterExpression{NotExpression: e}
}

// top is the question that most others vary: sessions by one dimension, in 28 days.
func top(dimension string, change func(*data.RunReportRequest)) *data.RunReportRequest {
	q := &data.RunReportRequest{
		Dimensions: dimensions(dimension), Metrics: metrics("sessions", "totalUsers"),
		DateRanges: days("28daysAgo", "yesterday"),
		OrderBys: []*data.OrderBy{
			{Desc: true, Metric: &data.MetricOrderBy{MetricName: "sessions"}},
			{Dimension: &data.DimensionOrderBy{DimensionName: dimension}},
		},
	}
	if change != nil {
		change(q)
	}
	return q
}

// filtered asks for countries, or what else is asked for, with a filter.
func filtered(dimension string, f *data.FilterExpression) *data.RunReportRequest {
	return top(dimension, func(q *data.RunReportRequest) { q.DimensionFilter = f })
}

var questions = map[string]*data.RunReportRequest{
	"totals":            {Metrics: metrics("sessions", "totalUsers", "bounceRate"), DateRanges: days("7daysAgo", "yesterday")},
	"by date":           top("date", nil),
	"two dimensions":    top("country", func(q *data.RunReportRequest) { q.Dimensions = dimensions("country", "deviceCategory") }),
	"exact":             filtered("country", is("country", "Germany")),
	"exact, other case": filtered("country", is("country", "gErMaNy")),
	"case sensitive": filtered("country", where(&data.Filter{FieldName: "country",
		StringFilter: &data.StringFilter{MatchType: "EXACT", Value: "germany", CaseSensitive: true}})),
	"begins with": filtered("country", where(&data.Filter{FieldName: "country",
		StringFilter: &data.StringFilter{MatchType: "BEGINS_WITH", Value: "United"}})),
	"ends with": filtered("country", where(&data.Filter{FieldName: "country",
		StringFilter: &data.StringFilter{MatchType: "ENDS_WITH", Value: "S"}})),
	"contains": filtered("pagePath", where(&data.Filter{FieldName: "pagePath",
		StringFilter: &data.StringFilter{MatchType: "CONTAINS", Value: "e"}})),
	"full regexp": filtered("country", where(&data.Filter{FieldName: "country",
		StringFilter: &data.StringFilter{MatchType: "FULL_REGEXP", Value: "(Ger|Nor).*"}})),
	"partial regexp": filtered("country", where(&data.Filter{FieldName: "country",
		StringFilter: &data.StringFilter{MatchType: "PARTIAL_REGEXP", Value: "an[dy]$"}})),
	"in list": filtered("country", where(&data.Filter{FieldName: "country",
		InListFilter: &data.InListFilter{Values: []string{"Germany", "France", "New Zealand", "United States"}}})),
	"empty": filtered("country", not(where(&data.Filter{FieldName: "city", EmptyFilter: &data.EmptyFilter{}}))),
	"and, or, not": filtered("country", both(
		either(is("deviceCategory", "mobile"), is("deviceCategory", "tablet")),
		not(either(is("country", "Germany"), is("country", "United States"))))),
	"numeric": top("country", func(q *data.RunReportRequest) {
		q.MetricFilter = where(&data.Filter{FieldName: "sessions",
			NumericFilter: &data.NumericFilter{Operation: "GREATER_THAN", Value: &data.NumericValue{Int64Value: 40}}})
	}),
	"between": top("country", func(q *data.RunReportRequest) {
		q.MetricFilter = where(&data.Filter{FieldName: "sessions", BetweenFilter: &data.BetweenFilter{
			FromValue: &data.NumericValue{Int64Value: 5}, ToValue: &data.NumericValue{DoubleValue: 200.5}}})
	}),
	"metric filter with and, not": top("country", func(q *data.RunReportRequest) {
		over := func(metric string, n int64) *data.FilterExpression {
			return where(&data.Filter{FieldName: metric,
				NumericFilter: &data.NumericFilter{Operation: "GREATER_THAN_OR_EQUAL", Value: &data.NumericValue{Int64Value: n}}})
		}
		q.MetricFilter = both(over("sessions", 3), not(over("totalUsers", 500)))
	}),
	"two date ranges": top("deviceCategory", func(q *data.RunReportRequest) {
		q.DateRanges = []*data.DateRange{
			{StartDate: "7daysAgo", EndDate: "yesterday", Name: "now"},
			{StartDate: "14daysAgo", EndDate: "8daysAgo", Name: "before"},
		}
	}),
	"four date ranges, unnamed": top("deviceCategory", func(q *data.RunReportRequest) {
		q.DateRanges = []*data.DateRange{
			{StartDate: "7daysAgo", EndDate: "yesterday"}, {StartDate: "14daysAgo", EndDate: "8daysAgo"},
			{StartDate: "21daysAgo", EndDate: "15daysAgo"}, {StartDate: "2026-01-01", EndDate: "2026-01-31"},
		}
	}),
	"aggregations": top("country", func(q *data.RunReportRequest) {
		q.MetricAggregations = []string{"TOTAL", "MINIMUM", "MAXIMUM"}
	}),
	"aggregations of two ranges": top("deviceCategory", func(q *data.RunReportRequest) {
		q.DateRanges = append(days("7daysAgo", "yesterday"), days("14daysAgo", "8daysAgo")...)
		q.MetricAggregations = []string{"TOTAL", "MAXIMUM"}
	}),
	"order by dimension, numeric": top("hour", func(q *data.RunReportRequest) {
		q.OrderBys = []*data.OrderBy{{Desc: true, Dimension: &data.DimensionOrderBy{DimensionName: "hour", OrderType: "NUMERIC"}}}
	}),
	"order by dimension, case-insensitive": top("pagePath", func(q *data.RunReportRequest) {
		q.OrderBys = []*data.OrderBy{{Dimension: &data.DimensionOrderBy{DimensionName: "pagePath", OrderType: "CASE_INSENSITIVE_ALPHANUMERIC"}}}
	}),
	"limit":               top("country", func(q *data.RunReportRequest) { q.Limit = 3 }),
	"limit and offset":    top("country", func(q *data.RunReportRequest) { q.Limit, q.Offset = 3, 4 }),
	"offset past the end": top("deviceCategory", func(q *data.RunReportRequest) { q.Offset = 1000 }),
	"nothing found":       filtered("country", is("country", "Atlantis")),
	"empty rows kept": top("date", func(q *data.RunReportRequest) {
		q.KeepEmptyRows, q.DimensionFilter = true, is("country", "Liechtenstein")
	}),
	"expressions": top("country", func(q *data.RunReportRequest) {
		q.Metrics = append(q.Metrics, &data.Metric{Name: "per", Expression: "screenPageViews / (sessions + 1)"},
			&data.Metric{Name: "half", Expression: "totalUsers/2", Invisible: true})
		q.MetricFilter = where(&data.Filter{FieldName: "half", NumericFilter: &data.NumericFilter{Operation: "GREATER_THAN", Value: &data.NumericValue{Int64Value: 2}}})
		q.OrderBys = []*data.OrderBy{{Desc: true, Metric: &data.MetricOrderBy{MetricName: "per"}}, {Dimension: &data.DimensionOrderBy{DimensionName: "country"}}}
	}),
	"a dimension of dimensions": top("country", func(q *data.RunReportRequest) {
		q.Dimensions = append(q.Dimensions, &data.Dimension{Name: "place", DimensionExpression: &data.DimensionExpression{
			Concatenate: &data.ConcatenateExpression{DimensionNames: []string{"country", "deviceCategory"}, Delimiter: ", "}}})
	}),
	"comparisons": top("deviceCategory", func(q *data.RunReportRequest) {
		q.Comparisons = []*data.Comparison{{Name: "here", DimensionFilter: is("country", "Germany")}, {Name: "not here", DimensionFilter: not(is("country", "Germany"))}}
		q.DateRanges = append(q.DateRanges, &data.DateRange{StartDate: "56daysAgo", EndDate: "29daysAgo", Name: "the weeks before"})
	}),
	"rates and amounts": top("sessionDefaultChannelGroup", func(q *data.RunReportRequest) {
		q.Metrics = metrics("sessions", "engagementRate", "averageSessionDuration", "screenPageViewsPerSession")
	}),
}

// mayBeEmpty are the questions whose answer may have no rows.
var mayBeEmpty = map[string]bool{"nothing found": true, "offset past the end": true, "case sensitive": true, "empty rows kept": true}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	direct := google(t)
	for view := range views {
		through := oriel(t, view)
		for name, q := range questions {
			t.Run(view+"/"+name, func(t *testing.T) {
				want, err := direct.data.Properties.RunReport(direct.property(view), q).Do()
				if err != nil {
					t.Fatalf("the emulator: %v", err)
				}
				got, err := through.data.Properties.RunReport(through.property(view), q).Do()
				if err != nil {
					t.Fatalf("Oriel: %v", err)
				}
				if len(want.Rows) == 0 && !mayBeEmpty[name] {
					t.Errorf("the emulator found nothing, so this judges nothing")
				}
				same(t, want, got)
			})
		}
	}
}

// same compares what two answers say, and nothing that says who answered.
func same(t *testing.T, want, got *data.RunReportResponse) {
	t.Helper()
	if got.Kind != want.Kind || got.RowCount != want.RowCount || len(got.Rows) != len(want.Rows) {
		t.Errorf("kind %q, %d of %d rows; want kind %q, %d of %d", got.Kind, len(got.Rows), got.RowCount, want.Kind, len(want.Rows), want.RowCount)
	}
	for part, pair := range map[string][2]any{
		"dimensionHeaders": {want.DimensionHeaders, got.DimensionHeaders},
		"metricHeaders":    {want.MetricHeaders, got.MetricHeaders},
		"rows":             {want.Rows, got.Rows},
		"totals":           {want.Totals, got.Totals},
		"minimums":         {want.Minimums, got.Minimums},
		"maximums":         {want.Maximums, got.Maximums},
		"metadata":         {want.Metadata, got.Metadata},
	} {
		if w, g := encoded(t, pair[0]), encoded(t, pair[1]); w != g {
			t.Errorf("%s differ:\nGoogle %.600s\nOriel  %.600s", part, w, g)
		}
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBatch(t *testing.T) {
	direct, through := google(t), oriel(t, "shop")
	batch := &data.BatchRunReportsRequest{Requests: []*data.RunReportRequest{
		questions["totals"], questions["by date"], questions["and, or, not"], questions["two date ranges"], questions["aggregations"],
	}}
	want, err := direct.data.Properties.BatchRunReports(direct.property("shop"), batch).Do()
	if err != nil {
		t.Fatal(err)
	}
	got, err := through.data.Properties.BatchRunReports(through.property("shop"), batch).Do()
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Reports) != len(batch.Requests) || len(want.Reports) != len(batch.Requests) || got.Kind != want.Kind {
		t.Fatalf("%d reports of kind %q; Google %d of kind %q", len(got.Reports), got.Kind, len(want.Reports), want.Kind)
	}
	for i := range want.Reports {
		same(t, want.Reports[i], got.Reports[i])
	}
}

func TestRealtime(t *testing.T) {
	direct, through := google(t), oriel(t, "museum")
	for name, q := range map[string]*data.RunRealtimeReportRequest{
		"now":        {Metrics: metrics("activeUsers")},
		"by country": {Dimensions: dimensions("country"), Metrics: metrics("activeUsers", "screenPageViews"), MetricAggregations: []string{"TOTAL"}},
		"by minute": {
			Dimensions: dimensions("minutesAgo"), Metrics: metrics("activeUsers"), Limit: 10,
			OrderBys: []*data.OrderBy{{Dimension: &data.DimensionOrderBy{DimensionName: "minutesAgo", OrderType: "NUMERIC"}}},
		},
		"minute ranges": {
			Metrics: metrics("activeUsers"), Dimensions: dimensions("deviceCategory"),
			MinuteRanges:    []*data.MinuteRange{{Name: "now", StartMinutesAgo: 9}, {Name: "before", StartMinutesAgo: 29, EndMinutesAgo: 10}},
			DimensionFilter: not(is("deviceCategory", "tablet")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := direct.data.Properties.RunRealtimeReport(direct.property("museum"), q).Do()
			if err != nil {
				t.Fatalf("the emulator: %v", err)
			}
			got, err := through.data.Properties.RunRealtimeReport(through.property("museum"), q).Do()
			if err != nil {
				t.Fatalf("Oriel: %v", err)
			}
			if len(want.Rows) == 0 {
				t.Error("the emulator found nothing, so this judges nothing")
			}
			want.PropertyQuota = nil
			if w, g := encoded(t, want), encoded(t, got); w != g {
				t.Errorf("answers differ:\nGoogle %.600s\nOriel  %.600s", w, g)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	direct, through := google(t), oriel(t, "archive")
	want, err := direct.data.Properties.GetMetadata(direct.property("archive") + "/metadata").Do()
	if err != nil {
		t.Fatal(err)
	}
	got, err := through.data.Properties.GetMetadata(through.property("archive") + "/metadata").Do()
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "properties/archive/metadata" || len(got.Dimensions) < 100 || len(got.Metrics) < 50 {
		t.Errorf("%s has %d dimensions and %d metrics; Google has %d and %d", got.Name, len(got.Dimensions), len(got.Metrics), len(want.Dimensions), len(want.Metrics))
	}
	known := map[string]string{}
	for _, d := range want.Dimensions {
		known[d.ApiName] = d.UiName + d.Category
	}
	for _, d := range got.Dimensions {
		if known[d.ApiName] != d.UiName+d.Category {
			t.Errorf("%s is %q in %q; Google says %q", d.ApiName, d.UiName, d.Category, known[d.ApiName])
		}
	}
}

func TestAdmin(t *testing.T) {
	t.Run("Google", func(t *testing.T) {
		s := google(t)
		summaries, err := s.admin.AccountSummaries.List().Do()
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, a := range summaries.AccountSummaries {
			for _, p := range a.PropertySummaries {
				ids = append(ids, p.Property)
			}
		}
		for _, id := range views {
			if !strings.Contains(strings.Join(ids, " "), id) {
				t.Errorf("%s is not among %v", id, ids)
			}
		}
		p, err := s.admin.Properties.Get("properties/412600303").Do()
		if err != nil || p.TimeZone != "Pacific/Auckland" || p.CurrencyCode != "NZD" {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("Oriel", func(t *testing.T) {
		s := oriel(t, "shop", "museum")
		summaries, err := s.admin.AccountSummaries.List().PageSize(200).Do()
		if err != nil || len(summaries.AccountSummaries) != 1 || len(summaries.AccountSummaries[0].PropertySummaries) != 2 {
			t.Fatalf("%s, %v", encoded(t, summaries), err)
		}
		p, err := s.admin.Properties.Get("properties/shop").Do()
		if err != nil || p.Name != "properties/shop" || p.DisplayName != "Kauri & Wool" || p.TimeZone != "Pacific/Auckland" || p.CurrencyCode != "NZD" {
			t.Errorf("%s, %v", encoded(t, p), err)
		}
	})
}
