package ua

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// An ordering is one element of orderBys: a column, and what of it counts.
type ordering struct {
	dimension int // in the request's dimensions, -1 for a metric
	metric    int // in the metrics, -1 for a dimension
	how       string
	desc      bool
}

// What of a column counts, in v4's words.
const (
	byValue     = "VALUE"
	byDelta     = "DELTA"
	byWeight    = "SMART"
	byBucket    = "HISTOGRAM_BUCKET"
	byAsInteger = "DIMENSION_AS_INTEGER"
)

func (p *reportPlan) planOrder() error {
	for _, requested := range p.request.OrderBys {
		o, err := p.ordering(requested)
		if err != nil {
			return err
		}
		p.order = append(p.order, o)
	}
	return nil
}

func (p *reportPlan) ordering(requested orderBy) (ordering, error) {
	name := strings.TrimSpace(requested.FieldName)
	o := ordering{dimension: -1, metric: -1, how: requested.OrderType, desc: requested.SortOrder == "DESCENDING"}
	if o.how == "" {
		o.how = byValue
	}
	o.dimension = slices.IndexFunc(p.request.Dimensions, func(d dimensionRequest) bool { return strings.EqualFold(strings.TrimSpace(d.Name), name) })
	if o.dimension < 0 {
		o.metric = named(p.request.Metrics, name)
	}
	switch {
	case o.dimension < 0 && o.metric < 0:
		return o, badRequest("Sort key %s is not a dimension or metric in this request.", report.Truncate(name))
	case o.how == byDelta && (o.metric < 0 || len(p.days) != 2):
		return o, badRequest("%s cannot be ordered by DELTA: it is for metrics, and for requests of exactly two dateRanges.", report.Truncate(name))
	case o.how == byWeight && !p.isRatio(o.metric):
		return o, badRequest("%s cannot be ordered by SMART: it is for metrics that are a ratio of two others.", report.Truncate(name))
	case o.how == byBucket && (o.dimension < 0 || len(p.request.Dimensions[o.dimension].HistogramBuckets) == 0):
		return o, badRequest("%s cannot be ordered by HISTOGRAM_BUCKET: it is for dimensions with histogramBuckets.", report.Truncate(name))
	case o.how == byAsInteger && o.dimension < 0:
		return o, badRequest("%s cannot be ordered by DIMENSION_AS_INTEGER: it is a metric.", report.Truncate(name))
	}
	return o, nil
}

func (p *reportPlan) isRatio(metric int) bool {
	if metric < 0 {
		return false
	}
	_, _, ok := p.main.first().metrics[metric].ratio()
	return ok
}

// sort orders rows by the request's keys, then by the dimensions.
func (p *reportPlan) sort(rows []*productRow, totals []map[metricRef]number) {
	var compare []func(a, b *productRow) int
	for _, o := range p.order {
		by := p.comparer(o, totals)
		if o.desc {
			asc := by
			by = func(a, b *productRow) int { return asc(b, a) }
		}
		compare = append(compare, by)
	}
	slices.SortStableFunc(rows, func(a, b *productRow) int {
		for _, by := range compare {
			if c := by(a, b); c != 0 {
				return c
			}
		}
		return slices.Compare(a.names, b.names)
	})
}

func (p *reportPlan) comparer(o ordering, totals []map[metricRef]number) func(a, b *productRow) int {
	i, j := o.dimension, o.metric
	switch o.how {
	case byDelta:
		return comparing(func(r *productRow) float64 { return r.values[0][j].value - r.values[1][j].value })
	case byWeight:
		over, under, _ := p.main.first().metrics[j].ratio()
		sum := func(f *formula, r *productRow) float64 { return evaluate(f, r.refs[0]) + evaluate(f, totals[0]) }
		return comparing(func(r *productRow) float64 { return divide(sum(over, r), sum(under, r)) })
	case byBucket:
		buckets, _ := parseHistogram("", p.request.Dimensions[i].HistogramBuckets) // the plan has read them
		return comparing(func(r *productRow) float64 { return float64(buckets.rank(r.names[i])) })
	case byAsInteger:
		return comparing(func(r *productRow) float64 { return integer(r.names[i]) })
	}
	if j >= 0 {
		return comparing(func(r *productRow) float64 { return r.values[0][j].value })
	}
	return func(a, b *productRow) int { return strings.Compare(a.names[i], b.names[i]) }
}

func comparing(value func(*productRow) float64) func(a, b *productRow) int {
	return func(a, b *productRow) int { return cmp.Compare(value(a), value(b)) }
}

// integer reads a dimension as a number; what is none comes first.
func integer(s string) float64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.Inf(-1)
	}
	return float64(n)
}
