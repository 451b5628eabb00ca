package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
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
		w.text(d.Name)
	}
	for _, m := range t.Metrics {
		w.text(m.Name)
	}
	w.end()
	for row, err := range rowsOf(t.Rows) {
		if err != nil || len(row.Dimensions) != len(t.Dimensions) || len(row.Metrics) != len(t.Metrics) {
			return nil, errors.Join(errNoTable, err)
		}
		w.row(row)
	}
	return w.out, nil
}

// A csvRow is a row of a report. A value that is absent is empty.
type csvRow struct {
	Dimensions []struct{ Value string } `json:"dimensionValues"`
	Metrics    []struct{ Value string } `json:"metricValues"`
}

// rowsOf decodes rows one by one, into the same row.
func rowsOf(rows []byte) iter.Seq2[*csvRow, error] {
	return func(yield func(*csvRow, error) bool) {
		dec := json.NewDecoder(bytes.NewReader(rows))
		dec.DisallowUnknownFields()
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			if len(rows) > 0 && t != nil { // null and nothing are no rows
				yield(nil, errNoTable)
			}
			return
		}
		var row csvRow
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

// A lineWriter writes cells and lines of CSV.
type lineWriter struct {
	out     []byte
	cells   int    // of the line so far
	guarded []byte // of the cell at work
}

func (w *lineWriter) row(row *csvRow) {
	for _, d := range row.Dimensions {
		w.text(d.Value)
	}
	for _, m := range row.Metrics {
		if isNumber(m.Value) {
			w.cell([]byte(m.Value))
		} else {
			w.text(m.Value)
		}
	}
	w.end()
}

func (w *lineWriter) text(text string) {
	w.guarded = appendGuarded(w.guarded[:0], []byte(text))
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

func isNumber(text string) bool { return number.MatchString(text) }

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
