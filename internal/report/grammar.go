package report

import "strings"

// A Comparison is one test of a filter in the grammar of the Core Reporting API
// v3: a name, an operator and a value, as in country==New Zealand.
type Comparison struct {
	Field string
	// Op is one of == != =@ !@ =~ !~ > < >= <=; empty when Written has none, and
	// then Field and Value are too.
	Op string
	// Value is as meant, without escapes.
	Value string
	// Written is the whole comparison, with escapes, At how many bytes of the filter
	// stand before it.
	Written string
	At      int
}

// comparers, longest first so that >= is not read as >.
var comparers = []string{"==", "!=", "=@", "!@", "=~", "!~", ">=", "<=", ">", "<"}

// ReadComparisons cuts a filter at each ";" (AND) into groups, and these at each
// "," (OR, which binds tighter) into comparisons. In a value "\,", "\;" and "\\"
// stand for the character itself; any other backslash stays, for regular
// expressions are full of them. Nothing is checked: a comparison without an
// operator, or with a name that is none, is for the caller to refuse.
func ReadComparisons(s string) [][]Comparison {
	var groups [][]Comparison
	at := 0
	for _, and := range splitUnescaped(s, ';') {
		var group []Comparison
		for _, or := range splitUnescaped(and, ',') {
			group = append(group, readComparison(or, at))
			at += len(or) + 1
		}
		groups = append(groups, group)
	}
	return groups
}

// splitUnescaped cuts s at each sep that no backslash escapes.
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

func readComparison(s string, at int) Comparison {
	c := Comparison{Written: s, At: at}
	cut := strings.IndexAny(s, "=!<>")
	if cut < 0 {
		return c
	}
	for _, op := range comparers {
		if value, ok := strings.CutPrefix(s[cut:], op); ok {
			c.Field, c.Op, c.Value = strings.TrimSpace(s[:cut]), op, unescape(value)
			break
		}
	}
	return c
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`,;\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `;`, `\;`)

// String writes the comparison so that ReadComparisons reads the same again.
func (c Comparison) String() string { return c.Field + c.Op + escaper.Replace(c.Value) }
