package web

import (
	"context"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// TestPartialResponses: Google's paths, and those of ours that answer the same, answer
// the fields that are asked for, with the age of the whole.
func TestPartialResponses(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	batch := `{"requests":[` + runReport + `,` + runReport + `]}`
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "/v1beta/properties/shop:runReport?fields=rowCount", runReport, `{"rowCount":1}`},
		{"POST", "/v1beta/properties/shop:runReport?%24fields=rowCount,kind", runReport, `{"rowCount":1,"kind":"analyticsData#runReport"}`},
		{"POST", "/v1beta/properties/shop:runReport?fields=*", runReport, reportBody},
		{"POST", "/v1beta/properties/shop:runReport?fields=", runReport, reportBody},
		{"POST", "/v1beta/properties/shop:runReport?fields=propertyQuota", runReport, `{}`},
		{"POST", "/v1beta/properties/shop:batchRunReports?fields=reports/rowCount", batch, `{"reports":[{"rowCount":1},{"rowCount":1}]}`},
		{"GET", "/v1beta/properties/shop?fields=currencyCode,name", "", `{"name":"properties/shop","currencyCode":"EUR"}`},
		{"POST", "/v1/views/shop:runReport?fields=rowCount", runReport, `{"rowCount":1}`},
		{"GET", "/v1/views?fields=views(name)", "", `{"views":[{"name":"shop"}]}`},
		{"GET", "/v1beta/properties/shop/metadata?fields=comparisons", "", `{}`},
		{"GET", "/v1beta/properties/shop?fields=createTime", "", `{}`},
		{"POST", "/v1beta/properties/shop:runReport?fields=metadata/newlyAdded", runReport, `{}`},
	} {
		a := s.do(c.method, c.path, c.body, token)
		if a.code != 200 || a.body != c.want {
			t.Errorf("%s: %d %s, want %s", c.path, a.code, a.body, c.want)
		}
		if strings.Contains(c.path, "run") || strings.Contains(c.path, "batch") {
			wantHeader(t, a, "Age", "12")
			wantHeader(t, a, "Oriel-Notices", "thresholded")
		}
	}
	for path, want := range map[string]string{
		"/v1beta/properties/shop:runReport?fields=nothing":             "nothing",
		"/v1beta/properties/shop:runReport?fields=rowCount,rows/x":     "rows/x",
		"/v1beta/properties/shop:runReport?fields=reports":             "reports",
		"/v1beta/properties/shop:runRealtimeReport?fields=nothing":     "nothing",
		"/v1beta/properties/shop:runPivotReport?fields=pivotHeaders/x": "pivotHeaders/x",
		"/v1beta/properties/shop:batchRunReports?fields=rowCount":      "rowCount",
		"/v1beta/properties/shop:batchRunReports?fields=reports/x":     "reports/x",
		"/v1beta/properties/shop:batchRunPivotReports?fields=reports":  "reports",
		"/v1beta/properties/shop:checkCompatibility?fields=nothing":    "nothing",
		"/v1/views/shop:runReport?%24fields=nothing":                   "nothing",
	} {
		if a := s.do("POST", path, runReport, token); a.code != 400 || !strings.Contains(a.body, "Invalid field selection "+want) {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	for _, path := range []string{"/v1beta/properties/shop", "/v1beta/properties/shop/metadata", "/v1beta/accountSummaries", "/v1/views", "/v1/views/shop/metadata"} {
		if a := s.do("GET", path+"?fields=nothing", "", token); a.code != 400 || !strings.Contains(a.body, "Invalid field selection nothing") {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	asked := len(s.source.queries)
	for _, fields := range []string{"a(", ",", "rows)", "%20$"} {
		a := s.do("POST", "/v1beta/properties/shop:runReport?fields="+fields, runReport, token)
		if a.code != 400 || !strings.Contains(a.body, "Invalid field selection") {
			t.Errorf("%s: %d %s", fields, a.code, a.body)
		}
	}
	if len(s.source.queries) != asked {
		t.Error("a mask that cannot be read was asked about")
	}
	if a := s.do("POST", "/v1beta/properties/shop:exportReport?fields=rowCount", runReport, token); a.code != 200 || strings.HasPrefix(a.body, "{") {
		t.Errorf("a file: %d %s", a.code, a.body)
	}
}

// TestFieldsThatAreNew: what Google adds to its answers can be asked for by name.
func TestFieldsThatAreNew(t *testing.T) {
	s := newSite(t)
	body := strings.Replace(reportBody, `"rowCount":1`, `"estimates":{"partial":true,"rows":[{"day":"x"}]},"rowCount":1`, 1)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		return &report.Report{Body: []byte(body), Rows: 1, FetchedAt: s.now}, nil
	}
	token := bearing(s.token("shop"))
	batch := `{"requests":[` + runReport + `]}`
	for fields, want := range map[string]string{
		"rowCount,estimates":          `{"estimates":{"partial":true,"rows":[{"day":"x"}]},"rowCount":1}`,
		"estimates(partial,rows/day)": `{"estimates":{"partial":true,"rows":[{"day":"x"}]}}`,
	} {
		if a := s.do("POST", "/v1beta/properties/shop:runReport?fields="+fields, runReport, token); a.code != 200 || a.body != want {
			t.Errorf("%s: %d %s", fields, a.code, a.body)
		}
		if a := s.do("POST", "/v1beta/properties/shop:batchRunReports?fields=reports("+fields+")", batch, token); a.code != 200 || a.body != `{"reports":[`+want+`]}` {
			t.Errorf("%s in a batch: %d %s", fields, a.code, a.body)
		}
	}
	for _, fields := range []string{"estimate", "estimates,other", "rows/estimates", "kind/estimates", "estimates,rows/rows", "rowCount/*"} {
		if a := s.do("POST", "/v1beta/properties/shop:runReport?fields="+fields, runReport, token); a.code != 400 || !strings.Contains(a.body, "Invalid field selection") {
			t.Errorf("%s: %d %s", fields, a.code, a.body)
		}
	}
}
