package ua

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Answer makes the body from the reports for Queries, in that order. Errors are *Error.
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
		// The view allows fewer rows than were requested.
		b.ItemsPerPage, b.NextLink = len(rows), p.link(next, true)
	}
	a.describe(b)
	if p.query.DataTable {
		b.toDataTable()
	}
	return b, nil
}

// describe writes whether the reports are sampled.
func (a *ga4Table) describe(b *Body) {
	if b.Sampled == nil {
		return
	}
	*b.Sampled = a.sampled
	if a.sampled && a.space > 0 {
		b.SampleSize, b.SampleSpace = strconv.FormatInt(a.size, 10), strconv.FormatInt(a.space, 10)
	}
}

// aggregatedRows makes v3's rows from GA4's and filters them. totals are over these.
func (p *Plan) aggregatedRows(a *ga4Table) (rows []*row, totals map[metricRef]number, err error) {
	if rows, err = p.group(a); err != nil {
		return nil, nil, err
	}
	if !p.pushed { // before any row is dropped: a day that the filter drops isn't empty
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

// compute sets a row's metrics, and reports whether the body has the row.
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

// withEmpty adds rows for the times without data. rows are all of GA4's.
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

// A comparator orders rows, as cmp.Compare does.
type comparator[R any] func(a, b R) int

// comparing orders rows by a number.
func comparing[R any](value func(R) float64) comparator[R] {
	return func(a, b R) int { return cmp.Compare(value(a), value(b)) }
}

// directed returns the comparator, reversed if desc.
func (c comparator[R]) directed(desc bool) comparator[R] {
	if !desc {
		return c
	}
	return func(a, b R) int { return c(b, a) }
}

// sortRows sorts by the first comparator that tells two rows apart.
func sortRows[R any](rows []R, by []comparator[R]) {
	slices.SortStableFunc(rows, func(a, b R) int {
		for _, compare := range by {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return 0
	})
}

// sorted sorts rows by the query's keys, then by the dimensions.
func (p *Plan) sorted(rows []*row) []*row {
	var by []comparator[*row]
	for _, k := range p.query.Sort {
		by = append(by, p.column(k.Name).directed(k.Desc))
	}
	sortRows(rows, append(by, func(a, b *row) int { return slices.Compare(a.names, b.names) }))
	return rows
}

// placed merges a page of GA4's count rows with the empty rows, and returns the page
// and the number of all rows. It fails if empty rows before the page make its
// beginning unknown.
func (p *Plan) placed(rows []*row, count int) (page []*row, total int, err error) {
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

// column orders rows by a column.
func (p *Plan) column(name string) comparator[*row] {
	for i, d := range p.dimensions {
		if strings.EqualFold(d.requested, name) {
			return func(a, b *row) int { return strings.Compare(a.names[i], b.names[i]) }
		}
	}
	i := slices.IndexFunc(p.metrics, func(m metric) bool { return strings.EqualFold(m.requested, name) })
	return comparing(func(r *row) float64 { return r.values[i].value })
}

// page returns the rows of the page that a query asks for.
func page(rows []*row, q Query) []*row {
	start := min(q.StartIndex-1, len(rows))
	return rows[start:min(start+q.MaxResults, len(rows))]
}
