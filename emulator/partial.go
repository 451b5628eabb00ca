package emulator

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A mask is what the query parameter fields asks for, by name; "*" is any name.
// A nil mask asks for everything.
type mask map[string]mask

// parseMask reads a list such as rows(dimensionValues/value),rowCount.
func parseMask(s string) (mask, error) {
	p := &maskParser{src: s}
	m, ok := p.list(0)
	if !ok || p.src != "" {
		return nil, malformed(violation{"fields", "Invalid field mask: " + s})
	}
	return m, nil
}

type maskParser struct {
	src string // what is left
}

func (p *maskParser) take(c string) bool {
	rest, ok := strings.CutPrefix(p.src, c)
	p.src = rest
	return ok
}

func (p *maskParser) list(depth int) (mask, bool) {
	m := mask{}
	for {
		if !p.path(m, depth) {
			return nil, false
		}
		if !p.take(",") {
			return m, true
		}
	}
}

// path adds name, name/path or name(list) to m.
func (p *maskParser) path(m mask, depth int) bool {
	end := strings.IndexAny(p.src, ",/()")
	if end < 0 {
		end = len(p.src)
	}
	name := p.src[:end]
	p.src = p.src[end:]
	if name == "" || depth > maxDepth {
		return false
	}
	before, seen := m[name]
	inner, ok := mask(nil), true
	switch {
	case p.take("/"):
		inner = mask{}
		ok = p.path(inner, depth+1)
	case p.take("("):
		inner, ok = p.list(depth + 1)
		ok = ok && p.take(")")
	}
	if seen {
		inner = before.or(inner)
	}
	m[name] = inner
	return ok
}

// or returns the mask that asks for what either asks for.
func (m mask) or(other mask) mask {
	if m == nil || other == nil {
		return nil
	}
	for name, inner := range other {
		if mine, seen := m[name]; seen {
			inner = mine.or(inner)
		}
		m[name] = inner
	}
	return m
}

// cut removes what the mask does not ask for.
func (m mask) cut(n *node) {
	if m == nil {
		return
	}
	for _, item := range n.items {
		m.cut(item)
	}
	var kept []member
	for _, member := range n.members {
		inner, ok := m[member.name]
		if !ok {
			inner, ok = m["*"]
		}
		if ok {
			inner.cut(member.value)
			kept = append(kept, member)
		}
	}
	n.members = kept
}

// partial returns the parts of a JSON text that the mask asks for; text that is
// no JSON stays as it is.
func (m mask) partial(text []byte) []byte {
	n, err := parseJSON(string(text))
	if err != nil {
		return text
	}
	m.cut(n)
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

// write writes compact JSON.
func (n *node) write(b *bytes.Buffer) {
	switch n.kind {
	case jsonObject:
		b.WriteByte('{')
		for i, m := range n.members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeQuoted(b, m.name)
			b.WriteByte(':')
			m.value.write(b)
		}
		b.WriteByte('}')
	case jsonArray:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case jsonString:
		writeQuoted(b, n.text)
	default:
		b.WriteString(n.text)
	}
}

func writeQuoted(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.Encode(s)           // a string into memory: cannot fail
	b.Truncate(b.Len() - 1) // the line feed that Encode adds
}
