package emulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// runReport is POST /v1beta/properties/{id}:runReport.
func (e *Emulator) runReport(c *call) (any, error) {
	var ask reportRequest
	canonical, err := decodeRequest(c.body, runReportType(), &ask)
	if err != nil {
		return nil, err
	}
	return e.report(c, &ask, canonical, false)
}

// runRealtimeReport is POST /v1beta/properties/{id}:runRealtimeReport.
func (e *Emulator) runRealtimeReport(c *call) (any, error) {
	var ask reportRequest
	canonical, err := decodeRequest(c.body, runRealtimeReportType(), &ask)
	if err != nil {
		return nil, err
	}
	return e.report(c, &ask, canonical, true)
}

// maxBatch is how many reports one batch may hold.
const maxBatch = 5

// batchRunReports is POST /v1beta/properties/{id}:batchRunReports. One wrong
// member fails the batch.
func (e *Emulator) batchRunReports(c *call) (any, error) {
	var ask struct {
		Requests []*reportRequest `json:"requests"`
	}
	members, err := decodeBatch(c.body, batchRunReportsType(), "runReportRequest", &ask)
	if err != nil {
		return nil, err
	}
	var answer batchAnswer
	for i, member := range ask.Requests {
		r, err := e.report(c, member, string(members[i]), false)
		if err != nil {
			return nil, err
		}
		answer.Reports = append(answer.Reports, r)
	}
	answer.Kind = "analyticsData#batchRunReports"
	return answer, nil
}

// report checks one request, charges it and answers it.
func (e *Emulator) report(c *call, ask *reportRequest, canonical string, live bool) (*reportAnswer, error) {
	if err := checkMember(c, ask.Property); err != nil {
		return nil, err
	}
	q, err := e.understand(ask, c, live)
	if err != nil {
		return nil, err
	}
	quota, err := e.charge(c, cost(q.days(), len(q.ask.Dimensions), len(q.ask.Metrics)), q.thresholded())
	if err != nil {
		return nil, err
	}
	if !ask.ReturnPropertyQuota {
		quota = nil
	}
	e.counts.report(fmt.Sprint(live, c.property.Property, canonical)) // the same in a batch as alone
	rows, totals, err := e.compute(c.r.Context(), q, c.now)
	if err != nil {
		return nil, err
	}
	a := e.render(q, rows, totals, quota)
	e.controls.valuesOf(c.property.Property).replace(a.DimensionHeaders, a.MetricHeaders, a.Rows)
	return a, nil
}

// checkMember checks the property that a request names beside the path.
func checkMember(c *call, property string) error {
	if property != "" && property != "properties/"+c.property.Property {
		return invalidArgument("Property %s in the request body must match properties/%s in the path or be unspecified.", property, c.property.Property)
	}
	return nil
}

// compute asks the world and applies what stands behind grouping: expressions, empty
// rows, HAVING, order. Totals are those of the rows that remain.
func (e *Emulator) compute(ctx context.Context, q *question, now time.Time) ([]world.Row, [][]float64, error) {
	rows, totals, err := e.count(ctx, q, now)
	if err != nil {
		return nil, nil, err
	}
	if q.ask.KeepEmptyRows {
		rows = q.fill(rows)
	} else {
		rows = slices.DeleteFunc(rows, q.isEmpty)
	}
	if q.having != nil {
		rows = slices.DeleteFunc(rows, func(r world.Row) bool { return !q.having(r.Metrics) })
		if len(q.totals) > 0 {
			if totals, err = e.totalsOf(ctx, q, rows, now); err != nil {
				return nil, nil, err
			}
		}
	}
	q.sort(rows)
	return rows, totals, nil
}

// count asks the world for each comparison, and computes the values of rows and totals.
func (e *Emulator) count(ctx context.Context, q *question, now time.Time) (rows []world.Row, totals [][]float64, err error) {
	for at := 0; at < len(q.series); at += len(q.spans) {
		result, err := e.ask(ctx, q, both(q.where, q.series[at].where), q.ranges(), now)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range result.Rows {
			rows = append(rows, world.Row{Range: at + r.Range, Dimensions: r.Dimensions, Metrics: q.evaluate(r.Metrics)})
		}
		for _, t := range result.Totals {
			totals = append(totals, q.evaluate(t))
		}
	}
	return rows, totals, nil
}

// both is true for what both expressions let through; nil lets everything through.
func both(a, b world.Expr) world.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return world.And{a, b}
}

// fill adds rows of zeros to each series for the dimension values that only another
// one has.
func (q *question) fill(rows []world.Row) []world.Row {
	seen := make([]map[string]bool, len(q.series))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	key := func(r world.Row) string { return strings.Join(r.Dimensions, "\x00") }
	for _, r := range rows {
		seen[r.Range][key(r)] = true
	}
	for _, r := range rows {
		for i := range seen {
			if !seen[i][key(r)] {
				seen[i][key(r)] = true
				rows = append(rows, world.Row{Range: i, Dimensions: r.Dimensions, Metrics: q.evaluate(make([]float64, len(q.metrics)))})
			}
		}
	}
	return rows
}

// isEmpty reports whether all requested metrics of the row are 0. A row
// without metrics is not empty.
func (q *question) isEmpty(r world.Row) bool {
	return len(q.ask.Metrics) > 0 && !slices.ContainsFunc(r.Metrics[:len(q.ask.Metrics)], func(v float64) bool { return v != 0 })
}

func (q *question) ranges() []world.Range {
	ranges := make([]world.Range, len(q.spans))
	for i, s := range q.spans {
		ranges[i] = s.Range
	}
	return ranges
}

// ask puts the question to the world, and fills in the fields that the world
// does not know: dimensions are "(not set)" and metrics 0.
func (e *Emulator) ask(ctx context.Context, q *question, where world.Expr, ranges []world.Range, now time.Time) (*world.Result, error) {
	dimensions, metrics := madeNames(q.dimensions), madeNames(q.metrics)
	result, err := q.site.past.Run(ctx, world.Query{
		Property: q.site.Property, Dimensions: dimensions, Derived: q.derived, Metrics: metrics,
		Ranges: ranges, Where: where, Now: now, Realtime: q.live,
	})
	if err != nil {
		return nil, err
	}
	if len(dimensions) == len(q.dimensions) && len(metrics) == len(q.metrics) {
		return result, nil
	}
	for i := range result.Rows {
		r := &result.Rows[i]
		r.Dimensions = widen(r.Dimensions, q.dimensions, notSet)
		r.Metrics = widen(r.Metrics, q.metrics, 0)
	}
	for i := range result.Totals {
		result.Totals[i] = widen(result.Totals[i], q.metrics, 0)
	}
	return result, nil
}

func madeNames(fields []*field) []string {
	var names []string
	for _, f := range fields {
		if f.made {
			names = append(names, f.name)
		}
	}
	return names
}

// widen puts filler where the field is not made.
func widen[T any](values []T, fields []*field, filler T) []T {
	wide := make([]T, 0, len(fields))
	for _, f := range fields {
		if !f.made {
			wide = append(wide, filler)
			continue
		}
		wide = append(wide, values[0])
		values = values[1:]
	}
	return wide
}

// totalsOf asks again for the events of exactly these rows, series by series: users in
// several of them count once.
func (e *Emulator) totalsOf(ctx context.Context, q *question, rows []world.Row, now time.Time) ([][]float64, error) {
	totals := make([][]float64, len(q.series))
	for i := range q.series {
		var kept [][]string
		for _, r := range rows {
			if r.Range == i {
				kept = append(kept, r.Dimensions)
			}
		}
		var err error
		if totals[i], err = e.totalOf(ctx, q, i, anyOf(q.dimensions, kept), now); err != nil {
			return nil, err
		}
	}
	return totals, nil
}

// totalOf computes the values over all events of a series that an expression lets through.
func (e *Emulator) totalOf(ctx context.Context, q *question, of int, where world.Expr, now time.Time) ([]float64, error) {
	whole := *q
	whole.dimensions = nil
	s := &q.series[of]
	result, err := e.ask(ctx, &whole, both(both(q.where, s.where), where), []world.Range{s.Range}, now)
	if err != nil {
		return nil, err
	}
	return q.evaluate(result.Totals[0]), nil
}

// anyOf is true for events with one of the combinations of dimension values.
func anyOf(dimensions []*field, combinations [][]string) world.Expr {
	if len(combinations) == 0 {
		return constant(false)
	}
	if len(dimensions) == 0 {
		return constant(true)
	}
	rest := map[string][][]string{}
	for _, c := range combinations {
		rest[c[0]] = append(rest[c[0]], c[1:])
	}
	first := dimensions[0]
	if !first.made {
		return anyOf(dimensions[1:], rest[notSet])
	}
	if len(dimensions) == 1 {
		return world.Match{Dimension: first.name, Test: func(v string) bool { return rest[v] != nil }}
	}
	var branches world.Or
	for value, tails := range rest {
		branches = append(branches, world.And{
			world.Match{Dimension: first.name, Test: func(v string) bool { return v == value }},
			anyOf(dimensions[1:], tails),
		})
	}
	return branches
}
