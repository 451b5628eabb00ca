package report

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseFilter(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"country==New Zealand", `{"filter":{"fieldName":"country","stringFilter":{"matchType":"EXACT","value":"New Zealand"}}}`},
		{" country ==x", `{"filter":{"fieldName":"country","stringFilter":{"matchType":"EXACT","value":"x"}}}`},
		{"deviceCategory!=mobile", `{"notExpression":{"filter":{"fieldName":"deviceCategory","stringFilter":{"matchType":"EXACT","value":"mobile"}}}}`},
		{"customUser:customer=@a==b", `{"filter":{"fieldName":"customUser:customer","stringFilter":{"matchType":"CONTAINS","value":"a==b"}}}`},
		{"pagePath!@/intern", `{"notExpression":{"filter":{"fieldName":"pagePath","stringFilter":{"matchType":"CONTAINS","value":"/intern"}}}}`},
		{`pagePath=~^/(a|b)\.html$`, `{"filter":{"fieldName":"pagePath","stringFilter":{"matchType":"PARTIAL_REGEXP","value":"^/(a|b)\\.html$"}}}`},
		{`pagePath!~\\d{2\,}`, `{"notExpression":{"filter":{"fieldName":"pagePath","stringFilter":{"matchType":"PARTIAL_REGEXP","value":"\\d{2,}"}}}}`},
		{`pageTitle==a\,b\;c\\d`, `{"filter":{"fieldName":"pageTitle","stringFilter":{"matchType":"EXACT","value":"a,b;c\\d"}}}`},
		{"date>=20260101", `{"filter":{"fieldName":"date","numericFilter":{"operation":"GREATER_THAN_OR_EQUAL","value":{"int64Value":"20260101"}}}}`},
		{"hour<9.5", `{"filter":{"fieldName":"hour","numericFilter":{"operation":"LESS_THAN","value":{"doubleValue":9.5}}}}`},
		{"country==x;deviceCategory!=mobile,browser==y", `{"andGroup":{"expressions":[
			{"filter":{"fieldName":"country","stringFilter":{"matchType":"EXACT","value":"x"}}},
			{"orGroup":{"expressions":[
				{"notExpression":{"filter":{"fieldName":"deviceCategory","stringFilter":{"matchType":"EXACT","value":"mobile"}}}},
				{"filter":{"fieldName":"browser","stringFilter":{"matchType":"EXACT","value":"y"}}}]}}]}}`},
	} {
		got, err := ParseFilter(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if want := readObject(t, c.want); !reflect.DeepEqual(got, want) {
			text, _ := json.Marshal(got)
			t.Errorf("%s:\n got %s\nwant %s", c.text, text, c.want)
		}
	}
}

func TestParseMetricFilter(t *testing.T) {
	got, err := ParseMetricFilter("sessions>=10;bounceRate!=0.5,keyEvents:purchase<3")
	if err != nil {
		t.Fatal(err)
	}
	want := readObject(t, `{"andGroup":{"expressions":[
		{"filter":{"fieldName":"sessions","numericFilter":{"operation":"GREATER_THAN_OR_EQUAL","value":{"int64Value":"10"}}}},
		{"orGroup":{"expressions":[
			{"notExpression":{"filter":{"fieldName":"bounceRate","numericFilter":{"operation":"EQUAL","value":{"doubleValue":0.5}}}}},
			{"filter":{"fieldName":"keyEvents:purchase","numericFilter":{"operation":"LESS_THAN","value":{"int64Value":"3"}}}}]}}]}}`)
	if !reflect.DeepEqual(got, want) {
		text, _ := json.Marshal(got)
		t.Errorf("got %s", text)
	}
	for _, c := range []struct{ text, want string }{
		{"sessions=@1", "are compared by ==, !=, >, <, >= or <="},
		{"sessions>many", `"many" is not a number: write one such as 10 or 0.5`},
		{"sessions>NaN", "is not a number"},
		{"sessions>1e999", "is not a number"},
	} {
		if _, err := ParseMetricFilter(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}

// readObject is a filter as a client writes it, read by what reads clients.
func readObject(t *testing.T, object string) *Filter {
	t.Helper()
	q, err := DecodeRunReport([]byte(`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today"}],"dimensionFilter":` + object + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return q.DimensionFilter
}

func TestParseFilterErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "The filter is empty: leave it out, or write one such as country==New Zealand."},
		{" ", "The filter is empty"},
		{"country==\xff", "The filter is not UTF-8."},
		{strings.Repeat("a", 5000), "The filter has 5000 bytes; at most 4096 are read."},
		{strings.Repeat("a==b;", 100) + "a==b", "The filter has 101 comparisons; at most 100 are read."},
		{"country=Spain", `The filter's "country=Spain", at character 1: there is no operator. Write a field, one of == != =@ !@ =~ !~ >= <= > <, and a value`},
		{"country==Österreich;city", `The filter's "city", at character 21: there is no operator.`},
		{"country==Korea, Republic of", `The filter's " Republic of", at character 16: there is no operator. Write a field, one of == != =@ !@ =~ !~ >= <= > <, and a value; a "," or ";" that belongs to a value is written "\," or "\;".`},
		{"country==x;", `The filter's "", at character 12: there is no comparison.`},
		{",", `at character 1: there is no comparison.`},
		{"country is==x", `"country is" is not the name of a field.`},
		{"==x", `"" is not the name of a field.`},
		{"GA:country==x", "GA:country is a name of Universal Analytics: write GA4's, such as country for ga:country."},
		{"customUser:customer==", "the value is missing."},
		{"customUser:customer=@;country==x", "the value is missing."},
		{"country!= Spain", "there is space around the value: leave it out."},
		{"country!=Spain ;city==x", "there is space around the value: leave it out."},
		{"pagePath=~(", `at character 1: The regular expression of the filter of pagePath is not valid RE2: error parsing regexp: missing closing )`},
		{"country>Spain", "GA4 compares country as text: use ==, !=, =@, !@, =~ or !~. By > it compares dates and numbers: date, dateHour"},
		{"sessions>10", "sessions is a metric, and this filter takes dimensions"},
		{"date>yesterday", `"yesterday" is not a number`},
	} {
		_, err := ParseFilter(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q:\n got %v\nwant %s", c.text, err, c.want)
			continue
		}
		if KindOf(err) != Invalid {
			t.Errorf("%q: %s", c.text, KindOf(err))
		}
	}
}

func TestWrittenFilter(t *testing.T) {
	text, err := ParseFilter("country==x")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		json string
		want *Filter
	}{
		{`{"f":"country==x"}`, text},
		{`{"f":{"filter":{"fieldName":"country","stringFilter":{"matchType":"EXACT","value":"x"}}}}`, text},
	} {
		var v struct {
			F WrittenFilter `json:"f"`
		}
		if err := json.Unmarshal([]byte(c.json), &v); err != nil || !reflect.DeepEqual(v.F.Filter, c.want) {
			t.Errorf("%s: %+v, %v", c.json, v.F.Filter, err)
		}
		var again WrittenFilter
		if b, err := json.Marshal(v.F); err != nil || json.Unmarshal(b, &again) != nil || !reflect.DeepEqual(again, v.F) {
			t.Errorf("%s is written %s, %v", c.json, b, err)
		}
	}
}

func TestWrittenFilterIsStrict(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`""`, "The filter is empty"},
		{`null`, "The filter is null"},
		{`"country"`, "there is no operator"},
		{`7`, "Invalid value at 'filter' (message), 7"},
		{`[]`, "Invalid value at 'filter' (message), an array"},
		{`{"filter":{"fieldName":"a","emptyFilter":{}},"filter":{"fieldName":"b","emptyFilter":{}}}`, "filter is given twice"},
		{`{"filter":{"fieldName":"a","emptyFilter":{}},"andGroup":{"expressions":[]}}`, "already set"},
		{`{"fieldName":"a","emptyFilter":{}}`, `Unknown name "fieldName" at 'filter': Cannot find field.`},
		{strings.Repeat(`{"notExpression":`, 30) + "{}" + strings.Repeat("}", 30), "is nested too deep"},
	} {
		w := WrittenFilter{city("kept")}
		err := w.UnmarshalJSON([]byte(c.json))
		if err == nil || !strings.Contains(err.Error(), c.want) || KindOf(err) != Invalid {
			t.Errorf("%.80s: %v, want %s", c.json, err, c.want)
		}
	}
	var inside struct{ F WrittenFilter }
	var e *Error
	if err := json.Unmarshal([]byte(`{"F":"country"}`), &inside); !errors.As(err, &e) {
		t.Errorf("inside other JSON the error is %T: %v", err, err)
	}
}
