package policy

import (
	"reflect"
	"testing"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// A panel by itself asks what it asks on its dashboard, whoever asks and for
// whatever days.
func TestPanelAsksWhatItsDashboardAsks(t *testing.T) {
	v := shop()
	v.History = History{Days: 40}
	w, g, r := start(t, v, blog())
	for _, c := range []Claim{
		{Dashboards: overview("shop", "blog", "two")},
		{Dashboards: overview("shop", "blog", "two"), Filter: is("country", "NZ")},
		{Public: true, Origin: shopPage, Dashboards: overview("shop", "blog", "two")},
	} {
		for _, req := range []DashboardRequest{
			{Name: "overview"}, {Name: "overview", View: "blog"},
			{Name: "overview", Range: dashboard.Range{Days: 7}}, {Name: "overview", Range: dashboard.Range{Days: 90}},
		} {
			gr := grant(t, r, c)
			whole, err := g.Dashboard(bg, gr, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range whole.Panels {
				w.asked = nil
				_, err := g.Report(bg, gr, "shop", sessions())
				wantKind(t, "a free question", err, report.Forbidden)
				one := req
				one.Panel = want.Panel.Name
				got, err := g.Panel(bg, gr, one)
				if err != nil || got.Report == nil || !reflect.DeepEqual(got.Panel, want.Panel) {
					t.Fatalf("%+v: %+v, %v; want %+v", req, got.Panel, err, want.Panel)
				}
				if len(w.asked) != 1 || w.asked[0].DimensionFilter == nil && w.asked[0].Property == "111" {
					t.Errorf("%+v: asked %+v", req, w.asked)
				}
			}
		}
	}
}

func TestExportsAreRecorded(t *testing.T) {
	v := shop()
	v.History = History{Days: 40}
	w, g, r := start(t, v)
	denied := sessions()
	denied.Dimensions = []report.Dimension{{Name: "city"}}
	old := dashboard.Range{Start: day("2025-01-01"), End: day("2025-01-31")}
	gr := grant(t, r, Claim{Views: []string{"shop"}, Dashboards: overview("shop", "blog", "two")}).For(Requester{Request: "r1"}).Exporting()
	panel := "none"
	if whole, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview"}); err == nil {
		panel = whole.Panels[0].Panel.Name
	}
	for what, tt := range map[string]struct {
		ask     func() error
		kind    report.Kind
		refused bool
	}{
		"panel":         {func() error { _, err := g.Panel(bg, gr, DashboardRequest{Name: "overview", Panel: panel}); return err }, -1, false},
		"report":        {func() error { _, err := g.Report(bg, gr, "shop", sessions()); return err }, -1, false},
		"no such panel": {func() error { _, err := g.Panel(bg, gr, DashboardRequest{Name: "overview", Panel: "none"}); return err }, report.NotFound, true},
		"denied":        {func() error { _, err := g.Report(bg, gr, "shop", denied); return err }, report.Invalid, true},
		"too old": {func() error {
			_, err := g.Panel(bg, gr, DashboardRequest{Name: "overview", Range: old, Panel: panel})
			return err
		}, report.Forbidden, true},
		"no such board": {func() error { _, err := g.Panel(bg, gr, DashboardRequest{Name: "none", Panel: panel}); return err }, report.Forbidden, true},
	} {
		w.decisions = nil
		if err := tt.ask(); err == nil && tt.kind >= 0 || err != nil && report.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", what, err)
		}
		if len(w.decisions) != 1 {
			t.Fatalf("%s: %d decisions", what, len(w.decisions))
		}
		if d := w.decisions[0]; !d.Requester.Export || d.Requester.Request != "r1" || d.Refused != tt.refused {
			t.Errorf("%s: %+v", what, d)
		}
	}
	w.decisions = nil
	_, err := g.Panel(bg, Grant{}, DashboardRequest{Name: "overview", Panel: panel})
	wantKind(t, "the zero grant", err, report.Unauthenticated)
	if len(w.decisions) != 1 || !w.decisions[0].Refused {
		t.Errorf("%+v", w.decisions)
	}
}
