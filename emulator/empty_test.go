package emulator

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
)

const (
	emptyProperty = "412600401" // nobody ever came
	youngProperty = "412600402" // its first visitors came yesterday
)

// quietWorld is made once: it is never written to.
var quietWorld = sync.OnceValues(func() (*world.World, error) {
	sites := world.DefaultSites()[:2]
	sites[0].Property, sites[0].Empty = emptyProperty, true
	sites[1].Property, sites[1].Days, sites[1].TimeZone = youngProperty, 1, "America/New_York"
	return world.New(world.Config{Seed: 7, Now: labNow, Days: 30, Events: 20_000, Sites: sites})
})

func newQuietLab(t *testing.T, property string) *lab {
	t.Helper()
	w, err := quietWorld()
	must(t, err)
	l := newLabOf(t, w)
	l.property = property
	return l
}

// The shapes of answers without rows, as they are on record.
func TestEmptyShapes(t *testing.T) {
	const (
		metadata  = `"metadata":{"currencyCode":"USD","timeZone":"America/New_York"},"kind":"analyticsData#runReport"}`
		realtime  = `"kind":"analyticsData#runRealtimeReport"}`
		all       = `"metricAggregations":["TOTAL","MAXIMUM","MINIMUM"]`
		twoRanges = `"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"},{"startDate":"14daysAgo","endDate":"8daysAgo"}]`
	)
	l := newQuietLab(t, emptyProperty)
	for _, tt := range []struct{ name, verb, body, want string }{
		{"realtime", "runRealtimeReport", `{` + users + `}`, `{` + realtime},
		{"realtime by country", "runRealtimeReport", `{` + country + `,` + users + `}`,
			`{"dimensionHeaders":[{"name":"country"}],"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],` + realtime},
		{"realtime with totals", "runRealtimeReport", `{` + users + `,"metricAggregations":["TOTAL"]}`, `{"totals":[{}],` + realtime},
		{"report", "runReport", `{` + week + `,` + users + `}`, `{` + metadata},
		{"report that keeps empty rows", "runReport", `{` + week + `,` + users + `,"keepEmptyRows":true}`, `{` + metadata},
		{"report by day", "runReport", `{` + week + `,"dimensions":[{"name":"date"}],` + users + `,"keepEmptyRows":true}`,
			`{"dimensionHeaders":[{"name":"date"}],"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],` + metadata},
		{"report without metrics", "runReport", `{` + week + `,` + country + `}`, `{"dimensionHeaders":[{"name":"country"}],` + metadata},
		{"report with totals", "runReport", `{` + week + `,` + users + `,` + all + `}`,
			`{"totals":[{}],"maximums":[{}],"minimums":[{}],` + metadata},
		{"report with totals of two ranges", "runReport", `{` + twoRanges + `,` + country + `,` + users + `,` + all + `}`,
			`{"dimensionHeaders":[{"name":"country"},{"name":"dateRange"}],"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],` +
				`"totals":[{},{}],"maximums":[{},{}],"minimums":[{},{}],` + metadata},
	} {
		r := l.call(tt.verb, tt.body)
		if r.status != 200 || strings.TrimSpace(r.body) != tt.want {
			t.Errorf("%s: %d %s\nwant %s", tt.name, r.status, r.body, tt.want)
		}
	}
}

// A site that began yesterday has nothing to compare with: the range without rows
// has empty totals.
func TestTotalsWhereOneRangeIsEmpty(t *testing.T) {
	l := newQuietLab(t, youngProperty)
	for _, dimensions := range []string{"", `"dimensions":[{"name":"deviceCategory"}],`} {
		r := l.call("runReport", `{"dateRanges":[{"startDate":"14daysAgo","endDate":"8daysAgo"},{"startDate":"7daysAgo","endDate":"yesterday"}],`+
			dimensions+users+`,"metricAggregations":["TOTAL"]}`)
		if !strings.Contains(r.body, `"totals":[{},{"dimensionValues":[{"value":"`) {
			t.Errorf("%s", r.body)
		}
	}
}

// Empty rows are kept for the values that another range has, and for no others:
// no range gets days that nobody came on.
func TestKeepEmptyRows(t *testing.T) {
	l := newQuietLab(t, youngProperty)
	byDay := func(ranges, more string) *reportAnswer {
		return l.report(`{"dateRanges":[` + ranges + `],"dimensions":[{"name":"date"}],"metrics":[{"name":"sessions"}],"keepEmptyRows":true,` + more +
			`"metricAggregations":["TOTAL","MINIMUM"]}`)
	}
	const today, before = `{"startDate":"yesterday","endDate":"today"}`, `{"startDate":"9daysAgo","endDate":"2daysAgo"}`
	if one := byDay(`{"startDate":"9daysAgo","endDate":"today"}`, ""); len(one.Rows) != 2 {
		t.Errorf("days were invented: %v", column(one, 0))
	}
	two := byDay(today+","+before, "")
	if got, want := column(two, 0), []string{"20261117", "20261118", "20261117", "20261118"}; two.RowCount != 4 || len(got) != 4 ||
		!slices.Equal(column(two, 1), []string{"date_range_0", "date_range_0", "date_range_1", "date_range_1"}) && got[2] != want[2] {
		t.Errorf("%v %v", got, column(two, 1))
	}
	if zeros := column(two, 2)[2:]; !slices.Equal(zeros, []string{"0", "0"}) {
		t.Errorf("%v", zeros)
	}
	if zero := two.Totals[1].MetricValues; len(zero) != 1 || zero[0].Value != "0" {
		t.Errorf("the total of zeros is %v", zero)
	}
	none := byDay(today+","+before, `"metricFilter":{"filter":{"fieldName":"sessions","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"0"}}}},`)
	if len(none.Rows) != 2 || len(none.Totals[1].MetricValues) != 0 {
		t.Errorf("a metric filter keeps %v, totals %v", column(none, 1), none.Totals)
	}
}

// Rows of the same number are in the order of their values, then of their ranges.
func TestTies(t *testing.T) {
	l := newQuietLab(t, youngProperty)
	a := l.report(`{"dateRanges":[{"startDate":"today","endDate":"today"},{"startDate":"yesterday","endDate":"yesterday"}],
		"dimensions":[{"name":"city"}],"metrics":[{"name":"sessions"}],"keepEmptyRows":true,"orderBys":[{"metric":{"metricName":"sessions"},"desc":true}]}`)
	cities, ranges, sessions := column(a, 0), column(a, 1), numbers(t, column(a, 2))
	ties := 0
	for i := 1; i < len(cities); i++ {
		if sessions[i] != sessions[i-1] {
			continue
		}
		ties++
		if cities[i] < cities[i-1] || cities[i] == cities[i-1] && ranges[i] <= ranges[i-1] {
			t.Errorf("%s %s after %s %s", cities[i], ranges[i], cities[i-1], ranges[i-1])
		}
	}
	if ties < 5 {
		t.Errorf("%d ties", ties)
	}
}
