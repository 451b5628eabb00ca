package report

import (
	"encoding/json"
	"strings"
	"testing"
)

const pivotBody = `{"dimensions":[{"name":"country"},{"name":"browser"}],"metrics":[{"name":"sessions"}],
"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}],
"pivots":[{"fieldNames":["country"],"limit":"250","orderBys":[{"dimension":{"dimensionName":"country"}}]},
{"field_names":["browser"],"offset":3,"limit":1000,"metricAggregations":["TOTAL",4],
"orderBys":[{"pivot":{"metricName":"sessions","pivotSelections":[{"dimensionName":"country","dimensionValue":"Spain"}]},"desc":true}]}]}`

func TestDecodePivots(t *testing.T) {
	q, err := DecodeRunPivotReport([]byte(pivotBody))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"dimensions":[{"name":"country"},{"name":"browser"}],"metrics":[{"name":"sessions"}],` +
		`"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}],` +
		`"pivots":[{"fieldNames":["country"],"orderBys":[{"dimension":{"dimensionName":"country"}}],"limit":"250"},` +
		`{"fieldNames":["browser"],"orderBys":[{"pivot":{"metricName":"sessions","pivotSelections":[{"dimensionName":"country","dimensionValue":"Spain"}]},"desc":true}],` +
		`"offset":"3","limit":"1000","metricAggregations":["TOTAL","COUNT"]}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c := q.Clone()
	c.Pivots[0].FieldNames[0], c.Pivots[1].OrderBys[0].Pivot.PivotSelections[0].DimensionValue, c.Pivots[1].MetricAggregations[0] = "x", "x", "x"
	if again, _ := json.Marshal(q); string(again) != want {
		t.Error("a clone shares what can be changed")
	}
	batch, err := DecodeBatchRunPivotReports([]byte(`{"requests":[` + pivotBody + `,` + pivotBody + `]}`))
	if err != nil || len(batch) != 2 || len(batch[1].Pivots) != 2 {
		t.Errorf("%+v %v", batch, err)
	}
}

func TestDecodePivotErrors(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(pivotBody, old, new, 1) }
	for _, tt := range []struct{ body, want string }{
		{`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today"}]}`, "A pivot report requires at least one pivot."},
		{with(`"limit":"250",`, ``), "Each pivot requires a positive limit. The API received limit = 0"},
		{with(`"limit":"250"`, `"limit":251`), "The product of the limits of all pivots must not exceed 250000."},
		{with(`"limit":"250"`, `"limit":"9223372036854775807"`), "The product of the limits of all pivots must not exceed 250000."},
		{with(`"limit":"250"`, `"limit":-1`), "Each pivot requires a positive limit. The API received limit = -1"},
		{with(`"offset":3`, `"offset":-3`), "offset must be positive. The API received offset = -3"},
		{with(`"fieldNames":["country"]`, `"fieldNames":["city"]`), "Field city exists in Pivots but is not defined in input Dimensions list"},
		{with(`"field_names":["browser"]`, `"fieldNames":["country"]`), "Field country is in two pivots: no two pivots can share a dimension."},
		{with(`"field_names":["browser"],`, ``), "Dimension browser is used by no pivot, filter or orderBy."},
		{with(`"metricName":"sessions"`, `"metricName":"users"`), "Field users exists in OrderBy but is not defined in input Dimensions/Metrics list"},
		{with(`"dimensionName":"country","dimensionValue"`, `"dimensionName":"city","dimensionValue"`), "Field city exists in OrderBy but is not defined in input Dimensions/Metrics list"},
		{with(`"pivots":`, `"dimensionFilter":{"filter":{"fieldName":"city","emptyFilter":{}}},"pivots":`), "Field city exists in the dimensionFilter but is not defined in input Dimensions list"},
		{with(`"pivots":`, `"limit":3,"pivots":`), `Invalid JSON payload received. Unknown name "limit": Cannot find field.`},
		{with(`"metrics":[{"name":"sessions"}],`, ``), "A pivot report requires at least one metric."},
		{with(`"desc":true`, `"metric":{"metricName":"sessions"}`), "oneof field 'one_order_by' is already set"},
	} {
		_, err := DecodeRunPivotReport([]byte(tt.body))
		if err == nil || KindOf(err) != Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.body, err, tt.want)
		}
	}
	for _, body := range []string{`{"requests":[]}`, `{"requests":[{}]}`, `{"requests":[` + pivotBody + strings.Repeat(`,`+pivotBody, MaxBatch) + `]}`} {
		if _, err := DecodeBatchRunPivotReports([]byte(body)); KindOf(err) != Invalid {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

func TestDecodeCheckCompatibility(t *testing.T) {
	c, err := DecodeCheckCompatibility([]byte(`{"dimensions":[{"name":"city"}],"compatibilityFilter":"INCOMPATIBLE"}`))
	if err != nil || c.Filter != "INCOMPATIBLE" || len(c.Query.Dimensions) != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := DecodeCheckCompatibility([]byte(`{"compatibility_filter":1}`)); err != nil || c.Filter != "COMPATIBLE" {
		t.Errorf("%+v %v", c, err)
	}
	for _, body := range []string{`{"dateRanges":[]}`, `{"dimensions":[{"name":"ci ty"}]}`, `{"compatibilityFilter":"SOME"}`, `{"limit":1}`} {
		if _, err := DecodeCheckCompatibility([]byte(body)); KindOf(err) != Invalid {
			t.Errorf("%s: %v", body, err)
		}
	}
}
