package emulator

import (
	"math"
	"slices"

	"github.com/oriel-server/oriel/emulator/world"
)

// The answers, in the order of Google's fields.

type nameHeader struct {
	Name string `json:"name"`
}

type metricHeader struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type cell struct {
	Value string `json:"value"`
}

type rowAnswer struct {
	DimensionValues []cell `json:"dimensionValues,omitempty"`
	MetricValues    []cell `json:"metricValues,omitempty"`
}

type sampling struct {
	SamplesReadCount  int64 `json:"samplesReadCount,string"`
	SamplingSpaceSize int64 `json:"samplingSpaceSize,string"`
}

type reportMetadata struct {
	DataLossFromOtherRow  bool       `json:"dataLossFromOtherRow,omitempty"`
	CurrencyCode          string     `json:"currencyCode"`
	TimeZone              string     `json:"timeZone"`
	SubjectToThresholding bool       `json:"subjectToThresholding,omitempty"`
	SamplingMetadatas     []sampling `json:"samplingMetadatas,omitempty"`
}

type reportAnswer struct {
	DimensionHeaders []nameHeader    `json:"dimensionHeaders,omitempty"`
	MetricHeaders    []metricHeader  `json:"metricHeaders,omitempty"`
	Rows             []rowAnswer     `json:"rows,omitempty"`
	Totals           []rowAnswer     `json:"totals,omitempty"`
	Maximums         []rowAnswer     `json:"maximums,omitempty"`
	Minimums         []rowAnswer     `json:"minimums,omitempty"`
	RowCount         int             `json:"rowCount,omitempty"`
	Metadata         *reportMetadata `json:"metadata,omitempty"`
	PropertyQuota    *quotaAnswer    `json:"propertyQuota,omitempty"`
	Kind             string          `json:"kind"`
}

type batchAnswer struct {
	Reports []*reportAnswer `json:"reports"`
	Kind    string          `json:"kind"`
}

// render writes the page of rows that was asked for. rowCount is that of all.
func (e *Emulator) render(q *question, rows []world.Row, totals [][]float64, quota *quotaAnswer) *reportAnswer {
	a := &reportAnswer{RowCount: len(rows), PropertyQuota: quota, Kind: "analyticsData#runReport"}
	if a.DimensionHeaders = q.dimensionHeaders(); len(a.DimensionHeaders) > 0 || len(rows) > 0 {
		a.MetricHeaders = q.metricHeaders() // Google leaves them out where there is neither a dimension nor a row
	}
	q.aggregate(a, rows, totals)
	first := min(q.offset, len(rows))
	for _, r := range rows[first:min(first+q.limit, len(rows))] {
		a.Rows = append(a.Rows, q.row(r.Dimensions, r.Range, r.Metrics))
	}
	if q.live {
		a.Kind = "analyticsData#runRealtimeReport"
		return a
	}
	a.Metadata = e.metadataOf(q)
	return a
}

func (q *question) dimensionHeaders() []nameHeader {
	var headers []nameHeader
	for _, d := range q.ask.Dimensions {
		headers = append(headers, nameHeader{d.Name})
	}
	if len(q.spans) > 1 {
		headers = append(headers, nameHeader{dateRangeColumn})
	}
	return headers
}

func (q *question) metricHeaders() []metricHeader {
	var headers []metricHeader
	for i, m := range q.ask.Metrics {
		if !m.Invisible {
			headers = append(headers, metricHeader{m.Name, q.metrics[i].kind})
		}
	}
	return headers
}

// row renders one row: dimensions, the name of its range if there are
// several, visible metrics.
func (q *question) row(dimensions []string, span int, metrics []float64) rowAnswer {
	var r rowAnswer
	for _, v := range dimensions {
		r.DimensionValues = append(r.DimensionValues, cell{v})
	}
	if len(q.spans) > 1 {
		r.DimensionValues = append(r.DimensionValues, cell{q.spans[span].name})
	}
	for i, m := range q.ask.Metrics {
		if !m.Invisible {
			r.MetricValues = append(r.MetricValues, cell{formatMetric(metrics[i], q.metrics[i].kind)})
		}
	}
	return r
}

// aggregate fills totals, maximums and minimums: a row for each range, an empty
// one for a range without rows.
func (q *question) aggregate(a *reportAnswer, rows []world.Row, totals [][]float64) {
	for i := range q.spans {
		some := slices.ContainsFunc(rows, func(r world.Row) bool { return r.Range == i })
		row := func(word string, metrics func() []float64) rowAnswer {
			if !some {
				return rowAnswer{}
			}
			return q.row(q.reserved(word), i, metrics())
		}
		for _, want := range q.totals {
			switch want {
			case "TOTAL":
				a.Totals = append(a.Totals, row("RESERVED_TOTAL", func() []float64 { return totals[i] }))
			case "MAXIMUM":
				a.Maximums = append(a.Maximums, row("RESERVED_MAX", func() []float64 { return q.extreme(rows, i, math.Max) }))
			case "MINIMUM":
				a.Minimums = append(a.Minimums, row("RESERVED_MIN", func() []float64 { return q.extreme(rows, i, math.Min) }))
			}
		}
	}
}

func (q *question) reserved(word string) []string {
	return slices.Repeat([]string{word}, len(q.dimensions))
}

// extreme folds the metrics of the rows of one range, which has some.
func (q *question) extreme(rows []world.Row, span int, pick func(a, b float64) float64) []float64 {
	var out []float64
	for _, r := range rows {
		switch {
		case r.Range != span:
		case out == nil:
			out = slices.Clone(r.Metrics)
		default:
			for i, v := range r.Metrics {
				out[i] = pick(out[i], v)
			}
		}
	}
	return out
}

func (e *Emulator) metadataOf(q *question) *reportMetadata {
	flags := e.steer.flagsOf(q.site.Property)
	m := &reportMetadata{
		CurrencyCode: q.site.CurrencyCode, TimeZone: q.site.TimeZone,
		DataLossFromOtherRow:  flags.OtherRow,
		SubjectToThresholding: flags.Thresholding || q.thresholded(),
	}
	if q.ask.CurrencyCode != "" {
		m.CurrencyCode = q.ask.CurrencyCode
	}
	if flags.SamplingSpace > 0 {
		for range q.spans {
			m.SamplingMetadatas = append(m.SamplingMetadatas, sampling{flags.SamplesRead, flags.SamplingSpace})
		}
	}
	return m
}
