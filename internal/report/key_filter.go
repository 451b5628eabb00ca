package report

import (
	"cmp"
	"slices"
	"strings"
)

// A canonicalFilter is a filter in canonical form.
type canonicalFilter struct {
	op      byte              // one of the constants below
	members []canonicalFilter // of a group: sorted, each once; of a negation: one
	bytes   string            // the encoding of the whole filter, unique to its meaning
}

const (
	opNone      = '0'
	opAnd       = '&'
	opOr        = '|'
	opNot       = '!'
	opCondition = '?'
)

// filter appends the canonical form of f: filters that are true for the same rows by the laws of and, or and not (order,
// grouping, repetition, double negation) have the same bytes.
func (e *encoder) filter(f *Filter) {
	e.text(canonical(f).bytes)
}

func canonical(f *Filter) canonicalFilter {
	switch {
	case f == nil:
		return canonicalFilter{op: opNone, bytes: string(opNone)}
	case f.AndGroup != nil:
		return canonicalGroup(opAnd, f.AndGroup)
	case f.OrGroup != nil:
		return canonicalGroup(opOr, f.OrGroup)
	case f.Not != nil:
		return negate(canonical(f.Not))
	case f.Condition != nil:
		return canonicalCondition(f.Condition)
	}
	return canonicalFilter{op: opNone, bytes: string(opNone) + "{}"}
}

func canonicalGroup(op byte, group *FilterList) canonicalFilter {
	var members []canonicalFilter
	for _, f := range group.Expressions {
		if c := canonical(f); c.op == op {
			members = append(members, c.members...)
		} else {
			members = append(members, c)
		}
	}
	slices.SortFunc(members, func(a, b canonicalFilter) int { return strings.Compare(a.bytes, b.bytes) })
	members = slices.CompactFunc(members, func(a, b canonicalFilter) bool { return a.bytes == b.bytes })
	if len(members) == 1 {
		return members[0]
	}
	e := encoder{op}
	list(&e, members, func(m canonicalFilter) { e.text(m.bytes) })
	return canonicalFilter{op: op, members: members, bytes: string(e)}
}

func negate(c canonicalFilter) canonicalFilter {
	if c.op == opNot {
		return c.members[0]
	}
	e := encoder{opNot}
	e.text(c.bytes)
	return canonicalFilter{op: opNot, members: []canonicalFilter{c}, bytes: string(e)}
}

func canonicalCondition(c *Condition) canonicalFilter {
	e := encoder{opCondition}
	e.text(c.FieldName)
	switch {
	case c.InList != nil:
		e.inList(c.InList)
	case c.String != nil:
		e.stringFilter(*c.String)
	case c.Numeric != nil:
		e.text("numeric")
		e.text(c.Numeric.Operation)
		e.value(c.Numeric.Value)
	case c.Between != nil:
		e.text("between")
		e.value(c.Between.FromValue)
		e.value(c.Between.ToValue)
	case c.Empty != nil:
		e.text("empty")
	}
	return canonicalFilter{op: opCondition, bytes: string(e)}
}

func (e *encoder) stringFilter(f StringFilter) {
	f.MatchType = cmp.Or(f.MatchType, "EXACT")
	e.text("string")
	e.text(f.MatchType)
	e.flag(f.CaseSensitive)
	if !f.CaseSensitive && !strings.HasSuffix(f.MatchType, "REGEXP") {
		f.Value = lowerASCII(f.Value)
	}
	e.text(f.Value)
}

// inList appends the values as a set, and a single value as the exact text that it equals.
func (e *encoder) inList(f *InListFilter) {
	values := slices.Clone(f.Values)
	if !f.CaseSensitive {
		for i, v := range values {
			values[i] = lowerASCII(v)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	if len(values) == 1 {
		e.stringFilter(StringFilter{Value: values[0], CaseSensitive: f.CaseSensitive})
		return
	}
	e.text("in")
	e.flag(f.CaseSensitive)
	e.texts(values)
}

// lowerASCII lowers A to Z only: whatever Google's rule for other letters is, a filter that ignores case cannot tell these
// apart.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
