package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		``:                        0,
		`7`:                       0,
		`{}`:                      1,
		`{"a":[{"b":[]}],"c":{}}`: 4,
		`"[[[["`:                  0,
		`["\"[[", "\\"]`:          1,
		`[[`:                      2,
		`]]][`:                    0,
		`"\`:                      0,
	} {
		if got := depth([]byte(text)); got != want {
			t.Errorf("depth(%s) = %d, want %d", text, got, want)
		}
	}
}

// Whatever encoding/json can decode, depth must measure truly.
func FuzzDepth(f *testing.F) {
	f.Add(`{"a":[1,"]",{"b":"\"["}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		got := depth([]byte(text))
		if json.Unmarshal([]byte(text), &v) == nil && got != nesting(v) {
			t.Errorf("depth(%s) = %d, want %d", text, got, nesting(v))
		}
	})
}

func nesting(v any) int {
	deepest := -1
	switch v := v.(type) {
	case map[string]any:
		deepest = 0
		for _, m := range v {
			deepest = max(deepest, nesting(m))
		}
	case []any:
		deepest = 0
		for _, m := range v {
			deepest = max(deepest, nesting(m))
		}
	}
	return deepest + 1
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestReadBody(t *testing.T) {
	request := func(body string) *http.Request {
		return httptest.NewRequest("POST", "/", strings.NewReader(body))
	}
	packed := request(`{}`)
	packed.Header.Set("Content-Encoding", "gzip")
	for name, tt := range map[string]struct {
		r    *http.Request
		kind report.Kind
	}{
		"too large": {request(strings.Repeat(" ", 101)), report.TooLarge},
		"too deep":  {request(strings.Repeat("[", maxDepth+1)), report.Invalid},
		"packed":    {packed, report.Invalid},
		"broken":    {httptest.NewRequest("POST", "/", brokenReader{}), report.Canceled},
	} {
		if _, err := readBody(tt.r, 100); err == nil || report.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := readBody(request(strings.Repeat("[", maxDepth)), 100); err != nil || len(b) != maxDepth {
		t.Errorf("at the limits: %q, %v", b, err)
	}
}

func TestDecodeStrict(t *testing.T) {
	var v struct{ A int }
	for _, bad := range []string{``, `{`, `{"a":1,"b":2}`, `{"a":1}{}`, `[]`, `{"a":1} x`,
		`{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"\u0061":1,"a":2}`} {
		if err := decodeStrict([]byte(bad), &v); err == nil || report.KindOf(err) != report.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := decodeStrict([]byte(" {\"a\":7}\n"), &v); err != nil || v.A != 7 {
		t.Errorf("%v, %v", v, err)
	}
	var deep struct{ S []map[string]any }
	for text, ok := range map[string]bool{
		`{"s":[{"a":1},{"a":2,"b":{"a":3}}]}`:      true,
		`{"s":[{"a":{"b":1,"c":[],"b":null}}]}`:    false,
		"{\"s\":[{\"k\":1,\"\u212a\":2}]}":         false, // the Kelvin sign is a k to encoding/json
		"{\"s\":[{\"s\":1,\"\u017f\":2,\"t\":3}]}": false, // and the long s an s
	} {
		if err := decodeStrict([]byte(text), &deep); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
