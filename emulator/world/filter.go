package world

import "fmt"

// A mask tells which events of a block pass: out has one element per event.
type mask interface {
	apply(from int, out []bool)
}

// filterFor compiles an expression for one range.
func (q *query) filterFor(x Expr, start int) (mask, error) {
	switch x := x.(type) {
	case And:
		return q.group(x, start, true)
	case Or:
		return q.group(x, start, false)
	case Not:
		inner, err := q.filterFor(x.X, start)
		return notMask{inner}, err
	case Match:
		return q.match(x, start)
	case nil:
		return nil, fmt.Errorf("a filter has a nil expression; leave it out or give it a Match")
	}
	return nil, fmt.Errorf("a filter has the expression %T; use And, Or, Not or Match", x)
}

func (q *query) group(xs []Expr, start int, all bool) (mask, error) {
	g := groupMask{all: all}
	for _, x := range xs {
		m, err := q.filterFor(x, start)
		if err != nil {
			return nil, err
		}
		g.members = append(g.members, m)
	}
	return g, nil
}

func (q *query) match(x Match, start int) (mask, error) {
	a, err := q.attribute(x.Dimension, start)
	if err != nil {
		return nil, err
	}
	if x.Test == nil {
		return nil, fmt.Errorf("the filter on %s has no Test", x.Dimension)
	}
	key := matchKey{q.matches, x.Dimension}
	q.matches++
	if q.known[key] == nil {
		q.known[key] = map[string]bool{}
	}
	return &matchMask{q: q, attribute: a, test: x.Test, known: q.known[key], codes: make([]uint32, blockSize), seen: map[uint32]bool{}}, nil
}

// matchKey names one Match of the expression across the ranges of a query.
type matchKey struct {
	position  int
	dimension string
}

// matchMask memoizes Test: by value across ranges, by code within one.
type matchMask struct {
	q *query
	attribute
	test  func(string) bool
	known map[string]bool
	codes []uint32
	seen  map[uint32]bool
	small []int8 // for attributes of few codes: 0 unknown, 1 passes, -1 does not
}

func (m *matchMask) apply(from int, out []bool) {
	codes := m.codes[:len(out)]
	m.q.read(m.attribute, from, codes)
	if m.size > 1<<16 {
		for i, code := range codes {
			pass, ok := m.seen[code]
			if !ok {
				pass = m.ask(code)
				m.seen[code] = pass
			}
			out[i] = pass
		}
		return
	}
	if m.small == nil {
		m.small = make([]int8, m.size)
	}
	for i, code := range codes {
		if m.small[code] == 0 {
			m.small[code] = -1
			if m.ask(code) {
				m.small[code] = 1
			}
		}
		out[i] = m.small[code] > 0
	}
}

func (m *matchMask) ask(code uint32) bool {
	value := m.value(code)
	pass, ok := m.known[value]
	if !ok {
		pass = m.test(value)
		m.known[value] = pass
	}
	return pass
}

type notMask struct{ inner mask }

func (n notMask) apply(from int, out []bool) {
	n.inner.apply(from, out)
	for i := range out {
		out[i] = !out[i]
	}
}

// groupMask is And, or Or, of its members.
type groupMask struct {
	members []mask
	all     bool
}

func (g groupMask) apply(from int, out []bool) {
	for i := range out {
		out[i] = g.all
	}
	var block [blockSize]bool
	for _, m := range g.members {
		m.apply(from, block[:len(out)])
		for i, pass := range block[:len(out)] {
			if g.all {
				out[i] = out[i] && pass
			} else {
				out[i] = out[i] || pass
			}
		}
	}
}
