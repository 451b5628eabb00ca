package ua

import (
	"errors"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/oriel-server/oriel/internal/report"
)

// An Expr is a v3 filter: groups joined by AND, each of conditions joined by OR.
type Expr [][]Condition

// A Condition compares one field. Value is as meant, without escapes.
type Condition struct {
	Field string
	Op    string // one of == != =@ !@ =~ !~ > < >= <=
	Value string
}

// Bounds of what is read at all.
const (
	maxFilter     = 4096 // bytes
	maxConditions = 100
	maxRegexp     = 128 // characters: v3's own limit
)

// ParseFilter reads v3's filter grammar, which report.ReadFilterTerms describes.
// The empty string is no filter.
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
	for _, comparisons := range report.ReadFilterTerms(s) {
		var group []Condition
		for _, written := range comparisons {
			c, err := readCondition(written)
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

func readCondition(written report.FilterTerm) (Condition, error) {
	if written.Op == "" || !fieldPattern.MatchString(written.Field) {
		return Condition{}, badParameter("filters", "Invalid value '%s' for filters parameter.", report.Truncate(written.Written))
	}
	c := Condition{Field: written.Field, Op: written.Op, Value: written.Value}
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
			b.WriteString(report.FilterTerm{Field: c.Field, Op: c.Op, Value: c.Value}.String())
		}
	}
	return b.String()
}
