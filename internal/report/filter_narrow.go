package report

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// Narrows reports whether f holds a positive, non-empty condition in every branch: rows that lack the values it names do not
// match. An exclusion, an open range, an empty value and a regular expression such as .* do not narrow.
func (f *Filter) Narrows() bool {
	return f.requires((*Condition).names)
}

// Requires reports whether f narrows by the field: rows match by the field's values that f names, and by no others.
func (f *Filter) Requires(field string) bool {
	return f.requires(func(c *Condition) bool { return c.FieldName == field && c.names() })
}

// requires reports whether every row that f matches fulfils a condition that counts.
func (f *Filter) requires(counts func(*Condition) bool) bool {
	requires := func(member *Filter) bool { return member.requires(counts) }
	switch {
	case f == nil:
		return false
	case f.Condition != nil:
		return counts(f.Condition)
	case f.AndGroup != nil:
		return slices.ContainsFunc(f.AndGroup.Expressions, requires)
	case f.OrGroup != nil:
		members := f.OrGroup.Expressions
		return len(members) > 0 && !slices.ContainsFunc(members, func(m *Filter) bool { return !requires(m) })
	}
	return false // a notExpression matches all but what it names
}

// names reports whether a condition names the values that it is true for.
func (c *Condition) names() bool {
	switch {
	case c.String != nil:
		return c.String.names()
	case c.InList != nil:
		return len(c.InList.Values) > 0 && !slices.ContainsFunc(c.InList.Values, blank)
	case c.Numeric != nil:
		return c.Numeric.Operation == "EQUAL"
	}
	return false
}

func (f *StringFilter) names() bool {
	if !strings.HasSuffix(f.MatchType, "REGEXP") {
		return !blank(f.Value)
	}
	re, err := syntax.Parse(f.Value, syntax.Perl)
	return err == nil && namesText(re)
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// maxNamed is how many characters a class of a regular expression names; a larger one, such as \d or [^x], is open.
const maxNamed = 4

// namesText reports whether all that a regular expression matches contains text that the expression names.
func namesText(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return !blank(string(re.Rune))
	case syntax.OpCharClass:
		return classSize(re.Rune) <= maxNamed
	case syntax.OpCapture, syntax.OpPlus:
		return namesText(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min > 0 && namesText(re.Sub[0])
	case syntax.OpConcat:
		return slices.ContainsFunc(re.Sub, namesText)
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(branch *syntax.Regexp) bool { return !namesText(branch) })
	}
	return false
}

// classSize counts the characters of a class, which is written as pairs of first and last.
func classSize(class []rune) (n rune) {
	for i := 0; i+1 < len(class); i += 2 {
		n += class[i+1] - class[i] + 1
	}
	return n
}
