package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

func TestReportsAreServedAsTheyAre(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	realtime := `{"metrics":[{"name":"activeUsers"}]}`
	for path, body := range map[string]string{
		"/v1/views/shop:runReport":                                                    runReport,
		"/v1/views/shop:runRealtimeReport":                                            realtime,
		"/v1/views/ga:123:runReport":                                                  runReport,
		"/v1beta/properties/shop:runReport?alt=json&prettyPrint=false":                runReport,
		"/v1beta/properties/ga%3A123:runReport":                                       runReport,
		"/v1beta/properties/424242:runReport?$alt=json;enum-encoding=int":             runReport,
		"/v1beta/properties/shop:runRealtimeReport?%24alt=json%3Benum-encoding%3Dint": realtime,
		"/v1beta/properties/shop:runReport?key=ignored&quotaUser=x&fields=&$.xgafv=2": runReport,
	} {
		a := s.do("POST", path, body, token)
		if a.code != 200 || a.body != reportBody {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
		wantHeader(t, a, "Content-Type", "application/json; charset=utf-8")
		wantHeader(t, a, "Cache-Control", "private, no-store")
		wantHeader(t, a, "Age", "12")
		wantHeader(t, a, "Oriel-As-Of", "2026-11-23T09:59:47Z")
		wantHeader(t, a, "Oriel-Freshness", "settling")
		wantHeader(t, a, "Oriel-Stale", "")
		wantHeader(t, a, "Oriel-Notices", "thresholded")
	}
	for _, q := range s.source.queries {
		if q.Property != "424242" {
			t.Errorf("asked property %s", q.Property)
		}
	}
}

func TestBatchIsStitched(t *testing.T) {
	s := newSite(t)
	n := 0
	s.source.answer = func(_ context.Context, q report.Query) (*report.Report, error) {
		s.source.mu.Lock()
		defer s.source.mu.Unlock()
		n++
		r := s.report()
		if q.Metrics[0].Name == "activeUsers" {
			r.FetchedAt, r.Freshness, r.Stale, r.Sampled, r.Thresholded = s.now.Add(-time.Hour), report.FreshFinal, report.StaleQuota, true, false
		}
		return r, nil
	}
	other := strings.Replace(runReport, "sessions", "activeUsers", 1)
	a := s.do("POST", "/v1/views/shop:batchRunReports", `{"requests":[`+runReport+`,`+other+`]}`, bearing(s.token("shop")))
	if want := `{"kind":"analyticsData#batchRunReports","reports":[` + reportBody + `,` + reportBody + `]}`; a.code != 200 || a.body != want {
		t.Fatalf("%d %s", a.code, a.body)
	}
	wantHeader(t, a, "Age", "3600")
	wantHeader(t, a, "Oriel-As-Of", "2026-11-23T09:00:00Z")
	wantHeader(t, a, "Oriel-Freshness", "settling")
	wantHeader(t, a, "Oriel-Stale", "quota")
	wantHeader(t, a, "Oriel-Notices", "sampled, thresholded")
}

// TestNotices: what Google says besides stands in the header, and in panels.
func TestNotices(t *testing.T) {
	s := newSite(t)
	r := s.report()
	r.Truncated, r.MaxRows, r.Notices = true, 25, []string{"emptyReason=NO_DATA", "news"}
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return r, nil }
	a := s.do("POST", "/v1/views/shop:runReport", runReport, bearing(s.token("shop")))
	wantHeader(t, a, "Oriel-Notices", "thresholded, truncated, max_rows, google:emptyReason=NO_DATA, google:news")
	a = s.do("GET", "/v1/dashboards/overview", "", bearing(s.tokenFor(`{"dashboards":[{"name":"overview","views":["shop","blog"]}]}`)))
	if want := `"notices":["thresholded","truncated","max_rows","google:emptyReason=NO_DATA","google:news"]`; !strings.Contains(a.body, want) {
		t.Errorf("%s lacks %s", a.body, want)
	}
	other := *r
	other.Notices = []string{"news", "more"}
	if all := combine([]*report.Report{s.report(), r, &other}); !reflect.DeepEqual(notices(all), []string{"thresholded", "truncated", "max_rows", "google:emptyReason=NO_DATA", "google:news", "google:more"}) || len(r.Notices) != 2 {
		t.Errorf("of all: %q", notices(all))
	}
}

func TestStitch(t *testing.T) {
	for n := range 4 {
		reports := make([]*report.Report, n)
		for i := range reports {
			reports[i] = &report.Report{Body: fmt.Appendf(nil, `{"rowCount":%d}`, i)}
		}
		var got struct {
			Kind    string
			Reports []struct{ RowCount int }
		}
		must(t, json.Unmarshal(joinReports(`{"kind":"analyticsData#batchRunReports","reports":[`, reports).join(), &got))
		if got.Kind != "analyticsData#batchRunReports" || len(got.Reports) != n || n > 0 && got.Reports[n-1].RowCount != n-1 {
			t.Errorf("%d: %+v", n, got)
		}
	}
}

func TestSetAge(t *testing.T) {
	s := newSite(t)
	h, now := http.Header{}, s.now
	s.server.setAge(h, &report.Report{FetchedAt: now.Add(time.Minute), Freshness: report.FreshRealtime})
	want := http.Header{
		"Age": {"0"}, "Oriel-As-Of": {"2026-11-23T10:01:00Z"}, "Oriel-Freshness": {"realtime"}, "Cache-Control": {"private, no-store"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("%v", h)
	}
	order := []report.Freshness{report.FreshRealtime, report.FreshIntraday, report.FreshSettling, report.FreshFinal}
	for i := range order[1:] {
		if finality(order[i]) >= finality(order[i+1]) {
			t.Errorf("%s is not less final than %s", order[i], order[i+1])
		}
	}
}

func TestRefusedReports(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	for name, tt := range map[string]struct {
		path, body string
		code       int
		status     string
	}{
		"not in the token": {"/v1/views/secret:runReport", runReport, 403, "PERMISSION_DENIED"},
		"no such verb":     {"/v1/views/shop:runNothing", runReport, 404, "NOT_FOUND"},
		"pivot":            {"/v1beta/properties/shop:runPivotReport", runReport, 400, "INVALID_ARGUMENT"},
		"no verb":          {"/v1/views/shop", runReport, 404, "NOT_FOUND"},
		"empty batch":      {"/v1/views/shop:batchRunReports", `{"requests":[]}`, 400, "INVALID_ARGUMENT"},
		"unknown member":   {"/v1/views/shop:runReport", `{"metric":[]}`, 400, "INVALID_ARGUMENT"},
		"no JSON":          {"/v1/views/shop:runReport", `{`, 400, "INVALID_ARGUMENT"},
		"too deep":         {"/v1/views/shop:runReport", strings.Repeat(`{"a":`, protojson.MaxDepth+1) + "1" + strings.Repeat("}", protojson.MaxDepth+1), 400, "INVALID_ARGUMENT"},
		"too large":        {"/v1/views/shop:runReport", strings.Repeat(" ", maxReportBody+1), 413, "INVALID_ARGUMENT"},
	} {
		a := s.do("POST", tt.path, tt.body, token)
		if a.code == 404 && tt.code == 403 {
			continue // a view outside the token may as well not exist
		}
		if a.code != tt.code || a.failure(t).Status != tt.status {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
		if strings.Contains(a.body, "424242") || strings.Contains(a.body, "646464") {
			t.Errorf("%s: the answer names a property", name)
		}
	}
	if n := len(s.source.queries); n != 0 {
		t.Errorf("%d refused queries reached the source", n)
	}
}

func TestViewsAndMetadata(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop", "blog"))
	var views struct {
		Views []struct{ Name, Title, TimeZone, CurrencyCode string }
	}
	a := s.do("GET", "/v1/views", "", token)
	must(t, json.Unmarshal([]byte(a.body), &views))
	if len(views.Views) != 2 || views.Views[1].Name != "blog" || views.Views[1].TimeZone != "UTC" || views.Views[1].CurrencyCode != "EUR" {
		t.Errorf("%s", a.body)
	}
	for _, path := range []string{"/v1/views/shop/metadata", "/v1beta/properties/shop/metadata"} {
		var fields struct {
			Name                string
			Dimensions, Metrics []struct{ APIName string }
		}
		a := s.do("GET", path, "", token)
		must(t, json.Unmarshal([]byte(a.body), &fields))
		if len(fields.Dimensions) != 3 || len(fields.Metrics) != 2 {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
		if google := strings.HasPrefix(path, "/v1beta"); google != (fields.Name == "properties/shop/metadata") {
			t.Errorf("%s: name %q", path, fields.Name)
		}
	}
}

func TestGoogleAdmin(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("blog"))
	for path, want := range map[string]string{
		"/v1beta/accountSummaries?alt=json&pageSize=200": `{"accountSummaries":[{"name":"accountSummaries/oriel","account":"accounts/oriel","displayName":"Oriel",` +
			`"propertySummaries":[{"property":"properties/blog","displayName":"Blog","propertyType":"PROPERTY_TYPE_ORDINARY","parent":"accounts/oriel"}]}]}`,
		"/v1beta/properties/blog?alt=json": `{"name":"properties/blog","parent":"accounts/oriel","account":"accounts/oriel","displayName":"Blog",` +
			`"timeZone":"UTC","currencyCode":"EUR","propertyType":"PROPERTY_TYPE_ORDINARY"}`,
		"/v1beta/properties/535353": `{"name":"properties/blog","parent":"accounts/oriel","account":"accounts/oriel","displayName":"Blog",` +
			`"timeZone":"UTC","currencyCode":"EUR","propertyType":"PROPERTY_TYPE_ORDINARY"}`,
	} {
		if a := s.do("GET", path, "", token); a.code != 200 || a.body != want {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
	if a := s.do("GET", "/v1beta/properties/shop", "", token); a.code != 403 && a.code != 404 {
		t.Errorf("a view outside the token: %d %s", a.code, a.body)
	}
}

func TestSplitCall(t *testing.T) {
	for _, tt := range []struct {
		segment, name, verb string
		ok                  bool
	}{
		{"shop:runReport", "shop", "runReport", true},
		{"ga:123:runReport", "ga:123", "runReport", true},
		{"424242:batchRunReports", "424242", "batchRunReports", true},
		{"a/b:runReport", "a/b", "runReport", true},
		{"shop", "", "", false},
		{":runReport", "", "", false},
		{"shop:", "", "", false},
		{":", "", "", false},
		{"", "", "", false},
	} {
		name, verb, ok := splitCall(tt.segment)
		if name != tt.name || verb != tt.verb || ok != tt.ok {
			t.Errorf("splitCall(%q) = %q, %q, %v", tt.segment, name, verb, ok)
		}
	}
}

func FuzzSplitCall(f *testing.F) {
	for _, seed := range []string{"shop:runReport", "ga:123:runReport", ":", "", "a:", "é:ü"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, segment string) {
		name, verb, ok := splitCall(segment)
		switch {
		case !ok && name+verb != "":
			t.Errorf("refused, and yet %q, %q", name, verb)
		case !ok:
		case name == "" || verb == "" || strings.Contains(verb, ":"):
			t.Errorf("name %q, verb %q", name, verb)
		case name+":"+verb != segment:
			t.Errorf("%q became %q:%q", segment, name, verb)
		}
	})
}
