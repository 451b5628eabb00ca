package world_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

func ask(t *testing.T, w *world.World, q world.Query) *world.Result {
	t.Helper()
	if q.Now.IsZero() {
		q.Now = now
	}
	if q.Property == "" {
		q.Property = w.Sites()[0].Property
	}
	if q.Ranges == nil {
		q.Ranges = []world.Range{{From: now.AddDate(0, 0, -28), To: now}}
	}
	got, err := w.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestNowHidesLaterEvents(t *testing.T) {
	w := small(t)
	all := []world.Range{{From: now.AddDate(0, 0, -100), To: now.AddDate(0, 0, 100)}}
	before := ask(t, w, world.Query{Ranges: all, Metrics: []string{"eventCount"}}).Totals[0][0]
	later := ask(t, w, world.Query{Ranges: all, Metrics: []string{"eventCount"}, Now: now.Add(26 * time.Hour)}).Totals[0][0]
	if later <= before {
		t.Errorf("%v events now and %v a day later", before, later)
	}
	if none := ask(t, w, world.Query{Ranges: all, Metrics: []string{"eventCount"}, Now: now.AddDate(-1, 0, 0)}); len(none.Rows) != 0 || none.Totals[0][0] != 0 {
		t.Errorf("before the world there are %v", none)
	}
}

// TestSessionsInProgress asks in the middle of sessions: nothing that happens
// later in them may show.
func TestSessionsInProgress(t *testing.T) {
	w := small(t)
	property := w.Sites()[1].Property
	var times []time.Time
	w.Events(property, func(e world.Event) bool {
		if e.Name == "page_view" && len(times) < 40 && e.Time.After(now.AddDate(0, 0, -3)) {
			times = append(times, e.Time.Add(time.Second))
		}
		return true
	})
	for _, at := range times {
		p := pastOf(w, property, at)
		span := world.Range{From: at.Add(-15 * time.Minute), To: at}
		q := world.Query{Property: property, Now: at, Dimensions: []string{"landingPage"}, Ranges: []world.Range{span},
			Metrics: []string{"averageSessionDuration", "engagedSessions", "activeUsers"}}
		got := ask(t, w, q)
		_, whole := p.slowly(q, span)
		compare(t, q, got.Totals[0], whole)
	}
}

func TestRealtime(t *testing.T) {
	w := newWorld(t, world.Config{Seed: 5})
	for _, s := range w.Sites() {
		for hour := range 24 {
			at := now.Add(time.Duration(hour) * time.Hour)
			half := []world.Range{{From: at.Add(-30 * time.Minute), To: at}}
			got := ask(t, w, world.Query{Property: s.Property, Realtime: true, Now: at, Dimensions: []string{"minutesAgo"}, Metrics: []string{"activeUsers", "eventCount"}, Ranges: half})
			if got.Totals[0][0] == 0 {
				t.Errorf("%s: nobody there at %v", s.Name, at)
			}
			sum := 0.0
			for _, row := range got.Rows {
				if m := row.Dimensions[0]; len(m) != 2 || m > "29" {
					t.Errorf("minutesAgo %q", m)
				}
				sum += row.Metrics[1]
			}
			core := ask(t, w, world.Query{Property: s.Property, Now: at, Metrics: []string{"eventCount"}, Ranges: half})
			if sum != core.Totals[0][0] {
				t.Errorf("%v events by the minute, %v in all", sum, core.Totals[0][0])
			}
		}
	}
	for _, d := range world.RealtimeDimensions() {
		ask(t, w, world.Query{Realtime: true, Dimensions: []string{d}, Metrics: world.RealtimeMetrics()})
	}
}

func TestMinutesAgo(t *testing.T) {
	w := small(t)
	property := w.Sites()[0].Property
	var at time.Time
	w.Events(property, func(e world.Event) bool { at = e.Time; return at.Before(now) })
	for ago, want := range map[time.Duration]string{time.Nanosecond: "00", time.Second: "00", time.Minute: "00", time.Minute + time.Second: "01", 29 * time.Minute: "28"} {
		got := ask(t, w, world.Query{Property: property, Realtime: true, Now: at.Add(ago), Dimensions: []string{"minutesAgo"}, Ranges: []world.Range{{From: at, To: at.Add(time.Second)}}})
		if len(got.Rows) != 1 || got.Rows[0].Dimensions[0] != want {
			t.Errorf("an event %v ago: %v, want %s", ago, got.Rows, want)
		}
	}
	if got := ask(t, w, world.Query{Property: property, Realtime: true, Now: at, Ranges: []world.Range{{From: at, To: at.Add(time.Second)}}}); len(got.Rows) != 0 {
		t.Errorf("an event that happens now is seen: %v", got.Rows)
	}
}

func TestShapesOfAnswers(t *testing.T) {
	w := small(t)
	day := world.Range{From: now.AddDate(0, 0, -1), To: now}
	empty := world.Range{From: now, To: now.AddDate(0, 0, -1)}
	for _, c := range []struct {
		name         string
		q            world.Query
		rows, totals int
	}{
		{"no dimension: one row per range", world.Query{Metrics: []string{"sessions"}, Ranges: []world.Range{day, day}}, 2, 1},
		{"no metric: rows of values", world.Query{Dimensions: []string{"platform"}, Ranges: []world.Range{day}}, 1, 0},
		{"neither", world.Query{Ranges: []world.Range{day}}, 1, 0},
		{"a range of nothing", world.Query{Metrics: []string{"sessions", "active7DayUsers"}, Ranges: []world.Range{empty}}, 0, 2},
		{"before the world", world.Query{Dimensions: []string{"nthDay"}, Metrics: []string{"active7DayUsers"}, Ranges: []world.Range{{From: now.AddDate(-9, 0, 0), To: now.AddDate(-8, 0, 0)}}}, 0, 1},
		{"after the world", world.Query{Dimensions: []string{"nthDay"}, Metrics: []string{"bounceRate"}, Ranges: []world.Range{{From: now.AddDate(8, 0, 0), To: now.AddDate(9, 0, 0)}}}, 0, 1},
		{"empty And lets all through", world.Query{Where: world.And{}, Ranges: []world.Range{day}}, 1, 0},
		{"empty Or lets nothing through", world.Query{Where: world.Or{}, Ranges: []world.Range{day}}, 0, 0},
		{"nine dimensions", world.Query{Dimensions: []string{"dateHourMinute", "pageLocation", "pageReferrer", "city", "browser", "transactionId", "screenResolution", "nthMinute", "firstSessionDate"}, Metrics: []string{"eventCount"}, Ranges: []world.Range{day}}, -1, 1},
	} {
		got := ask(t, w, c.q)
		if c.rows >= 0 && len(got.Rows) != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, len(got.Rows), c.rows)
		}
		if len(got.Totals) != len(c.q.Ranges) || len(got.Totals[0]) != c.totals {
			t.Errorf("%s: totals %v", c.name, got.Totals)
		}
	}
}

// TestNthCountsFromTheRange asks over ranges that begin before and within the world.
func TestNthCountsFromTheRange(t *testing.T) {
	w := small(t)
	for _, s := range w.Sites() {
		midnight := midnights(t, s)
		for _, back := range []int{20, 59, 100, 400} {
			q := world.Query{Property: s.Property, Dimensions: []string{"date", "nthDay", "nthHour", "nthMinute", "nthWeek", "nthMonth", "nthYear", "hour", "minute"},
				Metrics: []string{"active7DayUsers"}, Ranges: []world.Range{{From: midnight(back), To: now}}}
			start := midnight(back)
			for _, row := range ask(t, w, q).Rows {
				day, err := time.ParseInLocation("20060102", row.Dimensions[0], start.Location())
				if err != nil {
					t.Fatal(err)
				}
				var hour, minute int
				fmt.Sscan(row.Dimensions[7], &hour)
				fmt.Sscanf(row.Dimensions[8], "%02d", &minute)
				days := daysBetween(start, day)
				weeks := (days + int(start.Weekday())) / 7
				months := 12*(day.Year()-start.Year()) + int(day.Month()) - int(start.Month())
				for i, want := range []int{days, days*24 + hour, (days*24+hour)*60 + minute, weeks, months, day.Year() - start.Year()} {
					if got := row.Dimensions[1+i]; got != fmt.Sprintf("%04d", want) {
						t.Fatalf("%s is %s on %s at %d:%02d, %d days after the start, want %04d", q.Dimensions[1+i], got, row.Dimensions[0], hour, minute, back, want)
					}
				}
			}
		}
	}
}

func daysBetween(a, b time.Time) int {
	utc := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(utc(b).Sub(utc(a)).Hours() / 24)
}

func TestRowsAreTheSameEveryTime(t *testing.T) {
	w := small(t)
	q := world.Query{Dimensions: []string{"city", "pagePath"}, Metrics: []string{"activeUsers"}}
	a, b := ask(t, w, q), ask(t, w, q)
	if !slices.EqualFunc(a.Rows, b.Rows, func(x, y world.Row) bool { return slices.Equal(x.Dimensions, y.Dimensions) }) {
		t.Error("two answers to one query differ in order")
	}
}

func TestManyAtOnce(t *testing.T) {
	w := small(t)
	q := world.Query{Property: w.Sites()[0].Property, Now: now, Dimensions: []string{"date", "country"}, Metrics: []string{"sessions", "active7DayUsers"},
		Ranges: []world.Range{{From: now.AddDate(0, 0, -28), To: now}},
		Where:  world.Match{Dimension: "deviceCategory", Test: func(v string) bool { return v != "tablet" }}}
	want := ask(t, w, q).Totals[0]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := w.Run(context.Background(), q)
			if err != nil || !slices.Equal(got.Totals[0], want) {
				t.Errorf("at the same time as others: %v, %v, want %v", got, err, want)
			}
		})
	}
	wg.Wait()
}

func TestTestIsCalledOncePerValue(t *testing.T) {
	w := small(t)
	for _, d := range []string{"country", "dateHourMinute", "nthDay"} {
		calls := map[string]int{}
		week := world.Range{From: now.AddDate(0, 0, -7), To: now}
		ask(t, w, world.Query{Ranges: []world.Range{week, week}, Metrics: []string{"active28DayUsers"},
			Where: world.Match{Dimension: d, Test: func(v string) bool { calls[v]++; return true }}})
		for v, n := range calls {
			if n != 1 {
				t.Errorf("%s %q was tested %d times", d, v, n)
			}
		}
		if len(calls) < 5 {
			t.Errorf("%s: only %d values tested", d, len(calls))
		}
	}
}

func TestErrorsNameTheField(t *testing.T) {
	w := small(t)
	property := w.Sites()[0].Property
	for name, q := range map[string]world.Query{
		"colour":     {Property: property, Dimensions: []string{"colour"}},
		"clicks":     {Property: property, Metrics: []string{"clicks"}},
		"shape":      {Property: property, Where: world.Not{X: world.Match{Dimension: "shape", Test: func(string) bool { return true }}}},
		"minutesAgo": {Property: property, Dimensions: []string{"minutesAgo"}},
		"city":       {Property: property, Where: world.Match{Dimension: "city"}},
		"nil":        {Property: property, Where: world.And{nil}},
		"123":        {Property: "123"},
	} {
		q.Now = now
		if _, err := w.Run(context.Background(), q); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %q: %v", name, err)
		}
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	w := small(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, q := range []world.Query{
		{Metrics: []string{"sessions"}},
		{Metrics: []string{"active7DayUsers"}, Dimensions: []string{"date"}},
		{Where: world.And{}},
	} {
		q.Property, q.Now, q.Ranges = w.Sites()[0].Property, now, []world.Range{{From: now.AddDate(0, 0, -9), To: now}}
		if _, err := w.Run(ctx, q); !errors.Is(err, context.Canceled) {
			t.Errorf("%v answered after its context ended: %v", q.Metrics, err)
		}
	}
}
