package report

import "slices"

// A Pivot names the dimensions whose combinations of values are one axis of a
// pivot report. A dimension of the query that no pivot names is not visible.
// Source: Data API v1beta, Pivot.
type Pivot struct {
	// FieldNames are dimensions of the query, or "dateRange", which tells the
	// ranges of a query apart.
	FieldNames []string `json:"fieldNames,omitempty"`
	// OrderBys sort the combinations of this pivot alone.
	OrderBys []OrderBy `json:"orderBys,omitempty"`
	Offset   Int64     `json:"offset,omitempty"`
	// Limit is how many combinations are answered. Required; the product of all
	// limits of a query is MaxLimit at most.
	Limit              Int64         `json:"limit,omitempty"`
	MetricAggregations []Aggregation `json:"metricAggregations,omitempty" enum:"MetricAggregation"`
}

// PivotOrder sorts by a metric within the column that the selections choose.
type PivotOrder struct {
	MetricName      string           `json:"metricName"`
	PivotSelections []PivotSelection `json:"pivotSelections,omitempty"`
}

// A PivotSelection chooses one value of a dimension.
type PivotSelection struct {
	DimensionName  string `json:"dimensionName"`
	DimensionValue string `json:"dimensionValue"`
}

// maxPivots bounds the pivots of a query: each names at least one dimension or
// dateRange, and no two the same.
const maxPivots = MaxDimensions + 1

// maxPivotDimensions leaves room for what a view's filter reads, which Google wants
// among the dimensions of a pivot report. It is the same for all views: a bound that
// depended on the filter would tell that there is one.
const maxPivotDimensions = 6

func clonePivots(pivots []Pivot) []Pivot {
	pivots = slices.Clone(pivots)
	for i, p := range pivots {
		pivots[i].FieldNames = slices.Clone(p.FieldNames)
		pivots[i].OrderBys = cloneOrders(p.OrderBys)
		pivots[i].MetricAggregations = slices.Clone(p.MetricAggregations)
	}
	return pivots
}

func cloneOrders(orders []OrderBy) []OrderBy {
	orders = slices.Clone(orders)
	for i, o := range orders {
		orders[i].Metric = clonePtr(o.Metric)
		orders[i].Dimension = clonePtr(o.Dimension)
		if o.Pivot != nil {
			orders[i].Pivot = &PivotOrder{o.Pivot.MetricName, slices.Clone(o.Pivot.PivotSelections)}
		}
	}
	return orders
}

// checkPivots holds pivots to the rules of runPivotReport.
func (q Query) checkPivots() *Error {
	if len(q.Pivots) == 0 {
		return nil
	}
	switch {
	case q.Realtime:
		return Errorf(Invalid, "A realtime report has no pivots.")
	case len(q.Pivots) > maxPivots:
		return Errorf(Invalid, "A request cannot have more pivots than dimensions.")
	case len(q.Dimensions) > maxPivotDimensions:
		return Errorf(Invalid, "Oriel answers pivot reports of up to %d dimensions. This request is for %d dimensions.", maxPivotDimensions, len(q.Dimensions))
	case len(q.Metrics) == 0:
		return Errorf(Invalid, "A pivot report requires at least one metric.")
	case len(q.OrderBys)+len(q.MetricAggregations) > 0 || q.Offset != 0 || q.Limit != 0:
		return Errorf(Invalid, "In a pivot report orderBys, metricAggregations, offset and limit stand in the pivots.")
	}
	for _, check := range []func() *Error{q.checkPivotFields, q.checkPivotRows, q.checkPivotUse} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (q Query) checkPivotFields() *Error {
	var seen []string
	for _, p := range q.Pivots {
		for _, name := range p.FieldNames {
			switch {
			case slices.Contains(seen, name):
				return Errorf(Invalid, "Field %s is in two pivots: no two pivots can share a dimension.", Truncate(name))
			case !q.hasColumn(name):
				return Errorf(Invalid, "Field %s exists in Pivots but is not defined in input Dimensions list", Truncate(name))
			}
			seen = append(seen, name)
		}
		if err := q.checkOrders(p.OrderBys); err != nil {
			return err
		}
		if err := checkPivotAggregations(p.MetricAggregations); err != nil {
			return err
		}
	}
	return nil
}

// checkPivotAggregations takes COUNT as well, which only pivots have.
func checkPivotAggregations(list []Aggregation) *Error {
	list = slices.DeleteFunc(slices.Clone(list), func(a Aggregation) bool { return a == Count })
	return Query{MetricAggregations: list}.checkAggregations()
}

func (q Query) checkPivotRows() *Error {
	product := Int64(1)
	for _, p := range q.Pivots {
		switch {
		case p.Limit <= 0:
			return Errorf(Invalid, "Each pivot requires a positive limit. The API received limit = %d", p.Limit)
		case p.Offset < 0:
			return Errorf(Invalid, "offset must be positive. The API received offset = %d", p.Offset)
		case p.Limit > MaxLimit/product:
			return Errorf(Invalid, "The product of the limits of all pivots must not exceed %d.", MaxLimit)
		}
		product *= p.Limit
	}
	return nil
}

// checkPivotUse holds filters to what is requested, and what is requested to some
// use: both are rules of pivot reports alone.
func (q Query) checkPivotUse() *Error {
	var err *Error
	q.DimensionFilter.Walk(func(c *Condition) {
		if err == nil && !q.hasDimension(c.FieldName) {
			err = Errorf(Invalid, "Field %s exists in the dimensionFilter but is not defined in input Dimensions list", Truncate(c.FieldName))
		}
	})
	q.MetricFilter.Walk(func(c *Condition) {
		if err == nil && !q.hasMetric(c.FieldName) {
			err = Errorf(Invalid, "Field %s exists in the metricFilter but is not defined in input Metrics list", Truncate(c.FieldName))
		}
	})
	if err != nil {
		return err
	}
	used, _ := q.Columns()
	q.DimensionFilter.Walk(func(c *Condition) { used = append(used, c.FieldName) })
	for _, p := range q.Pivots {
		for _, o := range p.OrderBys {
			if o.Dimension != nil {
				used = append(used, o.Dimension.DimensionName)
			}
		}
	}
	for _, d := range q.Dimensions {
		if !slices.Contains(used, d.Name) {
			return Errorf(Invalid, "Dimension %s is used by no pivot, filter or orderBy.", Truncate(d.Name))
		}
	}
	return nil
}

func (q Query) hasDimension(name string) bool {
	return slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.Name == name })
}

func (q Query) hasMetric(name string) bool {
	return slices.ContainsFunc(q.Metrics, func(m Metric) bool { return m.Name == name })
}

// hasColumn reports whether rows of q have a column of dimension values by a name.
func (q Query) hasColumn(name string) bool { return q.hasDimension(name) || q.adds(name) }

// pivotOrdered returns the first field of an order that q lacks; known when it
// lacks none.
func (q Query) pivotOrdered(o *PivotOrder) (name string, known bool) {
	if !q.hasMetric(o.MetricName) {
		return o.MetricName, false
	}
	for _, s := range o.PivotSelections {
		if !q.hasColumn(s.DimensionName) {
			return s.DimensionName, false
		}
	}
	return "", true
}

// pivotReport is what Google calls a pivot report in the names of its messages.
const pivotReport = "PivotReport"

// DecodeRunPivotReport reads a RunPivotReportRequest as DecodeRunReport reads a
// RunReportRequest.
func DecodeRunPivotReport(b []byte) (Query, error) {
	r, err := read(pivotRequests, b)
	return checked(r.Query, err, validatePivots)
}

// DecodeBatchRunPivotReports reads a BatchRunPivotReportsRequest of 1 to MaxBatch
// requests.
func DecodeBatchRunPivotReports(b []byte) ([]Query, error) {
	batch, err := read(pivotBatches, b)
	return queries(batch, err, pivotReport, validatePivots)
}

func validatePivots(q Query) error {
	if len(q.Pivots) == 0 {
		return Errorf(Invalid, "A pivot report requires at least one pivot.")
	}
	return q.Validate()
}
