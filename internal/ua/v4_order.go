package ua

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// An ordering is one element of orderBys: a column, and what of it is compared.
type ordering struct {
	dimension int // in the request's dimensions, -1 for a metric
	metric    int // in the metrics, -1 for a dimension
	how       string
	desc      bool
}

// What of a column is compared: v4's order types.
const (
	byValue     = "VALUE"
	byDelta     = "DELTA"
	byWeight    = "SMART"
	byBucket    = "HISTOGRAM_BUCKET"
	byAsInteger = "DIMENSION_AS_INTEGER"
)

func (p *reportPlan) planOrder() (err error) {
	p.order, err = mapAll(p.request.OrderBys, p.ordering)
	return err
}

// ordering resolves one element of orderBys.
func (p *reportPlan) ordering(requested orderBy) (ordering, error) {
	name := strings.TrimSpace(requested.FieldName)
	o := ordering{dimension: -1, metric: -1, how: cmp.Or(requested.OrderType, byValue), desc: requested.SortOrder == "DESCENDING"}
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

// isRatio reports whether the metric is a ratio.
func (p *reportPlan) isRatio(metric int) bool {
	if metric < 0 {
		return false
	}
	_, _, ok := p.main.first().metrics[metric].ratio()
	return ok
}

// sort sorts rows by the request's keys, then by the dimensions.
func (p *reportPlan) sort(rows []*productRow, totals []map[metricRef]number) {
	var by []comparator[*productRow]
	for _, o := range p.order {
		by = append(by, p.comparator(o, totals).directed(o.desc))
	}
	sortRows(rows, append(by, func(a, b *productRow) int { return slices.Compare(a.names, b.names) }))
}

// comparator orders rows by one key.
func (p *reportPlan) comparator(o ordering, totals []map[metricRef]number) comparator[*productRow] {
	i, j := o.dimension, o.metric
	switch o.how {
	case byDelta:
		return comparing(func(r *productRow) float64 { return r.values[0][j].value - r.values[1][j].value })
	case byWeight:
		over, under, _ := p.main.first().metrics[j].ratio()
		sum := func(f *formula, r *productRow) float64 { return evaluate(f, r.refs[0]) + evaluate(f, totals[0]) }
		return comparing(func(r *productRow) float64 { return divide(sum(over, r), sum(under, r)) })
	case byBucket:
		h, _ := parseHistogram("", p.request.Dimensions[i].HistogramBuckets) // planMain has validated them
		return comparing(func(r *productRow) float64 { return float64(h.rank(r.names[i])) })
	case byAsInteger:
		return comparing(func(r *productRow) float64 { return integer(r.names[i]) })
	}
	if j >= 0 {
		return comparing(func(r *productRow) float64 { return r.values[0][j].value })
	}
	return func(a, b *productRow) int { return strings.Compare(a.names[i], b.names[i]) }
}

// integer reads a dimension value as a number; other texts sort first.
func integer(s string) float64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.Inf(-1)
	}
	return float64(n)
}
