package ua

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A row is a row of a table query.
type row struct {
	names  []string             // v3 values of the dimensions
	refs   map[metricRef]number // GA4's numbers; absent is zero
	values []number             // v3's numbers
}

// A ga4Table is the reports of a table query as one table.
type ga4Table struct {
	rows        []*row // in the order of the first report
	raw         [][]string
	count       int // rows in GA4, of which these may be a page
	totals      map[metricRef]number
	least, most map[metricRef]number // over all rows, if the query has them
	sampled     bool
	size, space int64
}

// A reportJSON is the part of a report's body that is read.
type reportJSON struct {
	DimensionHeaders []struct{ Name string }
	MetricHeaders    []struct{ Name string }
	Rows, Totals     []rowJSON
	Minimums         []rowJSON
	Maximums         []rowJSON
	RowCount         int
	Metadata         struct {
		SamplingMetadatas []struct{ SamplesReadCount, SamplingSpaceSize report.Int64 }
	}
}

type rowJSON struct {
	DimensionValues, MetricValues []struct{ Value string }
}

// read reads the reports for the queries.
func (tq *tableQuery) read(reports []*report.Report) (*ga4Table, error) {
	a := &ga4Table{totals: map[metricRef]number{}, least: map[metricRef]number{}, most: map[metricRef]number{}}
	index := map[string]*row{}
	for i, rep := range reports {
		var w reportJSON
		if err := json.Unmarshal(rep.Body, &w); err != nil {
			return nil, AsError(report.Errorf(report.Internal, "The answer of Google Analytics cannot be read.").Because(err))
		}
		if !tq.pushed && w.RowCount > len(w.Rows) {
			if rep.MaxRows > 0 {
				return nil, boundedView()
			}
			return nil, badRequest("The query has %d rows in Google Analytics 4, more than the %d that can be worked with at once. "+
				"Ask for fewer dimensions, a shorter range, or filter.", w.RowCount, len(w.Rows))
		}
		a.count = max(a.count, w.RowCount)
		a.sampled = a.sampled || rep.Sampled
		for _, s := range w.Metadata.SamplingMetadatas {
			a.size, a.space = int64(s.SamplesReadCount), int64(s.SamplingSpaceSize)
		}
		if err := a.add(w, tq.queries[i].refs, len(tq.fields), index); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// boundedView is the error for a query that needs more rows than the view's MaxRows.
func boundedView() error {
	return badRequest("This view gives fewer rows at once than this query needs. Ask for fewer dimensions, a shorter range, or filter. " +
		"The operator can raise views.NAME.max_rows.")
}

// add joins a report's rows to those of the others by their dimension values.
func (a *ga4Table) add(w reportJSON, refs []metricRef, fields int, index map[string]*row) error {
	for _, over := range []struct {
		rows []rowJSON
		into map[metricRef]number
	}{{w.Totals, a.totals}, {w.Minimums, a.least}, {w.Maximums, a.most}} {
		for _, r := range over.rows {
			if len(r.MetricValues) == 0 {
				continue // {} over no rows: zero
			}
			if err := r.into(over.into, refs); err != nil {
				return err
			}
		}
	}
	for _, wr := range w.Rows {
		raw := make([]string, len(wr.DimensionValues))
		for i, v := range wr.DimensionValues {
			raw[i] = v.Value
		}
		if len(raw) != fields {
			return AsError(report.Errorf(report.Internal, "a row has %d dimensions instead of %d", len(raw), fields))
		}
		r := index[key(raw)]
		if r == nil {
			r = &row{refs: map[metricRef]number{}}
			index[key(raw)] = r
			a.rows, a.raw = append(a.rows, r), append(a.raw, raw)
		}
		if err := wr.into(r.refs, refs); err != nil {
			return err
		}
	}
	return nil
}

func (wr rowJSON) into(values map[metricRef]number, refs []metricRef) error {
	if len(wr.MetricValues) != len(refs) {
		return AsError(report.Errorf(report.Internal, "a row has %d metrics instead of %d", len(wr.MetricValues), len(refs)))
	}
	for i, v := range wr.MetricValues {
		values[refs[i]] = readNumber(v.Value)
	}
	return nil
}

// key joins values, unambiguously.
func key(values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(strconv.Itoa(len(v)) + ":" + v)
	}
	return b.String()
}

// group makes v3's rows from GA4's: those that pass the local filter, aggregated.
func (tq *tableQuery) group(a *ga4Table) ([]*row, error) {
	var order []string
	groups := map[string][]int{} // in a.rows
	for i, r := range a.rows {
		r.names = tq.names(a.raw[i])
		if !tq.passesLocal(r.names) {
			continue
		}
		tq.bucket(r.names)
		k := key(r.names)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	rows := make([]*row, len(order))
	for i, k := range order {
		var err error
		if rows[i], err = tq.aggregateRows(a, groups[k]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// aggregateRows makes one row of those at the indices.
func (tq *tableQuery) aggregateRows(a *ga4Table, indices []int) (*row, error) {
	first := a.rows[indices[0]]
	if len(indices) == 1 {
		return first, nil
	}
	var same []*row
	var raw [][]string
	for _, i := range indices {
		same, raw = append(same, a.rows[i]), append(raw, a.raw[i])
	}
	if err := tq.checkAggregation(raw); err != nil {
		return nil, err
	}
	return &row{names: first.names, refs: aggregate(same)}, nil
}

// names returns the v3 values of the dimensions.
func (tq *tableQuery) names(raw []string) []string {
	names := make([]string, len(tq.dimensions))
	for i, d := range tq.dimensions {
		of := make([]string, len(d.fields))
		for j, f := range d.fields {
			of[j] = raw[f]
		}
		names[i] = d.render(of)
	}
	return names
}

// passesLocal applies the local filter to the v3 values of a row's dimensions.
func (tq *tableQuery) passesLocal(names []string) bool {
	return tq.localFilter.pass(func(c condition) bool { return c.match(names[tq.columnOf(c.dimension)]) })
}

// aggregate adds rows up, weighting means.
func aggregate(rows []*row) map[metricRef]number {
	if len(rows) == 1 {
		return rows[0].refs
	}
	sum := map[metricRef]float64{}
	for _, r := range rows {
		for ref, n := range r.refs {
			v := n.value
			if w, ok := weightOf(ref); ok {
				v *= r.refs[w].value
			}
			sum[ref] += v
		}
	}
	aggregated := make(map[metricRef]number, len(sum))
	for ref, v := range sum {
		if w, ok := weightOf(ref); ok && sum[w] != 0 {
			v /= sum[w]
		}
		aggregated[ref] = number{value: v}
	}
	return aggregated
}

// withoutTotal returns a metric that has no total over rows, a ratio of numbers that GA4
// does not report; empty if there is none, or only one row with data.
func withoutTotal(metrics []metric, rows []*row) string {
	reported := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return len(r.refs) == 0 })
	for _, m := range metrics {
		if len(reported) > 1 && slices.ContainsFunc(m.formula.refs(), func(ref metricRef) bool { return slices.Contains(unweighted, ref.Metric) }) {
			return m.requested
		}
	}
	return ""
}

// passesMetrics applies the metric filter to a row.
func (tq *tableQuery) passesMetrics(r *row) bool {
	return tq.metricFilter.pass(func(c condition) bool { return c.compare(c.metric.value(r.refs).value) })
}

// zeroPasses reports whether the filter of metrics lets a row of zeros through.
func (tq *tableQuery) zeroPasses() bool { return tq.passesMetrics(&row{}) }

// value computes a metric. If its formula is a single metric of GA4, the number is as
// GA4 wrote it.
func (m metric) value(refs map[metricRef]number) number {
	if ref, ok := m.formula.direct(); ok && m.scale == 1 {
		return refs[ref]
	}
	return number{value: evaluate(m.formula, refs) * m.scale}
}

func evaluate(f *formula, refs map[metricRef]number) float64 {
	return f.eval(func(ref metricRef) float64 { return refs[ref].value })
}

// format writes a number as v3 did: integers without decimals, others with at least
// one. Texts other than digits stay as GA4 wrote them.
func (m metric) format(n number) string {
	text := n.String()
	switch {
	case !isPlain(text), strings.Contains(text, ".") != (m.name.Type == "INTEGER"):
		return text
	case m.name.Type == "INTEGER":
		return strconv.FormatFloat(math.Round(n.value)+0, 'f', 0, 64)
	}
	return text + ".0"
}
