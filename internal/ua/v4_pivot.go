package ua

import (
	"cmp"
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// A pivotPlan is one pivot of a report: groups of columns, one for each value of
// the pivot's dimensions.
type pivotPlan struct {
	request pivotRequest
	cells   *product // by the dimensions of the rows, then those of the pivot
	groups  *product // by those of the pivot alone: the totals of the columns; nil if cells are added up
}

func (p *reportPlan) planPivots() error {
	for _, r := range p.request.Pivots {
		if slices.ContainsFunc(r.Dimensions, func(d dimensionRequest) bool { return isSegment(d.Name) }) {
			return badRequest("A pivot cannot have the dimension %s here: ask for it in the dimensions of the request.", segmentDimension)
		}
		c := productColumns{
			dimensions: slices.Concat(p.dimensions(), r.Dimensions), metrics: r.Metrics, needsWeights: p.filtered(),
			filter: func(tq *tableQuery) (conditionGroups, error) { return tq.pivotGroups(p.request, r) },
		}
		cells, err := p.product(c)
		if err != nil {
			return err
		}
		plan := &pivotPlan{request: r, cells: cells}
		p.pivots = append(p.pivots, plan)
		if p.filtered() {
			continue
		}
		c.dimensions, c.needsWeights = r.Dimensions, len(p.segments) > 1
		if plan.groups, err = p.product(c); err != nil {
			return err
		}
	}
	return nil
}

// pivotGroups resolves the filters of a request's cells: those of its rows on
// dimensions, and the pivot's own.
func (tq *tableQuery) pivotGroups(r reportRequest, p pivotRequest) (conditionGroups, error) {
	groups, err := tq.groupsV4(r)
	if err != nil {
		return nil, err
	}
	groups = slices.DeleteFunc(groups, func(group []condition) bool { return group[0].metric != nil })
	own, err := tq.dimensionGroups(p.DimensionFilterClauses)
	return append(groups, own...), err
}

// A pivotTable is the groups of a pivot that are shown, and the cells of rows.
type pivotTable struct {
	plan    *pivotPlan
	metrics []metric
	shown   []*productRow          // groups, their values the totals
	count   int                    // of all groups
	cells   map[string][]pivotCell // by the names of the row
}

// A pivotCell is the values of a row in a group; where it has none, it has zeros.
type pivotCell struct {
	group  int // in shown
	values [][]number
}

// pivot reads the reports of the pivots. t holds the finished rows.
func (p *reportPlan) pivot(t *productTable, reports *[]*report.Report) ([]*pivotTable, error) {
	var all []*pivotTable
	for _, plan := range p.pivots {
		cells, err := p.join(plan.cells, p.segment, reports)
		if err != nil {
			return nil, err
		}
		groups := &productTable{freshness: cells.freshness}
		if plan.groups == nil {
			groups.rows, err = p.groupsOf(plan, cells, t)
		} else {
			groups, err = p.join(plan.groups, -1, reports)
		}
		if err != nil {
			return nil, err
		}
		t.freshness = t.freshness.with(cells.freshness).with(groups.freshness)
		v := &pivotTable{plan: plan, metrics: plan.cells.first().metrics}
		v.choose(groups.rows)
		v.place(cells.rows, len(p.request.Dimensions))
		all = append(all, v)
	}
	return all, nil
}

// groupsOf adds up the cells of the rows that pass the filters. A row that GA4 did not
// report has only zeros.
func (p *reportPlan) groupsOf(plan *pivotPlan, cells, t *productTable) ([]*productRow, error) {
	n := len(p.request.Dimensions)
	zero := p.main.first().passesMetrics(&row{})
	index := newRowIndex(len(p.days), p.totalled(plan.cells))
	for _, c := range cells.rows {
		if passes, reported := t.passes[key(c.names[:n])]; reported && !passes || !reported && !zero {
			continue
		}
		for span, refs := range c.refs {
			index.add(span, c.names[n:], &row{refs: refs})
		}
	}
	return index.rows()
}

// choose sorts the groups by the total of the first metric and selects those to show.
func (v *pivotTable) choose(groups []*productRow) {
	for _, g := range groups {
		g.compute(v.metrics)
	}
	groups = slices.DeleteFunc(groups, func(g *productRow) bool { return g.empty() })
	slices.SortFunc(groups, func(a, b *productRow) int {
		return cmp.Or(cmp.Compare(b.values[0][0].value, a.values[0][0].value), slices.Compare(a.names, b.names))
	})
	v.count = len(groups)
	most := v.plan.request.MaxGroupCount
	if most == 0 {
		most = defaultGroupCount
	}
	first := min(v.plan.request.StartGroup, len(groups))
	v.shown = groups[first:min(first+most, len(groups))]
}

// place assigns cells to the groups that are shown. The first n names of a cell are
// those of its row.
func (v *pivotTable) place(cells []*productRow, n int) {
	groups := map[string]int{}
	for i, g := range v.shown {
		groups[key(g.names)] = i
	}
	v.cells = map[string][]pivotCell{}
	for _, c := range cells {
		if i, shown := groups[key(c.names[n:])]; shown {
			c.compute(v.metrics)
			row := key(c.names[:n])
			v.cells[row] = append(v.cells[row], pivotCell{i, c.values})
		}
	}
}

// values returns the cells of one row in one date range, group by group.
func (v *pivotTable) values(names []string, span int) []number {
	out := make([]number, len(v.shown)*len(v.metrics))
	for _, c := range v.cells[key(names)] {
		copy(out[c.group*len(v.metrics):], c.values[span])
	}
	return out
}

// extremes returns the minimums or maximums of the cells of all rows in one date range.
func (v *pivotTable) extremes(rows []*productRow, span int, pick func(a, b number) number) []number {
	out := make([]number, len(v.shown)*len(v.metrics))
	cells := make([]int, len(v.shown)) // seen of a group
	for _, r := range rows {
		for _, c := range v.cells[key(r.names)] {
			for j, value := range c.values[span] {
				if at := c.group*len(v.metrics) + j; cells[c.group] == 0 {
					out[at] = value
				} else {
					out[at] = pick(out[at], value)
				}
			}
			cells[c.group]++
		}
	}
	for at := range out {
		if cells[at/len(v.metrics)] < len(rows) {
			out[at] = pick(out[at], number{})
		}
	}
	return out
}

// totals returns the totals of the groups in one date range.
func (v *pivotTable) totals(span int) []number {
	var out []number
	for _, g := range v.shown {
		out = append(out, g.values[span]...)
	}
	return out
}
