package report

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// A Key stands for all queries that mean the same: the hash of the canonical
// form of a narrowed query, with account and property.
type Key [sha256.Size]byte

// keyOf returns the key of q.
//
// Queries differ in key whenever their answers could differ in a byte; they
// share one when Google's documentation says that they cannot. Hence the order of
// dimensions, metrics and date ranges is kept (it is the order of the columns
// and rows), and that of aggregations and of filter members is not.
func keyOf(q *Query) Key {
	e := make(encoder, 0, 512)
	e.text(q.Account)
	e.text(q.Property)
	e.flag(q.Realtime)
	e.dimensions(q.Dimensions)
	e.metrics(q.Metrics)
	e.dateRanges(q.DateRanges)
	if q.Realtime {
		e.minuteRanges(q.MinuteRanges)
	}
	e.clause(q.DimensionFilter)
	e.clause(q.MetricFilter)
	e.comparisons(q.Comparisons)
	e.orderBys(q.OrderBys)
	e.aggregations(q.MetricAggregations)
	e.number(int64(q.Offset))
	e.number(limit(q.Limit))
	e.text(q.CurrencyCode)
	e.flag(q.KeepEmptyRows)
	e.pivots(q.Pivots)
	return sha256.Sum256(e)
}

func limit(n Int64) int64 {
	if n == 0 {
		return DefaultLimit
	}
	return min(int64(n), MaxLimit)
}

// An encoder appends values so that no two sequences of values have the same
// bytes: numbers have a fixed length, texts and lists begin with theirs.
type encoder []byte

func (e *encoder) number(n int64) { *e = binary.BigEndian.AppendUint64(*e, uint64(n)) }

func (e *encoder) count(n int) { e.number(int64(n)) }

func (e *encoder) text(s string) {
	e.count(len(s))
	*e = append(*e, s...)
}

func (e *encoder) flag(b bool) {
	if b {
		*e = append(*e, 1)
	} else {
		*e = append(*e, 0)
	}
}

func (e *encoder) dimensions(list []Dimension) {
	e.count(len(list))
	for _, d := range list {
		e.text(d.Name)
		e.dimensionExpression(d.Expression)
	}
}

func (e *encoder) dimensionExpression(x *DimensionExpression) {
	e.flag(x != nil)
	if x == nil {
		return
	}
	for _, c := range []*CaseExpression{x.LowerCase, x.UpperCase} {
		e.flag(c != nil)
		if c != nil {
			e.text(c.DimensionName)
		}
	}
	e.flag(x.Concatenate != nil)
	if c := x.Concatenate; c != nil {
		e.count(len(c.DimensionNames))
		for _, name := range c.DimensionNames {
			e.text(name)
		}
		e.text(c.Delimiter)
	}
}

func (e *encoder) metrics(list []Metric) {
	e.count(len(list))
	for _, m := range list {
		e.text(m.Name)
		e.flag(m.Invisible)
		e.flag(m.Expression != "")
		if m.Expression == "" {
			continue
		}
		x, err := ParseExpression(m.Expression)
		e.flag(err == nil)
		if err != nil {
			e.text(m.Expression) // which no gate lets through
			continue
		}
		e.expression(x)
	}
}

// expression writes what is computed, and not the spaces and parentheses by which
// it was written. Numbers stay as they were: 2.0 may make a metric a float where 2
// does not.
func (e *encoder) expression(x *Expression) {
	switch {
	case x.Op == 0 && x.Name != "":
		*e = append(*e, 'n')
		e.text(x.Name)
	case x.Op == 0:
		*e = append(*e, '1')
		e.text(x.Number)
	default:
		*e = append(*e, x.Op)
		e.flag(x.Left != nil)
		if x.Left != nil {
			e.expression(x.Left)
		}
		e.expression(x.Right)
	}
}

// comparisons keep their order, which is that of rows.
func (e *encoder) comparisons(list []NamedFilter) {
	e.count(len(list))
	for _, c := range list {
		e.text(c.Name)
		e.clause(c.DimensionFilter)
	}
}

func (e *encoder) dateRanges(ranges []DateRange) {
	e.count(len(ranges))
	for i, r := range ranges {
		e.text(r.StartDate)
		e.text(r.EndDate)
		e.text(RangeName(r.Name, i))
	}
}

func (e *encoder) minuteRanges(ranges []MinuteRange) {
	if len(ranges) == 0 {
		ranges = []MinuteRange{{}}
	}
	e.count(len(ranges))
	for i, r := range ranges {
		e.number(minute(r.StartMinutesAgo, 29))
		e.number(minute(r.EndMinutesAgo, 0))
		e.text(RangeName(r.Name, i))
	}
}

func minute(p *int, otherwise int64) int64 {
	if p == nil {
		return otherwise
	}
	return int64(*p)
}

func (e *encoder) orderBys(orders []OrderBy) {
	e.count(len(orders))
	for _, o := range orders {
		e.flag(o.Desc)
		e.flag(o.Metric != nil)
		if o.Metric != nil {
			e.text(o.Metric.MetricName)
		}
		e.flag(o.Dimension != nil)
		if o.Dimension != nil {
			e.text(o.Dimension.DimensionName)
			e.text(either(o.Dimension.OrderType, "ALPHANUMERIC"))
		}
		e.flag(o.Pivot != nil)
		if o.Pivot != nil {
			e.pivotOrder(o.Pivot)
		}
	}
}

func (e *encoder) pivotOrder(o *PivotOrder) {
	e.text(o.MetricName)
	e.count(len(o.PivotSelections))
	for _, s := range o.PivotSelections {
		e.text(s.DimensionName)
		e.text(s.DimensionValue)
	}
}

// pivots keeps the order of pivots and of their fields: it is that of the answer's
// headers.
func (e *encoder) pivots(pivots []Pivot) {
	e.count(len(pivots))
	for _, p := range pivots {
		e.count(len(p.FieldNames))
		for _, name := range p.FieldNames {
			e.text(name)
		}
		e.orderBys(p.OrderBys)
		e.number(int64(p.Offset))
		e.number(int64(p.Limit))
		e.aggregations(p.MetricAggregations)
	}
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (e *encoder) aggregations(list []Aggregation) {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	e.count(len(list))
	for _, a := range list {
		e.text(string(a))
	}
}

// value writes whole doubles below 2^53 as the integers that they equal.
func (e *encoder) value(v NumericValue) {
	switch {
	case v.Int64 != nil:
		*e = append(*e, 'i')
		e.number(int64(*v.Int64))
	case v.Double != nil && math.Trunc(*v.Double) == *v.Double && math.Abs(*v.Double) < 1<<53:
		*e = append(*e, 'i')
		e.number(int64(*v.Double))
	case v.Double != nil:
		*e = append(*e, 'd')
		e.number(int64(math.Float64bits(*v.Double)))
	default:
		*e = append(*e, '-')
	}
}
