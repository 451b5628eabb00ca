package policy

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A row is what a filter is true or false of.
type row map[string]string

// holds is what a filter means, written without regard to how the gate works.
func holds(f *report.Filter, r row) bool {
	switch {
	case f == nil:
		return true
	case f.AndGroup != nil:
		return !slices.ContainsFunc(f.AndGroup.Expressions, func(e *report.Filter) bool { return !holds(e, r) })
	case f.OrGroup != nil:
		return slices.ContainsFunc(f.OrGroup.Expressions, func(e *report.Filter) bool { return holds(e, r) })
	case f.Not != nil:
		return !holds(f.Not, r)
	}
	c := f.Condition
	value := r[c.FieldName]
	switch {
	case c.InList != nil:
		return slices.Contains(c.InList.Values, value)
	case c.Empty != nil:
		return value == "" || value == "(not set)"
	case c.String.MatchType == "CONTAINS":
		return strings.Contains(value, c.String.Value)
	case c.String.MatchType == "FULL_REGEXP":
		return regexp.MustCompile("^(?:" + c.String.Value + ")$").MatchString(value)
	}
	return value == c.String.Value
}

var (
	someFields = []string{"country", "browser", "pagePath"}
	someValues = []string{"", "a", "b", "ab", "(not set)"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// anyFilter makes filters as a client can send them: sound ones, empty groups,
// nil members, several members at once.
func anyFilter(r *rand.Rand, depth int) *report.Filter {
	f := &report.Filter{}
	members := 1
	if r.IntN(12) == 0 {
		members = r.IntN(4)
	}
	for range members {
		switch n := r.IntN(8); {
		case depth == 0 || n < 2:
			f.Condition = anyCondition(r)
		case n < 4:
			f.AndGroup = anyList(r, depth-1)
		case n < 6:
			f.OrGroup = anyList(r, depth-1)
		default:
			f.Not = anyFilter(r, depth-1)
		}
	}
	return f
}

func anyList(r *rand.Rand, depth int) *report.FilterList {
	l := &report.FilterList{}
	for range 1 + r.IntN(3) {
		l.Expressions = append(l.Expressions, anyFilter(r, depth))
	}
	if r.IntN(25) == 0 {
		l.Expressions = append(l.Expressions, nil)
	}
	if r.IntN(25) == 0 {
		l.Expressions = nil
	}
	return l
}

func anyCondition(r *rand.Rand) *report.Condition {
	c := &report.Condition{FieldName: pick(r, someFields)}
	switch r.IntN(5) {
	case 0:
		c.InList = &report.InListFilter{Values: []string{pick(r, someValues), pick(r, someValues)}}
	case 1:
		c.Empty = &report.EmptyFilter{}
	case 2:
		c.String = &report.StringFilter{MatchType: "CONTAINS", Value: pick(r, someValues)}
	case 3:
		c.String = &report.StringFilter{MatchType: "FULL_REGEXP", Value: ".*|a"}
	default:
		c.String = &report.StringFilter{MatchType: "EXACT", Value: pick(r, someValues)}
	}
	return c
}

func anySoundFilter(r *rand.Rand) *report.Filter { return anyChecked(r, CheckFilter) }

func anyTokenFilter(r *rand.Rand) *report.Filter { return anyChecked(r, CheckTokenFilter) }

func anyChecked(r *rand.Rand, check func(*report.Filter) error) *report.Filter {
	for {
		if f := anyFilter(r, 3); check(f) == nil {
			return f
		}
	}
}

// TestNoFilterLetsARowThrough is promise 5: whatever a client writes, and whatever a
// host adds, every row that is let through satisfies the mandatory filter, and
// the answer is exactly the conjunction of the three.
func TestNoFilterLetsARowThrough(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 20_000 {
		v := View{Account: "main", Property: "1", Filter: anySoundFilter(r)}
		var extra *report.Filter
		if r.IntN(2) == 0 {
			extra = anySoundFilter(r)
		}
		q := sessions()
		q.DimensionFilter = anyFilter(r, 4)
		if v.check(q, extra) != nil {
			continue
		}
		accepted++
		got, _, err := v.narrow(q, extra, time.UTC, time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.DimensionFilter.AndGroup.Expressions[0], v.Filter) {
			t.Fatal("the mandatory filter is not the first of the outermost and-group")
		}
		for range 10 {
			data := row{"country": pick(r, someValues), "browser": pick(r, someValues), "pagePath": pick(r, someValues)}
			want := holds(v.Filter, data) && holds(extra, data) && holds(q.DimensionFilter, data)
			if holds(got.DimensionFilter, data) != want {
				t.Fatalf("row %v: let through %v, want %v", data, !want, want)
			}
		}
	}
	if accepted < 5000 {
		t.Errorf("only %d of the filters were sound: the test looks at too little", accepted)
	}
}

// FuzzGate sends anything that decodes as a request through the gate and looks at
// what reaches the source.
func FuzzGate(f *testing.F) {
	for _, seed := range []string{
		`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"today"}]}`,
		`{"dimensions":[{"name":"city"}],"dateRanges":[{"startDate":"2020-01-01","endDate":"today"}]}`,
		`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"3daysAgo","endDate":"2daysAgo","name":"a"},{"startDate":"9daysAgo","endDate":"today"}],"orderBys":[{"dimension":{"dimensionName":"dateRange"}},{"desc":true,"metric":{"metricName":"sessions"}}],"limit":"99999999","offset":3}`,
		`{"metrics":[{"name":"keyEvents:x"}],"dimensionFilter":{"orGroup":{"expressions":[{"filter":{"fieldName":"city","emptyFilter":{}}},{"notExpression":{"filter":{"fieldName":"country","stringFilter":{"value":"x"}}}}]}},"dateRanges":[{"startDate":"today","endDate":"today"}]}`,
		`{"dimensions":[{"name":"country"}],"minuteRanges":[{"startMinutesAgo":29,"endMinutesAgo":0}]}`,
		`{"metrics":[{"name":"activeUsers"}],"metricFilter":{"filter":{"fieldName":"totalRevenue","numericFilter":{"operation":"GREATER_THAN","value":{"doubleValue":1}}}}}`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	v := shop()
	v.History = History{Days: 10}
	v.MaxRows = 100
	f.Fuzz(func(t *testing.T, body []byte, realtime bool) {
		decode := report.DecodeRunReport
		if realtime {
			decode = report.DecodeRunRealtimeReport
		}
		q, err := decode(body)
		if err != nil {
			return
		}
		w, g, r := start(t, v)
		_, err = g.Report(bg, grant(t, r, Claim{Views: []string{"shop"}}), "shop", q)
		if len(w.decisions) != 1 {
			t.Fatalf("%d decisions", len(w.decisions))
		}
		if err != nil && report.KindOf(err) == report.Internal {
			t.Fatalf("neither an answer nor a reason: %v", err)
		}
		for _, q := range w.asked {
			checkNarrowed(t, v, q)
		}
	})
}

// checkNarrowed fails the test unless q is one that a view may be asked.
func checkNarrowed(t *testing.T, v View, q report.Query) {
	t.Helper()
	if q.Account != v.Account || q.Property != v.Property {
		t.Errorf("asked %q about %q", q.Account, q.Property)
	}
	outermost := q.DimensionFilter
	if outermost.AndGroup != nil {
		outermost = outermost.AndGroup.Expressions[0]
	}
	if !reflect.DeepEqual(outermost, v.Filter) {
		t.Errorf("the mandatory filter is not outermost: %+v", q.DimensionFilter)
	}
	for _, d := range q.DateRanges {
		start, err := report.ParseDate(d.StartDate)
		if err != nil || start.Before(day("2026-11-14")) {
			t.Errorf("range %v", d)
		}
		if _, err := report.ParseDate(d.EndDate); err != nil {
			t.Errorf("range %v", d)
		}
	}
	if q.Limit < 1 || q.Limit > report.Int64(v.MaxRows) {
		t.Errorf("limit %d", q.Limit)
	}
	for _, name := range names(q) {
		lower := strings.ToLower(name)
		for _, hidden := range []string{"totalrevenue", "keyevents", "conversions", "dayofweek", "dayofweekzero", "customevent"} {
			if base, _, _ := strings.Cut(lower, ":"); base == hidden || lower == "city" {
				t.Errorf("the hidden field %s reached the source", name)
			}
		}
	}
}

func names(q report.Query) (all []string) {
	for _, d := range q.Dimensions {
		all = append(all, d.Name)
	}
	for _, m := range q.Metrics {
		all = append(all, m.Name)
	}
	for _, o := range q.OrderBys {
		if o.Metric != nil {
			all = append(all, o.Metric.MetricName)
		}
		if o.Dimension != nil {
			all = append(all, o.Dimension.DimensionName)
		}
	}
	visit := func(c *report.Condition) { all = append(all, c.FieldName) }
	q.DimensionFilter.Walk(visit)
	q.MetricFilter.Walk(visit)
	return all
}
