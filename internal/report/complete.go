package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// RangeName returns what rows call the i-th range of a query: its name, or Google's default.
func RangeName(name string, i int) string { return cmp.Or(name, "date_range_"+strconv.Itoa(i)) }

// RangeNames returns what rows call the ranges of q, in order. There is at least one: a realtime query without ranges is
// about the last half hour.
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

// Columns returns the names of the columns of the answer to q, in order, without ComparisonColumn unless q places it. They
// are those of Google's headers, which Google may omit.
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

// columns returns those of Columns with ComparisonColumn, which is first unless q places it.
func (q Query) columns() (dimensions, metrics []string) {
	dimensions, metrics = q.Columns()
	if len(q.Comparisons) > 0 && !slices.Contains(dimensions, ComparisonColumn) {
		dimensions = append([]string{ComparisonColumn}, dimensions...)
	}
	return dimensions, metrics
}

// A series is the rows of one comparison in one range.
type series struct {
	comparison, dateRange string // values of ComparisonColumn and RangeColumn
}

// series returns the series of q, in Google's order. There is at least one.
func (q Query) series() []series {
	comparisons := make([]string, max(1, len(q.Comparisons)))
	for i, c := range q.Comparisons {
		comparisons[i] = cmp.Or(c.Name, "comparison_"+strconv.Itoa(i)) // Google's default
	}
	var all []series
	for _, comparison := range comparisons {
		for _, dateRange := range q.RangeNames() {
			all = append(all, series{comparison, dateRange})
		}
	}
	return all
}

// hasDimensions reports whether q has dimensions besides ComparisonColumn.
func (q Query) hasDimensions() bool {
	return slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.Name != ComparisonColumn })
}

// Complete returns the body of r, the answer to q, with what Google omits if there is no data: the headers, the row of a
// range or a comparison where q has no dimensions, and the values of totals, all of them zero. A complete body is returned
// unchanged.
//
// Complete is for readers of tables. Clients of Google's API expect Body.
func (r *Report) Complete(q Query) ([]byte, error) {
	if !r.mayBeIncomplete(q) {
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
	for _, add := range []func(Query) error{t.addHeaders, t.addRows, t.addTotals} {
		if err := add(q); err != nil {
			return nil, err
		}
	}
	return t.body(), nil
}

// mayBeIncomplete reports, without decoding the body, whether Google may have omitted something.
func (r *Report) mayBeIncomplete(q Query) bool {
	if len(q.Pivots) > 0 {
		return false // what Google omits from these is not recorded
	}
	return r.Rows == 0 || !q.hasDimensions() && r.Rows < len(q.series()) ||
		len(q.MetricAggregations) > 0 && bytes.Contains(r.Body, []byte("{}"))
}

// A table is a body during completion.
type table struct {
	members             map[string]json.RawMessage
	dimensions, metrics []string // names of the columns
}

type tableHeader struct {
	Name string `json:"name"`
}

// addHeaders adds absent headers, and takes the column names from present ones.
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

// addRows adds a row of zeros for each series without one, if q has no dimensions. A metric filter or an offset may have
// excluded the row on purpose.
func (t *table) addRows(q Query) error {
	if q.hasDimensions() || len(q.Metrics) == 0 || q.MetricFilter != nil || q.Offset > 0 || !t.hasColumns(q) {
		return nil
	}
	var rows []Row
	var count Int64
	if err := cmp.Or(t.read("rows", &rows), t.read("rowCount", &count)); err != nil || int(count) > len(rows) {
		return err
	}
	for _, s := range q.series() {
		if q.Limit > 0 && len(rows) >= int(q.Limit) {
			break // the page is full
		}
		if !slices.ContainsFunc(rows, func(r Row) bool { return t.isOf(r, s) }) {
			rows = append(rows, t.zero("", s))
		}
	}
	t.set("rows", rows)
	t.set("rowCount", len(rows))
	return nil
}

// hasColumns reports whether the columns of dimensions are those of q, in any order.
func (t *table) hasColumns(q Query) bool {
	want, _ := q.columns()
	return slices.Equal(slices.Sorted(slices.Values(t.dimensions)), slices.Sorted(slices.Values(want)))
}

// isOf reports whether a row belongs to a series.
func (t *table) isOf(r Row, s series) bool {
	for i, name := range t.dimensions {
		want, ok := s.value(name)
		if ok && (i >= len(r.Dimensions) || r.Dimensions[i].Value != want) {
			return false
		}
	}
	return true
}

// value returns the value of a column in the rows of s, if the column identifies series.
func (s series) value(column string) (value string, ok bool) {
	switch column {
	case ComparisonColumn:
		return s.comparison, true
	case RangeColumn:
		return s.dateRange, true
	}
	return "", false
}

// aggregates are the members with a row per range over all its rows, and the value of dimensions there. Source: Data API,
// MetricAggregation.
var aggregates = []struct {
	of            Aggregation
	member, value string
}{
	{Total, "totals", "RESERVED_TOTAL"},
	{Maximum, "maximums", "RESERVED_MAX"},
	{Minimum, "minimums", "RESERVED_MIN"},
}

// addTotals adds the values of totals. For comparisons, the form of totals is not recorded.
func (t *table) addTotals(q Query) error {
	if len(q.Comparisons) > 0 {
		return nil
	}
	ranges := q.series()
	for _, a := range aggregates {
		if len(t.metrics) == 0 || t.members[a.member] == nil && !slices.Contains(q.MetricAggregations, a.of) {
			continue
		}
		var rows []Row
		if err := t.read(a.member, &rows); err != nil {
			return err
		}
		if len(rows) == 0 {
			rows = make([]Row, len(ranges))
		}
		for i := range rows {
			zero := t.zero(a.value, ranges[min(i, len(ranges)-1)])
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

// zero returns a row of zeros for a series. The other dimensions have a given value.
func (t *table) zero(other string, s series) Row {
	r := Row{Metrics: slices.Repeat([]Value{{"0"}}, len(t.metrics))}
	for _, name := range t.dimensions {
		value, ok := s.value(name)
		if !ok {
			value = other
		}
		r.Dimensions = append(r.Dimensions, Value{value})
	}
	return r
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

func (t *table) set(member string, value any) { t.members[member] = EncodeJSON(value) }

// memberOrder is that of Google's answers.
var memberOrder = []string{"dimensionHeaders", "metricHeaders", "rows", "totals", "maximums", "minimums", "rowCount", "metadata", "kind"}

// compareMembers orders names as in memberOrder, with others last.
func compareMembers(a, b string) int {
	rank := func(name string) uint { return uint(slices.Index(memberOrder, name)) } // of others, -1 becomes the greatest
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func (t *table) body() []byte {
	out := []byte{'{'}
	for _, name := range slices.SortedFunc(maps.Keys(t.members), compareMembers) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, EncodeJSON(name)...), ':')
		out = append(out, t.members[name]...)
	}
	return append(out, '}')
}
