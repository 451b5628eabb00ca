// Package reporttest finds all that a query says, so that the tests of a package
// that must know every part of one fail when a part is added that it forgets.
package reporttest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// A Leaf is one text, number or truth value in a query.
type Leaf struct {
	Path   string // where it stands, such as DimensionFilter.AndGroup.Expressions[2].Condition.FieldName
	Member string // the type and member that hold it, such as Condition.FieldName
	v      reflect.Value
}

// Text returns the text, and whether the leaf is one.
func (l Leaf) Text() (text string, ok bool) { return l.v.String(), l.v.Kind() == reflect.String }

// SetText gives the leaf another text.
func (l Leaf) SetText(s string) { l.v.SetString(s) }

// Alter gives the leaf another value.
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

// Equal reports whether the leaves have one value.
func (l Leaf) Equal(other Leaf) bool { return l.v.Equal(other.v) }

// NamesField reports whether the leaf is a text by which a query may name a field.
// Texts that are known to name none are listed below, so that whoever adds one
// decides.
func (l Leaf) NamesField() bool {
	_, text := l.Text()
	return text && !notFields[l.Member]
}

var notFields = map[string]bool{
	"Query.Account": true, "Query.Property": true, "Query.CurrencyCode": true, "Query.MetricAggregations": true,
	"DateRange.StartDate": true, "DateRange.EndDate": true, "DateRange.Name": true, "MinuteRange.Name": true,
	"StringFilter.MatchType": true, "StringFilter.Value": true, "InListFilter.Values": true, "NumericFilter.Operation": true,
	"DimensionOrder.OrderType": true, "Pivot.MetricAggregations": true, "PivotSelection.DimensionValue": true, "Comparison.Name": true, "ConcatenateExpression.Delimiter": true,
	// Where there is an expression, which Full always has, they name it.
	"Dimension.Name": true, "Metric.Name": true,
}

// oneOf are the types of which exactly one member that is a pointer is set.
var oneOf = map[reflect.Type]bool{
	reflect.TypeFor[report.Filter](): true, reflect.TypeFor[report.Condition](): true, reflect.TypeFor[report.NumericValue](): true,
	reflect.TypeFor[report.OrderBy](): true, reflect.TypeFor[report.DimensionExpression](): true,
}

// Full returns a query of which every member is set, to another value each; lists
// hold an element for each alternative that their elements have. It is the same
// each time.
func Full() report.Query {
	m := &maker{known: map[shape]int{}}
	return m.variant(reflect.TypeFor[report.Query](), 0, 0).Interface().(report.Query)
}

// maxNesting bounds filters in filters.
const maxNesting = 2

// A maker makes values of which none equals another.
type maker struct {
	n     int
	known map[shape]int // alternatives
}

type shape struct {
	reflect.Type
	nesting int
}

// alternatives returns how many variants a type has; nesting is how many filters
// it stands in.
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

// members returns the members of a struct that are set.
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

// variant makes the n-th variant of a type; all that it points to is its own.
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

// Leaves returns the leaves of a query, of whose lists and pointers it changes the
// elements.
func Leaves(q *report.Query) []Leaf {
	var all []Leaf
	walk(reflect.ValueOf(q).Elem(), "", "", &all)
	return all
}

// EachLeaf visits each leaf of q, which a visit may give another value: after it the
// leaf has its own again. A visit that changes anything else fails the test. That
// is faster by far than a query for each leaf.
func EachLeaf(t testing.TB, q *report.Query, visit func(Leaf)) {
	t.Helper()
	before := q.Clone()
	for _, l := range Leaves(q) {
		own := reflect.New(l.v.Type()).Elem()
		own.Set(l.v)
		visit(l)
		l.v.Set(own)
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
			at := f.Name
			if path != "" {
				at = path + "." + f.Name
			}
			walk(v.Field(i), at, v.Type().Name()+"."+f.Name, into)
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
