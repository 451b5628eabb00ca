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
func (g *grid) dimensionV4(r dimensionRequest) (dimension, error) {
	name := strings.TrimSpace(r.Name)
	if !fieldPattern.MatchString(name) {
		return dimension{}, badName("Invalid dimension or metric: %s", report.Brief(name))
	}
	d, err := g.dimension(name)
	if err != nil {
		return d, err
	}
	if d.buckets, err = parseBuckets(r.Name, r.HistogramBuckets); err != nil {
		return d, err
	}
	if d.buckets != nil {
		// Nothing is known of how many values a session has.
		d.folds, d.sorted, d.scope = true, false, perEvent
	}
	return d, nil
}

// metricV4 resolves a metric of a v4 request: a name, or an expression of names.
func (g *grid) metricV4(r metricRequest) (metric, error) {
	expression := strings.TrimSpace(r.Expression)
	m, err := g.expression(expression)
	if err != nil {
		return m, err
	}
	m.asked = expression
	if r.Alias != "" {
		m.asked = r.Alias
	}
	if r.FormattingType != "" {
		m.name.Type = r.FormattingType
	}
	return m, nil
}

func (g *grid) expression(s string) (metric, error) {
	if fieldPattern.MatchString(s) {
		return g.metric(s)
	}
	if len(s) > maxExpression {
		return metric{}, badName("A metric expression has %d characters; a maximum of %d is allowed.", len(s), maxExpression)
	}
	f, err := parseFormula(s)
	if err != nil || len(f.leaves()) == 0 || slices.ContainsFunc(f.leaves(), func(l leaf) bool { return l.Where != where{} }) {
		return metric{}, badName("Invalid metric expression '%s': it is made of metrics, numbers, + - * / and parentheses.", report.Brief(s))
	}
	if f, err = g.substitute(f); err != nil {
		return metric{}, err
	}
	return metric{asked: s, name: Name{Name: s, Type: "FLOAT"}, formula: f, scale: 1}, nil
}

// substitute puts the formulas of metrics in the place of their names.
func (g *grid) substitute(f *formula) (*formula, error) {
	switch {
	case f.leaf != nil:
		return g.inner(*f.leaf)
	case f.op == 0:
		return f, nil
	}
	left, err := g.substitute(f.left)
	if err != nil {
		return nil, err
	}
	right, err := g.substitute(f.right)
	return &formula{op: f.op, left: left, right: right}, err
}

// inner is the formula of a metric within an expression.
func (g *grid) inner(l leaf) (*formula, error) {
	if !fieldPattern.MatchString(l.Metric) {
		return nil, badName("Invalid dimension or metric: %s", report.Brief(l.Metric))
	}
	m, err := g.metric(l.Metric)
	if err != nil || m.scale == 1 {
		return m.formula, err
	}
	return &formula{op: '*', left: m.formula, right: &formula{number: m.scale}}, nil
}

// ratio returns what a metric that is a ratio divides by what: the sides of its
// formula, or a mean's sum and its weight.
func (m metric) ratio() (over, under *formula, ok bool) {
	if m.formula.op == '/' {
		return m.formula.left, m.formula.right, true
	}
	l, direct := m.formula.direct()
	w, mean := weightOf(l)
	if !direct || !mean {
		return nil, nil, false
	}
	weight := &formula{leaf: &w}
	return &formula{op: '*', left: m.formula, right: weight}, weight, true
}

// named finds the metric of a request that a filter or an order means: by alias,
// or by its expression.
func named(metrics []metricRequest, name string) int {
	name = strings.TrimSpace(name)
	if i := slices.IndexFunc(metrics, func(m metricRequest) bool { return m.Alias == name && name != "" }); i >= 0 {
		return i
	}
	return slices.IndexFunc(metrics, func(m metricRequest) bool { return strings.EqualFold(strings.TrimSpace(m.Expression), name) })
}
