// Package protojson decodes proto3-JSON, the JSON of Google's APIs, into structs with these tags:
//
//	json         the member's name, in lowerCamelCase; snake_case is accepted as well
//	enum         the type of an enum, see Dialect.Enums
//	oneof        the oneof that the member belongs to
//	most         the maximum number of elements of a list, instead of Dialect.MaxList
//	total        the maximum number of values of the member in a whole request
//	without      on an embedded struct: its members that this message lacks
//	ignored      on a blank field: members that are accepted and ignored
//	unsupported  on a blank field: members that Google knows and Oriel refuses; the tag "as"
//	             names them for errors, if their own names don't explain it
//
// A struct is a message, a pointer to a struct an optional one. An int is an int32; a member of type any is decoded as is.
// Null is an absent member. Unknown and duplicate members are errors.
//
// Everything is bounded, so that a hostile request costs little.
package protojson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
)

// MaxDepth bounds how deep objects and arrays nest: a filter of ten groups has 33.
const MaxDepth = 40

// A Dialect is what differs between Google's APIs.
type Dialect struct {
	// Lenient accepts a single value for a list of one, and converts between
	// strings, numbers and booleans. A null then counts as a duplicate.
	Lenient bool
	// MaxProblems ends decoding after so many problems; at least 1.
	MaxProblems int
	MaxList     int // elements of a list; 0 for any number
	MaxText     int // bytes of a string; 0 for any number
	MaxNesting  int // messages of a type within each other; 0 for any number
	// Enums are the values of each enum in the order of their numbers, from 1 on; ""
	// is an unused number. Zero and names that end in _UNSPECIFIED are no value.
	Enums map[string][]string
	// Package precedes the names of Enums in errors.
	Package string
	// Truncate shortens what errors repeat of a request. Required.
	Truncate func(string) string
	// Say formats a problem; nil for Problem.String.
	Say func(Problem) string
}

// A Reader decodes messages into T. It is safe for concurrent use.
type Reader[T any] struct {
	dialect Dialect
	root    *message
}

// New returns a reader of messages in a dialect. It panics if the tags of T, which must be a struct, are invalid.
func New[T any](d Dialect) *Reader[T] {
	s := schema{d, map[reflect.Type]*message{}}
	return &Reader[T]{d, s.message(reflect.TypeFor[T]())}
}

// Read decodes a whole request. The error has a line per problem; paths in it begin with root, which is empty for a request.
func (r *Reader[T]) Read(b []byte, root string) (T, error) {
	var v T
	d := decoder{
		Decoder: json.NewDecoder(bytes.NewReader(b)), in: b, dialect: &r.dialect,
		open: map[*message]int{}, counts: map[*field]int{},
	}
	d.UseNumber()
	err := d.request(reflect.ValueOf(&v).Elem(), r.root, &place{name: root})
	if err != nil && !errors.Is(err, errEnough) {
		return v, err
	}
	if len(d.problems) > 0 {
		return v, errors.New(strings.Join(d.problems, "\n"))
	}
	return v, nil
}

func (d *decoder) request(into reflect.Value, m *message, at *place) error {
	t, err := d.token()
	switch {
	case err != nil:
		return err
	case t != json.Delim('{') && at.name == "":
		return d.fatal(Problem{Kind: NoMessage})
	}
	if err := d.value(t, into, &field{message: m}, at); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return d.fatal(Problem{Kind: Trailing})
	}
	return nil
}
