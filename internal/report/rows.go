package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
)

// A Row is a row of a report's body. An absent value is empty.
type Row struct {
	Dimensions []Value `json:"dimensionValues,omitempty"`
	Metrics    []Value `json:"metricValues,omitempty"`
}

// A Value is one value of a row.
type Value struct {
	Value string `json:"value"`
}

// ReadRow decodes one row.
func ReadRow(text []byte) (row Row, err error) {
	if err := json.Unmarshal(text, &row); err != nil {
		return row, errors.Join(errNoTable, err)
	}
	return row, nil
}

// rowsOf decodes rows one at a time, into the same Row.
func rowsOf(rows []byte) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		dec := json.NewDecoder(bytes.NewReader(rows))
		dec.DisallowUnknownFields()
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			if len(rows) > 0 && t != nil { // neither null nor absent
				yield(nil, errNoTable)
			}
			return
		}
		var row Row
		for dec.More() {
			clear(row.Dimensions[:cap(row.Dimensions)])
			clear(row.Metrics[:cap(row.Metrics)])
			row.Dimensions, row.Metrics = row.Dimensions[:0], row.Metrics[:0]
			if err := dec.Decode(&row); !yield(&row, err) || err != nil {
				return
			}
		}
	}
}

// EncodeJSON encodes a value that always encodes, of numbers and strings, without HTML
// escapes.
func EncodeJSON(value any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
