package report

import "strings"

// A FilterTerm is one test of a filter in the grammar of the Core Reporting API v3: a name, an operator and a value, as in
// country==New Zealand.
type FilterTerm struct {
	Field   string // empty if there is no operator
	Op      string // one of == != =@ !@ =~ !~ > < >= <=, or empty
	Value   string // without escapes; empty if there is no operator
	Written string // the whole term, with escapes
	At      int    // byte offset of Written in the filter
}

// filterOperators has the longest first, so that >= is not read as >.
var filterOperators = []string{"==", "!=", "=@", "!@", "=~", "!~", ">=", "<=", ">", "<"}

// ReadFilterTerms splits a filter at each ";" (AND) into groups, and these at each "," (OR, which binds tighter) into terms.
// In a value "\,", "\;" and "\\" stand for the character itself; any other backslash stays, since regular expressions are
// full of them. The caller must refuse terms without an operator and invalid names.
func ReadFilterTerms(s string) [][]FilterTerm {
	var groups [][]FilterTerm
	at := 0
	for _, and := range splitUnescaped(s, ';') {
		var group []FilterTerm
		for _, or := range splitUnescaped(and, ',') {
			group = append(group, readFilterTerm(or, at))
			at += len(or) + 1
		}
		groups = append(groups, group)
	}
	return groups
}

// splitUnescaped splits s at each sep that no backslash escapes.
func splitUnescaped(s string, sep byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func readFilterTerm(s string, at int) FilterTerm {
	t := FilterTerm{Written: s, At: at}
	start := strings.IndexAny(s, "=!<>")
	if start < 0 {
		return t
	}
	for _, op := range filterOperators {
		if value, ok := strings.CutPrefix(s[start:], op); ok {
			t.Field, t.Op, t.Value = strings.TrimSpace(s[:start]), op, filterUnescaper.Replace(value)
			break
		}
	}
	return t
}

var (
	filterUnescaper = strings.NewReplacer(`\\`, `\`, `\,`, `,`, `\;`, `;`)
	filterEscaper   = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `;`, `\;`)
)

// String writes the term so that ReadFilterTerms reads the same again.
func (t FilterTerm) String() string { return t.Field + t.Op + filterEscaper.Replace(t.Value) }
