package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRows is how many GA4 rows are worked with when they must be folded, joined,
// filtered or sorted here.
const maxRows = 100_000

// A Plan is the questions that answer one v3 query, and how their answers become
// its body. It is immutable.
type Plan struct {
	query      Query
	options    Options
	start, end report.Date

	dimensions []dimension
	metrics    []metric
	fields     []string // GA4 dimensions, the same in every question
	questions  []question

	folds    bool // several GA4 rows can be one row of the body
	foldable scope
	pushed   bool // order and paging are Google's work

	dimensionsHere [][]condition // groups of the filter that are applied to rows here
	metricFilter   [][]condition // of metrics, the whole
	metricsHere    bool          // and applied here
	times          [][]condition // of dates and hours only: which empty rows there are
}

// A dimension is a column of names.
type dimension struct {
	asked  string
	name   Name
	fields []int // in Plan.fields
	transform
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

// Translate plans a v3 query. Errors are *Error, in v3's words.
func Translate(q Query, o Options) (*Plan, error) {
	p := &Plan{query: q, options: o}
	for _, step := range []func() error{p.resolveDates, p.resolveColumns} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	filter, err := p.translateFilters()
	if err != nil {
		return nil, err
	}
	if err := p.checkFill(); err != nil {
		return nil, err
	}
	if err := p.planFolding(); err != nil {
		return nil, err
	}
	having := p.planMetricFilter()
	if err := p.ask(filter, having); err != nil {
		return nil, err
	}
	p.pushDown()
	for _, ask := range p.questions {
		if err := ask.query.Validate(); err != nil {
			return nil, AsError(err)
		}
	}
	return p, nil
}

// Queries returns the questions, to be asked of the view's property in any order.
// There is at least one, and usually no more.
func (p *Plan) Queries() []report.Query {
	qs := make([]report.Query, len(p.questions))
	for i, ask := range p.questions {
		qs[i] = ask.query.Clone()
	}
	return qs
}

// firstDay is the earliest day that GA4 answers for.
var firstDay = report.NewDate(2015, 8, 14)

func (p *Plan) resolveDates() error {
	q := p.query
	if q.Realtime {
		return nil
	}
	var err error
	if p.start, err = report.ResolveDate("startDate", q.StartDate, p.options.Today); err != nil {
		// Pages that want everything ask from 2005 on.
		if d, notDate := report.ParseDate(q.StartDate); notDate == nil && !d.Before(firstDay) ||
			notDate != nil && !strings.HasSuffix(q.StartDate, "daysAgo") {
			return badParameter("start-date", "Invalid value '%s' for start-date.", cut(q.StartDate))
		}
		p.start = firstDay
	}
	if p.end, err = report.ResolveDate("endDate", q.EndDate, p.options.Today); err != nil {
		return badParameter("end-date", "Invalid value '%s' for end-date: Google Analytics 4 answers from %s on.", cut(q.EndDate), firstDay)
	}
	if p.end.Before(p.start) {
		return badParameter("start-date", "start-date must not be after end-date: %s is after %s.", cut(q.StartDate), cut(q.EndDate))
	}
	return nil
}

func (p *Plan) resolveColumns() error {
	for _, asked := range p.query.Dimensions {
		d, err := p.dimension(asked)
		if err != nil {
			return err
		}
		for _, f := range strings.Fields(d.name.GA4) {
			if !slices.Contains(p.fields, f) {
				p.fields = append(p.fields, f)
			}
			d.fields = append(d.fields, slices.Index(p.fields, f))
		}
		p.dimensions = append(p.dimensions, d)
	}
	for _, asked := range p.query.Metrics {
		m, err := p.metric(asked)
		if err != nil {
			return err
		}
		p.metrics = append(p.metrics, m)
	}
	return nil
}

func (p *Plan) dimension(asked string) (dimension, error) {
	n, err := p.options.resolve(asked, p.query.Realtime)
	if err != nil {
		return dimension{}, err
	}
	if !n.Dimension {
		return dimension{}, badName("Invalid dimension or metric: %s is a metric; ask for it in metrics.", asked)
	}
	return dimension{asked: asked, name: n, transform: transformOf(n.Transform)}, nil
}

// activeMinutes is how long v3 called a user active.
const activeMinutes = 5

func (p *Plan) metric(asked string) (metric, error) {
	n, err := p.options.resolve(asked, p.query.Realtime)
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
	if p.query.Realtime && f.leaf != nil && f.leaf.Metric == "activeUsers" {
		f.leaf.Minutes = activeMinutes
	}
	m := metric{asked: asked, name: n, formula: f, scale: 1}
	if n.Transform == "x100" {
		m.scale = 100
	}
	return m, nil
}

// planFolding finds whether GA4 rows can fold, and refuses what could not be
// computed then.
func (p *Plan) planFolding() error {
	p.foldable = perUser
	var folding string
	for _, d := range p.dimensions {
		if d.folds && !p.distinguished(d) {
			p.folds = true
			if d.scope < p.foldable || folding == "" {
				p.foldable, folding = d.scope, d.asked
			}
		}
	}
	if !p.folds {
		return nil
	}
	for _, m := range slices.Concat(p.metrics, metricsOf(p.metricFilter)) {
		if !p.canFold(m) {
			return badRequest("Selected dimensions and metrics cannot be queried together: Google Analytics 4 has no %s, and %s cannot be "+
				"added up from finer rows, for they count the same users or sessions more than once. Ask for %s with another dimension, "+
				"or for a count of events such as ga:pageviews.", folding, m.asked, m.asked)
		}
	}
	return nil
}

// distinguished reports whether all of d's fields are columns of their own, so
// that rows with the same value of d differ elsewhere.
func (p *Plan) distinguished(d dimension) bool {
	for _, f := range d.fields {
		if !slices.ContainsFunc(p.dimensions, func(e dimension) bool { return !e.folds && p.determines(e, f) }) {
			return false
		}
	}
	return true
}

// determines reports whether equal values of d have equal values of a field.
func (p *Plan) determines(d dimension, field int) bool {
	own := p.fields[d.fields[0]]
	return own == p.fields[field] || own == "pagePathPlusQueryString" && p.fields[field] == "pagePath"
}

// summed are metrics that v3 itself added up over pages.
var summed = []string{"ga:uniquePageviews", "ga:uniqueScreenviews", "ga:uniqueAppviews"}

func (p *Plan) canFold(m metric) bool {
	if slices.Contains(summed, m.name.Name) {
		return true
	}
	for _, l := range m.formula.leaves() {
		s := scopeOf(l.Metric)
		if s == weighted {
			s = scopeOf(weights[l.Metric])
		}
		if s > p.foldable {
			return false
		}
	}
	return true
}

// planMetricFilter decides where metrics are filtered, and returns the filter if
// it is Google's work: one question must then hold all rows, none of them folded.
func (p *Plan) planMetricFilter() *report.Filter {
	leaves := p.leaves()
	here := p.folds || len(leaves) > report.MaxMetrics ||
		slices.ContainsFunc(leaves, func(l leaf) bool { return l.Event != "" || l.Minutes != 0 }) // a question that sees less
	var groups []*report.Filter
	for _, g := range p.metricFilter {
		var ors []*report.Filter
		for _, c := range g {
			f, ok := c.having()
			if !ok {
				here = true
			}
			ors = append(ors, f)
		}
		groups = append(groups, or(ors))
	}
	if here {
		p.metricsHere = len(p.metricFilter) > 0
		return nil
	}
	return report.And(groups...)
}

// leaves lists every GA4 metric that the columns need, and those that metrics
// filtered here need.
func (p *Plan) leaves() []leaf {
	var out []leaf
	add := func(l leaf) {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	columns := p.metrics
	if p.metricsHere {
		columns = slices.Concat(columns, metricsOf(p.metricFilter))
	}
	for _, m := range columns {
		for _, l := range m.formula.leaves() {
			add(l)
			if w, ok := weightOf(l); ok && (p.folds || p.metricsHere || len(p.dimensionsHere) > 0) {
				add(w)
			}
		}
	}
	if p.query.IncludeEmptyRows && len(p.dimensions) > 0 && !slices.ContainsFunc(out, func(l leaf) bool { return l.Event == "" }) {
		add(leaf{Metric: "eventCount"}) // has the rows where the event never happened
	}
	return out
}

// groupsOf collects the leaves that one question can answer.
func groupsOf(leaves []leaf) [][]leaf {
	var groups [][]leaf
	for _, l := range leaves {
		at := slices.IndexFunc(groups, func(g []leaf) bool { return g[0].Event == l.Event && g[0].Minutes == l.Minutes })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], l)
	}
	return groups
}

// ask makes the questions.
func (p *Plan) ask(filter, having *report.Filter) error {
	if len(p.fields) > report.MaxDimensions {
		return badParameter("dimensions", "These dimensions are made of %d fields of Google Analytics 4; a maximum of %d is allowed.", len(p.fields), report.MaxDimensions)
	}
	for _, group := range groupsOf(p.leaves()) {
		for chunk := range slices.Chunk(group, report.MaxMetrics) {
			p.questions = append(p.questions, p.question(chunk, filter, having))
		}
	}
	return nil
}

func (p *Plan) question(leaves []leaf, filter, having *report.Filter) question {
	q := report.Query{
		Realtime:           p.query.Realtime,
		DimensionFilter:    filter.Clone(),
		MetricFilter:       having.Clone(),
		MetricAggregations: []report.Aggregation{report.Total},
		Limit:              maxRows,
	}
	for _, f := range p.fields {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: f})
	}
	for _, l := range leaves {
		q.Metrics = append(q.Metrics, report.Metric{Name: l.Metric})
	}
	if !q.Realtime {
		q.DateRanges = []report.DateRange{{StartDate: p.start.String(), EndDate: p.end.String()}}
		q.KeepEmptyRows = p.query.IncludeEmptyRows
	}
	if e := leaves[0].Event; e != "" {
		q.DimensionFilter = report.And(q.DimensionFilter, text("eventName", "EXACT", e, true))
	}
	if m := leaves[0].Minutes; m != 0 {
		q.MinuteRanges = []report.MinuteRange{{StartMinutesAgo: new(m - 1), EndMinutesAgo: new(0)}}
	}
	return question{q, leaves}
}

// pushDown lets Google order and cut the rows where the result is the same.
func (p *Plan) pushDown() {
	if len(p.questions) > 1 || p.folds || p.metricsHere || len(p.dimensionsHere) > 0 || p.fills() || !p.query.IncludeEmptyRows {
		return
	}
	var orders []report.OrderBy
	for _, k := range p.query.Sort {
		o, ok := p.orderBy(k)
		if !ok {
			return
		}
		orders = append(orders, o)
	}
	for _, d := range p.dimensions {
		if !d.sorted {
			return
		}
		orders = append(orders, report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: d.name.GA4}})
	}
	p.pushed = true
	q := &p.questions[0].query
	q.OrderBys = orders
	q.Offset = report.Int64(p.query.StartIndex - 1)
	q.Limit = report.Int64(p.query.MaxResults)
}

func (p *Plan) orderBy(k SortKey) (report.OrderBy, bool) {
	for _, m := range p.metrics {
		if l, ok := m.formula.direct(); ok && strings.EqualFold(m.asked, k.Name) {
			return report.OrderBy{Metric: &report.MetricOrder{MetricName: l.Metric}, Desc: k.Desc}, true
		}
	}
	for _, d := range p.dimensions {
		if d.sorted && strings.EqualFold(d.asked, k.Name) {
			return report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: d.name.GA4}, Desc: k.Desc}, true
		}
	}
	return report.OrderBy{}, false
}
