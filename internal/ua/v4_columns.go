package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// segmentDimension is the dimension whose values are the names of the segments.
const segmentDimension = "ga:segment"

func isSegment(name string) bool { return strings.EqualFold(name, segmentDimension) }

// maxExpression bounds the characters of a metric expression: v4's own limit.
const maxExpression = 1024

// dimensionV4 resolves a dimension of a v4 request.
func (tq *tableQuery) dimensionV4(r dimensionRequest) (dimension, error) {
	name := strings.TrimSpace(r.Name)
	if !fieldPattern.MatchString(name) {
		return dimension{}, badName("Invalid dimension or metric: %s", report.Truncate(name))
	}
	d, err := tq.dimension(name)
	if err != nil {
		return d, err
	}
	if d.histogram, err = parseHistogram(r.Name, r.HistogramBuckets); err != nil {
		return d, err
	}
	if d.histogram != nil {
		// How many values a session has is unknown.
		d.aggregates, d.sorted, d.scope = true, false, perEvent
	}
	return d, nil
}

// metricV4 resolves a metric of a v4 request: a name, or an expression of names.
func (tq *tableQuery) metricV4(r metricRequest) (metric, error) {
	expression := strings.TrimSpace(r.Expression)
	m, err := tq.expression(expression)
	if err != nil {
		return m, err
	}
	m.requested = expression
	if r.Alias != "" {
		m.requested = r.Alias
	}
	if r.FormattingType != "" {
		m.name.Type = r.FormattingType
	}
	return m, nil
}

// expression resolves a name or an expression of names.
func (tq *tableQuery) expression(s string) (metric, error) {
	if fieldPattern.MatchString(s) {
		return tq.metric(s)
	}
	if len(s) > maxExpression {
		return metric{}, badName("A metric expression has %d characters; a maximum of %d is allowed.", len(s), maxExpression)
	}
	f, err := parseFormula(s)
	if err != nil || len(f.refs()) == 0 || slices.ContainsFunc(f.refs(), func(ref metricRef) bool { return ref.Where != where{} }) {
		return metric{}, badName("Invalid metric expression '%s': it is made of metrics, numbers, + - * / and parentheses.", report.Truncate(s))
	}
	if f, err = tq.substitute(f); err != nil {
		return metric{}, err
	}
	return metric{requested: s, name: Name{Name: s, Type: "FLOAT"}, formula: f, scale: 1}, nil
}

// substitute replaces the names of metrics by their formulas.
func (tq *tableQuery) substitute(f *formula) (*formula, error) {
	switch {
	case f.metricRef != nil:
		return tq.inner(*f.metricRef)
	case f.op == 0:
		return f, nil
	}
	left, err := tq.substitute(f.left)
	if err != nil {
		return nil, err
	}
	right, err := tq.substitute(f.right)
	return &formula{op: f.op, left: left, right: right}, err
}

// inner returns the formula of a metric within an expression.
func (tq *tableQuery) inner(ref metricRef) (*formula, error) {
	if !fieldPattern.MatchString(ref.Metric) {
		return nil, badName("Invalid dimension or metric: %s", report.Truncate(ref.Metric))
	}
	m, err := tq.metric(ref.Metric)
	if err != nil || m.scale == 1 {
		return m.formula, err
	}
	return &formula{op: '*', left: m.formula, right: &formula{number: m.scale}}, nil
}

// ratio returns the dividend and the divisor of a metric that is a ratio: the sides of
// its formula, or a mean's sum and its weight.
func (m metric) ratio() (over, under *formula, ok bool) {
	if m.formula.op == '/' {
		return m.formula.left, m.formula.right, true
	}
	ref, direct := m.formula.direct()
	w, mean := weightOf(ref)
	if !direct || !mean {
		return nil, nil, false
	}
	weight := &formula{metricRef: &w}
	return &formula{op: '*', left: m.formula, right: weight}, weight, true
}

// named returns which metric of a request a filter or an order refers to, by alias or
// by expression; -1 for none.
func named(metrics []metricRequest, name string) int {
	name = strings.TrimSpace(name)
	if i := slices.IndexFunc(metrics, func(m metricRequest) bool { return m.Alias == name && name != "" }); i >= 0 {
		return i
	}
	return slices.IndexFunc(metrics, func(m metricRequest) bool { return strings.EqualFold(strings.TrimSpace(m.Expression), name) })
}
