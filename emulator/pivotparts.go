package emulator

import (
	"slices"

	"github.com/oriel-server/oriel/emulator/world"
)

type pivotSelectionAsk struct {
	DimensionName  string `json:"dimensionName"`
	DimensionValue string `json:"dimensionValue"`
}

// orderPivot compiles the orderBys of a pivot. Without any, the first metric decides,
// largest first.
func (q *question) orderPivot(p *pivot) error {
	for _, ask := range p.OrderBys {
		o, err := q.pivotOrder(p, &ask)
		if err != nil {
			return err
		}
		o.desc = ask.Desc
		p.order = append(p.order, o)
	}
	if len(p.OrderBys) == 0 && len(q.ask.Metrics) > 0 {
		p.order = append(p.order, pivotOrder{metric: 0, desc: true})
	}
	return nil
}

func (q *question) pivotOrder(p *pivot, ask *orderByAsk) (pivotOrder, error) {
	switch {
	case ask.Metric != nil:
		i, err := q.requestedMetric(ask.Metric.MetricName)
		return pivotOrder{metric: i}, err
	case ask.Pivot != nil:
		i, err := q.requestedMetric(ask.Pivot.MetricName)
		if err != nil {
			return pivotOrder{}, err
		}
		_, err = q.selected(ask.Pivot.Selections)
		return pivotOrder{metric: i, selections: ask.Pivot.Selections}, err
	case ask.Dimension != nil:
		i := slices.Index(p.FieldNames, ask.Dimension.DimensionName)
		if i < 0 {
			return pivotOrder{}, invalidArgument("Field %s exists in OrderBy but is not one of the pivot's field names", ask.Dimension.DimensionName)
		}
		return pivotOrder{metric: -1, dimension: i, compare: textOrder(ask.Dimension.OrderType)}, nil
	}
	return pivotOrder{}, invalidArgument("OrderBy must set exactly one of metric, dimension or pivot.")
}

func (q *question) requestedMetric(name string) (int, error) {
	i := slices.IndexFunc(q.ask.Metrics, func(m metricAsk) bool { return m.Name == name })
	if i < 0 {
		return 0, notInReport(name)
	}
	return i, nil
}

// selected compiles pivot selections: column → value.
func (q *question) selected(selections []pivotSelectionAsk) (map[int]string, error) {
	chosen := map[int]string{}
	for _, s := range selections {
		i := slices.IndexFunc(q.columns, func(c dimensionColumn) bool { return c.name == s.DimensionName })
		if i < 0 {
			return nil, notInReport(s.DimensionName)
		}
		chosen[i] = s.DimensionValue
	}
	return chosen, nil
}

// A pivotPart is the events of all series whose names, as far as a pivot shows them, are
// the same.
type pivotPart struct {
	own   []int // indexes of the question's dimensions to group by
	where world.Expr
	whole world.Range
	key   func(dimensions []string) string // of the pivot's values
}

// partition splits the events of the rows by the names of series that a pivot shows.
func (q *question) partition(p *pivot, rows []world.Row, selected map[int]string) []pivotPart {
	var parts []pivotPart
	members := map[string][]series{}
	var names []string
	for i := range q.series {
		s := q.series[i]
		if !q.selects(&s, selected) {
			continue
		}
		s.where = both(both(s.where, q.selectedDimensions(selected)), q.keptOf(rows, i))
		name := keyOf(p.seriesNames(q, &s))
		if members[name] == nil {
			names = append(names, name)
		}
		members[name] = append(members[name], s)
	}
	for _, name := range names {
		parts = append(parts, q.pivotPart(p, members[name]))
	}
	return parts
}

func (q *question) pivotPart(p *pivot, of []series) pivotPart {
	part := pivotPart{}
	position := map[int]int{} // column → index into the dimensions grouped by
	for _, c := range p.columns {
		if i := q.ownIndex(c); i >= 0 {
			position[c] = len(part.own)
			part.own = append(part.own, i)
		}
	}
	part.where, part.whole = q.union(of)
	first := of[0]
	part.key = func(dimensions []string) string {
		values := make([]string, len(p.columns))
		for n, c := range p.columns {
			if at, ok := position[c]; ok {
				values[n] = dimensions[at]
			} else {
				values[n] = q.columns[c].of(nil, &first)
			}
		}
		return keyOf(values)
	}
	return part
}

// ownIndex is the index among the question's dimensions of a column; -1 for the name of a series.
func (q *question) ownIndex(column int) int {
	if !q.columns[column].own {
		return -1
	}
	i := 0
	for _, c := range q.columns[:column] {
		if c.own {
			i++
		}
	}
	return i
}

func (p *pivot) seriesNames(q *question, s *series) (names []string) {
	for _, c := range p.columns {
		if !q.columns[c].own {
			names = append(names, q.columns[c].of(nil, s))
		}
	}
	return names
}

// selects reports whether the names of a series are those selected.
func (q *question) selects(s *series, selected map[int]string) bool {
	for c, value := range selected {
		if !q.columns[c].own && q.columns[c].of(nil, s) != value {
			return false
		}
	}
	return true
}

// selectedDimensions is true for events with the selected values.
func (q *question) selectedDimensions(selected map[int]string) world.Expr {
	var all world.And
	for c, value := range selected {
		if i := q.ownIndex(c); i >= 0 {
			if f := q.dimensions[i]; f.made {
				all = append(all, world.Match{Dimension: f.name, Test: func(v string) bool { return v == value }})
			} else {
				all = append(all, constant(value == notSet))
			}
		}
	}
	return all
}

// keptOf is true for the events of those rows of a series that a metric filter left.
func (q *question) keptOf(rows []world.Row, of int) world.Expr {
	if q.having == nil {
		return nil
	}
	var kept [][]string
	for _, r := range rows {
		if r.Range == of {
			kept = append(kept, r.Dimensions)
		}
	}
	return anyOf(q.dimensions, kept)
}
