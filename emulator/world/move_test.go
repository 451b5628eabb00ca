package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// In another zone the same events have the dates and hours of that zone.
func TestMove(t *testing.T) {
	w := small(t)
	s := w.Sites()[0]
	type moment struct {
		at   time.Time
		user uint32
	}
	var before []moment
	w.Events(s.Property, func(e world.Event) bool {
		before = append(before, moment{e.Time, e.User})
		return true
	})
	for _, name := range []string{"Pacific/Apia", "Pacific/Pago_Pago", "Asia/Kathmandu", s.TimeZone} {
		moved, err := w.Move(s.Property, name)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := moved.Sites()[0].TimeZone; got != name {
			t.Errorf("the site is in %s, not %s", got, name)
		}
		i := 0
		moved.Events(s.Property, func(e world.Event) bool {
			if !e.Time.Equal(before[i].at) || e.User != before[i].user {
				t.Fatalf("%s: event %d at %v, not %v", name, i, e.Time, before[i].at)
			}
			if got, want := e.Value("dateHourMinute"), e.Time.In(zone).Format("200601021504"); got != want {
				t.Fatalf("%s: %s, want %s", name, got, want)
			}
			if e.Name == "first_visit" && e.Value("firstSessionDate") != e.Value("date") {
				t.Fatalf("%s: a first visit on %s, first session on %s", name, e.Value("date"), e.Value("firstSessionDate"))
			}
			i++
			return true
		})
		if i != len(before) {
			t.Errorf("%s: %d events, not %d", name, i, len(before))
		}
		p := pastOf(moved, s.Property, now)
		q := world.Query{Property: s.Property, Now: now, Dimensions: []string{"date", "hour"}, Metrics: []string{"eventCount", "activeUsers", "averageSessionDuration"},
			Ranges: []world.Range{{From: now.AddDate(0, 0, -30), To: now}}}
		want, whole := p.slowly(q, q.Ranges[0])
		got := ask(t, moved, q)
		compare(t, q, got.Totals[0], whole)
		for _, row := range got.Rows {
			compare(t, q, row.Metrics, want[strings.Join(row.Dimensions, "\x00")])
		}
	}
	for _, bad := range [][2]string{{"999", "UTC"}, {s.Property, "Mars/Olympus"}} {
		if _, err := w.Move(bad[0], bad[1]); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}
