package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// byteOrderMark begins a CSV file: without it Excel reads UTF-8 as the code page of
// the reader's country. Other spreadsheets, pandas and readr skip it.
const byteOrderMark = "\ufeff"

var errNoTable = errors.New("report: a body that is not a table")

// CSV returns the rows of a report's body as a file for spreadsheets: RFC 4180, in
// UTF-8 with a byte order mark. The first line holds the API names, of dimensions
// first. Totals are left out: whoever adds up a column would count them twice.
//
// No cell can become a formula, see appendGuarded. Metrics stay numbers, negative
// ones too, as long as they are numbers.
func CSV(body []byte) ([]byte, error) {
	var t struct {
		Dimensions []struct{ Name string } `json:"dimensionHeaders"`
		Metrics    []struct{ Name string } `json:"metricHeaders"`
		Rows       json.RawMessage         `json:"rows"`
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, errors.Join(errNoTable, err)
	}
	w := lineWriter{out: append(make([]byte, 0, len(body)/2), byteOrderMark...)}
	for _, d := range t.Dimensions {
		w.text([]byte(d.Name))
	}
	for _, m := range t.Metrics {
		w.text([]byte(m.Name))
	}
	w.end()
	r := rowScanner{in: t.Rows, dimensions: make([][]byte, 0, len(t.Dimensions)), metrics: make([][]byte, 0, len(t.Metrics))}
	for r.next() {
		if len(r.dimensions) != len(t.Dimensions) || len(r.metrics) != len(t.Metrics) {
			return nil, errNoTable
		}
		w.row(r.dimensions, r.metrics)
	}
	return w.out, r.err
}

// A lineWriter writes cells and lines of CSV.
type lineWriter struct {
	out     []byte
	cells   int    // of the line so far
	guarded []byte // of the cell at work
}

func (w *lineWriter) row(dimensions, metrics [][]byte) {
	for _, d := range dimensions {
		w.text(d)
	}
	for _, m := range metrics {
		if isNumber(m) {
			w.cell(m)
		} else {
			w.text(m)
		}
	}
	w.end()
}

func (w *lineWriter) text(text []byte) {
	w.guarded = appendGuarded(w.guarded[:0], text)
	w.cell(w.guarded)
}

// cell writes what needs no guard any more.
func (w *lineWriter) cell(text []byte) {
	if w.cells > 0 {
		w.out = append(w.out, ',')
	}
	w.cells++
	if !needsQuotes(text) {
		w.out = append(w.out, text...)
		return
	}
	w.out = append(w.out, '"')
	for {
		before, after, found := bytes.Cut(text, []byte{'"'})
		w.out = append(w.out, before...)
		if !found {
			break
		}
		w.out, text = append(w.out, `""`...), after
	}
	w.out = append(w.out, '"')
}

func (w *lineWriter) end() {
	w.out, w.cells = append(w.out, '\r', '\n'), 0
}

// needsQuotes reports whether a cell must stand in quotes. An empty one must, for
// a line of nothing else would be taken for none. ; and TAB part cells for
// spreadsheets of some countries and settings.
func needsQuotes(text []byte) bool {
	return len(text) == 0 || bytes.ContainsAny(text, "\",;\t\r\n") || text[0] == ' ' || text[len(text)-1] == ' '
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func isNumber(text []byte) bool { return number.Match(text) }

// signs begin a formula in some spreadsheet: OWASP's "CSV Injection" lists them,
// with the full-width ones; the small ones mean the same to Unicode (NFKC).
const signs = "=+-@＝＋－＠﹦﹢﹣﹫"

// appendGuarded appends a text in which an apostrophe stands before whatever a
// spreadsheet could take for a formula, as people write one to keep it a text:
// at its beginning, and behind everything that spreadsheets of other countries
// take for the end of a cell or a line, even in quotes that for them begin in the
// middle of a cell.
func appendGuarded(out, text []byte) []byte {
	begin, done := 0, 0 // begin is where a cell may begin, or -1; done is copied
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		separates := r == ';' || r == '\t' || r == '\r' || r == '\n'
		switch {
		case begin >= 0 && strings.ContainsRune(signs, r), i == 0 && separates && r != ';':
			out = append(append(out, text[done:begin]...), '\'')
			done, begin = begin, -1
		case r == '"' && begin > 0, isBlank(r):
		default:
			begin = -1
		}
		i += size
		if separates {
			begin = i
		}
	}
	return append(out, text[done:]...)
}

// isBlank reports whether spreadsheets may skip a character before they look for
// a formula.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// A rowScanner reads rows one by one, decoding nothing but their values. The
// syntax of what it reads was checked, so that only the shape is in doubt.
type rowScanner struct {
	in  []byte
	at  int
	err error
	// The last row. Its values lie in what is read, where they are written plainly.
	dimensions, metrics [][]byte
}

// next reads a row, and reports whether there was one.
func (s *rowScanner) next() bool {
	if s.at == 0 && !s.list() {
		return false
	}
	if c := s.sign(); c == ']' || !s.is(c, '{') {
		return false
	}
	s.dimensions, s.metrics = s.dimensions[:0], s.metrics[:0]
	for c := s.sign(); c != '}' && s.is(c, '"'); c = s.sign() {
		switch string(s.string()) {
		case "dimensionValues":
			s.dimensions = s.values(s.dimensions)
		case "metricValues":
			s.metrics = s.values(s.metrics)
		default:
			s.err = errNoTable
		}
	}
	return s.err == nil
}

// values reads [{"value": "…"}, …]. A value that is absent is empty.
func (s *rowScanner) values(into [][]byte) [][]byte {
	if !s.list() {
		return into
	}
	for c := s.sign(); c != ']' && s.is(c, '{'); c = s.sign() {
		var value []byte
		for c := s.sign(); c != '}' && s.is(c, '"'); c = s.sign() {
			if string(s.string()) != "value" || !s.take('"') {
				s.err = errNoTable
				return into
			}
			value = s.string()
		}
		into = append(into, value)
	}
	return into
}

// list begins an array, and reports whether there is one: null and nothing are
// none.
func (s *rowScanner) list() bool {
	if len(s.in) == 0 {
		return false
	}
	c := s.sign()
	if c == 'n' {
		s.at += len("ull")
		return false
	}
	return s.is(c, '[')
}

// take consumes the sign that must come.
func (s *rowScanner) take(want byte) bool { return s.is(s.sign(), want) }

func (s *rowScanner) is(c, want byte) bool {
	if s.err == nil && c != want {
		s.err = errNoTable
	}
	return s.err == nil
}

// sign consumes the next byte that is neither white space nor between two values,
// and returns it; 0 at the end.
func (s *rowScanner) sign() byte {
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ',' && c != ':' {
			return c
		}
	}
	return 0
}

// string reads a string of which sign has consumed the first quote.
func (s *rowScanner) string() []byte {
	start, plain := s.at, true
	for s.in[s.at] != '"' {
		if s.in[s.at] == '\\' {
			s.at, plain = s.at+1, false
		}
		s.at++
	}
	s.at++
	if raw := s.in[start : s.at-1]; plain && utf8.Valid(raw) {
		return raw
	}
	var text string
	if err := json.Unmarshal(s.in[start-1:s.at], &text); err != nil {
		s.err = errors.Join(errNoTable, err)
	}
	return []byte(text)
}
