package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const minimal = `"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]`

// with is the minimal request with more members.
func with(members string) string { return "{" + minimal + "," + members + "}" }

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	want := full()
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRunReport(b)
	if err != nil {
		t.Fatal(err)
	}
	want.Account, want.Property = "", ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestDecodeReadsProto3JSON(t *testing.T) {
	want, err := DecodeRunReport([]byte(with(`"limit":"5","offset":7,"keepEmptyRows":true,"metricAggregations":["TOTAL"],
		"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{"matchType":"BEGINS_WITH","value":"a"}}},
		"metricFilter":{"filter":{"fieldName":"sessions","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"3"}}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRunReport([]byte(`{"metrics":[{"name":"sessions","expression":"","invisible":false}],"dimensions":null,
		"date_ranges":[{"start_date":"7daysAgo","end_date":"yesterday","name":null}],
		"limit":5,"offset":"7","keep_empty_rows":true,"metric_aggregations":["METRIC_AGGREGATION_UNSPECIFIED","TOTAL"],
		"dimension_filter":{"filter":{"field_name":"city","string_filter":{"match_type":"BEGINS_WITH","value":"a","case_sensitive":false}}},
		"metric_filter":{"filter":{"field_name":"sessions","numeric_filter":{"operation":"GREATER_THAN","value":{"int64_value":3}}}},
		"return_property_quota":true,"property":"properties/1","cohortSpec":null,"comparisons":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got.Property != "" || got.Account != "" {
		t.Errorf("a body chose the property %q or account %q", got.Property, got.Account)
	}
}

func TestDecodeReadsEnumsByNumber(t *testing.T) {
	ask := func(order, match, operation, aggregations string) string {
		return `{"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}],"metrics":[{"name":"sessions"}],"dimensions":[{"name":"city"}],
			"orderBys":[{"dimension":{"dimensionName":"city","orderType":` + order + `}}],"metricAggregations":` + aggregations + `,
			"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{"matchType":` + match + `,"value":"a"}}},
			"metricFilter":{"filter":{"fieldName":"sessions","numericFilter":{"operation":` + operation + `,"value":{"int64Value":3}}}}}`
	}
	want, err := DecodeRunReport([]byte(ask(`"CASE_INSENSITIVE_ALPHANUMERIC"`, `"PARTIAL_REGEXP"`, `"GREATER_THAN_OR_EQUAL"`, `["TOTAL","MINIMUM","MAXIMUM"]`)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRunReport([]byte(ask(`2`, `6`, `5`, `[0,1,5,6]`)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, bad := range []string{ask(`4`, `1`, `1`, `[]`), ask(`1`, `7`, `1`, `[]`), ask(`1`, `-1`, `1`, `[]`), ask(`1`, `1`, `1.5`, `[]`),
		ask(`1`, `1`, `1`, `[2]`), ask(`1`, `1`, `1`, `[4]`), ask(`1`, `""`, `1`, `[]`), ask(`1`, `1`, `1`, `[""]`)} {
		if _, err := DecodeRunReport([]byte(bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

func TestDecodeRealtime(t *testing.T) {
	q, err := DecodeRunRealtimeReport([]byte(`{"metrics":[{"name":"activeUsers"}],"minuteRanges":[{"startMinutesAgo":"4","name":"now"},{"startMinutesAgo":9,"endMinutesAgo":5}]}`))
	want := Query{Realtime: true, Metrics: []Metric{{Name: "activeUsers"}},
		MinuteRanges: []MinuteRange{{StartMinutesAgo: new(4), Name: "now"}, {StartMinutesAgo: new(9), EndMinutesAgo: new(5)}}}
	if err != nil || !reflect.DeepEqual(q, want) {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	filter := func(f string) string { return with(`"dimensionFilter":` + f) }
	str := func(s string) string { return filter(`{"filter":{"fieldName":"city",` + s + `}}`) }
	many := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
		}
		return strings.Join(parts, ",")
	}
	for _, test := range []struct{ in, want string }{
		// the transcoding layer
		{``, `A dateRange is required.`},
		{`{}`, `A dateRange is required.`},
		{`[]`, `Invalid JSON payload received. Unknown name "": Root element must be a message.`},
		{`{"x":1}`, `Invalid JSON payload received. Unknown name "x": Cannot find field.`},
		{`{"ya29.a0AfH6SMBx":1}`, `Invalid JSON payload received. Unknown name "ya29.a0AfH6S…": Cannot find field.`},
		{`{"dateRanges":[{"x":1}]}`, `Invalid JSON payload received. Unknown name "x" at 'date_ranges[0]': Cannot find field.`},
		{`{"x":1,"y":2}`, "Invalid JSON payload received. Unknown name \"x\": Cannot find field.\nInvalid JSON payload received. Unknown name \"y\": Cannot find field."},
		{`{"Metrics":[]}`, `Invalid JSON payload received. Unknown name "Metrics": Cannot find field.`},
		{`{"minuteRanges":[]}`, `Invalid JSON payload received. Unknown name "minuteRanges": Cannot find field.`},
		{`{"metricAggregations":["AVERAGE"]}`, `Invalid value at 'metric_aggregations[0]' (type.googleapis.com/google.analytics.data.v1beta.MetricAggregation), "AVERAGE"`},
		{`{"limit":"many"}`, `Invalid value at 'limit' (TYPE_INT64), "many"`},
		{`{"limit":1.5}`, `Invalid value at 'limit' (TYPE_INT64), 1.5`},
		{`{"keepEmptyRows":"true"}`, `Invalid value at 'keep_empty_rows' (TYPE_BOOL), "true"`},
		{`{"currencyCode":5}`, `Invalid value at 'currency_code' (TYPE_STRING), 5`},
		{`{"metrics":{"name":"x"}}`, `Invalid value at 'metrics' (repeated field), an object`},
		{`{"metrics":["x"]}`, `Invalid value at 'metrics[0]' (message), "x"`},
		{`{"metrics":[null]}`, `Invalid value at 'metrics[0]' (message), null`},
		{`{"date_ranges":[],"dateRanges":[]}`, `Invalid value at 'date_ranges': dateRanges is given twice.`},
		{`{"limit":1`, `Invalid JSON payload received. Near byte 10: unexpected end of string.`},
		{`{} {}`, `Invalid JSON payload received. Expected end of string after the message.`},
		// what Google knows and Oriel does not
		{with(`"comparisons":[{"name":"x","comparison":"comparisons/1234"}]`), `Oriel does not support saved comparisons: write the comparison's dimensionFilter.`},
		{with(`"cohortSpec":{}`), `Oriel does not support cohortSpec.`},
		{with(`"conversion_spec":{"x":1}`), `Oriel does not support conversionSpec.`},
		{with(`"orderBys":[{"pivot":{}}]`), `An orderBy of a pivot belongs in a pivot.`},
		// names, duplicates
		{`{"metrics":[{"name":"sess ions"}]}`, `Field sess ions is not a valid metric. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema`},
		{`{"dimensions":[{}]}`, `Field  is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema`},
		{`{"dimensions":[{"name":"city"},{"name":"city"}]}`, `Found duplicate dimensions: city`},
		{`{"metrics":[{"name":"a"},{"name":"a"}]}`, `Duplicate metrics are not allowed. Found duplicate metrics: a`},
		// limits
		{with(`"limit":-1`), `limit must be positive. The API received limit = -1`},
		{with(`"offset":"-1"`), `offset must be positive. The API received offset = -1`},
		{`{"dateRanges":[` + many(5, `{"startDate":"today","endDate":"today"}`) + `]}`, "Requests are limited to 4 dateRanges.\n  This request contains 5 dateRanges."},
		{with(`"dimensions":[` + many(10, `{"name":"d#"}`) + `]`), "Requests are limited to 9 dimensions within a nested request.\n  This request is for 10 dimensions."},
		{`{"dateRanges":[{"startDate":"today","endDate":"today"}],"metrics":[` + many(11, `{"name":"m#"}`) + `]}`, "Requests are limited to 10 metrics within a nested request.\n  This request is for 11 metrics."},
		{`{"dateRanges":[{"startDate":"today","endDate":"today"}]}`, `Requests require dimensions and/or metrics. Most requests include both.`},
		{`{"dateRanges":[{"startDate":"today"}]}`, `A dateRange needs startDate and endDate.`},
		{`{"dateRanges":[{"startDate":"today","endDate":"today","name":"date_range_1"}]}`, `The name "date_range_1" of a dateRange must not begin with date_range_ or RESERVED_.`},
		{`{"dateRanges":[{"startDate":"today","endDate":"today","name":"RESERVED_x"}]}`, `The name "RESERVED_x" of a dateRange must not begin with date_range_ or RESERVED_.`},
		{`{"dateRanges":[` + many(2, `{"startDate":"today","endDate":"today","name":"a"}`) + `]}`, `Two ranges have the name "a".`},
		{`{"metrics":[` + many(101, `{"name":"m#"}`) + `]}`, `metrics has 101 members; Oriel reads 100 at most.`},
		{with(`"currencyCode":"` + strings.Repeat("x", 4097) + `"`), `currency_code is longer than 4096 bytes.`},
		// filters
		{filter(`{}`), `A filter expression needs exactly one of andGroup, orGroup, notExpression and filter.`},
		{filter(`{"andGroup":{},"orGroup":{}}`), `Invalid value at 'dimension_filter' (oneof), oneof field 'expr' is already set. Cannot set 'orGroup'`},
		{filter(`{"andGroup":{}}`), `A group of filters needs at least one expression.`},
		{filter(`{"andGroup":{"expressions":[null]}}`), `Invalid value at 'dimension_filter.and_group.expressions[0]' (message), null`},
		{str(`"stringFilter":{"value":"a"},"emptyFilter":{}`), `Invalid value at 'dimension_filter.filter' (oneof), oneof field 'one_filter' is already set. Cannot set 'emptyFilter'`},
		{filter(`{"filter":{"fieldName":"city"}}`), `The filter of city needs exactly one of stringFilter, inListFilter, numericFilter, betweenFilter and emptyFilter.`},
		{filter(`{"filter":{"fieldName":"a b","emptyFilter":{}}}`), `The fieldName "a b" of a filter is not valid.`},
		{str(`"stringFilter":{"matchType":"LIKE","value":"a"}`), `Invalid value at 'dimension_filter.filter.string_filter.match_type' (type.googleapis.com/google.analytics.data.v1beta.Filter.StringFilter.MatchType), "LIKE"`},
		{str(`"stringFilter":{"matchType":"FULL_REGEXP","value":"("}`), "The regular expression of the filter of city is not valid RE2: error parsing regexp: missing closing ): `(`"},
		{str(`"stringFilter":{"matchType":"PARTIAL_REGEXP","value":"(?=x)"}`), "The regular expression of the filter of city is not valid RE2: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{str(`"inListFilter":{}`), `The inListFilter of city needs values.`},
		{str(`"numericFilter":{"value":{"int64Value":1}}`), `The numericFilter of city needs an operation: one of EQUAL, LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL.`},
		{str(`"numericFilter":{"operation":"EQUAL"}`), `A number in the filter of city needs exactly one of int64Value and doubleValue.`},
		{str(`"numericFilter":{"operation":"EQUAL","value":{"int64Value":1,"doubleValue":1}}`), `Invalid value at 'dimension_filter.filter.numeric_filter.value' (oneof), oneof field 'one_value' is already set. Cannot set 'doubleValue'`},
		{str(`"numericFilter":{"operation":"EQUAL","value":{"doubleValue":"NaN"}}`), `Invalid value at 'dimension_filter.filter.numeric_filter.value.double_value' (TYPE_DOUBLE), "NaN"`},
		{str(`"numericFilter":{"operation":"EQUAL","value":{"doubleValue":1e999}}`), `Invalid value at 'dimension_filter.filter.numeric_filter.value.double_value' (TYPE_DOUBLE), 1e999`},
		{str(`"betweenFilter":{"fromValue":{"int64Value":1}}`), `A number in the filter of city needs exactly one of int64Value and doubleValue.`},
		{str(`"emptyFilter":{"x":1}`), `Invalid JSON payload received. Unknown name "x" at 'dimension_filter.filter.empty_filter': Cannot find field.`},
		// order, aggregation
		{with(`"orderBys":[{}]`), `An orderBy needs exactly one of metric and dimension.`},
		{with(`"orderBys":[{"metric":{"metricName":"sessions"},"dimension":{}}]`), `Invalid value at 'order_bys[0]' (oneof), oneof field 'one_order_by' is already set. Cannot set 'dimension'`},
		{with(`"orderBys":[{"metric":{"metricName":"other"}}]`), `Field other exists in OrderBy but is not defined in input Dimensions/Metrics list`},
		{with(`"orderBys":[{"dimension":{"dimensionName":"sessions"}}]`), `Field sessions exists in OrderBy but is not defined in input Dimensions/Metrics list`},
		{with(`"metricAggregations":["COUNT"]`), `Metric aggregation Count is not supported in ReportRequest.`},
		{with(`"currencyCode":"euro"`), `The currencyCode "euro" is not one of ISO 4217, such as EUR.`},
	} {
		_, err := DecodeRunReport([]byte(test.in))
		if err == nil || err.Error() != test.want || KindOf(err) != Invalid {
			t.Errorf("%s\n got %v\nwant %s", Truncate(test.in), err, test.want)
		}
	}
}

func TestDecodeRealtimeErrors(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`{"dateRanges":[]}`, `Invalid JSON payload received. Unknown name "dateRanges": Cannot find field.`},
		{`{"offset":1}`, `Invalid JSON payload received. Unknown name "offset": Cannot find field.`},
		{`{}`, `Requests require dimensions and/or metrics. Most requests include both.`},
		{`{"minuteRanges":[{},{},{}]}`, "Requests are limited to 2 minuteRanges.\n  This request contains 3 minuteRanges."},
		{`{"minuteRanges":[{"startMinutesAgo":60}]}`, `A minuteRange must have 59 ≥ startMinutesAgo ≥ endMinutesAgo ≥ 0; this one has 60 and 0.`},
		{`{"minuteRanges":[{"startMinutesAgo":2,"endMinutesAgo":3}]}`, `A minuteRange must have 59 ≥ startMinutesAgo ≥ endMinutesAgo ≥ 0; this one has 2 and 3.`},
		{`{"minuteRanges":[{"startMinutesAgo":99999999999}]}`, `Invalid value at 'minute_ranges[0].start_minutes_ago' (TYPE_INT32), 99999999999`},
	} {
		_, err := DecodeRunRealtimeReport([]byte(test.in))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s\n got %v\nwant %s", test.in, err, test.want)
		}
	}
}

func TestDecodeBatch(t *testing.T) {
	one := "{" + minimal + "}"
	qs, err := DecodeBatchRunReports([]byte(`{"property":"properties/1","requests":[` + one + `,` + with(`"limit":3,"property":"properties/1"`) + `]}`))
	if err != nil || len(qs) != 2 || qs[0].Limit != 0 || qs[1].Limit != 3 {
		t.Errorf("got %+v, %v", qs, err)
	}
	for in, want := range map[string]string{
		``:                `The batchRunReportsRequest must contain at least one runReportRequest.`,
		`{"requests":[]}`: `The batchRunReportsRequest must contain at least one runReportRequest.`,
		`{"requests":[` + strings.TrimSuffix(strings.Repeat(one+",", 6), ",") + `]}`: "Batch requests are limited to 5 requests.\n  This batch request contains 6 requests.",
		`{"requests":[` + one + `,{"x":1}]}`:                                         `Invalid JSON payload received. Unknown name "x" at 'requests[1]': Cannot find field.`,
		`{"requests":[{}]}`:                                                          `A dateRange is required.`,
	} {
		if _, err := DecodeBatchRunReports([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", Truncate(in), err, want)
		}
	}
}

func TestDecodeHostileInput(t *testing.T) {
	nest := func(n int) string {
		return `{"dimensionFilter":` + strings.Repeat(`{"notExpression":`, n) +
			`{"filter":{"fieldName":"city","emptyFilter":{}}}` + strings.Repeat(`}`, n) + `,` + minimal + `}`
	}
	if _, err := DecodeRunReport([]byte(nest(maxFilterDepth - 1))); err != nil {
		t.Errorf("as deep as may be: %v", err)
	}
	leaf := `{"filter":{"fieldName":"city","emptyFilter":{}}}`
	group := `{"orGroup":{"expressions":[` + strings.TrimSuffix(strings.Repeat(leaf+",", 100), ",") + `]}}`
	for name, in := range map[string]string{
		"deep filter":     nest(maxFilterDepth),
		"deep JSON":       strings.Repeat(`{"dimensionFilter":`, 100_000),
		"deep array":      strings.Repeat(`[`, 1_000_000),
		"unknown names":   `{` + strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("y", 200)+`":1,`, 10_000), ",") + `}`,
		"many values":     with(`"dimensionFilter":{"filter":{"fieldName":"city","inListFilter":{"values":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 10_001), ",") + `]}}}`),
		"many conditions": with(`"dimensionFilter":{"andGroup":{"expressions":[` + strings.TrimSuffix(strings.Repeat(group+",", 11), ",") + `]}}`),
		"many regexps":    with(`"dimensionFilter":{"andGroup":{"expressions":[` + strings.TrimSuffix(strings.Repeat(`{"filter":{"fieldName":"city","stringFilter":{"matchType":"FULL_REGEXP","value":"`+strings.Repeat("x{1000}", 500)+`"}}},`, 5), ",") + `]}}`),
		"large regexp":    with(`"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{"matchType":"FULL_REGEXP","value":"((a{100}){100}){100}"}}}`),
	} {
		_, err := DecodeRunReport([]byte(in))
		if KindOf(err) != Invalid {
			t.Errorf("%s: got %v", name, err)
		} else if len(err.Error()) > 8192 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

func TestValidateErrors(t *testing.T) {
	for name, change := range map[string]func(*Query){
		"minutes in a report":    func(q *Query) { q.MinuteRanges = []MinuteRange{{}} },
		"days in realtime":       func(q *Query) { q.Realtime = true },
		"offset in realtime":     func(q *Query) { q.Realtime, q.DateRanges = true, nil },
		"unknown aggregation":    func(q *Query) { q.MetricAggregations = []Aggregation{"AVERAGE"} },
		"unknown order":          func(q *Query) { q.OrderBys[1].Dimension.OrderType = "RANDOM" },
		"two orders in one":      func(q *Query) { q.OrderBys[0].Dimension = q.OrderBys[1].Dimension },
		"null in a group":        func(q *Query) { q.DimensionFilter.AndGroup.Expressions[0] = nil },
		"two expressions in one": func(q *Query) { q.DimensionFilter.Not = city("x") },
		"two tests in one":       func(q *Query) { q.MetricFilter.Condition.Empty = &EmptyFilter{} },
		"unknown match":          func(q *Query) { q.MetricFilter.Condition.String.MatchType = "LIKE" },
	} {
		q := full()
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&q)
		if err := q.Validate(); KindOf(err) != Invalid || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzDecode: hostile input never panics, and what is read is written and read
// again the same.
func FuzzDecode(f *testing.F) {
	b, err := json.Marshal(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(with(`"limit":"5"`)))
	f.Add([]byte(`{"metrics":[{"name":"activeUsers"}],"minuteRanges":[{"startMinutesAgo":4}]}`))
	f.Add([]byte(`{"requests":[{` + minimal + `}]}`))
	f.Add([]byte(`{"a":[[[]]],"b":{"c":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = DecodeBatchRunReports(b)
		for _, decode := range []func([]byte) (Query, error){DecodeRunReport, DecodeRunRealtimeReport} {
			q, err := decode(b)
			if err != nil {
				if KindOf(err) != Invalid {
					t.Fatalf("%v is %v", err, KindOf(err))
				}
				continue
			}
			written, err := json.Marshal(q)
			if err != nil {
				t.Fatal(err)
			}
			again, err := decode(written)
			if err != nil {
				t.Fatalf("%s was written and is refused: %v", written, err)
			}
			rewritten, _ := json.Marshal(again)
			if string(rewritten) != string(written) {
				t.Fatalf("%s\nbecame\n%s", written, rewritten)
			}
		}
	})
}

// BenchmarkDecode reads what a page sends, and 256 KB that somebody sends who means harm.
func BenchmarkDecode(b *testing.B) {
	fill := func(before, part, after string) string {
		return before + strings.TrimSuffix(strings.Repeat(part+",", 256<<10/(len(part)+1)), ",") + after
	}
	for name, body := range map[string]string{
		"page":    with(`"dimensions":[{"name":"date"}],"orderBys":[{"dimension":{"dimensionName":"date"}}]`),
		"unknown": fill(`{`, `"y":1`, `}`),
		"objects": fill(`{"x":[`, `{"":{}}`, `]}`),
		"values":  fill(`{"dimensionFilter":{"filter":{"fieldName":"a","inListFilter":{"values":[`, `""`, `]}}}}`),
		"filters": fill(`{"dimensionFilter":{"andGroup":{"expressions":[`, `{"filter":{"emptyFilter":{}}}`, `]}}}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = DecodeRunReport([]byte(body))
			}
		})
	}
}
