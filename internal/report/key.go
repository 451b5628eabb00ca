package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// A Key identifies all queries that mean the same: it is the hash of the canonical form of a narrowed query, with account
// and property.
type Key [sha256.Size]byte

// keyOf returns the key of q.
//
// Queries have different keys whenever their answers could differ in a byte, and share one when Google's documentation
// says that they cannot. So the order of dimensions, metrics, comparisons, date ranges, pivots and their fields counts (it
// is the order of columns, rows and headers), and the order of aggregations and of filter members does not.
func keyOf(q *Query) Key {
	e := make(encoder, 0, 512)
	e.text(q.Account)
	e.text(q.Property)
	e.flag(q.Realtime)
	list(&e, q.Dimensions, e.dimension)
	list(&e, q.Metrics, e.metric)
	e.dateRanges(q.DateRanges)
	if q.Realtime {
		e.minuteRanges(q.MinuteRanges)
	}
	e.filter(q.DimensionFilter)
	e.filter(q.MetricFilter)
	list(&e, q.Comparisons, e.comparison)
	list(&e, q.OrderBys, e.orderBy)
	e.aggregations(q.MetricAggregations)
	e.number(int64(q.Offset))
	e.number(limit(q.Limit))
	e.text(q.CurrencyCode)
	e.flag(q.KeepEmptyRows)
	list(&e, q.Pivots, e.pivot)
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

func (e *encoder) texts(texts []string) { list(e, texts, e.text) }

func (e *encoder) flag(b bool) {
	if b {
		*e = append(*e, 1)
	} else {
		*e = append(*e, 0)
	}
}

// list appends the length of a list and each element.
func list[T any](e *encoder, elements []T, write func(T)) {
	e.count(len(elements))
	for _, element := range elements {
		write(element)
	}
}

// optional appends whether p is set, and the value if it is.
func optional[T any](e *encoder, p *T, write func(T)) {
	e.flag(p != nil)
	if p != nil {
		write(*p)
	}
}

func (e *encoder) dimension(d Dimension) {
	e.text(d.Name)
	optional(e, d.Expression, func(x DimensionExpression) {
		letters := func(c CaseExpression) { e.text(c.DimensionName) }
		optional(e, x.LowerCase, letters)
		optional(e, x.UpperCase, letters)
		optional(e, x.Concatenate, func(c ConcatenateExpression) {
			e.texts(c.DimensionNames)
			e.text(c.Delimiter)
		})
	})
}

func (e *encoder) metric(m Metric) {
	e.text(m.Name)
	e.flag(m.Invisible)
	e.flag(m.Expression != "")
	if m.Expression == "" {
		return
	}
	x, err := ParseExpression(m.Expression)
	e.flag(err == nil)
	if err != nil {
		e.text(m.Expression) // Validate refuses it
		return
	}
	e.expression(x)
}

// expression appends what is computed, without the spaces and parentheses of its spelling. Numbers keep theirs: 2.0 may
// make a metric a float where 2 does not.
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

func (e *encoder) comparison(c Comparison) {
	e.text(c.Name)
	e.filter(c.DimensionFilter)
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
		start, end := r.bounds()
		e.count(start)
		e.count(end)
		e.text(RangeName(r.Name, i))
	}
}

func (e *encoder) orderBy(o OrderBy) {
	e.flag(o.Desc)
	optional(e, o.Metric, func(m MetricOrder) { e.text(m.MetricName) })
	optional(e, o.Dimension, func(d DimensionOrder) {
		e.text(d.DimensionName)
		e.text(cmp.Or(d.OrderType, "ALPHANUMERIC"))
	})
	optional(e, o.Pivot, func(p PivotOrder) {
		e.text(p.MetricName)
		list(e, p.PivotSelections, func(s PivotSelection) {
			e.text(s.DimensionName)
			e.text(s.DimensionValue)
		})
	})
}

func (e *encoder) pivot(p Pivot) {
	e.texts(p.FieldNames)
	list(e, p.OrderBys, e.orderBy)
	e.number(int64(p.Offset))
	e.number(int64(p.Limit))
	e.aggregations(p.MetricAggregations)
}

func (e *encoder) aggregations(aggregations []Aggregation) {
	set := slices.Compact(slices.Sorted(slices.Values(aggregations)))
	list(e, set, func(a Aggregation) { e.text(string(a)) })
}

// value appends whole doubles below 2^53 as the integers that they equal.
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
