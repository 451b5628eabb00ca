package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/oriel-server/oriel/internal/report"
)

// An answer is the body of a report, taken apart as far as is needed. Its members
// stand in the order in which bodies are written.
type answer struct {
	DimensionHeaders json.RawMessage   `json:"dimensionHeaders,omitempty"`
	MetricHeaders    []json.RawMessage `json:"metricHeaders,omitempty"`
	Rows             []json.RawMessage `json:"rows,omitempty"`
	Totals           []json.RawMessage `json:"totals,omitempty"`
	RowCount         int               `json:"rowCount,omitempty"`
	Metadata         json.RawMessage   `json:"metadata,omitempty"`
	Kind             string            `json:"kind,omitempty"`
}

// A row is one line of an answer.
type row struct {
	Dimensions []value `json:"dimensionValues,omitempty"`
	Metrics    []value `json:"metricValues,omitempty"`
}

type value struct {
	Value string `json:"value"`
}

var errWhole = errors.New("plan: the answer says more than can be taken apart")

// readAnswer takes a body apart. It fails for one that is not whole, or that says
// more than rows: estimates, notices, and whatever is new.
func readAnswer(r *report.Report) (*answer, error) {
	if !r.Plain() {
		return nil, errWhole
	}
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.DisallowUnknownFields()
	var a answer
	if err := dec.Decode(&a); err != nil {
		return nil, fmt.Errorf("plan: a body that is not as expected: %w", err)
	}
	if len(a.Rows) != a.RowCount || !plain(a.Metadata) {
		return nil, errWhole
	}
	return &a, nil
}

// plain reports whether metadata says no more than every answer of the property.
func plain(metadata json.RawMessage) bool {
	if metadata == nil {
		return true
	}
	var said map[string]json.RawMessage
	if json.Unmarshal(metadata, &said) != nil {
		return false
	}
	delete(said, "currencyCode")
	delete(said, "timeZone")
	if bytes.Equal(said["schemaRestrictionResponse"], []byte("{}")) {
		delete(said, "schemaRestrictionResponse") // no restrictions
	}
	return len(said) == 0
}

// body writes the answer.
func (a *answer) body() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		panic(err) // what was read as JSON is JSON
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// report makes a report of the answer, with what r says of its age.
func (a *answer) report(r *report.Report) *report.Report { return r.WithBody(a.body(), len(a.Rows)) }

// like returns an answer with the same columns and no rows.
func (a *answer) like() *answer {
	return &answer{DimensionHeaders: a.DimensionHeaders, MetricHeaders: a.MetricHeaders, Metadata: a.Metadata, Kind: a.Kind}
}

// same reports whether two answers have the same columns and say the same about
// the property.
func (a *answer) same(b *answer) bool {
	return bytes.Equal(a.DimensionHeaders, b.DimensionHeaders) && slices.EqualFunc(a.MetricHeaders, b.MetricHeaders, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) &&
		bytes.Equal(a.Metadata, b.Metadata) && a.Kind == b.Kind
}

func readRow(raw json.RawMessage) (row, error) {
	var r row
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("plan: a row that is not as expected: %w", err)
	}
	return r, nil
}

func (r row) raw() json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		panic(err) // strings always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// total adds rows up to the row of totals, in whole numbers. That of no rows has no
// values.
func total(rows []json.RawMessage) (json.RawMessage, error) {
	var sum row
	var sums []int64
	for _, raw := range rows {
		r, err := readRow(raw)
		if err != nil {
			return nil, err
		}
		if sums == nil {
			sums = make([]int64, len(r.Metrics))
			sum.Dimensions = slices.Repeat([]value{{reservedTotal}}, len(r.Dimensions))
		}
		for i, m := range r.Metrics {
			n, err := strconv.ParseInt(m.Value, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("plan: a count that is no whole number: %w", err)
			}
			sums[i] += n
		}
	}
	for _, n := range sums {
		sum.Metrics = append(sum.Metrics, value{strconv.FormatInt(n, 10)})
	}
	return sum.raw(), nil
}

// reservedTotal stands for the dimensions of a row of totals.
// Source: Data API, MetricAggregation.
const reservedTotal = "RESERVED_TOTAL"
