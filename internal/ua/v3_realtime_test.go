package ua_test

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// TestRealtime asks the emulator for two metrics of different minutes in one v3
// query, and holds the narrower to the wider.
func TestRealtime(t *testing.T) {
	g := newGoogle(t)
	q, err := ua.ParseRealtime(url.Values{"ids": {"ga:1"}, "metrics": {"rt:activeUsers,rt:pageviews,rt:totalEvents"}, "dimensions": {"rt:country"}, "sort": {"-rt:pageviews"}})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ua.Translate(q, ua.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asks := plan.Queries()
	if len(asks) != 2 || len(asks[0].MinuteRanges) != 1 || len(asks[1].MinuteRanges) != 0 {
		t.Fatalf("the last five minutes and the last thirty are %d questions: %+v", len(asks), asks)
	}
	var reports []*report.Report
	for _, ask := range asks {
		reports = append(reports, g.report(t, ask))
	}
	body, err := plan.Answer(reports)
	if err != nil {
		t.Fatal(err)
	}
	if len(body.Rows) == 0 {
		t.Fatal("nobody was there")
	}
	sum := 0
	for i, row := range body.Rows {
		views, _ := strconv.Atoi(row[2])
		events, _ := strconv.Atoi(row[3])
		if events < views {
			t.Errorf("%q has more pageviews than events", row)
		}
		if i > 0 {
			if before, _ := strconv.Atoi(body.Rows[i-1][2]); before < views {
				t.Errorf("%q is out of order", row)
			}
		}
		sum += views
	}
	if total := body.Totals[1]; total.Name != "rt:pageviews" || total.Value != strconv.Itoa(sum) {
		t.Errorf("the rows have %d pageviews, the total is %+v", sum, total)
	}
}
