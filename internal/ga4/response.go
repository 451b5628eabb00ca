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

// wireReport is Google's answer: the members that are documented are listed; others pass
// as far as redactor lets them.
type wireReport struct {
	DimensionHeaders []wireDimensionHeader
	MetricHeaders    []wireMetricHeader
	PivotHeaders     []wirePivotHeader
	Rows             rowSet
	Totals           rowSet
	Maximums         rowSet
	Minimums         rowSet
	Aggregates       rowSet // of pivots
	RowCount         report.Int64
	Metadata         *wireMetadata
	PropertyQuota    *Buckets
	Kind             string

	others members // that are not listed
}

// UnmarshalJSON reads an answer, members that are not listed too. encoding/json has
// checked the syntax before it calls this.
func (w *wireReport) UnmarshalJSON(b []byte) error {
	*w = wireReport{others: members{}}
	r := &rowReader{in: b}
	if r.peek() == 'n' {
		return nil
	}
	r.members(func(name []byte) bool {
		r.peek()
		start := r.at
		r.skip()
		if err := w.member(name, b[start:r.at]); err != nil {
			r.fail(err)
		}
		return true
	})
	return r.err
}

func (w *wireReport) member(quoted, value []byte) error {
	var name string
	if err := json.Unmarshal(quoted, &name); err != nil {
		return err
	}
	switch into := w.listed(name).(type) {
	case nil:
		w.others[name] = value
		return nil
	case *rowSet: // nearly all of an answer: its syntax is not checked twice
		return into.UnmarshalJSON(value)
	default:
		return json.Unmarshal(value, into)
	}
}

// listed is where a member is read into; nil when it is not listed.
func (w *wireReport) listed(name string) any {
	switch name {
	case "dimensionHeaders":
		return &w.DimensionHeaders
	case "metricHeaders":
		return &w.MetricHeaders
	case "pivotHeaders":
		return &w.PivotHeaders
	case "rows":
		return &w.Rows
	case "totals":
		return &w.Totals
	case "maximums":
		return &w.Maximums
	case "minimums":
		return &w.Minimums
	case "aggregates":
		return &w.Aggregates
	case "rowCount":
		return &w.RowCount
	case "metadata":
		return &w.Metadata
	case "propertyQuota":
		return &w.PropertyQuota
	case "kind":
		return &w.Kind
	}
	return nil
}

type wireDimensionHeader struct {
	Name string `json:"name"`
}

type wireMetricHeader struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// A wirePivotHeader names the columns of one pivot, in their order.
type wirePivotHeader struct {
	PivotDimensionHeaders []wirePivotColumn `json:"pivotDimensionHeaders,omitempty"`
	RowCount              int32             `json:"rowCount,omitempty"`
}

type wirePivotColumn struct {
	DimensionValues []wireValue `json:"dimensionValues,omitempty"`
}

type wireValue struct {
	Value string `json:"value,omitempty"`
}

// report checks the answer to q and makes a Report of it.
func (w *wireReport) report(q report.Query, now time.Time) (*report.Report, error) {
	if err := w.check(q); err != nil {
		return nil, err
	}
	var said notices
	if w.Metadata != nil {
		w.Metadata.redact(q, &said)
	}
	passed := w.others.redact(q, &said)
	body, err := w.body(passed)
	if err != nil {
		return nil, err
	}
	r := &report.Report{Body: body, Encoded: new(report.Encodings), Rows: w.Rows.count, RowCount: int(w.RowCount), Notices: said, FetchedAt: now}
	if m := w.Metadata; m != nil {
		m.describe(r)
		if q.CurrencyCode != "" {
			r.CurrencyCode = "" // Google repeats what was asked for
		}
	}
	r.Freshness = freshness(q, r.TimeZone, now)
	if r.Freshness == report.FreshFinal && !r.Plain() {
		r.Freshness = report.FreshSettling
	}
	return r, nil
}

// check compares the answer's shape with the question's: an answer to another
// question must not get into the cache.
func (w *wireReport) check(q report.Query) error {
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

// aggregates are the rows over all rows, one for each range. That of a range
// without rows has no values.
func (w *wireReport) aggregates() []*rowSet {
	return []*rowSet{&w.Totals, &w.Maximums, &w.Minimums, &w.Aggregates}
}

// kinds begins what Google calls its reports. Nothing else says that an answer
// without headers is a report.
const kinds = "analyticsData#"

// empty reports whether the answer is about nothing: then Google leaves headers
// out, for a question without dimensions at least.
func (w *wireReport) empty() bool {
	return strings.HasPrefix(w.Kind, kinds) && w.Rows.count == 0 && w.RowCount == 0 &&
		!slices.ContainsFunc(w.aggregates(), func(s *rowSet) bool { return s.metrics.values > 0 })
}

// answers reports whether the columns are those of q: in a batch, that no two
// reports changed places. Of two answers about nothing that have no columns either
// is the other's. The column of comparisons may stand anywhere.
func (w *wireReport) answers(q report.Query) bool {
	dims, metrics := q.Columns()
	headers := w.DimensionHeaders
	if len(q.Comparisons) > 0 {
		const column = report.ComparisonColumn
		dims = slices.DeleteFunc(dims, func(name string) bool { return name == column })
		headers = slices.DeleteFunc(slices.Clone(headers), func(h wireDimensionHeader) bool { return h.Name == column })
	}
	absent := w.empty() && len(q.Dimensions) == 0
	return (absent && len(headers) == 0 ||
		slices.EqualFunc(headers, dims, func(h wireDimensionHeader, name string) bool { return h.Name == name })) &&
		(absent && len(w.MetricHeaders) == 0 ||
			slices.EqualFunc(w.MetricHeaders, metrics, func(h wireMetricHeader, name string) bool { return h.Name == name }))
}

// body writes the answer as Google would, without what viewers must not see; of members
// that are not listed, those that passed.
func (w *wireReport) body(passed members) ([]byte, error) {
	b := make([]byte, 0, 1024+len(w.Rows.json)+len(w.Totals.json)+len(w.Maximums.json)+len(w.Minimums.json))
	b = append(b, '{')
	var err error
	add := func(name string, v any) {
		j, e := json.Marshal(v)
		if e != nil {
			err = e
		}
		b = appendMember(b, name, j)
	}
	if len(w.DimensionHeaders) > 0 {
		add("dimensionHeaders", w.DimensionHeaders)
	}
	if len(w.MetricHeaders) > 0 {
		add("metricHeaders", w.MetricHeaders)
	}
	if len(w.PivotHeaders) > 0 {
		add("pivotHeaders", w.PivotHeaders)
	}
	b = appendRows(b, "rows", w.Rows)
	b = appendRows(b, "totals", w.Totals)
	b = appendRows(b, "maximums", w.Maximums)
	b = appendRows(b, "minimums", w.Minimums)
	b = appendRows(b, "aggregates", w.Aggregates)
	if w.RowCount != 0 {
		b = appendMember(b, "rowCount", strconv.AppendInt(nil, int64(w.RowCount), 10))
	}
	if w.Metadata != nil {
		add("metadata", w.Metadata)
	}
	b = passed.append(b)
	if w.Kind != "" {
		add("kind", w.Kind)
	}
	return append(b, '}'), err
}

func appendRows(b []byte, name string, set rowSet) []byte {
	if set.count == 0 {
		return b
	}
	return appendMember(b, name, set.json)
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

// lastZone is where days end last. It stands in for a zone that is not known,
// so that an answer is rather called too fresh than final.
var lastZone = time.FixedZone("UTC-12", -12*60*60)

// freshness says how final the days of q are at now.
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
			return report.FreshIntraday // not resolved, so perhaps today
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
