package clients

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	analytics "google.golang.org/api/analytics/v3"
	data "google.golang.org/api/analyticsdata/v1beta"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// The old id that the demo's museum answers to.
const oldView = "ga:100367422"

// universal is Google's client for the Core Reporting API v3, with nothing but
// its address and its token changed.
func universal(t *testing.T, token string) *analytics.Service {
	t.Helper()
	c, err := analytics.NewService(t.Context(), option.WithEndpoint(demo.Oriel+"/analytics/v3/"),
		option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})))
	fatal(t, err)
	return c
}

func TestUniversalAnalyticsClient(t *testing.T) {
	c := universal(t, embedToken(t, "museum"))
	got, err := c.Data.Ga.Get(oldView, "28daysAgo", "yesterday", "ga:sessions,ga:users").Dimensions("ga:deviceCategory").Sort("-ga:sessions").Do()
	fatal(t, err)
	want, err := google(t).data.Properties.RunReport("properties/"+views["museum"], top("deviceCategory", func(q *data.RunReportRequest) {
		q.MetricAggregations = []string{"TOTAL"}
	})).Do()
	fatal(t, err)
	if got.Kind != "analytics#gaData" || int64(len(got.Rows)) != want.RowCount || got.TotalResults != want.RowCount {
		t.Fatalf("%s with %d rows of %d, want %d", got.Kind, len(got.Rows), got.TotalResults, want.RowCount)
	}
	for i, row := range want.Rows {
		if strings.Join(got.Rows[i], " ") != row.DimensionValues[0].Value+" "+row.MetricValues[0].Value+" "+row.MetricValues[1].Value {
			t.Errorf("row %d is %v", i, got.Rows[i])
		}
	}
	if total := want.Totals[0].MetricValues; got.TotalsForAllResults["ga:sessions"] != total[0].Value || got.TotalsForAllResults["ga:users"] != total[1].Value {
		t.Errorf("totals are %v", got.TotalsForAllResults)
	}
}

// TestUniversalAnalyticsPie is the second chart of a page of 2015: the share of
// each part of the site, without the start page.
func TestUniversalAnalyticsPie(t *testing.T) {
	got, err := universal(t, embedToken(t, "museum")).Data.Ga.Get(oldView, "30daysAgo", "yesterday", "ga:pageviews").
		Dimensions("ga:pagePathLevel1").Sort("-ga:pageviews").Filters("ga:pagePathLevel1!=/").MaxResults(7).Do()
	fatal(t, err)
	if len(got.Rows) != 7 || got.TotalResults < 7 {
		t.Fatalf("%d rows of %d", len(got.Rows), got.TotalResults)
	}
	before := 1 << 60
	for _, row := range got.Rows {
		views, err := strconv.Atoi(row[1])
		if err != nil || views > before || views == 0 || row[0] == "/" {
			t.Errorf("%v after %d", row, before)
		}
		before = views
	}
}

func TestUniversalAnalyticsRealtimeAndErrors(t *testing.T) {
	c := universal(t, embedToken(t, "museum"))
	now, err := c.Data.Realtime.Get(oldView, "rt:activeUsers").Do()
	fatal(t, err)
	if now.Kind != "analytics#realtimeData" || len(now.ColumnHeaders) != 1 {
		t.Errorf("%+v", now)
	}
	for what, err := range map[string]error{
		"400 ga:14dayUsers": second(c.Data.Ga.Get(oldView, "7daysAgo", "yesterday", "ga:14dayUsers").Do()),
		"403 ":              second(c.Data.Ga.Get("ga:1", "7daysAgo", "yesterday", "ga:users").Do()),
		"401 ":              second(universal(t, "garbage").Data.Ga.Get(oldView, "7daysAgo", "yesterday", "ga:users").Do()),
	} {
		code, words, _ := strings.Cut(what, " ")
		e, ok := err.(*googleapi.Error)
		if !ok || strconv.Itoa(e.Code) != code || !strings.Contains(e.Message, words) || len(e.Errors) != 1 || e.Errors[0].Reason == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestUniversalAnalyticsHabits asks as old scripts did: the token as OAuth, dates
// in any case, users by referrer, organic searches.
func TestUniversalAnalyticsHabits(t *testing.T) {
	c, err := analytics.NewService(t.Context(), option.WithEndpoint(demo.Oriel+"/analytics/v3/"),
		option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: embedToken(t, "museum"), TokenType: "OAuth"})))
	fatal(t, err)
	got, err := c.Data.Ga.Get(oldView, "7DaysAgo", "YESTERDAY", "ga:sessions,ga:organicSearches").Dimensions("ga:medium").Do()
	fatal(t, err)
	organic := 0
	for _, row := range got.Rows {
		switch {
		case row[0] == "organic" && row[1] == row[2]:
			organic++
		case row[0] != "organic" && row[2] != "0":
			t.Errorf("organic searches by another medium: %v", row)
		}
	}
	if organic != 1 || got.TotalsForAllResults["ga:organicSearches"] == "0" {
		t.Errorf("organic searches are %v, in all %v", got.Rows, got.TotalsForAllResults)
	}
	referrers, err := c.Data.Ga.Get(oldView, "7daysAgo", "yesterday", "ga:users").Dimensions("ga:fullReferrer").Sort("-ga:users").MaxResults(5).Do()
	fatal(t, err)
	if len(referrers.Rows) == 0 || referrers.Rows[0][1] == "0" {
		t.Errorf("users by referrer are %v", referrers.Rows)
	}
	none, err := c.Data.Ga.Get(oldView, "7daysAgo", "yesterday", "ga:sessions,ga:bounceRate").Filters("ga:country==Nowhere").Do()
	fatal(t, err)
	if none.TotalResults != 0 || none.Rows != nil || none.TotalsForAllResults["ga:sessions"] != "0" || none.TotalsForAllResults["ga:bounceRate"] != "0.0" {
		t.Errorf("nothing is %d rows, totals %v", none.TotalResults, none.TotalsForAllResults)
	}
}
