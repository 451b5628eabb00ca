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
// A narrowed report that has no room for them has no answer.
func (v *View) narrowRows(q *report.Query) error {
	if len(q.Pivots) == 0 {
		q.Limit, _ = v.limit(q.Limit)
		return nil
	}
	q.DimensionFilter.Walk(func(c *report.Condition) {
		if !slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Name == c.FieldName }) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: c.FieldName})
		}
	})
	if len(q.Dimensions) > report.MaxDimensions {
		return report.Errorf(report.Invalid, "These dimensions and metrics cannot be asked together over this view.")
	}
	return nil
}
