package plan

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// doubts counts the answers that are found to be contradicted.
type doubts struct {
	blank
	expired int
}

func (d *doubts) Expire(*report.Question) { d.expired++ }

// TestOnlySumsAreCompared: a line is held against a total over the same events, and
// against nothing that looks like one.
func TestOnlySumsAreCompared(t *testing.T) {
	metric := func(name string, invisible bool) report.Metric {
		return report.Metric{Name: name, Invisible: invisible}
	}
	for name, tt := range map[string]struct {
		change  func(*report.Query)
		rows    string // of the total
		expired int
	}{
		"the same":       {func(*report.Query) {}, `{"metricValues":[{"value":"7"}]}`, 0},
		"another":        {func(*report.Query) {}, `{"metricValues":[{"value":"8"}]}`, 1},
		"another of two": {func(q *report.Query) { q.Metrics = append(q.Metrics, metric("screenPageViews", false)) }, `{"metricValues":[{"value":"8"},{"value":"7"}]}`, 1},
		"without column": {func(q *report.Query) {
			q.Metrics = []report.Metric{metric("eventCount", true), metric("sessions", false)}
		}, `{"metricValues":[{"value":"9"}]}`, 0},
		"behind one such": {func(q *report.Query) {
			q.Metrics = []report.Metric{metric("sessions", true), metric("eventCount", false), metric("totalUsers", false)}
		}, `{"metricValues":[{"value":"7"},{"value":"9"}]}`, 0},
		"comparisons": {func(q *report.Query) {
			q.Comparisons = []report.Comparison{{Name: "all"}, {Name: "some"}}
		}, `{"dimensionValues":[{"value":"all"}],"metricValues":[{"value":"7"}]},{"dimensionValues":[{"value":"some"}],"metricValues":[{"value":"3"}]}`, 0},
		"one comparison": {func(q *report.Query) { q.Comparisons = []report.Comparison{{Name: "some"}} }, `{"dimensionValues":[{"value":"some"}],"metricValues":[{"value":"3"}]}`, 0},
		"pivots":         {func(q *report.Query) { q.Pivots = []report.Pivot{{}} }, `{"metricValues":[{"value":"3"}]}`, 0},
		"two ranges": {func(q *report.Query) {
			q.DateRanges = append(q.DateRanges, report.DateRange{StartDate: "2025-01-01", EndDate: "2025-01-07", Name: "before"})
		}, `{"dimensionValues":[{"value":"before"}],"metricValues":[{"value":"3"}]},{"dimensionValues":[{"value":"date_range_0"}],"metricValues":[{"value":"7"}]}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &doubts{}
				rows := `{"dimensionValues":[{"value":"20260101"}],"metricValues":[{"value":"3"}]},{"dimensionValues":[{"value":"20260102"}],"metricValues":[{"value":"4"}]}`
				g := &google{change: func(r *report.Report) {
					r.Body, r.FetchedAt = fmt.Appendf(nil, `{"rows":[%s],"rowCount":%d,%s`, rows, strings.Count(rows, "metricValues"), metaOnly), time.Now()
				}}
				p, err := New(Config{Source: g, Parts: d, BatchDelay: -1})
				if err != nil {
					t.Fatal(err)
				}
				line := figures("eventCount")
				line.Dimensions = []report.Dimension{{Name: "date"}}
				line.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "date"}}}
				all(t, p, line)
				time.Sleep(2 * simultaneous)
				rows = tt.rows
				sum := figures("eventCount")
				tt.change(&sum)
				all(t, p, sum)
				synctest.Wait()
				if d.expired != tt.expired {
					t.Errorf("%d answers expired, want %d", d.expired, tt.expired)
				}
			})
		})
	}
}

// TestRowsAreReadOnce: comparing costs what the rows do, not once for each metric and
// range; and nothing where there are too many.
func TestRowsAreReadOnce(t *testing.T) {
	const row = `{"dimensionValues":[{"value":"date_range_0"}],"metricValues":[{"value":"3"},{"value":"4"}]}`
	body := func(n int) *report.Report {
		return &report.Report{Rows: n, Body: fmt.Appendf(nil, `{"rows":[%s],"rowCount":%d,%s`, strings.TrimSuffix(strings.Repeat(row+",", n), ","), n, metaOnly)}
	}
	one, two := figures("eventCount", "sessions"), figures("eventCount", "screenPageViews")
	two.DateRanges = append(two.DateRanges, report.DateRange{StartDate: "2025-01-01", EndDate: "2025-01-07"})
	r := body(500)
	cost := func(q report.Query) float64 { return testing.AllocsPerRun(3, func() { sumsOf(q, r) }) }
	if n, m := cost(one), cost(two); m > n*1.1 {
		t.Errorf("%.0f allocations for two metrics over two ranges, %.0f for one over one", m, n)
	}
	if got := sumsOf(two, r); len(got) != 4 {
		t.Errorf("%v, want four sums", got)
	}
	if got := sumsOf(two, body(maxSummed+1)); got != nil {
		t.Errorf("%v of too many rows", got)
	}
}

// days keep what they are given, and say what the test says of changes.
type days struct {
	blank
	put     int
	changed bool
}

func (d *days) Put(context.Context, *report.Question, *report.Report) bool { d.put++; return d.changed }

// TestAChangedDayIsCounted: once for an answer, whatever else is in it.
func TestAChangedDayIsCounted(t *testing.T) {
	line := figures("eventCount")
	line.Dimensions = []report.Dimension{{Name: "date"}}
	line.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "date"}}}
	r := &report.Report{
		TimeZone: "UTC", FetchedAt: time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC),
		Body: []byte(`{"rows":[{"dimensionValues":[{"value":"20260103"}],"metricValues":[{"value":"3"}]}],"rowCount":1,` + metaOnly),
	}
	for _, changed := range []bool{false, true} {
		d, counted := &days{changed: changed}, 0
		p, err := New(Config{Source: &google{}, Parts: d, Observer: func(Event) { counted++ }})
		if err != nil {
			t.Fatal(err)
		}
		p.keepDays(t.Context(), report.NewQuestion(line, nil), r)
		if d.put != 7 || (counted == 1) != changed {
			t.Errorf("changed %v: %d days kept, counted %d times", changed, d.put, counted)
		}
	}
}
