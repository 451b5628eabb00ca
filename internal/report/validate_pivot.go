package report

import (
	"cmp"
	"slices"
)

// maxPivots bounds the pivots of a query: each has at least one dimension or dateRange that no other has.
const maxPivots = MaxDimensions + 1

// maxPivotDimensions leaves room for the fields of a view's filter, which Google requires among the dimensions of a pivot
// report. It is the same for all views: a bound that depended on the filter would disclose it.
const maxPivotDimensions = 6

// checkPivots checks the rules of runPivotReport.
func (q Query) checkPivots() error {
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
		return Errorf(Invalid, "In a pivot report orderBys, metricAggregations, offset and limit belong in the pivots.")
	}
	return firstOf(q.checkPivotFields, q.checkPivotRows, q.checkPivotFilters, q.checkPivotUse)
}

func (q Query) checkPivotFields() error {
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
		if err := cmp.Or(q.checkOrders(p.OrderBys), checkPivotAggregations(p.MetricAggregations)); err != nil {
			return err
		}
	}
	return nil
}

// checkPivotAggregations allows COUNT as well, which only pivots have.
func checkPivotAggregations(list []Aggregation) error {
	list = slices.DeleteFunc(slices.Clone(list), func(a Aggregation) bool { return a == Count })
	return Query{MetricAggregations: list}.checkAggregations()
}

func (q Query) checkPivotRows() error {
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

// checkPivotFilters checks that filters name only fields of the query, a rule of pivot reports.
func (q Query) checkPivotFilters() (err error) {
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
	return err
}

// checkPivotUse checks that each dimension is used, a rule of pivot reports.
func (q Query) checkPivotUse() error {
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

// hasColumn reports whether rows of q have a column of dimension values of this name.
func (q Query) hasColumn(name string) bool { return q.hasDimension(name) || q.addsColumn(name) }

// pivotOrderField returns the first field of an order that q lacks; known if it lacks none.
func (q Query) pivotOrderField(o *PivotOrder) (name string, known bool) {
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

// validatePivots validates a query that must have pivots.
func (q Query) validatePivots() error {
	if len(q.Pivots) == 0 {
		return Errorf(Invalid, "A pivot report requires at least one pivot.")
	}
	return q.Validate()
}
