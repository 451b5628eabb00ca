package ua

import (
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// A BatchPlan is the GA4 queries that answer a v4 batch, and how their reports
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
		if _, err := one.appendQueries(nil); err != nil {
			return nil, err
		}
		p.reports = append(p.reports, one)
	}
	if n := len(p.Queries()); n > maxQueries {
		return nil, badRequest("This batch needs %d questions to Google Analytics 4; at most %d are asked. "+
			"Use fewer requests, segments, dateRanges or pivots.", n, maxQueries)
	}
	return p, nil
}

// Queries returns the queries for the view's property, in any order. There is at least
// one.
func (p *BatchPlan) Queries() []report.Query {
	var qs []report.Query
	for _, r := range p.reports {
		qs, _ = r.appendQueries(qs) // TranslateBatch has validated them
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

// A product is one set of columns for each segment and each date range.
type product struct {
	tables [][]*tableQuery // by segment, then by date range
}

// first returns one table query, whose columns are those of all.
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

func (p *reportPlan) appendQueries(qs []report.Query) (_ []report.Query, err error) {
	for _, c := range p.products() {
		for _, tq := range slices.Concat(c.tables...) {
			if qs, err = tq.appendQueries(qs); err != nil {
				return nil, err
			}
		}
	}
	return qs, nil
}

// products lists all products, in the order of their queries.
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
	p.days, err = mapAll(p.request.ranges(), func(r dateRange) ([2]report.Date, error) {
		return dateParams{"startDate", "endDate"}.resolve(r.StartDate, r.EndDate, p.options.Today)
	})
	return err
}

func (p *reportPlan) planSegments() (err error) {
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
	p.segments, err = mapAll(p.request.Segments, segmentRequest.find)
	return err
}

// find returns the segment of a request.
func (s segmentRequest) find() (builtInSegment, error) {
	switch {
	case s.DynamicSegment != nil:
		return builtInSegment{}, badRequest("A dynamicSegment cannot be expressed in Google Analytics 4, whose filters look at events rather than at whole sessions " +
			"or users. Use dimensionFilterClauses, or a built-in segment such as gaid::-5 (Organic Traffic).")
	case s.SegmentID == "":
		return builtInSegment{}, badRequest("A segment needs a segmentId, such as gaid::-5 (Organic Traffic).")
	}
	return findSegment(s.SegmentID)
}

// dimensions returns the requested dimensions without the segment's.
func (p *reportPlan) dimensions() []dimensionRequest {
	return slices.DeleteFunc(slices.Clone(p.request.Dimensions), func(d dimensionRequest) bool { return isSegment(d.Name) })
}

func (p *reportPlan) planMain() (err error) {
	needsWeights := len(p.segments) > 1 || slices.ContainsFunc(p.request.OrderBys, func(o orderBy) bool { return o.OrderType == "SMART" })
	// A row that is filtered out takes its cells with it, so the filter must be here.
	joins := len(p.days) > 1 || len(p.request.Pivots) > 0
	p.main, err = p.product(productColumns{
		dimensions: p.dimensions(), metrics: p.request.Metrics, needsWeights: needsWeights, joins: joins,
		filter: func(tq *tableQuery) (conditionGroups, error) { return tq.groupsV4(p.request) },
	})
	return err
}

// ProductColumns are the columns and the filter of a product.
type productColumns struct {
	dimensions   []dimensionRequest
	metrics      []metricRequest
	needsWeights bool
	joins        bool
	filter       func(*tableQuery) (conditionGroups, error)
}

func (p *reportPlan) product(c productColumns) (*product, error) {
	tables, err := mapAll(p.segments, func(s builtInSegment) ([]*tableQuery, error) {
		return mapAll(p.days, func(days [2]report.Date) (*tableQuery, error) {
			tq := &tableQuery{
				options: p.options, keepEmpty: p.request.IncludeEmptyRows, keepsOnlyRow: true, joins: c.joins, needsWeights: c.needsWeights, start: days[0], end: days[1],
			}
			if err := setColumns(tq, c.dimensions, c.metrics, tq.dimensionV4, tq.metricV4); err != nil {
				return nil, err
			}
			return tq, tq.plan(s, c.filter)
		})
	})
	return &product{tables}, err
}

// filtered reports whether rows are filtered here, so that totals are added up from
// the rows that remain.
func (p *reportPlan) filtered() bool {
	return p.main.first().metricsLocal || len(p.main.first().localFilter) > 0
}

// pushDown lets GA4 sort and page the rows where the result is the same. A table
// without dimensions has one row, which needs neither.
func (p *reportPlan) pushDown() {
	tq := p.main.first()
	if len(tq.dimensions) == 0 {
		return
	}
	ranges := !p.request.HideValueRanges
	if len(p.days) > 1 || len(p.segments) > 1 || p.segment >= 0 || len(p.pivots) > 0 || !tq.isDirect() && (ranges || !p.request.IncludeEmptyRows) {
		return
	}
	var keys []SortKey
	for _, o := range p.order {
		if o.how != byValue {
			return
		}
		keys = append(keys, SortKey{Desc: o.desc, Name: p.columnName(o)})
	}
	tq.pushDown(keys, p.offset, p.request.size())
	if tq.pushed && ranges {
		q := &tq.queries[0].query
		q.MetricAggregations = append(q.MetricAggregations, report.Minimum, report.Maximum)
	}
}

// columnName returns the table query's name of the column of an order.
func (p *reportPlan) columnName(o ordering) string {
	if o.metric >= 0 {
		return p.main.first().metrics[o.metric].requested
	}
	return p.main.first().dimensions[o.dimension].requested
}
