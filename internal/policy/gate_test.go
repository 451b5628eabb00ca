package policy

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

func blog() View {
	return View{Name: "blog", Title: "Blog", Account: "main", Property: "222", Public: PublicDashboards, Realtime: true, Origins: []string{"https://blog.example", shopPage}}
}

func TestZeroGrantAllowsNothing(t *testing.T) {
	w, g, r := start(t, shop())
	_, _, other := start(t, shop())
	for what, gr := range map[string]Grant{"zero": {}, "other rules'": grant(t, other, Claim{Views: []string{"shop"}, Dashboards: overview("shop", "blog", "two")})} {
		_, err := g.Report(bg, gr, "shop", sessions())
		wantKind(t, what+" report", err, report.Unauthenticated)
		_, err = g.Reports(bg, gr, "shop", []report.Query{sessions()})
		wantKind(t, what+" reports", err, report.Unauthenticated)
		_, err = g.Fields(bg, gr, "shop")
		wantKind(t, what+" fields", err, report.Unauthenticated)
		_, err = g.Views(bg, gr)
		wantKind(t, what+" views", err, report.Unauthenticated)
		_, err = g.View(bg, gr, "shop")
		wantKind(t, what+" view", err, report.Unauthenticated)
		_, err = g.Dashboard(bg, gr, DashboardRequest{Name: "overview"})
		wantKind(t, what+" dashboard", err, report.Unauthenticated)
	}
	if len(w.asked) != 0 || len(w.decisions) != 12 {
		t.Errorf("asked %v, recorded %d", w.asked, len(w.decisions))
	}
	for _, c := range []Claim{{}, {Views: []string{"gone"}}, {Public: true, Views: []string{"shop"}, Origin: "https://evil.example"}, {Public: true, Views: []string{"shop"}}} {
		_, err := r.Grant(c)
		wantKind(t, "claim", err, report.Unauthenticated)
	}
}

func TestAddressing(t *testing.T) {
	second := blog()
	second.Property = "111"
	_, g, r := start(t, shop(), second)
	both := grant(t, r, Claim{Views: []string{"shop", "blog"}})
	one := grant(t, r, Claim{Views: []string{"blog"}})
	_, err := g.View(bg, both, "111")
	wantKind(t, "a property of two views", err, report.Invalid)
	if v, err := g.View(bg, one, "111"); err != nil || v.Name != "blog" {
		t.Errorf("a property of one granted view: %+v, %v", v, err)
	}
	if v, err := g.View(bg, both, "ga:123"); err != nil || v.Name != "shop" {
		t.Errorf("an alias: %+v, %v", v, err)
	}
	_, exists := g.View(bg, one, "shop")
	_, unknown := g.View(bg, one, "shoq")
	wantKind(t, "not granted", exists, report.Forbidden)
	if strings.ReplaceAll(exists.Error(), "shop", "shoq") != unknown.Error() {
		t.Errorf("one can tell %v from %v", exists, unknown)
	}
}

func TestDashboardsOpenNoFreeQueries(t *testing.T) {
	w, g, r := start(t, shop(), blog())
	gr := grant(t, r, Claim{Dashboards: overview("shop", "blog", "two")})
	_, err := g.Report(bg, gr, "shop", sessions())
	wantKind(t, "report", err, report.Forbidden)
	_, err = g.Fields(bg, gr, "shop")
	wantKind(t, "fields", err, report.Forbidden)
	if views, err := g.Views(bg, gr); err != nil || len(views) != 0 {
		t.Errorf("views: %v, %v", views, err)
	}
	if _, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview"}); err != nil {
		t.Error(err)
	}
	for _, q := range w.asked {
		if q.DimensionFilter == nil {
			t.Errorf("not narrowed: %+v", q)
		}
	}
	_, err = g.Dashboard(bg, grant(t, r, Claim{Views: []string{"shop"}}), DashboardRequest{Name: "overview"})
	wantKind(t, "a view opens no dashboard", err, report.Forbidden)
}

func TestDashboard(t *testing.T) {
	v := shop()
	v.History = History{Days: 40}
	w, g, r := start(t, v, blog())
	w.fail = func(q report.Query) error {
		if q.Realtime {
			panic("a defect")
		}
		return nil
	}
	gr := grant(t, r, Claim{Public: true, Origin: shopPage, Dashboards: overview("shop", "blog", "two")})
	a, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview"})
	if err != nil {
		t.Fatal(err)
	}
	if a.View.Name != "shop" || a.View.TimeZone != "UTC" || len(a.Views) != 2 || a.Start != day("2026-10-26") || a.End != day("2026-11-22") || a.Today != day("2026-11-23") {
		t.Errorf("%+v", a)
	}
	ranges := func(i int) []report.DateRange { return a.Panels[i].Panel.Query.DateRanges }
	if got := ranges(0); len(got) != 1 || got[0].Name != "" {
		t.Errorf("half of the period before lies outside the history: %v", got)
	}
	if got, want := ranges(1), []report.DateRange{{StartDate: "2026-11-20", EndDate: "2026-11-22"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("fixed range: %v", got)
	}
	if a.Panels[0].Panel.Query.DimensionFilter != nil {
		t.Error("the mandatory filter is in the answer")
	}
	if a.Panels[0].Report == nil || a.Panels[1].Err != nil || a.Panels[2].Err == nil || a.Panels[2].Err.Kind != report.Internal {
		t.Errorf("%+v", a.Panels)
	}
	if len(w.decisions) != 1 || len(w.decisions[0].Panels) != 3 || w.decisions[0].Err != nil {
		t.Fatalf("%d decisions, want one: %+v", len(w.decisions), w.decisions)
	}
	for i, p := range w.decisions[0].Panels {
		answer := a.Panels[i]
		if p.Name != answer.Panel.Name || p.Query == nil || p.Query.DimensionFilter == nil || (p.Err == nil) != (answer.Err == nil) || answer.Report != nil && p.Rows != answer.Report.Rows {
			t.Errorf("panel %d is recorded as %+v", i, p)
		}
	}
	a, err = g.Dashboard(bg, gr, DashboardRequest{Name: "overview", View: "blog", Range: dashboard.Range{Days: 7}})
	if err != nil {
		t.Fatal(err)
	}
	want := []report.DateRange{
		{StartDate: "2026-11-16", EndDate: "2026-11-22", Name: "current"},
		{StartDate: "2026-11-09", EndDate: "2026-11-15", Name: "previous"},
	}
	if got := a.Panels[0].Panel.Query.DateRanges; !reflect.DeepEqual(got, want) {
		t.Errorf("compared: %v", got)
	}
	a, err = g.Dashboard(bg, gr, DashboardRequest{Name: "overview", Range: dashboard.Range{Days: 90}})
	if err != nil || a.Start != day("2026-10-15") {
		t.Errorf("clipped: %+v, %v", a, err)
	}
	_, err = g.Dashboard(bg, gr, DashboardRequest{Name: "overview", Range: dashboard.Range{Start: day("2026-01-01"), End: day("2026-01-31")}})
	wantKind(t, "before the history", err, report.Forbidden)
	_, err = g.Dashboard(bg, gr, DashboardRequest{Name: "overview", Range: dashboard.Range{Start: day("2026-11-02"), End: day("2026-11-01")}})
	wantKind(t, "backwards", err, report.Invalid)
}

func TestAnonymousDashboardViews(t *testing.T) {
	private := blog()
	private.Name, private.Property, private.Public = "private", "333", Private
	_, g, r := start(t, shop(), blog(), private)
	names := func(c Claim) (names []string) {
		a, err := g.Dashboard(bg, grant(t, r, c), DashboardRequest{Name: "overview"})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range a.Views {
			names = append(names, v.Name)
		}
		return names
	}
	boards := overview("shop", "blog", "private")
	for _, c := range []struct {
		claim Claim
		want  string
	}{
		{Claim{Public: true, Origin: shopPage, Dashboards: boards}, "shop blog"},
		{Claim{Public: true, Origin: "https://blog.example", Dashboards: boards}, "blog"},
		{Claim{Public: true, Framed: true, Origin: "https://oriel.example", Dashboards: boards}, "shop blog"},
		{Claim{Dashboards: boards}, "shop blog private"},
		{Claim{Dashboards: overview("private")}, "private"},
		{Claim{Dashboards: overview("private", "gone")}, "private"},
	} {
		if got := strings.Join(names(c.claim), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.claim, got, c.want)
		}
	}
}

func TestReports(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	bad := sessions()
	bad.Dimensions = []report.Dimension{{Name: "city"}}
	_, err := g.Reports(bg, gr, "shop", []report.Query{sessions(), bad})
	wantKind(t, "one is refused", err, report.Invalid)
	_, err = g.Reports(bg, gr, "shop", nil)
	wantKind(t, "none", err, report.Invalid)
	_, err = g.Reports(bg, gr, "shop", make([]report.Query, 6))
	wantKind(t, "six", err, report.Invalid)
	if len(w.asked) != 0 {
		t.Errorf("asked %v", w.asked)
	}
	reports, err := g.Reports(bg, gr, "shop", []report.Query{sessions(), sessions()})
	if err != nil || len(reports) != 2 || reports[1] == nil {
		t.Errorf("%v, %v", reports, err)
	}
}

func TestFieldsAndViews(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	f, err := g.Fields(bg, gr, "shop")
	if err != nil || len(f.Dimensions) != 1 || f.Dimensions[0].APIName != "country" || len(f.Metrics) != 2 || f.Metrics[1].APIName != "calcMetric:depth" {
		t.Errorf("%+v, %v", f, err)
	}
	views, err := g.Views(bg, gr)
	if want := []ViewInfo{{"shop", "Shop", "UTC", "EUR", "123", time.UTC}}; err != nil || !reflect.DeepEqual(views, want) {
		t.Errorf("%v, %v", views, err)
	}
	w.zone = ""
	if views, err := g.Views(bg, gr); err != nil || views[0] != (ViewInfo{Name: "shop", Title: "Shop", Number: "123"}) {
		t.Errorf("without the catalog: %v, %v", views, err)
	}
	_, err = g.Report(bg, gr, "shop", sessions())
	wantKind(t, "dates without a time zone", err, report.Unavailable)
	if d := w.decisions[len(w.decisions)-1]; d.Refused || d.Err == nil {
		t.Errorf("%+v", d)
	}
}

func TestPublicClaims(t *testing.T) {
	private := blog()
	private.Name, private.Property, private.Public = "private", "333", Private
	open, alone := shop(), blog()
	alone.Name, alone.Property = "alone", "444"
	asked := blog()
	for _, v := range []*View{&open, &asked} {
		v.Public, v.Fields.Allow, v.History.Days = PublicQuestions, []string{"*"}, 400
	}
	_, _, r := start(t, open, asked, private, alone)
	_, err := r.PublicClaim(shopPage, []string{"shop", "alone"}, "")
	wantKind(t, "a view of dashboards", err, report.Forbidden)
	for _, want := range []string{`"alone"`, `<oriel-chart dashboard="overview" panel="a">`, "public: questions"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	c, err := r.PublicClaim(shopPage, []string{"ga:123", "shop", "blog"}, "")
	if err != nil || !reflect.DeepEqual(c.Views, []string{"shop", "blog"}) || !c.Public || c.Origin != shopPage {
		t.Errorf("%+v, %v", c, err)
	}
	_, hidden := r.PublicClaim(shopPage, []string{"private"}, "")
	_, unknown := r.PublicClaim(shopPage, []string{"privatf"}, "")
	wantKind(t, "private", hidden, report.NotFound)
	if strings.ReplaceAll(hidden.Error(), "private", "privatf") != unknown.Error() {
		t.Errorf("one can tell %v from %v", hidden, unknown)
	}
	_, err = r.PublicClaim("https://evil.example", []string{"shop"}, "")
	wantKind(t, "another origin", err, report.Forbidden)
	if !strings.Contains(err.Error(), "https://evil.example") || !strings.Contains(err.Error(), "origins") {
		t.Error(err)
	}
	if c, err = r.PublicClaim(shopPage, nil, "overview"); err != nil || len(c.Views) != 0 {
		t.Errorf("a dashboard opens no view: %+v, %v", c, err)
	}
}

func TestOrigins(t *testing.T) {
	_, _, r := start(t, shop(), blog())
	for origin, want := range map[string]bool{
		shopPage: true, "https://blog.example": true, "": false, "null": false, "*": false,
		"https://shop.example.evil": false, "HTTPS://shop.example": false, "http://shop.example": false,
	} {
		if got := r.ListsOrigin(origin); got != want {
			t.Errorf("%q is listed: %v", origin, got)
		}
	}
	for _, view := range []string{"", "shop", "blog"} {
		if got := r.FrameOrigins("overview", view); !reflect.DeepEqual(got, []string{shopPage}) {
			t.Errorf("framed over %q: %v", view, got)
		}
	}
	if got := r.FrameOrigins("nothing", ""); got != nil {
		t.Error(got)
	}
}

func TestReadableFrom(t *testing.T) {
	twin := blog() // another window on the shop's property, for pages of the blog
	twin.Name, twin.Aliases, twin.Property = "twin", nil, shop().Property
	_, _, r := start(t, shop(), blog(), twin)
	const blogPage = "https://blog.example"
	both := grant(t, r, Claim{Views: []string{"shop", "blog"}, Dashboards: overview("shop", "blog", "two")})
	for _, c := range []struct {
		origin, view, dashboard string
		want                    bool
	}{
		{shopPage, "shop", "", true}, {shopPage, "ga:123", "", true}, {shopPage, "111", "", true}, {shopPage, "", "", true},
		{blogPage, "shop", "", false}, {blogPage, "ga:123", "", false}, {blogPage, "blog", "", true},
		// The twin is not granted, so the property's id means the shop.
		{blogPage, "111", "", false},
		{shopPage, "", "overview", true}, {blogPage, "blog", "overview", true}, {blogPage, "shop", "overview", false},
		// Without a view it is the first one's data.
		{blogPage, "", "overview", false},
		// What is not granted is the gate's to refuse, from every page alike.
		{blogPage, "nothing", "", true}, {shopPage, "twin", "", true}, {blogPage, "", "nothing", true},
	} {
		if got := both.ReadableFrom(c.origin, c.view, c.dashboard); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestNewRulesRefuses(t *testing.T) {
	for want, change := range map[string]func(v *View){
		"name: must be":           func(v *View) { v.Name = "Shop!" },
		"account: ":               func(v *View) { v.Account = "" },
		"property: ":              func(v *View) { v.Property = "properties/111" },
		"without a path":          func(v *View) { v.Origins = []string{shopPage + "/"} },
		`"*" is not an origin`:    func(v *View) { v.Origins = []string{"*"} },
		`"null" is not`:           func(v *View) { v.Origins = []string{"null"} },
		`"https://*" is not`:      func(v *View) { v.Origins = []string{"https://*"} },
		"as browsers send it":     func(v *View) { v.Origins = []string{"https://Shop.example"} },
		`:443" is not an origin`:  func(v *View) { v.Origins = []string{"https://shop.example:443"} },
		"filter: A filter":        func(v *View) { v.Filter = &report.Filter{} },
		"fields: ":                func(v *View) { v.Fields.Deny = []string{"ci ty"} },
		"history.days: ":          func(v *View) { v.History.Days = -1 },
		"max_rows: ":              func(v *View) { v.MaxRows = -1 },
		"aliases: ":               func(v *View) { v.Aliases = []string{"a b"} },
		`"blog" already names`:    func(v *View) { v.Aliases = []string{"blog"} },
		"is the property id of":   func(v *View) { v.Aliases = []string{"222"} },
		"does not allow realtime": func(v *View) { v.Realtime = false },
		`filter of view "shop" reads hostName, which realtime questions do not`: func(v *View) { v.Filter = is("hostName", "a") },
		`panel "a" over view "shop": fields.deny of view "shop" hides sessions`: func(v *View) { v.Fields.Deny = []string{"sessions"} },
		`fields.allow of view "shop" does not list sessions`:                    func(v *View) { v.Fields.Allow = []string{"sesions"} },
	} {
		v := shop()
		change(&v)
		_, err := NewRules([]View{blog(), v}, []dashboard.Dashboard{boardOf(v.Name)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, boards := range [][]dashboard.Dashboard{{boardOf("nothing")}, {boardOf("shop"), boardOf("shop")}, {{}}} {
		if _, err := NewRules([]View{shop()}, boards); err == nil {
			t.Errorf("%+v was accepted", boards)
		}
	}
	if _, err := NewRules([]View{shop(), shop()}, nil); err == nil {
		t.Error("two views of one name were accepted")
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a gate of nothing was accepted")
	}
}

func TestRealtimePanelsNameRealtimeFields(t *testing.T) {
	for want, q := range map[string]report.Query{
		"":                           {Metrics: []report.Metric{{Name: "activeUsers"}}, Dimensions: []report.Dimension{{Name: "minutesAgo"}}},
		"have no metric bounceRate":  {Metrics: []report.Metric{{Name: "bounceRate"}}},
		"have no dimension pagePath": {Metrics: []report.Metric{{Name: "activeUsers"}}, Dimensions: []report.Dimension{{Name: "pagePath"}}},
	} {
		q.Realtime = true
		board := dashboard.Dashboard{Name: "now", Views: []string{"blog"}, Panels: []dashboard.Panel{{Name: "1", Type: dashboard.Table, Width: 6, Query: q}}}
		v := blog()
		v.Realtime = true
		_, err := NewRules([]View{v}, []dashboard.Dashboard{board})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestLogRecorder(t *testing.T) {
	var b bytes.Buffer
	l := NewLogRecorder(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))
	q := sessions()
	q.DimensionFilter = is("country", "canary")
	l.Record(bg, Decision{Time: time.Now(), Method: "report", Session: "s1", View: "shop", Query: &q, Clipped: true})
	l.Record(bg, Decision{Method: "report", Session: "s1", Refused: true, Err: report.Errorf(report.Forbidden, "No.")})
	l.Record(bg, Decision{Method: "report", Err: errors.New("broken")})
	for _, want := range []string{"level=DEBUG msg=answered", "level=INFO msg=refused", "level=DEBUG msg=failed", "view=shop", "clipped=true", "7daysAgo..today", "kind=forbidden"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in %s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "canary") {
		t.Error("the value of a filter is in the log")
	}
}
