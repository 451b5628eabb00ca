package protojson

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A message is the schema of a struct.
type message struct {
	name    string            // of the type
	members map[string]*field // by their names, in both notations
}

// A field is a member of a message.
type field struct {
	name  string // in lowerCamelCase
	snake string // as errors write it
	kind  string // ignored or unsupported; "" for a member of the struct
	as    string // the name of an unsupported member in errors
	index []int  // of the struct's field
	oneof string

	message     *message // of a message or a list of messages
	enum        string
	values      []string // of the enum
	most, total int      // 0 for any number
}

// The kinds of members that the struct doesn't have.
const (
	ignored     = "ignored"
	unsupported = "unsupported"
)

// A schema derives the message of each type once.
type schema struct {
	dialect Dialect
	known   map[reflect.Type]*message
}

func (s schema) message(t reflect.Type) *message {
	if m, ok := s.known[t]; ok {
		return m
	}
	m := &message{strings.ToLower(t.Name()), map[string]*field{}}
	s.known[t] = m
	s.collect(m, t, nil)
	return m
}

// collect adds the members of a struct to a message.
func (s schema) collect(m *message, t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			s.collect(m, f.Type, at)
			m.remove(strings.Fields(f.Tag.Get("without")))
		case f.Name == "_":
			for _, kind := range []string{ignored, unsupported} {
				for name := range strings.FieldsSeq(f.Tag.Get(kind)) {
					m.add(&field{name: name, kind: kind, as: f.Tag.Get("as"), oneof: f.Tag.Get("oneof")})
				}
			}
		case name != "" && name != "-":
			m.add(s.field(f, name, at))
		}
	}
}

func (s schema) field(f reflect.StructField, name string, index []int) *field {
	made := &field{name: name, index: index, oneof: f.Tag.Get("oneof"), enum: f.Tag.Get("enum"),
		most: number(f, "most", s.dialect.MaxList), total: number(f, "total", 0)}
	if made.enum != "" {
		if made.values = s.dialect.Enums[made.enum]; made.values == nil {
			panic(fmt.Sprintf("protojson: no enum %s", made.enum))
		}
	}
	t := f.Type
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		made.message = s.message(t)
	}
	return made
}

func number(f reflect.StructField, tag string, otherwise int) int {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("protojson: %s of %s: %v", tag, f.Name, err))
	}
	return n
}

func (m *message) add(f *field) {
	if m.members[f.name] != nil {
		panic(fmt.Sprintf("protojson: %s has two members %s", m.name, f.name))
	}
	f.snake = snake(f.name)
	m.members[f.name], m.members[f.snake] = f, f
}

func (m *message) remove(names []string) {
	for _, name := range names {
		f := m.members[name]
		if f == nil {
			panic(fmt.Sprintf("protojson: %s lacks %s already", m.name, name))
		}
		delete(m.members, f.name)
		delete(m.members, f.snake)
	}
}

// snake returns a lowerCamelCase name in snake_case.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
