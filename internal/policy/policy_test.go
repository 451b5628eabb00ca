package policy

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/report/reporttest"
)

const shopPage = "https://shop.example"

// A world is a source and a catalog that remember and answer from a test's settings,
// and a recorder.
type world struct {
	mu        sync.Mutex
	asked     []report.Query
	decisions []Decision
	now       time.Time
	zone      string // empty: the catalog fails
	fail      func(report.Query) error
	checked   report.CompatibilityCheck
	fields    *report.Fields // nil for those of the shop
}

func (w *world) Report(_ context.Context, question *report.Question) (*report.Report, error) {
	q := question.Query()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, q)
	if w.fail != nil {
		if err := w.fail(q); err != nil {
			return nil, err
		}
	}
	return &report.Report{Body: []byte("{}")}, nil
}

func (w *world) Property(_ context.Context, account, property string) (report.Property, error) {
	if w.zone == "" {
		return report.Property{}, report.Errorf(report.Unavailable, "Google did not answer.")
	}
	loc, err := time.LoadLocation(w.zone)
	return report.Property{ID: property, TimeZone: loc, CurrencyCode: "EUR"}, err
}

// Compatibility says of all fields that they go together, and remembers what was
// asked.
func (w *world) Compatibility(_ context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	w.checked = asked
	fields, err := w.Fields(context.Background(), "", "")
	var all report.Compatibility
	for _, d := range fields.Dimensions {
		all.Dimensions = append(all.Dimensions, report.FieldCompatibility{Dimension: &d, Compatibility: "COMPATIBLE"})
	}
	for _, m := range fields.Metrics {
		all.Metrics = append(all.Metrics, report.FieldCompatibility{Metric: &m, Compatibility: "COMPATIBLE"})
	}
	return &all, err
}

func (w *world) Fields(context.Context, string, string) (*report.Fields, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fields == nil {
		w.fields = fieldsOfShop()
	}
	return w.fields, nil
}

func fieldsOfShop() *report.Fields {
	return &report.Fields{
		Dimensions: []report.Field{{APIName: "country"}, {APIName: "city"}, {APIName: "dayOfWeek", DeprecatedAPINames: []string{"dayOfWeekZero"}}},
		Metrics: []report.Field{{APIName: "sessions"}, {APIName: "totalRevenue"}, {APIName: "keyEvents:purchase"},
			{APIName: "calcMetric:margin", Expression: "(totalRevenue - 5)/transactions"}, {APIName: "calcMetric:depth", Expression: "screenPageViews/sessions"},
			{APIName: "calcMetric:steps", Expression: "5-customEvent:steps-sessions"}},
	}
}

func (w *world) Record(_ context.Context, d Decision) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decisions = append(w.decisions, d)
}

func is(field, value string) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{Value: value}}}
}

func day(s string) report.Date {
	d, err := report.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func shop() View {
	return View{Name: "shop", Title: "Shop", Account: "main", Property: "111", Public: PublicDashboards, Realtime: true,
		Origins: []string{shopPage}, Aliases: []string{"ga:123"}, Filter: is("country", "Germany"),
		Fields: Fields{Deny: []string{"city", "totalRevenue", "keyEvents", "dayOfWeekZero", "customEvent:*"}}}
}

func panels() []dashboard.Panel {
	m := []report.Metric{{Name: "sessions"}}
	return []dashboard.Panel{
		{Name: "a", Type: dashboard.Scorecard, Width: 3, Compare: true, Query: report.Query{Metrics: m}},
		{Name: "b", Type: dashboard.Table, Width: 3, Range: dashboard.Range{Days: 3}, Query: report.Query{Metrics: m}},
		{Name: "now", Type: dashboard.Scorecard, Width: 3, Query: report.Query{Realtime: true, Metrics: []report.Metric{{Name: "activeUsers"}}}},
	}
}

func boardOf(views ...string) dashboard.Dashboard {
	return dashboard.Dashboard{Name: "overview", Views: views, Panels: panels()}
}

// start makes a gate over views and a dashboard of them all.
func start(t testing.TB, views ...View) (*world, *Gate, *Rules) {
	t.Helper()
	w := &world{now: time.Date(2026, time.November, 23, 12, 30, 0, 0, time.UTC), zone: "UTC"}
	var boards []dashboard.Dashboard
	if views[0].Realtime {
		var names []string
		for _, v := range views {
			names = append(names, v.Name)
		}
		boards = append(boards, boardOf(names...))
	}
	r, err := NewRules(views, boards)
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Config{Rules: r, Source: w, Catalog: w, Recorder: w, Clock: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	return w, g, r
}

func grant(t testing.TB, r *Rules, c Claim) Grant {
	t.Helper()
	g, err := r.Grant(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func sessions() report.Query {
	return report.Query{Metrics: []report.Metric{{Name: "sessions"}}, DateRanges: []report.DateRange{{StartDate: "7daysAgo", EndDate: "today"}}}
}

var bg = context.Background()

func wantKind(t *testing.T, what string, err error, kind report.Kind) {
	t.Helper()
	if err == nil || report.KindOf(err) != kind {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestHiddenFieldsEverywhere(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	places := map[string]func(q *report.Query, name string){
		"dimension": func(q *report.Query, n string) { q.Dimensions = append(q.Dimensions, report.Dimension{Name: n}) },
		"metric":    func(q *report.Query, n string) { q.Metrics = append(q.Metrics, report.Metric{Name: n}) },
		"dimension filter": func(q *report.Query, n string) {
			q.DimensionFilter = &report.Filter{Not: &report.Filter{OrGroup: &report.FilterList{Expressions: []*report.Filter{is("country", "x"), is(n, "x")}}}}
		},
		"metric filter": func(q *report.Query, n string) { q.MetricFilter = is(n, "1") },
		"expression": func(q *report.Query, n string) {
			q.Metrics = append(q.Metrics, report.Metric{Name: "x", Expression: "sessions/(2*" + n + ")"})
		},
		"invisible metric": func(q *report.Query, n string) {
			q.Metrics = append(q.Metrics, report.Metric{Name: n, Invisible: true})
		},
		"its own expression": func(q *report.Query, n string) {
			q.Metrics = append(q.Metrics, report.Metric{Name: n, Expression: n})
		},
		"lower case": func(q *report.Query, n string) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: "x", Expression: &report.DimensionExpression{LowerCase: &report.CaseExpression{DimensionName: n}}})
		},
		"upper case": func(q *report.Query, n string) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: "x", Expression: &report.DimensionExpression{UpperCase: &report.CaseExpression{DimensionName: n}}})
		},
		"concatenation": func(q *report.Query, n string) {
			q.Dimensions = append(q.Dimensions, concatenated("x", "cityId", n))
		},
		"comparison": func(q *report.Query, n string) {
			q.Comparisons = []report.Comparison{{Name: "a", DimensionFilter: is("cityId", "1")}, {Name: "b", DimensionFilter: &report.Filter{Not: is(n, "1")}}}
		},
		// which the name of an expression must not cover:
		"name of an expression": func(q *report.Query, n string) {
			q.Metrics = append(q.Metrics, report.Metric{Name: n, Expression: "sessions*2"})
			q.Dimensions = append(q.Dimensions, concatenated(n, "cityId"))
			q.DimensionFilter, q.MetricFilter = is(n, "x"), is(n, "1")
		},
		"metric order": func(q *report.Query, n string) {
			q.OrderBys = []report.OrderBy{{Metric: &report.MetricOrder{MetricName: n}}}
		},
		"pivot": func(q *report.Query, n string) { *q = pivoted(n) },
		"pivot's order": func(q *report.Query, n string) {
			*q = pivoted("country")
			q.Pivots[0].OrderBys = []report.OrderBy{{Pivot: &report.PivotOrder{MetricName: n}}}
		},
		"pivot's selection": func(q *report.Query, n string) {
			*q = pivoted("country")
			q.Pivots[0].OrderBys = []report.OrderBy{{Pivot: &report.PivotOrder{MetricName: "sessions",
				PivotSelections: []report.PivotSelection{{DimensionName: n}}}}}
		},
		"dimension order": func(q *report.Query, n string) {
			q.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: n}}}
		},
	}
	hidden := []string{"city", "CITY", "totalRevenue", "keyEvents", "conversions", "keyEvents:purchase", "conversions:purchase",
		"keyevents:purchase", "dayOfWeek", "dayOfWeekZero", "customEvent:x", "customevent:x", "city ", "city\x00", "ci/ty", "", "a:b:c"}
	for place, askAndRecord := range places {
		for _, name := range hidden {
			if place == "expression" && name == "ci/ty" {
				name = "ci/city"
			}
			q := sessions()
			askAndRecord(&q, name)
			_, err := g.Report(bg, gr, "shop", q)
			wantKind(t, place+" "+name, err, report.Invalid)
		}
	}
	if len(w.asked) != 0 {
		t.Errorf("reached the source: %+v", w.asked)
	}
	if n := len(places) * len(hidden); len(w.decisions) != n || !w.decisions[0].Refused {
		t.Errorf("%d decisions of %d, %+v", len(w.decisions), n, w.decisions[0])
	}
	q := sessions()
	q.Dimensions = []report.Dimension{{Name: "cityId"}, {Name: "customUser:x"}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Errorf("allowed fields: %v", err)
	}
}

func concatenated(name string, of ...string) report.Dimension {
	return report.Dimension{Name: name, Expression: &report.DimensionExpression{Concatenate: &report.ConcatenateExpression{DimensionNames: of}}}
}

// TestEveryLeafIsHeldToTheLists: wherever a query could name a field, one that the
// view denies is refused.
func TestEveryLeafIsHeldToTheLists(t *testing.T) {
	v, q := shop(), reporttest.Full()
	if err := v.checkFields(q); err != nil {
		t.Fatalf("before: %v", err)
	}
	reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
		if l.NamesField() {
			l.SetText("totalRevenue")
			wantKind(t, l.Path, v.checkFields(q), report.Invalid)
		}
	})
}

// TestNamesOfExpressionsAreNoFields: the view's filter, and the token's, read what
// they say and not what a query calls so.
func TestNamesOfExpressionsAreNoFields(t *testing.T) {
	v := shop()
	v.Fields = Fields{}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("sessionMedium", "organic")})
	for _, name := range []string{"country", "Country", "sessionMedium", "sessions", "city", "dayOfWeek", "DAYOFWEEKZERO", "minutesAgo", "conversions", "dateRange", "comparison"} {
		for _, askAndRecord := range []func(q *report.Query){
			func(q *report.Query) { q.Dimensions = []report.Dimension{concatenated(name, "cityId")} },
			func(q *report.Query) { q.Metrics = []report.Metric{{Name: name, Expression: "eventCount/2"}} },
		} {
			q := sessions()
			askAndRecord(&q)
			_, err := g.Report(bg, gr, "shop", q)
			if wantKind(t, name, err, report.Invalid); !strings.Contains(report.AsError(err).Message, "choose another name") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if len(w.asked) != 0 {
		t.Errorf("reached the source: %+v", w.asked)
	}
	q := sessions()
	q.Dimensions = []report.Dimension{concatenated("place", "country", "city")}
	q.Metrics = []report.Metric{{Name: "total", Expression: "sessions"}, {Name: "half", Expression: "total/2", Invisible: true}, {Name: "sessions", Expression: " sessions "}}
	q.MetricFilter, q.DimensionFilter = is("half", "3"), is("place", "x")
	q.OrderBys = []report.OrderBy{{Metric: &report.MetricOrder{MetricName: "half"}}, {Dimension: &report.DimensionOrder{DimensionName: "place"}}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Error(err)
	}
}

// An allow list lets expressions be named as they like, over what it allows.
func TestExpressionsOverAnAllowList(t *testing.T) {
	v := shop()
	v.Fields = Fields{Allow: []string{"sessions", "country"}}
	_, g, r := start(t, View{Name: "shop", Account: "main", Property: "111", Fields: v.Fields})
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	for expression, allowed := range map[string]bool{"sessions*2": true, "sessions - -1": true, "sessions/eventCount": false, "total": true} {
		q := sessions()
		q.Metrics = []report.Metric{{Name: "total", Expression: "sessions"}, {Name: "other", Expression: expression}}
		if _, err := g.Report(bg, gr, "shop", q); (err == nil) != allowed {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// TestComparisonsAreNarrowed: each is a report of its own, behind the same filters.
func TestComparisonsAreNarrowed(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	q := sessions()
	q.Comparisons = []report.Comparison{{Name: "a", DimensionFilter: is("browser", "Chrome")}, {DimensionFilter: &report.Filter{OrGroup: &report.FilterList{Expressions: []*report.Filter{is("browser", "x"), is("country", "France")}}}}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Fatal(err)
	}
	for i, c := range w.asked[0].Comparisons {
		want := report.And(is("country", "Germany"), is("deviceCategory", "mobile"), q.Comparisons[i].DimensionFilter)
		if !reflect.DeepEqual(c.DimensionFilter, want) || c.Name != q.Comparisons[i].Name {
			t.Errorf("comparison %d: %+v, want %+v", i, c, want)
		}
	}
	if q.Comparisons[0].DimensionFilter.AndGroup != nil {
		t.Error("the requester's query was changed")
	}
}

func TestHiddenSoundsLikeUnknown(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	message := func(name string, realtime bool) string {
		q := sessions()
		if q.Realtime = realtime; realtime {
			q.DateRanges = nil
		}
		q.Dimensions = []report.Dimension{{Name: name}}
		_, err := g.Report(bg, gr, "shop", q)
		return strings.ReplaceAll(report.AsError(err).Message, name, "X")
	}
	w.fail = func(q report.Query) error {
		return report.Errorf(report.Invalid, "Did you mean city? Field %s is not a valid dimension. For a list see there", q.Dimensions[0].Name)
	}
	for _, realtime := range []bool{false, true} {
		if a, b := message("city", realtime), message("nothing", realtime); a != b {
			t.Errorf("hidden:  %q\nunknown: %q", a, b)
		}
	}
}

// Google's advice may name a field that only the mandatory filter reads.
func TestMandatoryFilterIsNotNamed(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	for _, name := range []string{"country", "deviceCategory"} {
		w.fail = func(report.Query) error {
			return report.Errorf(report.Invalid, "Please remove %s to make the request compatible for example.", name)
		}
		_, err := g.Report(bg, gr, "shop", sessions())
		if e := report.AsError(err); e.Kind != report.Invalid || strings.Contains(e.Message, name) {
			t.Errorf("%s: %v %q", name, e.Kind, e.Message)
		}
		q := sessions()
		q.Dimensions = []report.Dimension{{Name: "deviceCategory"}}
		_, err = g.Report(bg, gr, "shop", q)
		if named := strings.Contains(report.AsError(err).Message, name); named != (name == "deviceCategory") {
			t.Errorf("asked by deviceCategory, Google named %s: %q", name, report.AsError(err).Message)
		}
	}
}

// TestAFilterOverNothing: that a hidden filter names no valid field is the operator's to
// correct, whatever the requester asks.
func TestAFilterOverNothing(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	for name, want := range map[string]report.Kind{"country": report.Misconfigured, "deviceCategory": report.Misconfigured, "nothing": report.Invalid} {
		w.fail = func(report.Query) error {
			return report.Errorf(report.Invalid, "Did you mean country? Field %s is not a valid dimension. For a list see there", name)
		}
		_, err := g.Report(bg, gr, "shop", sessions())
		e := report.AsError(err)
		if e.Kind != want || strings.Contains(e.Message, "country") || strings.Contains(e.Message, "deviceCategory") {
			t.Errorf("%s: %v %q", name, e.Kind, e.Message)
		}
		if want == report.Misconfigured && (e.Message != "This view cannot be read at the moment." || e.Err == nil || !strings.Contains(e.Err.Error(), name)) {
			t.Errorf("%s: %q, because %v", name, e.Message, e.Err)
		}
	}
}

func TestCalculatedMetricsDiscloseNothingDenied(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	for _, name := range []string{"calcMetric:margin", "calcMetric:steps", "calcMetric:Margin", "CALCMETRIC:margin"} {
		q := sessions()
		q.Metrics = []report.Metric{{Name: name}}
		_, err := g.Report(bg, gr, "shop", q)
		wantKind(t, name, err, report.Invalid)
		q = sessions()
		q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: name, Empty: &report.EmptyFilter{}}}
		_, err = g.Report(bg, gr, "shop", q)
		wantKind(t, name+" in a filter", err, report.Invalid)
		q = sessions()
		q.Metrics = []report.Metric{{Name: "x", Expression: "2*" + name}}
		_, err = g.Report(bg, gr, "shop", q)
		wantKind(t, name+" in an expression", err, report.Invalid)
	}
	if len(w.asked) != 0 || !w.decisions[0].Refused {
		t.Errorf("asked %v, recorded %+v", w.asked, w.decisions[0])
	}
	q := sessions()
	q.Metrics = []report.Metric{{Name: "calcMetric:depth"}, {Name: "calcMetric:unknown"}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Error(err)
	}
}

func TestAllowList(t *testing.T) {
	f := Fields{Allow: []string{"keyEvents", "sessions", "custom*"}, Deny: []string{"customUser:id"}}
	for name, want := range map[string]bool{
		"keyEvents": true, "conversions": true, "keyEvents:purchase": false, "sessions": true, "Sessions": false,
		"sessionsPerUser": false, "customEvent:x": true, "customUser:id": false, "customUser:ID": false, "date": false,
	} {
		if f.allows(name) != want {
			t.Errorf("allows(%q) = %v", name, !want)
		}
	}
}

func TestNarrowing(t *testing.T) {
	w, g, r := start(t, shop())
	w.zone = "Pacific/Auckland" // 2026-11-24 01:30 there
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	q := sessions()
	q.Account, q.Property = "other", "999"
	q.DimensionFilter = &report.Filter{OrGroup: &report.FilterList{Expressions: []*report.Filter{is("country", "France"), {Not: is("country", "France")}}}}
	if _, err := g.Report(bg, gr, "ga:123", q); err != nil {
		t.Fatal(err)
	}
	got := w.asked[0]
	if got.Account != "main" || got.Property != "111" {
		t.Errorf("asked %s about %s", got.Account, got.Property)
	}
	if want := (report.DateRange{StartDate: "2026-11-17", EndDate: "2026-11-24"}); got.DateRanges[0] != want {
		t.Errorf("today is %v", got.DateRanges)
	}
	members := got.DimensionFilter.AndGroup.Expressions
	if len(members) != 3 || members[0].Condition.FieldName != "country" || members[1].Condition.FieldName != "deviceCategory" || members[2].OrGroup == nil {
		t.Errorf("%+v", members)
	}
	if got.Limit != report.DefaultLimit {
		t.Errorf("limit %d", got.Limit)
	}
	members[0].Condition.String.Value = "changed"
	if r.views[0].Filter.Condition.String.Value != "Germany" {
		t.Error("the view's filter is shared with what a source gets")
	}
	if d := w.decisions[0]; d.Method != "report" || d.View != "shop" || d.Refused || d.Err != nil || d.Query.Property != "111" {
		t.Errorf("%+v", d)
	}
}

func TestToday(t *testing.T) {
	for _, c := range []struct{ now, zone, want string }{
		{"2026-11-23T10:59:59Z", "Pacific/Auckland", "2026-11-23"},
		{"2026-11-23T11:00:00Z", "Pacific/Auckland", "2026-11-24"},
		{"2026-11-23T07:59:59Z", "America/Los_Angeles", "2026-11-22"},
		{"2026-03-29T22:30:00Z", "Europe/Berlin", "2026-03-30"}, // the day that summer time began has 23 hours
		{"2026-03-28T22:30:00Z", "Europe/Berlin", "2026-03-28"},
		{"2026-10-25T22:59:59Z", "Europe/Berlin", "2026-10-25"}, // the day that it ended has 25
		{"2026-10-25T23:00:00Z", "Europe/Berlin", "2026-10-26"},
	} {
		w, g, r := start(t, shop())
		w.zone = c.zone
		w.now, _ = time.Parse(time.RFC3339, c.now)
		q := sessions()
		q.DateRanges[0].StartDate = "today"
		if _, err := g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q); err != nil {
			t.Fatal(err)
		}
		if got := w.asked[0].DateRanges[0]; got.StartDate != c.want || got.EndDate != c.want {
			t.Errorf("%s in %s: %v, want %s", c.now, c.zone, got, c.want)
		}
	}
}

// Metrics that count back are held to the history as well.
func TestHistoryOfRollingMetrics(t *testing.T) {
	for _, c := range []struct {
		days   int
		metric string
		filter bool // name it in a filter alone
		want   string
	}{
		{60, "activeUsers", false, "2026-09-25"},
		{60, "active7DayUsers", false, "2026-10-01"},
		{60, "Active28DayUsers", false, "2026-10-22"},
		{60, "wauPerMau", true, "2026-10-22"},
		{28, "dauPerMau", false, "2026-11-23"},
		{27, "dauPerMau", false, "shorter than"},
	} {
		v := shop()
		v.History = History{Days: c.days}
		w, g, r := start(t, v)
		q := sessions()
		if c.filter {
			zero := report.Int64(0)
			q.MetricFilter = &report.Filter{Condition: &report.Condition{FieldName: c.metric, Numeric: &report.NumericFilter{Operation: "GREATER_THAN", Value: report.NumericValue{Int64: &zero}}}}
		} else {
			q.Metrics = []report.Metric{{Name: c.metric}}
		}
		q.DateRanges = []report.DateRange{{StartDate: "2026-01-01", EndDate: "today"}}
		got := ""
		if _, err := g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q); err != nil {
			got = err.Error()
		} else {
			got = w.last().DateRanges[0].StartDate
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestHistory(t *testing.T) {
	const forbidden = "begins on"
	for _, c := range []struct {
		history  History
		from, to string
		want     string // first day asked for, or part of an error
		clipped  bool
	}{
		{History{}, "2020-01-01", "today", "2020-01-01", false},
		{History{Days: 7}, "28daysAgo", "today", "2026-11-17", true},
		{History{Days: 7}, "6daysAgo", "today", "2026-11-17", false},
		{History{Days: 1}, "7daysAgo", "yesterday", forbidden, false},
		{History{Since: day("2026-11-01")}, "2026-10-31", "2026-11-01", "2026-11-01", true},
		{History{Since: day("2026-11-01")}, "2026-10-01", "2026-10-31", forbidden, false},
		{History{Since: day("2026-11-20"), Days: 30}, "28daysAgo", "today", "2026-11-20", true},
		{History{Since: day("2020-11-20"), Days: 2}, "28daysAgo", "today", "2026-11-22", true},
		{History{Days: 7, Refuse: true}, "7daysAgo", "today", forbidden, false},
		{History{Days: 7, Refuse: true}, "6daysAgo", "today", "2026-11-17", false},
		{History{}, "today", "yesterday", "start_date must be less", false},
		{History{}, "tomorrow", "today", "Invalid startDate", false},
		{History{}, "today", "2027-01-01", "2026-11-23", false},
	} {
		v := shop()
		v.History = c.history
		w, g, r := start(t, v)
		q := sessions()
		q.DateRanges = []report.DateRange{{StartDate: "today", EndDate: "today"}, {StartDate: c.from, EndDate: c.to}}
		_, err := g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = w.asked[0].DateRanges[1].StartDate
		}
		if !strings.Contains(got, c.want) || (err != nil) != w.decisions[0].Refused || w.decisions[0].Clipped != c.clipped {
			t.Errorf("%+v %s..%s: %s, %+v", c.history, c.from, c.to, got, w.decisions[0])
		}
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct{ most, asked, want int64 }{
		{0, 0, 10_000}, {0, 250_000, 250_000}, {0, 300_000, 250_000}, {50, 0, 50}, {50, 7, 7}, {50, 51, 50}, {250_000, 0, 10_000}, {250_000, 300_000, 250_000},
	} {
		v := View{MaxRows: c.most}
		got, bounded := v.limit(report.Int64(c.asked))
		if int64(got) != c.want || bounded != (c.most > 0 && c.want == c.most && c.asked != c.most && c.most < report.MaxLimit) {
			t.Errorf("%+v: %d, bounded %v", c, got, bounded)
		}
	}
}

// answering is a source that gives one report.
type answering struct {
	*world
	report *report.Report
}

func (a answering) Report(context.Context, *report.Question) (*report.Report, error) {
	return a.report, nil
}

// TestLeftOutRowsAreTold: a view's bound on rows shows where it left some out, and
// nowhere else; and who gets the same report gets the same pointer.
func TestLeftOutRowsAreTold(t *testing.T) {
	v := shop()
	v.MaxRows = 10
	w, g, r := start(t, v)
	given := &report.Report{Body: []byte("{}"), RowCount: 25}
	g.c.Source = answering{w, given}
	for _, c := range []struct {
		limit, offset report.Int64
		rows          int
		told          int64
	}{{0, 0, 10, 10}, {100, 0, 10, 10}, {100, 10, 10, 10}, {100, 20, 5, 0}, {10, 0, 10, 0}, {3, 0, 3, 0}} {
		given.Rows = c.rows
		q := sessions()
		q.Limit, q.Offset = c.limit, c.offset
		asked := NewParsedQuery(q, 100)
		grant := grant(t, r, Claim{Views: []string{"shop"}})
		first, err := g.Answer(bg, grant, "shop", asked)
		if err != nil || first.MaxRows != c.told || given.MaxRows != 0 {
			t.Errorf("%+v: %+v, %v", c, first, err)
		}
		if again, _ := g.Answer(bg, grant, "shop", asked); again != first {
			t.Errorf("%+v: another report for the same", c)
		}
	}
}

func TestRealtime(t *testing.T) {
	q := report.Query{Realtime: true, Metrics: []report.Metric{{Name: "activeUsers"}}}
	off, host := shop(), shop()
	off.Realtime = false
	host.Filter, host.Realtime = is("hostName", "a"), false
	_, g, r := start(t, off)
	_, err := g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q)
	wantKind(t, "not allowed", err, report.Forbidden)

	rules, err2 := NewRules([]View{func() View { host.Realtime = true; return host }()}, nil)
	if err2 != nil {
		t.Fatal(err2)
	}
	w := &world{now: time.Now(), zone: "UTC"}
	g, _ = New(Config{Rules: rules, Source: w, Catalog: w, Recorder: w, Clock: time.Now})
	_, narrowed := g.Report(bg, grant(t, rules, Claim{Views: []string{"shop"}}), "shop", q)
	wantKind(t, "cannot be narrowed", narrowed, report.Forbidden)
	if narrowed.Error() != err.Error() {
		t.Errorf("that there is a filter can be told: %q, %q", narrowed, err)
	}

	w, g, r = start(t, shop())
	_, err = g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}, Filter: is("pagePath", "/")}), "shop", q)
	wantKind(t, "the token's filter cannot hold", err, report.Forbidden)
	w.zone = "" // the catalog fails, and no date is asked for
	if _, err := g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q); err != nil {
		t.Error(err)
	}
	if len(w.asked) != 1 || w.asked[0].DimensionFilter.Condition.FieldName != "country" {
		t.Errorf("%+v", w.asked)
	}
}

func TestRealtimeKeepsToHistory(t *testing.T) {
	v := shop()
	v.History = History{Days: 1}
	w, g, r := start(t, v)
	w.now = time.Date(2026, time.November, 23, 0, 10, 30, 0, time.UTC)
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	q := report.Query{Realtime: true, Metrics: []report.Metric{{Name: "activeUsers"}}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Fatal(err)
	}
	if m := w.asked[0].MinuteRanges; len(m) != 1 || *m[0].StartMinutesAgo != 10 {
		t.Errorf("minutes of yesterday were asked for: %+v", m)
	}
	twenty, fifteen := 20, 15
	q.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: &twenty, EndMinutesAgo: &fifteen}}
	_, err := g.Report(bg, gr, "shop", q)
	wantKind(t, "all of it yesterday", err, report.Forbidden)
	q.MinuteRanges[0].EndMinutesAgo = nil
	if _, err := g.Report(bg, gr, "shop", q); err != nil || *w.asked[1].MinuteRanges[0].StartMinutesAgo != 10 || twenty != 20 {
		t.Errorf("%v, %+v", err, w.asked)
	}
	v.History = History{Since: day("2026-12-01")}
	_, g, r = start(t, v)
	_, err = g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", report.Query{Realtime: true, Metrics: q.Metrics})
	wantKind(t, "history that has not begun", err, report.Forbidden)
}

// Sorting by a field that is not asked for is refused before; this is the
// second lock.
func TestOrderIsCheckedOnItsOwn(t *testing.T) {
	v := shop()
	for _, o := range []report.OrderBy{
		{Metric: &report.MetricOrder{MetricName: "totalRevenue"}},
		{Dimension: &report.DimensionOrder{DimensionName: "city"}},
		{Metric: &report.MetricOrder{MetricName: "sessions"}, Dimension: &report.DimensionOrder{DimensionName: "city"}},
	} {
		q := sessions()
		q.OrderBys = []report.OrderBy{o}
		wantKind(t, "order", v.checkFields(q), report.Invalid)
	}
}

// overview claims the dashboard overview over views.
func overview(views ...string) []DashboardClaim { return []DashboardClaim{{"overview", views}} }
