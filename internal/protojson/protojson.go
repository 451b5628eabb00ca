// Package protojson reads the JSON that Google's APIs take, proto3-JSON, into
// structs whose tags say what a message is:
//
//	json         the member's name, in lowerCamelCase; snake_case is read as well
//	enum         the type of an enum, see Dialect.Enums
//	oneof        the oneof that the member belongs to
//	most         how many elements a list may have, where it isn't Dialect.MaxList
//	total        how many values the member may have in a whole request
//	without      on an embedded struct: the members that this message lacks
//	ignored      on a blank field: members that are read and mean nothing here
//	unsupported  on a blank field: members that Google knows and Oriel refuses; "as"
//	             says what is refused where the names don't
//
// A struct is a message, a pointer to one a message that may be absent. int is
// int32 and of type any is what is read without being looked into. Null is an
// absent member. Unknown members and members given twice are errors.
//
// What is read is bounded, so that a hostile request costs little.
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

// A Dialect is what differs between two of Google's APIs.
type Dialect struct {
	// Lenient takes a single value for a list of one, and for a text, a number or a
	// truth value what says it in another type. A null is then one of the values that a
	// member may have only once.
	Lenient bool
	// MaxProblems is how many problems are found before reading ends; at least 1.
	MaxProblems int
	MaxList     int // elements of a list; 0 for any number
	MaxText     int // bytes of a string; 0 for any number
	MaxNesting  int // how often a message stands in one of its type; 0 for any number
	// Enums are the values of each enum in the order of their numbers, from 1 on; ""
	// is a number that is not taken. Zero, and names that end in _UNSPECIFIED, say nothing.
	Enums map[string][]string
	// Package is written before the names of Enums in errors.
	Package string
	// Truncate shortens what a request says so that an error can repeat it. Required.
	Truncate func(string) string
	// Say words a problem; nil for Problem.String.
	Say func(Problem) string
}

// A Reader reads messages into T.
type Reader[T any] struct {
	dialect Dialect
	root    *message
}

// New returns a reader of messages in a dialect. It panics if the tags of T, which must
// be a struct, are wrong.
func New[T any](d Dialect) *Reader[T] {
	s := schema{d, map[reflect.Type]*message{}}
	return &Reader[T]{d, s.message(reflect.TypeFor[T]())}
}

// Read reads a whole request. Errors say of a value where it is, beginning with root,
// which is empty for the request itself; each problem is a line.
func (r *Reader[T]) Read(b []byte, root string) (T, error) {
	var v T
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(b)), dialect: &r.dialect, open: map[*message]int{}, counts: map[*field]int{}}
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
