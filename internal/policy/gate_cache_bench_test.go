package policy

import (
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// BenchmarkDashboard and BenchmarkAnswer measure the gate's two caches: a dashboard of
// three panels, and a query, with and without them.
func BenchmarkDashboard(b *testing.B) {
	w, g, r := start(b, shop())
	gr := grant(b, r, Claim{Dashboards: overview("shop", "blog", "two"), Filter: is("deviceCategory", "mobile")})
	withAndWithoutCache(b, w, g.cache.dashboards.InvalidateAll, func() error {
		_, err := g.Dashboard(b.Context(), gr, DashboardRequest{Name: "overview"})
		return err
	})
}

func BenchmarkAnswer(b *testing.B) {
	w, g, r := start(b, shop())
	gr := grant(b, r, Claim{Views: []string{"shop"}, Filter: is("deviceCategory", "mobile")})
	asked := NewParsedQuery(report.Query{
		Dimensions: []report.Dimension{{Name: "date"}}, Metrics: []report.Metric{{Name: "sessions"}, {Name: "totalUsers"}},
		DateRanges: []report.DateRange{{StartDate: "28daysAgo", EndDate: "yesterday"}},
	}, 200)
	forget := func() {
		g.cache.queries.InvalidateAll()
		asked.last.Store(nil)
	}
	withAndWithoutCache(b, w, forget, func() error {
		_, err := g.Answer(b.Context(), gr, "shop", asked)
		return err
	})
}

func withAndWithoutCache(b *testing.B, w *world, forget func(), ask func() error) {
	for _, cached := range []bool{true, false} {
		name := map[bool]string{true: "cached", false: "uncached"}[cached]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.asked, w.decisions = w.asked[:0], w.decisions[:0]
				if !cached {
					b.StopTimer()
					forget()
					b.StartTimer()
				}
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
