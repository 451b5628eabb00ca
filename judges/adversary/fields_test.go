package adversary

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// v1 asks for sessions by country of a week, with more members, which win.
func v1(view, more string) ask {
	return ask{path: "/v1/views/" + view + ":runReport", as: token(view), body: v1Body(more)}
}

func v1Body(more string) string {
	body := ""
	for name, value := range map[string]string{
		"metrics": `[{"name":"sessions"}]`, "dimensions": `[{"name":"country"}]`, "dateRanges": `[{"startDate":"7daysAgo","endDate":"yesterday"}]`,
	} {
		if !strings.Contains(more, `"`+name+`":`) {
			body += `,"` + name + `":` + value
		}
	}
	return "{" + strings.TrimPrefix(more+body, ",") + "}"
}

// numbers are the N of ga:N by view.
var numbers = map[string]string{"shop": "77", "narrow": "78", "strict": "79", "live": "80", "vault": "88"}

// v3 asks for sessions by country of a week, with other parameters in their place.
func v3(view string, parameters ...string) ask {
	q := url.Values{"ids": {"ga:" + numbers[view]}, "metrics": {"ga:sessions"}, "dimensions": {"ga:country"}, "start-date": {"7daysAgo"}, "end-date": {"yesterday"}}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return ask{path: "/v3/data/ga?" + q.Encode(), as: token(view)}
}

// v4 asks for the same, with more members.
func v4(view, more string) ask {
	body := `"viewId":"` + numbers[view] + `"`
	for name, value := range map[string]string{
		"metrics": `[{"expression":"ga:sessions"}]`, "dimensions": `[{"name":"ga:country"}]`, "dateRanges": `[{"startDate":"7daysAgo","endDate":"yesterday"}]`,
	} {
		if !strings.Contains(more, `"`+name+`":`) {
			body += `,"` + name + `":` + value
		}
	}
	return ask{path: "/v4/reports:batchGet", as: token(view), body: `{"reportRequests":[{` + body + more + `}]}`}
}

// A reach is a way to name a field in a question. $F is the field, as the dialect
// calls it.
type reach struct {
	name string
	make func(view, more string) ask
	more string
}

const (
	condition = `{"filter":{"fieldName":"$F","stringFilter":{"matchType":"PARTIAL_REGEXP","value":".*"}}}`
	number    = `{"filter":{"fieldName":"$F","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"0"}}}}`
)

// dimensionReaches and metricReaches are all the ways in the Data API's dialect.
var dimensionReaches = []reach{
	{"a dimension", v1, `"dimensions":[{"name":"$F"}]`},
	{"a second dimension", v1, `"dimensions":[{"name":"country"},{"name":"$F"}]`},
	{"a filter", v1, `"dimensionFilter":` + condition},
	{"a filter of both sides", v1, `"dimensionFilter":{"orGroup":{"expressions":[` + condition + `,{"notExpression":` + condition + `}]}}`},
	{"a filter deep down", v1, `"dimensionFilter":{"notExpression":{"andGroup":{"expressions":[{"orGroup":{"expressions":[` + condition + `]}}]}}}`},
	{"an empty filter", v1, `"dimensionFilter":{"filter":{"fieldName":"$F","emptyFilter":{}}}`},
	{"a list filter", v1, `"dimensionFilter":{"filter":{"fieldName":"$F","inListFilter":{"values":["a"]}}}`},
	{"a dimension in the metric filter", v1, `"metricFilter":` + condition},
	{"an order", v1, `"dimensions":[{"name":"$F"}],"orderBys":[{"dimension":{"dimensionName":"$F"}}]`},
	{"an order alone", v1, `"orderBys":[{"dimension":{"dimensionName":"$F"}}]`},
	{"lower case of it", v1, `"dimensions":[{"name":"x","dimensionExpression":{"lowerCase":{"dimensionName":"$F"}}}]`},
	{"put together with another", v1, `"dimensions":[{"name":"x","dimensionExpression":{"concatenate":{"dimensionNames":["country","$F"],"delimiter":"/"}}}]`},
	{"a comparison", v1, `"comparisons":[{"name":"x","dimensionFilter":` + condition + `}]`},
	{"a cohort", v1, `"cohortSpec":{"cohorts":[{"dimension":"$F","dateRange":{"startDate":"7daysAgo","endDate":"yesterday"}}],"cohortsRange":{"granularity":"DAILY"}}`},
	{"a pivot", v1, `"pivots":[{"fieldNames":["$F"],"limit":"5"}]`},
	{"an order by a pivot", v1, `"orderBys":[{"pivot":{"metricName":"sessions","pivotSelections":[{"dimensionName":"$F","dimensionValue":"a"}]}}]`},
	{"snake case members", v1, `"dimension_filter":{"filter":{"field_name":"$F","string_filter":{"value":"a"}}}`},
	{"a pivot's dimension", pivoted, `"dimensions":[{"name":"country"},{"name":"$F"}],"pivots":[{"fieldNames":["country","$F"],"limit":"5"}]`},
	{"a pivot's filter", pivoted, `"dimensions":[{"name":"country"},{"name":"$F"}],"dimensionFilter":` + condition},
	{"a pivot's filter alone", pivoted, `"dimensionFilter":` + condition},
	{"a pivot's order", pivoted, `"dimensions":[{"name":"country"},{"name":"$F"}],"pivots":[{"fieldNames":["country"],"limit":"5","orderBys":[{"dimension":{"dimensionName":"$F"}}]}]`},
	{"a pivot's selection", pivoted, `"pivots":[{"fieldNames":["country"],"limit":"5","orderBys":[{"pivot":{"metricName":"sessions","pivotSelections":[{"dimensionName":"$F","dimensionValue":"a"}]}}]}]`},
	{"what goes together", compatible, `"dimensions":[{"name":"$F"}]`},
	{"what goes together behind a filter", compatible, `"dimensionFilter":` + condition},
	{"in realtime", realtime, `"dimensions":[{"name":"$F"}]`},
	{"a filter in realtime", realtime, `"dimensionFilter":` + condition},
	{"upper case of it", v1, `"dimensions":[{"name":"x","dimensionExpression":{"upperCase":{"dimensionName":"$F"}}}]`},
	{"a filter by what is put together", v1, `"dimensions":[{"name":"x","dimensionExpression":{"concatenate":{"dimensionNames":["$F"]}}}],"dimensionFilter":{"filter":{"fieldName":"x","stringFilter":{"value":"a"}}}`},
	{"the name of an expression over it", v1, `"dimensions":[{"name":"$F","dimensionExpression":{"lowerCase":{"dimensionName":"$F"}}}]`},
	{"a second comparison", v1, `"comparisons":[{"name":"y","dimensionFilter":{"filter":{"fieldName":"country","stringFilter":{"value":"a"}}}},{"name":"x","dimensionFilter":{"notExpression":` + condition + `}}]`},
}

var metricReaches = []reach{
	{"a metric", v1, `"metrics":[{"name":"$F"}]`},
	{"a second metric", v1, `"metrics":[{"name":"sessions"},{"name":"$F"}]`},
	{"an expression", v1, `"metrics":[{"name":"x","expression":"$F"}]`},
	{"an expression with another", v1, `"metrics":[{"name":"x","expression":"sessions+$F"}]`},
	{"an invisible metric", v1, `"metrics":[{"name":"sessions"},{"name":"$F","invisible":true}],"orderBys":[{"metric":{"metricName":"$F"}}]`},
	{"an order by a metric", v1, `"orderBys":[{"metric":{"metricName":"$F"},"desc":true}]`},
	{"an order by a pivot's metric", v1, `"orderBys":[{"pivot":{"metricName":"$F"}}]`},
	{"a metric filter", v1, `"metricFilter":` + number},
	{"a metric in the dimension filter", v1, `"dimensionFilter":` + number},
	{"an aggregation", v1, `"metrics":[{"name":"$F"}],"metricAggregations":["TOTAL","MAXIMUM"]`},
	{"a pivot's metric", pivoted, `"metrics":[{"name":"$F"}]`},
	{"a pivot's order by a metric", pivoted, `"pivots":[{"fieldNames":["country"],"limit":"5","orderBys":[{"pivot":{"metricName":"$F"}}]}]`},
	{"a pivot's metric filter", pivoted, `"metrics":[{"name":"sessions"},{"name":"$F"}],"metricFilter":` + number},
	{"what goes together with a metric", compatible, `"metrics":[{"name":"$F"}]`},
	{"what goes together behind a metric filter", compatible, `"metricFilter":` + number},
	{"a metric in realtime", realtime, `"metrics":[{"name":"$F"}]`},
	{"an expression that is its name", v1, `"metrics":[{"name":"$F","expression":"$F"}]`},
	{"an expression that cancels out", v1, `"metrics":[{"name":"x","expression":"sessions + $F - $F"}]`},
	{"a filter by an invisible expression", v1, `"metrics":[{"name":"sessions"},{"name":"x","expression":"2*$F","invisible":true}],"metricFilter":{"filter":{"fieldName":"x","numericFilter":{"operation":"GREATER_THAN","value":{"int64Value":"0"}}}}`},
}

// pivoted asks v1's question as a pivot report.
func pivoted(view, more string) ask {
	if !strings.Contains(more, `"pivots":`) {
		more += `,"pivots":[{"fieldNames":["country"],"limit":"5"}]`
	}
	return ask{path: "/v1/views/" + view + ":runPivotReport", as: token(view), body: v1Body(more)}
}

func compatible(view, more string) ask {
	return ask{path: "/v1/views/" + view + ":checkCompatibility", as: token(view), body: "{" + more + "}"}
}

func realtime(view, more string) ask {
	body := more
	if !strings.Contains(more, `"metrics":`) {
		body = `"metrics":[{"name":"activeUsers"}],` + more
	}
	return ask{path: "/v1/views/" + view + ":runRealtimeReport", as: token(view), body: "{" + body + "}"}
}

// reach3 and reach4 are ways in the dialects of Universal Analytics.
func reach3(parameters ...string) func(view, more string) ask {
	return func(view, field string) ask {
		with := make([]string, len(parameters))
		for i, p := range parameters {
			with[i] = strings.ReplaceAll(p, "$F", field)
		}
		return v3(view, with...)
	}
}

var oldDimensionReaches = []reach{
	{"v3 dimension", reach3("dimensions", "$F"), "$F"},
	{"v3 second dimension", reach3("dimensions", "ga:country,$F"), "$F"},
	{"v3 sort", reach3("dimensions", "$F", "sort", "$F"), "$F"},
	{"v3 filter", reach3("filters", "$F=~.*"), "$F"},
	{"v3 filter beside one", reach3("filters", "ga:country==New Zealand,$F!=x"), "$F"},
	{"v3 segment", reach3("segment", "sessions::condition::$F=~.*"), "$F"},
	{"v3 dynamic segment", reach3("segment", "dynamic::$F=~.*"), "$F"},
	{"v4 dimension", v4, `,"dimensions":[{"name":"$F"}]`},
	{"v4 filter clause", v4, `,"dimensionFilterClauses":[{"filters":[{"dimensionName":"$F","operator":"REGEXP","expressions":[".*"]}]}]`},
	{"v4 filter clause with or", v4, `,"dimensionFilterClauses":[{"operator":"OR","filters":[{"dimensionName":"ga:country","expressions":["a"]},{"not":true,"dimensionName":"$F","operator":"EXACT","expressions":["a"]}]}]`},
	{"v4 filters expression", v4, `,"filtersExpression":"$F=~.*"`},
	{"v4 order", v4, `,"dimensions":[{"name":"$F"}],"orderBys":[{"fieldName":"$F"}]`},
	{"v4 pivot", v4, `,"metrics":[{"expression":"ga:sessions"}],"pivots":[{"dimensions":[{"name":"$F"}],"metrics":[{"expression":"ga:sessions"}]}]`},
	{"v4 pivot's filter", v4, `,"metrics":[{"expression":"ga:sessions"}],"pivots":[{"dimensions":[{"name":"ga:country"}],"metrics":[{"expression":"ga:sessions"}],"dimensionFilterClauses":[{"filters":[{"dimensionName":"$F","expressions":["a"]}]}]}]`},
	{"v4 segment", v4, `,"segments":[{"dynamicSegment":{"name":"x","sessionSegment":{"segmentFilters":[{"simpleSegment":{"orFiltersForSegment":[{"segmentFilterClauses":[{"dimensionFilter":{"dimensionName":"$F","expressions":["a"]}}]}]}}]}}}],"dimensions":[{"name":"ga:segment"}]`},
	{"v4 cohort", v4, `,"cohortGroup":{"cohorts":[{"name":"x","type":"FIRST_VISIT_DATE","dateRange":{"startDate":"2026-01-01","endDate":"2026-01-02"}}]},"dimensions":[{"name":"$F"}]`},
	{"v3 realtime", func(view, field string) ask {
		return ask{path: "/v3/data/realtime?ids=ga:" + numbers[view] + "&metrics=rt:activeUsers&dimensions=" + strings.Replace(field, "ga:", "rt:", 1), as: token(view)}
	}, "$F"},
}

var oldMetricReaches = []reach{
	{"v3 metric", reach3("metrics", "$F"), "$F"},
	{"v3 second metric", reach3("metrics", "ga:sessions,$F"), "$F"},
	{"v3 sort by a metric", reach3("metrics", "ga:sessions,$F", "sort", "-$F"), "$F"},
	{"v3 filter by a metric", reach3("filters", "$F>0"), "$F"},
	{"v4 metric", v4, `,"metrics":[{"expression":"$F"}]`},
	{"v4 metric with an alias", v4, `,"metrics":[{"expression":"$F","alias":"ga:sessions"}]`},
	{"v4 expression", v4, `,"metrics":[{"expression":"$F/ga:sessions"}]`},
	{"v4 expression that cancels out", v4, `,"metrics":[{"expression":"ga:sessions+$F-$F"}]`},
	{"v4 metric filter", v4, `,"metricFilterClauses":[{"filters":[{"metricName":"$F","operator":"GREATER_THAN","comparisonValue":"0"}]}]`},
	{"v4 filters expression by a metric", v4, `,"filtersExpression":"$F>0"`},
	{"v4 order by a metric", v4, `,"metrics":[{"expression":"ga:sessions"},{"expression":"$F"}],"orderBys":[{"fieldName":"$F","sortOrder":"DESCENDING"}]`},
	{"v4 pivot by a metric", v4, `,"metrics":[{"expression":"ga:sessions"}],"pivots":[{"dimensions":[{"name":"ga:country"}],"metrics":[{"expression":"$F"}]}]`},
}

// fieldAttacks name what the narrow view denies, and the strict one does not
// allow, in every way.
func fieldAttacks() []attack {
	var attacks []attack
	add := func(reaches []reach, fields ...string) {
		for _, r := range reaches {
			for _, field := range fields {
				narrow := "narrow"
				if strings.Contains(r.name, "realtime") {
					narrow = "live" // whose filter realtime has words for
				}
				name := fmt.Sprintf("%s, %q", r.name, field)
				attacks = append(attacks, attack{name: name, of: filterOracle, run: r.try(narrow, field)}, attack{name: name + " of the strict view", of: promiseFields, run: r.try("strict", field)})
			}
		}
	}
	add(dimensionReaches, "city", "City", "CITY", "hostName", "browser", "customEvent:author", "customevent:author", "city\u200b", "ｃity", "city\x00", " city")
	add(metricReaches, "totalRevenue", "TotalRevenue", "purchaseRevenue", "newUsers", "newusers", "calcMetric:cheap", "purchaseRevenue+0")
	add(oldDimensionReaches, "ga:city", "ga:CITY", "ga:hostname", "ga:browser", "ga:dimension1")
	add(oldMetricReaches, "ga:transactionRevenue", "ga:newUsers", "ga:newVisits", "ga:percentNewSessions", "ga:metric1", "ga:calcMetric_cheap", "ga:revenuePerUser", "ga:localTransactionRevenue")
	return append(attacks, fieldLists()...)
}

// try names a field in a view that hides it.
func (r reach) try(view, field string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		a := s.do(t, r.make(view, strings.ReplaceAll(r.more, "$F", jsonText(field))))
		if a.status < 400 || a.status > 499 || strings.Contains(a.body, `"rows"`) {
			t.Errorf("answered %d: %.600s", a.status, a.body)
		}
		if !strings.Contains(r.name, "v3") && !strings.Contains(r.name, "v4") {
			r.alike(t, s, view, field, a)
		}
	}
}

// alike wants what is said of a hidden field to be what is said of one that is
// not there at all.
func (r reach) alike(t *testing.T, s *stage, view, field string, hidden answer) {
	t.Helper()
	if strings.Trim(field, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return // of another form than a name, and of none that is there
	}
	const nothing = "zzz"
	a := s.do(t, r.make(view, strings.ReplaceAll(r.more, "$F", nothing)))
	if want, got := strings.ReplaceAll(a.body, nothing, "$F"), strings.ReplaceAll(hidden.body, field, "$F"); want != got {
		t.Errorf("%q is told from a field that is not there:\n%s\n%s", field, got, want)
	}
}

// jsonText writes a text as it stands within quotes of JSON.
func jsonText(s string) string { return strings.ReplaceAll(s, "\x00", `\u0000`) }

// fieldLists see what lists of fields tell, and that the attacks above fail for
// no other reason than what the views hide.
func fieldLists() []attack {
	attacks := []attack{
		{name: "metadata without what is hidden", of: answersTellQuery, ask: ask{path: "/v1/views/narrow/metadata", as: token("narrow")},
			want: all(status(200), with(`"country"`, `"sessions"`), without(`"city"`, `"hostName"`, `"browser"`, `"totalRevenue"`, `"purchaseRevenue"`, `"newUsers"`, "customEvent:"))},
		{name: "Google's metadata without what is hidden", of: answersTellQuery, ask: ask{path: "/v1beta/properties/narrow/metadata", as: token("narrow")},
			want: all(status(200), with(`"country"`), without(`"city"`, `"hostName"`, `"browser"`, `"totalRevenue"`, `"purchaseRevenue"`, `"newUsers"`, "customEvent:"))},
		{name: "metadata of what is allowed alone", of: answersTellQuery, ask: ask{path: "/v1/views/strict/metadata", as: token("strict")},
			want: all(status(200), with(`"country"`, `"activeUsers"`), without(`"city"`, `"active1DayUsers"`, `"totalUsers"`))},
		{name: "realtime where there is none", of: sideEndpoints, ask: realtime("strict", `"dimensions":[{"name":"country"}]`), want: status(403)},
		{name: "realtime where it cannot be narrowed", of: sideEndpoints, ask: realtime("narrow", `"dimensions":[{"name":"country"}]`), want: status(403)},
		{name: "v3 realtime where there is none", of: sideEndpoints, ask: ask{path: "/v3/data/realtime?ids=ga:79&metrics=rt:activeUsers", as: token("strict")}, want: status(403)},
	}
	for _, r := range []reach{dimensionReaches[0], dimensionReaches[2], dimensionReaches[3], dimensionReaches[4], dimensionReaches[8], dimensionReaches[16], dimensionReaches[17], dimensionReaches[18], dimensionReaches[22], oldDimensionReaches[0], oldDimensionReaches[3], oldDimensionReaches[7], oldDimensionReaches[8], oldDimensionReaches[10], oldDimensionReaches[12]} {
		attacks = append(attacks, attack{name: "the shop may: " + r.name, of: promiseFields, run: r.may("city", "ga:city")})
	}
	for _, r := range []reach{metricReaches[0], metricReaches[1], metricReaches[9], metricReaches[10], metricReaches[12], metricReaches[13], oldMetricReaches[0], oldMetricReaches[2], oldMetricReaches[4], oldMetricReaches[6], oldMetricReaches[10]} {
		attacks = append(attacks, attack{name: "the shop may: " + r.name, of: promiseFields, run: r.may("newUsers", "ga:newUsers")})
	}
	return attacks
}

// may wants an answer where nothing is hidden.
func (r reach) may(field, oldField string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		if strings.HasPrefix(r.name, "v3") || strings.HasPrefix(r.name, "v4") {
			field = oldField
		}
		if a := s.do(t, r.make("shop", strings.ReplaceAll(r.more, "$F", field))); a.status != http.StatusOK {
			t.Errorf("answered %d: %.600s", a.status, a.body)
		}
	}
}
