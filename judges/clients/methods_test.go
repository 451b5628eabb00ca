package clients

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	data "google.golang.org/api/analyticsdata/v1beta"
	"google.golang.org/api/googleapi"
)

// The newer methods and members, straight at the emulator.

func byCountryAndDevice() *data.RunPivotReportRequest {
	return &data.RunPivotReportRequest{
		Dimensions: dimensions("country", "deviceCategory"), Metrics: metrics("sessions", "totalUsers"),
		DateRanges: days("28daysAgo", "yesterday"),
		Pivots: []*data.Pivot{
			{FieldNames: []string{"country"}, Limit: 4, MetricAggregations: []string{"TOTAL"}, OrderBys: []*data.OrderBy{{Desc: true, Pivot: &data.PivotOrderBy{
				MetricName: "sessions", PivotSelections: []*data.PivotSelection{{DimensionName: "deviceCategory", DimensionValue: "mobile"}},
			}}}},
			{FieldNames: []string{"deviceCategory"}, Limit: 2},
		},
	}
}

func values(row *data.Row) (out []string) {
	for _, d := range row.DimensionValues {
		out = append(out, d.Value)
	}
	for _, m := range row.MetricValues {
		out = append(out, m.Value)
	}
	return out
}

// plain runs a report by country and device, which pivots must agree with.
func plain(t *testing.T, s side, change func(*data.RunReportRequest)) map[string]string {
	t.Helper()
	q := &data.RunReportRequest{Dimensions: dimensions("country", "deviceCategory"), Metrics: metrics("sessions", "totalUsers"), DateRanges: days("28daysAgo", "yesterday")}
	if change != nil {
		change(q)
	}
	got, err := s.data.Properties.RunReport(s.property("shop"), q).Do()
	fatal(t, err)
	rows := map[string]string{}
	for _, r := range got.Rows {
		v := values(r)
		n := len(r.DimensionValues)
		rows[strings.Join(v[:n], "/")] = strings.Join(v[n:], "/")
	}
	return rows
}

func TestPivots(t *testing.T) {
	s := google(t)
	got, err := s.data.Properties.RunPivotReport(s.property("shop"), byCountryAndDevice()).Do()
	fatal(t, err)
	if len(got.PivotHeaders) != 2 || len(got.PivotHeaders[0].PivotDimensionHeaders) != 4 || got.PivotHeaders[0].RowCount < 5 || got.Kind != "analyticsData#runPivotReport" {
		t.Fatalf("%+v", got)
	}
	want := plain(t, s, nil)
	for _, r := range got.Rows {
		if v := values(r); want[v[0]+"/"+v[1]] != v[2]+"/"+v[3] {
			t.Errorf("%v, want %s", v, want[v[0]+"/"+v[1]])
		}
	}
	if len(got.Rows) < 4 || len(got.Aggregates) != 4 || got.Aggregates[0].DimensionValues[1].Value != "RESERVED_TOTAL" {
		t.Errorf("%d rows, aggregates %+v", len(got.Rows), got.Aggregates)
	}
	batch, err := s.data.Properties.BatchRunPivotReports(s.property("shop"), &data.BatchRunPivotReportsRequest{
		Requests: []*data.RunPivotReportRequest{byCountryAndDevice(), byCountryAndDevice()},
	}).Do()
	fatal(t, err)
	if len(batch.PivotReports) != 2 || len(batch.PivotReports[1].Rows) != len(got.Rows) {
		t.Errorf("%+v", batch)
	}
	masked, err := s.data.Properties.RunPivotReport(s.property("shop"), byCountryAndDevice()).Fields("pivotHeaders/rowCount", googleapi.Field("rows(metricValues)")).Do()
	fatal(t, err)
	if masked.Kind != "" || masked.PivotHeaders[0].RowCount != got.PivotHeaders[0].RowCount || masked.Rows[0].DimensionValues != nil {
		t.Errorf("%+v", masked)
	}
	tooMany := byCountryAndDevice()
	tooMany.Pivots[0].Limit = 250_000
	_, err = s.data.Properties.RunPivotReport(s.property("shop"), tooMany).Do()
	refusal{http.StatusBadRequest, "INVALID_ARGUMENT", "250000"}.check(t, err)
}

func TestCheckCompatibility(t *testing.T) {
	s := google(t)
	got, err := s.data.Properties.CheckCompatibility(s.property("shop"), &data.CheckCompatibilityRequest{
		Metrics: metrics("sessions"), CompatibilityFilter: "INCOMPATIBLE",
	}).Do()
	fatal(t, err)
	items := slices.ContainsFunc(got.DimensionCompatibilities, func(d *data.DimensionCompatibility) bool {
		return d.DimensionMetadata.ApiName == "itemName" && d.Compatibility == "INCOMPATIBLE" && d.DimensionMetadata.Description != ""
	})
	if !items || len(got.DimensionCompatibilities) > 100 {
		t.Errorf("%d dimensions, of items %v", len(got.DimensionCompatibilities), items)
	}
}

func TestExpressionsAndComparisons(t *testing.T) {
	s := google(t)
	q := &data.RunReportRequest{
		Dimensions: []*data.Dimension{{Name: "where", DimensionExpression: &data.DimensionExpression{
			Concatenate: &data.ConcatenateExpression{DimensionNames: []string{"country", "deviceCategory"}, Delimiter: "/"},
		}}},
		Metrics:    []*data.Metric{{Name: "s", Expression: "sessions"}, {Name: "totalUsers"}, {Name: "half", Expression: "sessions/2", Invisible: true}},
		DateRanges: []*data.DateRange{{StartDate: "28daysAgo", EndDate: "yesterday", Name: "last four weeks"}},
		OrderBys:   []*data.OrderBy{{Desc: true, Metric: &data.MetricOrderBy{MetricName: "half"}}},
		Comparisons: []*data.Comparison{
			{Name: "everybody", Comparison: "comparisons/allUsers"},
			{Name: "phones", DimensionFilter: is("deviceCategory", "mobile")},
		},
	}
	got, err := s.data.Properties.RunReport(s.property("shop"), q).Do()
	fatal(t, err)
	if len(got.DimensionHeaders) != 2 || got.DimensionHeaders[0].Name != "comparison" || len(got.MetricHeaders) != 2 || got.MetricHeaders[0].Type != "TYPE_INTEGER" {
		t.Fatalf("%+v", got)
	}
	want := plain(t, s, nil)
	seen := map[string]int{}
	for _, r := range got.Rows {
		v := values(r)
		seen[v[0]]++
		if want[v[1]] != v[2]+"/"+v[3] || v[0] == "phones" && !strings.HasSuffix(v[1], "/mobile") {
			t.Errorf("%v, want %s", v, want[v[1]])
		}
	}
	if seen["everybody"] != len(want) || seen["phones"] == 0 {
		t.Errorf("%v rows, want %d of everybody", seen, len(want))
	}
}

// Google's npm client knows the newer methods too: what it writes is understood, and what
// it reads is what was answered.
func TestNpmMethods(t *testing.T) {
	u, err := url.Parse(demo.Emulator)
	fatal(t, err)
	host, port, err := net.SplitHostPort(u.Host)
	fatal(t, err)
	number, err := strconv.Atoi(port)
	fatal(t, err)
	type report struct {
		DimensionHeaders []struct{ Name string }
		PivotHeaders     []struct{ RowCount int }
		Rows             []*data.Row
		Kind             string
	}
	var got struct {
		Pivot         report
		Batch         struct{ PivotReports []report }
		Compared      report
		Compatibility struct {
			DimensionCompatibilities []struct{ Compatibility string }
		}
	}
	node(t, "methods.mjs", map[string]any{
		"host": host, "port": number, "property": "properties/" + views["shop"], "keyFile": demo.Key,
	}, &got)
	want := plain(t, google(t), nil)
	for _, r := range got.Pivot.Rows {
		if v := values(r); want[v[0]+"/"+v[1]] != v[2]+"/"+v[3] {
			t.Errorf("%v, want %s", v, want[v[0]+"/"+v[1]])
		}
	}
	if len(got.Pivot.Rows) == 0 || len(got.Batch.PivotReports) != 2 || len(got.Batch.PivotReports[1].Rows) != len(got.Pivot.Rows) || got.Pivot.PivotHeaders[0].RowCount < 5 {
		t.Errorf("%+v", got.Pivot)
	}
	if h := got.Compared.DimensionHeaders; len(h) != 2 || h[0].Name != "comparison" || len(got.Compared.Rows) == 0 {
		t.Errorf("%+v", got.Compared)
	}
	c := got.Compatibility.DimensionCompatibilities
	if len(c) == 0 || c[0].Compatibility != "INCOMPATIBLE" {
		raw, _ := json.Marshal(c)
		t.Errorf("%.300s", raw)
	}
}
