package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Limits of one query as the Data API documents them.
// Source: Google Analytics Data API v1beta, discovery revision 20261006.
const (
	MaxDimensions   = 9
	MaxMetrics      = 10
	MaxDateRanges   = 4
	MaxMinuteRanges = 2
	MaxBatch        = 5       // reports in one batchRunReports
	DefaultLimit    = 10_000  // rows, when a query names no limit
	MaxLimit        = 250_000 // rows; Google caps a larger limit silently
)

// A Query is a question about one property.
//
// Account and Property are filled in by the gate from the view; nothing that a
// client sends can set them.
type Query struct {
	// Account is the configuration's name of the Google account that asks.
	Account string `json:"-"`
	// Property is the GA4 property id: digits only.
	Property string `json:"-"`
	// Realtime asks runRealtimeReport instead of runReport.
	Realtime bool `json:"-"`

	Dimensions         []Dimension   `json:"dimensions,omitempty"`
	Metrics            []Metric      `json:"metrics,omitempty"`
	DateRanges         []DateRange   `json:"dateRanges,omitempty"`
	MinuteRanges       []MinuteRange `json:"minuteRanges,omitempty"` // realtime only
	DimensionFilter    *Filter       `json:"dimensionFilter,omitempty"`
	MetricFilter       *Filter       `json:"metricFilter,omitempty"`
	Comparisons        []NamedFilter `json:"comparisons,omitempty"` // not in realtime
	OrderBys           []OrderBy     `json:"orderBys,omitempty"`
	MetricAggregations []Aggregation `json:"metricAggregations,omitempty" enum:"MetricAggregation"`
	Offset             Int64         `json:"offset,omitempty"`
	Limit              Int64         `json:"limit,omitempty"` // 0 means DefaultLimit
	CurrencyCode       string        `json:"currencyCode,omitempty"`
	KeepEmptyRows      bool          `json:"keepEmptyRows,omitempty"`
	// Pivots make this a question for runPivotReport, where they hold what
	// OrderBys, MetricAggregations, Offset and Limit are to other reports.
	Pivots []Pivot `json:"pivots,omitempty"`
}

// A Dimension is a column of names: those of a field, or those that Expression
// makes of fields, under a name that whoever asks chooses.
type Dimension struct {
	Name       string               `json:"name"`
	Expression *DimensionExpression `json:"dimensionExpression,omitempty"`
}

// A DimensionExpression makes one value of the values of dimensions: exactly one
// of the members is set.
type DimensionExpression struct {
	LowerCase   *CaseExpression        `json:"lowerCase,omitempty" oneof:"one_expression"`
	UpperCase   *CaseExpression        `json:"upperCase,omitempty" oneof:"one_expression"`
	Concatenate *ConcatenateExpression `json:"concatenate,omitempty" oneof:"one_expression"`
}

// CaseExpression is a dimension's value in one case of letters.
type CaseExpression struct {
	DimensionName string `json:"dimensionName"`
}

// ConcatenateExpression is the values of dimensions with Delimiter between them.
type ConcatenateExpression struct {
	DimensionNames []string `json:"dimensionNames"`
	Delimiter      string   `json:"delimiter,omitempty"`
}

// A Metric is a column of numbers: those of a field, or those that Expression
// computes, see ParseExpression, under a name that whoever asks chooses. An
// invisible one has no column, and can be sorted and filtered by.
type Metric struct {
	Name       string `json:"name"`
	Expression string `json:"expression,omitempty"`
	Invisible  bool   `json:"invisible,omitempty"`
}

// A NamedFilter is one of a report's comparisons: the report over what
// DimensionFilter lets through, in rows of its own, whose column "comparison"
// holds Name. Google calls it Comparison.
type NamedFilter struct {
	// A comparison that a property's owner saved reads fields that only Google
	// knows, so that no gate can tell whether it may be asked.
	_               struct{} `unsupported:"comparison" as:"saved comparisons: write the comparison's dimensionFilter" oneof:"one_comparison"`
	Name            string   `json:"name,omitempty"`
	DimensionFilter *Filter  `json:"dimensionFilter,omitempty" oneof:"one_comparison"`
}

// A DateRange is a span of days, both ends included. Before the gate the ends
// are what a client may write (YYYY-MM-DD, NdaysAgo, yesterday, today); behind
// it they are always YYYY-MM-DD, resolved in the property's time zone.
type DateRange struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
	Name      string `json:"name,omitempty"`
}

// A MinuteRange is a span of minutes before now, for realtime queries: 29 to 0
// is the last half hour. Nil ends mean Google's defaults, 29 and 0.
type MinuteRange struct {
	StartMinutesAgo *int   `json:"startMinutesAgo,omitempty"`
	EndMinutesAgo   *int   `json:"endMinutesAgo,omitempty"`
	Name            string `json:"name,omitempty"`
}

// An Aggregation is a row computed over all rows: TOTAL, MINIMUM, MAXIMUM or, in
// pivots alone, COUNT.
type Aggregation string

// The aggregations of Google's enum.
const (
	Total   Aggregation = "TOTAL"
	Minimum Aggregation = "MINIMUM"
	Maximum Aggregation = "MAXIMUM"
	Count   Aggregation = "COUNT"
)

// An OrderBy sorts rows by exactly one of a metric, a dimension or, in pivots
// alone, a metric in one column.
type OrderBy struct {
	Metric    *MetricOrder    `json:"metric,omitempty" oneof:"one_order_by"`
	Dimension *DimensionOrder `json:"dimension,omitempty" oneof:"one_order_by"`
	Pivot     *PivotOrder     `json:"pivot,omitempty" oneof:"one_order_by"`
	Desc      bool            `json:"desc,omitempty"`
}

// MetricOrder sorts by a metric of the query.
type MetricOrder struct {
	MetricName string `json:"metricName"`
}

// DimensionOrder sorts by a dimension of the query. OrderType is ALPHANUMERIC
// (the default), CASE_INSENSITIVE_ALPHANUMERIC or NUMERIC.
type DimensionOrder struct {
	DimensionName string `json:"dimensionName"`
	OrderType     string `json:"orderType,omitempty" enum:"OrderBy.DimensionOrderBy.OrderType"`
}

// Clone returns a copy that shares nothing with q that a caller could change.
func (q Query) Clone() Query {
	q.Dimensions = slices.Clone(q.Dimensions)
	for i, d := range q.Dimensions {
		q.Dimensions[i].Expression = d.Expression.clone()
	}
	q.Metrics = slices.Clone(q.Metrics)
	q.DateRanges = slices.Clone(q.DateRanges)
	q.MinuteRanges = slices.Clone(q.MinuteRanges)
	for i, m := range q.MinuteRanges {
		q.MinuteRanges[i].StartMinutesAgo = clonePtr(m.StartMinutesAgo)
		q.MinuteRanges[i].EndMinutesAgo = clonePtr(m.EndMinutesAgo)
	}
	q.OrderBys = cloneOrders(q.OrderBys)
	q.Pivots = clonePivots(q.Pivots)
	q.MetricAggregations = slices.Clone(q.MetricAggregations)
	q.DimensionFilter = q.DimensionFilter.Clone()
	q.MetricFilter = q.MetricFilter.Clone()
	q.Comparisons = slices.Clone(q.Comparisons)
	for i, c := range q.Comparisons {
		q.Comparisons[i].DimensionFilter = c.DimensionFilter.Clone()
	}
	return q
}

func (e *DimensionExpression) clone() *DimensionExpression {
	if e == nil {
		return nil
	}
	c := &DimensionExpression{LowerCase: clonePtr(e.LowerCase), UpperCase: clonePtr(e.UpperCase), Concatenate: clonePtr(e.Concatenate)}
	if c.Concatenate != nil {
		c.Concatenate.DimensionNames = slices.Clone(c.Concatenate.DimensionNames)
	}
	return c
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Int64 is a proto3-JSON int64: written as a string, read from a string or a
// number.
type Int64 int64

// MarshalJSON writes the number as a JSON string.
func (n Int64) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, strconv.FormatInt(int64(n), 10)), nil
}

// UnmarshalJSON reads "12" and 12.
func (n *Int64) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	} else {
		s = string(b)
	}
	if s == "null" {
		return nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", s)
	}
	*n = Int64(v)
	return nil
}
