package emulator

import (
	"math"
	"slices"

	"github.com/oriel-server/oriel/emulator/world"
)

type pivotDimensionHeader struct {
	DimensionValues []cell `json:"dimensionValues"`
}

type pivotHeader struct {
	PivotDimensionHeaders []pivotDimensionHeader `json:"pivotDimensionHeaders,omitempty"`
	RowCount              int                    `json:"rowCount,omitempty"`
}

type pivotAnswer struct {
	PivotHeaders     []pivotHeader   `json:"pivotHeaders,omitempty"`
	DimensionHeaders []nameHeader    `json:"dimensionHeaders,omitempty"`
	MetricHeaders    []metricHeader  `json:"metricHeaders,omitempty"`
	Rows             []rowAnswer     `json:"rows,omitempty"`
	Aggregates       []rowAnswer     `json:"aggregates,omitempty"`
	Metadata         *reportMetadata `json:"metadata,omitempty"`
	PropertyQuota    *quotaAnswer    `json:"propertyQuota,omitempty"`
	Kind             string          `json:"kind"`
}

// extremes folds the rows of each combination.
func (p *pivot) extremes(q *question, rows []world.Row, pick func(a, b float64) float64) map[string][]float64 {
	out := map[string][]float64{}
	for _, r := range rows {
		k := keyOf(p.valuesOf(q, &r))
		if out[k] == nil {
			out[k] = slices.Clone(r.Metrics)
			continue
		}
		for i, v := range r.Metrics {
			out[k][i] = pick(out[k][i], v)
		}
	}
	return out
}

// shown are the combinations of the pivot's page.
func (p *pivot) shown() []*combo {
	first := int(min(p.Offset, int64(len(p.combos))))
	return p.combos[first:min(first+int(p.Limit), len(p.combos))]
}

// aggregates are the rows of a pivot's aggregations, one for each combination shown.
func (p *pivot) aggregates(q *question, rows []world.Row) (out []rowAnswer) {
	for _, want := range p.Aggregations {
		var folded map[string][]float64
		switch want {
		case "MAXIMUM":
			folded = p.extremes(q, rows, math.Max)
		case "MINIMUM":
			folded = p.extremes(q, rows, math.Min)
		case "TOTAL":
		default:
			continue
		}
		for _, c := range p.shown() {
			values := c.total
			if folded != nil {
				values = folded[keyOf(c.values)]
			}
			out = append(out, p.aggregate(q, reservedWords[want], c, values))
		}
	}
	return out
}

// aggregate is one row: the values of the combination, and a reserved word for all others.
func (p *pivot) aggregate(q *question, word string, c *combo, values []float64) rowAnswer {
	cells := slices.Repeat([]cell{{word}}, len(q.columns))
	for i, column := range p.columns {
		cells[column] = cell{c.values[i]}
	}
	if values == nil {
		values = q.evaluate(make([]float64, len(q.metrics))) // rows that were kept though empty
	}
	return rowAnswer{cells, q.metricCells(values)}
}

func (e *Emulator) renderPivots(q *question, pivots []*pivot, rows []world.Row, quota *quotaAnswer) *pivotAnswer {
	a := &pivotAnswer{
		DimensionHeaders: q.dimensionHeaders(), MetricHeaders: q.metricHeaders(),
		PropertyQuota: quota, Kind: "analyticsData#runPivotReport", Metadata: e.metadataOf(q),
	}
	for _, p := range pivots {
		h := pivotHeader{RowCount: len(p.combos)}
		for _, c := range p.shown() {
			var cells []cell
			for _, v := range c.values {
				cells = append(cells, cell{v})
			}
			h.PivotDimensionHeaders = append(h.PivotDimensionHeaders, pivotDimensionHeader{cells})
		}
		a.PivotHeaders = append(a.PivotHeaders, h)
		a.Aggregates = append(a.Aggregates, p.aggregates(q, rows)...)
	}
	for _, r := range shownRows(q, pivots, rows) {
		a.Rows = append(a.Rows, q.row(r.Dimensions, r.Range, r.Metrics))
	}
	return a
}

// shownRows are the rows whose combinations all pivots show, in the order of the first
// pivot, then of the next.
func shownRows(q *question, pivots []*pivot, rows []world.Row) []world.Row {
	type ranked struct {
		world.Row
		ranks []int
	}
	var shown []ranked
	ranks := make([]map[string]int, len(pivots))
	for i, p := range pivots {
		ranks[i] = map[string]int{}
		for _, c := range p.shown() {
			ranks[i][keyOf(c.values)] = c.rank
		}
	}
next:
	for _, r := range rows {
		line := ranked{Row: r}
		for i, p := range pivots {
			rank, ok := ranks[i][keyOf(p.valuesOf(q, &r))]
			if !ok {
				continue next
			}
			line.ranks = append(line.ranks, rank)
		}
		shown = append(shown, line)
	}
	slices.SortStableFunc(shown, func(a, b ranked) int { return slices.Compare(a.ranks, b.ranks) })
	out := make([]world.Row, len(shown))
	for i, s := range shown {
		out[i] = s.Row
	}
	return out
}
