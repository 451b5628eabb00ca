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

// byteOrderMark begins a CSV file: without it Excel reads UTF-8 in a regional code page. Other spreadsheets, pandas and
// readr skip it.
const byteOrderMark = "\ufeff"

var errNoTable = errors.New("report: the body is not a table")

// CSV returns the rows of a report's body as a file for spreadsheets: RFC 4180, in UTF-8 with a byte order mark. The first
// line holds the API names, of dimensions first. Totals are left out, since a sum over a column would count them twice.
//
// No cell can become a formula, see appendGuarded. Metrics that are numbers stay so, negative ones too.
func CSV(body []byte) ([]byte, error) {
	var t struct {
		Dimensions []tableHeader   `json:"dimensionHeaders"`
		Metrics    []tableHeader   `json:"metricHeaders"`
		Rows       json.RawMessage `json:"rows"`
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

// A lineWriter writes cells and lines of CSV.
type lineWriter struct {
	out     []byte
	cells   int    // in the current line
	guarded []byte // buffer for the current cell
}

func (w *lineWriter) row(row *Row) {
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

// cell writes a cell that cannot become a formula.
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
	w.out = append(w.out, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
	w.out = append(w.out, '"')
}

func (w *lineWriter) end() {
	w.out, w.cells = append(w.out, '\r', '\n'), 0
}

// needsQuotes reports whether a cell must be quoted: also an empty one, since it may be the whole line, and one with ; or
// TAB, which separate cells in some locales and settings.
func needsQuotes(text []byte) bool {
	return len(text) == 0 || bytes.ContainsAny(text, "\",;\t\r\n") || text[0] == ' ' || text[len(text)-1] == ' '
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func isNumber(text string) bool { return number.MatchString(text) }

// signs begin a formula in some spreadsheet: those of OWASP's "CSV Injection", full-width ones included, and the small ones,
// which are equivalent by Unicode's NFKC.
const signs = "=+-@＝＋－＠﹦﹢﹣﹫"

// appendGuarded appends text with an apostrophe, the spreadsheets' escape, before whatever could become a formula: at the
// beginning, and after everything that ends a cell or a line in some locale, even within quotes, which for that locale begin
// in the middle of a cell.
func appendGuarded(out, text []byte) []byte {
	begin, done := 0, 0 // begin: where a cell may begin, or -1; done: how much is copied
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

// isBlank reports whether spreadsheets may skip a character before a formula.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
