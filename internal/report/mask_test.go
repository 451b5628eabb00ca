package report

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	const body = `{"a":1,"b":{"c":[{"d":"x","e":2},{"d":"y"}],"f":null},"g":[["h"]]}`
	for fields, want := range map[string]string{
		"":              body,
		"a":             `{"a":1}`,
		"g,a":           `{"a":1,"g":[["h"]]}`,
		"b/f":           `{"b":{"f":null}}`,
		"b(c/d)":        `{"b":{"c":[{"d":"x"},{"d":"y"}]}}`,
		"b(c(d,e),f),a": `{"a":1,"b":{"c":[{"d":"x","e":2},{"d":"y"}],"f":null}}`,
		"b/c/e,b/f":     `{"b":{"c":[{"e":2},{}],"f":null}}`,
		"*/f":           `{"a":1,"b":{"f":null},"g":[["h"]]}`,
		"b,b/f":         `{"b":{"c":[{"d":"x","e":2},{"d":"y"}],"f":null}}`,
		"b/f,b":         `{"b":{"c":[{"d":"x","e":2},{"d":"y"}],"f":null}}`,
		"nothing, a":    `{"a":1}`,
		"nothing":       `{}`,
	} {
		m, err := ParseMask(fields)
		if err != nil {
			t.Errorf("%s: %v", fields, err)
			continue
		}
		if got := string(m.Apply([]byte(body))); got != want {
			t.Errorf("%s: %s instead of %s", fields, got, want)
		}
	}
	for _, fields := range []string{",", "a,", "a(", "a()", "a)", "a(b", "/a", "a/", "a//b", "(a)", "a b$"} {
		if _, err := ParseMask(fields); err == nil {
			t.Errorf("%q is a selection", fields)
		}
	}
}

// masked is what Apply does, over decoded values.
func masked(m Mask, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if inner, wanted := m.of(name); wanted {
				out[name] = masked(inner, member)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, masked(m, e))
		}
		return out
	}
	return v
}

func FuzzMask(f *testing.F) {
	f.Add(`a(b,*/c),d/e`, `{ "a": [ {"b" : -1.5e3 , "x":"}\"]"}, [], {} ] , "d" : {"e":null,"f":[true,false]} }`)
	f.Add(`*`, `[1, "a,b", {"*":2}]`)
	f.Add(`rows(metricValues),rowCount`, `{"rows":[{"dimensionValues":[{"value":"a"}],"metricValues":[{"value":"1"}]}],"rowCount":1}`)
	f.Fuzz(func(t *testing.T, fields, body string) {
		m, err := ParseMask(fields)
		var v any
		if err != nil || json.Unmarshal([]byte(body), &v) != nil || strings.Contains(body, `\u`) {
			return
		}
		var got any
		if err := json.Unmarshal(m.Apply([]byte(body)), &got); err != nil {
			t.Fatalf("%s of %s: %v", fields, body, err)
		}
		if want := masked(m, v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s of %s: %v, want %v", fields, body, got, want)
		}
	})
}

// TestMaskUnknown: a mask is held to the members that an answer can have.
func TestMaskUnknown(t *testing.T) {
	members := MustMask("f,a,b/d,open/*,texts")
	for fields, want := range map[string]string{
		"": "", "a": "", "*": "", "b": "", "b/d": "", "b(d)": "", "b/*": "", "open/x/y": "", "open": "", "f,texts": "", "*/d": "", "*/x/y": "",
		"nothing": "nothing", "a,nothing": "nothing", "b/x": "b/x", "b(d,x)": "b/x", "a/x": "a/x", "a/*": "a/*", "texts/x": "texts/x", "b/d/x": "b/d/x",
	} {
		if got := MustMask(fields).Unknown(members); got != want {
			t.Errorf("%s: %q is unknown, want %q", fields, got, want)
		}
	}
	if got := MustMask("*/x/y").Unknown(MustMask("a,b/d")); got != "*" {
		t.Errorf("*/x/y: %q", got)
	}
}
