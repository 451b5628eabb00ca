package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/plan"
	"github.com/oriel-server/oriel/internal/report"
)

// A shelf remembers everything for ever.
type shelf struct {
	mu   sync.Mutex
	kept map[report.Key]*report.Report
}

func (s *shelf) Get(_ context.Context, q *report.Question) *report.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[q.Key()]
}

func (s *shelf) Put(_ context.Context, q *report.Question, r *report.Report) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[q.Key()] = r
	return false
}

func (s *shelf) Expire(*report.Question) {}

// emulated returns a server in front of an emulator. The clock of both is fixed: today's
// numbers must not grow between two queries.
func emulated(t *testing.T, now time.Time) (*App, *world.World, *emulator.Emulator) {
	t.Helper()
	past, err := world.New(world.Config{Seed: 7, Now: now, Days: 60, Events: 30_000})
	must(t, err)
	google := httptest.NewServer(nil)
	t.Cleanup(google.Close)
	e, err := emulator.New(emulator.Config{World: past, BaseURL: google.URL, Clock: func() time.Time { return now }})
	must(t, err)
	google.Config.Handler = e.Handler()
	dir := t.TempDir()
	key, err := e.IssueAuthorizedUser("exact@sites.example") // no assertion dated by the machine's clock
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "key.json"), key, 0o600))
	config, err := parseConfig(filepath.Join(dir, "oriel.yaml"), fmt.Appendf(nil, `
google: {data_url: %q, admin_url: %q, token_hosts: [%q]}
accounts: {main: {key_file: key.json}}
views: {site: {property: %q}}
`, google.URL, google.URL, strings.TrimPrefix(google.URL, "http://"), past.Sites()[0].Property))
	must(t, err)
	config.Clock = func() time.Time { return now }
	a, err := New(config, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	return a, past, e
}

// A questioner asks about one property at random, as panels and old pages do and
// as they do not.
type questioner struct {
	*rand.Rand
	property string
	today    report.Date
}

func draw[T any](r *questioner, from ...T) T { return from[r.IntN(len(from))] }

// query is one that the plan takes apart, with up to two changes, some of which
// forbid that.
func (r *questioner) query() report.Query {
	q := r.sliceable()
	for range draw(r, 0, 0, 1, 2) {
		draw(r, r.spoilers()...)(&q)
	}
	if r.IntN(15) == 0 {
		compared(&q)
	}
	if len(q.Dimensions) > 0 && r.IntN(15) == 0 {
		pivoted(&q)
	}
	return q
}

// sliceable is a query that the plan takes apart.
func (r *questioner) sliceable() report.Query {
	q := report.Query{Account: "main", Property: r.property, Metrics: r.metrics(), DateRanges: make([]report.DateRange, 1)}
	for _, name := range draw(r, []string{"date"}, []string{"date"}, []string{"date", "deviceCategory"}, []string{"dateHour"}, []string{"country", "date"},
		[]string{"date", "sessionSource"}, []string{"date", "newVsReturning"}, []string{"yearMonth", "date"}) {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
	}
	day := q.Dimensions[slices.IndexFunc(q.Dimensions, func(d report.Dimension) bool { return strings.HasPrefix(d.Name, "date") })].Name
	q.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: day}, Desc: r.IntN(3) == 0}}
	r.redate(&q)
	return q
}

func (r *questioner) metrics() (metrics []report.Metric) {
	names := []string{"sessions", "totalUsers", "screenPageViews", "eventCount", "bounceRate", "averageSessionDuration", "newUsers", "active7DayUsers", "keyEvents",
		"engagedSessions", "activeUsers", "sessionsPerUser", "userEngagementDuration"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:1+r.IntN(3)] {
		metrics = append(metrics, report.Metric{Name: name})
	}
	return metrics
}

// panel asks what another panel of q's dashboard does: of the same rows others, or
// other numbers.
func (r *questioner) panel(q report.Query) report.Query {
	q = q.Clone()
	switch r.IntN(9) {
	case 4:
		q.DimensionFilter = &report.Filter{Condition: &report.Condition{FieldName: "operatingSystem", String: &report.StringFilter{Value: "Android"}}}
		if len(q.Pivots) > 0 {
			requesting(&q, "operatingSystem")
		}
	case 0:
		q.Offset = 2
		return q
	case 1:
		q.KeepEmptyRows = true
		return q
	case 2:
		q.Limit = 7
		return q
	case 3:
		q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: q.Metrics[0].Name,
			Numeric: &report.NumericFilter{Operation: "GREATER_THAN", Value: report.NumericValue{Int64: new(report.Int64(2))}}}}
		return q
	}
	q.Metrics = r.metrics()
	for _, o := range q.OrderBys {
		if o.Metric != nil {
			o.Metric.MetricName = q.Metrics[0].Name
		}
	}
	if q.MetricFilter != nil {
		q.MetricFilter.Condition.FieldName = q.Metrics[0].Name
	}
	return q
}

func (r *questioner) spoilers() []func(*report.Query) {
	where := func(field, value string) func(*report.Query) {
		return func(q *report.Query) {
			q.DimensionFilter = &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{MatchType: "CONTAINS", Value: value}}}
		}
	}
	return []func(*report.Query){
		func(q *report.Query) { q.Dimensions = append(q.Dimensions, report.Dimension{Name: "nthDay"}) },
		func(q *report.Query) { q.Dimensions, q.OrderBys = []report.Dimension{{Name: "country"}}, nil },
		func(q *report.Query) { q.Dimensions, q.OrderBys = nil, nil },
		func(q *report.Query) { q.OrderBys = nil },
		func(q *report.Query) {
			q.OrderBys = []report.OrderBy{{Metric: &report.MetricOrder{MetricName: q.Metrics[0].Name}, Desc: true}}
		},
		func(q *report.Query) {
			q.Metrics, q.MetricAggregations = []report.Metric{{Name: "totalUsers"}}, []report.Aggregation{report.Total}
		},
		func(q *report.Query) {
			q.Metrics, q.MetricAggregations = []report.Metric{{Name: "screenPageViews"}, {Name: "eventCount"}}, []report.Aggregation{report.Total}
		},
		func(q *report.Query) { q.MetricAggregations = []report.Aggregation{report.Maximum, report.Minimum} },
		func(q *report.Query) {
			q.Metrics, q.MetricAggregations = []report.Metric{{Name: "eventCount"}}, []report.Aggregation{report.Maximum}
		},
		func(q *report.Query) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: "browser"})
			q.OrderBys = append([]report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "browser"}}}, q.OrderBys...)
		},
		func(q *report.Query) { q.Limit = draw(r, report.Int64(5), 30, 100_000) },
		func(q *report.Query) { q.Offset = 3 },
		func(q *report.Query) { q.KeepEmptyRows = true },
		func(q *report.Query) {
			q.DateRanges = append(q.DateRanges, report.DateRange{StartDate: r.today.AddDays(-40).String(), EndDate: r.today.AddDays(-20).String()})
		},
		func(q *report.Query) {
			q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: q.Metrics[0].Name,
				Numeric: &report.NumericFilter{Operation: "GREATER_THAN", Value: report.NumericValue{Int64: new(report.Int64(3))}}}}
		},
		func(q *report.Query) {
			q.OrderBys = append(q.OrderBys, report.OrderBy{Metric: &report.MetricOrder{MetricName: q.Metrics[0].Name}, Desc: true})
		},
		func(q *report.Query) { q.Dimensions = append(q.Dimensions, report.Dimension{Name: "firstSessionDate"}) },
		func(q *report.Query) { q.Dimensions = append(q.Dimensions, report.Dimension{Name: "hour"}) },
		func(q *report.Query) {
			q.Metrics, q.MetricAggregations = []report.Metric{{Name: "eventCount"}}, []report.Aggregation{report.Total}
			q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: "eventCount",
				Numeric: &report.NumericFilter{Operation: "GREATER_THAN", Value: report.NumericValue{Int64: new(report.Int64(3))}}}}
		},
		func(q *report.Query) { q.Metrics = []report.Metric{{Name: "active7DayUsers"}} },
		computed,
		func(q *report.Query) {
			q.Metrics = append(q.Metrics, report.Metric{Name: "double", Expression: "2*eventCount - active7DayUsers", Invisible: true})
			q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: "double",
				Numeric: &report.NumericFilter{Operation: "GREATER_THAN", Value: report.NumericValue{Int64: new(report.Int64(9))}}}}
		},
		invisible, located,
		func(q *report.Query) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: "WEEKDAY", Expression: &report.DimensionExpression{UpperCase: &report.CaseExpression{DimensionName: "dayOfWeekName"}}})
		},
		where("country", "e"), where("deviceCategory", "mobile"), where("nthDay", "0"), where("date", "1"),
	}
}

// computed adds a metric with an expression, and orders by it.
func computed(q *report.Query) {
	q.Metrics = append(q.Metrics, report.Metric{Name: "per", Expression: q.Metrics[0].Name + " / (2*sessions)"})
	q.OrderBys = append(q.OrderBys, report.OrderBy{Metric: &report.MetricOrder{MetricName: "per"}, Desc: true})
}

// invisible adds a metric that is not a column.
func invisible(q *report.Query) {
	q.Metrics = append([]report.Metric{{Name: "scrolledUsers", Invisible: true}}, q.Metrics...)
}

// located adds a dimension with an expression.
func located(q *report.Query) {
	q.Dimensions = append(q.Dimensions, report.Dimension{Name: "place", Expression: &report.DimensionExpression{
		Concatenate: &report.ConcatenateExpression{DimensionNames: []string{"country", "deviceCategory"}, Delimiter: " · "}}})
}

// compared asks for phones beside all but one country.
func compared(q *report.Query) {
	is := func(field, value string) *report.Filter {
		return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{Value: value}}}
	}
	q.Comparisons = []report.Comparison{{Name: "on phones", DimensionFilter: is("deviceCategory", "mobile")}, {Name: "abroad", DimensionFilter: &report.Filter{Not: is("country", "Germany")}}}
}

// pivoted asks for the same columns as a table of two axes where there are two.
func pivoted(q *report.Query) {
	q.DimensionFilter.Walk(func(c *report.Condition) { requesting(q, c.FieldName) })
	q.OrderBys, q.MetricAggregations, q.Offset, q.Limit, q.Comparisons = nil, nil, 0, 0, nil
	q.Pivots = make([]report.Pivot, 2)
	for i, d := range q.Dimensions {
		p := &q.Pivots[min(i, 1)]
		p.FieldNames = append(p.FieldNames, d.Name)
	}
	if len(q.DateRanges) > 1 {
		q.Pivots[1].FieldNames = append(q.Pivots[1].FieldNames, report.RangeColumn)
	}
	q.Pivots = slices.DeleteFunc(q.Pivots, func(p report.Pivot) bool { return p.FieldNames == nil })
	for i := range q.Pivots {
		q.Pivots[i].Limit = 5
	}
	q.Pivots[0].MetricAggregations = []report.Aggregation{report.Total}
	q.Pivots[0].OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: q.Dimensions[0].Name}}}
}

// requesting adds a dimension unless q has it.
func requesting(q *report.Query, name string) {
	if !slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Name == name }) {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
	}
}

// redate moves a question to another range.
func (r *questioner) redate(q *report.Query) {
	end := r.today.AddDays(-draw(r, 0, 1, 1, 1, 2, 3, 4, 10))
	q.DateRanges[0] = report.DateRange{StartDate: end.AddDays(-draw(r, 0, 3, 6, 13, 27)).String(), EndDate: end.String()}
}

// TestPlanIsExact asks Google through the plan, cold, warm and many at once, and
// directly: the answers must be the same, byte for byte.
func TestPlanIsExact(t *testing.T) {
	now := hostileNow
	a, past, e := emulated(t, now)
	var asked atomic.Int64
	events := map[plan.Event]int{}
	var counting sync.Mutex
	p, err := plan.New(plan.Config{
		Source: sourceFunc(func(ctx context.Context, q *report.Question) (*report.Report, error) {
			asked.Add(1)
			return a.google.Report(ctx, q)
		}),
		Parts:    &shelf{kept: map[report.Key]*report.Report{}},
		Observer: func(e plan.Event) { counting.Lock(); events[e]++; counting.Unlock() },
	})
	must(t, err)
	zone, err := time.LoadLocation(past.Sites()[0].TimeZone)
	must(t, err)
	r := &questioner{rand.New(rand.NewPCG(1, 2)), past.Sites()[0].Property, report.DateOf(now, zone)}
	var pages []report.Query
	for _, change := range append(r.spoilers(), compared, pivoted) { // each alone, then at random
		q := r.sliceable()
		change(&q)
		pages = append(pages, q)
	}
	for range len(pages) / 2 {
		pages = append(pages, r.query())
	}
	for i, q := range pages {
		if i%2 == 1 { // of every other page the plan keeps each day that a round asks about
			continue
		}
		q = q.Clone()
		q.DateRanges[0] = report.DateRange{StartDate: r.today.AddDays(-38).String(), EndDate: r.today.AddDays(-1).String()}
		exact(t, a.google, p, q)
	}
	const atOnce = 3
	rounds := planRounds.of(t)
	for round := range rounds {
		for _, bucket := range []string{"tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour"} {
			must(t, e.SetQuotaLeft(r.property, false, bucket, 10_000))
		}
		var wg sync.WaitGroup
		base := pages[round%len(pages)].Clone() // on another day, and once more
		r.redate(&base)
		for i := range atOnce {
			q := base.Clone()
			if i > 0 && r.IntN(2) == 0 {
				q = r.panel(base)
			}
			wg.Go(func() { exact(t, a.google, p, q) })
		}
		wg.Wait()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d questions, %d asked, %v", rounds*atOnce, asked.Load(), events)
	for _, event := range []plan.Event{plan.Passed, plan.Sliced, plan.United} {
		if events[event] < 10 {
			t.Errorf("%s only %d times: too few to prove anything", event, events[event])
		}
	}
}

func exact(t *testing.T, straight, planned report.Source, q report.Query) {
	want, wantErr := straight.Report(t.Context(), report.NewQuestion(q, nil))
	got, err := planned.Report(t.Context(), report.NewQuestion(q, nil))
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%+v\nplanned: %v\nstraight: %v", q, err, wantErr)
		return
	}
	if err != nil {
		return
	}
	if !bytes.Equal(got.Body, want.Body) || got.Rows != want.Rows || got.TimeZone != want.TimeZone || got.Freshness != want.Freshness {
		t.Errorf("%+v\nplanned  %d %s %.2000s\nstraight %d %s %.2000s", q, got.Rows, got.Freshness, got.Body, want.Rows, want.Freshness, want.Body)
	}
}

type sourceFunc func(context.Context, *report.Question) (*report.Report, error)

func (f sourceFunc) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	return f(ctx, q)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// countsBack returns how many days before its dates a question counts users of.
func countsBack(q report.Query) int {
	back := 0
	count := func(metric string) {
		switch metric {
		case "active7DayUsers", "dauPerWau":
			back = max(back, 6)
		case "active28DayUsers", "dauPerMau", "wauPerMau":
			back = 27
		}
	}
	for _, m := range q.Metrics {
		for _, name := range strings.FieldsFunc(m.Name+" "+m.Expression, func(r rune) bool { return strings.ContainsRune("+-*/() ", r) }) {
			count(name)
		}
	}
	q.MetricFilter.Walk(func(c *report.Condition) { count(c.FieldName) })
	return back
}

// tell notes what was answered.
func (w *witness) tell(q report.Query) {
	w.telling.Lock()
	defer w.telling.Unlock()
	if len(q.Comparisons) > 0 {
		w.told["comparisons"]++
	}
	if len(q.Pivots) > 0 {
		w.told["pivots"]++
	}
	if slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Expression != nil }) {
		w.told["dimension expressions"]++
	}
	if slices.ContainsFunc(q.Metrics, func(m report.Metric) bool { return m.Expression != "" }) {
		w.told["metric expressions"]++
	}
	if slices.ContainsFunc(q.Metrics, func(m report.Metric) bool { return m.Invisible }) {
		w.told["invisible metrics"]++
	}
}

// checkTold: each kind was answered at least so often.
func (w *witness) checkTold(least int) {
	for _, what := range []string{"comparisons", "pivots", "dimension expressions", "metric expressions", "invisible metrics"} {
		if w.told[what] < least {
			w.t.Errorf("%s were answered %d times: too few to prove anything", what, w.told[what])
		}
	}
}
