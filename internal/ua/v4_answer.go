package ua

import (
	"slices"
	"strconv"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Answer makes the body from the reports for Queries, in that order. Errors are *Error.
func (p *BatchPlan) Answer(reports []*report.Report) (*BatchBody, error) {
	if want := len(p.Queries()); len(reports) != want {
		return nil, AsError(report.Errorf(report.Internal, "%d reports answer %d queries", len(reports), want))
	}
	b := &BatchBody{format: p.batch.format}
	for _, plan := range p.reports {
		one, err := plan.answer(&reports)
		if err != nil {
			return nil, err
		}
		b.Reports = append(b.Reports, one)
	}
	return b, nil
}

// A productRow is a row of a product: the values of its dimensions, with numbers for
// each date range.
type productRow struct {
	names  []string               // of the dimensions, the segment among them
	refs   []map[metricRef]number // by date range
	values [][]number             // likewise, by metric
	filled bool                   // an empty row, in no report
}

// A productTable is the joined tables of a product.
type productTable struct {
	rows        []*productRow
	totals      []map[metricRef]number // by date range
	least, most map[metricRef]number   // GA4's, if it paged the rows
	count       int                    // rows in GA4, likewise
	passes      map[string]bool        // by row, the metric filter; only with pivots
	sampled     bool
	size, space []string // by date range
	freshness
}

// A freshness is how fresh reports are.
type freshness struct {
	fetched time.Time // the oldest; zero for none
	golden  bool      // final: will not change
}

// with returns the freshness of both.
func (s freshness) with(o freshness) freshness {
	if s.fetched.IsZero() || o.fetched.Before(s.fetched) {
		s.fetched = o.fetched
	}
	s.golden = s.golden && o.golden
	return s
}

// take removes the first n reports.
func take(reports *[]*report.Report, n int) []*report.Report {
	taken := (*reports)[:n]
	*reports = (*reports)[n:]
	return taken
}

// join reads the reports of a product and joins rows with the same dimension values.
// insert is the column for the segment's name; -1 adds the segments up.
func (p *reportPlan) join(c *product, insert int, reports *[]*report.Report) (*productTable, error) {
	t := &productTable{freshness: freshness{golden: true}}
	index := newRowIndex(len(p.days), p.totalled(c))
	var totals [][]*row // by date range
	for i, tables := range c.tables {
		for j, tq := range tables {
			own := take(reports, len(tq.queries))
			for _, r := range own {
				t.freshness = t.freshness.with(freshness{r.FetchedAt, r.Freshness == report.FreshFinal})
			}
			a, err := tq.read(own)
			if err != nil {
				return nil, err
			}
			rows, err := tq.group(a)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				index.add(j, withName(r.names, insert, p.segments[i].name), r)
			}
			if tq.fills() {
				for _, names := range tq.emptyRows() {
					index.add(j, withName(names, insert, p.segments[i].name), nil)
				}
			}
			if i == 0 {
				totals = append(totals, nil)
				t.size, t.space = append(t.size, strconv.FormatInt(a.size, 10)), append(t.space, strconv.FormatInt(a.space, 10))
			}
			totals[j] = append(totals[j], &row{refs: a.totals})
			t.count, t.least, t.most, t.sampled = a.count, a.least, a.most, t.sampled || a.sampled && a.space > 0
		}
	}
	for _, of := range totals {
		total, err := addUp(index.metrics, of)
		if err != nil {
			return nil, err
		}
		t.totals = append(t.totals, total)
	}
	var err error
	t.rows, err = index.rows()
	return t, err
}

// totalled returns the metrics of a product whose totals are reported.
func (p *reportPlan) totalled(c *product) []metric {
	if p.request.HideTotals {
		return nil
	}
	return c.first().metrics
}

// addUp adds rows up, and refuses if one of the metrics has no total over rows.
func addUp(metrics []metric, rows []*row) (map[metricRef]number, error) {
	if name := withoutTotal(metrics, rows); name != "" {
		return nil, badRequest("%s has no total over several segments or filtered rows: it is a ratio of numbers that Google Analytics 4 does not tell. "+
			"Set hideTotals, or ask for one segment without these filters.", name)
	}
	return aggregate(rows), nil
}

// withName inserts a segment's name into the names of a row.
func withName(names []string, at int, segment string) []string {
	if at < 0 {
		return names
	}
	return slices.Insert(slices.Clone(names), at, segment)
}

// A rowIndex collects rows by dimension values, in order of arrival.
type rowIndex struct {
	ranges  int
	metrics []metric // that rows of the same names are added up for
	order   []string
	names   map[string][]string
	byName  map[string][][]*row // by date range
}

func newRowIndex(ranges int, metrics []metric) *rowIndex {
	return &rowIndex{ranges: ranges, metrics: metrics, names: map[string][]string{}, byName: map[string][][]*row{}}
}

// add adds a row of a date range; nil for an empty row.
func (x *rowIndex) add(span int, names []string, r *row) {
	k := key(names)
	if x.byName[k] == nil {
		x.order = append(x.order, k)
		x.names[k], x.byName[k] = names, make([][]*row, x.ranges)
	}
	if r != nil {
		x.byName[k][span] = append(x.byName[k][span], r)
	}
}

func (x *rowIndex) rows() ([]*productRow, error) {
	out := make([]*productRow, len(x.order))
	for i, k := range x.order {
		r := &productRow{names: x.names[k], filled: true}
		for _, of := range x.byName[k] {
			refs, err := addUp(x.metrics, of)
			if err != nil {
				return nil, err
			}
			r.refs, r.filled = append(r.refs, refs), r.filled && len(of) == 0
		}
		out[i] = r
	}
	return out, nil
}

// finish filters the main rows by their metrics, computes these, and adds up the totals
// if rows are filtered here, since GA4's then include other rows.
func (p *reportPlan) finish(t *productTable) (err error) {
	tq := p.main.first()
	t.passes = map[string]bool{}
	t.rows = slices.DeleteFunc(t.rows, func(r *productRow) bool {
		passes := tq.passesMetrics(&row{refs: r.refs[0]})
		if len(p.pivots) > 0 {
			t.passes[key(r.names)] = passes
		}
		return (tq.metricsLocal || r.filled) && !passes
	})
	if tq.metricsLocal || len(tq.localFilter) > 0 {
		for i := range t.totals {
			if t.totals[i], err = addUp(p.totalled(p.main), ofRange(t.rows, i)); err != nil {
				return err
			}
		}
	}
	t.rows = slices.DeleteFunc(t.rows, func(r *productRow) bool {
		r.compute(tq.metrics)
		return !p.request.IncludeEmptyRows && r.empty()
	})
	return nil
}

// ofRange returns the rows of one date range.
func ofRange(rows []*productRow, span int) []*row {
	all := make([]*row, len(rows))
	for i, r := range rows {
		all[i] = &row{refs: r.refs[span]}
	}
	return all
}

// compute sets the values of a row.
func (r *productRow) compute(metrics []metric) {
	r.values = make([][]number, len(r.refs))
	for i, refs := range r.refs {
		for _, m := range metrics {
			r.values[i] = append(r.values[i], m.value(refs))
		}
	}
}

// empty reports whether all values are zero.
func (r *productRow) empty() bool {
	for _, values := range r.values {
		if slices.ContainsFunc(values, func(n number) bool { return n.value != 0 }) {
			return false
		}
	}
	return true
}

// answer takes the reports of this plan and makes its report.
func (p *reportPlan) answer(reports *[]*report.Report) (reportBody, error) {
	t, err := p.join(p.main, p.segment, reports)
	if err != nil {
		return reportBody{}, err
	}
	if err := p.finish(t); err != nil {
		return reportBody{}, err
	}
	pivots, err := p.pivot(t, reports)
	if err != nil {
		return reportBody{}, err
	}
	page, count := t.rows, t.count
	if !p.main.first().pushed {
		p.sort(t.rows, t.totals)
		count = len(t.rows)
		page = t.rows[min(p.offset, count):min(p.offset+p.request.size(), count)]
	}
	for _, v := range pivots {
		if n := len(page) * len(v.shown) * len(v.metrics) * len(p.days); n > maxCells {
			return reportBody{}, badRequest("A pivot of this report has %d cells; at most %d are answered. Use a smaller pageSize or maxGroupCount.", n, maxCells)
		}
	}
	b := p.body(t, page, count, pivots)
	if next := p.offset + len(page); len(page) > 0 && next < count {
		b.NextPageToken = strconv.Itoa(next)
	}
	return b, nil
}
