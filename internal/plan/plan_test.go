package plan

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// google answers a row with a number for each metric, and remembers what it was
// asked.
type google struct {
	mu      sync.Mutex
	asked   []report.Query
	urgency report.Urgency // of the question asked last
	// refuse fails a question, where it is set.
	refuse func(report.Query) error
	change func(*report.Report)
	wait   func(context.Context)
}

func (g *google) Report(ctx context.Context, question *report.Question) (*report.Report, error) {
	q := question.Query()
	if g.wait != nil {
		g.wait(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.urgency = append(g.asked, q.Clone()), question.Urgency()
	if g.refuse != nil {
		if err := g.refuse(q); err != nil {
			return nil, err
		}
	}
	a := &answer{RowCount: 1, Kind: "k", Metadata: json.RawMessage(`{"currencyCode":"EUR","timeZone":"UTC"}`)}
	var one report.Row
	for _, m := range q.Metrics {
		a.MetricHeaders = append(a.MetricHeaders, json.RawMessage(`{"name":"`+m.Name+`"}`))
		one.Metrics = append(one.Metrics, report.Value{Value: "1"})
	}
	a.Rows = []json.RawMessage{report.EncodeJSON(one)}
	r := &report.Report{Body: report.EncodeJSON(a), Rows: 1, TimeZone: "UTC", Freshness: report.FreshIntraday}
	if g.change != nil {
		g.change(r)
	}
	return r, nil
}

// blank keeps nothing.
type blank struct{}

func (blank) Get(context.Context, *report.Question) *report.Report       { return nil }
func (blank) Put(context.Context, *report.Question, *report.Report) bool { return false }
func (blank) Expire(*report.Question)                                    {}

func newPlan(t *testing.T, g *google) *Plan {
	t.Helper()
	p, err := New(Config{Source: g, Parts: blank{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func figures(metrics ...string) report.Query {
	q := report.Query{Account: "a", Property: "1", DateRanges: []report.DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-07"}}}
	for _, m := range metrics {
		q.Metrics = append(q.Metrics, report.Metric{Name: m})
	}
	return q
}

// all asks everything at once.
func all(t *testing.T, p *Plan, qs ...report.Query) (bodies []string) {
	t.Helper()
	bodies = make([]string, len(qs))
	var wg sync.WaitGroup
	for i, q := range qs {
		wg.Go(func() {
			r, err := p.Report(t.Context(), report.NewQuestion(q, nil))
			if err != nil {
				bodies[i] = err.Error()
				return
			}
			bodies[i] = string(r.Body)
		})
	}
	wg.Wait()
	return bodies
}

func TestPanelsAreAskedAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		bodies := all(t, newPlan(t, g), figures("sessions"), figures("totalUsers"), figures("bounceRate", "sessions"), figures("sessions"))
		if len(g.asked) != 1 || len(g.asked[0].Metrics) != 3 {
			t.Fatalf("asked %+v", g.asked)
		}
		for i, want := range []string{`[{"name":"sessions"}]`, `[{"name":"totalUsers"}]`, `[{"name":"bounceRate"},{"name":"sessions"}]`, `[{"name":"sessions"}]`} {
			if !strings.Contains(bodies[i], `"metricHeaders":`+want) {
				t.Errorf("%d: %s", i, bodies[i])
			}
		}
	})
}

// Who comes while a question is under way waits for its answer, also for a part.
func TestQuestionsJoinABatchInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{change: func(*report.Report) { time.Sleep(time.Second) }}
		p := newPlan(t, g)
		var wg sync.WaitGroup
		ask := func(metrics ...string) {
			wg.Go(func() {
				r, err := p.Report(t.Context(), report.NewQuestion(figures(metrics...), nil))
				if err != nil || !strings.Contains(string(r.Body), `"metricHeaders":[{"name":"`+metrics[0]+`"}]`) {
					t.Errorf("%s: %v, %v", metrics, r, err)
				}
			})
		}
		ask("sessions")
		ask("totalUsers")
		for range 20 {
			time.Sleep(40 * time.Millisecond)
			ask("totalUsers")
		}
		wg.Wait()
		if len(g.asked) != 1 {
			t.Errorf("asked %+v", g.asked)
		}
		if len(p.inFlight) != 0 || len(p.waiting) != 0 {
			t.Error("batches are left behind")
		}
	})
}

func TestWhatDiffersIsAskedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := figures("sessions")
		other.Property = "2"
		account := figures("sessions")
		account.Account = "b"
		filtered := figures("sessions")
		filtered.DimensionFilter = &report.Filter{Condition: &report.Condition{FieldName: "country"}}
		now := report.Query{Account: "a", Property: "1", Realtime: true, Metrics: []report.Metric{{Name: "activeUsers"}}}
		g := &google{}
		all(t, newPlan(t, g), figures("sessions"), other, account, filtered, now, figures("active7DayUsers"))
		if len(g.asked) != 6 {
			t.Errorf("%d questions for six: %+v", len(g.asked), g.asked)
		}
	})
}

func TestNoMoreMetricsThanGoogleTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		var qs []report.Query
		for _, m := range []string{"activeUsers", "totalUsers", "newUsers", "sessions", "engagedSessions", "engagementRate", "bounceRate", "screenPageViews", "eventCount", "keyEvents", "transactions", "checkouts"} {
			qs = append(qs, figures(m))
		}
		all(t, newPlan(t, g), qs...)
		if len(g.asked) != 2 || slices.ContainsFunc(g.asked, func(q report.Query) bool { return len(q.Metrics) > report.MaxMetrics }) {
			t.Errorf("asked %+v", g.asked)
		}
	})
}

// What people do not need now is asked with what they do need in one question,
// and then as urgently.
func TestUrgencyOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		p := newPlan(t, g)
		var wg sync.WaitGroup
		for metric, urgency := range map[string]report.Urgency{"totalUsers": report.Refresh, "sessions": report.Seen} {
			wg.Go(func() { _, _ = p.Report(t.Context(), report.NewQuestion(figures(metric), nil).At(urgency)) })
		}
		wg.Wait()
		if len(g.asked) != 1 || g.urgency != report.Seen {
			t.Errorf("asked %+v, the last with urgency %d", g.asked, g.urgency)
		}
	})
}

// TestQuestionsAreCanceledWithoutCallers: a question ends once all who asked it have left, and who
// comes then asks it again.
func TestQuestionsAreCanceledWithoutCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		var ended error
		g.wait = func(ctx context.Context) {
			select {
			case <-ctx.Done():
				ended = ctx.Err()
			case <-time.After(time.Minute):
			}
		}
		p := newPlan(t, g)
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, m := range []string{"sessions", "totalUsers"} {
			wg.Go(func() { _, _ = p.Report(ctx, report.NewQuestion(figures(m), nil)) })
		}
		time.Sleep(time.Second)
		leave()
		wg.Wait()
		synctest.Wait()
		if ended == nil {
			t.Error("the question goes on though nobody waits for it")
		}
		if _, err := p.Report(t.Context(), report.NewQuestion(figures("sessions"), nil)); err != nil || len(g.asked) != 2 {
			t.Errorf("%v, asked %d times", err, len(g.asked))
		}
	})
}

// What cannot be asked together is asked apart, and so is what Google estimated:
// the estimate of one column may be another in other company.
func TestRefusedBatchesAreAskedApart(t *testing.T) {
	for name, g := range map[string]*google{
		"refused": {refuse: func(q report.Query) error {
			if len(q.Metrics) > 1 {
				return report.Errorf(report.Invalid, "incompatible")
			}
			return nil
		}},
		"sampled":     {change: func(r *report.Report) { r.Sampled = true }},
		"with others": {change: func(r *report.Report) { r.OtherRow = true }},
		"a novelty":   {change: func(r *report.Report) { r.Body = []byte(strings.Replace(string(r.Body), `{`, `{"news":1,`, 1)) }},
		"a notice": {change: func(r *report.Report) {
			r.Body = []byte(strings.Replace(string(r.Body), `"metadata":{`, `"metadata":{"emptyReason":"x",`, 1))
		}},
		"cut": {change: func(r *report.Report) {
			r.Body = []byte(strings.Replace(string(r.Body), `"rowCount":1`, `"rowCount":2`, 1))
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			bodies := all(t, newPlan(t, g), figures("sessions"), figures("totalUsers"))
			if len(g.asked) != 3 || !strings.Contains(bodies[0], `[{"name":"sessions"}]`) || !strings.Contains(bodies[1], `[{"name":"totalUsers"}]`) {
				t.Errorf("%s: asked %d times for %q", name, len(g.asked), bodies)
			}
		})
	}
}

func TestCallersCancelAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		p := newPlan(t, g)
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := p.Report(ctx, report.NewQuestion(figures("sessions"), nil)); report.KindOf(err) != report.Canceled {
				t.Errorf("who left got %v", err)
			}
		})
		wg.Go(func() {
			if _, err := p.Report(t.Context(), report.NewQuestion(figures("totalUsers"), nil)); err != nil {
				t.Errorf("who stayed got %v", err)
			}
		})
		synctest.Wait()
		leave()
		wg.Wait()
	})
}

// TestAPanicIsAnError: it happens in nobody's request.
func TestAPanicIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlan(t, &google{refuse: func(report.Query) error { panic("boom") }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 2 {
			_, err := p.batched(ctx, report.NewQuestion(figures("sessions"), nil))
			if report.KindOf(err) != report.Internal {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestErrorsArePassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{refuse: func(report.Query) error { return report.Errorf(report.Quota, "no more today") }}
		if _, err := newPlan(t, g).Report(t.Context(), report.NewQuestion(figures("sessions"), nil)); report.KindOf(err) != report.Quota || len(g.asked) != 1 {
			t.Errorf("%v after %d questions", err, len(g.asked))
		}
	})
}

func TestRefusals(t *testing.T) {
	daily := figures("sessions")
	daily.Dimensions = []report.Dimension{{Name: "date"}, {Name: "country"}}
	daily.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: "date"}}}
	if r := refuseSlices(daily); r != "" {
		t.Fatalf("the question without a fault is refused: %s", r)
	}
	for want, spoil := range map[Refusal]func(*report.Query){
		realtime:        func(q *report.Query) { q.Realtime = true },
		ranges:          func(q *report.Query) { q.DateRanges = append(q.DateRanges, q.DateRanges[0]) },
		oneDay:          func(q *report.Query) { q.DateRanges[0].EndDate = q.DateRanges[0].StartDate },
		noDay:           func(q *report.Query) { q.Dimensions = q.Dimensions[1:] },
		dimensionAcross: func(q *report.Query) { q.Dimensions[1].Name = "nthDay" },
		metricAcross:    func(q *report.Query) { q.Metrics[0].Name = "dauPerMau" },
		notAdditive:     func(q *report.Query) { q.MetricAggregations = []report.Aggregation{report.Total} },
		extremes:        func(q *report.Query) { q.MetricAggregations = []report.Aggregation{report.Minimum} },
		order:           func(q *report.Query) { q.OrderBys[0].Dimension.DimensionName = "country" },
		page:            func(q *report.Query) { q.Offset = 1 },
		emptyRows:       func(q *report.Query) { q.KeepEmptyRows = true },
		pivots:          func(q *report.Query) { q.Pivots = []report.Pivot{{FieldNames: []string{"date", "country"}, Limit: 9}} },
		comparisons: func(q *report.Query) {
			q.Comparisons = []report.Comparison{{DimensionFilter: &report.Filter{Condition: &report.Condition{FieldName: "country"}}}}
		},
		expressions: func(q *report.Query) { q.Metrics[0] = report.Metric{Name: "x", Expression: "sessions*2"} },
		invisible:   func(q *report.Query) { q.Metrics = append(q.Metrics, report.Metric{Name: "newUsers", Invisible: true}) },
	} {
		q := daily.Clone()
		spoil(&q)
		if got := refuseSlices(q); got != want {
			t.Errorf("refused for %q, want %q", got, want)
		}
		if got := refuseBatch(q); got != want && (want == comparisons || want == expressions || want == invisible) {
			t.Errorf("united: refused for %q, want %q", got, want)
		}
	}
	for _, x := range []report.DimensionExpression{
		{LowerCase: &report.CaseExpression{DimensionName: "country"}}, {Concatenate: &report.ConcatenateExpression{DimensionNames: []string{"date", "country"}}},
	} {
		q := daily.Clone()
		q.Dimensions[1] = report.Dimension{Name: "x", Expression: &x}
		if a, b := refuseSlices(q), refuseBatch(q); a != expressions || b != expressions {
			t.Errorf("%+v is refused for %q and %q", x, a, b)
		}
	}
	for _, field := range []string{"audienceName", "userGender", "cohort", "cohortNthWeek", "nthWeek", "customUser:plan", "somethingNew"} {
		q := daily.Clone()
		q.DimensionFilter = &report.Filter{Not: &report.Filter{Condition: &report.Condition{FieldName: field}}}
		if got := refuseSlices(q); got != dimensionAcross {
			t.Errorf("a filter on %s is refused for %q", field, got)
		}
	}
}

func TestNeedsItsParts(t *testing.T) {
	for _, c := range []Config{{}, {Source: &google{}}, {Parts: blank{}}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is enough", c)
		}
	}
}

// A day at which clocks change is one day, and "(other)" is none.
func TestDayOfARow(t *testing.T) {
	for text, want := range map[string]string{"20260329": "2026-03-29", "2026032902": "2026-03-29", "202603290215": "2026-03-29", "(other)": "", "": "", "2026": "", "20261399": ""} {
		day, err := rowDay(report.Row{Dimensions: []report.Value{{Value: text}}}, 0)
		if (err != nil) != (want == "") || err == nil && day.String() != want {
			t.Errorf("%q is %s, %v", text, day, err)
		}
		if err != nil && !errors.Is(err, errWhole) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
