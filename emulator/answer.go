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
	for _, c := range q.columns {
		headers = append(headers, nameHeader{c.name})
	}
	return headers
}

func (q *question) metricHeaders() []metricHeader {
	var headers []metricHeader
	for i, m := range q.ask.Metrics {
		if !m.Invisible {
			headers = append(headers, metricHeader{m.Name, q.values[i].kind})
		}
	}
	return headers
}

// row renders one row: dimensions, among them the names of its comparison and its range
// if there are several; visible metrics.
func (q *question) row(dimensions []string, of int, metrics []float64) rowAnswer {
	var r rowAnswer
	for _, c := range q.columns {
		r.DimensionValues = append(r.DimensionValues, cell{c.of(dimensions, &q.series[of])})
	}
	r.MetricValues = q.metricCells(metrics)
	return r
}

func (q *question) metricCells(metrics []float64) (cells []cell) {
	for i, m := range q.ask.Metrics {
		if !m.Invisible {
			cells = append(cells, cell{formatMetric(metrics[i], q.values[i].kind)})
		}
	}
	return cells
}

// aggregate fills totals, maximums and minimums: a row for each series, an empty one for
// a series without rows.
func (q *question) aggregate(a *reportAnswer, rows []world.Row, totals [][]float64) {
	for i := range q.series {
		for _, want := range q.totals {
			switch want {
			case "TOTAL":
				a.Totals = append(a.Totals, q.aggregated(want, rows, i, totals[i]))
			case "MAXIMUM":
				a.Maximums = append(a.Maximums, q.aggregated(want, rows, i, nil))
			case "MINIMUM":
				a.Minimums = append(a.Minimums, q.aggregated(want, rows, i, nil))
			}
		}
	}
}

// aggregated is the row of one series.
func (q *question) aggregated(want string, rows []world.Row, of int, total []float64) rowAnswer {
	if !slices.ContainsFunc(rows, func(r world.Row) bool { return r.Range == of }) {
		return rowAnswer{}
	}
	switch want {
	case "MAXIMUM":
		total = extreme(rows, of, math.Max)
	case "MINIMUM":
		total = extreme(rows, of, math.Min)
	}
	return q.row(slices.Repeat([]string{reservedWords[want]}, len(q.dimensions)), of, total)
}

// reservedWords stand for dimension values in aggregates.
var reservedWords = map[string]string{"TOTAL": "RESERVED_TOTAL", "MAXIMUM": "RESERVED_MAX", "MINIMUM": "RESERVED_MIN"}

// extreme folds the metrics of the rows of one series, which has some.
func extreme(rows []world.Row, of int, pick func(a, b float64) float64) []float64 {
	var out []float64
	for _, r := range rows {
		switch {
		case r.Range != of:
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
	flags := e.controls.flagsOf(q.site.Property)
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
