package web

import (
	"net/url"
	"strings"
	"testing"
)

// TestMisplacedCredentialsAreNotRepeated puts a credential in the place of each thing that
// a question can say wrongly. Errors stand in consoles and in the logs of pages' servers.
func TestMisplacedCredentialsAreNotRepeated(t *testing.T) {
	s := newSite(t)
	shop := bearing(s.token("shop"))
	for _, credential := range []string{
		"oriel_0123456789012345678901234567890123456789012deadbeef", // an API key
		"ya29.a0AfB_byC0123456789abcdefghijklmnopqrstuvwxyz",        // Google's access token
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjIn0.c2lnbmF0dXJl",         // a JWT
	} {
		for _, queryKey := range []string{credential, "Bearer " + credential, "-" + credential} {
			for _, q := range misplaced {
				target := strings.ReplaceAll(q.target, "X", url.QueryEscape(queryKey))
				a := s.do(q.method, target, strings.ReplaceAll(q.body, "X", queryKey), shop)
				if a.code < 400 {
					t.Errorf("%s %s: %d", target, q.body, a.code)
				}
				if strings.Contains(a.body, credential[:20]) {
					t.Errorf("%s %s: %s", target, q.body, a.body)
				}
			}
		}
		if strings.Contains(s.log.String(), credential[:20]) {
			t.Errorf("the log holds %s", credential)
		}
	}
}

const (
	v1Report = "/v1/views/shop:runReport"
	v4Batch  = "/v4/reports:batchGet"
	v3Report = "/v3/data/ga?ids=ga:123&start-date=7daysAgo&end-date=today"
)

var misplaced = []struct{ method, target, body string }{
	{"POST", v1Report, `{"X":1}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions","X":"y"}]}`},
	{"POST", v1Report, `{"metrics":"X"}`},
	{"POST", v1Report, `{"metrics":[{"name":"X"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"X"},{"name":"X"}]}`},
	{"POST", v1Report, `{"dimensions":[{"name":"X"},{"name":"X"}],"metrics":[{"name":"sessions"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"x","expression":"X/"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"X","expression":"sessions"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"X","endDate":"today"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"X"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today","name":"X"},{"startDate":"today","endDate":"today","name":"X"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"currencyCode":"X"}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"limit":"X"}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"keepEmptyRows":"X"}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"metricAggregations":["X"]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"orderBys":[{"metric":{"metricName":"X"}}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"orderBys":[{"dimension":{"dimensionName":"X","orderType":"X"}}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensionFilter":{"filter":{"fieldName":"X","stringFilter":{"value":"v"}}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensionFilter":{"filter":{"fieldName":"X"}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensionFilter":{"filter":{"fieldName":"X","inListFilter":{}}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{"value":"v","matchType":"X"}}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensionFilter":{"filter":{"fieldName":"city","stringFilter":{"value":"X(","matchType":"FULL_REGEXP"}}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"metricFilter":{"filter":{"fieldName":"X","numericFilter":{"operation":"EQUAL","value":{"int64Value":"X"}}}}}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"comparisons":[{"name":"X"}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"X","dimensionExpression":{"concatenate":{}}}]}`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}]} X`},
	{"POST", v1Report, `{"metrics":[{"name":"sessions"}],X}`},
	{"POST", v1Report + "?fields=X", `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today"}]}`},
	{"POST", "/v1/views/shop:runPivotReport", `{"dimensions":[{"name":"city"}],"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today"}],"pivots":[{"fieldNames":["X"],"limit":5}]}`},
	{"POST", "/v1/views/shop:X", `{}`},
	{"POST", "/v1/views/X:runReport", `{}`},
	{"POST", v4Batch, `{"X":1}`},
	{"POST", v4Batch, `{"reportRequests":[{"X":1}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"X"}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","metrics":[{"expression":"X"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","metrics":[{"expression":"ga:X"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","dimensions":[{"name":"X"}],"metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","samplingLevel":"X","metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","filtersExpression":"X","metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","orderBys":[{"fieldName":"X"}],"metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","dateRanges":[{"startDate":"X","endDate":"today"}],"metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","pageSize":"X","metrics":[{"expression":"ga:sessions"}]}]}`},
	{"POST", v4Batch, `{"reportRequests":[{"viewId":"123","pageToken":"X","metrics":[{"expression":"ga:sessions"}]}]}`},
	{"GET", "/v3/data/ga?ids=X&start-date=today&end-date=today&metrics=ga:sessions", ""},
	{"GET", "/v3/data/ga?ids=ga:123&start-date=X&end-date=today&metrics=ga:sessions", ""},
	{"GET", v3Report + "&metrics=X", ""},
	{"GET", v3Report + "&metrics=ga:X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&dimensions=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&sort=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&filters=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&filters=X%3D%3Dy", ""},
	{"GET", v3Report + "&metrics=ga:sessions&filters=ga:sessions%3E" + "X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&segment=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&max-results=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&start-index=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&samplingLevel=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&output=X", ""},
	{"GET", v3Report + "&metrics=ga:sessions&X=1", ""},
	{"GET", v3Report + "&metrics=ga:sessions&fields=X", ""},
	{"GET", "/v1/dashboards/X", ""},
	{"GET", "/v1/dashboards/overview?range=X", ""},
	{"GET", "/v1/dashboards/overview?view=X", ""},
	{"GET", "/v1/dashboards/overview/panels/X", ""},
	{"GET", "/v1/dashboards/overview/panels/X:csv", ""},
	{"GET", "/X", ""},
	{"POST", "/v1/tokens", `{"views":["X"]}`},
	{"POST", "/v1/tokens", `{"X":["X"]}`},
	{"POST", "/v1/tokens", `{"views":"X"}`},
}
