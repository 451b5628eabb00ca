package world_test

import (
	"slices"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

func sitesOf(t *testing.T, change ...func(*world.Site)) *world.World {
	t.Helper()
	sites := world.DefaultSites()
	for i, f := range change {
		f(&sites[i])
	}
	return newWorld(t, world.Config{Seed: 7, Days: 60, Ahead: 2, Events: 24_000, Sites: sites})
}

func TestEmptySite(t *testing.T) {
	w := sitesOf(t, func(s *world.Site) { s.Empty, s.Share = true, 0 })
	w.Events(w.Sites()[0].Property, func(world.Event) bool {
		t.Error("an event")
		return false
	})
	metrics := world.Metrics()
	for _, d := range world.Dimensions() {
		got := ask(t, w, world.Query{Dimensions: []string{d}, Metrics: metrics})
		if len(got.Rows) != 0 || slices.ContainsFunc(got.Totals[0], func(v float64) bool { return v != 0 }) {
			t.Errorf("%s: %v", d, got)
		}
	}
}

// A site that began yesterday has its first visitors then: all of them new.
func TestSiteThatBeganYesterday(t *testing.T) {
	w := sitesOf(t, func(s *world.Site) { s.Days = 1 })
	s := w.Sites()[0]
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	yesterday := now.In(zone).AddDate(0, 0, -1).Format("20060102")
	events, late := 0, 0
	w.Events(s.Property, func(e world.Event) bool {
		events++
		if d := e.Value("date"); d < yesterday {
			t.Errorf("an event on %s", d)
		}
		if e.Value("firstSessionDate") < yesterday {
			t.Errorf("a user of %s", e.Value("firstSessionDate"))
		}
		if e.Name == "session_start" && e.Value("date") == yesterday && e.Value("newVsReturning") != "new" {
			late++
		}
		return !t.Failed()
	})
	if events < 100 || late != 0 {
		t.Errorf("%d events, %d returned on the first day", events, late)
	}
}

// What one site is does not touch the others.
func TestSitesDoNotDependOnEachOther(t *testing.T) {
	count := func(w *world.World, i int) float64 {
		return ask(t, w, world.Query{Property: w.Sites()[i].Property, Metrics: []string{"eventCount"}}).Totals[0][0]
	}
	whole, late := sitesOf(t), sitesOf(t, func(*world.Site) {}, func(s *world.Site) { s.Days = 1 })
	if a, b := count(whole, 0), count(late, 0); a != b {
		t.Errorf("%v events beside a long past, %v beside a short one", a, b)
	}
}

// Windows of a derived dimension that names the day reach back from each day, as those of
// the day itself.
func TestDerivedDaysHaveRollingWindows(t *testing.T) {
	w := small(t)
	q := world.Query{Dimensions: []string{"deviceCategory", "date"}, Metrics: []string{"active7DayUsers", "active28DayUsers", "activeUsers"}}
	want := map[string][]float64{}
	for _, row := range ask(t, w, q).Rows {
		want[row.Dimensions[0]+" on "+row.Dimensions[1]] = row.Metrics
	}
	q.Dimensions = []string{"x"}
	q.Derived = []world.Derived{{Name: "x", From: []string{"deviceCategory", "date"}, Value: func(v []string) string { return v[0] + " on " + v[1] }}}
	got := ask(t, w, q).Rows
	if len(got) != len(want) || len(got) < 20 {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	for _, row := range got {
		if !slices.Equal(row.Metrics, want[row.Dimensions[0]]) {
			t.Errorf("%s: %v, want %v", row.Dimensions[0], row.Metrics, want[row.Dimensions[0]])
		}
	}
}
