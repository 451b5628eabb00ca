package ga4

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A reportResponse is a report as Google writes it. Members that are documented have a
// field; others pass as far as redactor lets them.
type reportResponse struct {
	DimensionHeaders []dimensionHeader
	MetricHeaders    []metricHeader
	PivotHeaders     []pivotHeader
	Rows             rowSet
	Totals           rowSet
	Maximums         rowSet
	Minimums         rowSet
	Aggregates       rowSet // of pivots
	RowCount         report.Int64
	Metadata         *metadata
	PropertyQuota    *Buckets
	Kind             string

	others members // that are not documented
}

// A documentedMember is a member's name and the pointer to its field.
type documentedMember struct {
	name string
	into any
}

// documented returns the members that reports for viewers have, in Google's order.
func (w *reportResponse) documented() []documentedMember {
	return []documentedMember{
		{"dimensionHeaders", &w.DimensionHeaders},
		{"metricHeaders", &w.MetricHeaders},
		{"pivotHeaders", &w.PivotHeaders},
		{"rows", &w.Rows},
		{"totals", &w.Totals},
		{"maximums", &w.Maximums},
		{"minimums", &w.Minimums},
		{"aggregates", &w.Aggregates},
		{"rowCount", &w.RowCount},
		{"metadata", &w.Metadata},
		{"kind", &w.Kind},
	}
}

// UnmarshalJSON reads a report. encoding/json has checked the syntax before it calls this.
func (w *reportResponse) UnmarshalJSON(b []byte) error {
	*w = reportResponse{others: members{}}
	r := &rowReader{in: b}
	if r.peek() == 'n' {
		return nil
	}
	known := append(w.documented(), documentedMember{"propertyQuota", &w.PropertyQuota})
	r.members(func(name []byte) bool {
		r.peek()
		start := r.at
		r.skip()
		if err := w.decodeMember(known, name, b[start:r.at]); err != nil {
			r.fail(err)
		}
		return true
	})
	return r.err
}

func (w *reportResponse) decodeMember(known []documentedMember, quoted, value []byte) error {
	var name string
	if err := json.Unmarshal(quoted, &name); err != nil {
		return err
	}
	i := slices.IndexFunc(known, func(m documentedMember) bool { return m.name == name })
	if i < 0 {
		w.others[name] = value
		return nil
	}
	if rows, ok := known[i].into.(*rowSet); ok { // most of a report: its syntax is not checked twice
		return rows.UnmarshalJSON(value)
	}
	return json.Unmarshal(value, known[i].into)
}

type dimensionHeader struct {
	Name string `json:"name"`
}

type metricHeader struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// A pivotHeader names the columns of one pivot, in their order.
type pivotHeader struct {
	PivotDimensionHeaders []pivotColumn `json:"pivotDimensionHeaders,omitempty"`
	RowCount              int32         `json:"rowCount,omitempty"`
}

type pivotColumn struct {
	DimensionValues []pivotValue `json:"dimensionValues,omitempty"`
}

type pivotValue struct {
	Value string `json:"value,omitempty"`
}

// report checks the response to q and makes a Report of it.
func (w *reportResponse) report(q report.Query, now time.Time) (*report.Report, error) {
	if err := w.check(q); err != nil {
		return nil, err
	}
	var n notices
	if w.Metadata != nil {
		w.Metadata.redact(q, &n)
	}
	body, err := w.body(w.others.redact(q, &n))
	if err != nil {
		return nil, err
	}
	r := &report.Report{Body: body, Encoded: new(report.Encodings), Rows: w.Rows.count, RowCount: int(w.RowCount), Notices: n, FetchedAt: now}
	if m := w.Metadata; m != nil {
		m.describe(r)
		if q.CurrencyCode != "" {
			r.CurrencyCode = "" // Google repeats the requested one
		}
	}
	r.Freshness = freshness(q, r.TimeZone, now)
	if r.Freshness == report.FreshFinal && !r.Plain() {
		r.Freshness = report.FreshSettling
	}
	return r, nil
}

// check compares the report's shape with the query's: the report of another query must
// not get into the cache.
func (w *reportResponse) check(q report.Query) error {
	dims, metrics := len(w.DimensionHeaders), len(w.MetricHeaders)
	visible, columns := q.Columns()
	least := len(q.Dimensions) // Google may add some
	if len(q.Pivots) > 0 {
		least = len(visible)
	}
	absent := w.empty()
	if (dims < least && !(absent && dims == 0)) || (metrics != len(columns) && !(absent && metrics == 0)) {
		return fmt.Errorf("%d dimensions and %d metrics were asked, %d and %d answered",
			least, len(columns), dims, metrics)
	}
	if w.Rows.count > 0 && !(w.Rows.dimensions.fill(dims) && w.Rows.metrics.fill(metrics)) {
		return fmt.Errorf("rows of %d and %d values under %d and %d headers",
			w.Rows.dimensions.values, w.Rows.metrics.values, dims, metrics)
	}
	for _, set := range w.aggregates() {
		if !(set.dimensions.fit(dims) && set.metrics.fit(metrics)) {
			return fmt.Errorf("totals of %d and %d values under %d and %d headers",
				set.dimensions.values, set.metrics.values, dims, metrics)
		}
	}
	return nil
}

// aggregates returns the rows over all rows, one for each date range. That of a range
// without rows has no values.
func (w *reportResponse) aggregates() []*rowSet {
	return []*rowSet{&w.Totals, &w.Maximums, &w.Minimums, &w.Aggregates}
}

// kindPrefix begins the kind of Google's reports. Nothing else says that a response
// without headers is a report.
const kindPrefix = "analyticsData#"

// empty reports whether the report has no data: then Google may leave out headers.
func (w *reportResponse) empty() bool {
	return strings.HasPrefix(w.Kind, kindPrefix) && w.Rows.count == 0 && w.RowCount == 0 &&
		!slices.ContainsFunc(w.aggregates(), func(s *rowSet) bool { return s.metrics.values > 0 })
}

// answers reports whether the columns are those of q: in a batch, that the reports are
// in order. Reports without data and columns are interchangeable. The column of
// comparisons may be anywhere.
func (w *reportResponse) answers(q report.Query) bool {
	dims, metrics := q.Columns()
	headers := w.DimensionHeaders
	if len(q.Comparisons) > 0 {
		const column = report.ComparisonColumn
		dims = slices.DeleteFunc(dims, func(name string) bool { return name == column })
		headers = slices.DeleteFunc(slices.Clone(headers), func(h dimensionHeader) bool { return h.Name == column })
	}
	absent := w.empty() && len(q.Dimensions) == 0
	return (absent && len(headers) == 0 ||
		slices.EqualFunc(headers, dims, func(h dimensionHeader, name string) bool { return h.Name == name })) &&
		(absent && len(w.MetricHeaders) == 0 ||
			slices.EqualFunc(w.MetricHeaders, metrics, func(h metricHeader, name string) bool { return h.Name == name }))
}

// body writes the report as Google would, without what viewers must not see; of members
// that are not documented, those that passed.
func (w *reportResponse) body(passed members) ([]byte, error) {
	b := make([]byte, 0, 1024+len(w.Rows.json)+len(w.Totals.json)+len(w.Maximums.json)+len(w.Minimums.json))
	b = append(b, '{')
	for _, m := range w.documented() {
		if m.name == "kind" { // Google writes it last
			b = passed.append(b)
		}
		switch v := m.into.(type) {
		case *rowSet:
			if v.count > 0 {
				b = appendMember(b, m.name, v.json)
			}
		case *report.Int64: // which JSON of ours quotes
			if *v != 0 {
				b = appendMember(b, m.name, strconv.AppendInt(nil, int64(*v), 10))
			}
		default:
			value, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			if text := string(value); text != "null" && text != "[]" && text != `""` {
				b = appendMember(b, m.name, value)
			}
		}
	}
	return append(b, '}'), nil
}

func appendMember(b []byte, name string, value []byte) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return append(b, value...)
}

// lastZone is where days end last. It stands in for an unknown zone, so that data is
// rather taken for too fresh than for final.
var lastZone = time.FixedZone("UTC-12", -12*60*60)

// freshness returns how final the days of q are at now.
func freshness(q report.Query, timeZone string, now time.Time) report.Freshness {
	if q.Realtime {
		return report.FreshRealtime
	}
	zone, err := time.LoadLocation(timeZone)
	if err != nil || timeZone == "" {
		zone = lastZone
	}
	var last report.Date
	for _, r := range q.DateRanges {
		end, err := report.ParseDate(r.EndDate)
		if err != nil {
			return report.FreshIntraday // not resolved, so it may be today
		}
		if end.After(last) {
			last = end
		}
	}
	switch {
	case last.IsZero() || now.Before(last.AddDays(1).In(zone)):
		return report.FreshIntraday
	case report.Final(last, zone, now):
		return report.FreshFinal
	}
	return report.FreshSettling
}
