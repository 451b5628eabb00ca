package emulator

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

const (
	maxDimensions = 9
	maxMetrics    = 10
	defaultLimit  = 10_000
	maxLimit      = 250_000
)

// A question is a report request that passed every check.
type question struct {
	ask        *reportRequest
	site       property
	live       bool     // realtime
	dimensions []*field // that rows are grouped by
	derived    []world.Derived
	read       []*field    // all dimensions that rows are made of, those of expressions too
	metrics    []*field    // that the world counts
	values     []rowMetric // of a row: those of the request, then those that only filters read
	columns    []dimensionColumn
	spans      []span
	compared   []comparison // nil: none
	series     []series
	where      world.Expr
	having     rowTest // nil: all rows
	limit      int
	offset     int
	order      []ordering
	totals     []string // metric aggregations asked for
}

// A rowMetric is a metric of a row, computed from what the world counted.
type rowMetric struct {
	name string
	formula
}

// understand checks a request in Google's order: fields and duplicates, limit
// and offset, dates, cardinality, emptiness, filters, orders.
func (e *Emulator) understand(ask *reportRequest, c *call, live bool) (*question, error) {
	q := &question{ask: ask, site: c.property, live: live}
	steps := []func() error{
		func() error { return q.nameFields(q.site.fields) },
		func() error { return q.page() },
		func() (err error) {
			if live {
				q.spans, err = minuteSpans(ask.MinuteRanges, c.now, q.site.oldestMinute())
				return err
			}
			return q.dates(c)
		},
		q.cardinality,
		func() error { return q.filters(q.site.fields) },
		func() error { return q.compatible() },
		q.orders,
		q.aggregations,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (q *question) nameFields(fields *catalog) error {
	for i := range q.ask.Dimensions {
		if err := q.nameDimension(fields, &q.ask.Dimensions[i]); err != nil {
			return err
		}
	}
	for i, m := range q.ask.Metrics {
		f, err := q.formulaOf(i, nil)
		if err != nil {
			return err
		}
		if m.Expression != "" {
			if err := checkOwnName("Metric", m.Name); err != nil {
				return err
			}
		}
		q.values = append(q.values, rowMetric{q.metricName(m), f})
	}
	return q.duplicates()
}

func (q *question) nameDimension(fields *catalog, d *dimensionAsk) error {
	switch {
	case d.Expression != nil:
		return q.derive(d)
	case isComparison(*d) && !q.live:
		return nil // the name of a series
	}
	f, err := fields.dimension(d.Name, q.live)
	if err != nil {
		return err
	}
	if slices.Contains(coreOnly, f.name) {
		return notEmulated("Dimension " + f.name)
	}
	q.dimensions, q.read = append(q.dimensions, f), append(q.read, f)
	return nil
}

// metricName is the name that a metric of the request has without the request's own
// spelling: deprecated names mean the same.
func (q *question) metricName(m metricAsk) string {
	if m.Expression == "" {
		if f, err := q.site.fields.metric(m.Name, q.live); err == nil {
			return f.name
		}
	}
	return m.Name
}

func (q *question) duplicates() error {
	seen := map[string]bool{}
	at := 0
	for _, ask := range q.ask.Dimensions {
		name := comparisonColumn
		if !isComparison(ask) {
			name = q.dimensions[at].name
			at++
		}
		if seen[name] {
			return invalidArgument("Found duplicate dimensions: %s", ask.Name)
		}
		seen[name] = true
	}
	seen = map[string]bool{}
	for i, c := range q.values {
		if seen[c.name] {
			return invalidArgument("Duplicate metrics are not allowed. Found duplicate metrics: %s", q.ask.Metrics[i].Name)
		}
		seen[c.name] = true
	}
	return nil
}

func (q *question) page() error {
	if q.ask.Limit < 0 {
		return invalidArgument("limit must be positive. The API received limit = %d", q.ask.Limit)
	}
	if q.ask.Offset < 0 {
		return invalidArgument("offset must be positive. The API received offset = %d", q.ask.Offset)
	}
	q.limit = int(min(q.ask.Limit, maxLimit))
	if q.limit == 0 {
		q.limit = defaultLimit
	}
	q.offset = int(min(q.ask.Offset, 1<<40))
	return nil
}

func (q *question) dates(c *call) (err error) {
	if q.ask.CohortSpec != nil {
		return notEmulated("cohortSpec")
	}
	q.spans, err = spans(q.ask.DateRanges, c.now, q.site.zone)
	return err
}

func (q *question) cardinality() error {
	if n := len(q.ask.Dimensions); n > maxDimensions {
		return invalidArgument("Requests are limited to 9 dimensions within a nested request.\n  This request is for %d dimensions.", n)
	}
	if n := len(q.ask.Metrics); n > maxMetrics {
		return invalidArgument("Requests are limited to 10 metrics within a nested request.\n  This request is for %d metrics.", n)
	}
	if len(q.ask.Dimensions) == 0 && len(q.ask.Metrics) == 0 {
		return invalidArgument("Requests require dimensions and/or metrics. Most requests include both.")
	}
	return nil
}

func (q *question) filters(fields *catalog) (err error) {
	fc := &filterCompiler{fields: fields, live: q.live, derived: q.isDerived, column: q.rowValue}
	if q.ask.DimensionFilter != nil {
		if q.where, err = fc.dimensions(q.ask.DimensionFilter); err != nil {
			return err
		}
	}
	if q.ask.MetricFilter != nil {
		if q.having, err = fc.metrics(q.ask.MetricFilter); err != nil {
			return err
		}
	}
	return q.compare(fc)
}

func (q *question) isDerived(dimension string) bool {
	return slices.ContainsFunc(q.derived, func(d world.Derived) bool { return d.Name == dimension })
}

// column returns the index of a metric among those that the world counts.
func (q *question) column(f *field) int {
	i := slices.IndexFunc(q.metrics, func(m *field) bool { return m.name == f.name })
	if i < 0 {
		q.metrics = append(q.metrics, f)
		i = len(q.metrics) - 1
	}
	return i
}

// rowValue returns the index and the type of a metric among the values of a row: one of
// the request, or one of Google's, which is added.
func (q *question) rowValue(name string) (index int, kind string, err error) {
	canonical := q.metricName(metricAsk{Name: name})
	for i, c := range q.values {
		if c.name == name || c.name == canonical {
			return i, c.kind, nil
		}
	}
	f, err := q.counted(name)
	if err != nil {
		return 0, "", err
	}
	q.values = append(q.values, rowMetric{canonical, f})
	return len(q.values) - 1, f.kind, nil
}

// evaluate computes the values of a row from what the world counted.
func (q *question) evaluate(counted []float64) []float64 {
	out := make([]float64, len(q.values))
	for i, c := range q.values {
		out[i] = c.value(counted)
	}
	return out
}

func (q *question) aggregations() error {
	for _, a := range q.ask.MetricAggregations {
		if a == "COUNT" {
			return invalidArgument("Metric aggregation Count is not supported in ReportRequest.")
		}
		q.totals = append(q.totals, a)
	}
	return nil
}

// days is the length of all date ranges together.
func (q *question) days() int {
	n := 0
	for _, s := range q.spans {
		n += s.days
	}
	return n
}

// thresholded reports whether rows may be withheld to protect people.
func (q *question) thresholded() bool {
	return slices.ContainsFunc(q.read, func(d *field) bool {
		switch d.name {
		case "userAgeBracket", "userGender", "brandingInterest", "audienceId", "audienceName":
			return true
		}
		return false
	})
}

// compatible refuses combinations that Google refuses. Its matrix is not
// published; these are the ones on record.
func (q *question) compatible() error {
	if q.live {
		if q.hasDimension("eventName") && q.hasMetric("activeUsers") {
			return invalidArgument("Selected dimensions and metrics cannot be queried together.")
		}
		return nil
	}
	if name := incompatible(q.read, q.metrics); name != "" {
		return invalidArgument("Please remove %s to make the request compatible for example. The request's dimensions & metrics are incompatible. To learn more, see https://ga-dev-tools.web.app/ga4/dimensions-metrics-explorer/", name)
	}
	return nil
}

func (q *question) hasDimension(name string) bool {
	return slices.ContainsFunc(q.read, func(f *field) bool { return f.name == name })
}

func (q *question) hasMetric(name string) bool {
	return slices.ContainsFunc(q.metrics, func(f *field) bool { return f.name == name })
}

// incompatible returns a metric that does not go with the dimensions: items
// of a shop have no sessions, users or views of their own, and cohorts need
// a cohortSpec.
func incompatible(dimensions, metrics []*field) string {
	items := slices.ContainsFunc(dimensions, func(d *field) bool {
		return strings.HasPrefix(d.name, "item") || strings.HasPrefix(d.name, "customItem:")
	})
	if i := slices.IndexFunc(dimensions, func(d *field) bool { return d.category == "Cohort" }); i >= 0 {
		return dimensions[i].name
	}
	for _, m := range metrics {
		switch m.category {
		case "Cohort":
			return m.name
		case "Session", "Page / Screen":
			if items {
				return m.name
			}
		case "Event":
			if items && !strings.HasPrefix(m.name, "keyEvents") {
				return m.name
			}
		}
	}
	return ""
}
