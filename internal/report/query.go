package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
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

// A Query asks for a report on one property.
//
// The gate sets Account and Property from the view; nothing that a client sends can set them.
type Query struct {
	// Account is the configuration's name of the Google account.
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
	Comparisons        []Comparison  `json:"comparisons,omitempty"` // not in realtime
	OrderBys           []OrderBy     `json:"orderBys,omitempty"`
	MetricAggregations []Aggregation `json:"metricAggregations,omitempty" enum:"MetricAggregation"`
	Offset             Int64         `json:"offset,omitempty"`
	Limit              Int64         `json:"limit,omitempty"` // 0 means DefaultLimit
	CurrencyCode       string        `json:"currencyCode,omitempty"`
	KeepEmptyRows      bool          `json:"keepEmptyRows,omitempty"`
	// Pivots select runPivotReport; they replace OrderBys, MetricAggregations,
	// Offset and Limit.
	Pivots []Pivot `json:"pivots,omitempty"`
}

// A Dimension is a column of texts: the values of the field Name or, under the alias Name, those of Expression.
type Dimension struct {
	Name       string               `json:"name"`
	Expression *DimensionExpression `json:"dimensionExpression,omitempty"`
}

// A DimensionExpression computes a value from the values of dimensions: exactly one member is set.
type DimensionExpression struct {
	LowerCase   *CaseExpression        `json:"lowerCase,omitempty" oneof:"one_expression"`
	UpperCase   *CaseExpression        `json:"upperCase,omitempty" oneof:"one_expression"`
	Concatenate *ConcatenateExpression `json:"concatenate,omitempty" oneof:"one_expression"`
}

// CaseExpression is a dimension's value in lower or upper case.
type CaseExpression struct {
	DimensionName string `json:"dimensionName"`
}

// ConcatenateExpression is the values of dimensions with Delimiter between them.
type ConcatenateExpression struct {
	DimensionNames []string `json:"dimensionNames"`
	Delimiter      string   `json:"delimiter,omitempty"`
}

// A Metric is a column of numbers: the values of the field Name or, under the alias Name, those of Expression, see
// ParseExpression. An invisible one has no column, and can be sorted and filtered by.
type Metric struct {
	Name       string `json:"name"`
	Expression string `json:"expression,omitempty"`
	Invisible  bool   `json:"invisible,omitempty"`
}

// A Comparison adds the rows of the same report over what DimensionFilter matches; their column "comparison" holds Name.
type Comparison struct {
	// A saved comparison reads fields that only Google knows, so the gate could
	// not check them.
	_               struct{} `unsupported:"comparison" as:"saved comparisons: write the comparison's dimensionFilter" oneof:"one_comparison"`
	Name            string   `json:"name,omitempty"`
	DimensionFilter *Filter  `json:"dimensionFilter,omitempty" oneof:"one_comparison"`
}

// A DateRange is a span of days, both ends included. Clients write the ends as YYYY-MM-DD, NdaysAgo, yesterday or today;
// the gate resolves them to YYYY-MM-DD in the property's time zone.
type DateRange struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
	Name      string `json:"name,omitempty"`
}

// A MinuteRange is a span of minutes before now, for realtime queries: 29 to 0 is the last half hour. Nil ends mean
// Google's defaults, 29 and 0.
type MinuteRange struct {
	StartMinutesAgo *int   `json:"startMinutesAgo,omitempty"`
	EndMinutesAgo   *int   `json:"endMinutesAgo,omitempty"`
	Name            string `json:"name,omitempty"`
}

// bounds returns the ends, with Google's defaults.
func (r MinuteRange) bounds() (start, end int) {
	start, end = 29, 0
	if r.StartMinutesAgo != nil {
		start = *r.StartMinutesAgo
	}
	if r.EndMinutesAgo != nil {
		end = *r.EndMinutesAgo
	}
	return start, end
}

// An Aggregation is a row computed over all rows: TOTAL, MINIMUM, MAXIMUM or, in pivots only, COUNT.
type Aggregation string

// The aggregations of Google's enum.
const (
	Total   Aggregation = "TOTAL"
	Minimum Aggregation = "MINIMUM"
	Maximum Aggregation = "MAXIMUM"
	Count   Aggregation = "COUNT"
)

// An OrderBy sorts rows by exactly one of a metric, a dimension or, in pivots only, a metric in one column.
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

// A Pivot names the dimensions whose combinations of values are one axis of a pivot report. A dimension of the query that
// no pivot names is not visible. Source: Data API v1beta, Pivot.
type Pivot struct {
	FieldNames []string  `json:"fieldNames,omitempty"` // dimensions of the query, or RangeColumn
	OrderBys   []OrderBy `json:"orderBys,omitempty"`   // of the combinations of this pivot
	Offset     Int64     `json:"offset,omitempty"`
	// Limit is the number of combinations to return. Required; the product of
	// all limits of a query is at most MaxLimit.
	Limit              Int64         `json:"limit,omitempty"`
	MetricAggregations []Aggregation `json:"metricAggregations,omitempty" enum:"MetricAggregation"`
}

// PivotOrder sorts by a metric in the column that the selections identify.
type PivotOrder struct {
	MetricName      string           `json:"metricName"`
	PivotSelections []PivotSelection `json:"pivotSelections,omitempty"`
}

// A PivotSelection is one value of a dimension.
type PivotSelection struct {
	DimensionName  string `json:"dimensionName"`
	DimensionValue string `json:"dimensionValue"`
}

// Clone returns a copy that shares nothing with q that a caller could change.
func (q Query) Clone() Query { return clone(q) }

// clone returns a deep copy of v, which has no maps and interfaces.
func clone[T any](v T) T {
	unshare(reflect.ValueOf(&v).Elem())
	return v
}

// unshare replaces what v points to by copies.
func unshare(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			unshare(v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		unshare(own.Elem())
		v.Set(own)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		if own.Type().Elem().Kind() != reflect.String {
			for i := range own.Len() {
				unshare(own.Index(i))
			}
		}
		v.Set(own)
	}
}

// Int64 is a proto3-JSON int64: written as a string, read from a string or a number.
type Int64 int64

// MarshalJSON writes the number as a JSON string.
func (n Int64) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, strconv.FormatInt(int64(n), 10)), nil
}

// UnmarshalJSON reads "12" and 12.
func (n *Int64) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if strings.HasPrefix(s, `"`) {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", s)
	}
	*n = Int64(v)
	return nil
}
