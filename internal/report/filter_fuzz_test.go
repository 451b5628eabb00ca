package report

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// written writes a filter that ParseFilter or ParseMetricFilter made, so that they
// read it again.
func written(f *Filter) string {
	switch {
	case f.AndGroup != nil:
		return joined(f.AndGroup, ";")
	case f.OrGroup != nil:
		return joined(f.OrGroup, ",")
	case f.Not != nil:
		return compared(f.Not.Condition, "!=", "!@", "!~")
	}
	return compared(f.Condition, "==", "=@", "=~")
}

func joined(l *FilterList, sep string) string {
	parts := make([]string, len(l.Expressions))
	for i, f := range l.Expressions {
		parts[i] = written(f)
	}
	return strings.Join(parts, sep)
}

func compared(c *Condition, equal, contains, matches string) string {
	if c.Numeric != nil {
		op := map[string]string{"EQUAL": equal, "GREATER_THAN": ">", "LESS_THAN": "<", "GREATER_THAN_OR_EQUAL": ">=", "LESS_THAN_OR_EQUAL": "<="}[c.Numeric.Operation]
		return c.FieldName + op + writtenNumber(c.Numeric.Value)
	}
	op := map[string]string{"EXACT": equal, "CONTAINS": contains, "PARTIAL_REGEXP": matches}[c.String.MatchType]
	return FilterTerm{Field: c.FieldName, Op: op, Value: c.String.Value}.String()
}

func writtenNumber(v NumericValue) string {
	if v.Int64 != nil {
		return strconv.FormatInt(int64(*v.Int64), 10)
	}
	return strconv.FormatFloat(*v.Double, 'e', -1, 64)
}

// FuzzParseFilter checks that what is read is a question that Google could answer,
// and that it is the same when it is written and read again.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"", "country==New Zealand;deviceCategory!=mobile,browser=@Chrome", `pageTitle==a\,b\;c\\d;date>=20260101`, "a==1,b!=2;c=@3,d!@4;e=~5,f!~6",
		"hour>1;day<2.5;week>=3;year<=-4", `a=~^\(none\)$`, `a==\`, "a==;", ",;", "a=== x ", "a==\xff", "ga:a==b", "sessions>1e3", "a=~(", "a==b),(c==d",
		"customUser:x==y;customEvent:z!=(not set)", "a\x00==b", "a==b\nc==d", "a==\u2028",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sound(t, s, ParseFilter, func(q *Query, f *Filter) { q.DimensionFilter = f })
		sound(t, s, ParseMetricFilter, func(q *Query, f *Filter) { q.MetricFilter = f })
		w, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var either WrittenFilter
		_ = either.UnmarshalJSON(w) // must not panic
	})
}

func sound(t *testing.T, s string, parse func(string) (*Filter, error), put func(*Query, *Filter)) {
	t.Helper()
	f, err := parse(s)
	if err != nil {
		return
	}
	q := Query{Metrics: []Metric{{Name: "sessions"}}, DateRanges: []DateRange{{StartDate: "today", EndDate: "today"}}}
	put(&q, f)
	if err := q.Validate(); err != nil {
		t.Fatalf("%q is read, and %v", s, err)
	}
	text := written(f)
	if len(text) > maxText {
		return // escapes made it too long to read
	}
	again, err := parse(text)
	if err != nil {
		t.Fatalf("%q is written as %q, which is not read: %v", s, text, err)
	}
	if !reflect.DeepEqual(f, again) {
		t.Fatalf("%q is written as %q and read as something else", s, text)
	}
}

// FuzzWrittenFilter checks that a filter of either form is read the same when it is
// written and read again.
func FuzzWrittenFilter(f *testing.F) {
	for _, s := range []string{
		`"country==x;city!=y,hour>3"`, `""`, `null`, `7`, `{}`, `"\u0000"`,
		`{"andGroup":{"expressions":[{"filter":{"fieldName":"country","inListFilter":{"values":["x"],"caseSensitive":true}}},
		 {"not_expression":{"filter":{"fieldName":"city","stringFilter":{"matchType":5,"value":"a|b"}}}},
		 {"filter":{"fieldName":"hour","betweenFilter":{"fromValue":{"int64Value":"1"},"toValue":{"doubleValue":2.5}}}}]}}`,
		`{"filter":{"fieldName":"a","emptyFilter":{}},"filter":{}}`,
		strings.Repeat(`{"notExpression":`, 30),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var read, again WrittenFilter
		if err := read.UnmarshalJSON(b); err != nil {
			if KindOf(err) != Invalid {
				t.Fatalf("%v is %v", err, KindOf(err))
			}
			return
		}
		text, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalJSON(text); err != nil {
			t.Fatalf("%s is written and refused: %v", text, err)
		}
		if twice, _ := json.Marshal(again); string(twice) != string(text) {
			t.Fatalf("%s is read and written as %s", text, twice)
		}
	})
}
