package ua

import (
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A BatchBody is the response of reports:batchGet. The order of its members is v4's.
// Quotas are never disclosed.
type BatchBody struct {
	Reports []reportBody `json:"reports"`

	format responseFormat
}

// batchMembers are those of a body of v4, of which Oriel leaves some out. Source:
// GetReportsResponse in the discovery document of analyticsreporting:v4.
var batchMembers = report.MustMask("reports(columnHeader(dimensions,metricHeader(metricHeaderEntries(name,type)," +
	"pivotHeaders(totalPivotGroupsCount,pivotHeaderEntries(dimensionNames,dimensionValues,metric(name,type)))))," +
	"data(rows(dimensions,metrics(" + valuesMembers + ")),totals(" + valuesMembers + "),minimums(" + valuesMembers + "),maximums(" + valuesMembers + ")," +
	"rowCount,samplesReadCounts,samplingSpaceSizes,isDataGolden,dataLastRefreshed,emptyReason),nextPageToken),queryCost,resourceQuotasRemaining/*")

const valuesMembers = "values,pivotValueRegions/values"

// JSON returns the body as v4 wrote it: only the fields that were requested, and
// indented unless the request had prettyPrint=false.
func (b *BatchBody) JSON() []byte { return b.format.render(b) }

// JSONWithin is JSON; an error if it has more than so many bytes.
func (b *BatchBody) JSONWithin(most int) ([]byte, error) { return b.format.renderWithin(b, most) }

type reportBody struct {
	ColumnHeader  columnHeader `json:"columnHeader"`
	Data          reportData   `json:"data"`
	NextPageToken string       `json:"nextPageToken,omitempty"`
}

type columnHeader struct {
	Dimensions   []string     `json:"dimensions,omitempty"`
	MetricHeader metricHeader `json:"metricHeader"`
}

type metricHeader struct {
	Entries []metricHeaderEntry `json:"metricHeaderEntries"`
	Pivots  []pivotHeader       `json:"pivotHeaders,omitempty"`
}

type metricHeaderEntry struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type pivotHeader struct {
	Entries []pivotHeaderEntry `json:"pivotHeaderEntries,omitempty"`
	Count   int                `json:"totalPivotGroupsCount,omitempty"`
}

type pivotHeaderEntry struct {
	DimensionNames  []string          `json:"dimensionNames"`
	DimensionValues []string          `json:"dimensionValues"`
	Metric          metricHeaderEntry `json:"metric"`
}

type reportData struct {
	Rows          []reportRow       `json:"rows,omitempty"`
	Totals        []dateRangeValues `json:"totals,omitempty"`
	RowCount      int               `json:"rowCount,omitempty"`
	Minimums      []dateRangeValues `json:"minimums,omitempty"`
	Maximums      []dateRangeValues `json:"maximums,omitempty"`
	SamplesRead   []string          `json:"samplesReadCounts,omitempty"`
	SamplingSpace []string          `json:"samplingSpaceSizes,omitempty"`
	Golden        bool              `json:"isDataGolden,omitempty"`
	Refreshed     string            `json:"dataLastRefreshed,omitempty"`
}

type reportRow struct {
	Dimensions []string          `json:"dimensions,omitempty"`
	Metrics    []dateRangeValues `json:"metrics"`
}

type dateRangeValues struct {
	Values []string      `json:"values"`
	Pivots []pivotValues `json:"pivotValueRegions,omitempty"`
}

type pivotValues struct {
	Values []string `json:"values,omitempty"`
}

// body returns a report: a page of count rows.
func (p *reportPlan) body(t *productTable, page []*productRow, count int, pivots []*pivotTable) reportBody {
	b := reportBody{ColumnHeader: p.header(pivots), Data: reportData{RowCount: count, Golden: t.golden}}
	for _, r := range page {
		row := reportRow{Dimensions: r.names}
		for span := range p.days {
			row.Metrics = append(row.Metrics, p.formatValues(r.values[span], func(v *pivotTable) []number { return v.values(r.names, span) }, pivots))
		}
		b.Data.Rows = append(b.Data.Rows, row)
	}
	if !p.request.HideTotals {
		for span, refs := range t.totals {
			b.Data.Totals = append(b.Data.Totals, p.formatValues(p.valuesOf(refs), func(v *pivotTable) []number { return v.totals(span) }, pivots))
		}
	}
	if !p.request.HideValueRanges && count > 0 {
		b.Data.Minimums = p.extremes(t, t.least, lesser, pivots)
		b.Data.Maximums = p.extremes(t, t.most, greater, pivots)
	}
	if t.sampled {
		b.Data.SamplesRead, b.Data.SamplingSpace = t.size, t.space
	}
	if !t.golden && !t.fetched.IsZero() {
		b.Data.Refreshed = t.fetched.UTC().Format(time.RFC3339)
	}
	return b
}

func (p *reportPlan) header(pivots []*pivotTable) columnHeader {
	var h columnHeader
	for _, d := range p.request.Dimensions {
		h.Dimensions = append(h.Dimensions, d.Name)
	}
	for _, m := range p.main.first().metrics {
		h.MetricHeader.Entries = append(h.MetricHeader.Entries, metricHeaderEntry{m.requested, m.name.Type})
	}
	for _, v := range pivots {
		h.MetricHeader.Pivots = append(h.MetricHeader.Pivots, v.header())
	}
	return h
}

func (v *pivotTable) header() pivotHeader {
	h := pivotHeader{Count: v.count}
	var names []string
	for _, d := range v.plan.request.Dimensions {
		names = append(names, d.Name)
	}
	for _, g := range v.shown {
		for _, m := range v.metrics {
			h.Entries = append(h.Entries, pivotHeaderEntry{names, g.names, metricHeaderEntry{m.requested, m.name.Type}})
		}
	}
	return h
}

func (p *reportPlan) valuesOf(refs map[metricRef]number) []number {
	var out []number
	for _, m := range p.main.first().metrics {
		out = append(out, m.value(refs))
	}
	return out
}

// formatValues formats the values of one date range, with those of the pivots.
func (p *reportPlan) formatValues(values []number, of func(*pivotTable) []number, pivots []*pivotTable) dateRangeValues {
	d := dateRangeValues{Values: formatAll(p.main.first().metrics, values)}
	for _, v := range pivots {
		d.Pivots = append(d.Pivots, pivotValues{formatAll(v.metrics, of(v))})
	}
	return d
}

// formatAll formats values of metrics, which repeat for each group of a pivot.
func formatAll(metrics []metric, values []number) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = metrics[i%len(metrics)].format(v)
	}
	return out
}

// extremes returns the minimums or maximums of all rows for each date range. ga4 are
// GA4's, which count if it paged the rows.
func (p *reportPlan) extremes(t *productTable, ga4 map[metricRef]number, pick func(a, b number) number, pivots []*pivotTable) []dateRangeValues {
	var out []dateRangeValues
	for span := range p.days {
		values := p.valuesOf(ga4)
		if !p.main.first().pushed {
			values = extremesOf(t.rows, span, pick)
		}
		out = append(out, p.formatValues(values, func(v *pivotTable) []number { return v.extremes(t.rows, span, pick) }, pivots))
	}
	return out
}

func extremesOf(rows []*productRow, span int, pick func(a, b number) number) []number {
	out := slices.Clone(rows[0].values[span])
	for _, r := range rows {
		for j, v := range r.values[span] {
			out[j] = pick(out[j], v)
		}
	}
	return out
}
