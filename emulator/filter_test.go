package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
)

// A tree is a filter as the naive evaluator of this test knows it: a function of
// the values of one event, beside the JSON that is sent.
type tree struct {
	json string
	eval func(value func(string) string) bool
}

var filterFields = []string{"country", "deviceCategory", "browser", "eventName", "hour", "city"}

// A gardener grows random filters from values that occur.
type gardener struct {
	*rand.Rand
	values map[string][]string
}

func (g *gardener) grow(depth int) tree {
	if depth == 0 || g.IntN(3) == 0 {
		return g.leaf()
	}
	switch g.IntN(3) {
	case 0:
		inner := g.grow(depth - 1)
		return tree{
			`{"notExpression":` + inner.json + `}`,
			func(v func(string) string) bool { return !inner.eval(v) },
		}
	case 1:
		a, b := g.grow(depth-1), g.grow(depth-1)
		return tree{
			`{"andGroup":{"expressions":[` + a.json + `,` + b.json + `]}}`,
			func(v func(string) string) bool { return a.eval(v) && b.eval(v) },
		}
	}
	a, b := g.grow(depth-1), g.grow(depth-1)
	return tree{
		`{"orGroup":{"expressions":[` + a.json + `,` + b.json + `]}}`,
		func(v func(string) string) bool { return a.eval(v) || b.eval(v) },
	}
}

func (g *gardener) leaf() tree {
	field := filterFields[g.IntN(len(filterFields))]
	condition, test := g.condition(field)
	return tree{
		`{"filter":{"fieldName":"` + field + `",` + condition + `}}`,
		func(v func(string) string) bool { return test(v(field)) },
	}
}

func (g *gardener) condition(field string) (string, func(string) bool) {
	value := g.values[field][g.IntN(len(g.values[field]))]
	part := value[:1+g.IntN(len(value))]
	sensitive := g.IntN(2) == 0
	same := func(s string) string {
		if sensitive {
			return s
		}
		return strings.ToLower(s)
	}
	if g.IntN(2) == 0 {
		part, value = strings.ToUpper(part), strings.ToUpper(value)
	}
	text := func(match, v string) string {
		q, _ := json.Marshal(v)
		return fmt.Sprintf(`"stringFilter":{"matchType":"%s","value":%s,"caseSensitive":%t}`, match, q, sensitive)
	}
	switch g.IntN(8) {
	case 0:
		return text("EXACT", value), func(s string) bool { return same(s) == same(value) }
	case 1:
		return text("BEGINS_WITH", part), func(s string) bool { return strings.HasPrefix(same(s), same(part)) }
	case 2:
		return text("CONTAINS", part), func(s string) bool { return strings.Contains(same(s), same(part)) }
	case 3:
		return text("PARTIAL_REGEXP", regexp.QuoteMeta(part)), func(s string) bool { return strings.Contains(same(s), same(part)) }
	case 4:
		return text("FULL_REGEXP", regexp.QuoteMeta(part)+".*|x"), func(s string) bool {
			return strings.HasPrefix(same(s), same(part)) || same(s) == "x"
		}
	case 5:
		q, _ := json.Marshal([]string{value, "nowhere"})
		return fmt.Sprintf(`"inListFilter":{"values":%s,"caseSensitive":%t}`, q, sensitive),
			func(s string) bool { return same(s) == same(value) }
	case 6:
		return `"betweenFilter":{"fromValue":{"int64Value":"3"},"toValue":{"doubleValue":11.5}}`, func(s string) bool {
			n, err := strconv.ParseFloat(s, 64)
			return err == nil && n >= 3 && n <= 11.5
		}
	}
	return `"emptyFilter":{}`, func(s string) bool { return s == "" || s == "(not set)" }
}

// Any filter selects the events that a naive reading of it selects.
func TestFiltersAgainstNaive(t *testing.T) {
	l := newLab(t)
	w := l.emulator.World()
	site, _ := l.emulator.site(l.property)
	spans, err := spans([]dateRangeAsk{{StartDate: "5daysAgo", EndDate: "today"}}, labNow, site.zone)
	if err != nil {
		t.Fatal(err)
	}
	var events []world.Event
	g := &gardener{rand.New(rand.NewPCG(3, 4)), map[string][]string{}}
	seen := map[string]bool{}
	w.Events(l.property, func(ev world.Event) bool {
		if ev.Time.Before(spans[0].From) || !ev.Time.Before(spans[0].To) || !ev.Time.Before(labNow) {
			return true
		}
		events = append(events, ev)
		for _, f := range filterFields {
			if v := ev.Value(f); v != "" && !seen[f+v] {
				seen[f+v] = true
				g.values[f] = append(g.values[f], v)
			}
		}
		return true
	})
	if len(events) < 100 {
		t.Fatalf("only %d events", len(events))
	}
	matched := 0
	for range 150 {
		f := g.grow(3)
		want := map[string]int{}
		for _, ev := range events {
			if f.eval(ev.Value) {
				want[ev.Value("deviceCategory")]++
			}
		}
		a := l.report(`{"dateRanges":[{"startDate":"5daysAgo","endDate":"today"}],"dimensions":[{"name":"deviceCategory"}],
			"metrics":[{"name":"eventCount"}],"dimensionFilter":` + f.json + `}`)
		got := map[string]int{}
		for _, r := range a.Rows {
			n, err := strconv.Atoi(r.MetricValues[0].Value)
			if err != nil {
				t.Fatal(err)
			}
			got[r.DimensionValues[0].Value] = n
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%s\n got %v\nwant %v", f.json, got, want)
		}
		matched += len(got)
	}
	if matched == 0 {
		t.Error("no filter matched anything: the test tests nothing")
	}
}

// HAVING on a metric that is requested or not selects the rows that a client
// would select.
func TestMetricFilter(t *testing.T) {
	l := newLab(t)
	all := l.report(`{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"eventCount"},{"name":"sessions"}]}`)
	var want []string
	for _, r := range all.Rows {
		if n, _ := strconv.Atoi(r.MetricValues[1].Value); n >= 2 && n != 3 {
			want = append(want, r.DimensionValues[0].Value)
		}
	}
	if len(want) == 0 || len(want) == len(all.Rows) {
		t.Fatal("the filter must keep some rows and drop some")
	}
	having := `"metricFilter":{"andGroup":{"expressions":[
		{"filter":{"fieldName":"sessions","numericFilter":{"operation":"GREATER_THAN_OR_EQUAL","value":{"int64Value":2}}}},
		{"notExpression":{"filter":{"fieldName":"sessions","numericFilter":{"operation":"EQUAL","value":{"doubleValue":3.0}}}}}]}}`
	a := l.report(`{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"eventCount"}],"metricAggregations":["TOTAL"],` + having + `}`)
	var got []string
	total := 0
	for _, r := range a.Rows {
		if len(r.MetricValues) != 1 {
			t.Fatalf("a metric that only the filter reads is shown: %v", r)
		}
		n, _ := strconv.Atoi(r.MetricValues[0].Value)
		total += n
		got = append(got, r.DimensionValues[0].Value)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	if sum := a.Totals[0].MetricValues[0].Value; sum != strconv.Itoa(total) {
		t.Errorf("total %s of rows that sum up to %d", sum, total)
	}
}

// Totals under HAVING count each user once, over several dimensions too.
func TestMetricFilterTotalsAreDeduplicated(t *testing.T) {
	l := newLab(t)
	ask := func(having string) *reportAnswer {
		return l.report(`{` + week + `,"dimensions":[{"name":"date"},{"name":"deviceCategory"}],` + users + `,"metricAggregations":["TOTAL"]` + having + `}`)
	}
	everything := ask(`,"metricFilter":{"filter":{"fieldName":"eventCount","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"0"}}}}`)
	plain := ask("")
	if got, want := everything.Totals[0].MetricValues[0].Value, plain.Totals[0].MetricValues[0].Value; got != want {
		t.Errorf("total %s with a filter that keeps all rows, %s without", got, want)
	}
}

func TestFilterErrors(t *testing.T) {
	l := newLab(t)
	for _, filter := range []string{
		`{}`, `{"andGroup":{}}`, `{"notExpression":{}}`, `{"filter":{}}`,
		`{"filter":{"fieldName":"city"}}`,
		`{"filter":{"fieldName":"nonsense","emptyFilter":{}}}`,
		`{"filter":{"fieldName":"city","inListFilter":{}}}`,
		`{"filter":{"fieldName":"city","stringFilter":{"matchType":"FULL_REGEXP","value":"("}}}`,
		`{"filter":{"fieldName":"city","stringFilter":{"matchType":"FULL_REGEXP","value":"a)|(b"}}}`,
	} {
		r := l.call("runReport", `{`+week+`,`+users+`,"dimensionFilter":`+filter+`}`)
		if r.status != 400 {
			t.Errorf("%s: %d %s", filter, r.status, r.body)
		}
	}
	r := l.call("runReport", `{`+week+`,`+users+`,"metricFilter":{"filter":{"fieldName":"city","emptyFilter":{}}}}`)
	if _, message := r.failure(t); message != "Found duplicate dimensions/metrics." {
		t.Errorf("dimension in metricFilter: %q", message)
	}
}
