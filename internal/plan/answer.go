package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/oriel-server/oriel/internal/report"
)

// An answer is the body of a report, decoded as far as is needed; rows are not. Its members are in the order in
// which bodies are written.
type answer struct {
	DimensionHeaders json.RawMessage   `json:"dimensionHeaders,omitempty"`
	MetricHeaders    []json.RawMessage `json:"metricHeaders,omitempty"`
	Rows             []json.RawMessage `json:"rows,omitempty"`
	Totals           []json.RawMessage `json:"totals,omitempty"`
	RowCount         int               `json:"rowCount,omitempty"`
	Metadata         json.RawMessage   `json:"metadata,omitempty"`
	Kind             string            `json:"kind,omitempty"`
}

var errWhole = errors.New("plan: the answer cannot be split or merged")

// readAnswer decodes a body. It fails for one that is not whole, or that says more than rows: estimates,
// notices, and whatever is new.
func readAnswer(r *report.Report) (*answer, error) {
	if !r.Plain() {
		return nil, errWhole
	}
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.DisallowUnknownFields()
	var a answer
	if err := dec.Decode(&a); err != nil {
		return nil, fmt.Errorf("plan: an unexpected body: %w", err)
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
	var members map[string]json.RawMessage
	if json.Unmarshal(metadata, &members) != nil {
		return false
	}
	delete(members, "currencyCode")
	delete(members, "timeZone")
	if string(members["schemaRestrictionResponse"]) == "{}" {
		delete(members, "schemaRestrictionResponse") // no restrictions
	}
	return len(members) == 0
}

// report returns a report of the answer, as old as r.
func (a *answer) report(r *report.Report) *report.Report {
	return r.WithBody(report.EncodeJSON(a), len(a.Rows))
}

// withoutRows returns an answer with the same columns, metadata and kind.
func (a *answer) withoutRows() *answer {
	return &answer{DimensionHeaders: a.DimensionHeaders, MetricHeaders: a.MetricHeaders, Metadata: a.Metadata, Kind: a.Kind}
}

// matches reports whether two answers differ in their rows only.
func (a *answer) matches(b *answer) bool { return reflect.DeepEqual(a.withoutRows(), b.withoutRows()) }

// total adds rows up to the row of totals, in whole numbers. That of no rows has no values.
func total(rows []json.RawMessage) (json.RawMessage, error) {
	var total report.Row
	var sums []int64
	for _, raw := range rows {
		r, err := report.ReadRow(raw)
		if err != nil {
			return nil, err
		}
		if sums == nil {
			sums = make([]int64, len(r.Metrics))
			total.Dimensions = slices.Repeat([]report.Value{{Value: reservedTotal}}, len(r.Dimensions))
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
		total.Metrics = append(total.Metrics, report.Value{Value: strconv.FormatInt(n, 10)})
	}
	return report.EncodeJSON(total), nil
}

// reservedTotal stands for the dimensions of a row of totals. Source: Data API, MetricAggregation.
const reservedTotal = "RESERVED_TOTAL"
