package emulator

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// A filterCompiler turns a filter of a request into one of the world, or into a
// test of metric values (HAVING).
type filterCompiler struct {
	fields *catalog
	live   bool
	// column returns the index of a metric in the rows to be tested, and its type. It adds
	// a metric that is not requested.
	column func(name string) (index int, kind string, err error)
	// derived tells the dimensions that the request makes by expressions.
	derived func(name string) bool
}

const oneOfFilters = "Filter expressions must set exactly one of and_group, or_group, not_expression or filter."

// dimensions compiles a dimensionFilter.
func (fc *filterCompiler) dimensions(x *filterExpression) (world.Expr, error) {
	switch {
	case x == nil:
		return nil, invalidArgument(oneOfFilters)
	case x.AndGroup != nil:
		list, err := fc.dimensionList(x.AndGroup)
		return world.And(list), err
	case x.OrGroup != nil:
		list, err := fc.dimensionList(x.OrGroup)
		return world.Or(list), err
	case x.Not != nil:
		inner, err := fc.dimensions(x.Not)
		return world.Not{X: inner}, err
	case x.Filter != nil:
		return fc.dimensionMatch(x.Filter)
	}
	return nil, invalidArgument(oneOfFilters)
}

func (fc *filterCompiler) dimensionList(l *filterList) ([]world.Expr, error) {
	if len(l.Expressions) == 0 {
		return nil, invalidArgument("Filter expression lists must not be empty.")
	}
	var list []world.Expr
	for _, x := range l.Expressions {
		e, err := fc.dimensions(x)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (fc *filterCompiler) dimensionMatch(f *filterAsk) (world.Expr, error) {
	if fc.derived(f.FieldName) {
		test, err := f.test()
		return world.Match{Dimension: f.FieldName, Test: test}, err
	}
	if _, err := fc.fields.metric(f.FieldName, fc.live); err == nil {
		return nil, invalidArgument("Found duplicate dimensions/metrics.")
	}
	d, err := fc.fields.dimension(f.FieldName, fc.live)
	if err != nil {
		return nil, err
	}
	test, err := f.test()
	if err != nil {
		return nil, err
	}
	if !d.made {
		return constant(test(notSet)), nil
	}
	return world.Match{Dimension: d.name, Test: test}, nil
}

// notSet is the value of a dimension that the site never set.
const notSet = "(not set)"

// constant is an expression that is true, or false, for every event.
func constant(v bool) world.Expr {
	if v {
		return world.And{}
	}
	return world.Or{}
}

// A rowTest tells whether a row's metric values pass.
type rowTest func(values []float64) bool

// metrics compiles a metricFilter.
func (fc *filterCompiler) metrics(x *filterExpression) (rowTest, error) {
	switch {
	case x == nil:
		return nil, invalidArgument(oneOfFilters)
	case x.AndGroup != nil:
		list, err := fc.metricList(x.AndGroup)
		return func(v []float64) bool {
			return !slices.ContainsFunc(list, func(t rowTest) bool { return !t(v) })
		}, err
	case x.OrGroup != nil:
		list, err := fc.metricList(x.OrGroup)
		return func(v []float64) bool {
			return slices.ContainsFunc(list, func(t rowTest) bool { return t(v) })
		}, err
	case x.Not != nil:
		inner, err := fc.metrics(x.Not)
		return func(v []float64) bool { return !inner(v) }, err
	case x.Filter != nil:
		return fc.metricMatch(x.Filter)
	}
	return nil, invalidArgument(oneOfFilters)
}

func (fc *filterCompiler) metricList(l *filterList) ([]rowTest, error) {
	if len(l.Expressions) == 0 {
		return nil, invalidArgument("Filter expression lists must not be empty.")
	}
	var list []rowTest
	for _, x := range l.Expressions {
		t, err := fc.metrics(x)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func (fc *filterCompiler) metricMatch(f *filterAsk) (rowTest, error) {
	if _, err := fc.fields.dimension(f.FieldName, fc.live); err == nil {
		return nil, invalidArgument("Found duplicate dimensions/metrics.")
	}
	col, kind, err := fc.column(f.FieldName)
	if err != nil {
		return nil, err
	}
	if f.Numeric != nil || f.Between != nil {
		test := f.numberTest()
		return func(v []float64) bool { return test(v[col]) }, nil
	}
	test, err := f.test()
	if err != nil {
		return nil, err
	}
	return func(v []float64) bool { return test(formatMetric(v[col], kind)) }, nil
}

// test returns the condition as a test of text. Numbers are compared with
// text that reads as a number; other text never passes.
func (f *filterAsk) test() (func(string) bool, error) {
	switch {
	case f.String != nil:
		return f.String.test()
	case f.InList != nil:
		return f.InList.test()
	case f.Numeric != nil, f.Between != nil:
		number := f.numberTest()
		return func(s string) bool {
			v, err := strconv.ParseFloat(s, 64)
			return err == nil && number(v)
		}, nil
	case f.Empty != nil:
		return func(s string) bool { return s == "" || s == notSet }, nil
	}
	return nil, invalidArgument("Filter for field %s must set exactly one of string_filter, in_list_filter, numeric_filter, between_filter or empty_filter.", f.FieldName)
}

func (f *filterAsk) numberTest() func(float64) bool {
	if f.Between != nil {
		from, to := f.Between.From.number(), f.Between.To.number()
		return func(v float64) bool { return from <= v && v <= to }
	}
	want := f.Numeric.Value.number()
	switch f.Numeric.Operation {
	case "LESS_THAN":
		return func(v float64) bool { return v < want }
	case "LESS_THAN_OR_EQUAL":
		return func(v float64) bool { return v <= want }
	case "GREATER_THAN":
		return func(v float64) bool { return v > want }
	case "GREATER_THAN_OR_EQUAL":
		return func(v float64) bool { return v >= want }
	}
	return func(v float64) bool { return v == want }
}

func (f *stringFilter) test() (func(string) bool, error) {
	switch f.MatchType {
	case "FULL_REGEXP":
		return regexpTest(`^(?:`+f.Value+`)$`, f.Value, f.CaseSensitive)
	case "PARTIAL_REGEXP":
		return regexpTest(f.Value, f.Value, f.CaseSensitive)
	}
	compare := map[string]func(s, part string) bool{
		"BEGINS_WITH": strings.HasPrefix, "ENDS_WITH": strings.HasSuffix, "CONTAINS": strings.Contains,
	}[f.MatchType]
	if compare == nil {
		compare = func(s, all string) bool { return s == all }
	}
	fold := folding(f.CaseSensitive)
	want := fold(f.Value)
	return func(s string) bool { return compare(fold(s), want) }, nil
}

func (f *inListFilter) test() (func(string) bool, error) {
	if len(f.Values) == 0 {
		return nil, invalidArgument("In list filters must have at least one value.")
	}
	fold := folding(f.CaseSensitive)
	want := map[string]bool{}
	for _, v := range f.Values {
		want[fold(v)] = true
	}
	return func(s string) bool { return want[fold(s)] }, nil
}

func folding(caseSensitive bool) func(string) string {
	if caseSensitive {
		return func(s string) string { return s }
	}
	return strings.ToLower
}

// regexpTest compiles an RE2 pattern; shown is the client's part of it.
func regexpTest(pattern, shown string, caseSensitive bool) (func(string) bool, error) {
	if _, err := regexp.Compile(shown); err != nil {
		// Compiled alone, so that it cannot close the group put around it.
		return nil, invalidArgument("Invalid regular expression: %s", shown)
	}
	if !caseSensitive {
		pattern = "(?i)" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, invalidArgument("Invalid regular expression: %s", shown)
	}
	return re.MatchString, nil
}
