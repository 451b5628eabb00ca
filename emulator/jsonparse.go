package emulator

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Google's front end reads JSON with a parser of its own: it is laxer than
// RFC 8259 (single quotes, bare keys, trailing commas), and its messages show
// the place. This one takes the same and says the same.

type jsonKind int

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonObject
	jsonArray
)

// A node is a JSON value that still knows the order of its members.
type node struct {
	kind    jsonKind
	text    string // of a string, number or bool
	members []member
	items   []*node
}

type member struct {
	name  string
	value *node
}

// quoted is how messages show a value.
func (n *node) quoted() string {
	if n.kind == jsonString {
		return `"` + n.text + `"`
	}
	if n.kind == jsonNull {
		return "null"
	}
	return n.text
}

// maxDepth is how deep messages may be nested.
const maxDepth = 100

type jsonParser struct {
	src string
	pos int
}

func parseJSON(src string) (*node, error) {
	p := &jsonParser{src: src}
	if !utf8.ValidString(src) {
		return nil, errors.New("Encountered non UTF-8 code points.") //nolint:staticcheck // Google's text
	}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.src) {
		return nil, p.fail("Parsing terminated before end of input.")
	}
	return n, nil
}

// fail shows 20 bytes before and after the place, and a caret under it.
func (p *jsonParser) fail(message string) error {
	const context = 20
	begin, end := max(0, p.pos-context), min(len(p.src), p.pos+context)
	return errors.New(message + "\n" + strings.ToValidUTF8(p.src[begin:end], "") + "\n" + strings.Repeat(" ", p.pos-begin) + "^")
}

// missing is fail, for something that may be missing because the text ends.
func (p *jsonParser) missing(message string) error {
	if p.pos >= len(p.src) {
		message = "Unexpected end of string. " + message
	}
	return p.fail(message)
}

func (p *jsonParser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

// take consumes c if it is next.
func (p *jsonParser) take(c byte) bool {
	p.space()
	if p.pos < len(p.src) && p.src[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *jsonParser) peek() byte {
	p.space()
	if p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *jsonParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, p.fail("Message too deep. Max recursion depth reached.")
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"' || c == '\'':
		s, err := p.str()
		return &node{kind: jsonString, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case isLetter(c):
		return p.keyword()
	}
	return nil, p.missing("Expected a value.")
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
}

func (p *jsonParser) keyword() (*node, error) {
	for text, kind := range map[string]jsonKind{"true": jsonBool, "false": jsonBool, "null": jsonNull} {
		if strings.HasPrefix(p.src[p.pos:], text) {
			p.pos += len(text)
			return &node{kind: kind, text: text}, nil
		}
	}
	return nil, p.fail("Unexpected token.")
}

func (p *jsonParser) number() (*node, error) {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte("+-.eE0123456789", p.src[p.pos]) >= 0 {
		p.pos++
	}
	text := p.src[start:p.pos]
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		p.pos = start
		return nil, p.fail("Unable to parse number.")
	}
	return &node{kind: jsonNumber, text: text}, nil
}

func (p *jsonParser) object(depth int) (*node, error) {
	p.pos++
	n := &node{kind: jsonObject}
	for !p.take('}') {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if !p.take(':') {
			return nil, p.missing("Expected : between key:value pair.")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.members = append(n.members, member{name, v})
		if !p.take(',') && p.peek() != '}' {
			return nil, p.missing("Expected , or } after key:value pair.")
		}
	}
	return n, nil
}

func (p *jsonParser) name() (string, error) {
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		return p.str()
	case isLetter(c):
		start := p.pos
		for p.pos < len(p.src) && (isLetter(p.src[p.pos]) || p.src[p.pos] >= '0' && p.src[p.pos] <= '9') {
			p.pos++
		}
		return p.src[start:p.pos], nil
	}
	return "", p.missing("Expected an object key or }.")
}

func (p *jsonParser) array(depth int) (*node, error) {
	p.pos++
	n := &node{kind: jsonArray}
	for !p.take(']') {
		if p.peek() == 0 {
			return nil, p.missing("Expected a value or ] within an array.")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, v)
		if !p.take(',') && p.peek() != ']' {
			return nil, p.missing("Expected , or ] after array value.")
		}
	}
	return n, nil
}

func (p *jsonParser) str() (string, error) {
	start := p.pos
	quote := p.src[p.pos]
	p.pos++
	var b strings.Builder
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		switch {
		case c == quote:
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
		default:
			if err := p.escape(&b); err != nil {
				return "", err
			}
		}
	}
	p.pos = start
	return "", p.fail("Closing quote expected in string.")
}

// escape reads what follows a backslash.
func (p *jsonParser) escape(b *strings.Builder) error {
	if p.pos >= len(p.src) {
		return p.fail("Closing quote expected in string.")
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'v':
		b.WriteByte('\v')
	case 'u':
		return p.unicode(b)
	default:
		b.WriteByte(c)
	}
	return nil
}

func (p *jsonParser) unicode(b *strings.Builder) error {
	r, ok := p.hex4()
	if !ok {
		return p.fail("Illegal hex string.")
	}
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(p.src[p.pos:], `\u`) {
			return p.fail("Missing low surrogate.")
		}
		p.pos += 2
		low, ok := p.hex4()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return p.fail("Invalid low surrogate.")
		}
	}
	b.WriteRune(r)
	return nil
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.src) {
		return 0, false
	}
	v, err := strconv.ParseUint(p.src[p.pos:p.pos+4], 16, 16)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(v), true
}
