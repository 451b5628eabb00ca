package ua

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A row is a row on its way into a body.
type row struct {
	names  []string         // v3 values of the dimensions
	leaves map[leaf]float64 // GA4's numbers; absent is zero
	values []float64        // v3's numbers
}

// Answer makes the body from the reports that answer Queries, in that order.
// Errors are *Error.
func (p *Plan) Answer(reports []*report.Report) (*Body, error) {
	if len(reports) != len(p.questions) {
		return nil, AsError(report.Errorf(report.Internal, "%d reports answer %d queries", len(reports), len(p.questions)))
	}
	a, err := p.read(reports)
	if err != nil {
		return nil, err
	}
	rows, totals := p.fold(a), a.totals
	if p.metricsHere || len(p.dimensionsHere) > 0 {
		totals = foldLeaves(rows)
	}
	total := a.count
	if !p.pushed {
		rows = p.sorted(p.withEmpty(rows))
		total = len(rows)
		rows = page(rows, p.query)
	}
	b := p.body(total)
	for _, m := range p.metrics {
		b.Totals = append(b.Totals, Total{m.asked, m.format(m.value(totals))})
	}
	for _, r := range rows {
		cells := slices.Clone(r.names)
		for i, m := range p.metrics {
			cells = append(cells, m.format(r.values[i]))
		}
		b.Rows = append(b.Rows, cells)
	}
	if next := p.query.StartIndex + len(rows); p.pushed && len(rows) < p.query.MaxResults && next <= total && len(rows) > 0 && !p.query.Realtime {
		// The view allows fewer rows than were asked for.
		b.ItemsPerPage, b.NextLink = len(rows), p.link(next, true)
	}
	a.describe(b)
	if p.query.DataTable {
		b.toDataTable()
	}
	return b, nil
}

// An answer is the reports as one table.
type answer struct {
	rows        []*row // in the order of the first report
	raw         [][]string
	count       int // rows in GA4, of which these may be a page
	totals      map[leaf]float64
	sampled     bool
	size, space int64
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

// A wire is what is read of a report's body.
type wire struct {
	DimensionHeaders []struct{ Name string }
	MetricHeaders    []struct{ Name string }
	Rows, Totals     []wireRow
	RowCount         int
	Metadata         struct {
		SamplingMetadatas []struct{ SamplesReadCount, SamplingSpaceSize report.Int64 }
	}
}

type wireRow struct {
	DimensionValues, MetricValues []struct{ Value string }
}

func (p *Plan) read(reports []*report.Report) (*answer, error) {
	a := &answer{totals: map[leaf]float64{}}
	index := map[string]*row{}
	for i, rep := range reports {
		var w wire
		if err := json.Unmarshal(rep.Body, &w); err != nil {
			return nil, AsError(report.Errorf(report.Internal, "The answer of Google Analytics cannot be read.").Because(err))
		}
		if !p.pushed && w.RowCount > len(w.Rows) {
			return nil, badRequest("The query has %d rows in Google Analytics 4, more than the %d that can be worked with at once. "+
				"Ask for fewer dimensions, a shorter range, or filter.", w.RowCount, len(w.Rows))
		}
		a.count = max(a.count, w.RowCount)
		a.sampled = a.sampled || rep.Sampled
		for _, s := range w.Metadata.SamplingMetadatas {
			a.size, a.space = int64(s.SamplesReadCount), int64(s.SamplingSpaceSize)
		}
		if err := a.add(w, p.questions[i].leaves, len(p.fields), index); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add joins a report's rows to those of the others by their dimension values.
func (a *answer) add(w wire, leaves []leaf, fields int, index map[string]*row) error {
	for _, total := range w.Totals {
		if err := total.into(a.totals, leaves); err != nil {
			return err
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
			r = &row{leaves: map[leaf]float64{}}
			index[key(raw)] = r
			a.rows, a.raw = append(a.rows, r), append(a.raw, raw)
		}
		if err := wr.into(r.leaves, leaves); err != nil {
			return err
		}
	}
	return nil
}

func (wr wireRow) into(values map[leaf]float64, leaves []leaf) error {
	if len(wr.MetricValues) != len(leaves) {
		return AsError(report.Errorf(report.Internal, "a row has %d metrics instead of %d", len(wr.MetricValues), len(leaves)))
	}
	for i, v := range wr.MetricValues {
		n, err := strconv.ParseFloat(v.Value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			n = 0
		}
		values[leaves[i]] = n
	}
	return nil
}

// key joins values so that different lists differ.
func key(values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(strconv.Itoa(len(v)) + ":" + v)
	}
	return b.String()
}

// fold makes v3's rows from GA4's and filters them.
func (p *Plan) fold(a *answer) []*row {
	var order []string
	groups := map[string][]*row{}
	for i, r := range a.rows {
		r.names = p.names(a.raw[i])
		if !p.passes(r.names) {
			continue
		}
		k := key(r.names)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	var rows []*row
	for _, k := range order {
		g := groups[k]
		r := g[0]
		if len(g) > 1 {
			r = &row{names: g[0].names, leaves: foldLeaves(g)}
		}
		if p.compute(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (p *Plan) names(raw []string) []string {
	names := make([]string, len(p.dimensions))
	for i, d := range p.dimensions {
		of := make([]string, len(d.fields))
		for j, f := range d.fields {
			of[j] = raw[f]
		}
		names[i] = d.render(of)
	}
	return names
}

// passes applies the part of the filter that is about dimensions computed here.
func (p *Plan) passes(names []string) bool {
	for _, group := range p.dimensionsHere {
		if !slices.ContainsFunc(group, func(c condition) bool {
			i := slices.IndexFunc(p.dimensions, func(d dimension) bool { return d.name.Name == c.dimension.name.Name })
			return c.match(names[i])
		}) {
			return false
		}
	}
	return true
}

// foldLeaves adds rows up; means are weighted.
func foldLeaves(rows []*row) map[leaf]float64 {
	sum := map[leaf]float64{}
	for _, r := range rows {
		for l, v := range r.leaves {
			if w, ok := weightOf(l); ok {
				v *= r.leaves[w]
			}
			sum[l] += v
		}
	}
	for l, v := range sum {
		if w, ok := weightOf(l); ok && sum[w] != 0 {
			sum[l] = v / sum[w]
		}
	}
	return sum
}

// compute works out a row's metrics, and reports whether the body has the row.
func (p *Plan) compute(r *row) bool {
	r.values = make([]float64, len(p.metrics))
	zero := true
	for i, m := range p.metrics {
		r.values[i] = m.value(r.leaves)
		zero = zero && r.values[i] == 0
	}
	if zero && !p.query.IncludeEmptyRows {
		return false
	}
	return !p.metricsHere || p.passesMetrics(r)
}

func (p *Plan) passesMetrics(r *row) bool {
	for _, group := range p.metricFilter {
		if !slices.ContainsFunc(group, func(c condition) bool { return c.compare(c.metric.value(r.leaves)) }) {
			return false
		}
	}
	return true
}

// withEmpty adds the rows of a time when nothing happened.
func (p *Plan) withEmpty(rows []*row) []*row {
	if !p.fills() {
		return rows
	}
	have := map[string]bool{}
	for _, r := range rows {
		have[key(r.names)] = true
	}
	for _, names := range p.emptyRows() {
		r := &row{names: names, values: make([]float64, len(p.metrics))}
		if !have[key(names)] && p.passesMetrics(r) {
			rows = append(rows, r)
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

func (p *Plan) column(name string) func(a, b *row) int {
	for i, d := range p.dimensions {
		if strings.EqualFold(d.asked, name) {
			return func(a, b *row) int { return strings.Compare(a.names[i], b.names[i]) }
		}
	}
	i := slices.IndexFunc(p.metrics, func(m metric) bool { return strings.EqualFold(m.asked, name) })
	return func(a, b *row) int { return cmp.Compare(a.values[i], b.values[i]) }
}

func page(rows []*row, q Query) []*row {
	start := min(q.StartIndex-1, len(rows))
	return rows[start:min(start+q.MaxResults, len(rows))]
}

func (m metric) value(leaves map[leaf]float64) float64 {
	return m.formula.eval(func(l leaf) float64 { return leaves[l] }) * m.scale
}

// format writes a number as v3 did: whole without decimals, others with one at
// least.
func (m metric) format(v float64) string {
	if m.name.Type == "INTEGER" {
		return strconv.FormatFloat(math.Round(v)+0, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
