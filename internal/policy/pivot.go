package policy

import (
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// checkPivots refuses pivots of more rows than the view answers. They are not
// cut: that would take whole columns or rows from the table.
func (v *View) checkPivots(q report.Query) error {
	if len(q.Pivots) == 0 || v.MaxRows == 0 {
		return nil
	}
	product := int64(1)
	for _, p := range q.Pivots {
		product *= int64(p.Limit)
	}
	if product > v.MaxRows {
		return report.Errorf(report.Invalid, "This view answers %d rows at most, and the limits of the pivots allow %d: ask for less.", v.MaxRows, product)
	}
	return nil
}

// narrowRows bounds the rows of q, whose filter is narrowed. Where there are
// pivots, which have limits of their own, it adds to the dimensions those that the
// filter reads, which Google requires. As no pivot names them they are not visible.
// Whether there is room for them does not depend on which they are: it would tell.
func (v *View) narrowRows(q *report.Query, extra *report.Filter) error {
	if len(q.Pivots) == 0 {
		q.Limit, _ = v.limit(q.Limit)
		return nil
	}
	narrowing := map[string]bool{}
	for _, f := range []*report.Filter{v.Filter, extra} {
		f.Walk(func(c *report.Condition) { narrowing[c.FieldName] = true })
	}
	if len(q.Dimensions)+len(narrowing) > report.MaxDimensions {
		return report.Errorf(report.Invalid, "These dimensions and metrics cannot be asked together over this view.")
	}
	q.DimensionFilter.Walk(func(c *report.Condition) {
		if !slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Name == c.FieldName }) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: c.FieldName})
		}
	})
	return nil
}
