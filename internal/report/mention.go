package report

import (
	"slices"
	"strings"
)

// A Mention is one place where a query reads a field of the property.
type Mention struct {
	Name   string // of the field
	Metric bool   // or else a dimension
	Place  Place
}

// A Place is the part of a query in which a field is named.
type Place int

// The parts of a query that name fields.
const (
	InColumn     Place = iota // the field is a column, or a metric without one
	InExpression              // of a dimension or metric
	InFilter                  // of dimensions, of metrics or of a comparison
	InOrder
)

// Kind is what Google's errors call the field.
func (m Mention) Kind() string {
	if m.Metric {
		return "metric"
	}
	return "dimension"
}

// The columns that Google adds to the dimensions of a report over several ranges,
// or with comparisons. They can be sorted by and are no fields.
const (
	// RangeColumn tells the ranges apart.
	RangeColumn = "dateRange"
	// ComparisonColumn tells the comparisons apart.
	ComparisonColumn = "comparison"
)

// Mentions calls visit for every field that q reads, wherever it is named: the
// gate relies on that. Names that q chooses for expressions are no fields; what
// the expressions read is. Where an expression cannot be read, it is a name, as a
// whole, so that nobody takes it for reading nothing.
func (q *Query) Mentions(visit func(Mention)) {
	w := mentionWalk{q: q, visit: visit}
	w.columns()
	w.filter(q.DimensionFilter, false)
	w.filter(q.MetricFilter, true)
	for _, c := range q.Comparisons {
		w.filter(c.DimensionFilter, false)
	}
	w.orders()
}

type mentionWalk struct {
	q     *Query
	visit func(Mention)
}

func (w mentionWalk) columns() {
	for _, d := range w.q.Dimensions {
		if d.Expression == nil && d.Name == ComparisonColumn && len(w.q.Comparisons) > 0 {
			continue // which says where the column is to stand
		}
		if d.Expression == nil {
			w.visit(Mention{d.Name, false, InColumn})
			continue
		}
		for _, name := range d.Expression.reads() {
			w.operand(name, d.Name, false)
		}
	}
	for _, m := range w.q.Metrics {
		if m.Expression == "" {
			w.visit(Mention{m.Name, true, InColumn})
			continue
		}
		for _, name := range m.reads() {
			w.operand(name, m.Name, true)
		}
	}
}

func (w mentionWalk) filter(f *Filter, metric bool) {
	f.Walk(func(c *Condition) { w.name(c.FieldName, metric, InFilter) })
}

func (w mentionWalk) orders() {
	w.order(w.q.OrderBys)
	for _, p := range w.q.Pivots {
		for _, name := range p.FieldNames {
			w.column(name)
		}
		w.order(p.OrderBys)
	}
}

func (w mentionWalk) order(orders []OrderBy) {
	for _, o := range orders {
		if o.Metric != nil {
			w.name(o.Metric.MetricName, true, InOrder)
		}
		if o.Dimension != nil {
			w.column(o.Dimension.DimensionName)
		}
		if o.Pivot == nil {
			continue
		}
		w.name(o.Pivot.MetricName, true, InOrder)
		for _, s := range o.Pivot.PivotSelections {
			w.column(s.DimensionName)
		}
	}
}

// column visits the name of a column of dimensions unless Google adds it.
func (w mentionWalk) column(name string) {
	if !w.q.adds(name) {
		w.name(name, false, InOrder)
	}
}

// operand visits a name that the expression called own reads: its own name is then
// not the expression's.
func (w mentionWalk) operand(name, own string, metric bool) {
	if name == own {
		w.visit(Mention{name, metric, InExpression})
		return
	}
	w.name(name, metric, InExpression)
}

// name visits a name unless q chose it for an expression of the same kind.
func (w mentionWalk) name(name string, metric bool, place Place) {
	if metric && slices.ContainsFunc(w.q.Metrics, func(m Metric) bool { return m.chosen() && m.Name == name }) {
		return
	}
	if !metric && slices.ContainsFunc(w.q.Dimensions, func(d Dimension) bool { return d.Expression != nil && d.Name == name }) {
		return
	}
	w.visit(Mention{name, metric, place})
}

// adds reports whether name is a column that Google adds to the answer.
func (q *Query) adds(name string) bool {
	return name == RangeColumn && len(q.DateRanges)+len(q.MinuteRanges) > 1 || name == ComparisonColumn && len(q.Comparisons) > 0
}

// Chosen returns the names that q gives to expressions. Behind the gate none is
// that of a field, so that a name means one thing in all of a query.
func (q *Query) Chosen() []string {
	var names []string
	for _, d := range q.Dimensions {
		if d.Expression != nil {
			names = append(names, d.Name)
		}
	}
	for _, m := range q.Metrics {
		if m.chosen() {
			names = append(names, m.Name)
		}
	}
	return names
}

// chosen reports whether the metric's name is one that the query gives it: a metric
// whose expression is its name keeps it.
func (m Metric) chosen() bool {
	return m.Expression != "" && (strings.TrimSpace(m.Expression) != m.Name || strings.ContainsAny(m.Name, "+-*/()"))
}

// reads returns the names in the metric's expression.
func (m Metric) reads() (names []string) {
	e, err := ParseExpression(m.Expression)
	if err != nil {
		return []string{m.Expression}
	}
	e.Names(func(name string) { names = append(names, name) })
	return names
}

// reads returns the names in the expression.
func (e *DimensionExpression) reads() (names []string) {
	for _, c := range []*CaseExpression{e.LowerCase, e.UpperCase} {
		if c != nil {
			names = append(names, c.DimensionName)
		}
	}
	if e.Concatenate != nil {
		names = append(names, e.Concatenate.DimensionNames...)
	}
	return names
}
