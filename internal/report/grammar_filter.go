package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxComparisons bounds what a filter's text may hold; its length is bounded by
// maxText.
const maxComparisons = 100

// ParseFilter reads a filter of dimensions written in the grammar of the Core
// Reporting API v3 over GA4's names:
//
//	country==New Zealand;deviceCategory!=mobile,browser=@Chrome
//
// means (country is New Zealand) and (deviceCategory is not mobile or browser
// contains Chrome). The operators are == != =@ !@ (contains) =~ !~ (contains a match of
// an RE2 expression), which take upper and lower case for the same as GA4 does, and
// for dimensions that are numbers or dates > < >= <=. In a value "\,", "\;" and "\\"
// stand for the character itself.
//
// What v3 let pass and nobody means is refused: no filter at all, an empty value,
// spaces around a value. Errors are Invalid and name the place. The result passes
// Validate as a dimensionFilter.
func ParseFilter(s string) (*Filter, error) {
	return parseFilter(s, Comparison.ofDimension)
}

// ParseMetricFilter reads a filter of metrics as ParseFilter reads one of
// dimensions. The operators are == != > < >= <=, the values numbers: sessions>=10.
func ParseMetricFilter(s string) (*Filter, error) {
	return parseFilter(s, Comparison.ofMetric)
}

// asFilter says a comparison in the Data API's words, or why it cannot.
type asFilter func(Comparison) (*Filter, *Error)

func parseFilter(s string, as asFilter) (*Filter, error) {
	switch {
	case strings.TrimSpace(s) == "":
		return nil, Errorf(Invalid, "The filter is empty: leave it out, or write one such as country==New Zealand.")
	case len(s) > maxText:
		return nil, Errorf(Invalid, "The filter has %d bytes; at most %d are read.", len(s), maxText)
	case !utf8.ValidString(s):
		return nil, Errorf(Invalid, "The filter is not UTF-8.")
	}
	groups := ReadComparisons(s)
	if n := count(groups); n > maxComparisons {
		return nil, Errorf(Invalid, "The filter has %d comparisons; at most %d are read.", n, maxComparisons)
	}
	var ands []*Filter
	for _, group := range groups {
		var ors []*Filter
		for _, c := range group {
			f, err := as(c)
			if err != nil {
				return nil, c.located(s, err)
			}
			ors = append(ors, f)
		}
		ands = append(ands, anyOf(ors))
	}
	return And(ands...), nil
}

func count(groups [][]Comparison) int {
	n := 0
	for _, g := range groups {
		n += len(g)
	}
	return n
}

func anyOf(fs []*Filter) *Filter {
	if len(fs) == 1 {
		return fs[0]
	}
	return &Filter{OrGroup: &FilterList{Expressions: fs}}
}

// located puts the place before what is wrong there.
func (c Comparison) located(s string, err *Error) *Error {
	return Errorf(Invalid, "The filter's %s, at character %d: %s", quote(c.Written), utf8.RuneCountInString(s[:c.At])+1, err.Message)
}

// check refuses what no filter of GA4's fields can be.
func (c Comparison) check() *Error {
	switch {
	case strings.TrimSpace(c.Written) == "":
		return Errorf(Invalid, `there is no comparison. A "," or ";" that belongs to a value is written "\," or "\;".`)
	case c.Op == "":
		return Errorf(Invalid, `there is no operator. Write a field, one of %s, and a value; a "," or ";" that belongs to a value is written "\," or "\;".`, strings.Join(comparers, " "))
	case !fieldName.MatchString(c.Field):
		return Errorf(Invalid, "%s is not the name of a field.", quote(c.Field))
	case isUniversal(c.Field):
		return Errorf(Invalid, "%s is a name of Universal Analytics: write GA4's, such as country for ga:country.", c.Field)
	case c.Value == "":
		return Errorf(Invalid, "the value is missing. To ask for rows without one, write %s=~^$, or (not set), which is what GA4 mostly says.", c.Field)
	case strings.TrimSpace(c.Value) != c.Value:
		return Errorf(Invalid, "there is space around the value: leave it out.")
	}
	return nil
}

func isUniversal(field string) bool {
	prefix, _, found := strings.Cut(field, ":")
	return found && (strings.EqualFold(prefix, "ga") || strings.EqualFold(prefix, "rt"))
}

var textMatches = map[string]string{"==": "EXACT", "!=": "EXACT", "=@": "CONTAINS", "!@": "CONTAINS", "=~": "PARTIAL_REGEXP", "!~": "PARTIAL_REGEXP"}

func (c Comparison) ofDimension() (*Filter, *Error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if isMetric(c.Field) {
		return nil, Errorf(Invalid, "%s is a metric, and this filter takes dimensions, such as country.", c.Field)
	}
	match, ok := textMatches[c.Op]
	if !ok {
		return c.ofNumberedDimension()
	}
	f := &Filter{Condition: &Condition{FieldName: c.Field, String: &StringFilter{MatchType: match, Value: c.Value}}}
	return c.negated(f), f.check(1)
}

// numberedDimensions hold numbers or dates, which GA4 documents its numericFilter
// for. Source: Data API, Filter.NumericFilter ("numeric or date values") and the
// API schema.
var numberedDimensions = []string{
	"date", "dateHour", "dateHourMinute", "day", "dayOfWeek", "firstSessionDate", "hour", "isoWeek", "isoYear", "isoYearIsoWeek", "itemListPosition",
	"minute", "minutesAgo", "month", "nthDay", "nthHour", "nthMinute", "nthMonth", "nthWeek", "nthYear", "percentScrolled", "week", "year", "yearMonth", "yearWeek",
}

func (c Comparison) ofNumberedDimension() (*Filter, *Error) {
	if !slices.Contains(numberedDimensions, c.Field) {
		return nil, Errorf(Invalid, "GA4 compares %s as text: use ==, !=, =@, !@, =~ or !~. By %s it compares dates and numbers: %s.",
			c.Field, c.Op, strings.Join(numberedDimensions, ", "))
	}
	return c.ofNumber()
}

func (c Comparison) ofMetric() (*Filter, *Error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.ofNumber()
}

var numberOperations = map[string]string{
	"==": "EQUAL", "!=": "EQUAL", ">": "GREATER_THAN", "<": "LESS_THAN", ">=": "GREATER_THAN_OR_EQUAL", "<=": "LESS_THAN_OR_EQUAL",
}

func (c Comparison) ofNumber() (*Filter, *Error) {
	operation, ok := numberOperations[c.Op]
	if !ok {
		return nil, Errorf(Invalid, "%s is a metric here, and metrics are compared by ==, !=, >, <, >= or <=.", c.Field)
	}
	value, err := parseNumber(c.Value)
	if err != nil {
		return nil, err
	}
	f := &Filter{Condition: &Condition{FieldName: c.Field, Numeric: &NumericFilter{Operation: operation, Value: value}}}
	return c.negated(f), nil
}

func parseNumber(s string) (NumericValue, *Error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return NumericValue{Int64: new(Int64(n))}, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return NumericValue{}, Errorf(Invalid, "%s is not a number: write one such as 10 or 0.5.", quote(s))
	}
	return NumericValue{Double: &v}, nil
}

// negated returns the opposite of f for the operators that begin with "!".
func (c Comparison) negated(f *Filter) *Filter {
	if c.Op[0] != '!' {
		return f
	}
	return &Filter{Not: f}
}

// A WrittenFilter is a filter as it stands in JSON that people write: text as
// ParseFilter reads it, or Google's FilterExpression as an object. It is written
// as the object; nil Filter is null.
type WrittenFilter struct{ *Filter }

// MarshalJSON writes the object.
func (w WrittenFilter) MarshalJSON() ([]byte, error) { return json.Marshal(w.Filter) }

// UnmarshalJSON reads either form strictly: unknown members and members given
// twice are errors, for of two narrowings none may be dropped in silence. Errors
// are *Error, Invalid. The shape of an object is for Validate to check.
func (w *WrittenFilter) UnmarshalJSON(b []byte) error {
	var text *string
	if json.Unmarshal(b, &text) == nil { // a string, or null
		var f *Filter
		if text != nil {
			var err error
			if f, err = ParseFilter(*text); err != nil {
				return err
			}
		}
		w.Filter = f
		return nil
	}
	f, err := filterExpressions.Read(b, "filter")
	if err != nil {
		return Errorf(Invalid, "%s", err)
	}
	w.Filter = &f
	return nil
}
