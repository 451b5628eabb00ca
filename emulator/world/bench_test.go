package world_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

func BenchmarkNew(b *testing.B) {
	var w *world.World
	for b.Loop() {
		w = newWorld(b, world.Config{Seed: 1})
	}
	events := 0
	for _, s := range w.Sites() {
		w.Events(s.Property, func(world.Event) bool { events++; return true })
	}
	b.ReportMetric(float64(events), "events")
	var with, without runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(w)
	w = nil
	runtime.GC()
	runtime.ReadMemStats(&without)
	b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc), "heap-B")
}

func benchmarkRun(b *testing.B, days int, where world.Expr, dimensions []string, metrics ...string) {
	w := newWorld(b, world.Config{Seed: 1})
	q := world.Query{Property: w.Sites()[0].Property, Now: now, Dimensions: dimensions, Metrics: metrics, Where: where,
		Ranges: []world.Range{{From: now.Add(-time.Duration(days) * 24 * time.Hour), To: now}}}
	for b.Loop() {
		if _, err := w.Run(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRun30DaysByDate(b *testing.B) {
	benchmarkRun(b, 30, nil, []string{"date"}, "sessions", "activeUsers", "totalUsers", "engagementRate", "screenPageViews")
}

func BenchmarkRun30DaysByPage(b *testing.B) {
	benchmarkRun(b, 30, nil, []string{"pagePath", "pageTitle"}, "screenPageViews", "activeUsers", "bounceRate")
}

func BenchmarkRun30DaysFiltered(b *testing.B) {
	where := world.And{
		world.Match{Dimension: "country", Test: func(v string) bool { return v == "United States" }},
		world.Not{X: world.Match{Dimension: "pagePath", Test: func(v string) bool { return v == "/" }}},
	}
	benchmarkRun(b, 30, where, []string{"date", "deviceCategory", "sessionSource"}, "sessions", "activeUsers", "newUsers")
}

func BenchmarkRun30DaysRolling(b *testing.B) {
	benchmarkRun(b, 30, nil, []string{"date"}, "active1DayUsers", "active7DayUsers", "active28DayUsers")
}

func BenchmarkRun400DaysByCity(b *testing.B) {
	benchmarkRun(b, 400, nil, []string{"city"}, "sessions", "activeUsers", "averageSessionDuration")
}

func BenchmarkRunRealtime(b *testing.B) {
	w := newWorld(b, world.Config{Seed: 1})
	q := world.Query{Property: w.Sites()[0].Property, Now: now, Realtime: true, Dimensions: []string{"minutesAgo"}, Metrics: []string{"activeUsers"},
		Ranges: []world.Range{{From: now.Add(-30 * time.Minute), To: now}}}
	for b.Loop() {
		if _, err := w.Run(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}
