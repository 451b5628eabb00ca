package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/report/reporttest"
)

var sessions = report.Query{
	Account: "main", Property: "1",
	Metrics:    []report.Metric{{Name: "sessions"}},
	DateRanges: []report.DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-31"}},
}

func keyOf(q report.Query) report.Key { return report.NewQuestion(q, nil).Key() }

func exact(field, value string) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{Value: value}}}
}

func all(fs ...*report.Filter) *report.Filter {
	return &report.Filter{AndGroup: &report.FilterList{Expressions: fs}}
}

func some(fs ...*report.Filter) *report.Filter {
	return &report.Filter{OrGroup: &report.FilterList{Expressions: fs}}
}

func not(f *report.Filter) *report.Filter { return &report.Filter{Not: f} }

func in(field string, values ...string) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, InList: &report.InListFilter{Values: values}}}
}

func matching(typ, value string, sensitive bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: "city",
		String: &report.StringFilter{MatchType: typ, Value: value, CaseSensitive: sensitive}}}
}

func equal(v report.NumericValue) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: "sessions",
		Numeric: &report.NumericFilter{Operation: "EQUAL", Value: v}}}
}

func whole(n int64) report.NumericValue      { return report.NumericValue{Int64: new(report.Int64(n))} }
func double(f float64) report.NumericValue   { return report.NumericValue{Double: &f} }
func filtered(f *report.Filter) report.Query { q := sessions; q.DimensionFilter = f; return q }

func TestFiltersThatMeanTheSame(t *testing.T) {
	a, b, c := exact("city", "a"), exact("city", "b"), exact("country", "c")
	for name, same := range map[string][2]*report.Filter{
		"order of and":             {all(a, b, c), all(c, a, b)},
		"order of or":              {some(a, b), some(b, a)},
		"nested and":               {all(a, all(b, c)), all(a, b, c)},
		"deeply nested or":         {some(some(some(a), b), c), some(c, b, a)},
		"repeated member":          {all(a, b, a), all(a, b)},
		"repeated to one":          {all(a, a), a},
		"group of one":             {some(a), a},
		"double negation":          {not(not(a)), a},
		"negated group of one":     {not(all(not(a))), a},
		"group shown by negations": {all(a, not(not(all(b, c)))), all(a, b, c)},
		"default match type":       {matching("", "x", true), matching("EXACT", "x", true)},
		"case that is ignored":     {matching("CONTAINS", "BerLIN", false), matching("CONTAINS", "berlin", false)},
		"order of a list":          {in("city", "a", "b"), in("city", "b", "a", "b")},
		"list of one":              {in("city", "A"), exact("city", "a")},
		"list that folds to one":   {in("city", "A", "a"), exact("city", "a")},
		"whole double":             {equal(whole(5)), equal(double(5))},
		"negative zero":            {equal(double(0)), equal(double(math.Copysign(0, -1)))},
	} {
		if keyOf(filtered(same[0])) != keyOf(filtered(same[1])) {
			t.Errorf("%s: keys differ", name)
		}
	}
}

func TestFiltersThatDiffer(t *testing.T) {
	a, b, c := exact("city", "a"), exact("city", "b"), exact("country", "c")
	filters := []*report.Filter{
		nil, a, b, c, not(a), all(a, b), some(a, b), not(all(a, b)), not(some(a, b)),
		all(a, some(b, c)), some(all(a, b), c), all(some(a, b), c), all(a, b, c), some(a, b, c),
		exact("city", ""), exact("city", "ä"), exact("city", "Ä"), exact("cit", "ya"),
		matching("EXACT", "A", true), matching("EXACT", "a", true),
		matching("FULL_REGEXP", `\S`, false), matching("FULL_REGEXP", `\s`, false), matching("PARTIAL_REGEXP", `\s`, false),
		matching("BEGINS_WITH", "a", false), matching("ENDS_WITH", "a", false), matching("CONTAINS", "a", false),
		in("city", "a", "b"), in("city", "a,b"), in("city", "ab", ""), in("city"),
		equal(whole(5)), equal(double(5.5)), equal(double(1 << 60)), equal(whole(1 << 60)), equal(report.NumericValue{}),
		{Condition: &report.Condition{FieldName: "city", Empty: &report.EmptyFilter{}}},
		{Condition: &report.Condition{FieldName: "sessions", Between: &report.BetweenFilter{FromValue: whole(1), ToValue: whole(2)}}},
		{Condition: &report.Condition{FieldName: "sessions", Between: &report.BetweenFilter{FromValue: whole(2), ToValue: whole(1)}}},
		{},
	}
	seen := map[report.Key]int{}
	for i, f := range filters {
		k := keyOf(filtered(f))
		if j, ok := seen[k]; ok {
			t.Errorf("filters %d and %d have one key", j, i)
		}
		seen[k] = i
	}
	onMetric := sessions
	onMetric.MetricFilter = a
	if keyOf(onMetric) == keyOf(filtered(a)) {
		t.Error("a dimension filter and a metric filter have one key")
	}
}

func TestQueriesThatMeanTheSame(t *testing.T) {
	base := rich()
	for name, change := range map[string]func(*report.Query){
		"explicit limit":         func(q *report.Query) { q.Limit = report.DefaultLimit },
		"order of aggregations":  func(q *report.Query) { slices.Reverse(q.MetricAggregations) },
		"repeated aggregation":   func(q *report.Query) { q.MetricAggregations = append(q.MetricAggregations, report.Total) },
		"explicit range name":    func(q *report.Query) { q.DateRanges[1].Name = "date_range_1" },
		"explicit type of order": func(q *report.Query) { q.OrderBys[1].Dimension.OrderType = "ALPHANUMERIC" },
	} {
		q := base.Clone()
		change(&q)
		if keyOf(q) != keyOf(base) {
			t.Errorf("%s: keys differ", name)
		}
	}
	large, larger := base, base
	large.Limit, larger.Limit = report.MaxLimit, 10*report.MaxLimit
	if keyOf(large) != keyOf(larger) {
		t.Error("limits that Google caps alike: keys differ")
	}
	now := report.Query{Account: "a", Property: "1", Realtime: true, Metrics: base.Metrics}
	half := now
	half.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: new(29), EndMinutesAgo: new(0)}}
	if keyOf(now) != keyOf(half) {
		t.Error("the default minute range: keys differ")
	}
}

// rich is a query with something everywhere.
func rich() report.Query {
	return report.Query{
		Account: "main", Property: "123",
		Dimensions: []report.Dimension{{Name: "city"}, {Name: "date"}},
		Metrics:    []report.Metric{{Name: "sessions"}, {Name: "activeUsers"}},
		DateRanges: []report.DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-31", Name: "now"}, {StartDate: "2025-01-01", EndDate: "2025-01-31"}},
		OrderBys: []report.OrderBy{
			{Metric: &report.MetricOrder{MetricName: "sessions"}, Desc: true},
			{Dimension: &report.DimensionOrder{DimensionName: "city"}},
		},
		MetricAggregations: []report.Aggregation{report.Total, report.Maximum},
		DimensionFilter:    all(exact("city", "a"), in("country", "b", "c")),
		MetricFilter:       equal(whole(3)),
		Offset:             10,
		CurrencyCode:       "EUR",
	}
}

// mutations change what an answer could say, each in one way.
var mutations = map[string]func(*report.Query){
	"account":         func(q *report.Query) { q.Account += "x" },
	"property":        func(q *report.Query) { q.Property += "0" },
	"account border":  func(q *report.Query) { q.Account, q.Property = q.Account+q.Property[:1], q.Property[1:] },
	"realtime":        func(q *report.Query) { q.Realtime = !q.Realtime },
	"dimension":       func(q *report.Query) { q.Dimensions[0].Name = "region" },
	"fewer":           func(q *report.Query) { q.Dimensions = q.Dimensions[:1] },
	"dimension order": func(q *report.Query) { slices.Reverse(q.Dimensions) },
	"metric":          func(q *report.Query) { q.Metrics[1].Name = "newUsers" },
	"metric order":    func(q *report.Query) { slices.Reverse(q.Metrics) },
	"start":           func(q *report.Query) { q.DateRanges[0].StartDate = "2026-01-02" },
	"end":             func(q *report.Query) { q.DateRanges[1].EndDate = "2025-01-30" },
	"range name":      func(q *report.Query) { q.DateRanges[0].Name = "then" },
	"range order":     func(q *report.Query) { slices.Reverse(q.DateRanges) },
	"direction":       func(q *report.Query) { q.OrderBys[0].Desc = false },
	"order by":        func(q *report.Query) { slices.Reverse(q.OrderBys) },
	"order type":      func(q *report.Query) { q.OrderBys[1].Dimension.OrderType = "NUMERIC" },
	"aggregation":     func(q *report.Query) { q.MetricAggregations[0] = report.Minimum },
	"filter dropped":  func(q *report.Query) { q.DimensionFilter = nil },
	"filter value":    func(q *report.Query) { q.DimensionFilter.AndGroup.Expressions[0].Condition.String.Value = "z" },
	"list value":      func(q *report.Query) { q.DimensionFilter.AndGroup.Expressions[1].Condition.InList.Values[0] = "z" },
	"filter negated":  func(q *report.Query) { q.DimensionFilter = not(q.DimensionFilter) },
	"metric filter":   func(q *report.Query) { q.MetricFilter.Condition.Numeric.Operation = "LESS_THAN" },
	"offset":          func(q *report.Query) { q.Offset++ },
	"limit":           func(q *report.Query) { q.Limit = 7 },
	"currency":        func(q *report.Query) { q.CurrencyCode = "USD" },
	"empty rows":      func(q *report.Query) { q.KeepEmptyRows = true },
	"a pivot":         func(q *report.Query) { q.Pivots = pivots() },
	"pivot order":     func(q *report.Query) { q.Pivots = pivots(); slices.Reverse(q.Pivots) },
	"pivot fields":    func(q *report.Query) { q.Pivots = pivots(); slices.Reverse(q.Pivots[0].FieldNames) },
	"pivot border": func(q *report.Query) {
		q.Pivots = pivots()
		q.Pivots[0].FieldNames, q.Pivots[1].FieldNames = []string{"city"}, []string{"date", "country"}
	},
	"pivot offset":    func(q *report.Query) { q.Pivots = pivots(); q.Pivots[1].Offset = 1 },
	"pivot limit":     func(q *report.Query) { q.Pivots = pivots(); q.Pivots[1].Limit = 9 },
	"pivot count":     func(q *report.Query) { q.Pivots = pivots(); q.Pivots[1].MetricAggregations = nil },
	"pivot direction": func(q *report.Query) { q.Pivots = pivots(); q.Pivots[1].OrderBys[0].Desc = true },
	"pivot metric":    func(q *report.Query) { q.Pivots = pivots(); q.Pivots[1].OrderBys[0].Pivot.MetricName = "activeUsers" },
	"pivot selection": func(q *report.Query) {
		q.Pivots = pivots()
		q.Pivots[1].OrderBys[0].Pivot.PivotSelections[0].DimensionValue = "x"
	},
}

// pivots have something everywhere.
func pivots() []report.Pivot {
	return []report.Pivot{
		{FieldNames: []string{"city", "date"}, Limit: 10},
		{FieldNames: []string{"country"}, Limit: 10, MetricAggregations: []report.Aggregation{report.Count},
			OrderBys: []report.OrderBy{{Pivot: &report.PivotOrder{MetricName: "sessions", PivotSelections: []report.PivotSelection{{DimensionName: "city", DimensionValue: "a"}}}}}},
	}
}

func TestEveryMutationChangesTheKey(t *testing.T) {
	seen := map[report.Key]string{keyOf(rich()): "unchanged"}
	for name, mutate := range mutations {
		q := rich()
		mutate(&q)
		k := keyOf(q)
		if other, ok := seen[k]; ok {
			t.Errorf("%q has the key of %q", name, other)
		}
		seen[k] = name
	}
}

// TestEveryLeafIsInTheKey: two queries that differ in anything that an answer can
// depend on never share it.
func TestEveryLeafIsInTheKey(t *testing.T) {
	q := reporttest.Full()
	seen := map[report.Key]string{keyOf(q): "the query"}
	reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
		l.Alter()
		key := keyOf(q)
		if seen[key] != "" {
			t.Errorf("%s and %s alter the key alike", l.Path, seen[key])
		}
		seen[key] = l.Path
	})
}

func computed(expression string) report.Query {
	q := sessions
	q.Metrics = []report.Metric{{Name: "x", Expression: expression}}
	return q
}

func TestExpressionsThatMeanTheSame(t *testing.T) {
	for _, same := range [][]string{
		{"a/b", " a / b ", "(a)/(b)", "((a/b))", "a\t/\nb"},
		{"a+b*c", "a+(b*c)", "a + b*(c)"},
		{"a-b-c", "(a-b)-c"},
		{"a/b/c", "(a/b)/c"},
		{"-a", "-(a)", "(-a)"},
	} {
		for _, expression := range same {
			if keyOf(computed(expression)) != keyOf(computed(same[0])) {
				t.Errorf("%q and %q differ", expression, same[0])
			}
		}
	}
	apart := []string{"a", "-a", "0-a", "a*1", "a*1.0", "a/b", "b/a", "a-b-c", "a-(b-c)", "a/(b/c)", "a/b/c", "(a+b)*c", "a+b*c", "a:b", "ab", "1", "a+b+c"}
	seen := map[report.Key]string{}
	for _, expression := range apart {
		key := keyOf(computed(expression))
		if seen[key] != "" {
			t.Errorf("%q and %q share a key", expression, seen[key])
		}
		seen[key] = expression
	}
}

// anyExpression writes an expression at random, and what it means: fully in
// parentheses.
func anyExpression(r *rand.Rand, depth int) (written, meant string) {
	space := func() string { return []string{"", " ", "  "}[r.IntN(3)] }
	switch n := r.IntN(6); {
	case depth == 0 || n == 0:
		name := string(rune('a' + r.IntN(3)))
		return name + space(), name
	case n == 1:
		x, m := anyExpression(r, depth-1)
		return "-(" + x + ")", "(-" + m + ")"
	}
	op := string("+-*/"[r.IntN(4)])
	x, a := anyExpression(r, depth-1)
	y, b := anyExpression(r, depth-1)
	return "(" + space() + x + ")" + op + space() + "((" + y + "))", "(" + a + op + b + ")"
}

func TestKeysOfExpressions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	keys, meanings := map[report.Key]string{}, map[string]report.Key{}
	for range 3000 {
		written, meant := anyExpression(r, 3)
		key := keyOf(computed(written))
		if known, ok := keys[key]; ok && known != meant {
			t.Fatalf("%s and %s share a key", known, meant)
		}
		if known, ok := meanings[meant]; ok && known != key {
			t.Fatalf("%s has two keys", meant)
		}
		keys[key], meanings[meant] = meant, key
	}
	if len(keys) < 300 {
		t.Errorf("only %d keys", len(keys))
	}
}

func TestComparisonsInTheKey(t *testing.T) {
	compare := func(fs ...report.Comparison) report.Key {
		q := sessions
		q.Comparisons = fs
		return keyOf(q)
	}
	a, b := exact("city", "a"), exact("city", "b")
	if compare(report.Comparison{Name: "x", DimensionFilter: all(a, b)}) != compare(report.Comparison{Name: "x", DimensionFilter: all(b, all(a), b)}) {
		t.Error("two comparisons that mean the same have two keys")
	}
	x, y := report.Comparison{Name: "x", DimensionFilter: a}, report.Comparison{Name: "y", DimensionFilter: b}
	if compare(x, y) == compare(y, x) {
		t.Error("the order of comparisons is that of rows")
	}
	if q := sessions; compare() != keyOf(q) {
		t.Error("no comparisons are none")
	}
}

// truth says for which rows f is true: rows are the assignments of the letters
// a to d to true and false, one bit each.
func truth(f *report.Filter) (rows uint16) {
	for row := range 16 {
		if holds(f, row) {
			rows |= 1 << row
		}
	}
	return rows
}

func holds(f *report.Filter, row int) bool {
	switch {
	case f.AndGroup != nil:
		return !slices.ContainsFunc(f.AndGroup.Expressions, func(g *report.Filter) bool { return !holds(g, row) })
	case f.OrGroup != nil:
		return slices.ContainsFunc(f.OrGroup.Expressions, func(g *report.Filter) bool { return holds(g, row) })
	case f.Not != nil:
		return !holds(f.Not, row)
	}
	return row>>(f.Condition.FieldName[0]-'a')&1 == 1
}

func randomFilter(r *rand.Rand, depth int) *report.Filter {
	if depth == 0 || r.IntN(3) == 0 {
		return exact(string(rune('a'+r.IntN(4))), "x")
	}
	if r.IntN(4) == 0 {
		return not(randomFilter(r, depth-1))
	}
	members := make([]*report.Filter, 1+r.IntN(3))
	for i := range members {
		members[i] = randomFilter(r, depth-1)
	}
	if r.IntN(2) == 0 {
		return all(members...)
	}
	return some(members...)
}

// rewrite returns a filter that means the same as f, written in another way.
func rewrite(r *rand.Rand, f *report.Filter) *report.Filter {
	out := f
	for _, group := range []struct {
		list *report.FilterList
		make func(...*report.Filter) *report.Filter
	}{{f.AndGroup, all}, {f.OrGroup, some}} {
		if group.list == nil {
			continue
		}
		var members []*report.Filter
		for _, g := range group.list.Expressions {
			members = append(members, rewrite(r, g))
		}
		members = append(members, members[r.IntN(len(members))])
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		cut := r.IntN(len(members))
		out = group.make(append(members[:cut:cut], group.make(members[cut:]...))...)
	}
	if f.Not != nil {
		out = not(rewrite(r, f.Not))
	}
	if r.IntN(3) == 0 {
		out = not(not(out))
	}
	return out
}

func TestKeysAndMeanings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	meaning := map[report.Key]uint16{}
	for i := range 5000 {
		f := randomFilter(r, 4)
		key := keyOf(filtered(f))
		if keyOf(filtered(rewrite(r, f))) != key {
			t.Fatalf("filter %d: rewritten, it has another key\n%s", i, show(f))
		}
		if m, ok := meaning[key]; ok && m != truth(f) {
			t.Fatalf("filter %d shares its key with one that means something else\n%s", i, show(f))
		}
		meaning[key] = truth(f)
	}
	if len(meaning) < 500 {
		t.Errorf("only %d keys: the filters are too alike to tell anything", len(meaning))
	}
}

func show(f *report.Filter) string {
	group := func(op string, l *report.FilterList) string {
		var parts []string
		for _, g := range l.Expressions {
			parts = append(parts, show(g))
		}
		return fmt.Sprintf("%s(%s)", op, strings.Join(parts, " "))
	}
	switch {
	case f.AndGroup != nil:
		return group("and", f.AndGroup)
	case f.OrGroup != nil:
		return group("or", f.OrGroup)
	case f.Not != nil:
		return "not " + show(f.Not)
	}
	return f.Condition.FieldName
}

func TestKeyDoesNotChangeTheQuery(t *testing.T) {
	q := rich()
	q.MetricAggregations = []report.Aggregation{report.Total, report.Maximum, report.Minimum}
	want := fmt.Sprintf("%+v", q.MetricAggregations) + show(q.DimensionFilter)
	keyOf(q)
	if got := fmt.Sprintf("%+v", q.MetricAggregations) + show(q.DimensionFilter); got != want {
		t.Errorf("the key changed the query: %s, was %s", got, want)
	}
}

func BenchmarkKey(b *testing.B) {
	q := rich()
	for b.Loop() {
		keyOf(q)
	}
}
