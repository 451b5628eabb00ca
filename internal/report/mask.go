package report

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Mask selects the members of a partial response, each with the mask of its own members; nil selects everything. "*"
// matches any name.
type Mask map[string]Mask

var maskName = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9:_-]*)`)

// maxMask bounds the bytes of a mask.
const maxMask = 1024

var errMask = errors.New("not a selection of fields: write names, as in rows(metricValues),rowCount")

// ParseMask parses Google's fields parameter: a,b/c,d(e,f). Empty selects everything.
func ParseMask(s string) (Mask, error) {
	if s == "" {
		return nil, nil
	}
	p := &maskParser{rest: strings.ReplaceAll(s, " ", "")}
	m := Mask{}
	if len(s) > maxMask || !p.list(m) || p.rest != "" {
		return nil, errMask
	}
	return m, nil
}

// MustMask is ParseMask for constants; it panics on errors.
func MustMask(s string) Mask {
	m, err := ParseMask(s)
	if err != nil {
		panic(fmt.Sprintf("report: the mask %s: %v", s, err))
	}
	return m
}

// Unknown returns the first path in m, by name, that a response with these members cannot have; empty if there is none. In
// members, x/* has members of any name, and x has none.
func (m Mask) Unknown(members Mask) string {
	if _, open := members["*"]; open {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		inner := m[name]
		below, ok := members[name]
		switch {
		case name == "*" && inner.fitsAny(members):
			continue
		case !ok:
			return name
		}
		if unknown := inner.Unknown(below); unknown != "" {
			return name + "/" + unknown
		}
	}
	return ""
}

// Missing is Unknown for a response that may have members besides these.
func (m Mask) Missing(members Mask, answer []byte) string {
	for {
		unknown := m.Unknown(members)
		path := strings.Split(unknown, "/")
		if unknown == "" || !has(answer, path) {
			return unknown
		}
		members = members.with(path)
	}
}

// has reports whether a JSON value has a member at path; in an array, whether any element does.
func has(answer []byte, path []string) bool {
	before, last := path[:len(path)-1], path[len(path)-1]
	return last != "*" && !slices.Contains(before, last) && bytes.Contains(Mask{}.with(path).Apply(answer), []byte(`"`+last+`":`))
}

// with returns the members and one more at path, with members of any name.
func (m Mask) with(path []string) Mask {
	if len(path) == 0 {
		return Mask{"*": nil}
	}
	more := maps.Clone(m)
	if more == nil {
		more = Mask{}
	}
	more[path[0]] = more[path[0]].with(path[1:])
	return more
}

// fitsAny reports whether one of the members can have all that m names.
func (m Mask) fitsAny(members Mask) bool {
	for _, below := range members {
		if m.Unknown(below) == "" {
			return true
		}
	}
	return false
}

type maskParser struct {
	rest string
}

func (p *maskParser) take(c string) bool {
	var ok bool
	p.rest, ok = strings.CutPrefix(p.rest, c)
	return ok
}

func (p *maskParser) list(into Mask) bool {
	for p.item(into) {
		if !p.take(",") {
			return true
		}
	}
	return false
}

func (p *maskParser) item(into Mask) bool {
	name := maskName.FindString(p.rest)
	if name == "" {
		return false
	}
	p.rest = p.rest[len(name):]
	nested := p.take("/")
	group := !nested && p.take("(")
	known, seen := into[name]
	if !nested && !group {
		into[name] = nil
		return true
	}
	inner := known
	if inner == nil {
		inner = Mask{}
	}
	if !seen || known != nil { // nil already selects everything
		into[name] = inner
	}
	if nested {
		return p.item(inner)
	}
	return p.list(inner) && p.take(")")
}

// of returns the mask of a member, and whether m selects it.
func (m Mask) of(name string) (Mask, bool) {
	if m == nil {
		return nil, true
	}
	inner, ok := m[name]
	if !ok {
		inner, ok = m["*"]
	}
	return inner, ok
}

// Apply returns a JSON value with only the members that m selects, in their order; of an array, in each element. The value
// must be valid; it is scanned once, not decoded.
func (m Mask) Apply(b []byte) []byte {
	if m == nil {
		return b
	}
	c := &maskCopier{in: b, out: make([]byte, 0, len(b)/2)}
	c.value(m, true)
	return c.out
}

// A maskCopier copies JSON from in to out.
type maskCopier struct {
	in  []byte
	at  int
	out []byte
}

// peek returns the next byte that is not white space; 0 at the end.
func (c *maskCopier) peek() byte {
	for c.at < len(c.in) {
		switch b := c.in[c.at]; b {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return b
		}
	}
	return 0
}

// value reads a value, and copies what m selects if it is wanted.
func (c *maskCopier) value(m Mask, wanted bool) {
	first := c.peek()
	if !wanted || m == nil || first != '{' && first != '[' {
		start := c.at
		c.skip()
		if wanted {
			c.out = append(c.out, c.in[start:c.at]...)
		}
		return
	}
	c.at++
	c.out = append(c.out, first)
	if first == '{' {
		c.members(m)
	} else {
		c.elements(m)
	}
}

func (c *maskCopier) members(m Mask) {
	none := true
	for next := c.peek(); next != '}' && next != 0; next = c.peek() {
		if next == ',' {
			c.at++
			continue
		}
		start := c.at
		c.skip()
		name := c.in[start:c.at]
		if c.peek() == ':' {
			c.at++
		}
		inner, wanted := m.of(strings.Trim(string(name), `"`))
		if wanted {
			if !none {
				c.out = append(c.out, ',')
			}
			none = false
			c.out = append(append(c.out, name...), ':')
		}
		c.value(inner, wanted)
	}
	c.at++
	c.out = append(c.out, '}')
}

func (c *maskCopier) elements(m Mask) {
	for next := c.peek(); next != ']' && next != 0; next = c.peek() {
		if next == ',' {
			c.at++
			c.out = append(c.out, ',')
			continue
		}
		c.value(m, true)
	}
	c.at++
	c.out = append(c.out, ']')
}

// skip reads past one value.
func (c *maskCopier) skip() {
	depth := 0
	for c.at < len(c.in) {
		switch c.in[c.at] {
		case '"':
			c.text()
			if depth == 0 {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				c.at++
				return
			}
			if depth < 0 {
				return // the end of the enclosing value
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return // the end of a number, true, false or null
			}
		}
		c.at++
	}
}

// text reads past a string.
func (c *maskCopier) text() {
	for c.at++; c.at < len(c.in) && c.in[c.at] != '"'; c.at++ {
		if c.in[c.at] == '\\' {
			c.at++
		}
	}
	c.at = min(c.at+1, len(c.in))
}
