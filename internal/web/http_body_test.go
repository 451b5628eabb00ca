package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

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
		"packed":    {packed, report.Invalid},
		"broken":    {httptest.NewRequest("POST", "/", brokenReader{}), report.Canceled},
	} {
		if _, err := readBody(tt.r, 100); err == nil || report.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := readBody(request(strings.Repeat(" ", 100)), 100); err != nil || len(b) != 100 {
		t.Errorf("at the limit: %q, %v", b, err)
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
	lists := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	var all any
	if err := decodeStrict(lists(protojson.MaxDepth), &all); err != nil {
		t.Errorf("as deep as may be: %v", err)
	}
	if err := decodeStrict(lists(protojson.MaxDepth+1), &all); err == nil || err.Error() != "The request is nested deeper than 40 levels." {
		t.Errorf("deeper: %v", err)
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
