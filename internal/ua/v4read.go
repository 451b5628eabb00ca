package ua

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/oriel-server/oriel/internal/report"
)

// A reader reads JSON as Google's servers do for v4: members have their name in
// camel case or with underscores, numbers may be strings, a single value may
// stand for a list of one, null is absent, and unknown members are errors.
type reader struct{ dec *json.Decoder }

// readJSON reads a whole body into a struct. Its members' names are in their json
// tags; an enum tag lists the values that a string may have, the first of which
// says nothing.
func readJSON(body io.Reader, into any) error {
	r := reader{json.NewDecoder(body)}
	r.dec.UseNumber()
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return payload("", "Root element must be a message.")
	}
	if err := r.message(reflect.ValueOf(into).Elem(), ""); err != nil {
		return err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return payload("", "Parsing terminated before end of input.")
	}
	return nil
}

// payload is an error in the words of Google's JSON reader.
func payload(path, format string, args ...any) error {
	if path != "" {
		path = " at '" + path + "'"
	}
	return badRequest("Invalid JSON payload received. "+strings.ReplaceAll(format, "@", path), args...)
}

func (r reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, payload("", "Unexpected end of input.")
	case err != nil:
		return nil, payload("", "%s", report.Brief(err.Error()))
	}
	return t, nil
}

// message reads the members of an object whose brace was read.
func (r reader) message(into reflect.Value, path string) error {
	seen := map[int]bool{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		i := memberOf(into.Type(), name)
		switch {
		case i < 0:
			return payload(path, "Unknown name \"%s\"@: Cannot find field.", report.Brief(name))
		case seen[i]:
			return payload(path, "The name \"%s\"@ is given twice.", report.Brief(name))
		}
		seen[i] = true
		if t, err = r.token(); err != nil {
			return err
		}
		at := strings.TrimPrefix(path+"."+underscored(jsonName(into.Type().Field(i))), ".")
		if err := r.value(t, into.Field(i), into.Type().Field(i).Tag.Get("enum"), at); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

func jsonName(f reflect.StructField) string { return f.Tag.Get("json") }

// memberOf returns the field that a member's name means, -1 if there is none.
func memberOf(t reflect.Type, name string) int {
	for i := range t.NumField() {
		if n := jsonName(t.Field(i)); n != "" && (n == name || underscored(n) == name) {
			return i
		}
	}
	return -1
}

// underscored writes viewId as view_id.
func underscored(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// value reads the value that begins with t.
func (r reader) value(t json.Token, into reflect.Value, enum, path string) error {
	if t == nil {
		return nil
	}
	switch into.Kind() {
	case reflect.Slice:
		return r.list(t, into, enum, path)
	case reflect.Interface:
		v, err := r.any(t, 0)
		if err == nil {
			into.Set(reflect.ValueOf(&v).Elem())
		}
		return err
	case reflect.Struct:
		if t == json.Delim('{') {
			return r.message(into, path)
		}
	}
	return scalar(t, into, enum, path)
}

func (r reader) list(t json.Token, into reflect.Value, enum, path string) error {
	add := func(t json.Token) error {
		v := reflect.New(into.Type().Elem()).Elem()
		if err := r.value(t, v, enum, fmt.Sprintf("%s[%d]", path, into.Len())); err != nil {
			return err
		}
		into.Set(reflect.Append(into, v))
		return nil
	}
	if t != json.Delim('[') {
		return add(t)
	}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		if err := add(t); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// scalar reads a string, a number or a bool, which no message can be.
func scalar(t json.Token, into reflect.Value, enum, path string) error {
	var text string
	switch v := t.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case bool:
		text = strconv.FormatBool(v)
	case json.Delim:
		if v == '[' {
			return payload(path, "Proto field@ is not repeating, cannot start list.")
		}
		return payload(path, "Starting an object on a scalar field@.")
	}
	switch into.Kind() {
	case reflect.Struct:
		return invalidAt(path, "a message", t)
	case reflect.Bool:
		// Google's own samples write "True".
		is := strings.EqualFold(text, "true")
		if !is && !strings.EqualFold(text, "false") {
			return invalidAt(path, "TYPE_BOOL", t)
		}
		into.SetBool(is)
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return invalidAt(path, "TYPE_INT32", t)
		}
		into.SetInt(n)
	default:
		if enum != "" {
			return setEnum(t, text, into, strings.Fields(enum), path)
		}
		into.SetString(text)
	}
	return nil
}

// setEnum reads a value of an enum by its name or its number.
func setEnum(t json.Token, text string, into reflect.Value, values []string, path string) error {
	i := slices.Index(values, text)
	if n, err := strconv.Atoi(text); err == nil && n < len(values) {
		i = n
	}
	if i < 0 {
		return invalidAt(path, "one of "+strings.Join(values[1:], ", "), t)
	}
	if i > 0 {
		into.SetString(values[i])
	}
	return nil
}

func invalidAt(path, kind string, t json.Token) error {
	said := fmt.Sprint(t)
	if s, ok := t.(string); ok {
		said = strconv.Quote(report.Brief(s))
	}
	return badRequest("Invalid value at '%s' (%s), %s", path, kind, report.Brief(said))
}

// maxOpaque bounds the levels of a value that is read but not looked into.
const maxOpaque = 50

// any reads a value of any kind.
func (r reader) any(t json.Token, depth int) (any, error) {
	if depth > maxOpaque {
		return nil, payload("", "Message too deep.")
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for r.dec.More() {
			v, err := r.next(depth)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := r.token()
		return list, err
	case json.Delim('{'):
		object := map[string]any{}
		for r.dec.More() {
			name, err := r.token()
			if err != nil {
				return nil, err
			}
			if object[fmt.Sprint(name)], err = r.next(depth); err != nil {
				return nil, err
			}
		}
		_, err := r.token()
		return object, err
	}
	return t, nil
}

func (r reader) next(depth int) (any, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	return r.any(t, depth+1)
}
