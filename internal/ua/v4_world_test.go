package ua_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// An answerV4 is what is read of a v4 body.
type answerV4 struct {
	Reports []struct {
		ColumnHeader struct {
			MetricHeader struct {
				PivotHeaders []struct {
					PivotHeaderEntries    []struct{ DimensionValues []string }
					TotalPivotGroupsCount int
				}
			}
		}
		Data struct {
			Rows []struct {
				Dimensions []string
				Metrics    []valuesV4
			}
			Totals, Minimums, Maximums []valuesV4
			RowCount                   int
		}
		NextPageToken string
	}
}

type valuesV4 struct {
	Values            []string
	PivotValueRegions []struct{ Values []string }
}

func (g *google) askV4(t *testing.T, body []byte, today report.Date) answerV4 {
	t.Helper()
	batch, err := ua.ParseBatch(url.Values{}, body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	plan, err := ua.TranslateBatch(batch, ua.Options{Today: today})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var reports []*report.Report
	for _, ask := range plan.Queries() {
		reports = append(reports, g.report(t, ask))
	}
	made, err := plan.Answer(reports)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var a answerV4
	if err := json.Unmarshal(made.JSON(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// A checkerV4 holds an answer against the list of events.
type checkerV4 struct {
	t    *testing.T
	q    questionV4
	body []byte
	// By date range: all events, and the metrics of their rows.
	events [][]world.Event
	rows   []map[string]*metrics
}

func (c *checkerV4) same(what, got string, want float64) {
	c.t.Helper()
	n, err := strconv.ParseFloat(got, 64)
	if err != nil || math.Abs(n-want) > 1e-9*max(1, math.Abs(want)) {
		c.t.Fatalf("%s: %s is %s instead of %v", c.body, what, got, want)
	}
}

// left reports whether the metric filter leaves a row, which looks at the first
// range.
func (c *checkerV4) left(k string) bool {
	return c.q.having == "" || valueOf(c.rows[0], k, c.q.having) > c.q.least
}

// wanted are the names of all rows: those in which a metric is not zero.
func (c *checkerV4) wanted() map[string]bool {
	all := map[string]bool{}
	for _, rows := range c.rows {
		for k := range rows {
			all[k] = all[k] || c.left(k) && slices.ContainsFunc(c.rows, func(rows map[string]*metrics) bool {
				return slices.ContainsFunc(c.q.metrics, func(m string) bool { return valueOf(rows, k, m) != 0 })
			})
		}
	}
	for k, is := range all {
		if !is {
			delete(all, k)
		}
	}
	return all
}

// total counts the metrics of all rows that are left.
func (c *checkerV4) total(span int) *metrics {
	sum := &metrics{users: map[uint32]bool{}, sessions: map[uint32]bool{}, organic: map[uint32]bool{}}
	for k, m := range c.rows[span] {
		if c.left(k) {
			sum.merge(m)
		}
	}
	return sum
}

func (c *checkerV4) check(a answerV4) {
	c.t.Helper()
	data := a.Reports[0].Data
	wanted := c.wanted()
	if len(data.Rows) != len(wanted) || data.RowCount != len(wanted) {
		c.t.Fatalf("%s: %d rows of %d instead of %d", c.body, len(data.Rows), data.RowCount, len(wanted))
	}
	for span := range c.events {
		total := c.total(span)
		for i, m := range c.q.metrics {
			// Of filtered rows and of segments the totals are sums, so users and sessions may differ.
			if c.q.having == "" && len(c.q.segments) < 2 || slices.Contains([]string{"ga:pageviews", "ga:totalEvents", "ga:entrances"}, m) {
				c.same("total "+m, data.Totals[span].Values[i], total.value(m))
			}
			least, most := math.Inf(1), math.Inf(-1)
			for k := range wanted {
				v := valueOf(c.rows[span], k, m)
				least, most = min(least, v), max(most, v)
			}
			if len(wanted) > 0 {
				c.same("least "+m, data.Minimums[span].Values[i], least)
				c.same("most "+m, data.Maximums[span].Values[i], most)
			}
		}
		for _, row := range data.Rows {
			for i, m := range c.q.metrics {
				k := strings.Join(row.Dimensions, "\n")
				c.same(fmt.Sprintf("%s of %q in range %d", m, k, span), row.Metrics[span].Values[i], valueOf(c.rows[span], k, m))
			}
		}
	}
	if c.q.pivot != "" {
		c.checkPivot(a)
	}
}

// checkPivot counts the cells and the totals of the columns.
func (c *checkerV4) checkPivot(a answerV4) {
	c.t.Helper()
	entries := a.Reports[0].ColumnHeader.MetricHeader.PivotHeaders[0].PivotHeaderEntries
	for span, events := range c.events {
		cells := counted(append(slices.Clone(c.q.dimensions), c.q.pivot), events)
		totals := map[string]float64{}
		for _, e := range events {
			if k := names(c.q.dimensions, e); c.left(k) && e.Name == "page_view" {
				totals[dimensions[c.q.pivot](e)]++
			}
		}
		sum := 0.0
		for i, entry := range entries {
			group := entry.DimensionValues[0]
			c.same("total of "+group, a.Reports[0].Data.Totals[span].PivotValueRegions[0].Values[i], totals[group])
			sum += totals[group]
			for _, row := range a.Reports[0].Data.Rows {
				k := strings.Join(append(slices.Clone(row.Dimensions), group), "\n")
				c.same(fmt.Sprintf("%q", k), row.Metrics[span].PivotValueRegions[0].Values[i], valueOf(cells, k, "ga:pageviews"))
			}
			if span == 0 && i > 0 {
				before := entries[i-1].DimensionValues[0]
				if cmp.Or(cmp.Compare(totals[before], totals[group]), strings.Compare(group, before)) < 0 {
					c.t.Fatalf("%s: the group %q comes after %q", c.body, group, before)
				}
			}
		}
		all := 0.0
		for _, n := range totals {
			all += n
		}
		if all != sum {
			c.t.Fatalf("%s: the groups have %v pageviews of %v", c.body, sum, all)
		}
	}
}

// TestReportsEqualCountingEvents asks random v4 questions of the emulator through
// the translation, and compares all numbers with those counted from the events,
// and with v3's where v3 can ask the same.
func TestReportsEqualCountingEvents(t *testing.T) {
	g := newGoogle(t)
	today, events := g.history(t)
	r := rand.New(rand.NewPCG(4, 7))
	for range 150 {
		q := randomQuestionV4(r, events)
		c := &checkerV4{t: t, q: q, body: q.body(t, false)}
		for i := range q.ranges() {
			own := q.events(events, today, i*q.lag)
			c.events, c.rows = append(c.events, own), append(c.rows, q.countedIn(own))
		}
		whole := g.askV4(t, c.body, today)
		c.check(whole)
		if q.pivot == "" {
			g.checkPages(t, q, whole, today)
		}
		v3 := len(q.clauses)+len(q.segments) == 0 && !q.compare && !slices.Contains(q.dimensions, hourBuckets) &&
			!slices.Contains(q.metrics, viewShare) && !slices.Contains(q.metrics, otherEvents)
		if q.pivot = ""; v3 {
			g.checkDialects(t, q, today)
		}
	}
}

// checkPages reads page by page, which must be the whole.
func (g *google) checkPages(t *testing.T, q questionV4, whole answerV4, today report.Date) {
	t.Helper()
	rows := whole.Reports[0].Data.Rows
	q.size = 1 + len(rows)/3
	for i := 0; i < len(rows); {
		body := q.body(t, false)
		page := g.askV4(t, body, today).Reports[0]
		for _, row := range page.Data.Rows {
			if i >= len(rows) || !reflect.DeepEqual(row, rows[i]) {
				t.Fatalf("%s: row %d is %v", body, i, row)
			}
			i++
		}
		if q.token = page.NextPageToken; (q.token == "") != (i == len(rows)) || len(page.Data.Rows) == 0 {
			t.Fatalf("%s: %d rows of %d, next page %q", body, i, len(rows), q.token)
		}
		if !reflect.DeepEqual(page.Data.Totals, whole.Reports[0].Data.Totals) || !reflect.DeepEqual(page.Data.Maximums, whole.Reports[0].Data.Maximums) {
			t.Fatalf("%s: totals or maximums are of the page", body)
		}
	}
}

// checkDialects asks in v3 and in v4, empty rows included.
func (g *google) checkDialects(t *testing.T, q questionV4, today report.Date) {
	t.Helper()
	old, made := g.ask(t, q.values(), today), g.askV4(t, q.body(t, true), today).Reports[0].Data
	if len(old.Rows) != len(made.Rows) || old.TotalResults != made.RowCount {
		t.Fatalf("%v: %d rows in v3, %d in v4", q.values(), old.TotalResults, made.RowCount)
	}
	for i, row := range old.Rows {
		if !slices.Equal(row, slices.Concat(made.Rows[i].Dimensions, made.Rows[i].Metrics[0].Values)) {
			t.Fatalf("%v: row %d is %q in v3, %q in v4", q.values(), i, row, made.Rows[i])
		}
	}
	for i, total := range old.Totals {
		if total.Value != made.Totals[0].Values[i] {
			t.Fatalf("%v: the total %s is %s in v3, %s in v4", q.values(), total.Name, total.Value, made.Totals[0].Values[i])
		}
	}
}
