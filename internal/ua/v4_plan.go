package ua

import (
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// A BatchPlan is the questions that answer a v4 batch, and how their answers
// become its body. It is immutable.
type BatchPlan struct {
	batch   Batch
	reports []*reportPlan
}

// TranslateBatch plans a v4 batch. Errors are *Error.
func TranslateBatch(b Batch, o Options) (*BatchPlan, error) {
	p := &BatchPlan{batch: b}
	for _, r := range b.body.ReportRequests {
		one := &reportPlan{request: r, options: o}
		if err := one.plan(); err != nil {
			return nil, err
		}
		if _, err := one.queries(nil); err != nil {
			return nil, err
		}
		p.reports = append(p.reports, one)
	}
	if n := len(p.Queries()); n > maxQuestions {
		return nil, badRequest("This batch needs %d questions to Google Analytics 4; at most %d are asked. "+
			"Use fewer requests, segments, dateRanges or pivots.", n, maxQuestions)
	}
	return p, nil
}

// Queries returns the questions, to be requested of the view's property in any order.
// There is at least one.
func (p *BatchPlan) Queries() []report.Query {
	var qs []report.Query
	for _, r := range p.reports {
		qs, _ = r.queries(qs) // TranslateBatch saw that they are valid
	}
	return qs
}

// A reportPlan is one report of a batch.
type reportPlan struct {
	request  reportRequest
	options  Options
	days     [][2]report.Date // first and last of each date range
	segments []builtInSegment // at least one; without a filter if the request has none
	segment  int              // the column of their names, -1 without
	main     *product
	pivots   []*pivotPlan
	order    []ordering
	offset   int
}

// A product is one set of columns over every segment and every date range.
type product struct {
	tables [][]*tableQuery // by segment, then by date range
}

// first is the table query that stands for all when columns matter.
func (c *product) first() *tableQuery { return c.tables[0][0] }

func (p *reportPlan) plan() error {
	for _, step := range []func() error{p.planDays, p.planSegments, p.planMain, p.planPivots, p.planOrder} {
		if err := step(); err != nil {
			return err
		}
	}
	p.pushDown()
	return nil
}

func (p *reportPlan) queries(qs []report.Query) (_ []report.Query, err error) {
	for _, c := range p.products() {
		for _, segment := range c.tables {
			for _, g := range segment {
				if qs, err = g.queries(qs); err != nil {
					return nil, err
				}
			}
		}
	}
	return qs, nil
}

// crosses lists all of the report's, in the order of the questions.
func (p *reportPlan) products() []*product {
	all := []*product{p.main}
	for _, v := range p.pivots {
		if all = append(all, v.cells); v.groups != nil {
			all = append(all, v.groups)
		}
	}
	return all
}

func (p *reportPlan) planDays() (err error) {
	p.offset, err = p.request.start()
	if err != nil {
		return err
	}
	for _, r := range p.request.ranges() {
		first, last, err := span{"startDate", "endDate"}.resolve(r.StartDate, r.EndDate, p.options.Today)
		if err != nil {
			return err
		}
		p.days = append(p.days, [2]report.Date{first, last})
	}
	return nil
}

func (p *reportPlan) planSegments() error {
	p.segment = slices.IndexFunc(p.request.Dimensions, func(d dimensionRequest) bool { return isSegment(d.Name) })
	switch {
	case len(p.request.Segments) == 0 && p.segment >= 0:
		return badRequest("The dimension %s needs segments in the request.", segmentDimension)
	case len(p.request.Segments) == 0:
		p.segments = []builtInSegment{{}}
		return nil
	case p.segment < 0:
		return badRequest("A request with segments must have the dimension %s.", segmentDimension)
	}
	for _, s := range p.request.Segments {
		if s.DynamicSegment != nil {
			return badRequest("A dynamicSegment cannot be expressed in Google Analytics 4, whose filters look at events rather than at whole sessions " +
				"or users. Use dimensionFilterClauses, or a built-in segment such as gaid::-5 (Organic Traffic).")
		}
		if _, err := segmentFilter(s.SegmentID); err != nil || s.SegmentID == "" {
			if err == nil {
				err = badRequest("A segment needs a segmentId, such as gaid::-5 (Organic Traffic).")
			}
			return err
		}
		at := slices.IndexFunc(segments, func(b builtInSegment) bool { return "gaid::"+b.id == s.SegmentID })
		p.segments = append(p.segments, segments[at])
	}
	return nil
}

// dimensions are those that are not the segment's.
func (p *reportPlan) dimensions() []dimensionRequest {
	return slices.DeleteFunc(slices.Clone(p.request.Dimensions), func(d dimensionRequest) bool { return isSegment(d.Name) })
}

func (p *reportPlan) planMain() (err error) {
	needsWeights := len(p.segments) > 1 || slices.ContainsFunc(p.request.OrderBys, func(o orderBy) bool { return o.OrderType == "SMART" })
	// A row that is filtered out takes its cells with it, so the filter must be here.
	joins := len(p.days) > 1 || len(p.request.Pivots) > 0
	p.main, err = p.product(productColumns{
		dimensions: p.dimensions(), metrics: p.request.Metrics, needsWeights: needsWeights, joins: joins,
		filter: func(tq *tableQuery) ([][]condition, error) { return tq.groupsV4(p.request) },
	})
	return err
}

// productColumns are what a product is made of.
type productColumns struct {
	dimensions   []dimensionRequest
	metrics      []metricRequest
	needsWeights bool
	joins        bool
	filter       func(*tableQuery) ([][]condition, error)
}

func (p *reportPlan) product(c productColumns) (*product, error) {
	made := &product{}
	for _, s := range p.segments {
		var tables []*tableQuery
		for _, days := range p.days {
			g := &tableQuery{
				options: p.options, keepEmpty: p.request.IncludeEmptyRows, keepsOnlyRow: true, joins: c.joins, needsWeights: c.needsWeights, start: days[0], end: days[1],
			}
			if err := c.fill(g, s); err != nil {
				return nil, err
			}
			tables = append(tables, g)
		}
		made.tables = append(made.tables, tables)
	}
	return made, nil
}

// fill makes a table query of the columns within a segment.
func (c productColumns) fill(tq *tableQuery, s builtInSegment) error {
	for _, r := range c.dimensions {
		d, err := tq.dimensionV4(r)
		if err != nil {
			return err
		}
		tq.addDimension(d)
	}
	for _, r := range c.metrics {
		m, err := tq.metricV4(r)
		if err != nil {
			return err
		}
		tq.metrics = append(tq.metrics, m)
	}
	filter, err := ParseFilter(s.filter)
	if err != nil {
		return err
	}
	groups, err := tq.segmentGroups("gaid::"+s.id, filter)
	if err != nil {
		return err
	}
	more, err := c.filter(tq)
	if err != nil {
		return err
	}
	return tq.plan(append(groups, more...))
}

// filtered reports whether rows are left out here, so that what is added up over
// rows is of those that are left.
func (p *reportPlan) filtered() bool {
	return p.main.first().metricsLocal || len(p.main.first().localFilter) > 0
}

// pushDown lets Google order and cut the rows where the result is the same. A
// single row is as well done here, from a simpler question.
func (p *reportPlan) pushDown() {
	g := p.main.first()
	if len(g.dimensions) == 0 {
		return
	}
	whole := !slices.ContainsFunc(g.metrics, func(m metric) bool { _, direct := m.formula.direct(); return !direct })
	ranges := !p.request.HideValueRanges
	if len(p.days) > 1 || len(p.segments) > 1 || p.segment >= 0 || len(p.pivots) > 0 || !whole && (ranges || !p.request.IncludeEmptyRows) {
		return
	}
	var keys []SortKey
	for _, o := range p.order {
		if o.how != byValue {
			return
		}
		keys = append(keys, SortKey{Desc: o.desc, Name: p.columnName(o)})
	}
	g.pushDown(keys, p.offset, p.request.size())
	if g.pushed && ranges {
		q := &g.questions[0].query
		q.MetricAggregations = append(q.MetricAggregations, report.Minimum, report.Maximum)
	}
}

// columnName is what the table query calls the column of an order.
func (p *reportPlan) columnName(o ordering) string {
	if o.metric >= 0 {
		return p.main.first().metrics[o.metric].requested
	}
	return p.main.first().dimensions[o.dimension].requested
}
