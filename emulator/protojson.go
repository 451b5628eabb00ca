package emulator

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A messageType describes a protobuf message, so far as requests need it.
type messageType struct {
	name   string // after google.analytics.data.v1beta.
	fields []fieldType
}

// A fieldType describes one field.
type fieldType struct {
	name     string // snake_case; JSON's lowerCamelCase is accepted as well
	kind     kind
	repeated bool
	oneof    string // the name of the oneof that it belongs to
	message  func() *messageType
	enum     *enumType
}

type enumType struct {
	name   string
	values []string // by number
}

type kind int

const (
	kindString kind = iota
	kindBool
	kindInt64
	kindInt32
	kindDouble
	kindEnum
	kindMessage
)

var kindNames = [...]string{"TYPE_STRING", "TYPE_BOOL", "TYPE_INT64", "TYPE_INT32", "TYPE_DOUBLE"}

const typeURL = "type.googleapis.com/google.analytics.data.v1beta."

// typeName is how the transcoding layer calls the type of a field.
func (f *fieldType) typeName() string {
	switch f.kind {
	case kindEnum:
		return typeURL + f.enum.name
	case kindMessage:
		return typeURL + f.message().name
	}
	return kindNames[f.kind]
}

// jsonName returns the field's name in lowerCamelCase.
func (f *fieldType) jsonName() string {
	parts := strings.Split(f.name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

func (m *messageType) field(name string) *fieldType {
	for i := range m.fields {
		if f := &m.fields[i]; f.name == name || f.jsonName() == name {
			return f
		}
	}
	return nil
}

// A transcoder turns proto3 JSON, which may spell names and numbers in
// several ways, into one canonical form: lowerCamelCase names, enums by name,
// int64 as numbers, doubles as text (JSON has no NaN). It collects everything
// that is wrong.
type transcoder struct {
	violations []violation
}

// transcode reads the body of a request of type m. An empty body is an empty message.
func transcode(body []byte, m *messageType) (map[string]any, error) {
	if len(body) == 0 {
		return map[string]any{}, nil
	}
	root, err := parseJSON(string(body))
	if err != nil {
		return nil, malformed(violation{Description: "Invalid JSON payload received. " + err.Error()})
	}
	if root.kind != jsonObject {
		return nil, malformed(violation{Description: `Invalid JSON payload received. Unknown name "": Root element must be a message.`})
	}
	var t transcoder
	out := t.message(root, m, "")
	if t.violations != nil {
		return nil, malformed(t.violations...)
	}
	return out, nil
}

func (t *transcoder) unknown(path, name, why string) {
	at := ""
	if path != "" {
		at = " at '" + path + "'"
	}
	t.violations = append(t.violations, violation{path, fmt.Sprintf(
		`Invalid JSON payload received. Unknown name "%s"%s: %s`, name, at, why)})
}

func (t *transcoder) invalid(path, typeName, value string) {
	t.violations = append(t.violations, violation{path, fmt.Sprintf("Invalid value at '%s' (%s), %s", path, typeName, value)})
}

func (t *transcoder) message(n *node, m *messageType, path string) map[string]any {
	out := map[string]any{}
	taken := map[string]bool{}
	for _, member := range n.members {
		f := m.field(member.name)
		if f == nil {
			t.unknown(path, member.name, "Cannot find field.")
			continue
		}
		if member.value.kind == jsonNull {
			continue
		}
		if f.oneof != "" && taken[f.oneof] {
			t.violations = append(t.violations, violation{path, fmt.Sprintf(
				"Invalid value at '%s' (oneof), oneof field '%s' is already set. Cannot set '%s'", path, f.oneof, f.jsonName())})
			continue
		}
		taken[f.oneof] = true
		if v, ok := t.field(member, f, path); ok {
			out[f.jsonName()] = v
		}
	}
	return out
}

func (t *transcoder) field(m member, f *fieldType, parent string) (any, bool) {
	path := f.name
	if parent != "" {
		path = parent + "." + f.name
	}
	switch {
	case !f.repeated && m.value.kind == jsonArray:
		t.unknown(parent, m.name, "Proto field is not repeating, cannot start list.")
		return nil, false
	case !f.repeated:
		return t.value(m.value, f, path)
	case m.value.kind != jsonArray:
		v, ok := t.value(m.value, f, path)
		return []any{v}, ok
	}
	list := make([]any, 0, len(m.value.items))
	for i, item := range m.value.items {
		if item.kind == jsonArray {
			t.unknown(path, strconv.Itoa(i), "Proto field is not repeating, cannot start list.")
			continue
		}
		if v, ok := t.value(item, f, fmt.Sprintf("%s[%d]", path, i)); ok {
			list = append(list, v)
		}
	}
	return list, true
}

func (t *transcoder) value(n *node, f *fieldType, path string) (any, bool) {
	if f.kind == kindMessage {
		if n.kind != jsonObject {
			t.invalid(path, f.typeName(), n.quoted())
			return nil, false
		}
		return t.message(n, f.message(), path), true
	}
	if n.kind == jsonObject {
		t.invalid(path, f.typeName(), "Starting an object on a scalar field")
		return nil, false
	}
	v, ok := scalar(n, f)
	if !ok {
		t.invalid(path, f.typeName(), n.quoted())
	}
	return v, ok
}

// scalar converts as proto3 JSON allows: numbers may be strings.
func scalar(n *node, f *fieldType) (any, bool) {
	switch f.kind {
	case kindString:
		return n.text, n.kind == jsonString
	case kindBool:
		if n.kind != jsonBool && n.kind != jsonString {
			return nil, false
		}
		return n.text == "true", n.text == "true" || n.text == "false"
	case kindInt64, kindInt32:
		return integer(n, f.kind)
	case kindDouble:
		if n.kind != jsonNumber && n.kind != jsonString {
			return nil, false
		}
		v, err := strconv.ParseFloat(n.text, 64)
		special := n.kind == jsonString && (n.text == "NaN" || n.text == "Infinity" || n.text == "-Infinity")
		if err != nil || (!special && (math.IsNaN(v) || math.IsInf(v, 0))) {
			return nil, false
		}
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return f.enum.value(n)
}

func integer(n *node, k kind) (any, bool) {
	bits := 64
	if k == kindInt32 {
		bits = 32
	}
	if n.kind != jsonNumber && n.kind != jsonString {
		return nil, false
	}
	if v, err := strconv.ParseInt(n.text, 10, bits); err == nil {
		return v, true
	}
	v, err := strconv.ParseFloat(n.text, 64)
	limit := math.Ldexp(1, bits-1)
	if err != nil || v != math.Trunc(v) || v >= limit || v < -limit {
		return nil, false
	}
	return int64(v), true
}

// value accepts the name or the number of an enum value.
func (e *enumType) value(n *node) (any, bool) {
	for i, name := range e.values {
		if n.kind == jsonString && n.text == name || n.kind == jsonNumber && n.text == strconv.Itoa(i) {
			return name, true
		}
	}
	return nil, false
}
