package policy

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// What is at hand is given and recorded as if the source had been asked, and only
// the rest waits for it.
func TestPanelsAtHand(t *testing.T) {
	w, g, r := start(t, shop())
	gr := grant(t, r, Claim{Dashboards: []string{"overview"}})
	if _, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview"}); err != nil {
		t.Fatal(err)
	}
	asked, recorded := len(w.asked), len(w.decisions)
	held := &report.Report{Rows: 7}
	g.c.AtHand = func(_ context.Context, q report.Query) *report.Report {
		if q.Realtime {
			return nil
		}
		if !strings.Contains(jsonOf(t, q.DimensionFilter), "Germany") {
			t.Errorf("not narrowed: %+v", q)
		}
		return held
	}
	after, err := g.Dashboard(bg, gr, DashboardRequest{Name: "overview"})
	if err != nil {
		t.Fatal(err)
	}
	if after.Panels[0].Report != held || after.Panels[1].Report != held || after.Panels[2].Report == held || after.Panels[2].Report == nil {
		t.Errorf("%+v", after.Panels)
	}
	if len(w.asked)-asked != 1 || len(w.decisions) != 2*recorded {
		t.Errorf("asked %d questions, recorded %d decisions after %d", len(w.asked)-asked, len(w.decisions), recorded)
	}
	for _, d := range w.decisions[recorded:] {
		if d.Method == "report" && (d.Rows != 7 || d.Query.DimensionFilter == nil || d.Dashboard != "overview" || d.Err != nil) {
			t.Errorf("recorded %+v", d)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
