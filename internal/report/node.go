package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// A node is a JSON value that keeps the order of members, and members that are
// given twice, which a map would hide.
type node struct {
	kind    nodeKind
	text    string // of a string; of a number or a bool as it was written
	members []member
	items   []node
}

type member struct {
	name  string
	value node
}

type nodeKind int

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	stringNode
	arrayNode
	objectNode
)

// zero reports whether n is what an absent member would be.
func (n node) zero() bool {
	switch n.kind {
	case nullNode:
		return true
	case boolNode:
		return n.text == "false"
	case stringNode:
		return n.text == ""
	case arrayNode:
		return len(n.items) == 0
	case objectNode:
		return false
	}
	return n.text == "0"
}

// String shows a value as Google's errors do, cut when long.
func (n node) String() string {
	switch n.kind {
	case stringNode:
		return quote(n.text)
	case arrayNode:
		return "an array"
	case objectNode:
		return "an object"
	case nullNode:
		return "null"
	}
	return Brief(n.text)
}

func quote(s string) string { return strconv.Quote(Brief(s)) }

// parseJSON reads one JSON value; nothing at all is an empty object.
func parseJSON(b []byte) (node, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return node{kind: objectNode}, nil
	}
	p := parser{json.NewDecoder(bytes.NewReader(b))}
	p.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return node{}, p.explain(err)
	}
	if _, err := p.Token(); err != io.EOF {
		return node{}, Errorf(Invalid, "Invalid JSON payload received. Expected end of string after the message.")
	}
	return n, nil
}

type parser struct{ *json.Decoder }

// explain makes an error for the asker out of the decoder's.
func (p parser) explain(err error) error {
	if e, ok := err.(*Error); ok {
		return e
	}
	reason := strings.TrimPrefix(err.Error(), "json: ")
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		reason = "unexpected end of string"
	}
	return Errorf(Invalid, "Invalid JSON payload received. Near byte %d: %s.", p.InputOffset(), Brief(reason))
}

func (p parser) value(depth int) (node, error) {
	if depth > maxJSONDepth {
		return node{}, Errorf(Invalid, "Invalid JSON payload received. Message too deep: %d levels are read.", maxJSONDepth)
	}
	t, err := p.Token()
	if err != nil {
		return node{}, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case string:
		return node{kind: stringNode, text: t}, nil
	case json.Number:
		return node{kind: numberNode, text: t.String()}, nil
	case bool:
		return node{kind: boolNode, text: strconv.FormatBool(t)}, nil
	}
	return node{kind: nullNode}, nil
}

func (p parser) object(depth int) (node, error) {
	n := node{kind: objectNode}
	for p.More() {
		name, err := p.Token()
		if err != nil {
			return node{}, err
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return node{}, err
		}
		// The decoder refuses names that are not strings.
		n.members = append(n.members, member{name.(string), value})
	}
	_, err := p.Token()
	return n, err
}

func (p parser) array(depth int) (node, error) {
	n := node{kind: arrayNode}
	for p.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
	}
	_, err := p.Token()
	return n, err
}
