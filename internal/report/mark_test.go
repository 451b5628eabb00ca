package report

import (
	"reflect"
	"testing"
)

func markable() Query {
	f := &Filter{Condition: &Condition{FieldName: "country", String: &StringFilter{Value: "Spain"}}}
	one := 1
	return Query{
		Account: "main", Property: "1", Dimensions: []Dimension{{Name: "date"}}, Metrics: []Metric{{Name: "sessions"}},
		DateRanges: []DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-31"}}, MinuteRanges: []MinuteRange{{StartMinutesAgo: &one}},
		DimensionFilter: f, MetricFilter: f.Clone(), OrderBys: []OrderBy{{Desc: true}}, MetricAggregations: []Aggregation{Total}, Limit: 10, Ages: &Ages{Final: 1},
	}
}

func TestSumIsComputedOnce(t *testing.T) {
	computed := 0
	sum := func(q Query) [32]byte { computed++; return [32]byte{byte(q.Limit)} }
	q := markable().Marked()
	for range 3 {
		if got := q.Sum(sum); got != [32]byte{10} {
			t.Fatal(got)
		}
	}
	if computed != 1 {
		t.Errorf("computed %d times", computed)
	}
	markable().Sum(sum)
	if q.Clone().Sum(sum); computed != 3 {
		t.Errorf("an unmarked query and a clone were computed %d times", computed-1)
	}
}

// TestMarkHoldsForNothingElse changes each field of a copy in turn, so that a new
// field of Query cannot be forgotten.
func TestMarkHoldsForNothingElse(t *testing.T) {
	marked := markable().Marked()
	marked.Sum(func(Query) [32]byte { return [32]byte{1} })
	fields := reflect.TypeFor[Query]()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if !field.IsExported() {
			continue
		}
		changed := marked
		alter(t, field.Name, reflect.ValueOf(&changed).Elem().Field(i))
		if got := changed.Sum(func(Query) [32]byte { return [32]byte{2} }); got != [32]byte{2} {
			t.Errorf("a copy with another %s has the marked query's sum", field.Name)
		}
	}
	if got := marked.Sum(nil); got != [32]byte{1} {
		t.Error("the marked query lost its sum")
	}
}

// alter gives a field another value of its type; slices and pointers the same
// content in another place.
func alter(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Slice:
		again := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(again, v)
		v.Set(again)
	case reflect.Pointer:
		again := reflect.New(v.Type().Elem())
		again.Elem().Set(v.Elem())
		v.Set(again)
	default:
		t.Fatalf("%s: a field of a kind that the test does not know: %s", name, v.Kind())
	}
}
