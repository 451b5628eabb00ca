package ua

import (
	"errors"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// An Expr is a v3 filter: groups joined by AND, each of conditions joined by OR.
type Expr [][]Condition

// A Condition compares one field. Value is as meant, without escapes.
type Condition struct {
	Field string
	Op    string // one of == != =@ !@ =~ !~ > < >= <=
	Value string
}

// operators, longest first so that >= is not read as >.
var operators = []string{"==", "!=", "=@", "!@", "=~", "!~", ">=", "<=", ">", "<"}

// Bounds of what is read at all.
const (
	maxFilter     = 4096 // bytes
	maxConditions = 100
	maxRegexp     = 128 // characters: v3's own limit
)

// ParseFilter reads v3's filter grammar: conditions joined by "," (OR, which
// binds tighter) and ";" (AND). In a value "\,", "\;" and "\\" stand for the
// character itself; any other backslash stays, for regular expressions are full
// of them. The empty string is no filter.
func ParseFilter(s string) (Expr, error) {
	if len(s) > maxFilter {
		return nil, badParameter("filters", "The filter has %d bytes; at most %d are read.", len(s), maxFilter)
	}
	if !utf8.ValidString(s) {
		return nil, badParameter("filters", "The filter is not UTF-8.")
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var e Expr
	count := 0
	for _, and := range split(s, ';') {
		var group []Condition
		for _, or := range split(and, ',') {
			c, err := parseCondition(or)
			if err != nil {
				return nil, err
			}
			group = append(group, c)
			count++
		}
		e = append(e, group)
	}
	if count > maxConditions {
		return nil, badParameter("filters", "The filter has %d conditions; at most %d are read.", count, maxConditions)
	}
	return e, nil
}

// split cuts s at each sep that no backslash escapes.
func split(s string, sep byte) []string {
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

func parseCondition(s string) (Condition, error) {
	invalid := func() (Condition, error) {
		return Condition{}, badParameter("filters", "Invalid value '%s' for filters parameter.", cut(s))
	}
	at := strings.IndexAny(s, "=!<>")
	if at < 0 {
		return invalid()
	}
	c := Condition{Field: strings.TrimSpace(s[:at])}
	if !fieldPattern.MatchString(c.Field) {
		return invalid()
	}
	for _, op := range operators {
		if strings.HasPrefix(s[at:], op) {
			c.Op = op
			break
		}
	}
	if c.Op == "" {
		return invalid()
	}
	c.Value = unescape(s[at+len(c.Op):])
	return c, c.checkRegexp()
}

func (c Condition) checkRegexp() error {
	if c.Op != "=~" && c.Op != "!~" {
		return nil
	}
	if n := len([]rune(c.Value)); n > maxRegexp {
		return badParameter("filters", "The regular expression of %s has %d characters; a maximum of %d is allowed.", c.Field, n, maxRegexp)
	}
	if _, err := compile(c.Value); err != nil {
		why := "it cannot be read"
		var syntaxError *syntax.Error
		if errors.As(err, &syntaxError) {
			why = syntaxError.Code.String()
		}
		return badParameter("filters", "The regular expression of %s is not valid RE2: %s.", c.Field, why)
	}
	return nil
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

// String writes the filter so that ParseFilter reads the same again.
func (e Expr) String() string {
	var b strings.Builder
	for i, group := range e {
		if i > 0 {
			b.WriteByte(';')
		}
		for j, c := range group {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.Field + c.Op + escaper.Replace(c.Value))
		}
	}
	return b.String()
}
