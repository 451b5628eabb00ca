package report

import (
	"slices"
	"strings"
)

// A clause is a filter in canonical form.
type clause struct {
	op      byte     // one of the constants below
	members []clause // of a group: sorted, each once; of a negation: one
	bytes   string   // the encoding of the whole clause, unique to its meaning
}

const (
	opNone      = '0'
	opAnd       = '&'
	opOr        = '|'
	opNot       = '!'
	opCondition = '?'
)

// clause writes f so that filters that are true for the same rows by the laws
// of and, or and not (order, grouping, repetition, double negation) are written
// the same.
func (e *encoder) clause(f *Filter) {
	e.text(simplify(f).bytes)
}

func simplify(f *Filter) clause {
	switch {
	case f == nil:
		return clause{op: opNone, bytes: string(opNone)}
	case f.AndGroup != nil:
		return group(opAnd, f.AndGroup)
	case f.OrGroup != nil:
		return group(opOr, f.OrGroup)
	case f.Not != nil:
		return negate(simplify(f.Not))
	case f.Condition != nil:
		return condition(f.Condition)
	}
	return clause{op: opNone, bytes: string(opNone) + "{}"}
}

func group(op byte, list *FilterList) clause {
	var members []clause
	for _, f := range list.Expressions {
		c := simplify(f)
		if c.op == op {
			members = append(members, c.members...)
		} else {
			members = append(members, c)
		}
	}
	slices.SortFunc(members, func(a, b clause) int { return strings.Compare(a.bytes, b.bytes) })
	members = slices.CompactFunc(members, func(a, b clause) bool { return a.bytes == b.bytes })
	if len(members) == 1 {
		return members[0]
	}
	e := encoder{op}
	e.count(len(members))
	for _, m := range members {
		e.text(m.bytes)
	}
	return clause{op: op, members: members, bytes: string(e)}
}

func negate(c clause) clause {
	if c.op == opNot {
		return c.members[0]
	}
	e := encoder{opNot}
	e.text(c.bytes)
	return clause{op: opNot, members: []clause{c}, bytes: string(e)}
}

func condition(c *Condition) clause {
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
	return clause{op: opCondition, bytes: string(e)}
}

func (e *encoder) stringFilter(f StringFilter) {
	f.MatchType = either(f.MatchType, "EXACT")
	e.text("string")
	e.text(f.MatchType)
	e.flag(f.CaseSensitive)
	if !f.CaseSensitive && !strings.HasSuffix(f.MatchType, "REGEXP") {
		f.Value = fold(f.Value)
	}
	e.text(f.Value)
}

// inList writes a list as a set, and a list of one as the exact text it is.
func (e *encoder) inList(f *InListFilter) {
	values := slices.Clone(f.Values)
	if !f.CaseSensitive {
		for i, v := range values {
			values[i] = fold(v)
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
	e.count(len(values))
	for _, v := range values {
		e.text(v)
	}
}

// fold lowers A to Z only: whatever Google's rule for other letters is, a test that
// ignores case cannot tell these apart.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
