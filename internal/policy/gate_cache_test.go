package policy

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// last is the query that the source was asked last.
func (w *world) last() report.Query { return w.asked[len(w.asked)-1] }

func (g *Gate) cachedQueries() int {
	g.cache.queries.CleanUp()
	return g.cache.queries.EstimatedSize()
}

func TestEachReadIsDecidedAndRecorded(t *testing.T) {
	w, g, r := start(t, shop())
	asked := NewParsedQuery(sessions(), 100)
	for i, session := range []string{"one", "two", "one"} {
		w.now = w.now.Add(time.Second)
		if _, err := g.Answer(bg, grant(t, r, Claim{Session: session, Views: []string{"shop"}}), "shop", asked); err != nil {
			t.Fatal(err)
		}
		if len(w.decisions) != i+1 {
			t.Fatalf("%d reads, %d decisions", i+1, len(w.decisions))
		}
		if d := w.decisions[i]; d.Session != session || !d.Time.Equal(w.now) || d.View != "shop" || d.Method != "report" || d.Refused || d.Err != nil {
			t.Errorf("%+v", d)
		}
		if !sameQueries([]report.Query{*w.decisions[i].Query}, []report.Query{*w.decisions[0].Query}) || w.decisions[i].Query.Property != "111" {
			t.Errorf("recorded %+v", w.decisions[i].Query)
		}
	}
	if g.cachedQueries() != 1 {
		t.Errorf("%d findings for one question and one narrowing", g.cachedQueries())
	}
}

func TestMemoryIsNotSharedBetweenNarrowings(t *testing.T) {
	w, g, r := start(t, shop())
	asked := NewParsedQuery(sessions(), 100)
	for range 2 {
		for _, f := range []*report.Filter{nil, is("deviceCategory", "mobile"), is("deviceCategory", "desktop"), report.And(is("deviceCategory", "mobile"), is("city", "Berlin"))} {
			if _, err := g.Answer(bg, grant(t, r, Claim{Views: []string{"shop"}, Filter: f}), "shop", asked); err != nil {
				t.Fatal(err)
			}
			if want := report.And(is("country", "Germany"), f, nil); !reflect.DeepEqual(w.last().DimensionFilter, want) {
				t.Errorf("the token's filter %+v became %+v", f, w.last().DimensionFilter)
			}
		}
	}
	if g.cachedQueries() != 4 {
		t.Errorf("%d findings for four narrowings", g.cachedQueries())
	}
}

func TestMemoryIsNotSharedBetweenViews(t *testing.T) {
	hiding := blog()
	hiding.Fields.Deny = []string{"sessions"}
	first := shop()
	first.Realtime = false // so that there is no dashboard over all of them
	w, g, r := start(t, first, View{Name: "two", Account: "other", Property: "333"}, hiding)
	all := grant(t, r, Claim{Views: []string{"shop", "two", "blog"}})
	asked := NewParsedQuery(sessions(), 100)
	for range 2 {
		for view, property := range map[string]string{"shop": "111", "ga:123": "111", "two": "333"} {
			if _, err := g.Answer(bg, all, view, asked); err != nil || w.last().Property != property {
				t.Errorf("%s: asked about %s, %v", view, w.last().Property, err)
			}
		}
		before := len(w.asked)
		_, err := g.Answer(bg, all, "blog", asked)
		wantKind(t, "a view that hides the metric", err, report.Invalid)
		_, err = g.Answer(bg, grant(t, r, Claim{Views: []string{"two"}}), "shop", asked)
		wantKind(t, "a view of others", err, report.Forbidden)
		_, err = g.Answer(bg, Grant{}, "shop", asked)
		wantKind(t, "no grant", err, report.Unauthenticated)
		if len(w.asked) != before {
			t.Error("a refused question was asked")
		}
	}
}

func TestMemoryEndsWithTheDayOfTheProperty(t *testing.T) {
	v := shop()
	v.History = History{Days: 10}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	asked := NewParsedQuery(report.Query{Metrics: sessions().Metrics, DateRanges: []report.DateRange{{StartDate: "30daysAgo", EndDate: "today"}}}, 100)
	w.zone = "Pacific/Auckland" // midnight is at 11:00 UTC
	for _, c := range []struct{ at, start, end string }{
		{"2026-11-23T10:59:58Z", "2026-11-14", "2026-11-23"},
		{"2026-11-23T10:59:59Z", "2026-11-14", "2026-11-23"},
		{"2026-11-23T11:00:00Z", "2026-11-15", "2026-11-24"},
		{"2026-11-24T10:59:59Z", "2026-11-15", "2026-11-24"},
		{"2026-11-23T10:59:59Z", "2026-11-14", "2026-11-23"}, // a clock that is set back
	} {
		now, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		w.now = now
		if _, err := g.Answer(bg, gr, "shop", asked); err != nil {
			t.Fatal(err)
		}
		if got := w.last().DateRanges[0]; got.StartDate != c.start || got.EndDate != c.end {
			t.Errorf("at %s: asked about %v", c.at, got)
		}
		if d := w.decisions[len(w.decisions)-1]; !d.Clipped {
			t.Errorf("at %s: not recorded as clipped", c.at)
		}
	}
	w.zone = "UTC"
	if _, err := g.Answer(bg, gr, "shop", asked); err != nil || w.last().DateRanges[0].EndDate != "2026-11-23" {
		t.Errorf("after the property moved: %v, %v", w.last().DateRanges, err)
	}
	w.zone = ""
	_, err := g.Answer(bg, gr, "shop", asked)
	wantKind(t, "without a time zone", err, report.Unavailable)
}

func TestRefusalsAreNotRemembered(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	hidden := sessions()
	hidden.Dimensions = []report.Dimension{{Name: "city"}}
	asked := NewParsedQuery(hidden, 100)
	for i := range 3 {
		_, err := g.Answer(bg, gr, "shop", asked)
		wantKind(t, "a hidden field", err, report.Invalid)
		if len(w.decisions) != i+1 || !w.decisions[i].Refused || w.decisions[i].Err == nil {
			t.Errorf("recorded %+v", w.decisions)
		}
	}
	if len(w.asked) != 0 || g.cachedQueries() != 0 {
		t.Errorf("asked %d, remembered %d", len(w.asked), g.cachedQueries())
	}
}

// TestMemoryEndsWithTheFields: a calculated metric's formula, and the names that
// expressions may have, are checked against the property's fields once, until there are
// others.
func TestMemoryEndsWithTheFields(t *testing.T) {
	v := shop()
	v.Fields = Fields{Deny: []string{"city"}}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	formula, chosen := sessions(), sessions()
	formula.Metrics = []report.Metric{{Name: "calcMetric:depth"}}
	chosen.Metrics = []report.Metric{{Name: "total", Expression: "sessions"}}
	for name, c := range map[string]struct {
		q      report.Query
		change func(*report.Fields)
	}{
		"a formula": {formula, func(f *report.Fields) {
			for i := range f.Metrics {
				f.Metrics[i].Expression = "sessions/city"
			}
		}},
		"a name": {chosen, func(f *report.Fields) { f.Metrics = append(f.Metrics, report.Field{APIName: "Total"}) }},
	} {
		asked := NewParsedQuery(c.q, 100)
		at := decisionKey{must(gr.view("shop")), filterHash{}, asked}
		answer := func() error {
			_, err := g.Answer(bg, gr, "shop", asked)
			return err
		}
		if err := answer(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found := g.cache.get(at)
		if err := answer(); err != nil || found == nil || g.cache.get(at) != found {
			t.Errorf("%s: %v, or it was looked at twice", name, err)
		}
		w.fields = fieldsOfShop()
		if err := answer(); err != nil || g.cache.get(at) == found {
			t.Errorf("%s: %v, or not looked at although the fields are others", name, err)
		}
		w.fields = fieldsOfShop()
		c.change(w.fields)
		wantKind(t, name, answer(), report.Invalid)
		w.fields = nil
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What depends on more than the day and the fields is looked at each time: the minutes
// since a bounded history began.
func TestWhatDoesNotLastIsNotRemembered(t *testing.T) {
	v := shop()
	v.History, v.Fields = History{Days: 1}, Fields{}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	asked := NewParsedQuery(report.Query{Realtime: true, Metrics: []report.Metric{{Name: "activeUsers"}}}, 100)
	w.now = time.Date(2026, time.November, 24, 0, 7, 0, 0, time.UTC)
	for range 2 {
		if _, err := g.Answer(bg, gr, "shop", asked); err != nil || *w.last().MinuteRanges[0].StartMinutesAgo != w.now.Minute() {
			t.Errorf("at %s: %+v, %v", w.now, w.last().MinuteRanges, err)
		}
		w.now = w.now.Add(3 * time.Minute)
	}
	if g.cachedQueries() != 0 {
		t.Errorf("%d findings are remembered", g.cachedQueries())
	}
}

// TestCacheChangesNothing sends random queries of random clients at random times
// through a gate with a warm cache and one with an empty cache: they ask
// the same, answer the same and record the same.
func TestCacheChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	narrow := shop()
	narrow.History = History{Days: 10, Refuse: true}
	narrow.Realtime = false // so that there is no dashboard over all of them
	views := []View{narrow, blog(), {Name: "two", Account: "main", Property: "333", Fields: Fields{Allow: []string{"sessions", "country"}}, MaxRows: 50}}
	w, g, rules := start(t, views...)
	var questions []*ParsedQuery
	for range 60 {
		questions = append(questions, NewParsedQuery(anyQuery(r), 100))
	}
	var grants []Grant
	for i := range 8 {
		c := Claim{Session: string(rune('a' + i)), Views: [][]string{{"shop", "blog", "two"}, {"blog"}, {"two", "shop"}}[i%3]}
		if i%2 == 0 {
			c.Filter = anyTokenFilter(r)
		}
		grants = append(grants, grant(t, rules, c))
	}
	answered, known := 0, 0
	for range 15_000 {
		w.now = time.Date(2026, time.November, 22+r.IntN(3), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
		w.zone = pick(r, []string{"UTC", "Pacific/Auckland", "America/New_York"})
		gr, view, asked := pick(r, grants), pick(r, []string{"shop", "ga:123", "blog", "two", "111", "nothing"}), pick(r, questions)
		if v, err := gr.view(view); err == nil {
			if _, ok := g.cache.queries.GetIfPresent(decisionKey{v, gr.narrowed(v).hash, asked}); ok {
				known++
			}
		}
		w.asked, w.decisions = nil, nil
		_, err := g.Answer(bg, gr, view, asked)
		queries, decisions := w.asked, w.decisions
		w.asked, w.decisions = nil, nil
		_, want := g.Report(bg, gr, view, asked.query)
		if !reflect.DeepEqual(err, want) {
			t.Fatalf("%v, and without memory %v", err, want)
		}
		if !sameQueries(queries, w.asked) {
			t.Fatalf("asked %+v\nand without memory %+v", queries, w.asked)
		}
		if len(decisions) != 1 || !sameDecision(decisions[0], w.decisions[0]) {
			t.Fatalf("recorded %+v\nand without memory %+v", decisions, w.decisions)
		}
		if err == nil {
			answered++
		}
	}
	if answered < 1000 || known < 1000 {
		t.Errorf("%d answers, %d of what was known: the test looks at too little", answered, known)
	}
}

func anyQuery(r *rand.Rand) report.Query {
	q := report.Query{Metrics: []report.Metric{{Name: pick(r, []string{"sessions", "sessions", "totalRevenue", "calcMetric:depth", "calcMetric:margin"})}}}
	if r.IntN(6) == 0 {
		q.Realtime, q.Metrics = true, []report.Metric{{Name: "activeUsers"}}
	} else {
		from := pick(r, []string{"9daysAgo", "30daysAgo", "yesterday", "2026-11-20", "2020-01-01", "tomorrow"})
		q.DateRanges = []report.DateRange{{StartDate: from, EndDate: pick(r, []string{"today", "yesterday", "2026-11-22"})}}
	}
	if r.IntN(2) == 0 {
		q.Dimensions = []report.Dimension{{Name: pick(r, []string{"country", "city", "date", "dayOfWeek"})}}
	}
	if r.IntN(2) == 0 {
		q.DimensionFilter = anyFilter(r, 2)
	}
	q.Limit = report.Int64(r.IntN(3) * 40)
	return q
}

func sameQueries(a, b []report.Query) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !reflect.DeepEqual(a[i].Clone(), b[i].Clone()) { // clones: one of them is marked
			return false
		}
	}
	return true
}

func sameDecision(a, b Decision) bool {
	if (a.Query == nil) != (b.Query == nil) || a.Query != nil && !sameQueries([]report.Query{*a.Query}, []report.Query{*b.Query}) {
		return false
	}
	a.Query, b.Query = nil, nil
	return reflect.DeepEqual(a, b)
}

// TestKeepIsBounded: an encoded dashboard is kept only if it fits the weight that the cache
// counts for it.
func TestKeepIsBounded(t *testing.T) {
	b := &PreparedDashboard{panels: make([]preparedPanel, 3)}
	for _, size := range []int{3*maxEncodedPanel + 1, 1 << 30} {
		if b.SetEncoded(size, size); b.Encoded() != nil {
			t.Errorf("%d bytes are kept", size)
		}
	}
	if b.SetEncoded("text", 3*maxEncodedPanel); b.Encoded() != "text" {
		t.Error("what is small enough is not kept")
	}
}

func TestDashboardsArePreparedOnce(t *testing.T) {
	w, g, r := start(t, shop(), blog())
	gr := grant(t, r, Claim{Dashboards: overview("shop", "blog", "two")})
	var first string
	for i, view := range []string{"shop", "shop", "blog", "shop"} {
		w.asked = nil
		a, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview", View: view})
		if err != nil || len(w.asked) != 3 {
			t.Fatalf("%d asked, %v", len(w.asked), err)
		}
		for _, q := range w.asked {
			if want := map[string]string{"shop": "111", "blog": "222"}[view]; q.Property != want {
				t.Errorf("over %s property %s was asked", view, q.Property)
			}
		}
		var ranges []string
		for _, p := range a.Panels {
			for _, d := range p.Panel.Query.DateRanges {
				ranges = append(ranges, d.Name+d.StartDate+d.EndDate)
			}
		}
		if got := strings.Join(ranges, " "); i == 0 {
			first = got
		} else if got != first {
			t.Errorf("days %s, and first %s", got, first)
		}
	}
	if n := g.cache.dashboards.EstimatedSize(); n != 2 {
		t.Errorf("%d dashboards are remembered, want one over each view", n)
	}
}
