package ua

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A mask is the fields of a partial response, each with the mask of what is in
// it; nil is everything. "*" stands for any name.
type mask map[string]mask

var maskName = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9:_-]*)`)

// maxMask bounds the bytes of a mask.
const maxMask = 1024

// parseMask reads Google's fields parameter: a,b/c,d(e,f). Empty is everything.
func parseMask(s string) (mask, error) {
	if s == "" {
		return nil, nil
	}
	p := &maskParser{rest: strings.ReplaceAll(s, " ", "")}
	m := mask{}
	if len(s) > maxMask || !p.list(m) || p.rest != "" {
		return nil, badParameter("fields", "Invalid field selection %s", report.Brief(s))
	}
	return m, nil
}

type maskParser struct {
	rest string
}

func (p *maskParser) take(c string) bool {
	var ok bool
	p.rest, ok = strings.CutPrefix(p.rest, c)
	return ok
}

func (p *maskParser) list(into mask) bool {
	for p.item(into) {
		if !p.take(",") {
			return true
		}
	}
	return false
}

func (p *maskParser) item(into mask) bool {
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
		inner = mask{}
	}
	if !seen || known != nil { // nil already lets everything through
		into[name] = inner
	}
	if nested {
		return p.item(inner)
	}
	return p.list(inner) && p.take(")")
}

// of returns the mask of a member, and whether the member is wanted.
func (m mask) of(name string) (mask, bool) {
	if m == nil {
		return nil, true
	}
	inner, ok := m[name]
	if !ok {
		inner, ok = m["*"]
	}
	return inner, ok
}

// apply returns the members of a JSON value that the mask lets through, in their
// order. Of an array it applies to each element.
func (m mask) apply(b []byte) []byte {
	if m == nil {
		return b
	}
	var out bytes.Buffer
	dec := json.NewDecoder(bytes.NewReader(b))
	switch b[0] {
	case '{':
		m.object(dec, &out)
	case '[':
		m.array(dec, &out)
	default:
		return b
	}
	return out.Bytes()
}

// object copies members. What it reads is JSON that this package wrote.
func (m mask) object(dec *json.Decoder, out *bytes.Buffer) {
	_, _ = dec.Token()
	out.WriteByte('{')
	for first := true; dec.More(); {
		name, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		inner, wanted := m.of(name.(string))
		if !wanted {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.Write(encode(name))
		out.WriteByte(':')
		out.Write(inner.apply(value))
	}
	out.WriteByte('}')
}

func (m mask) array(dec *json.Decoder, out *bytes.Buffer) {
	_, _ = dec.Token()
	out.WriteByte('[')
	for first := true; dec.More(); first = false {
		var value json.RawMessage
		_ = dec.Decode(&value)
		if !first {
			out.WriteByte(',')
		}
		out.Write(m.apply(value))
	}
	out.WriteByte(']')
}
