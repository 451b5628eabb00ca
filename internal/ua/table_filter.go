package ua

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A condition is a Condition whose field is resolved: to a dimension or, if metric
// is set, to a metric that is compared with number.
type condition struct {
	Condition
	dimension dimension
	compared  comparison // of a dimension
	match     func(string) bool
	metric    *metric
	number    float64
}

// ConditionGroups are a filter: groups joined by AND, each of conditions joined by OR.
// The conditions of a group are all on dimensions or all on metrics.
type conditionGroups [][]condition

// pass reports whether each group has a condition that passes the test.
func (cg conditionGroups) pass(test func(condition) bool) bool {
	return !slices.ContainsFunc(cg, func(group []condition) bool { return !slices.ContainsFunc(group, test) })
}

// metrics returns the metrics of conditions on metrics.
func (cg conditionGroups) metrics() (all []metric) {
	for _, c := range slices.Concat(cg...) {
		all = append(all, *c.metric)
	}
	return all
}

// groups resolves the fields of a filter.
func (tq *tableQuery) groups(e Expr) (conditionGroups, error) { return mapAll(e, tq.conditions) }

// segmentGroups resolves the filter of a built-in segment. For errors, the segment is
// all that the client wrote of it.
func (tq *tableQuery) segmentGroups(s builtInSegment) (conditionGroups, error) {
	filter, err := ParseFilter(s.filter)
	if err != nil {
		return nil, err
	}
	tq.segment = "segment gaid::" + s.id
	defer func() { tq.segment = "" }()
	return tq.groups(filter)
}

// splitFilter returns what GA4 filters by dimensions, and keeps the other groups for
// the metric filter and the local filter.
func (tq *tableQuery) splitFilter(groups conditionGroups) (*report.Filter, error) {
	var pushed []*report.Filter
	for _, group := range groups {
		if group[0].metric != nil {
			tq.metricFilter = append(tq.metricFilter, group)
			continue
		}
		if isTimes(group) {
			tq.times = append(tq.times, group)
		}
		f, err := tq.pushGroup(group)
		if err != nil {
			return nil, err
		}
		pushed = append(pushed, f)
	}
	return report.And(pushed...), nil
}

func (tq *tableQuery) conditions(group []Condition) ([]condition, error) {
	resolved, err := mapAll(group, tq.condition)
	if err != nil {
		return nil, err
	}
	for _, c := range resolved {
		if (c.metric == nil) != (resolved[0].metric == nil) {
			return nil, badParameter("filters", "Dimensions and metrics cannot be combined by OR (,) in filters: %s and %s.", resolved[0].Field, c.Field)
		}
	}
	return resolved, nil
}

func (tq *tableQuery) condition(c Condition) (condition, error) {
	n, err := tq.options.resolve(c.Field, tq.realtime)
	if err != nil {
		return condition{}, err
	}
	if n.Dimension {
		return tq.compared(c, comparisonOf(c.Op, c.Value))
	}
	m, err := tq.metric(c.Field)
	if err != nil {
		return condition{}, err
	}
	value, ok := finite(c.Value)
	if !ok || operations[c.Op] == "" {
		return condition{}, badParameter("filters", "Invalid value '%s' for filters parameter: a metric is compared with a number, by ==, !=, >, <, >= or <=.",
			report.Truncate(c.Field+c.Op+c.Value))
	}
	return condition{Condition: c, metric: &m, number: value}, nil
}

// finite reads the number that a metric is compared with.
func finite(s string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// compared returns a condition on a dimension.
func (tq *tableQuery) compared(c Condition, how comparison) (k condition, err error) {
	k = condition{Condition: c, compared: how}
	if k.dimension, err = tq.dimension(c.Field); err != nil {
		return k, err
	}
	if k.match, err = how.matcher(); err != nil {
		return k, badParameter("filters", "Invalid value '%s' for filters parameter: %s.", report.Truncate(c.Field+c.Op+c.Value), err)
	}
	return k, nil
}

// pushGroup returns a group as a GA4 filter, or nil after adding it to the local
// filter, if GA4 cannot express it.
func (tq *tableQuery) pushGroup(group []condition) (*report.Filter, error) {
	var ors []*report.Filter
	for _, c := range group {
		f, ok := c.filter()
		if !ok {
			return nil, tq.filterLocally(group)
		}
		ors = append(ors, f)
	}
	return or(ors), nil
}

// filterLocally adds a group to the local filter, which needs each of its fields as a
// column.
func (tq *tableQuery) filterLocally(group []condition) error {
	for _, c := range group {
		column := tq.columnOf(c.dimension) >= 0
		if _, pushable := c.filter(); !column && pushable {
			return badParameter("filters", "%s is joined by OR with a dimension that is filtered here, so it must be one of the dimensions of the query. "+
				"Add it there, or ask in two queries.", c.Field)
		}
		if !column {
			return badParameter("filters", "%s is computed from %s, so %s can filter by it only if it is one of the dimensions of the query. "+
				"Add it there, or filter by another dimension.", c.Field, c.dimension.name.GA4, c.Op)
		}
		if c.compared.match == partialRegexp && programSize(c.compared.values[0]) > maxProgram {
			return badParameter("filters", "The regular expression of %s is too complex: use smaller repetitions.", c.Field)
		}
	}
	tq.localFilter = append(tq.localFilter, group)
	return nil
}

// columnOf returns which column is the dimension, -1 for none.
func (tq *tableQuery) columnOf(d dimension) int {
	return slices.IndexFunc(tq.dimensions, func(column dimension) bool { return column.name.Name == d.name.Name })
}

// filter returns a dimension's condition as a GA4 filter; ok is false if GA4 cannot
// express it.
func (c condition) filter() (f *report.Filter, ok bool) {
	d := c.dimension
	switch key := d.name.Transform; {
	case d.values != nil:
		f = d.invert(d.name.GA4, c.compared)
	case strings.HasPrefix(key, "level"):
		f = levelsFilter(int(key[5]-'0'), c.compared)
	case key == "":
		f = c.compared.filter(d.name.GA4)
	}
	if f != nil && c.compared.not {
		f = not(f)
	}
	return f, f != nil
}

// not returns the opposite of f.
func not(f *report.Filter) *report.Filter {
	if f.Not != nil {
		return f.Not
	}
	return &report.Filter{Not: f}
}

// text returns a filter that compares a field with a text.
func text(field, matchType, value string, exactCase bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{
		MatchType: matchType, Value: value, CaseSensitive: exactCase,
	}}}
}

// inList returns a filter of the values of a field.
func inList(field string, values []string, exactCase bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, InList: &report.InListFilter{
		Values: slices.Sorted(slices.Values(values)), CaseSensitive: exactCase,
	}}}
}

// or returns a filter that any of the filters passes.
func or(fs []*report.Filter) *report.Filter {
	if len(fs) == 1 {
		return fs[0]
	}
	return &report.Filter{OrGroup: &report.FilterList{Expressions: fs}}
}

// invert returns a filter of the GA4 values whose v3 values match, ignoring c.not; nil
// if c is invalid.
func (t transform) invert(field string, c comparison) *report.Filter {
	match, err := c.positive()
	if err != nil {
		return nil
	}
	var yes, no, all []string
	for raw, v := range t.values {
		all = append(all, raw)
		if match(v) {
			yes = append(yes, raw)
		} else {
			no = append(no, raw)
		}
	}
	switch {
	case t.others == keep:
		rest := report.And(c.filter(field), not(inList(field, all, false)))
		if len(yes) == 0 {
			return rest
		}
		return or([]*report.Filter{inList(field, yes, false), rest})
	case match(t.others) && len(no) == 0:
		return always(field)
	case match(t.others):
		return not(inList(field, no, false))
	case len(yes) == 0:
		return never(field)
	}
	return inList(field, yes, false)
}

// operations are GA4's names of the operators on metrics; != is the opposite of EQUAL.
var operations = map[string]string{
	"==": "EQUAL", "!=": "EQUAL", ">": "GREATER_THAN", "<": "LESS_THAN", ">=": "GREATER_THAN_OR_EQUAL", "<=": "LESS_THAN_OR_EQUAL",
}

// having returns a metric's condition as a GA4 filter; ok is false unless it is about
// one GA4 metric.
func (c condition) having() (_ *report.Filter, ok bool) {
	ref, ok := c.metric.formula.direct()
	if !ok || ref.Where.Field != "" || ref.Minutes != 0 {
		return nil, false
	}
	n := c.number / c.metric.scale
	v := report.NumericValue{Double: &n}
	if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		v = report.NumericValue{Int64: new(report.Int64(n))}
	}
	f := &report.Filter{Condition: &report.Condition{FieldName: ref.Metric, Numeric: &report.NumericFilter{Operation: operations[c.Op], Value: v}}}
	if c.Op == "!=" {
		f = not(f)
	}
	return f, true
}

// compare applies a metric's condition to its v3 value.
func (c condition) compare(v float64) bool {
	switch c.Op {
	case "==":
		return v == c.number
	case "!=":
		return v != c.number
	case ">":
		return v > c.number
	case "<":
		return v < c.number
	case ">=":
		return v >= c.number
	}
	return v <= c.number
}
