package emulator

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestParseJSONErrors(t *testing.T) {
	for _, tt := range [][2]string{
		{`{"a":b}`, "Unexpected token.\n{\"a\":b}\n     ^"},
		{`{"a":1`, "Unexpected end of string. Expected , or } after key:value pair.\n{\"a\":1\n      ^"},
		{`{"a" 1}`, "Expected : between key:value pair.\n{\"a\" 1}\n     ^"},
		{`{1:2}`, "Expected an object key or }.\n{1:2}\n ^"},
		{`{"a":[1 2]}`, "Expected , or ] after array value.\n{\"a\":[1 2]}\n        ^"},
		{`{"a":[`, "Unexpected end of string. Expected a value or ] within an array.\n{\"a\":[\n      ^"},
		{`{"a":"x`, "Closing quote expected in string.\n{\"a\":\"x\n     ^"},
		{`{} x`, "Parsing terminated before end of input.\n{} x\n   ^"},
		{`{"a":1-2}`, "Unable to parse number.\n{\"a\":1-2}\n     ^"},
		{`"\ud800"`, "Missing low surrogate.\n\"\\ud800\"\n       ^"},
		{"\xff", "Encountered non UTF-8 code points."},
	} {
		_, err := parseJSON(tt[0])
		if err == nil || err.Error() != tt[1] {
			t.Errorf("%s: %v\nwant %s", tt[0], err, tt[1])
		}
	}
}

// The message shows 20 bytes before and after the place.
func TestParseJSONContext(t *testing.T) {
	_, err := parseJSON(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaa": oops, "bbbbbbbbbbbbbbbbbbbbbbbbb": 1}`)
	want := "Unexpected token.\naaaaaaaaaaaaaaaaa\": oops, \"bbbbbbbbbbbbb\n                    ^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// Whatever encoding/json reads is read the same way.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,"x",null,true],"b":{"c":-1.5e3}}`, `"é\n\ud83d\ude00"`, `[[[]]]`, `{'a':1,}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseJSON(s)
		var std any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if d.Decode(&std) != nil || d.More() || err != nil || !json.Valid([]byte(s)) {
			return
		}
		if text, ok := std.(string); ok && n.text != text && !strings.Contains(text, "\uFFFD") {
			t.Errorf("%q read as %q", s, n.text)
		}
		if object, ok := std.(map[string]any); ok && len(n.members) < len(object) {
			t.Errorf("%q has %d members", s, len(n.members))
		}
	})
}

func TestDepthIsLimited(t *testing.T) {
	deep := strings.Repeat(`{"notExpression":`, 200) + `{}` + strings.Repeat(`}`, 200)
	if _, err := transcode([]byte(`{"dimensionFilter":`+deep+`}`), runReportType()); err == nil {
		t.Error("200 levels are accepted")
	}
}

func TestScalars(t *testing.T) {
	m := messageOf("M", text("s"), boolean("b"), long("i64"), number32("i32"),
		fieldType{name: "d", kind: kindDouble}, enumOf("e", "E", "ZERO", "ONE"), many(text("list")))
	for _, tt := range []struct{ body, want string }{
		{`{"s":"x"}`, `{"s":"x"}`},
		{`{"s":null}`, `{}`},
		{`{"s":1}`, `Invalid value at 's' (TYPE_STRING), 1`},
		{`{"s":{}}`, `Invalid value at 's' (TYPE_STRING), Starting an object on a scalar field`},
		{`{"s":["x"]}`, `Invalid JSON payload received. Unknown name "s": Proto field is not repeating, cannot start list.`},
		{`{"b":true}`, `{"b":true}`},
		{`{"b":"false"}`, `{"b":false}`},
		{`{"b":1}`, `Invalid value at 'b' (TYPE_BOOL), 1`},
		{`{"i64":"9223372036854775807"}`, `{"i64":9223372036854775807}`},
		{`{"i64":1e3}`, `{"i64":1000}`},
		{`{"i64":1.5}`, `Invalid value at 'i64' (TYPE_INT64), 1.5`},
		{`{"i64":9223372036854775808}`, `Invalid value at 'i64' (TYPE_INT64), 9223372036854775808`},
		{`{"i32":2147483648}`, `Invalid value at 'i32' (TYPE_INT32), 2147483648`},
		{`{"d":1.5}`, `{"d":"1.5"}`},
		{`{"d":"NaN"}`, `{"d":"NaN"}`},
		{`{"d":"x"}`, `Invalid value at 'd' (TYPE_DOUBLE), "x"`},
		{`{"e":"ONE"}`, `{"e":"ONE"}`},
		{`{"e":1}`, `{"e":"ONE"}`},
		{`{"e":"one"}`, `Invalid value at 'e' (` + typeURL + `E), "one"`},
		{`{"list":["a","b"]}`, `{"list":["a","b"]}`},
		{`{"list":"a"}`, `{"list":["a"]}`},
		{`{"list":["a",1]}`, `Invalid value at 'list[1]' (TYPE_STRING), 1`},
	} {
		tree, err := transcode([]byte(tt.body), m)
		got, _ := json.Marshal(tree)
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.body, got, tt.want)
		}
	}
}

func TestDoubleReadsSpecialValues(t *testing.T) {
	var d double
	must(t, json.Unmarshal([]byte(`"NaN"`), &d))
	if !math.IsNaN(float64(d)) {
		t.Errorf("%v", d)
	}
}

// No body makes the emulator panic or answer 500: what is wrong is the
// client's fault, and said so in Google's envelope.
func FuzzRunReport(f *testing.F) {
	for _, row := range errorRows {
		f.Add(row.verb, row.body)
	}
	f.Add("runReport", `{`+week+`,`+country+`,`+users+`,"metricAggregations":["TOTAL","MINIMUM","MAXIMUM"],"orderBys":[{"dimension":{"dimensionName":"country"},"desc":true}],
		"metricFilter":{"filter":{"fieldName":"sessions","betweenFilter":{"fromValue":{"int64Value":"1"},"toValue":{"doubleValue":"Infinity"}}}},"limit":"1","offset":1}`)
	f.Add("runRealtimeReport", `{`+users+`,"minuteRanges":[{"startMinutesAgo":4},{"endMinutesAgo":5}]}`)
	f.Add("checkCompatibility", `{`+country+`}`)
	f.Add("runPivotReport", `{"dateRanges":[{"startDate":"7daysAgo","endDate":"today"},{"startDate":"9daysAgo","endDate":"5daysAgo"}],`+byCountryAndDevice+`,"keepEmptyRows":true,
		"metricFilter":{"filter":{"fieldName":"activeUsers","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":1}}}},
		"pivots":[{"fieldNames":["country"],"limit":5,"metricAggregations":["TOTAL","MAXIMUM"],"orderBys":[{"pivot":{"metricName":"activeUsers","pivotSelections":[{"dimensionName":"deviceCategory","dimensionValue":"mobile"}]}}]},
			{"fieldNames":["deviceCategory","dateRange"],"limit":5,"offset":1}]}`)
	f.Add("runReport", `{`+week+`,"dimensions":[{"name":"x","dimensionExpression":{"concatenate":{"dimensionNames":["city","date"],"delimiter":"-"}}},{"name":"comparison"}],
		"metrics":[{"name":"r","expression":"(activeUsers+1)/sessions*-2"},{"name":"active28DayUsers","invisible":true}],"comparisons":[{"comparison":"comparisons/mobileTraffic"},
		{"name":"b","dimensionFilter":{"filter":{"fieldName":"x","stringFilter":{"matchType":"CONTAINS","value":"a"}}}}],"metricAggregations":["TOTAL"]}`)
	l := newFuzzLab(f)
	f.Fuzz(func(t *testing.T, verb, body string) {
		if propertyMethod(verb) == nil {
			verb = "runReport"
		}
		l.emulator.quota.reset()
		status, answer := l.post(verb, body)
		if !json.Valid([]byte(answer)) {
			t.Fatalf("%d %s", status, answer)
		}
		switch status {
		case 200, 400, 501:
		default:
			t.Fatalf("%s %q: %d %s", verb, body, status, answer)
		}
	})
}
