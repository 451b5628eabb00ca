package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRows is how many GA4 rows are worked with when they must be aggregated, joined,
// filtered or sorted here.
const maxRows = 100_000

// A tableQuery is what both dialects ask: columns over one span of days, and the
// conditions on its rows. It plans the questions and makes rows of their answers.
type tableQuery struct {
	options      Options
	realtime     bool
	keepEmpty    bool // rows in which all metrics are zero are rows, too
	keepsOnlyRow bool // the only row of no dimensions is one of them
	joins        bool // rows are joined to those of other spans, so metrics are filtered here
	needsWeights bool // rows are added up here in any case, so means need their weights
	start, end   report.Date

	written vocabulary // what the client wrote for fields
	segment string     // while its filter is read; empty fallback

	dimensions []dimension
	metrics    []metric
	fields     []string // GA4 dimensions, the same in every question
	questions  []question

	aggregates bool // several GA4 rows can be one row of the body
	pushed     bool // order and paging are Google's work
	places     bool // and its page is put at the places of the times that it is of

	localFilter  [][]condition // groups of the filter that are applied to rows here
	metricFilter [][]condition // of metrics, the whole
	metricsLocal bool          // and applied here
	times        [][]condition // of dates and hours only: which empty rows there are
}

// A dimension is a column of names.
type dimension struct {
	requested string
	name      Name
	fields    []int // in tableQuery.fields
	transform
	histogram histogram // numbers are put into, after the filter; v4 only
}

// A metric is a column of numbers.
type metric struct {
	requested string
	name      Name
	formula   *formula
	scale     float64 // 100 for what v3 gave in percent
}

// A question is one report query and the refs that its metrics are.
type question struct {
	query report.Query
	refs  []metricRef
}

// plan makes the questions from the columns and the groups of the filter.
func (tq *tableQuery) plan(groups [][]condition) error {
	filter, err := tq.translateFilters(groups)
	if err != nil {
		return err
	}
	if err := tq.checkFill(); err != nil {
		return err
	}
	tq.aggregates = slices.ContainsFunc(tq.dimensions, tq.mayAggregate)
	return tq.ask(filter, tq.planMetricFilter())
}

// queries appends the questions, to be requested of the view's property in any order,
// once they are such as Google could answer.
func (tq *tableQuery) queries(qs []report.Query) ([]report.Query, error) {
	for _, ask := range tq.questions {
		if err := ask.query.Validate(); err != nil {
			return nil, AsError(tq.written.explain(err))
		}
		qs = append(qs, ask.query.Clone())
	}
	return qs, nil
}

// addDimension makes d the next column of names.
func (tq *tableQuery) addDimension(d dimension) {
	d.fields = nil
	for _, f := range strings.Fields(d.name.GA4) {
		if !slices.Contains(tq.fields, f) {
			tq.fields = append(tq.fields, f)
		}
		d.fields = append(d.fields, slices.Index(tq.fields, f))
	}
	tq.dimensions = append(tq.dimensions, d)
}

func (tq *tableQuery) dimension(requested string) (dimension, error) {
	n, err := tq.options.resolve(requested, tq.realtime)
	if err != nil {
		return dimension{}, err
	}
	if !n.Dimension {
		return dimension{}, badName("Invalid dimension or metric: %s is a metric; ask for it in metrics.", requested)
	}
	tq.note(requested, strings.Fields(n.GA4)...)
	return dimension{requested: requested, name: n, transform: transformOf(n.Transform)}, nil
}

// activeMinutes is how long v3 called a user active.
const activeMinutes = 5

func (tq *tableQuery) metric(requested string) (metric, error) {
	n, err := tq.options.resolve(requested, tq.realtime)
	if err != nil {
		return metric{}, err
	}
	if n.Dimension {
		return metric{}, badName("Invalid dimension or metric: %s is a dimension; ask for it in dimensions.", requested)
	}
	f, err := parseFormula(n.GA4)
	if err != nil {
		return metric{}, badName("%s cannot be computed: %s.", requested, err)
	}
	for _, ref := range f.refs() {
		tq.note(requested, ref.Metric, ref.Where.Field)
	}
	if tq.realtime && f.metricRef != nil && f.metricRef.Metric == "activeUsers" {
		f.metricRef.Minutes = activeMinutes
	}
	m := metric{requested: requested, name: n, formula: f, scale: 1}
	if n.Transform == "x100" {
		m.scale = 100
	}
	return m, nil
}

// mayAggregate reports whether GA4 rows that differ in d alone can be one row.
func (tq *tableQuery) mayAggregate(d dimension) bool { return d.aggregates && !tq.distinguished(d) }

// checkAggregation refuses to make one row of GA4 rows with these values if a metric
// cannot be added up over what they differ in.
func (tq *tableQuery) checkAggregation(rows [][]string) error {
	for _, d := range tq.dimensions {
		if !tq.mayAggregate(d) || !differ(rows, d.fields) {
			continue
		}
		for _, m := range slices.Concat(tq.metrics, metricsOf(tq.metricFilter)) {
			if !d.scope.sums(m) {
				return d.cannotAggregate(m)
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

func (d dimension) cannotAggregate(m metric) error {
	what := d.requested
	if d.histogram != nil {
		what = "a bucket of " + d.requested
	}
	return badRequest("Selected dimensions and metrics cannot be queried together: in this answer several rows of Google Analytics 4 are one value of %s, "+
		"and %s cannot be added up over them, for they count the same users or sessions more than once. Ask for %s with another dimension, "+
		"filter for rows that are one, or ask for a count of events such as ga:pageviews.", what, m.requested, m.requested)
}

// distinguished reports whether all of d's fields are columns of their own, so
// that rows with the same value of d differ elsewhere.
func (tq *tableQuery) distinguished(d dimension) bool {
	for _, f := range d.fields {
		if !slices.ContainsFunc(tq.dimensions, func(e dimension) bool { return !e.aggregates && tq.determines(e, f) }) {
			return false
		}
	}
	return true
}

// determines reports whether equal values of d have equal values of a field.
func (tq *tableQuery) determines(d dimension, field int) bool {
	own := tq.fields[d.fields[0]]
	return own == tq.fields[field] || own == "pagePathPlusQueryString" && tq.fields[field] == "pagePath"
}

// alwaysSummed are metrics that v3 itself added up over pages.
var alwaysSummed = []string{"ga:uniquePageviews", "ga:uniqueScreenviews", "ga:uniqueAppviews"}

// sums reports whether m can be added up over rows in each of which a thing of
// scope s is once.
func (s scope) sums(m metric) bool {
	if slices.Contains(alwaysSummed, m.name.Name) {
		return true
	}
	return !slices.ContainsFunc(m.formula.refs(), func(ref metricRef) bool {
		counts := scopeOf(ref.Metric)
		if counts == weighted {
			counts = scopeOf(weights[ref.Metric])
		}
		return counts > s
	})
}

// planMetricFilter decides where metrics are filtered, and returns the filter if
// it is Google's work: one question must then hold all rows, none of them aggregated, and
// no row that Google refs out may look like one of a time when nothing happened.
func (tq *tableQuery) planMetricFilter() *report.Filter {
	refs := tq.refs()
	here := tq.aggregates || tq.joins || len(refs) > report.MaxMetrics || tq.fills() && tq.zeroPasses() ||
		slices.ContainsFunc(refs, func(ref metricRef) bool { return ref.Where != where{} || ref.Minutes != 0 }) // a question that sees less
	var groups []*report.Filter
	for _, group := range tq.metricFilter {
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
		tq.metricsLocal = len(tq.metricFilter) > 0
		return nil
	}
	return report.And(groups...)
}

// refs lists every GA4 metric that the columns need, and those that metrics
// filtered here need.
func (tq *tableQuery) refs() []metricRef {
	var out []metricRef
	add := func(ref metricRef) {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	columns := tq.metrics
	if tq.metricsLocal {
		columns = slices.Concat(columns, metricsOf(tq.metricFilter))
	}
	for _, m := range columns {
		for _, ref := range m.formula.refs() {
			add(ref)
			if w, ok := weightOf(ref); ok && (tq.needsWeights || tq.aggregates || tq.metricsLocal || len(tq.localFilter) > 0) {
				add(w)
				tq.note(m.requested, w.Metric)
			}
		}
	}
	if tq.keepEmpty && len(tq.dimensions) > 0 && partial(out) {
		tq.note(tq.metrics[0].requested, "eventCount")
		add(metricRef{Metric: "eventCount"}) // has the rows where what is counted never happened
	}
	return out
}

// partial reports whether all refs count only a part of what happened, so that
// no question has a row where there was none of it.
func partial(refs []metricRef) bool {
	return !slices.ContainsFunc(refs, func(ref metricRef) bool { return ref.Where == where{} })
}

// groupsOf collects the refs that one question can answer.
func groupsOf(refs []metricRef) [][]metricRef {
	var groups [][]metricRef
	for _, ref := range refs {
		at := slices.IndexFunc(groups, func(g []metricRef) bool { return g[0].Where == ref.Where && g[0].Minutes == ref.Minutes })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], ref)
	}
	return groups
}

// ask makes the questions.
func (tq *tableQuery) ask(filter, having *report.Filter) error {
	if len(tq.fields) > report.MaxDimensions {
		return badParameter("dimensions", "These dimensions are made of %d fields of Google Analytics 4; a maximum of %d is allowed.", len(tq.fields), report.MaxDimensions)
	}
	for _, group := range groupsOf(tq.refs()) {
		for chunk := range slices.Chunk(group, report.MaxMetrics) {
			tq.questions = append(tq.questions, tq.question(chunk, filter, having))
		}
	}
	return nil
}

func (tq *tableQuery) question(refs []metricRef, filter, having *report.Filter) question {
	q := report.Query{
		Realtime:           tq.realtime,
		DimensionFilter:    filter.Clone(),
		MetricFilter:       having.Clone(),
		MetricAggregations: []report.Aggregation{report.Total},
		Limit:              maxRows,
	}
	for _, f := range tq.fields {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: f})
	}
	for _, ref := range refs {
		q.Metrics = append(q.Metrics, report.Metric{Name: ref.Metric})
	}
	if !q.Realtime {
		q.DateRanges = []report.DateRange{{StartDate: tq.start.String(), EndDate: tq.end.String()}}
		q.KeepEmptyRows = tq.keepEmpty
	}
	if w := refs[0].Where; w.Field != "" {
		q.DimensionFilter = report.And(q.DimensionFilter, text(w.Field, "EXACT", w.Value, true))
	}
	if m := refs[0].Minutes; m != 0 {
		q.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: new(m - 1), EndMinutesAgo: new(0)}}
	}
	return question{q, refs}
}

// pushDown lets Google order and cut the rows where the result is the same.
func (tq *tableQuery) pushDown(keys []SortKey, offset, count int) {
	if len(tq.questions) > 1 || tq.aggregates || tq.metricsLocal || len(tq.localFilter) > 0 || tq.fills() && !tq.places {
		return
	}
	for _, d := range tq.dimensions {
		if !d.sorted {
			return
		}
		keys = append(keys[:len(keys):len(keys)], SortKey{Name: d.requested})
	}
	var orders []report.OrderBy
	ordered := map[string]bool{}
	for _, k := range keys {
		o, ok := tq.orderBy(k)
		if !ok {
			return
		}
		if name := strings.ToLower(k.Name); !ordered[name] {
			orders, ordered[name] = append(orders, o), true
		}
	}
	tq.pushed = true
	q := &tq.questions[0].query
	q.OrderBys = orders
	q.Offset = report.Int64(offset)
	q.Limit = report.Int64(count)
}

// orderBy says a key in GA4's words; ok is false if its order is not that of one
// GA4 field.
func (tq *tableQuery) orderBy(k SortKey) (o report.OrderBy, ok bool) {
	for _, m := range tq.metrics {
		if ref, ok := m.formula.direct(); ok && strings.EqualFold(m.requested, k.Name) {
			return report.OrderBy{Metric: &report.MetricOrder{MetricName: ref.Metric}, Desc: k.Desc}, true
		}
	}
	for _, d := range tq.dimensions {
		if d.sorted && strings.EqualFold(d.requested, k.Name) {
			return report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: d.name.GA4}, Desc: k.Desc}, true
		}
	}
	return report.OrderBy{}, false
}
