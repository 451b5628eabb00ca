package adversary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// home is the only country that the narrow views show.
const home = "New Zealand"

// abroad returns the countries that the shop shows and the narrow views do not.
func (s *stage) abroad(t testing.TB) []string {
	t.Helper()
	a := s.do(t, v1("shop", `"dateRanges":[{"startDate":"30daysAgo","endDate":"yesterday"}]`))
	var countries []string
	for _, row := range rowsOf(t, a.body) {
		if row[0] != home {
			countries = append(countries, row[0])
		}
	}
	if a.status != http.StatusOK || len(countries) < 5 {
		t.Fatalf("%d, the shop shows %d countries", a.status, len(countries))
	}
	return countries
}

// rowsOf returns the rows of a report of the Data API: dimensions, then metrics.
func rowsOf(t testing.TB, body string) [][]string {
	t.Helper()
	type values []struct {
		Value string `json:"value"`
	}
	var report struct {
		Rows []struct {
			Dimensions values `json:"dimensionValues"`
			Metrics    values `json:"metricValues"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	var rows [][]string
	for _, r := range report.Rows {
		var row []string
		for _, v := range append(r.Dimensions, r.Metrics...) {
			row = append(row, v.Value)
		}
		rows = append(rows, row)
	}
	return rows
}

// atHome sends an ask about a narrow view: whatever it says, no other country
// comes back, and no figure of all countries.
func atHome(a ask) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		forbidden := s.abroad(t)
		got := send(t, s.oriel, s.expand(t, s.oriel, a.text(t, s)), patience)
		s.harmless(t, got, false)
		answered := got.only(t)
		if answered.status >= 500 {
			t.Errorf("answered %d: %.600s", answered.status, answered.body)
		}
		for _, country := range forbidden {
			if strings.Contains(answered.body, `"`+country+`"`) && answered.status == http.StatusOK {
				t.Errorf("%s is in the answer to %s %s: %.600s", country, a.path, a.body, answered.body)
			}
		}
		for _, figure := range s.figures(t) {
			if strings.Contains(answered.body, `"`+figure+`"`) {
				t.Errorf("%s, a figure of all countries, is in the answer: %.600s", figure, answered.body)
			}
		}
	}
}

// figures are totals over all countries of the days that filterAttacks ask for.
func (s *stage) figures(t testing.TB) []string {
	t.Helper()
	a := s.do(t, v1("shop", `"dimensions":[],"metrics":[{"name":"sessions"},{"name":"eventCount"}],"metricAggregations":["TOTAL"]`))
	rows := rowsOf(t, a.body)
	if len(rows) != 1 || len(rows[0][1]) < 3 {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	return rows[0]
}

// Filters of the Data API that try to get behind the mandatory one by how they are written. What well-formed filters reach is
// TestNothingHiddenLeaks' subject, in internal/app.
var filters1 = map[string]string{
	"another country":                `{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}}`,
	"null":                           `null`,
	"a null within":                  `{"orGroup":{"expressions":[null]}}`,
	"two kinds at once":              `{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}},"orGroup":{"expressions":[{"filter":{"fieldName":"countryId","emptyFilter":{}}}]}}`,
	"two conditions at once":         `{"filter":{"fieldName":"countryId","stringFilter":{"value":"NZ"},"inListFilter":{"values":["DE"]}}}`,
	"a filter twice":                 `{"filter":{"fieldName":"countryId","stringFilter":{"value":"NZ"}},"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}}`,
	"a group in an array":            `[{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}}]`,
	"closing braces in a value":      `{"filter":{"fieldName":"countryId","stringFilter":{"value":"NZ\"}}},{\"filter\":{\"fieldName\":\"countryId\",\"stringFilter\":{\"value\":\"DE"}}}`,
	"a regexp that runs away":        `{"filter":{"fieldName":"country","stringFilter":{"matchType":"FULL_REGEXP","value":"(a+)+$"}}}`,
	"a regexp of nested stars":       `{"filter":{"fieldName":"country","stringFilter":{"matchType":"PARTIAL_REGEXP","value":"((((((((((.*)*)*)*)*)*)*)*)*)*)*x"}}}`,
	"a regexp of many repeats":       `{"filter":{"fieldName":"country","stringFilter":{"matchType":"FULL_REGEXP","value":"(((x{1,1000}){1,1000}){1,1000})"}}}`,
	"a regexp that is none":          `{"filter":{"fieldName":"country","stringFilter":{"matchType":"FULL_REGEXP","value":"("}}}`,
	"a regexp that looks ahead":      `{"filter":{"fieldName":"country","stringFilter":{"matchType":"FULL_REGEXP","value":"(?=a)(?<n>x)\\k<n>"}}}`,
	"a regexp with a comment":        `{"filter":{"fieldName":"country","stringFilter":{"matchType":"FULL_REGEXP","value":"(?i)germany|.*#"}}}`,
	"a zero byte":                    `{"filter":{"fieldName":"country","stringFilter":{"value":"New Zealand\u0000"}}}`,
	"half a surrogate":               `{"filter":{"fieldName":"country","stringFilter":{"value":"\ud800"}}}`,
	"a match type that is none":      `{"filter":{"fieldName":"country","stringFilter":{"matchType":"SQL","value":"x"}}}`,
	"a match type by number":         `{"filter":{"fieldName":"countryId","stringFilter":{"matchType":4,"value":"D"}}}`,
	"ten thousand values":            `{"filter":{"fieldName":"countryId","inListFilter":{"values":["DE"` + strings.Repeat(`,"DE"`, 9_000) + `]}}}`,
	"a thousand alternatives":        `{"orGroup":{"expressions":[` + strings.TrimSuffix(strings.Repeat(`{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}},`, 900), ",") + `]}}`,
	"a field name of a filter":       `{"filter":{"fieldName":"country) OR (countryId","stringFilter":{"value":"DE"}}}`,
	"a field name that is empty":     `{"filter":{"fieldName":"","stringFilter":{"value":"DE"}}}`,
	"a field name with a line's end": `{"filter":{"fieldName":"country\r\nX: y","stringFilter":{"value":"DE"}}}`,
	"a value that is a template":     `{"filter":{"fieldName":"country","stringFilter":{"value":"{{.Filter}} ${jndi:ldap://x} %s%n"}}}`,
	"a value that is markup":         `{"filter":{"fieldName":"country","stringFilter":{"value":"<script>alert(1)</script>"}}}`,
	"members that are no part of it": `{"filter":{"fieldName":"countryId","stringFilter":{"value":"NZ"},"or":true}}`,
	"the whole filter in capitals":   `{"FILTER":{"fieldName":"countryId","stringFilter":{"value":"DE"}}}`,
}

// Filters in the grammar of Universal Analytics that try the same.
var filters3 = map[string]string{
	"another country":             "ga:countryIsoCode==DE",
	"a comma that is quoted":      `ga:countryIsoCode==NZ\,ga:countryIsoCode==DE`,
	"a semicolon that is quoted":  `ga:countryIsoCode==NZ\;ga:countryIsoCode==DE`,
	"a backslash at the end":      `ga:countryIsoCode==NZ\`,
	"two backslashes and a comma": `ga:countryIsoCode==NZ\\,ga:countryIsoCode==DE`,
	"closing parentheses":         `ga:countryIsoCode==NZ)) OR ((ga:countryIsoCode==DE`,
	"quotes and braces":           `ga:countryIsoCode=="}}},{"filter":{}`,
	"an SQL tautology":            `ga:countryIsoCode==NZ' OR '1'='1`,
	"a regexp that runs away":     "ga:country=~^(a+)+$",
	"a regexp with a flag":        "ga:country=~(?i)GERMANY",
	"a regexp with a zero width":  "ga:country=~$|^",
	"a regexp that is none":       "ga:country=~[",
	"a regexp of 2 KB":            "ga:country=~" + strings.Repeat("(x|", 700) + "y" + strings.Repeat(")", 700),
	"nothing to compare":          "ga:country==",
	"no operator":                 "ga:country",
	"commas alone":                ",,,;;;",
	"a leading comma":             ",ga:countryIsoCode==DE",
	"a zero byte":                 "ga:country==New Zealand\x00",
	"bytes that are no UTF-8":     "ga:country==\xff\xfe",
	"an operator of v4":           "ga:country IN_LIST DE",
	"a field in other letters":    "GA:COUNTRYISOCODE==DE",
	"a field of the Data API":     "countryId==DE",
	"between, and a list":         "ga:hour<>0_23,ga:country[]DE|NZ",
	"thousands of conditions":     strings.Repeat("ga:countryIsoCode==DE,", 2000) + "ga:country==x",
}

// filterAttacks put hostile strings wherever a string can stand.
func filterAttacks() []attack {
	var attacks []attack
	add := func(name string, of lesson, a ask) {
		attacks = append(attacks, attack{name: name, of: of, run: atHome(a)})
	}
	for name, more := range map[string]string{
		"country, of the expression that the filter would read": `"dimensions":[{"name":"country","dimensionExpression":{"upperCase":{"dimensionName":"countryId"}}}]`,
		"country, of nothing but the filter's value":            `"dimensions":[{"name":"countryId"},{"name":"country","dimensionExpression":{"concatenate":{"dimensionNames":["countryId"],"delimiter":"New Zealand"}}}]`,
		"Country, in other letters":                             `"dimensions":[{"name":"countryId"},{"name":"Country","dimensionExpression":{"lowerCase":{"dimensionName":"continent"}}}]`,
		"a metric called country":                               `"metrics":[{"name":"country","expression":"sessions*1"}]`,
	} {
		add("the name "+name, guestExpressions, v1("narrow", more))
	}
	for name, comparisons := range map[string]string{
		"abroad":             `[{"name":"x","dimensionFilter":{"notExpression":{"filter":{"fieldName":"country","stringFilter":{"value":"New Zealand"}}}}}]`,
		"home and all":       `[{"name":"x","dimensionFilter":{"filter":{"fieldName":"countryId","stringFilter":{"value":"NZ"}}}},{"name":"y","dimensionFilter":{"filter":{"fieldName":"countryId","stringFilter":{"matchType":"FULL_REGEXP","value":".*"}}}}]`,
		"one that was saved": `[{"comparison":"comparisons/allUsers"}]`,
		"nothing":            `[{"name":"x"}]`,
	} {
		add("comparison of "+name, guestExpressions, v1("narrow", `"comparisons":`+comparisons))
	}
	for name, filter := range filters1 {
		add("v1 "+name, guestExpressions, v1("narrow", `"dimensionFilter":`+filter))
		add("v1beta "+name, guestExpressions, ask{path: "/v1beta/properties/narrow:batchRunReports", as: token("narrow"), body: `{"requests":[` + v1Body("") + `,` + v1Body(`"dimensionFilter":`+filter) + `]}`})
		add("realtime "+name, sideEndpoints, realtime("live", `"dimensions":[{"name":"country"}],"dimensionFilter":`+filter))
	}
	for name, filter := range filters3 {
		quoted, err := json.Marshal(filter)
		if err != nil {
			panic(err) // strings always marshal
		}
		add("v3 "+name, guestExpressions, v3("narrow", "filters", filter))
		add("v3 segment "+name, guestExpressions, v3("narrow", "segment", "sessions::condition::"+filter))
		add("v3 realtime "+name, sideEndpoints, ask{path: "/v3/data/realtime?" + url.Values{"ids": {"ga:80"}, "metrics": {"rt:activeUsers"}, "dimensions": {"rt:country"}, "filters": {strings.ReplaceAll(filter, "ga:", "rt:")}}.Encode(), as: token("live")})
		add("v4 "+name, guestExpressions, v4("narrow", `,"filtersExpression":`+string(quoted)))
		add("v4 with empty rows "+name, guestExpressions, v4("narrow", `,"includeEmptyRows":true,"hideTotals":false,"filtersExpression":`+string(quoted)))
	}
	return append(append(attacks, otherStrings()...), wholeRoad()...)
}

// otherStrings are the places beside filters.
func otherStrings() []attack {
	var attacks []attack
	add := func(name string, a ask) {
		attacks = append(attacks, attack{name: name, of: guestExpressions, run: atHome(a)})
	}
	for i, text := range []string{`\"}],\"dimensionFilter\":null,\"x\":[{\"y\":\"`, "*", "country,countryId", "../shop", "%00", "' OR 1=1 --", "${x}", "<b>", strings.Repeat("a", 5000)} {
		for _, place := range []string{
			`"dimensions":[{"name":"%s"}]`, `"metrics":[{"name":"%s"}]`, `"metrics":[{"name":"sessions","expression":"%s"}]`, `"dateRanges":[{"startDate":"%s","endDate":"today"}]`,
			`"dateRanges":[{"startDate":"7daysAgo","endDate":"today","name":"%s"}]`, `"currencyCode":"%s"`, `"orderBys":[{"dimension":{"dimensionName":"%s"}}]`,
			`"orderBys":[{"dimension":{"dimensionName":"country","orderType":"%s"}}]`, `"metricAggregations":["%s"]`, `"limit":"%s"`, `"offset":"%s"`, `"keepEmptyRows":"%s"`,
			`"property":"%s"`, `"%s":1`,
		} {
			add(fmt.Sprintf("text %d in %s", i, place), v1("narrow", fmt.Sprintf(place, text)))
		}
		for _, parameter := range []string{"metrics", "dimensions", "sort", "start-date", "end-date", "segment", "samplingLevel", "start-index", "max-results", "fields", "output", "userIp", "quotaUser", "prettyPrint", "alt", "callback"} {
			add(fmt.Sprintf("text %d as %s", i, parameter), v3("narrow", parameter, text))
		}
	}
	return attacks
}

// wholeRoad are questions that bring figures of all countries home, if anything
// does: totals, and rows that are not the filter's.
func wholeRoad() []attack {
	var attacks []attack
	add := func(name string, of lesson, a ask) {
		attacks = append(attacks, attack{name: name, of: of, run: atHome(a)})
	}
	add("totals", promiseFields, v1("narrow", `"metrics":[{"name":"sessions"},{"name":"eventCount"}],"metricAggregations":["TOTAL","MAXIMUM","COUNT"]`))
	add("totals without dimensions", promiseFields, v1("narrow", `"dimensions":[],"metrics":[{"name":"sessions"},{"name":"eventCount"}],"metricAggregations":["TOTAL"]`))
	add("empty rows", promiseFields, v1("narrow", `"keepEmptyRows":true`))
	add("rows from far on", promiseFields, v1("narrow", `"offset":"1"`))
	add("many rows", promiseFields, v1("narrow", `"limit":"250000","dimensions":[{"name":"country"},{"name":"date"},{"name":"pagePath"}]`))
	add("v3 totals", promiseFields, v3("narrow", "metrics", "ga:sessions,ga:totalEvents", "dimensions", ""))
	add("v3 totals of a filter that leaves nothing", promiseFields, v3("narrow", "filters", "ga:country==x"))
	add("v3 empty rows", promiseFields, v3("narrow", "include-empty-rows", "true", "dimensions", "ga:date,ga:country"))
	add("v4 totals", promiseFields, v4("narrow", `,"metrics":[{"expression":"ga:sessions"},{"expression":"ga:totalEvents"}]`))
	add("v4 pivots", promiseFields, v4("narrow", `,"metrics":[{"expression":"ga:sessions"}],"dimensions":[{"name":"ga:deviceCategory"}],"pivots":[{"dimensions":[{"name":"ga:country"}],"metrics":[{"expression":"ga:sessions"}],"maxGroupCount":100}]`))
	add("v4 built-in segments", promiseFields, v4("narrow", `,"segments":[{"segmentId":"gaid::-1"},{"segmentId":"gaid::-11"}],"dimensions":[{"name":"ga:segment"},{"name":"ga:country"}]`))
	add("v4 two ranges", promiseFields, v4("narrow", `,"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"},{"startDate":"9daysAgo","endDate":"8daysAgo"}]`))
	add("a dashboard", promiseFields, ask{path: "/v1/dashboards/days", as: token("narrow")})
	add("a page", promiseFields, ask{path: "/embed/days?token=$TOKEN(narrow)"})
	add("realtime", sideEndpoints, realtime("live", `"dimensions":[{"name":"country"}],"metricAggregations":["TOTAL"]`))
	return append(attacks, attack{name: "the view is seen at all", of: promiseFields, ask: v1("narrow", ""), want: all(status(200), with(home))})
}
