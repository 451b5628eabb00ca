package world_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// The device that most users of a site had in the last 28 days.
func ExampleWorld_Run() {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w, err := world.New(world.Config{Seed: 1, Now: now, Events: 100_000})
	if err != nil {
		log.Fatal(err)
	}
	site := w.Sites()[2]
	result, err := w.Run(context.Background(), world.Query{
		Property:   site.Property,
		Dimensions: []string{"deviceCategory"},
		Metrics:    []string{"activeUsers"},
		Ranges:     []world.Range{{From: now.AddDate(0, 0, -28), To: now}},
		Where:      world.Match{Dimension: "country", Test: func(v string) bool { return v == "New Zealand" }},
		Now:        now,
	})
	if err != nil {
		log.Fatal(err)
	}
	first := slices.MaxFunc(result.Rows, func(a, b world.Row) int { return cmp.Compare(a.Metrics[0], b.Metrics[0]) })
	fmt.Println(site.Name+":", first.Dimensions[0])
	// Output: Kauri & Wool: mobile
}
