package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// RangeName is what rows call the i-th range of a query: its name, or Google's
// default.
func RangeName(name string, i int) string {
	if name == "" {
		return "date_range_" + strconv.Itoa(i)
	}
	return name
}

// RangeNames returns what rows call the ranges of q, in their order. There is at
// least one: a realtime query that names none is about the last half hour.
func (q Query) RangeNames() []string {
	var names []string
	for i, r := range q.DateRanges {
		names = append(names, RangeName(r.Name, i))
	}
	for i, r := range q.MinuteRanges {
		names = append(names, RangeName(r.Name, i))
	}
	if names == nil {
		names = []string{RangeName("", 0)}
	}
	return names
}

// Columns returns the names of the columns of the answer to q, in their order, but
// for that which tells comparisons apart. Google's headers say the same, where it
// writes them.
func (q Query) Columns() (dimensions, metrics []string) {
	for _, p := range q.Pivots {
		dimensions = append(dimensions, p.FieldNames...)
	}
	if len(q.Pivots) == 0 {
		for _, d := range q.Dimensions {
			dimensions = append(dimensions, d.Name)
		}
		if len(q.RangeNames()) > 1 {
			dimensions = append(dimensions, RangeColumn)
		}
	}
	for _, m := range q.Metrics {
		if !m.Invisible {
			metrics = append(metrics, m.Name)
		}
	}
	return dimensions, metrics
}

// columns are those of Columns, with the one that tells comparisons apart. Google
// puts it first where the query doesn't place it.
func (q Query) columns() (dimensions, metrics []string) {
	dimensions, metrics = q.Columns()
	if len(q.Comparisons) > 0 && !slices.Contains(dimensions, ComparisonColumn) {
		dimensions = append([]string{ComparisonColumn}, dimensions...)
	}
	return dimensions, metrics
}

// A series is the rows of one comparison in one range, which these columns name.
type series struct {
	comparison, span string
}

// series returns those of q, in Google's order. There is at least one.
func (q Query) series() []series {
	compared := make([]string, max(1, len(q.Comparisons)))
	for i, c := range q.Comparisons {
		if compared[i] = c.Name; c.Name == "" {
			compared[i] = "comparison_" + strconv.Itoa(i) // Google's default
		}
	}
	var all []series
	for _, comparison := range compared {
		for _, span := range q.RangeNames() {
			all = append(all, series{comparison, span})
		}
	}
	return all
}

// divided reports whether q has a dimension of the events. The column that tells
// comparisons apart is none.
func (q Query) divided() bool {
	return slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.Name != ComparisonColumn })
}

// Complete returns the body of r, the answer to q, with what Google leaves out of
// an answer about nothing: the headers, the row of a range or a comparison where q
// has no dimensions, and the values of totals, all of which are zero. A body that
// lacks nothing is returned as it is.
//
// It is for whatever reads a report as a table. Clients of Google's API expect
// Body.
func (r *Report) Complete(q Query) ([]byte, error) {
	if !r.mayLack(q) {
		return r.Body, nil
	}
	t := table{}
	t.dimensions, t.metrics = q.columns()
	if err := json.Unmarshal(r.Body, &t.members); err != nil {
		return nil, errors.Join(errNoTable, err)
	}
	if t.members == nil {
		return nil, errNoTable
	}
	maps.DeleteFunc(t.members, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	steps := []func(Query) error{t.addHeaders, t.addRows, t.addTotals}
	for _, step := range steps {
		if err := step(q); err != nil {
			return nil, err
		}
	}
	return t.body(), nil
}

// mayLack rules out, without decoding a long answer, that something was left out.
func (r *Report) mayLack(q Query) bool {
	if len(q.Pivots) > 0 {
		return false // what Google leaves out of these is not on record
	}
	return r.Rows == 0 || !q.divided() && r.Rows < len(q.series()) ||
		len(q.MetricAggregations) > 0 && bytes.Contains(r.Body, []byte("{}"))
}

// A table is a body that is being completed.
type table struct {
	members             map[string]json.RawMessage
	dimensions, metrics []string // names of the columns
}

// A tableRow is a row as Google writes it.
type tableRow struct {
	Dimensions []tableValue `json:"dimensionValues,omitempty"`
	Metrics    []tableValue `json:"metricValues,omitempty"`
}

type tableValue struct {
	Value string `json:"value"`
}

type tableHeader struct {
	Name string `json:"name"`
}

// addHeaders adds headers, and believes those that are there.
func (t *table) addHeaders(Query) error {
	for member, names := range map[string]*[]string{"dimensionHeaders": &t.dimensions, "metricHeaders": &t.metrics} {
		var headers []tableHeader
		if err := t.read(member, &headers); err != nil {
			return err
		}
		if len(headers) > 0 {
			*names = nil
			for _, h := range headers {
				*names = append(*names, h.Name)
			}
			continue
		}
		for _, name := range *names {
			headers = append(headers, tableHeader{name})
		}
		if len(headers) > 0 {
			t.set(member, headers)
		}
	}
	return nil
}

// addRows adds the row of each series that has none. Only without dimensions is that
// known to be zero; a filter on metrics, or a page, may have left it out.
func (t *table) addRows(q Query) error {
	if q.divided() || len(q.Metrics) == 0 || q.MetricFilter != nil || q.Offset > 0 || !t.hasColumns(q) {
		return nil
	}
	rows, err := t.rows("rows")
	if err != nil {
		return err
	}
	var count Int64
	if err := t.read("rowCount", &count); err != nil || int(count) > len(rows) {
		return err
	}
	for _, s := range q.series() {
		if q.Limit > 0 && len(rows) >= int(q.Limit) {
			break // the page is full
		}
		if !slices.ContainsFunc(rows, func(r tableRow) bool { return t.isOf(r, s) }) {
			rows = append(rows, t.zero("", s))
		}
	}
	t.set("rows", rows)
	t.set("rowCount", len(rows))
	return nil
}

// hasColumns reports whether the columns of dimensions are those that q asks for, in
// any order: the query may place that of comparisons.
func (t *table) hasColumns(q Query) bool {
	want, _ := q.columns()
	return slices.Equal(slices.Sorted(slices.Values(t.dimensions)), slices.Sorted(slices.Values(want)))
}

// isOf reports whether the columns of a row name a series.
func (t *table) isOf(r tableRow, s series) bool {
	for i, name := range t.dimensions {
		want, names := s.named(name)
		if names && (i >= len(r.Dimensions) || r.Dimensions[i].Value != want) {
			return false
		}
	}
	return true
}

// named returns what a column holds in the rows of s, if the column names series.
func (s series) named(column string) (value string, names bool) {
	switch column {
	case ComparisonColumn:
		return s.comparison, true
	case RangeColumn:
		return s.span, true
	}
	return "", false
}

// reserved are the members that hold a row for each range over all its rows, and
// what stands there for the values of dimensions. Source: Data API,
// MetricAggregation.
var reserved = []struct {
	of           Aggregation
	member, word string
}{
	{Total, "totals", "RESERVED_TOTAL"},
	{Maximum, "maximums", "RESERVED_MAX"},
	{Minimum, "minimums", "RESERVED_MIN"},
}

// addTotals adds the values of totals. Which comparison a total is of is not on record.
func (t *table) addTotals(q Query) error {
	if len(q.Comparisons) > 0 {
		return nil
	}
	ranges := q.series()
	for _, a := range reserved {
		if len(t.metrics) == 0 || t.members[a.member] == nil && !slices.Contains(q.MetricAggregations, a.of) {
			continue
		}
		rows, err := t.rows(a.member)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			rows = make([]tableRow, len(ranges))
		}
		for i := range rows {
			zero := t.zero(a.word, ranges[min(i, len(ranges)-1)])
			if len(rows[i].Dimensions) == 0 {
				rows[i].Dimensions = zero.Dimensions
			}
			if len(rows[i].Metrics) == 0 {
				rows[i].Metrics = zero.Metrics
			}
		}
		t.set(a.member, rows)
	}
	return nil
}

// zero returns a row of zeros about a series. What names none holds word.
func (t *table) zero(word string, s series) tableRow {
	r := tableRow{Metrics: slices.Repeat([]tableValue{{"0"}}, len(t.metrics))}
	for _, name := range t.dimensions {
		value, names := s.named(name)
		if !names {
			value = word
		}
		r.Dimensions = append(r.Dimensions, tableValue{value})
	}
	return r
}

func (t *table) rows(member string) (rows []tableRow, err error) {
	return rows, t.read(member, &rows)
}

func (t *table) read(member string, into any) error {
	if t.members[member] == nil {
		return nil
	}
	if err := json.Unmarshal(t.members[member], into); err != nil {
		return fmt.Errorf("%w: %s: %w", errNoTable, member, err)
	}
	return nil
}

func (t *table) set(member string, value any) {
	text, err := encodeJSON(value)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	t.members[member] = text
}

func encodeJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// memberOrder is that of Google's answers; members that are new stand behind.
var memberOrder = []string{"dimensionHeaders", "metricHeaders", "rows", "totals", "maximums", "minimums", "rowCount", "metadata", "kind"}

func (t *table) body() []byte {
	names := slices.Clone(memberOrder)
	for _, name := range slices.Sorted(maps.Keys(t.members)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out := []byte{'{'}
	for _, name := range names {
		value, ok := t.members[name]
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		quoted, err := encodeJSON(name)
		if err != nil {
			panic(err) // a string always encodes
		}
		out = append(append(append(out, quoted...), ':'), value...)
	}
	return append(out, '}')
}
