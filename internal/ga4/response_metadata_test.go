package ga4

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// TestUnknownMetadata: what is new in metadata reaches who reads JSON and is
// noticed, as far as it cannot name what a viewer must not know.
func TestUnknownMetadata(t *testing.T) {
	for _, test := range []struct {
		body, passed string
		notices      []string
		final        bool
	}{
		{``, ``, nil, true},
		{`"schemaRestrictionResponse":{}`, `"schemaRestrictionResponse":{}`, nil, true},
		{`"emptyReason":""`, ``, nil, true},
		{`"news":{}`, `"news":{}`, nil, true},
		{`"news":false`, `"news":false`, nil, true},
		{`"news":null`, ``, nil, true},
		{`"emptyReason":"NO_DATA"`, `"emptyReason":"NO_DATA"`, []string{"emptyReason=NO_DATA"}, false},
		{`"emptyReason":"nothing for tenant Acme"`, ``, []string{"emptyReason"}, false},
		{`"blockedReasons":["NO_REVENUE_METRICS","NO_COST_METRICS","NO_COST_METRICS"]`, `"blockedReasons":["NO_REVENUE_METRICS","NO_COST_METRICS","NO_COST_METRICS"]`,
			[]string{"blockedReasons=NO_REVENUE_METRICS/NO_COST_METRICS"}, false},
		{`"comparisons":[{"name":"customers of Acme","kind":"SEGMENT"}]`, `"comparisons":[{"kind":"SEGMENT"}]`, []string{"comparisons=SEGMENT"}, false},
		{`"quality":0.93,"asOf":"2026-01-12","estimated":true`, `"asOf":"2026-01-12","estimated":true,"quality":0.93`, []string{"asOf", "estimated", "quality"}, false},
		{`"owner":123456789,"id":"123456789","path":"properties/123456789","code":"P_123456789"`, ``, []string{"code", "id", "owner", "path"}, false},
		{`"tenant":"X","reads":{"customEvent:tenant":"Y","country":"Z"},"country":true,"value":"ACME"`, `"tenant":"X"`, []string{"unknown", "reads", "tenant=X", "value"}, false},
		{`"<script>":"Y","a b":1`, ``, []string{"unknown"}, false},
		{`"deep":{"a":{"b":{"c":{"d":{"e":"X"}}}}}`, ``, []string{"deep"}, false},
		{`"dataTruncationReasons":[{"dataTruncationType":"NEW_TYPE","dataTruncationMessage":"Acme"},{"dataTruncationType":"free text"}]`,
			`"dataTruncationReasons":[{"dataTruncationType":"NEW_TYPE"},{}]`, nil, false},
	} {
		g := newGoogle(t, func(w http.ResponseWriter, _ request) {
			body := strings.Trim(test.body+`,"timeZone":"UTC"`, ",")
			_, _ = io.WriteString(w, `{"metricHeaders":[{"name":"sessions","type":"TYPE_NEW"}],"rows":[{"metricValues":[{"value":"1"}]}],"rowCount":1,"metadata":{`+body+`},"kind":"k"}`)
		})
		q := question(0)
		q.DimensionFilter = &report.Filter{AndGroup: &report.FilterList{Expressions: []*report.Filter{
			{Condition: &report.Condition{FieldName: "country", String: &report.StringFilter{Value: "Acme"}}},
			{Condition: &report.Condition{FieldName: "city", InList: &report.InListFilter{Values: []string{"Oz"}}}},
		}}}
		r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
		if err != nil {
			t.Errorf("%s: %v", test.body, err)
			continue
		}
		_, metadata, _ := strings.Cut(string(r.Body), `"metadata":{`)
		metadata, _, _ = strings.Cut(metadata, `},"kind"`)
		metadata = strings.Trim(strings.Replace(metadata, `"timeZone":"UTC"`, "", 1), ",")
		if metadata != test.passed || !slices.Equal(r.Notices, test.notices) || (r.Freshness == report.FreshFinal) != test.final || r.Plain() != test.final {
			t.Errorf("%s\npassed  %s\nwant    %s\nnotices %q, want %q; %s", test.body, metadata, test.passed, r.Notices, test.notices, r.Freshness)
		}
		if !strings.Contains(string(r.Body), `"TYPE_NEW"`) {
			t.Errorf("a new type of metrics is lost: %s", r.Body)
		}
	}
}

// FuzzMetadata: whatever Google writes, nothing long, free or filtered by passes.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"a":{"b":["X",1,true,"free text",null]},"timeZone":"UTC"}`))
	f.Add([]byte(`{"a":"123456","A":"SECRET","secret":[[[[[]]]]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m metadata
		if m.UnmarshalJSON(b) != nil {
			return
		}
		var n notices
		m.redact(report.Query{DimensionFilter: &report.Filter{Condition: &report.Condition{FieldName: "secret", String: &report.StringFilter{Value: "SECRET"}}}}, &n)
		for name, value := range m.passed {
			if text := strings.ToLower(name + string(value)); strings.Contains(text, `"secret"`) || longNumber.MatchString(text) || strings.ContainsAny(text, `<> \`) {
				t.Errorf("%s: %s %s passed", b, name, value)
			}
		}
		for _, notice := range n {
			if strings.Trim(notice, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=/") != "" {
				t.Errorf("%s: notice %q", b, notice)
			}
		}
	})
}

// TestUnknownMembers: what is new beside the rows reaches who reads JSON as what is
// new in metadata does, and makes the answer neither plain nor final; also in a batch.
func TestUnknownMembers(t *testing.T) {
	const row = `"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],"rows":[{"metricValues":[{"value":"1"}]}],"rowCount":1,"metadata":{"timeZone":"UTC"}`
	for extra, want := range map[string]struct {
		passed  string
		notices []string
	}{
		`"estimateOfTomorrow":{"partial":true}`:   {`,"estimateOfTomorrow":{"partial":true}`, []string{"estimateOfTomorrow"}},
		`"memberOfTomorrow":[{"value": "1"}]`:     {`,"memberOfTomorrow":[{"value":"1"}]`, []string{"memberOfTomorrow"}},
		`"b":"KIND_B","a":"of tenant Acme"`:       {`,"b":"KIND_B"`, []string{"a", "b=KIND_B"}},
		`"country":7,"<script>":1`:                {``, []string{"unknown"}},
		`"news":{},"propertyQuota":null`:          {`,"news":{}`, nil},
		`"said":"a \" } quote","n":-1.5e3,"z":""`: {``, []string{"n", "said"}},
		``: {``, nil},
	} {
		for _, body := range []string{`{` + row + `,` + extra + `,"kind":"k"}`, `{ ` + extra + `, ` + row + `,"kind":"k" } `} {
			body = strings.NewReplacer(",,", ",", "{ ,", "{").Replace(body)
			g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, body) })
			q := question(0)
			q.DimensionFilter = &report.Filter{Condition: &report.Condition{FieldName: "country", String: &report.StringFilter{Value: "Acme"}}}
			r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
			if err != nil {
				t.Errorf("%s: %v", body, err)
				continue
			}
			if want := `{` + row + want.passed + `,"kind":"k"}`; string(r.Body) != want {
				t.Errorf("%s\nserved %s\nwant   %s", body, r.Body, want)
			}
			if plain := len(want.notices) == 0; !slices.Equal(r.Notices, want.notices) || r.Plain() != plain || (r.Freshness == report.FreshFinal) != plain {
				t.Errorf("%s: notices %q, want %q; %s", extra, r.Notices, want.notices, r.Freshness)
			}
		}
	}
}

// TestNoticesOfReportAndMetadata: notices of the answer and of its metadata come together.
func TestNoticesOfReportAndMetadata(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) {
		_, _ = io.WriteString(w, `{"metadata":{"timeZone":"UTC","emptyReason":"A_B"},"estimate":{"kind":"C_D"},"kind":"analyticsData#runReport"}`)
	})
	r, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
	if err != nil || !slices.Equal(r.Notices, []string{"emptyReason=A_B", "estimate=C_D"}) {
		t.Errorf("%+v, %v", r, err)
	}
}
