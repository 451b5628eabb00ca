package report

import (
	"cmp"
	"math"
	"regexp/syntax"
	"slices"
	"strings"
)

// maxRegexps bounds the bytes of all regular expressions of a query, which cost more to parse than other text.
const maxRegexps = 16 << 10

func (q Query) checkFilters() error {
	regexps := 0
	count := func(c *Condition) {
		if c.String != nil && strings.HasSuffix(c.String.MatchType, "REGEXP") {
			regexps += len(c.String.Value)
		}
	}
	q.DimensionFilter.Walk(count)
	q.MetricFilter.Walk(count)
	for _, c := range q.Comparisons {
		c.DimensionFilter.Walk(count)
	}
	if regexps > maxRegexps {
		return Errorf(Invalid, "The regular expressions of a request are limited to %d bytes; these have %d.", maxRegexps, regexps)
	}
	return cmp.Or(q.DimensionFilter.check(1), q.MetricFilter.check(1))
}

// check returns the first error in a filter's shape. A nil filter has none.
func (f *Filter) check(depth int) error {
	if f == nil {
		return nil
	}
	switch {
	case countTrue(f.AndGroup != nil, f.OrGroup != nil, f.Not != nil, f.Condition != nil) != 1:
		return Errorf(Invalid, "A filter expression needs exactly one of andGroup, orGroup, notExpression and filter.")
	// The gate nests the client's filter in its own.
	case depth > maxFilterDepth+4:
		return Errorf(Invalid, "A filter is nested too deep.")
	case f.Not != nil:
		return f.Not.check(depth + 1)
	case f.Condition != nil:
		return f.Condition.check()
	case f.AndGroup != nil:
		return f.AndGroup.check(depth)
	}
	return f.OrGroup.check(depth)
}

func (l *FilterList) check(depth int) error {
	if len(l.Expressions) == 0 {
		return Errorf(Invalid, "A group of filters needs at least one expression.")
	}
	for _, f := range l.Expressions {
		if f == nil {
			return Errorf(Invalid, "A group of filters has an expression that is null.")
		}
		if err := f.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func (c *Condition) check() error {
	if !fieldName.MatchString(c.FieldName) {
		return Errorf(Invalid, "The fieldName %s of a filter is not valid.", quote(c.FieldName))
	}
	switch {
	case countTrue(c.String != nil, c.InList != nil, c.Numeric != nil, c.Between != nil, c.Empty != nil) != 1:
		return Errorf(Invalid, "The filter of %s needs exactly one of stringFilter, inListFilter, numericFilter, betweenFilter and emptyFilter.", c.FieldName)
	case c.String != nil:
		return c.String.check(c.FieldName)
	case c.InList != nil && len(c.InList.Values) == 0:
		return Errorf(Invalid, "The inListFilter of %s needs values.", c.FieldName)
	case c.Numeric != nil && !slices.Contains(operations, c.Numeric.Operation):
		return Errorf(Invalid, "The numericFilter of %s needs an operation: one of %s.", c.FieldName, strings.Join(operations, ", "))
	case c.Numeric != nil:
		return c.Numeric.Value.check(c.FieldName)
	case c.Between != nil:
		return cmp.Or(c.Between.FromValue.check(c.FieldName), c.Between.ToValue.check(c.FieldName))
	}
	return nil
}

func (f *StringFilter) check(field string) error {
	switch {
	case f.MatchType != "" && !slices.Contains(matchTypes, f.MatchType):
		return Errorf(Invalid, "The matchType %s of the filter of %s is not valid: use one of %s.", quote(f.MatchType), field, strings.Join(matchTypes, ", "))
	case strings.HasSuffix(f.MatchType, "REGEXP"):
		// Go's syntax is RE2's, as Google's is. Parsing finds the same errors as
		// compiling, at a bounded cost.
		if _, err := syntax.Parse(f.Value, syntax.Perl); err != nil {
			return Errorf(Invalid, "The regular expression of the filter of %s is not valid RE2: %s", field, Truncate(err.Error()))
		}
	}
	return nil
}

func (v NumericValue) check(field string) error {
	switch {
	case (v.Int64 == nil) == (v.Double == nil):
		return Errorf(Invalid, "A number in the filter of %s needs exactly one of int64Value and doubleValue.", field)
	case v.Double != nil && (math.IsNaN(*v.Double) || math.IsInf(*v.Double, 0)):
		return Errorf(Invalid, "A number in the filter of %s is not finite.", field)
	}
	return nil
}
