// Package reporttest lists every value in a query, so that tests of packages that must handle all of them fail when a member
// is added and forgotten.
package reporttest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// A Leaf is one string, number or boolean in a query.
type Leaf struct {
	Path   string // such as DimensionFilter.AndGroup.Expressions[2].Condition.FieldName
	Member string // its type and field, such as Condition.FieldName
	v      reflect.Value
}

// Text returns the value and true if the leaf is a string.
func (l Leaf) Text() (text string, ok bool) { return l.v.String(), l.v.Kind() == reflect.String }

// SetText sets the value of a string.
func (l Leaf) SetText(s string) { l.v.SetString(s) }

// Alter changes the value.
func (l Leaf) Alter() {
	switch l.v.Kind() {
	case reflect.String:
		l.v.SetString(l.v.String() + "x")
	case reflect.Bool:
		l.v.SetBool(!l.v.Bool())
	case reflect.Float64:
		l.v.SetFloat(l.v.Float() + 0.5)
	case reflect.Uint8:
		l.v.SetUint(l.v.Uint() + 1)
	default:
		l.v.SetInt(l.v.Int() + 1)
	}
}

// Equal reports whether the leaves have the same value.
func (l Leaf) Equal(other Leaf) bool { return l.v.Equal(other.v) }

// NamesField reports whether the leaf is a string that may name a field. The strings that don't are listed explicitly, so
// that whoever adds one has to decide.
func (l Leaf) NamesField() bool {
	_, text := l.Text()
	return text && !notFields[l.Member]
}

var notFields = map[string]bool{
	"Query.Account": true, "Query.Property": true, "Query.CurrencyCode": true, "Query.MetricAggregations": true,
	"DateRange.StartDate": true, "DateRange.EndDate": true, "DateRange.Name": true, "MinuteRange.Name": true,
	"StringFilter.MatchType": true, "StringFilter.Value": true, "InListFilter.Values": true, "NumericFilter.Operation": true,
	"DimensionOrder.OrderType": true, "Pivot.MetricAggregations": true, "PivotSelection.DimensionValue": true, "Comparison.Name": true, "ConcatenateExpression.Delimiter": true,
	// With an expression, as always in Full, these are aliases.
	"Dimension.Name": true, "Metric.Name": true,
}

// oneOf are the types with exactly one pointer set.
var oneOf = map[reflect.Type]bool{
	reflect.TypeFor[report.Filter](): true, reflect.TypeFor[report.Condition](): true, reflect.TypeFor[report.NumericValue](): true,
	reflect.TypeFor[report.OrderBy](): true, reflect.TypeFor[report.DimensionExpression](): true,
}

// Full returns a query with every member set, each to a different value; lists have an element for each alternative. The
// result is deterministic.
func Full() report.Query {
	m := &maker{known: map[shape]int{}}
	return m.variant(reflect.TypeFor[report.Query](), 0, 0).Interface().(report.Query)
}

// maxNesting bounds filters within filters.
const maxNesting = 2

// A maker makes values that all differ.
type maker struct {
	n     int
	known map[shape]int // alternatives
}

type shape struct {
	reflect.Type
	nesting int
}

// alternatives returns how many variants a type has within so many filters.
func (m *maker) alternatives(t reflect.Type, nesting int) int {
	switch t.Kind() {
	case reflect.Pointer:
		return m.alternatives(t.Elem(), nesting)
	case reflect.Struct:
		n, ok := m.known[shape{t, nesting}]
		if !ok {
			n = m.ofStruct(t, nesting)
			m.known[shape{t, nesting}] = n
		}
		return n
	}
	return 1
}

func (m *maker) ofStruct(t reflect.Type, nesting int) int {
	sum, most := 0, 1
	for _, f := range members(t, nesting) {
		n := m.alternatives(f.Type, inside(t, nesting))
		most = max(most, n)
		if f.Type.Kind() == reflect.Pointer {
			sum += n
		}
	}
	if oneOf[t] {
		return sum
	}
	return most
}

// members returns the fields of a struct to set.
func members(t reflect.Type, nesting int) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return !f.IsExported() || t == filter && nesting >= maxNesting && f.Name != "Condition"
	})
}

var filter = reflect.TypeFor[report.Filter]()

func inside(t reflect.Type, nesting int) int {
	if t == filter {
		nesting++
	}
	return nesting
}

// variant makes the n-th variant of a type, sharing nothing.
func (m *maker) variant(t reflect.Type, nesting, n int) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(m.variant(t.Elem(), nesting, n))
	case reflect.Slice:
		for i := range m.alternatives(t.Elem(), nesting) {
			v.Set(reflect.Append(v, m.variant(t.Elem(), nesting, i)))
		}
	case reflect.Struct:
		m.fill(v, nesting, n)
	default:
		m.scalar(v)
	}
	return v
}

func (m *maker) fill(v reflect.Value, nesting, n int) {
	t := v.Type()
	for _, f := range members(t, nesting) {
		ways := m.alternatives(f.Type, inside(t, nesting))
		if oneOf[t] && f.Type.Kind() == reflect.Pointer {
			if n < 0 || n >= ways {
				n -= ways
				continue
			}
			v.FieldByIndex(f.Index).Set(m.variant(f.Type, inside(t, nesting), n))
			n = -1
			continue
		}
		v.FieldByIndex(f.Index).Set(m.variant(f.Type, inside(t, nesting), n%ways))
	}
}

func (m *maker) scalar(v reflect.Value) {
	m.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("name%d", m.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(m.n) + 0.25)
	case reflect.Uint8:
		v.SetUint(1)
	default:
		v.SetInt(int64(m.n) % 100)
	}
}

// Leaves returns the leaves of a query; changing them changes the query.
func Leaves(q *report.Query) []Leaf {
	var all []Leaf
	walk(reflect.ValueOf(q).Elem(), "", "", &all)
	return all
}

// EachLeaf calls visit for each leaf of q and then restores the leaf, which is much faster than a new query for each. A visit
// that changes anything else fails the test.
func EachLeaf(t testing.TB, q *report.Query, visit func(Leaf)) {
	t.Helper()
	before := q.Clone()
	for _, l := range Leaves(q) {
		original := reflect.ValueOf(l.v.Interface())
		visit(l)
		l.v.Set(original)
	}
	if !reflect.DeepEqual(*q, before) {
		t.Error("a visit changed more of the query than its leaf")
	}
}

func walk(v reflect.Value, path, member string, into *[]Leaf) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			walk(v.Field(i), strings.TrimPrefix(path+"."+f.Name, "."), v.Type().Name()+"."+f.Name, into)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), path, member, into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), member, into)
		}
	default:
		*into = append(*into, Leaf{path, member, v})
	}
}
