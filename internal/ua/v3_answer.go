package ua

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Answer makes the body from the reports that answer Queries, in that order.
// Errors are *Error.
func (p *Plan) Answer(reports []*report.Report) (*Body, error) {
	if len(reports) != len(p.queries) {
		return nil, AsError(report.Errorf(report.Internal, "%d reports answer %d queries", len(reports), len(p.queries)))
	}
	a, err := p.read(reports)
	if err != nil {
		return nil, err
	}
	rows, totals, err := p.aggregatedRows(a)
	if err != nil {
		return nil, err
	}
	total := a.count
	switch {
	case p.pushed && p.pagesTimes:
		if rows, total, err = p.placed(rows, total); err != nil {
			return nil, err
		}
	case !p.pushed:
		rows = p.sorted(rows)
		total = len(rows)
		rows = page(rows, p.query)
	}
	b := p.body(total)
	for _, m := range p.metrics {
		b.Totals = append(b.Totals, Total{m.requested, m.format(m.value(totals))})
	}
	for _, r := range rows {
		cells := slices.Clone(r.names)
		for i, m := range p.metrics {
			cells = append(cells, m.format(r.values[i]))
		}
		b.Rows = append(b.Rows, cells)
	}
	if next := p.query.StartIndex + len(rows); p.pushed && len(rows) < p.query.MaxResults && next <= total && len(rows) > 0 && !p.query.Realtime {
		// The view allows fewer rows than were requested for.
		b.ItemsPerPage, b.NextLink = len(rows), p.link(next, true)
	}
	a.describe(b)
	if p.query.DataTable {
		b.toDataTable()
	}
	return b, nil
}

func (a *answer) describe(b *Body) {
	if b.Sampled == nil {
		return
	}
	*b.Sampled = a.sampled
	if a.sampled && a.space > 0 {
		b.SampleSize, b.SampleSpace = strconv.FormatInt(a.size, 10), strconv.FormatInt(a.space, 10)
	}
}

// aggregatedRows makes v3's rows from GA4's and filters them; the totals are theirs.
func (p *Plan) aggregatedRows(a *answer) (rows []*row, totals map[metricRef]number, err error) {
	if rows, err = p.group(a); err != nil {
		return nil, nil, err
	}
	if !p.pushed { // before any row is dropped: a day that the filter drops is not empty
		rows = p.withEmpty(rows)
	}
	rows = slices.DeleteFunc(rows, func(r *row) bool { return !p.compute(r) })
	if !p.metricsLocal && len(p.localFilter) == 0 {
		return rows, a.totals, nil
	}
	if name := withoutTotal(p.metrics, rows); name != "" {
		return nil, nil, badRequest("%s has no total over the rows that this filter leaves: it is a ratio of numbers that Google Analytics 4 does not tell. "+
			"Ask for it without the filter, or filter for a single row.", name)
	}
	return rows, aggregate(rows), nil
}

// compute works out a row's metrics, and reports whether the body has the row.
func (p *Plan) compute(r *row) bool {
	r.values = make([]number, len(p.metrics))
	zero := true
	for i, m := range p.metrics {
		r.values[i] = m.value(r.refs)
		zero = zero && r.values[i].value == 0
	}
	if zero && !p.keepEmpty {
		return false
	}
	return !p.metricsLocal || p.passesMetrics(r)
}

// withEmpty adds the rows of a time when nothing happened. rows are all that Google has.
func (p *Plan) withEmpty(rows []*row) []*row {
	if !p.fills() || !p.zeroPasses() {
		return rows
	}
	have := map[string]bool{}
	for _, r := range rows {
		have[key(r.names)] = true
	}
	for _, names := range p.emptyRows() {
		if !have[key(names)] {
			rows = append(rows, &row{names: names, values: make([]number, len(p.metrics))})
		}
	}
	return rows
}

// sorted orders rows by the query's keys, then by the dimensions.
func (p *Plan) sorted(rows []*row) []*row {
	var compare []func(a, b *row) int
	for _, k := range p.query.Sort {
		by := p.column(k.Name)
		if k.Desc {
			asc := by
			by = func(a, b *row) int { return asc(b, a) }
		}
		compare = append(compare, by)
	}
	slices.SortStableFunc(rows, func(a, b *row) int {
		for _, by := range compare {
			if c := by(a, b); c != 0 {
				return c
			}
		}
		return slices.Compare(a.names, b.names)
	})
	return rows
}

// placed puts a page of Google's count rows at the places of their times, with the
// empty rows between them, and returns how many places there are. It fails when days
// without data before the page hide which rows are there.
func (p *Plan) placed(rows []*row, count int) (page []*row, places int, err error) {
	all := p.sorted(p.withEmpty(rows))
	first := min(p.query.StartIndex-1, len(all))
	end := len(all)
	if len(rows) > 0 {
		rows = p.sorted(rows)
		if first > 0 && (first == len(all) || all[first] != rows[0]) {
			return nil, 0, boundedView()
		}
		if first+len(rows) < count {
			end = slices.Index(all, rows[len(rows)-1]) + 1
		}
	} else if first > 0 && first < len(all) {
		return nil, 0, boundedView()
	}
	return all[first:min(end, first+p.query.MaxResults)], len(all), nil
}

func (p *Plan) column(name string) func(a, b *row) int {
	for i, d := range p.dimensions {
		if strings.EqualFold(d.requested, name) {
			return func(a, b *row) int { return strings.Compare(a.names[i], b.names[i]) }
		}
	}
	i := slices.IndexFunc(p.metrics, func(m metric) bool { return strings.EqualFold(m.requested, name) })
	return func(a, b *row) int { return cmp.Compare(a.values[i].value, b.values[i].value) }
}

func page(rows []*row, q Query) []*row {
	start := min(q.StartIndex-1, len(rows))
	return rows[start:min(start+q.MaxResults, len(rows))]
}
