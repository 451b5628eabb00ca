package ga4

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// pivoted is an answer in the shape that the API documents, with members that
// viewers must not see.
const pivoted = `{
  "pivotHeaders": [
    {"pivotDimensionHeaders": [{"dimensionValues": [{"value": "Spain"}, {"value": "(not set)"}], "futureMember": 1}, {"dimensionValues": [{}, {"value": ""}]}], "rowCount": 12},
    {}
  ],
  "dimensionHeaders": [{"name": "country"}, {"name": "city"}, {"name": "browser"}],
  "metricHeaders": [{"name": "sessions", "type": "TYPE_INTEGER"}],
  "rows": [{"dimensionValues": [{"value": "Spain"}, {"value": "(not set)"}, {"value": "Chrome"}], "metricValues": [{"value": "12"}]}],
  "aggregates": [{"dimensionValues": [{"value": "RESERVED_TOTAL"}, {"value": "RESERVED_TOTAL"}, {"value": "Chrome"}], "metricValues": [{"value": "12"}], "property": "properties/123456"}],
  "metadata": {"currencyCode": "EUR", "timeZone": "Europe/Berlin"},
  "propertyQuota": {"tokensPerDay": {"consumed": 1, "remaining": 7}},
  "kind": "analyticsData#runPivotReport"
}`

const pivotServed = `{"dimensionHeaders":[{"name":"country"},{"name":"city"},{"name":"browser"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
	`"pivotHeaders":[{"pivotDimensionHeaders":[{"dimensionValues":[{"value":"Spain"},{"value":"(not set)"}]},{"dimensionValues":[{},{}]}],"rowCount":12},{}],` +
	`"rows":[{"dimensionValues":[{"value":"Spain"},{"value":"(not set)"},{"value":"Chrome"}],"metricValues":[{"value":"12"}]}],` +
	`"aggregates":[{"dimensionValues":[{"value":"RESERVED_TOTAL"},{"value":"RESERVED_TOTAL"},{"value":"Chrome"}],"metricValues":[{"value":"12"}]}],` +
	`"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runPivotReport"}`

func pivotQuestion() report.Query {
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "country"}, {Name: "city"}, {Name: "browser"}, {Name: "hostName"}}
	q.Pivots = []report.Pivot{{FieldNames: []string{"country", "city"}, Limit: 5}, {FieldNames: []string{"browser"}, Limit: 5}}
	return q
}

func TestPivotReport(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, pivoted) })
	r, err := g.client.Report(t.Context(), report.NewQuestion(pivotQuestion(), nil))
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Body) != pivotServed || r.Rows != 1 || r.TimeZone != "Europe/Berlin" {
		t.Errorf("got  %s\nwant %s", r.Body, pivotServed)
	}
	sent := g.seen()[0]
	for _, not := range []string{`"limit":0`, `"offset"`, `"orderBys"`} {
		if strings.Contains(string(sent.body), not) {
			t.Errorf("%s was sent, which a pivot report does not have: %s", not, sent.body)
		}
	}
	if sent.method != "runPivotReport" || !strings.Contains(string(sent.body), `"pivots":[{"fieldNames":["country","city"],"limit":"5"}`) {
		t.Errorf("asked %s %s", sent.method, sent.body)
	}
}

func TestPivotReportWithFewerColumns(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) {
		_, _ = io.WriteString(w, strings.Replace(pivoted, `{"name": "country"}, `, ``, 1))
	})
	if _, err := g.client.Report(t.Context(), report.NewQuestion(pivotQuestion(), nil)); report.KindOf(err) != report.Unavailable && report.KindOf(err) != report.Internal {
		t.Errorf("got %v", err)
	}
}

func TestCompatibility(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) {
		_, _ = io.WriteString(w, `{"dimensionCompatibilities":[{"dimensionMetadata":{"apiName":"city","uiName":"City"},"compatibility":"COMPATIBLE"}],`+
			`"metricCompatibilities":[{"metricMetadata":{"apiName":"itemRevenue","type":"TYPE_CURRENCY"},"compatibility":"INCOMPATIBLE","new":1}]}`)
	})
	q := report.Query{Account: "main", Property: "123456", Metrics: []report.Metric{{Name: "sessions"}}}
	c, err := g.client.Compatibility(t.Context(), report.CompatibilityCheck{Query: q, Filter: "COMPATIBLE"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Dimensions) != 1 || c.Dimensions[0].Field().UIName != "City" || len(c.Metrics) != 1 || c.Metrics[0].Compatibility != "INCOMPATIBLE" {
		t.Errorf("%+v", c)
	}
	if sent := g.seen()[0]; sent.method != "checkCompatibility" || string(sent.body) != `{"metrics":[{"name":"sessions"}],"compatibilityFilter":"COMPATIBLE"}` {
		t.Errorf("asked %s %s", sent.method, sent.body)
	}
}
