package ga4

import (
	"errors"
	"fmt"
)

// A rowSet is the rows of a report, as compact JSON with only the members that
// are documented. Rows are most of a report, so they are copied in one pass and
// never decoded.
type rowSet struct {
	json                []byte
	count               int
	dimensions, metrics width
}

// A width is the number of values of one kind in rows.
type width struct {
	values int  // in each row that has any; all these have as many
	none   bool // there is a row without
}

// add records a row, and reports whether it is as wide as those before.
func (w *width) add(values int) bool {
	if values == 0 {
		w.none = true
		return true
	}
	if w.values == 0 {
		w.values = values
	}
	return w.values == values
}

// fill reports whether each row has a value under each header.
func (w width) fill(headers int) bool { return w.values == headers && !(w.none && headers > 0) }

// fit reports whether each row that has values has one under each header.
func (w width) fit(headers int) bool { return w.values == 0 || w.values == headers }

var errRows = errors.New("rows are not as documented")

// UnmarshalJSON reads an array of rows. encoding/json has checked the syntax
// before it calls this, so only the shape has to be checked.
func (s *rowSet) UnmarshalJSON(b []byte) error {
	*s = rowSet{}
	r := &rowReader{in: b}
	if r.peek() == 'n' {
		return nil
	}
	r.out = make([]byte, 0, len(b))
	r.array(func() {
		dims, metrics := r.row()
		if !s.dimensions.add(dims) || !s.metrics.add(metrics) {
			r.fail(fmt.Errorf("row %d has %d and %d values, another %d and %d", s.count, dims, metrics, s.dimensions.values, s.metrics.values))
		}
		s.count++
	})
	s.json = r.out
	return r.err
}

// A rowReader copies rows from in to out.
type rowReader struct {
	in  []byte
	at  int
	out []byte
	err error
}

func (r *rowReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.at = len(r.in)
}

// peek returns the next byte that is not white space, 0 at the end.
func (r *rowReader) peek() byte {
	for r.at < len(r.in) {
		switch c := r.in[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// take consumes c.
func (r *rowReader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// expect consumes c, or fails.
func (r *rowReader) expect(c byte) bool {
	if !r.take(c) {
		r.fail(errRows)
	}
	return r.err == nil
}

// array copies an array, and calls element to copy each element.
func (r *rowReader) array(element func()) {
	if !r.expect('[') {
		return
	}
	r.out = append(r.out, '[')
	for first := true; !r.take(']'); first = false {
		if !first {
			if !r.expect(',') {
				return
			}
			r.out = append(r.out, ',')
		}
		if element(); r.err != nil {
			return
		}
	}
	r.out = append(r.out, ']')
}

// members reads an object and calls member with each name, in quotes; member reports
// whether it consumed the value.
func (r *rowReader) members(member func(name []byte) bool) {
	if !r.expect('{') {
		return
	}
	for first := true; !r.take('}'); first = false {
		if !first && !r.expect(',') {
			return
		}
		name := r.text()
		if !r.expect(':') {
			return
		}
		if !member(name) {
			r.skip()
		}
		if r.err != nil {
			return
		}
	}
}

// row copies a row, and returns the number of its values.
func (r *rowReader) row() (dimensions, metrics int) {
	start := len(r.out)
	r.out = append(r.out, '{')
	seenDimensions, seenMetrics := false, false
	r.members(func(name []byte) bool {
		switch {
		case !seenDimensions && string(name) == `"dimensionValues"`:
			seenDimensions = true
			dimensions = r.values(start, name)
		case !seenMetrics && string(name) == `"metricValues"`:
			seenMetrics = true
			metrics = r.values(start, name)
		default:
			return false
		}
		return true
	})
	r.out = append(r.out, '}')
	return dimensions, metrics
}

// values copies one member of a row that began at start.
func (r *rowReader) values(start int, name []byte) (n int) {
	if len(r.out) > start+1 {
		r.out = append(r.out, ',')
	}
	r.out = append(append(r.out, name...), ':')
	r.array(func() {
		n++
		r.value()
	})
	return n
}

// value copies {"value": "…"}.
func (r *rowReader) value() {
	r.out = append(r.out, '{')
	seen := false
	r.members(func(name []byte) bool {
		if seen || string(name) != `"value"` {
			return false
		}
		seen = true
		text := r.text()
		r.out = append(append(append(r.out, name...), ':'), text...)
		return true
	})
	r.out = append(r.out, '}')
}

// text reads a string and returns it with its quotes.
func (r *rowReader) text() []byte {
	if r.peek() != '"' {
		r.fail(errRows)
		return nil
	}
	start := r.at
	for r.at++; r.at < len(r.in); r.at++ {
		switch r.in[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			return r.in[start:r.at]
		}
	}
	r.fail(errRows)
	return nil
}

// skip reads any value.
func (r *rowReader) skip() {
	depth := 0
	for {
		switch r.peek() {
		case 0:
			r.fail(errRows)
			return
		case '"':
			r.text()
		case '{', '[':
			depth++
			r.at++
		case '}', ']':
			depth--
			r.at++
		case ',', ':':
			r.at++
			continue
		default:
			r.bare()
		}
		if depth == 0 || r.err != nil {
			return
		}
	}
}

// bare reads a number, true, false or null.
func (r *rowReader) bare() {
	for r.at < len(r.in) {
		switch r.in[r.at] {
		case ',', ':', '}', ']', ' ', '\t', '\n', '\r':
			return
		}
		r.at++
	}
}
