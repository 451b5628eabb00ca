package protojson

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A decoder decodes one request.
type decoder struct {
	*json.Decoder
	in       []byte
	dialect  *Dialect
	depth    int
	open     map[*message]int // nesting of each message at this point
	counts   map[*field]int   // values of members with a total
	problems []string
}

func (d *decoder) token() (json.Token, error) {
	t, err := d.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, d.fatal(Problem{Kind: End, Found: int(d.InputOffset())})
	case err != nil:
		reason := d.dialect.Truncate(strings.TrimPrefix(err.Error(), "json: "))
		return nil, d.fatal(Problem{Kind: Syntax, Value: reason, Found: int(d.InputOffset())})
	}
	switch t {
	case json.Delim('{'), json.Delim('['):
		d.depth++
	case json.Delim('}'), json.Delim(']'):
		d.depth--
	}
	if d.depth > MaxDepth {
		return nil, d.fatal(Problem{Kind: TooDeep, Most: MaxDepth})
	}
	return t, nil
}

// message decodes an object after its brace.
func (d *decoder) message(into reflect.Value, m *message, at *place) error {
	most := d.dialect.MaxNesting
	if d.open[m]++; most > 0 && d.open[m] > most {
		d.open[m]--
		return d.refuse(json.Delim('{'), Problem{Kind: Nested, Path: at.String(), Name: m.name, Most: most})
	}
	defer func() { d.open[m]-- }()
	var seen []*field
	for d.More() {
		name, err := d.token()
		if err != nil {
			return err
		}
		t, err := d.token()
		if err != nil {
			return err
		}
		f := m.members[name.(string)] // encoding/json allows no others
		if f == nil {
			err = d.refuse(t, Problem{Kind: Unknown, Path: at.String(), Name: d.dialect.Truncate(name.(string))})
		} else if t != nil || d.dialect.Lenient {
			err = d.member(t, into, f, name.(string), seen, at)
			seen = append(seen, f)
		}
		if err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

// member decodes the value of a member; seen are the earlier members of the message.
func (d *decoder) member(t json.Token, into reflect.Value, f *field, written string, seen []*field, in *place) error {
	at := &place{in: in, name: f.snake}
	sibling := func(s *field) bool { return f.oneof != "" && s.oneof == f.oneof }
	switch {
	case slices.Contains(seen, f):
		return d.refuse(t, Problem{Kind: Twice, Path: at.String(), Name: f.name, Value: written})
	case slices.ContainsFunc(seen, sibling):
		return d.refuse(t, Problem{Kind: TwoOfOne, Path: in.String(), Want: f.oneof, Name: f.name})
	case t == nil:
		return nil
	case f.kind != "":
		return d.discard(t, f)
	}
	if f.total > 0 {
		d.counts[f]++
		switch over := d.counts[f] - f.total; {
		case over == 1:
			return d.refuse(t, Problem{Kind: TooMany, Name: f.name, Most: f.total})
		case over > 1: // reported already
			return d.skip(t)
		}
	}
	return d.value(t, into.FieldByIndex(f.index), f, at)
}

// discard reads past a member that the struct doesn't have.
func (d *decoder) discard(t json.Token, f *field) error {
	v, err := d.opaque(t)
	if err == nil && f.kind == unsupported && !zero(v) {
		err = d.problem(Problem{Kind: Unsupported, Name: cmp.Or(f.as, f.name)})
	}
	return err
}

// zero reports whether v means the same as an absent member.
func zero(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return false
	case json.Number:
		return v == "0"
	}
	return v == false || v == ""
}

// refuse records a problem with a value and reads past it.
func (d *decoder) refuse(t json.Token, p Problem) error {
	if err := d.problem(p); err != nil {
		return err
	}
	return d.skip(t)
}

// skip reads past the value whose first token is t.
func (d *decoder) skip(t json.Token) error {
	if _, opens := t.(json.Delim); !opens {
		return nil
	}
	for outside := d.depth - 1; d.depth > outside; {
		if _, err := d.token(); err != nil {
			return err
		}
	}
	return nil
}

// value decodes the value whose first token is t.
func (d *decoder) value(t json.Token, into reflect.Value, f *field, at *place) error {
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return d.value(t, into.Elem(), f, at)
	case reflect.Slice:
		return d.list(t, into, f, at)
	case reflect.Interface:
		v, err := d.opaque(t)
		into.Set(reflect.ValueOf(&v).Elem())
		return err
	case reflect.Struct:
		if t == json.Delim('{') {
			return d.message(into, f.message, at)
		}
		return d.wrong(t, "message", at)
	}
	return d.scalar(t, into, f, at)
}

func (d *decoder) wrong(t json.Token, want string, at *place) error {
	return d.refuse(t, Problem{Kind: WrongValue, Path: at.String(), Want: want, Value: d.shown(t)})
}

// shown formats a value as Google's errors do.
func (d *decoder) shown(t json.Token) string {
	switch v := t.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(d.dialect.Truncate(v))
	case json.Delim:
		if v == '[' {
			return "an array"
		}
		return "an object"
	}
	return d.dialect.Truncate(fmt.Sprint(t))
}

func (d *decoder) list(t json.Token, into reflect.Value, f *field, at *place) error {
	if t != json.Delim('[') {
		if d.dialect.Lenient {
			return d.element(t, into, f, &place{in: at})
		}
		return d.wrong(t, "repeated field", at)
	}
	n, before := 0, len(d.problems)
	for ; d.More(); n++ {
		t, err := d.token()
		if err == nil && f.most > 0 && n >= f.most {
			err = d.skip(t)
		} else if err == nil {
			err = d.element(t, into, f, &place{in: at, index: n})
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.token(); err != nil || f.most == 0 || n <= f.most {
		return err
	}
	d.problems = d.problems[:before] // those of its elements matter no more
	return d.problem(Problem{Kind: LongList, Path: at.String(), Found: n, Most: f.most})
}

// element appends an element to a list, unless it is an enum without a value.
func (d *decoder) element(t json.Token, into reflect.Value, f *field, at *place) error {
	v := reflect.New(into.Type().Elem()).Elem()
	if t != nil || !d.dialect.Lenient {
		if err := d.value(t, v, f, at); err != nil {
			return err
		}
	}
	if f.enum == "" || !v.IsZero() {
		into.Set(reflect.Append(into, v))
	}
	return nil
}

// scalar decodes a string, a number, a boolean or an enum.
func (d *decoder) scalar(t json.Token, into reflect.Value, f *field, at *place) error {
	if f.enum != "" {
		value, ok := d.enum(t, f.values)
		if !ok {
			return d.wrong(t, d.dialect.Package+f.enum, at)
		}
		into.SetString(value)
		return nil
	}
	text, ok := d.text(t, into.Kind())
	switch into.Kind() {
	case reflect.String:
		if most := d.dialect.MaxText; most > 0 && len(text) > most {
			return d.problem(Problem{Kind: LongText, Path: at.String(), Most: most})
		}
		into.SetString(text)
	case reflect.Bool:
		is := strings.EqualFold(text, "true")
		ok = ok && (is || strings.EqualFold(text, "false"))
		into.SetBool(is)
	case reflect.Float64:
		v, err := strconv.ParseFloat(text, 64)
		ok = ok && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
		into.SetFloat(v)
	default:
		bits := 64
		if into.Kind() == reflect.Int {
			bits = 32
		}
		v, err := strconv.ParseInt(text, 10, bits)
		ok = ok && err == nil
		into.SetInt(v)
	}
	if !ok {
		return d.wrong(t, typeNames[into.Kind()], at)
	}
	return nil
}

// typeNames are the names of types in Google's errors.
var typeNames = map[reflect.Kind]string{
	reflect.String: "TYPE_STRING", reflect.Bool: "TYPE_BOOL", reflect.Int: "TYPE_INT32", reflect.Int64: "TYPE_INT64", reflect.Float64: "TYPE_DOUBLE",
}

// text returns a scalar as text, and whether a value of kind k may be written so.
func (d *decoder) text(t json.Token, k reflect.Kind) (text string, ok bool) {
	switch v := t.(type) {
	case string:
		return v, d.dialect.Lenient || k != reflect.Bool
	case json.Number:
		return v.String(), d.dialect.Lenient || k != reflect.Bool && k != reflect.String
	case bool:
		return strconv.FormatBool(v), d.dialect.Lenient || k == reflect.Bool
	}
	return "", false
}

// enum decodes an enum from its name or its number; "" is no value.
func (d *decoder) enum(t json.Token, values []string) (value string, ok bool) {
	text, ok := d.text(t, reflect.Int64)
	_, number := t.(json.Number)
	switch n, err := strconv.Atoi(text); {
	case !ok:
		return "", false
	case err == nil && (number || d.dialect.Lenient):
		if n < 1 || n > len(values) {
			return "", n == 0
		}
		return values[n-1], values[n-1] != ""
	case strings.HasSuffix(text, "_UNSPECIFIED") && strings.ToUpper(text) == text:
		return "", true
	}
	return text, text != "" && slices.Contains(values, text)
}

// opaque decodes a value as it is.
func (d *decoder) opaque(t json.Token) (v any, err error) {
	if _, opens := t.(json.Delim); !opens {
		return t, nil
	}
	start := d.InputOffset() - 1
	if err := d.skip(t); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(d.in[start:d.InputOffset()]))
	dec.UseNumber()
	err = dec.Decode(&v) // not in the return: Go leaves open whether v is read before it
	return v, err
}
