package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

type pivotRequest struct {
	reportRequest
	Pivots []pivotAsk `json:"pivots"`
}

type pivotAsk struct {
	FieldNames   []string     `json:"fieldNames"`
	OrderBys     []orderByAsk `json:"orderBys"`
	Offset       int64        `json:"offset"`
	Limit        int64        `json:"limit"`
	Aggregations []string     `json:"metricAggregations"`
}

// runPivotReport is POST /v1beta/properties/{id}:runPivotReport.
func (e *Emulator) runPivotReport(c *call) (any, error) {
	var ask pivotRequest
	canonical, err := decodeRequest(c.body, runPivotReportType(), &ask)
	if err != nil {
		return nil, err
	}
	return e.pivotReport(c, &ask, canonical)
}

// batchRunPivotReports is POST /v1beta/properties/{id}:batchRunPivotReports.
func (e *Emulator) batchRunPivotReports(c *call) (any, error) {
	var ask struct {
		Requests []*pivotRequest `json:"requests"`
	}
	members, err := decodeBatch(c.body, batchRunPivotReportsType(), "runPivotReportRequest", &ask)
	if err != nil {
		return nil, err
	}
	answer := struct {
		PivotReports []*pivotAnswer `json:"pivotReports"`
		Kind         string         `json:"kind"`
	}{Kind: "analyticsData#batchRunPivotReports"}
	for i, member := range ask.Requests {
		a, err := e.pivotReport(c, member, string(members[i]))
		if err != nil {
			return nil, err
		}
		answer.PivotReports = append(answer.PivotReports, a)
	}
	return answer, nil
}

// decodeBatch reads a batch into a struct with its requests, and returns the canonical form
// of each. member is how Google calls one.
func decodeBatch(body []byte, m *messageType, member string, into any) ([]json.RawMessage, error) {
	canonical, err := decodeRequest(body, m, into)
	if err != nil {
		return nil, err
	}
	var members struct {
		Requests []json.RawMessage `json:"requests"`
	}
	if err := json.Unmarshal([]byte(canonical), &members); err != nil {
		return nil, err
	}
	switch n := len(members.Requests); {
	case n == 0:
		return nil, invalidArgument("The %s must contain at least one %s.", strings.ToLower(m.name[:1])+m.name[1:], member)
	case n > maxBatch:
		return nil, invalidArgument("Batch requests are limited to 5 requests.\n  This batch request contains %d requests.", n)
	}
	return members.Requests, nil
}

// A pivot is one of a request, checked.
type pivot struct {
	pivotAsk
	columns []int // of the question's columns
	order   []pivotOrder
	combos  []*combo // in order
}

// A combo is a combination of values of a pivot's fields.
type combo struct {
	values []string
	total  []float64
	rank   int
}

// A pivotOrder compares two combinations. Before that, prepare may ask the world.
type pivotOrder struct {
	metric     int // index of a row's value; -1 for a dimension
	selections []pivotSelectionAsk
	dimension  int // index into combo.values
	compare    func(a, b string) int
	desc       bool
	selected   map[string][]float64 // with selections: by key of the values
}

func (e *Emulator) pivotReport(c *call, ask *pivotRequest, canonical string) (*pivotAnswer, error) {
	if err := checkMember(c, ask.Property); err != nil {
		return nil, err
	}
	q, pivots, err := e.understandPivots(ask, c)
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
	e.counts.report("pivot " + c.property.Property + canonical)
	q.mergeRanges()
	rows, _, err := e.compute(c.r.Context(), q, c.now)
	if err != nil {
		return nil, err
	}
	for _, p := range pivots {
		if err := e.spread(c.r.Context(), q, p, rows, c.now); err != nil {
			return nil, err
		}
	}
	a := e.renderPivots(q, pivots, rows, quota)
	e.controls.valuesOf(c.property.Property).replace(a.DimensionHeaders, a.MetricHeaders, a.Rows)
	return a, nil
}

func (e *Emulator) understandPivots(ask *pivotRequest, c *call) (*question, []*pivot, error) {
	q := &question{ask: &ask.reportRequest, site: c.property}
	var pivots []*pivot
	for _, step := range []func() error{
		func() error { return q.nameFields(q.site.fields) },
		func() error { return checkLimits(ask.Pivots) },
		func() error { return q.dates(c) },
		q.cardinality,
		func() error { return q.onlyRequested(q.ask.DimensionFilter, q.ask.MetricFilter) },
		func() error { return q.filters(q.site.fields) },
		func() error { return q.compatible() },
		func() (err error) { pivots, err = q.layOut(ask.Pivots); return err },
	} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	return q, pivots, nil
}

// mostCells is how large the product of the pivots' limits may be.
const mostCells = 250_000

func checkLimits(pivots []pivotAsk) error {
	if len(pivots) == 0 {
		return invalidArgument("Pivot reports require at least one pivot.")
	}
	product := int64(1)
	for _, p := range pivots {
		if p.Limit <= 0 {
			return invalidArgument("limit must be positive. The API received limit = %d", p.Limit)
		}
		if p.Offset < 0 {
			return invalidArgument("offset must be positive. The API received offset = %d", p.Offset)
		}
		product *= min(p.Limit, mostCells+1)
		if product > mostCells {
			return invalidArgument("The product of the limits of all pivots must not exceed %d.", mostCells)
		}
	}
	return nil
}

// onlyRequested refuses filters of fields that the request does not have.
func (q *question) onlyRequested(filters ...*filterExpression) error {
	for _, x := range filters {
		for _, name := range fieldsOf(x) {
			dimension := slices.ContainsFunc(q.ask.Dimensions, func(d dimensionAsk) bool { return d.Name == name })
			metric := slices.ContainsFunc(q.ask.Metrics, func(m metricAsk) bool { return m.Name == name })
			if !dimension && !metric {
				return invalidArgument("Field %s exists in a filter but is not defined in input Dimensions/Metrics list", name)
			}
		}
	}
	return nil
}

// fieldsOf returns the names of the fields that a filter reads.
func fieldsOf(x *filterExpression) []string {
	if x == nil {
		return nil
	}
	names := fieldsOf(x.Not)
	for _, l := range []*filterList{x.AndGroup, x.OrGroup} {
		if l != nil {
			for _, inner := range l.Expressions {
				names = append(names, fieldsOf(inner)...)
			}
		}
	}
	if x.Filter != nil {
		names = append(names, x.Filter.FieldName)
	}
	return names
}

// layOut finds the columns of the pivots. Dimensions that stand in none are not shown.
func (q *question) layOut(asks []pivotAsk) ([]*pivot, error) {
	seen := map[string]bool{}
	for _, p := range asks {
		for _, name := range p.FieldNames {
			if seen[name] {
				return nil, invalidArgument("Found duplicate dimensions: %s", name)
			}
			seen[name] = true
		}
	}
	if err := q.show(seen); err != nil {
		return nil, err
	}
	var pivots []*pivot
	for _, ask := range asks {
		p := &pivot{pivotAsk: ask}
		for _, name := range ask.FieldNames {
			i := slices.IndexFunc(q.columns, func(c dimensionColumn) bool { return c.name == name })
			if i < 0 {
				return nil, invalidArgument("Field %s exists in Pivot but is not defined in input Dimensions list", name)
			}
			p.columns = append(p.columns, i)
		}
		if slices.Contains(ask.Aggregations, "COUNT") {
			return nil, notEmulated("Metric aggregation COUNT")
		}
		if err := q.orderPivot(p); err != nil {
			return nil, err
		}
		pivots = append(pivots, p)
	}
	return pivots, nil
}

// show keeps the dimensions that stand in a pivot. The others must have another use.
func (q *question) show(visible map[string]bool) error {
	used := fieldsOf(q.ask.DimensionFilter)
	var asks []dimensionAsk
	var dimensions []*field
	at := 0
	for _, d := range q.ask.Dimensions {
		var f *field
		if !isComparison(d) {
			f = q.dimensions[at]
			at++
		}
		switch {
		case visible[d.Name]:
			asks = append(asks, d)
			if f != nil {
				dimensions = append(dimensions, f)
			}
		case !slices.Contains(used, d.Name):
			return invalidArgument("Dimension %s must be used in a pivot, a filter or an expression.", d.Name)
		}
	}
	if q.compared != nil && !visible[comparisonColumn] {
		return invalidArgument("Comparisons require the dimension comparison in a pivot.")
	}
	whole := *q.ask
	whole.Dimensions = asks
	q.ask, q.dimensions = &whole, dimensions
	q.columns = slices.DeleteFunc(q.dimensionColumns(), func(c dimensionColumn) bool { return !c.own && !visible[c.name] })
	if visible[dateRangeColumn] && len(q.spans) == 1 {
		q.columns = append(q.columns, q.rangeColumn())
	}
	return nil
}

// mergeRanges makes one range of several whose names no pivot shows: the events of all.
func (q *question) mergeRanges() {
	if len(q.spans) == 1 || slices.ContainsFunc(q.columns, func(c dimensionColumn) bool { return c.name == dateRangeColumn }) {
		return
	}
	where, whole := q.union(q.series)
	q.where = both(q.where, where)
	q.spans = []span{{Range: whole}}
	q.laySeries()
}

// union is the time from the first to the last instant of some series, and which events
// in it belong to one of them.
func (q *question) union(of []series) (world.Expr, world.Range) {
	whole := of[0].Range
	if len(of) == 1 {
		return of[0].where, whole
	}
	var any world.Or
	for _, s := range of {
		from, to := s.From.In(q.site.zone).Format("20060102"), s.To.Add(-time.Second).In(q.site.zone).Format("20060102")
		inRange := world.Match{Dimension: "date", Test: func(v string) bool { return from <= v && v <= to }}
		any = append(any, both(inRange, s.where))
		if s.From.Before(whole.From) {
			whole.From = s.From
		}
		if s.To.After(whole.To) {
			whole.To = s.To
		}
	}
	return any, whole
}

// spread finds the combinations of a pivot's values, what they count, and their order.
func (e *Emulator) spread(ctx context.Context, q *question, p *pivot, rows []world.Row, now time.Time) error {
	totals, err := e.byCombo(ctx, q, p, rows, nil, now)
	if err != nil {
		return err
	}
	for i := range p.order {
		if o := &p.order[i]; len(o.selections) > 0 {
			if o.selected, err = e.byCombo(ctx, q, p, rows, o.selections, now); err != nil {
				return err
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range rows {
		values := p.valuesOf(q, &r)
		if k := keyOf(values); !seen[k] {
			seen[k] = true
			p.combos = append(p.combos, &combo{values: values, total: totals[k]})
		}
	}
	slices.SortFunc(p.combos, p.compare)
	for i, c := range p.combos {
		c.rank = i
	}
	return nil
}

func keyOf(values []string) string { return strings.Join(values, "\x00") }

func (p *pivot) valuesOf(q *question, r *world.Row) []string {
	values := make([]string, len(p.columns))
	for i, c := range p.columns {
		values[i] = q.columns[c].of(r.Dimensions, &q.series[r.Range])
	}
	return values
}

// byCombo counts the events of the rows by the values of a pivot's fields, users in
// several rows once; of all rows, or of those with selected values.
func (e *Emulator) byCombo(ctx context.Context, q *question, p *pivot, rows []world.Row, selections []pivotSelectionAsk, now time.Time) (map[string][]float64, error) {
	selected, err := q.selected(selections)
	if err != nil {
		return nil, err
	}
	totals := map[string][]float64{}
	for _, part := range q.partition(p, rows, selected) {
		grouped := *q
		grouped.dimensions = nil
		for _, i := range part.own {
			grouped.dimensions = append(grouped.dimensions, q.dimensions[i])
		}
		result, err := e.ask(ctx, &grouped, both(q.where, part.where), []world.Range{part.whole}, now)
		if err != nil {
			return nil, err
		}
		for _, r := range result.Rows {
			totals[part.key(r.Dimensions)] = q.evaluate(r.Metrics)
		}
	}
	return totals, nil
}

func (p *pivot) compare(a, b *combo) int {
	for _, o := range p.order {
		if c := o.of(a, b); c != 0 {
			return c
		}
	}
	return slices.Compare(a.values, b.values)
}

func (o *pivotOrder) of(a, b *combo) int {
	var c int
	if o.metric < 0 {
		c = o.compare(a.values[o.dimension], b.values[o.dimension])
	} else {
		c = cmp.Compare(o.value(a), o.value(b))
	}
	if o.desc {
		return -c
	}
	return c
}

func (o *pivotOrder) value(c *combo) float64 {
	total := c.total
	if len(o.selections) > 0 {
		total = o.selected[keyOf(c.values)]
	}
	if total == nil {
		return 0
	}
	return total[o.metric]
}
