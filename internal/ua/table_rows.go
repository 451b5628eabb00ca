package ua

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A row is a row on its way into a body.
type row struct {
	names  []string        // v3 values of the dimensions
	leaves map[leaf]number // GA4's numbers; absent is zero
	values []number        // v3's numbers
}

// An answer is the reports as one table.
type answer struct {
	rows        []*row // in the order of the first report
	raw         [][]string
	count       int // rows in GA4, of which these may be a page
	totals      map[leaf]number
	least, most map[leaf]number // over all rows, if the question wanted them
	sampled     bool
	size, space int64
}

// A wire is what is read of a report's body.
type wire struct {
	DimensionHeaders []struct{ Name string }
	MetricHeaders    []struct{ Name string }
	Rows, Totals     []wireRow
	Minimums         []wireRow
	Maximums         []wireRow
	RowCount         int
	Metadata         struct {
		SamplingMetadatas []struct{ SamplesReadCount, SamplingSpaceSize report.Int64 }
	}
}

type wireRow struct {
	DimensionValues, MetricValues []struct{ Value string }
}

func (g *grid) read(reports []*report.Report) (*answer, error) {
	a := &answer{totals: map[leaf]number{}, least: map[leaf]number{}, most: map[leaf]number{}}
	index := map[string]*row{}
	for i, rep := range reports {
		var w wire
		if err := json.Unmarshal(rep.Body, &w); err != nil {
			return nil, AsError(report.Errorf(report.Internal, "The answer of Google Analytics cannot be read.").Because(err))
		}
		if !g.pushed && w.RowCount > len(w.Rows) {
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
		if err := a.add(w, g.questions[i].leaves, len(g.fields), index); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// boundedView refuses what would need rows that the view's bound leaves out.
func boundedView() error {
	return badRequest("This view gives fewer rows at once than this query needs. Ask for fewer dimensions, a shorter range, or filter. " +
		"The operator can raise views.NAME.max_rows.")
}

// add joins a report's rows to those of the others by their dimension values.
func (a *answer) add(w wire, leaves []leaf, fields int, index map[string]*row) error {
	for _, over := range []struct {
		rows []wireRow
		into map[leaf]number
	}{{w.Totals, a.totals}, {w.Minimums, a.least}, {w.Maximums, a.most}} {
		for _, r := range over.rows {
			if len(r.MetricValues) == 0 {
				continue // {} over no rows: zero
			}
			if err := r.into(over.into, leaves); err != nil {
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
			r = &row{leaves: map[leaf]number{}}
			index[key(raw)] = r
			a.rows, a.raw = append(a.rows, r), append(a.raw, raw)
		}
		if err := wr.into(r.leaves, leaves); err != nil {
			return err
		}
	}
	return nil
}

func (wr wireRow) into(values map[leaf]number, leaves []leaf) error {
	if len(wr.MetricValues) != len(leaves) {
		return AsError(report.Errorf(report.Internal, "a row has %d metrics instead of %d", len(wr.MetricValues), len(leaves)))
	}
	for i, v := range wr.MetricValues {
		values[leaves[i]] = readNumber(v.Value)
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

// group makes rows of the body from GA4's: those that pass the filter on computed
// dimensions, folded.
func (g *grid) group(a *answer) ([]*row, error) {
	var order []string
	groups := map[string][]int{} // in a.rows
	for i, r := range a.rows {
		r.names = g.names(a.raw[i])
		if !g.passes(r.names) {
			continue
		}
		g.bucket(r.names)
		k := key(r.names)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	rows := make([]*row, len(order))
	for i, k := range order {
		var err error
		if rows[i], err = g.foldRows(a, groups[k]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// foldRows makes one row of those at the places.
func (g *grid) foldRows(a *answer, places []int) (*row, error) {
	first := a.rows[places[0]]
	if len(places) == 1 {
		return first, nil
	}
	var same []*row
	var raw [][]string
	for _, i := range places {
		same, raw = append(same, a.rows[i]), append(raw, a.raw[i])
	}
	if err := g.checkFold(raw); err != nil {
		return nil, err
	}
	return &row{names: first.names, leaves: foldLeaves(same)}, nil
}

func (g *grid) names(raw []string) []string {
	names := make([]string, len(g.dimensions))
	for i, d := range g.dimensions {
		of := make([]string, len(d.fields))
		for j, f := range d.fields {
			of[j] = raw[f]
		}
		names[i] = d.render(of)
	}
	return names
}

// passes applies the part of the filter that is about dimensions computed here.
func (g *grid) passes(names []string) bool {
	for _, group := range g.dimensionsHere {
		if !slices.ContainsFunc(group, func(c condition) bool {
			i := slices.IndexFunc(g.dimensions, func(d dimension) bool { return d.name.Name == c.dimension.name.Name })
			return c.match(names[i])
		}) {
			return false
		}
	}
	return true
}

// foldLeaves adds rows up; means are weighted.
func foldLeaves(rows []*row) map[leaf]number {
	if len(rows) == 1 {
		return rows[0].leaves
	}
	sum := map[leaf]float64{}
	for _, r := range rows {
		for l, n := range r.leaves {
			v := n.value
			if w, ok := weightOf(l); ok {
				v *= r.leaves[w].value
			}
			sum[l] += v
		}
	}
	folded := make(map[leaf]number, len(sum))
	for l, v := range sum {
		if w, ok := weightOf(l); ok && sum[w] != 0 {
			v /= sum[w]
		}
		folded[l] = number{value: v}
	}
	return folded
}

// unsummed names a metric that has no total over rows: a ratio of numbers that GA4
// does not tell. It is empty if none is, or if there is one row to add up.
func unsummed(metrics []metric, rows []*row) string {
	told := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return len(r.leaves) == 0 })
	for _, m := range metrics {
		if len(told) > 1 && slices.ContainsFunc(m.formula.leaves(), func(l leaf) bool { return slices.Contains(unweighted, l.Metric) }) {
			return m.asked
		}
	}
	return ""
}

func (g *grid) passesMetrics(r *row) bool {
	for _, group := range g.metricFilter {
		if !slices.ContainsFunc(group, func(c condition) bool { return c.compare(c.metric.value(r.leaves).value) }) {
			return false
		}
	}
	return true
}

// zeroPasses reports whether the filter of metrics lets a row of zeros through.
func (g *grid) zeroPasses() bool { return g.passesMetrics(&row{}) }

// value is what the formula gives: the number as Google wrote it, where that is
// the whole formula.
func (m metric) value(leaves map[leaf]number) number {
	if l, ok := m.formula.direct(); ok && m.scale == 1 {
		return leaves[l]
	}
	return number{value: evaluate(m.formula, leaves) * m.scale}
}

func evaluate(f *formula, leaves map[leaf]number) float64 {
	return f.eval(func(l leaf) float64 { return leaves[l].value })
}

// format writes a number as v3 did: whole without decimals, others with one at
// least. What is not written in digits alone stays as Google wrote it.
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
