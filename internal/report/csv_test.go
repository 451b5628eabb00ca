package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// tableBody is a report of one dimension and one metric, as ga4 writes it.
func tableBody(t testing.TB, dimension, metric string, rows ...[2]string) []byte {
	t.Helper()
	type value struct {
		Value string `json:"value"`
	}
	type row struct {
		Dimensions []value `json:"dimensionValues"`
		Metrics    []value `json:"metricValues"`
	}
	all := make([]row, len(rows))
	for i, r := range rows {
		all[i] = row{[]value{{r[0]}}, []value{{r[1]}}}
	}
	b, err := json.Marshal(map[string]any{
		"dimensionHeaders": []any{map[string]string{"name": dimension}},
		"metricHeaders":    []any{map[string]string{"name": metric, "type": "TYPE_FLOAT"}},
		"rows":             all, "rowCount": len(rows), "kind": "analyticsData#runReport",
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCSV(t *testing.T) {
	const compared = `{"dimensionHeaders":[{"name":"pageTitle"},{"name":"dateRange"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"},{"name":"bounceRate","type":"TYPE_FLOAT"}],` +
		`"rows":[{"dimensionValues":[{"value":"A \"quote\", é"},{"value":"current"}],"metricValues":[{"value":"7"},{"value":"0.25"}]},` +
		` {"metricValues":[{"value":"-3"},{}],"dimensionValues":[{"value":""},{"value":"previous"}]}],` +
		`"totals":[{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"current"}],"metricValues":[{"value":"7"},{"value":"1"}]}],"rowCount":2}`
	for name, tt := range map[string]struct{ body, want string }{
		"compared":     {compared, "pageTitle,dateRange,sessions,bounceRate\r\n\"A \"\"quote\"\", é\",current,7,0.25\r\n\"\",previous,-3,\"\"\r\n"},
		"no rows":      {`{"dimensionHeaders":[{"name":"date"}],"metricHeaders":[{"name":"sessions"}],"rowCount":0}`, "date,sessions\r\n"},
		"empty rows":   {`{"metricHeaders":[{"name":"sessions"}],"rows":[]}`, "sessions\r\n"},
		"null":         {`{"metricHeaders":[{"name":"sessions"}],"dimensionHeaders":null,"rows":null}`, "sessions\r\n"},
		"null values":  {`{"metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":null,"metricValues":[{"value":"1"}]}]}`, "sessions\r\n1\r\n"},
		"figures only": {`{"metricHeaders":[{"name":"sessions"}],"rows":[{"metricValues":[{"value":"1"}]}]}`, "sessions\r\n1\r\n"},
		"one empty":    {`{"dimensionHeaders":[{"name":"date"}],"rows":[{"dimensionValues":[{"value":""}]}]}`, "date\r\n\"\"\r\n"},
		"header":       {`{"metricHeaders":[{"name":"=1+1"}],"rows":[]}`, "'=1+1\r\n"},
	} {
		got, err := CSV([]byte(tt.body))
		if err != nil || string(got) != "\ufeff"+tt.want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestCSVErrors(t *testing.T) {
	for _, body := range []string{
		``, `null]`, `{"rows":{}}`, `{"rows":[1]}`, `{"rows":[{"other":[]}]}`, `{"rows":[{"metricValues":{}}]}`,
		`{"rows":[{"metricValues":["x"]}]}`, `{"rows":[{"metricValues":[{"value":1}]}]}`, `{"rows":[{"metricValues":[{"other":"x"}]}]}`,
		`{"metricHeaders":[{"name":"sessions"}],"rows":[{"metricValues":[]}]}`, `{"rows":[{"metricValues":[{"value":"1"}]}]}`,
	} {
		if got, err := CSV([]byte(body)); err == nil {
			t.Errorf("%s became %q", body, got)
		}
	}
}

func TestGuard(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"plain":                    "plain",
		"a=b-c+d@e":                "a=b-c+d@e",
		"=1+1":                     "'=1+1",
		"+1":                       "'+1",
		"-1":                       "'-1",
		"@SUM(A1)":                 "'@SUM(A1)",
		"\tx":                      "'\tx",
		"\rx":                      "'\rx",
		"\nx":                      "'\nx",
		"\t=1":                     "'\t'=1",
		"＝1":                       "'＝1",
		"－1":                       "'－1",
		"﹦1":                       "'﹦1",
		" =1":                      "' =1",
		"\u200b=1":                 "'\u200b=1",
		"a;=1":                     "a;'=1",
		"a; =1":                    "a;' =1",
		`a;"=1"`:                   `a;'"=1"`,
		"a\n=1":                    "a\n'=1",
		"a\r\n-1":                  "a\r\n'-1",
		"a\t@x":                    "a\t'@x",
		";;=1":                     ";;'=1",
		"'=1":                      "'=1",
		`"=1"`:                     `"=1"`,
		"a - b; c - d":             "a - b; c - d",
		"=cmd|' /C calc'!A0":       "'=cmd|' /C calc'!A0",
		"(not set)":                "(not set)",
		"/path?a=1;b=2&utm=-x":     "/path?a=1;b=2&utm=-x",
		"x;=HYPERLINK(\"//evil\")": "x;'=HYPERLINK(\"//evil\")",
	} {
		if got := string(appendGuarded(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What makes a formula, expressed independently of the code.
var (
	formula = regexp.MustCompile(`^[\s\p{Cc}\p{Cf}\p{Z}]*[=+\-@＝＋－＠﹦﹢﹣﹫]|^[\t\r\n]`)
	ends    = regexp.MustCompile(`\r+\n`)
	inside  = regexp.MustCompile(`[;\t\r\n]["\s\p{Cc}\p{Cf}\p{Z}]*[=+\-@＝＋－＠﹦﹢﹣﹫]`)
)

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"=1+1", "-5", "\"a\"\r\n,b", "x;\"\"=1", "＋\u2028", "\\u0000\x00", "\xff-1", "a\n\r\t =", "1e5", "-Infinity", "'"} {
		f.Add(s, "pageTitle", "-1.5e-7")
		f.Add("title", s, s)
	}
	f.Fuzz(func(t *testing.T, dimension, name, metric string) {
		file, err := CSV(tableBody(t, name, "sessions", [2]string{dimension, metric}, [2]string{"plain", "1"}))
		if err != nil {
			t.Fatal(err)
		}
		text, ok := bytes.CutPrefix(file, []byte("\ufeff"))
		if !ok || !utf8.Valid(file) || !bytes.HasSuffix(file, []byte("\r\n")) {
			t.Fatalf("%q", file)
		}
		lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if len(lines) != 3 || lines[2][0] != "plain" {
			t.Fatalf("%q became %q", text, lines)
		}
		for at, want := range map[[2]int]string{{0, 0}: name, {1, 0}: dimension, {1, 1}: metric} {
			got := lines[at[0]][at[1]]
			if readBack(got) != readBack(want) {
				t.Errorf("%q came back as %q", want, got)
			}
			isMetric := at == [2]int{1, 1} && number.MatchString(got)
			if !isMetric && (formula.MatchString(got) || inside.MatchString(got)) {
				t.Errorf("%q is a formula in %q", got, text)
			}
		}
	})
}

// readBack is a text without apostrophes, as encoding/csv reads ends of lines, and
// as JSON writes what is no UTF-8.
func readBack(s string) string {
	s = strings.ReplaceAll(string([]rune(s)), "'", "")
	return ends.ReplaceAllString(s, "\n")
}

func BenchmarkCSV(b *testing.B) {
	rows := make([][2]string, 10_000)
	for i := range rows {
		rows[i] = [2]string{fmt.Sprintf("/a/page/%d - title", i), fmt.Sprintf("%d.5", i)}
	}
	body := tableBody(b, "pagePath", "sessions", rows...)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := CSV(body); err != nil {
			b.Fatal(err)
		}
	}
}
