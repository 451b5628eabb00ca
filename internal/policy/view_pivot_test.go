package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// pivoted asks for one pivot over some dimensions.
func pivoted(dimensions ...string) report.Query {
	q := sessions()
	for _, name := range dimensions {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
	}
	q.Pivots = []report.Pivot{{FieldNames: dimensions, Limit: 10}}
	return q
}

func namesOf(dimensions []report.Dimension) []string {
	var names []string
	for _, d := range dimensions {
		names = append(names, d.Name)
	}
	return names
}

// TestPivotsAreNarrowed: Google wants each field that a pivot report's filter reads
// among its dimensions, where it is not visible as long as no pivot names it.
func TestPivotsAreNarrowed(t *testing.T) {
	v := View{Name: "shop", Account: "main", Property: "1", Filter: report.And(is("hostName", "shop.example"), is("country", "NZ"))}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	if _, err := g.Report(bg, gr, "shop", pivoted("country", "browser")); err != nil {
		t.Fatal(err)
	}
	got := w.asked[0]
	if names := namesOf(got.Dimensions); !slices.Equal(names, []string{"country", "browser", "hostName", "deviceCategory"}) {
		t.Errorf("dimensions %q", names)
	}
	if visible, _ := got.Columns(); !slices.Equal(visible, []string{"country", "browser"}) || got.Limit != 0 {
		t.Errorf("%q are visible, limit %d", visible, got.Limit)
	}
	var answers []string
	for _, last := range []string{"hour", "country", "deviceCategory"} { // one that the filters don't read, and two that they do
		_, err := g.Report(bg, gr, "shop", pivoted("browser", "city", "date", "language", "month", last))
		answers = append(answers, fmt.Sprint(err))
	}
	if answers[0] != answers[1] || answers[0] != answers[2] {
		t.Errorf("what the filters read is told: %q", answers)
	}
	_, err := g.Report(bg, gr, "shop", pivoted("browser", "city", "date", "language", "month", "week", "year"))
	wantKind(t, "seven dimensions", err, report.Invalid)
	for _, name := range []string{"hostName", "country", "deviceCategory"} {
		if strings.Contains(err.Error(), name) {
			t.Errorf("the error tells of the filter: %v", err)
		}
	}
}

func TestPivotsWithinTheViewsRows(t *testing.T) {
	_, g, r := start(t, View{Name: "shop", Account: "main", Property: "1", MaxRows: 50})
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	q := pivoted("country", "browser")
	q.Pivots = []report.Pivot{{FieldNames: []string{"country"}, Limit: 10}, {FieldNames: []string{"browser"}, Limit: 5}}
	if _, err := g.Report(bg, gr, "shop", q); err != nil {
		t.Error(err)
	}
	q.Pivots[1].Limit = 6
	_, err := g.Report(bg, gr, "shop", q)
	wantKind(t, "60 rows of 50", err, report.Invalid)
	if !strings.Contains(err.Error(), "50 rows") {
		t.Error(err)
	}
}

func TestCompatibilityIsNarrowed(t *testing.T) {
	v := View{Name: "shop", Account: "main", Property: "1", Filter: is("hostName", "shop.example"),
		Fields: Fields{Deny: []string{"city", "totalRevenue", "keyEvents"}}}
	w, g, r := start(t, v)
	gr := grant(t, r, Claim{Views: []string{"shop"}})
	asked := report.CompatibilityCheck{Query: report.Query{Metrics: []report.Metric{{Name: "sessions"}}}, Filter: "COMPATIBLE"}
	found, err := g.Compatibility(bg, gr, "shop", asked)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range slices.Concat(found.Dimensions, found.Metrics) {
		names = append(names, f.Field().APIName)
	}
	if !slices.Equal(names, []string{"country", "dayOfWeek", "sessions", "calcMetric:depth", "calcMetric:steps"}) {
		t.Errorf("told of %q", names)
	}
	if q := w.checked.Query; q.Property != "1" || q.Account != "main" || q.DimensionFilter == nil || w.checked.Filter != "COMPATIBLE" {
		t.Errorf("asked %+v", w.checked)
	}
	for _, denied := range []string{"totalRevenue", "conversions", "calcMetric:margin"} {
		asked.Query.Metrics[0].Name = denied
		_, err := g.Compatibility(bg, gr, "shop", asked)
		wantKind(t, denied, err, report.Invalid)
	}
	_, err = g.Compatibility(bg, gr, "blog", asked)
	wantKind(t, "another view", err, report.Forbidden)
	if n := len(w.decisions); n != 5 {
		t.Errorf("%d decisions on record", n)
	}
}
