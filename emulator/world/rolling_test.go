package world_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

func TestRollingUsers(t *testing.T) {
	w := small(t)
	metrics := []string{"active1DayUsers", "active7DayUsers", "active28DayUsers", "dauPerWau", "dauPerMau", "wauPerMau"}
	for _, s := range w.Sites() {
		p := pastOf(w, s.Property, now)
		midnight := midnights(t, s)
		for _, dims := range [][]string{nil, {"date"}, {"date", "country"}, {"deviceCategory"}, {"nthDay", "eventName"}} {
			q := world.Query{Property: s.Property, Now: now, Dimensions: dims, Metrics: metrics,
				Where:  world.Match{Dimension: "language", Test: func(v string) bool { return v != "Spanish" }},
				Ranges: []world.Range{{From: midnight(20), To: midnight(-1)}}}
			got, err := w.Run(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range append(got.Rows, world.Row{Metrics: got.Totals[0]}) {
				one, week, month := p.rolling(q, row, midnight)
				want := []float64{one, week, month, over(one, week), over(one, month), over(week, month)}
				if !slices.EqualFunc(row.Metrics, want, near) {
					t.Fatalf("%s by %v, row %v: %v, want %v", s.Name, dims, row.Dimensions, row.Metrics, want)
				}
			}
		}
	}
}

// midnights returns the first instant of the day so many days before now's.
func midnights(t *testing.T, s world.Site) func(back int) time.Time {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	y, m, d := now.In(zone).Date()
	return func(back int) time.Time { return time.Date(y, m, d-back, 0, 0, 0, 0, zone) }
}

// rolling counts the active users of 1, 7 and 28 days up to the day that a row
// names, or today; nthDay counts from 20 days ago.
func (p past) rolling(q world.Query, row world.Row, midnight func(int) time.Time) (one, week, month float64) {
	anchor, rest := 0, map[string]string{}
	for i, v := range row.Dimensions {
		switch name := q.Dimensions[i]; name {
		case "date":
			for midnight(anchor).Format("20060102") > v {
				anchor++
			}
		case "nthDay":
			for anchor = 0; fmt.Sprintf("%04d", 20-anchor) > v; {
				anchor++
			}
		default:
			rest[name] = v
		}
	}
	users := [3]set{{}, {}, {}}
	for _, e := range p.events {
		if !e.Time.Before(midnight(anchor-1)) || !passes(q, q.Where, e) || !p.sessions[e.Session].active() || !matches(e, rest) {
			continue
		}
		for i, days := range []int{1, 7, 28} {
			if !e.Time.Before(midnight(anchor + days - 1)) {
				users[i][e.User] = true
			}
		}
	}
	return float64(len(users[0])), float64(len(users[1])), float64(len(users[2]))
}

func matches(e world.Event, values map[string]string) bool {
	for d, v := range values {
		if e.Value(d) != v {
			return false
		}
	}
	return true
}
