package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRows bounds the GA4 rows of a table that are aggregated, joined, filtered or
// sorted here.
const maxRows = 100_000

// A tableQuery is what both dialects ask for: a table of columns over one range of
// days, with conditions on its rows. It plans the GA4 queries and makes rows of
// their reports.
type tableQuery struct {
	options      Options
	realtime     bool
	keepEmpty    bool // keep rows in which all metrics are zero
	keepsOnlyRow bool // also the single row of a table without dimensions
	joins        bool // rows are joined to those of other ranges, so metrics are filtered here
	needsWeights bool // rows are added up here in any case, so means need their weights
	start, end   report.Date

	written vocabulary // what the client wrote for fields
	segment string     // while its filter is resolved; else empty

	dimensions []dimension
	metrics    []metric
	fields     []string // GA4 dimensions, the same in each of queries
	queries    []ga4Query

	aggregates bool // several GA4 rows can be one row of the body
	pushed     bool // GA4 sorts and pages
	pagesTimes bool // and the rows of its page are placed among empty rows

	localFilter  conditionGroups // on dimensions that GA4 cannot filter by
	metricFilter conditionGroups // on metrics
	metricsLocal bool            // metricFilter is applied here
	times        conditionGroups // on dates and hours alone: they select the empty rows
}

// A dimension is a column of dimension values.
type dimension struct {
	requested string // as the client wrote it
	name      Name
	fields    []int // in tableQuery.fields
	transform
	histogram histogram // applied after the filter; v4 only
}

// A metric is a column of numbers.
type metric struct {
	requested string // as the client wrote it
	name      Name
	formula   *formula
	scale     float64 // 100 for what v3 gave in percent
}

// A ga4Query is a query and what its metrics are.
type ga4Query struct {
	query report.Query
	refs  []metricRef
}

// mapAll returns f of each element, or the first error.
func mapAll[T, U any](in []T, f func(T) (U, error)) ([]U, error) {
	var out []U
	for _, v := range in {
		u, err := f(v)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// setColumns resolves the dimensions and metrics of a request.
func setColumns[D, M any](tq *tableQuery, ds []D, ms []M, dimensionOf func(D) (dimension, error), metricOf func(M) (metric, error)) error {
	dimensions, err := mapAll(ds, dimensionOf)
	if err != nil {
		return err
	}
	for _, d := range dimensions {
		tq.addDimension(d)
	}
	tq.metrics, err = mapAll(ms, metricOf)
	return err
}

// plan makes the queries for the rows within a segment that pass a filter.
func (tq *tableQuery) plan(s builtInSegment, filter func(*tableQuery) (conditionGroups, error)) error {
	within, err := tq.segmentGroups(s)
	if err != nil {
		return err
	}
	groups, err := filter(tq)
	if err != nil {
		return err
	}
	pushed, err := tq.splitFilter(append(within, groups...))
	if err != nil {
		return err
	}
	if err := tq.checkFill(); err != nil {
		return err
	}
	tq.aggregates = slices.ContainsFunc(tq.dimensions, tq.mayAggregate)
	return tq.planQueries(pushed, tq.planMetricFilter())
}

// appendQueries appends the queries, in any order, once they are valid.
func (tq *tableQuery) appendQueries(qs []report.Query) ([]report.Query, error) {
	for _, q := range tq.queries {
		if err := q.query.Validate(); err != nil {
			return nil, AsError(tq.written.explain(err))
		}
		qs = append(qs, q.query.Clone())
	}
	return qs, nil
}

// isDirect reports whether each metric is a single one of GA4, so that GA4 drops the
// rows in which all are zero.
func (tq *tableQuery) isDirect() bool {
	return !slices.ContainsFunc(tq.metrics, func(m metric) bool { _, direct := m.formula.direct(); return !direct })
}

// addDimension appends a column.
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

// dimension resolves the name of a dimension.
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

// metric resolves the name of a metric.
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
		return metric{}, badName("%s cannot be computed: the view's configuration has no formula of GA4 metrics for it.", requested)
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

// mayAggregate reports whether GA4 rows that differ only in d can be one row.
func (tq *tableQuery) mayAggregate(d dimension) bool { return d.aggregates && !tq.distinguished(d) }

// checkAggregation refuses to aggregate GA4 rows with these dimension values if a
// metric cannot be added up over those that differ.
func (tq *tableQuery) checkAggregation(rows [][]string) error {
	for _, d := range tq.dimensions {
		if !tq.mayAggregate(d) || !differ(rows, d.fields) {
			continue
		}
		for _, m := range slices.Concat(tq.metrics, tq.metricFilter.metrics()) {
			if !d.scope.sums(m) {
				return d.cannotAggregate(m)
			}
		}
	}
	return nil
}

// differ reports whether rows have different values of any of the fields.
func differ(rows [][]string, fields []int) bool {
	return slices.ContainsFunc(rows, func(r []string) bool {
		return slices.ContainsFunc(fields, func(f int) bool { return r[f] != rows[0][f] })
	})
}

// cannotAggregate is the error for a metric that is not additive over a dimension.
func (d dimension) cannotAggregate(m metric) error {
	what := d.requested
	if d.histogram != nil {
		what = "a bucket of " + d.requested
	}
	return badRequest("Selected dimensions and metrics cannot be queried together: in this answer several rows of Google Analytics 4 are one value of %s, "+
		"and %s cannot be added up over them, for they count the same users or sessions more than once. Ask for %s with another dimension, "+
		"filter for rows that are one, or ask for a count of events such as ga:pageviews.", what, m.requested, m.requested)
}

// distinguished reports whether other columns tell all of d's fields apart.
func (tq *tableQuery) distinguished(d dimension) bool {
	for _, f := range d.fields {
		if !slices.ContainsFunc(tq.dimensions, func(e dimension) bool { return !e.aggregates && tq.determines(e, f) }) {
			return false
		}
	}
	return true
}

// determines reports whether equal values of d imply equal values of a field.
func (tq *tableQuery) determines(d dimension, field int) bool {
	own := tq.fields[d.fields[0]]
	return own == tq.fields[field] || own == "pagePathPlusQueryString" && tq.fields[field] == "pagePath"
}

// alwaysSummed are metrics that v3 itself added up over pages.
var alwaysSummed = []string{"ga:uniquePageviews", "ga:uniqueScreenviews", "ga:uniqueAppviews"}

// sums reports whether m can be added up over rows if each thing of scope s is in
// only one of them.
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

// planMetricFilter decides where metrics are filtered, and returns the filter if it
// is by GA4: one query must then hold all rows, none of them aggregated, and
// no row that GA4 leaves out may be taken for an empty one.
func (tq *tableQuery) planMetricFilter() *report.Filter {
	refs := tq.refs()
	local := tq.aggregates || tq.joins || len(refs) > report.MaxMetrics || tq.fills() && tq.zeroPasses() ||
		slices.ContainsFunc(refs, func(ref metricRef) bool { return ref.Where != where{} || ref.Minutes != 0 }) // a query for a part
	var groups []*report.Filter
	for _, group := range tq.metricFilter {
		var ors []*report.Filter
		for _, c := range group {
			f, ok := c.having()
			local = local || !ok
			ors = append(ors, f)
		}
		groups = append(groups, or(ors))
	}
	if local {
		tq.metricsLocal = len(tq.metricFilter) > 0
		return nil
	}
	return report.And(groups...)
}

// refs lists every GA4 metric that the columns and the local metric filter need.
func (tq *tableQuery) refs() []metricRef {
	var out []metricRef
	add := func(ref metricRef) {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	columns := tq.metrics
	if tq.metricsLocal {
		columns = slices.Concat(columns, tq.metricFilter.metrics())
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

// partial reports whether all refs count only a part of the events, so that no query
// returns a row for dimension values without that part.
func partial(refs []metricRef) bool {
	return !slices.ContainsFunc(refs, func(ref metricRef) bool { return ref.Where == where{} })
}

// groupRefs groups the refs that one query can answer.
func groupRefs(refs []metricRef) [][]metricRef {
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

// planQueries makes the queries.
func (tq *tableQuery) planQueries(filter, having *report.Filter) error {
	if len(tq.fields) > report.MaxDimensions {
		return badParameter("dimensions", "These dimensions are made of %d fields of Google Analytics 4; a maximum of %d is allowed.",
			len(tq.fields), report.MaxDimensions)
	}
	for _, group := range groupRefs(tq.refs()) {
		for chunk := range slices.Chunk(group, report.MaxMetrics) {
			tq.queries = append(tq.queries, tq.query(chunk, filter, having))
		}
	}
	return nil
}

// query makes the query for refs of one group.
func (tq *tableQuery) query(refs []metricRef, filter, having *report.Filter) ga4Query {
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
		q.DimensionFilter = report.And(q.DimensionFilter, text(w.Field, exact, w.Value, true))
	}
	if m := refs[0].Minutes; m != 0 {
		q.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: new(m - 1), EndMinutesAgo: new(0)}}
	}
	return ga4Query{q, refs}
}

// pushDown lets GA4 sort and page the rows where the result is the same.
func (tq *tableQuery) pushDown(keys []SortKey, offset, count int) {
	if len(tq.queries) > 1 || tq.aggregates || tq.metricsLocal || len(tq.localFilter) > 0 || tq.fills() && !tq.pagesTimes {
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
	q := &tq.queries[0].query
	q.OrderBys = orders
	q.Offset = report.Int64(offset)
	q.Limit = report.Int64(count)
}

// orderBy returns a key as a GA4 order; ok is false if no single field has that order.
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
