package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRows is how many GA4 rows are worked with when they must be folded, joined,
// filtered or sorted here.
const maxRows = 100_000

// A grid is what both dialects ask: columns over one span of days, and the
// conditions on its rows. It plans the questions and makes rows of their answers.
type grid struct {
	options    Options
	realtime   bool
	keepEmpty  bool // rows in which all metrics are zero are rows, too
	keepsOnly  bool // the only row of no dimensions is one of them
	joins      bool // rows are joined to those of other spans, so metrics are filtered here
	weighs     bool // rows are added up here in any case, so means need their weights
	start, end report.Date

	written vocabulary // what the client wrote for fields
	segment string     // while its filter is read; empty otherwise

	dimensions []dimension
	metrics    []metric
	fields     []string // GA4 dimensions, the same in every question
	questions  []question

	folds  bool // several GA4 rows can be one row of the body
	pushed bool // order and paging are Google's work
	places bool // and its page is put at the places of the times that it is of

	dimensionsHere [][]condition // groups of the filter that are applied to rows here
	metricFilter   [][]condition // of metrics, the whole
	metricsHere    bool          // and applied here
	times          [][]condition // of dates and hours only: which empty rows there are
}

// A dimension is a column of names.
type dimension struct {
	asked  string
	name   Name
	fields []int // in grid.fields
	transform
	buckets buckets // numbers are put into, after the filter; v4 only
}

// A metric is a column of numbers.
type metric struct {
	asked   string
	name    Name
	formula *formula
	scale   float64 // 100 for what v3 gave in percent
}

// A question is one report query and the leaves that its metrics are.
type question struct {
	query  report.Query
	leaves []leaf
}

// plan makes the questions from the columns and the groups of the filter.
func (g *grid) plan(groups [][]condition) error {
	filter, err := g.translateFilters(groups)
	if err != nil {
		return err
	}
	if err := g.checkFill(); err != nil {
		return err
	}
	g.folds = slices.ContainsFunc(g.dimensions, g.mayFold)
	return g.ask(filter, g.planMetricFilter())
}

// queries appends the questions, to be asked of the view's property in any order,
// once they are such as Google could answer.
func (g *grid) queries(qs []report.Query) ([]report.Query, error) {
	for _, ask := range g.questions {
		if err := ask.query.Validate(); err != nil {
			return nil, AsError(g.written.explain(err))
		}
		qs = append(qs, ask.query.Clone())
	}
	return qs, nil
}

// addDimension makes d the next column of names.
func (g *grid) addDimension(d dimension) {
	d.fields = nil
	for _, f := range strings.Fields(d.name.GA4) {
		if !slices.Contains(g.fields, f) {
			g.fields = append(g.fields, f)
		}
		d.fields = append(d.fields, slices.Index(g.fields, f))
	}
	g.dimensions = append(g.dimensions, d)
}

func (g *grid) dimension(asked string) (dimension, error) {
	n, err := g.options.resolve(asked, g.realtime)
	if err != nil {
		return dimension{}, err
	}
	if !n.Dimension {
		return dimension{}, badName("Invalid dimension or metric: %s is a metric; ask for it in metrics.", asked)
	}
	g.note(asked, strings.Fields(n.GA4)...)
	return dimension{asked: asked, name: n, transform: transformOf(n.Transform)}, nil
}

// activeMinutes is how long v3 called a user active.
const activeMinutes = 5

func (g *grid) metric(asked string) (metric, error) {
	n, err := g.options.resolve(asked, g.realtime)
	if err != nil {
		return metric{}, err
	}
	if n.Dimension {
		return metric{}, badName("Invalid dimension or metric: %s is a dimension; ask for it in dimensions.", asked)
	}
	f, err := parseFormula(n.GA4)
	if err != nil {
		return metric{}, badName("%s cannot be computed: %s.", asked, err)
	}
	for _, l := range f.leaves() {
		g.note(asked, l.Metric, l.Where.Field)
	}
	if g.realtime && f.leaf != nil && f.leaf.Metric == "activeUsers" {
		f.leaf.Minutes = activeMinutes
	}
	m := metric{asked: asked, name: n, formula: f, scale: 1}
	if n.Transform == "x100" {
		m.scale = 100
	}
	return m, nil
}

// mayFold reports whether GA4 rows that differ in d alone can be one row.
func (g *grid) mayFold(d dimension) bool { return d.folds && !g.distinguished(d) }

// checkFold refuses to make one row of GA4 rows with these values if a metric
// cannot be added up over what they differ in.
func (g *grid) checkFold(rows [][]string) error {
	for _, d := range g.dimensions {
		if !g.mayFold(d) || !differ(rows, d.fields) {
			continue
		}
		for _, m := range slices.Concat(g.metrics, metricsOf(g.metricFilter)) {
			if !d.scope.sums(m) {
				return d.cannotFold(m)
			}
		}
	}
	return nil
}

func differ(rows [][]string, fields []int) bool {
	return slices.ContainsFunc(rows, func(r []string) bool {
		return slices.ContainsFunc(fields, func(f int) bool { return r[f] != rows[0][f] })
	})
}

func (d dimension) cannotFold(m metric) error {
	what := d.asked
	if d.buckets != nil {
		what = "a bucket of " + d.asked
	}
	return badRequest("Selected dimensions and metrics cannot be queried together: in this answer several rows of Google Analytics 4 are one value of %s, "+
		"and %s cannot be added up over them, for they count the same users or sessions more than once. Ask for %s with another dimension, "+
		"filter for rows that are one, or ask for a count of events such as ga:pageviews.", what, m.asked, m.asked)
}

// distinguished reports whether all of d's fields are columns of their own, so
// that rows with the same value of d differ elsewhere.
func (g *grid) distinguished(d dimension) bool {
	for _, f := range d.fields {
		if !slices.ContainsFunc(g.dimensions, func(e dimension) bool { return !e.folds && g.determines(e, f) }) {
			return false
		}
	}
	return true
}

// determines reports whether equal values of d have equal values of a field.
func (g *grid) determines(d dimension, field int) bool {
	own := g.fields[d.fields[0]]
	return own == g.fields[field] || own == "pagePathPlusQueryString" && g.fields[field] == "pagePath"
}

// summed are metrics that v3 itself added up over pages.
var summed = []string{"ga:uniquePageviews", "ga:uniqueScreenviews", "ga:uniqueAppviews"}

// sums reports whether m can be added up over rows in each of which a thing of
// scope s is once.
func (s scope) sums(m metric) bool {
	if slices.Contains(summed, m.name.Name) {
		return true
	}
	return !slices.ContainsFunc(m.formula.leaves(), func(l leaf) bool {
		counts := scopeOf(l.Metric)
		if counts == weighted {
			counts = scopeOf(weights[l.Metric])
		}
		return counts > s
	})
}

// planMetricFilter decides where metrics are filtered, and returns the filter if
// it is Google's work: one question must then hold all rows, none of them folded, and
// no row that Google leaves out may look like one of a time when nothing happened.
func (g *grid) planMetricFilter() *report.Filter {
	leaves := g.leaves()
	here := g.folds || g.joins || len(leaves) > report.MaxMetrics || g.fills() && g.zeroPasses() ||
		slices.ContainsFunc(leaves, func(l leaf) bool { return l.Where != where{} || l.Minutes != 0 }) // a question that sees less
	var groups []*report.Filter
	for _, group := range g.metricFilter {
		var ors []*report.Filter
		for _, c := range group {
			f, ok := c.having()
			if !ok {
				here = true
			}
			ors = append(ors, f)
		}
		groups = append(groups, or(ors))
	}
	if here {
		g.metricsHere = len(g.metricFilter) > 0
		return nil
	}
	return report.And(groups...)
}

// leaves lists every GA4 metric that the columns need, and those that metrics
// filtered here need.
func (g *grid) leaves() []leaf {
	var out []leaf
	add := func(l leaf) {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	columns := g.metrics
	if g.metricsHere {
		columns = slices.Concat(columns, metricsOf(g.metricFilter))
	}
	for _, m := range columns {
		for _, l := range m.formula.leaves() {
			add(l)
			if w, ok := weightOf(l); ok && (g.weighs || g.folds || g.metricsHere || len(g.dimensionsHere) > 0) {
				add(w)
				g.note(m.asked, w.Metric)
			}
		}
	}
	if g.keepEmpty && len(g.dimensions) > 0 && partial(out) {
		g.note(g.metrics[0].asked, "eventCount")
		add(leaf{Metric: "eventCount"}) // has the rows where what is counted never happened
	}
	return out
}

// partial reports whether all leaves count only a part of what happened, so that
// no question has a row where there was none of it.
func partial(leaves []leaf) bool {
	return !slices.ContainsFunc(leaves, func(l leaf) bool { return l.Where == where{} })
}

// groupsOf collects the leaves that one question can answer.
func groupsOf(leaves []leaf) [][]leaf {
	var groups [][]leaf
	for _, l := range leaves {
		at := slices.IndexFunc(groups, func(g []leaf) bool { return g[0].Where == l.Where && g[0].Minutes == l.Minutes })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], l)
	}
	return groups
}

// ask makes the questions.
func (g *grid) ask(filter, having *report.Filter) error {
	if len(g.fields) > report.MaxDimensions {
		return badParameter("dimensions", "These dimensions are made of %d fields of Google Analytics 4; a maximum of %d is allowed.", len(g.fields), report.MaxDimensions)
	}
	for _, group := range groupsOf(g.leaves()) {
		for chunk := range slices.Chunk(group, report.MaxMetrics) {
			g.questions = append(g.questions, g.question(chunk, filter, having))
		}
	}
	return nil
}

func (g *grid) question(leaves []leaf, filter, having *report.Filter) question {
	q := report.Query{
		Realtime:           g.realtime,
		DimensionFilter:    filter.Clone(),
		MetricFilter:       having.Clone(),
		MetricAggregations: []report.Aggregation{report.Total},
		Limit:              maxRows,
	}
	for _, f := range g.fields {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: f})
	}
	for _, l := range leaves {
		q.Metrics = append(q.Metrics, report.Metric{Name: l.Metric})
	}
	if !q.Realtime {
		q.DateRanges = []report.DateRange{{StartDate: g.start.String(), EndDate: g.end.String()}}
		q.KeepEmptyRows = g.keepEmpty
	}
	if w := leaves[0].Where; w.Field != "" {
		q.DimensionFilter = report.And(q.DimensionFilter, text(w.Field, "EXACT", w.Value, true))
	}
	if m := leaves[0].Minutes; m != 0 {
		q.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: new(m - 1), EndMinutesAgo: new(0)}}
	}
	return question{q, leaves}
}

// pushDown lets Google order and cut the rows where the result is the same.
func (g *grid) pushDown(keys []SortKey, offset, count int) {
	if len(g.questions) > 1 || g.folds || g.metricsHere || len(g.dimensionsHere) > 0 || g.fills() && !g.places {
		return
	}
	for _, d := range g.dimensions {
		if !d.sorted {
			return
		}
		keys = append(keys[:len(keys):len(keys)], SortKey{Name: d.asked})
	}
	var orders []report.OrderBy
	ordered := map[string]bool{}
	for _, k := range keys {
		o, ok := g.orderBy(k)
		if !ok {
			return
		}
		if name := strings.ToLower(k.Name); !ordered[name] {
			orders, ordered[name] = append(orders, o), true
		}
	}
	g.pushed = true
	q := &g.questions[0].query
	q.OrderBys = orders
	q.Offset = report.Int64(offset)
	q.Limit = report.Int64(count)
}

// orderBy says a key in GA4's words; ok is false if its order is not that of one
// GA4 field.
func (g *grid) orderBy(k SortKey) (o report.OrderBy, ok bool) {
	for _, m := range g.metrics {
		if l, ok := m.formula.direct(); ok && strings.EqualFold(m.asked, k.Name) {
			return report.OrderBy{Metric: &report.MetricOrder{MetricName: l.Metric}, Desc: k.Desc}, true
		}
	}
	for _, d := range g.dimensions {
		if d.sorted && strings.EqualFold(d.asked, k.Name) {
			return report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: d.name.GA4}, Desc: k.Desc}, true
		}
	}
	return report.OrderBy{}, false
}
