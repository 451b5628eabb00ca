package adversary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// bodyAttacks send bodies that are large, deep, packed or broken, to each address
// that reads one.
func bodyAttacks() []attack {
	var attacks []attack
	for _, place := range []struct {
		name string
		ask  ask
	}{
		{"v1", ask{path: "/v1/views/narrow:runReport", as: token("narrow")}},
		{"batch", ask{path: "/v1beta/properties/narrow:batchRunReports", as: token("narrow")}},
		{"realtime", ask{path: "/v1/views/live:runRealtimeReport", as: token("live")}},
		{"export", ask{path: "/v1/views/narrow:exportReport", as: token("narrow")}},
		{"v4", ask{path: "/v4/reports:batchGet", as: token("narrow")}},
		{"mint", ask{path: "/v1/tokens", as: apiKey("clerk")}},
		{"redeem", ask{path: "/v1/tokens:redeem"}},
	} {
		for _, body := range hostileBodies() {
			a := place.ask
			a.body, a.head = body.text, body.head
			attacks = append(attacks, attack{name: place.name + ": " + body.name, of: body.of, ask: a, want: refused})
		}
	}
	return append(attacks, twice()...)
}

type hostileBody struct {
	name string
	of   lesson
	text string
	head []string
}

// hostileBodies are none that any address reads. They take a while to make.
var hostileBodies = sync.OnceValue(makeHostileBodies)

func makeHostileBodies() []hostileBody {
	bomb := strings.Repeat(" ", 10<<20) + anything
	deep := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	return []hostileBody{
		{"a megabyte", exhaustion, `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, nil},
		{"a megabyte of spaces", exhaustion, strings.Repeat(" ", 1<<20) + "{}", nil},
		{"a megabyte in chunks", exhaustion, strings.Repeat("10000\r\n"+strings.Repeat(" ", 0x10000)+"\r\n", 16) + "0\r\n\r\n", []string{"Transfer-Encoding: chunked"}},
		{"a terabyte, it says", exhaustion, "{", []string{"Content-Length: 1099511627776", "Expect: 100-continue"}},
		{"a hundred thousand arrays", exhaustion, deep("[", "", "]", 30_000), nil},
		{"arrays without an end", exhaustion, strings.Repeat("[", 60_000), nil},
		{"objects in objects", exhaustion, deep(`{"a":`, "1", "}", 5_000), nil},
		{"filters in filters", exhaustion, `{"dimensionFilter":` + deep(`{"notExpression":`, `{}`, "}", 2_000) + `}`, nil},
		{"ten thousand members", exhaustion, "{" + manyMembers(5_000) + `"x":1}`, nil},
		{"a gzip bomb", exhaustion, packed(gzipped, bomb), []string{"Content-Encoding: gzip"}},
		{"a gzip bomb without saying so", exhaustion, packed(gzipped, bomb), nil},
		{"a deflate bomb", exhaustion, packed(deflated, bomb), []string{"Content-Encoding: deflate"}},
		{"two encodings", exhaustion, packed(gzipped, bomb), []string{"Content-Encoding: identity, gzip"}},
		{"an encoding in capitals", exhaustion, packed(gzipped, bomb), []string{"Content-Encoding: GZIP"}},
		{"an encoding in two headers", exhaustion, packed(gzipped, bomb), []string{"Content-Encoding: identity", "Content-Encoding: gzip"}},
		{"an encoding that is none", malformed, "{}", []string{"Content-Encoding: zzz"}},
		{"a number of many digits", malformed, `{"limit":` + strings.Repeat("9", 10_000) + `}`, nil},
		{"a number beyond all", malformed, `{"limit":1e999999999}`, nil},
		{"not a number", malformed, `{"limit":NaN}`, nil},
		{"zero bytes", malformed, "\x00\x00\x00\x00", nil},
		{"a zero byte within", malformed, "{\"metrics\":[{\"name\":\"sess\x00ions\"}]}", nil},
		{"a byte order mark", malformed, "\xef\xbb\xbf" + `{"x":1}`, nil},
		{"UTF-16", malformed, "{\x00}\x00", nil},
		{"bytes that are no UTF-8", malformed, "{\"\xff\xfe\":\"\xc0\xaf\"}", nil},
		{"two values", malformed, `{"metrics":[]} {"metrics":[]}`, nil},
		{"something after it", malformed, `{"x":1}}`, nil},
		{"a comma too many", malformed, `{"x":1,}`, nil},
		{"single quotes", malformed, `{'x':1}`, nil},
		{"a comment", malformed, `{/* */"x":1}`, nil},
		{"no quotes", malformed, `{x:1}`, nil},
		{"a list", malformed, `[1,2,3]`, nil},
		{"a text", malformed, `"x"`, nil},
		{"a number", malformed, `7`, nil},
		{"true", malformed, `true`, nil},
		{"half a value", malformed, `{"metrics":[{"name":`, nil},
		{"a form", malformed, `metrics=sessions&view=vault`, []string{"Content-Type: application/x-www-form-urlencoded"}},
		{"parts", malformed, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", []string{"Content-Type: multipart/form-data; boundary=x"}},
		{"XML", malformed, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, []string{"Content-Type: application/xml"}},
		{"a prototype", malformed, `{"__proto__":{"admin":true},"constructor":{"prototype":{}}}`, nil},
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"member%d":1,`, i)
	}
	return b.String()
}

func gzipped(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }

func deflated(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) }

func packed(with func(io.Writer) (io.WriteCloser, error), text string) string {
	var b bytes.Buffer
	w, err := with(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // memory takes all that is written
	}
	return b.String()
}

// twice gives members twice: whichever of the two counts, the view's filter and
// fields hold for it.
func twice() []attack {
	var attacks []attack
	germany := `{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}}`
	for name, more := range map[string]string{
		"a filter, then nothing":          `"dimensionFilter":` + germany + `,"dimensionFilter":null`,
		"nothing, then a filter":          `"dimensionFilter":null,"dimensionFilter":` + germany,
		"a filter in two spellings":       `"dimensionFilter":` + germany + `,"dimension_filter":null`,
		"a filter in two cases":           `"dimensionFilter":` + germany + `,"DimensionFilter":null`,
		"a filter with an escape":         `"dimensionFilter":` + germany + `,"dimension\u0046ilter":null`,
		"dimensions, the second hidden":   `"dimensions":[{"name":"country"}],"dimensions":[{"name":"city"}]`,
		"dimensions in two cases":         `"dimensions":[{"name":"country"}],"Dimensions":[{"name":"city"}]`,
		"a dimension's name, twice":       `"dimensions":[{"name":"country","name":"city"}]`,
		"a metric's name, in two cases":   `"metrics":[{"name":"sessions","Name":"newUsers"}]`,
		"a limit, twice":                  `"limit":"1","limit":"250000"`,
		"a field's name in a filter":      `"dimensionFilter":{"filter":{"fieldName":"country","fieldName":"city","stringFilter":{"value":"x"}}}`,
		"a field's name in two spellings": `"dimensionFilter":{"filter":{"fieldName":"country","field_name":"city","stringFilter":{"value":"x"}}}`,
	} {
		a := v1("narrow", more)
		attacks = append(attacks, attack{name: "twice: " + name, of: malformed, run: func(t *testing.T, s *stage) {
			atHome(a)(t, s)
			if strings.Contains(more, "city") || strings.Contains(more, "newUsers") {
				got := s.do(t, a)
				without(`"name":"city"`, `"name":"newUsers"`)(t, answers{all: []answer{got}})
			}
		}})
	}
	return attacks
}
