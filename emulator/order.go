package emulator

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// An ordering compares two rows in one way.
type ordering func(a, b *world.Row) int

// dateRangeColumn is the dimension that a report over several ranges gets as
// its last column.
const dateRangeColumn = "dateRange"

// orders compiles orderBys. Without any, the first metric decides, largest
// first. Rows that are equal so far are put in the order of their dimension
// values, so that pages of the same report fit together.
func (q *question) orders() error {
	q.columns = q.dimensionColumns()
	for _, ask := range q.ask.OrderBys {
		by, err := q.ordering(&ask)
		if err != nil {
			return err
		}
		if ask.Desc {
			up := by
			by = func(a, b *world.Row) int { return up(b, a) }
		}
		q.order = append(q.order, by)
	}
	if len(q.ask.OrderBys) == 0 && len(q.ask.Metrics) > 0 {
		q.order = append(q.order, func(a, b *world.Row) int { return cmp.Compare(b.Metrics[0], a.Metrics[0]) })
	}
	q.order = append(q.order,
		func(a, b *world.Row) int { return slices.Compare(a.Dimensions, b.Dimensions) },
		func(a, b *world.Row) int { return cmp.Compare(a.Range, b.Range) })
	return nil
}

func (q *question) ordering(ask *orderByAsk) (ordering, error) {
	switch {
	case ask.Metric != nil:
		return q.orderByMetric(ask.Metric.MetricName)
	case ask.Dimension != nil:
		return q.orderByDimension(ask.Dimension.DimensionName, ask.Dimension.OrderType)
	case ask.Pivot != nil:
		return nil, invalidArgument("Pivot OrderBys are only allowed in pivot reports.")
	}
	return nil, invalidArgument("OrderBy must set exactly one of metric, dimension or pivot.")
}

func (q *question) orderByMetric(name string) (ordering, error) {
	i := slices.IndexFunc(q.ask.Metrics, func(m metricAsk) bool { return m.Name == name })
	if i < 0 {
		return nil, notInReport(name)
	}
	return func(a, b *world.Row) int { return cmp.Compare(a.Metrics[i], b.Metrics[i]) }, nil
}

func notInReport(name string) error {
	return invalidArgument("Field %s exists in OrderBy but is not defined in input Dimensions/Metrics list", name)
}

func (q *question) orderByDimension(name, orderType string) (ordering, error) {
	compare := textOrder(orderType)
	i := slices.IndexFunc(q.columns, func(c dimensionColumn) bool { return c.name == name })
	if i < 0 {
		return nil, notInReport(name)
	}
	of := q.columns[i].of
	return func(a, b *world.Row) int {
		return compare(of(a.Dimensions, &q.series[a.Range]), of(b.Dimensions, &q.series[b.Range]))
	}, nil
}

func textOrder(orderType string) func(a, b string) int {
	switch orderType {
	case "CASE_INSENSITIVE_ALPHANUMERIC":
		return func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
	case "NUMERIC":
		return compareNumbers
	}
	return strings.Compare
}

// compareNumbers puts text that is no number, all of it equal, before numbers.
func compareNumbers(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX != nil && errY != nil:
		return 0
	case errX != nil:
		return -1
	case errY != nil:
		return 1
	}
	return cmp.Compare(x, y)
}

// sort orders the rows.
func (q *question) sort(rows []world.Row) {
	slices.SortFunc(rows, func(a, b world.Row) int {
		for _, by := range q.order {
			if c := by(&a, &b); c != 0 {
				return c
			}
		}
		return 0
	})
}
