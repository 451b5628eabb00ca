package report

import (
	"slices"
	"strings"
	"testing"
)

func TestParseExpression(t *testing.T) {
	for text, want := range map[string][]string{
		"totalUsers": {"totalUsers"}, " a / b ": {"a", "b"}, "(a + 1.5)*-b - a": {"a", "b", "a"}, "2": nil, "-(-(3))": nil,
		"customEvent:price*2": {"customEvent:price"}, "keyEvents:purchase/calcMetric:x": {"keyEvents:purchase", "calcMetric:x"},
		"customEvent:a - b": {"customEvent:a", "b"}, "a-b": {"a", "b"}, "keyEvents[purchase]+1": {"keyEvents[purchase]"}, "customEvent:größe": {"customEvent:größe"},
	} {
		e, err := ParseExpression(text)
		var names []string
		if err == nil {
			e.Names(func(name string) { names = append(names, name) })
		}
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("%q reads %q, want %q; %v", text, names, want, err)
		}
	}
	for _, text := range []string{
		"", " ", "a b", "a//b", "a+", "(a", "a)", "()", "2a", "1e3", "a.b", "a,b", "sum(a)", "a^2", "a%2", "a=b", "+a", ".5", "a\x00", "a\u00a0+b", "a\u00a0", "0\v", `"a"`, "ａ", "a:b:c",
		"customEvent:a-b", strings.Repeat("(", 30) + "a" + strings.Repeat(")", 30), strings.Repeat("-", 30) + "a",
	} {
		if e, err := ParseExpression(text); err == nil {
			t.Errorf("%q is an expression: %+v", text, e)
		}
	}
}

// FuzzExpression: every letter in an expression belongs to a name that Names visits, so that no field is read unseen.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"a/b", "-(x:y - 2)*z[w]", "1.5*(a+b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseExpression(s)
		if err != nil {
			return
		}
		rest := s
		e.Names(func(name string) {
			_, after, found := strings.Cut(rest, name)
			if !found {
				t.Fatalf("%q reads %q", s, name)
			}
			rest = after
		})
		e.Names(func(name string) { s = strings.Replace(s, name, "", 1) })
		if strings.Trim(s, "0123456789.+-*/() \t\r\n\v\f") != "" {
			t.Errorf("%q is left", s)
		}
	})
}

func TestExpressionErrors(t *testing.T) {
	for in, want := range map[string]string{
		`"metrics":[{"name":"x","expression":"a//b"}]`:                                                         `The expression "a//b" of metric "x" is not an expression of metrics: it is made of names of metrics, numbers, + - * / and parentheses.`,
		`"metrics":[{"name":"x","expression":"customEvent:a-b"}]`:                                              `The expression "customEvent:a-b" of metric "x" is not an expression of metrics: put a space before the minus behind customEvent:a.`,
		`"metrics":[{"expression":"a/b"}]`:                                                                     `A metric with an expression needs a name.`,
		`"metrics":[{"name":"a/b","expression":"a/b"}]`:                                                        `The name "a/b" of a metric with an expression is not valid: use letters, digits and _.`,
		`"dimensions":[{"name":"x","dimensionExpression":{}}]`:                                                 `The dimensionExpression of "x" needs exactly one of lowerCase, upperCase and concatenate.`,
		`"dimensions":[{"name":"x","dimensionExpression":{"concatenate":{}}}]`:                                 `The concatenate of dimension "x" needs dimensionNames.`,
		`"dimensions":[{"name":"dateRange","dimensionExpression":{"lowerCase":{"dimensionName":"city"}}}]`:     `The name dateRange is that of a column that reports add: choose another name for the expression.`,
		`"metrics":[{"name":"a"}],"comparisons":[{"name":"x"}]`:                                                `The comparison "x" needs a dimensionFilter.`,
		`"metrics":[{"name":"a"}],"comparisons":[{"dimensionFilter":{}}]`:                                      `A filter expression needs exactly one of andGroup, orGroup, notExpression and filter.`,
		`"metrics":[{"name":"a"}],"comparisons":[` + strings.Repeat(`{},`, 10) + `{}]`:                         `Oriel answers requests of up to 10 comparisons. This request contains 11 comparisons.`,
		`"metrics":[{"name":"a"}],"cohortSpec":{"cohorts":[{"dimension":"firstSessionDate"}]}`:                 `Oriel does not support cohortSpec.`,
		`"dimensions":[{"name":"x","dimensionExpression":{"lowerCase":{"dimensionName":"a"},"upperCase":{}}}]`: `Invalid value at 'dimensions[0].dimension_expression' (oneof), oneof field 'one_expression' is already set. Cannot set 'upperCase'`,
	} {
		_, err := DecodeRunReport([]byte(`{"dateRanges":[{"startDate":"today","endDate":"today","name":"0-4 minutes ago"}],` + in + `}`))
		if err == nil || err.Error() != want || KindOf(err) != Invalid {
			t.Errorf("%s\n got %v\nwant %s", in, err, want)
		}
	}
	for _, in := range []string{
		`{"metrics":[{"name":"activeUsers"}],"minuteRanges":[{"startMinutesAgo":59,"endMinutesAgo":30,"name":"0-4 minutes ago"},{"name":"last week = 7 days; \"x\""}]}`,
		`{"metrics":[{"name":"total","expression":"activeUsers"}],"dimensions":[{"name":"x","dimension_expression":{"upper_case":{"dimension_name":"city"}}}]}`,
	} {
		if _, err := DecodeRunRealtimeReport([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
	if _, err := DecodeRunRealtimeReport([]byte(`{"metrics":[{"name":"a"}],"comparisons":[]}`)); err == nil {
		t.Error("realtime has comparisons")
	}
}
