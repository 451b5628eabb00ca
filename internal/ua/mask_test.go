package ua

import "testing"

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
		m, err := parseMask(fields)
		if err != nil {
			t.Errorf("%s: %v", fields, err)
			continue
		}
		if got := string(m.apply([]byte(body))); got != want {
			t.Errorf("%s: %s instead of %s", fields, got, want)
		}
	}
	for _, fields := range []string{",", "a,", "a(", "a()", "a)", "a(b", "/a", "a/", "a//b", "(a)", "a b$"} {
		if _, err := parseMask(fields); err == nil {
			t.Errorf("%q is a selection", fields)
		}
	}
}
