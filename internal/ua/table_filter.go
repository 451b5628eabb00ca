package ua

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A condition is a Condition whose field is known: a dimension or, if metric is
// set, a number to compare with.
type condition struct {
	Condition
	dimension dimension
	compared  comparison // of a dimension
	match     func(string) bool
	metric    *metric
	number    float64
}

func metricsOf(groups [][]condition) []metric {
	var out []metric
	for _, g := range groups {
		for _, c := range g {
			out = append(out, *c.metric)
		}
	}
	return out
}

// groups finds what the fields of a filter are.
func (tq *tableQuery) groups(e Expr) ([][]condition, error) {
	var out [][]condition
	for _, group := range e {
		known, err := tq.conditions(group)
		if err != nil {
			return nil, err
		}
		out = append(out, known)
	}
	return out, nil
}

// segmentGroups does likewise for the filter of a built-in segment, which is all
// that the client wrote of it.
func (tq *tableQuery) segmentGroups(name string, e Expr) ([][]condition, error) {
	tq.segment = "segment " + name
	defer func() { tq.segment = "" }()
	return tq.groups(e)
}

// translateFilters sorts the groups of the filter into what is Google's work,
// which it returns, and what is done here.
func (tq *tableQuery) translateFilters(groups [][]condition) (*report.Filter, error) {
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
	var known []condition
	for _, c := range group {
		k, err := tq.condition(c)
		if err != nil {
			return nil, err
		}
		known = append(known, k)
		if (k.metric == nil) != (known[0].metric == nil) {
			return nil, badParameter("filters", "Dimensions and metrics cannot be combined by OR (,) in filters: %s and %s.", known[0].Field, k.Field)
		}
	}
	return known, nil
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
	k := condition{Condition: c, metric: &m}
	k.number, err = strconv.ParseFloat(strings.TrimSpace(c.Value), 64)
	if err != nil || math.IsNaN(k.number) || math.IsInf(k.number, 0) || strings.Contains("=@ !@ =~ !~", c.Op) {
		return condition{}, badParameter("filters", "Invalid value '%s' for filters parameter: a metric is compared with a number, by ==, !=, >, <, >= or <=.", report.Truncate(c.Field+c.Op+c.Value))
	}
	return k, nil
}

// compared is a condition on a dimension.
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

// pushGroup turns a group into GA4's words. If it cannot be said there, it is
// applied to the rows here, which must then show every field of it.
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

func (tq *tableQuery) filterLocally(group []condition) error {
	for _, c := range group {
		column := slices.ContainsFunc(tq.dimensions, func(d dimension) bool { return d.name.Name == c.dimension.name.Name })
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

// filter says a dimension's condition in GA4's words; ok is false if GA4 has none.
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

func text(field, matchType, value string, exactCase bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{
		MatchType: matchType, Value: value, CaseSensitive: exactCase,
	}}}
}

func inList(field string, values []string, exactCase bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, InList: &report.InListFilter{
		Values: slices.Sorted(slices.Values(values)), CaseSensitive: exactCase,
	}}}
}

func or(fs []*report.Filter) *report.Filter {
	if len(fs) == 1 {
		return fs[0]
	}
	return &report.Filter{OrGroup: &report.FilterList{Expressions: fs}}
}

// invert finds the GA4 values whose v3 values match, were c not negative.
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

var operations = map[string]string{
	"==": "EQUAL", "!=": "EQUAL", ">": "GREATER_THAN", "<": "LESS_THAN", ">=": "GREATER_THAN_OR_EQUAL", "<=": "LESS_THAN_OR_EQUAL",
}

// having says a metric's condition in GA4's words, if it is about one GA4 metric.
func (c condition) having() (*report.Filter, bool) {
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
