package report

import (
	"slices"
	"strings"
)

// A Mention is one place where a query names a field of the property.
type Mention struct {
	Name   string // of the field
	Metric bool   // or else a dimension
	Place  Place
}

// A Place is the part of a query in which a field is named.
type Place int

// The parts of a query that name fields.
const (
	InColumn     Place = iota // as a column, or as an invisible metric
	InExpression              // of a dimension or metric
	InFilter                  // of dimensions, of metrics or of a comparison
	InOrder
)

// Kind is the field's kind in Google's errors.
func (m Mention) Kind() string {
	if m.Metric {
		return "metric"
	}
	return "dimension"
}

// The columns that Google adds to the dimensions of a report. They can be sorted by, but are not fields.
const (
	RangeColumn      = "dateRange"  // the name of the range, if there are several
	ComparisonColumn = "comparison" // the name of the comparison, if there are any
)

// Mentions calls visit for every field that q names, wherever that is; the gate relies on it. Aliases are not fields, but the
// names in their expressions are. An expression that cannot be parsed is visited as one name, so that it never passes as
// naming nothing.
func (q *Query) Mentions(visit func(Mention)) {
	w := mentionWalk{q, visit}
	for _, d := range q.Dimensions {
		w.dimension(d)
	}
	for _, m := range q.Metrics {
		w.metric(m)
	}
	w.filter(q.DimensionFilter, false)
	w.filter(q.MetricFilter, true)
	for _, c := range q.Comparisons {
		w.filter(c.DimensionFilter, false)
	}
	w.orders(q.OrderBys)
	for _, p := range q.Pivots {
		for _, name := range p.FieldNames {
			w.column(name)
		}
		w.orders(p.OrderBys)
	}
}

type mentionWalk struct {
	q     *Query
	visit func(Mention)
}

func (w mentionWalk) dimension(d Dimension) {
	switch {
	case d.Expression != nil:
		w.operands(d.Name, d.Expression.fields(), false)
	case d.Name != ComparisonColumn || len(w.q.Comparisons) == 0: // otherwise it only places the column
		w.visit(Mention{d.Name, false, InColumn})
	}
}

func (w mentionWalk) metric(m Metric) {
	if m.Expression == "" {
		w.visit(Mention{m.Name, true, InColumn})
		return
	}
	w.operands(m.Name, m.fields(), true)
}

// operands visits the names in an expression. In it, its own alias is a field.
func (w mentionWalk) operands(alias string, names []string, metric bool) {
	for _, name := range names {
		if name == alias {
			w.visit(Mention{name, metric, InExpression})
		} else {
			w.name(name, metric, InExpression)
		}
	}
}

func (w mentionWalk) filter(f *Filter, metric bool) {
	f.Walk(func(c *Condition) { w.name(c.FieldName, metric, InFilter) })
}

func (w mentionWalk) orders(orders []OrderBy) {
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
	if !w.q.addsColumn(name) {
		w.name(name, false, InOrder)
	}
}

// name visits a name unless it is an alias of the same kind.
func (w mentionWalk) name(name string, metric bool, place Place) {
	aliases := w.q.dimensionAliases
	if metric {
		aliases = w.q.metricAliases
	}
	if !slices.Contains(aliases(), name) {
		w.visit(Mention{name, metric, place})
	}
}

// addsColumn reports whether name is a column that Google adds to the answer.
func (q *Query) addsColumn(name string) bool {
	return name == RangeColumn && len(q.DateRanges)+len(q.MinuteRanges) > 1 || name == ComparisonColumn && len(q.Comparisons) > 0
}

// Aliases returns the names of the columns with expressions. The gate refuses those of fields, so that a name means one thing
// in all of a query.
func (q *Query) Aliases() []string { return append(q.dimensionAliases(), q.metricAliases()...) }

func (q *Query) dimensionAliases() (names []string) {
	for _, d := range q.Dimensions {
		if d.Expression != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

func (q *Query) metricAliases() (names []string) {
	for _, m := range q.Metrics {
		if m.hasAlias() {
			names = append(names, m.Name)
		}
	}
	return names
}

// hasAlias reports whether the metric's name is an alias. A metric whose expression is its name has none.
func (m Metric) hasAlias() bool {
	return m.Expression != "" && (strings.TrimSpace(m.Expression) != m.Name || strings.ContainsAny(m.Name, "+-*/()"))
}

// fields returns the names in the metric's expression.
func (m Metric) fields() (names []string) {
	e, err := ParseExpression(m.Expression)
	if err != nil {
		return []string{m.Expression}
	}
	e.Names(func(name string) { names = append(names, name) })
	return names
}

// fields returns the names in the expression.
func (e *DimensionExpression) fields() (names []string) {
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
