package clients

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	reporting "google.golang.org/api/analyticsreporting/v4"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// reportingClient is Google's client for the Reporting API v4, with nothing but
// its address and its token changed.
func reportingClient(t *testing.T, token string) *reporting.Service {
	t.Helper()
	c, err := reporting.NewService(t.Context(), option.WithEndpoint(demo.Oriel),
		option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})))
	fatal(t, err)
	return c
}

func batch(requests ...*reporting.ReportRequest) *reporting.GetReportsRequest {
	return &reporting.GetReportsRequest{ReportRequests: requests}
}

var fourWeeks = &reporting.DateRange{StartDate: "28daysAgo", EndDate: "yesterday"}

// TestReportingClient asks v4 and v3 the same and holds one against the other.
func TestReportingClient(t *testing.T) {
	token := embedToken(t, "museum")
	got, err := reportingClient(t, token).Reports.BatchGet(batch(&reporting.ReportRequest{
		ViewId: strings.TrimPrefix(oldView, "ga:"), DateRanges: []*reporting.DateRange{fourWeeks},
		Dimensions: []*reporting.Dimension{{Name: "ga:deviceCategory"}},
		Metrics:    []*reporting.Metric{{Expression: "ga:sessions"}, {Expression: "ga:sessions/ga:users", Alias: "loyalty", FormattingType: "FLOAT"}},
		OrderBys:   []*reporting.OrderBy{{FieldName: "ga:sessions", SortOrder: "DESCENDING"}},
	})).Do()
	fatal(t, err)
	want, err := universal(t, token).Data.Ga.Get(oldView, "28daysAgo", "yesterday", "ga:sessions,ga:sessionsPerUser").
		Dimensions("ga:deviceCategory").Sort("-ga:sessions").Do()
	fatal(t, err)
	r := got.Reports[0]
	if len(got.Reports) != 1 || int64(len(r.Data.Rows)) != want.TotalResults || r.Data.RowCount != want.TotalResults || want.TotalResults == 0 {
		t.Fatalf("%d rows of %d, want %d", len(r.Data.Rows), r.Data.RowCount, want.TotalResults)
	}
	for i, row := range want.Rows {
		of := r.Data.Rows[i]
		if of.Dimensions[0] != row[0] || of.Metrics[0].Values[0] != row[1] || of.Metrics[0].Values[1] != row[2] {
			t.Errorf("row %d is %v %v instead of %v", i, of.Dimensions, of.Metrics[0].Values, row)
		}
	}
	if total := r.Data.Totals[0].Values; total[0] != want.TotalsForAllResults["ga:sessions"] || total[1] != want.TotalsForAllResults["ga:sessionsPerUser"] {
		t.Errorf("totals are %v instead of %v", total, want.TotalsForAllResults)
	}
	if last := want.Rows[len(want.Rows)-1]; r.Data.Minimums[0].Values[0] != last[1] || r.Data.Maximums[0].Values[0] != want.Rows[0][1] {
		t.Errorf("from %v to %v", r.Data.Minimums[0].Values, r.Data.Maximums[0].Values)
	}
	if h := r.ColumnHeader.MetricHeader.MetricHeaderEntries; h[1].Name != "loyalty" || h[1].Type != "FLOAT" || h[0].Type != "INTEGER" {
		t.Errorf("headers are %+v %+v", h[0], h[1])
	}
}

// TestReportingClientPages reads a report page by page, as the client's samples do.
func TestReportingClientPages(t *testing.T) {
	c := reportingClient(t, embedToken(t, "museum"))
	ask := &reporting.ReportRequest{
		ViewId: oldView, DateRanges: []*reporting.DateRange{fourWeeks}, PageSize: 10,
		Dimensions: []*reporting.Dimension{{Name: "ga:date"}}, Metrics: []*reporting.Metric{{Expression: "ga:pageviews"}},
	}
	var days []string
	for {
		got, err := c.Reports.BatchGet(batch(ask)).Do()
		fatal(t, err)
		for _, row := range got.Reports[0].Data.Rows {
			days = append(days, row.Dimensions[0])
		}
		if ask.PageToken = got.Reports[0].NextPageToken; ask.PageToken == "" {
			break
		}
	}
	if len(days) != 28 {
		t.Errorf("%d days: %v", len(days), days)
	}
}

// TestReportingClientCompares asks for two ranges, a segment and a pivot at once.
func TestReportingClientCompares(t *testing.T) {
	c := reportingClient(t, embedToken(t, "museum"))
	got, err := c.Reports.BatchGet(batch(&reporting.ReportRequest{
		ViewId: oldView, DateRanges: []*reporting.DateRange{{StartDate: "7daysAgo", EndDate: "yesterday"}, {StartDate: "14daysAgo", EndDate: "8daysAgo"}},
		Dimensions: []*reporting.Dimension{{Name: "ga:deviceCategory"}, {Name: "ga:segment"}},
		Segments:   []*reporting.Segment{{SegmentId: "gaid::-1"}, {SegmentId: "gaid::-5"}},
		Metrics:    []*reporting.Metric{{Expression: "ga:pageviews"}},
		Pivots: []*reporting.Pivot{{
			Dimensions: []*reporting.Dimension{{Name: "ga:userType"}}, Metrics: []*reporting.Metric{{Expression: "ga:pageviews"}},
		}},
	})).Do()
	fatal(t, err)
	r := got.Reports[0]
	if len(r.Data.Totals) != 2 || len(r.Data.Rows) < 4 {
		t.Fatalf("%d totals, %d rows", len(r.Data.Totals), len(r.Data.Rows))
	}
	names := map[string]bool{}
	for _, row := range r.Data.Rows {
		names[row.Dimensions[1]] = true
		for _, m := range row.Metrics {
			all, sum := number(t, m.Values[0]), 0
			for _, v := range m.PivotValueRegions[0].Values {
				sum += number(t, v)
			}
			if sum != all {
				t.Errorf("%v: the pivot's cells have %d pageviews, the row %d", row.Dimensions, sum, all)
			}
		}
	}
	if len(names) != 2 || !names["All Users"] || !names["Organic Traffic"] {
		t.Errorf("segments are %v", names)
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	fatal(t, err)
	return n
}

func TestReportingClientErrors(t *testing.T) {
	token := embedToken(t, "museum")
	ask := func(token, view, metric string) error {
		return second(reportingClient(t, token).Reports.BatchGet(batch(&reporting.ReportRequest{
			ViewId: view, Metrics: []*reporting.Metric{{Expression: metric}},
		})).Do())
	}
	for what, err := range map[string]error{
		"400 ga:14dayUsers": ask(token, oldView, "ga:14dayUsers"),
		"400 viewId":        ask(token, "museum", "ga:users"),
		"403 ":              ask(token, "ga:1", "ga:users"),
		"401 ":              ask("garbage", oldView, "ga:users"),
		"400 single users": second(reportingClient(t, token).UserActivity.Search(&reporting.SearchUserActivityRequest{
			ViewId: oldView, User: &reporting.User{UserId: "1"},
		}).Do()),
	} {
		code, words, _ := strings.Cut(what, " ")
		e, ok := err.(*googleapi.Error)
		if !ok || strconv.Itoa(e.Code) != code || !strings.Contains(e.Message, words) || e.Message == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}
