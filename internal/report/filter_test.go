package report

import (
	"reflect"
	"slices"
	"testing"
)

func city(value string) *Filter {
	return &Filter{Condition: &Condition{FieldName: "city", String: &StringFilter{Value: value}}}
}

// deep is a filter that uses every kind of expression and of test.
func deep() *Filter {
	number := func(n Int64) NumericValue { return NumericValue{Int64: &n} }
	test := func(c Condition) *Filter { return &Filter{Condition: &c} }
	return &Filter{AndGroup: &FilterList{Expressions: []*Filter{
		city("a"),
		{OrGroup: &FilterList{Expressions: []*Filter{
			test(Condition{FieldName: "country", InList: &InListFilter{Values: []string{"x", "y"}, CaseSensitive: true}}),
			test(Condition{FieldName: "hour", Numeric: &NumericFilter{Operation: "EQUAL", Value: number(3)}}),
		}}},
		{Not: test(Condition{FieldName: "day", Between: &BetweenFilter{FromValue: number(1), ToValue: NumericValue{Double: new(2.5)}}})},
		test(Condition{FieldName: "pagePath", Empty: &EmptyFilter{}}),
	}}}
}

func TestAnd(t *testing.T) {
	a, b := city("a"), city("b")
	if And() != nil || And(nil, nil) != nil {
		t.Error("nothing is not nil")
	}
	if And(nil, a) != a {
		t.Error("one is not itself")
	}
	or := &Filter{OrGroup: &FilterList{Expressions: []*Filter{a, b}}}
	got := And(city("mandatory"), nil, or)
	if got.AndGroup == nil || len(got.AndGroup.Expressions) != 2 || got.AndGroup.Expressions[1] != or {
		t.Errorf("an or-group was not kept whole: %+v", got)
	}
}

func TestAndDoesNotChangeItsArguments(t *testing.T) {
	args := []*Filter{nil, city("a"), nil, city("b")}
	before := slices.Clone(args)
	And(args...)
	if !slices.Equal(args, before) {
		t.Error("And changed its arguments")
	}
}

func TestWalkVisitsEveryCondition(t *testing.T) {
	var seen []string
	deep().Walk(func(c *Condition) { seen = append(seen, c.FieldName) })
	if want := []string{"city", "country", "hour", "day", "pagePath"}; !slices.Equal(seen, want) {
		t.Errorf("saw %v, want %v", seen, want)
	}
	(*Filter)(nil).Walk(func(*Condition) { t.Error("saw a condition in nothing") })
	(&Filter{AndGroup: &FilterList{Expressions: []*Filter{nil}}}).Walk(func(*Condition) { t.Error("saw a condition in nothing") })
}

func TestCloneSharesNothing(t *testing.T) {
	f := deep()
	c := f.Clone()
	if !reflect.DeepEqual(c, f) {
		t.Fatal("the clone differs")
	}
	c.Walk(func(c *Condition) {
		c.FieldName = "changed"
		switch {
		case c.String != nil:
			c.String.Value = "changed"
		case c.InList != nil:
			c.InList.Values[0] = "changed"
		case c.Numeric != nil:
			*c.Numeric.Value.Int64 = 99
		case c.Between != nil:
			*c.Between.FromValue.Int64, *c.Between.ToValue.Double = 99, 99
		}
	})
	c.AndGroup.Expressions[0] = nil
	if !reflect.DeepEqual(f, deep()) {
		t.Error("changing the clone changed the filter")
	}
	if (*Filter)(nil).Clone() != nil {
		t.Error("a clone of nothing is something")
	}
}
