package world_test

import (
	"strings"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
)

func customWorld(t *testing.T) *world.World {
	return sitesOf(t, func(*world.Site) {}, func(*world.Site) {}, func(s *world.Site) {
		s.Custom = []world.Custom{
			{Name: "customEvent:author", Label: "Author", Values: []string{"Ada", "Ben"}, Event: "page_view"},
			{Name: "customUser:plan", Label: "Plan", Values: []string{"free", "paid"}},
			{Name: "customItem:colour", Label: "Colour", Values: []string{"blue", "green"}},
			{Name: "customEvent:reading_time", Label: "Reading time", Type: "TYPE_SECONDS", Event: "scroll"},
			{Name: "customEvent:weight", Label: "Weight", Type: "TYPE_STANDARD"},
			{Name: "calcMetric:perView", Label: "Per view", Type: "TYPE_FLOAT", Expression: "sessions/screenPageViews"},
		}
	})
}

// Custom definitions are carried by events, and counted from them.
func TestCustomDefinitions(t *testing.T) {
	w := customWorld(t)
	property := w.Sites()[2].Property
	p := pastOf(w, property, now)
	byPage, byUser := map[string]string{}, map[uint32]string{}
	for _, e := range p.events {
		author, plan := e.Value("customEvent:author"), e.Value("customUser:plan")
		if (author == "(not set)") != (e.Name != "page_view") {
			t.Fatalf("%s has the author %s", e.Name, author)
		}
		page := e.Value("pageLocation")
		if e.Name == "page_view" && byPage[page] != "" && byPage[page] != author || byUser[e.User] != "" && byUser[e.User] != plan {
			t.Fatalf("%s by %s, user %d with %s", page, author, e.User, plan)
		}
		if e.Name == "page_view" {
			byPage[page] = author
		}
		byUser[e.User] = plan
		if (e.Value("customItem:colour") == "(not set)") != (e.Value("itemId") == "(not set)") {
			t.Fatalf("item %s has the colour %s", e.Value("itemId"), e.Value("customItem:colour"))
		}
		if (e.Number("customEvent:reading_time") > 0) != (e.Name == "scroll") {
			t.Fatalf("%s has a reading time", e.Name)
		}
	}
	for _, dimensions := range [][]string{{"customEvent:author"}, {"customUser:plan", "deviceCategory"}, {"customItem:colour", "itemName"}, nil} {
		q := world.Query{Property: property, Now: now, Dimensions: dimensions, Metrics: []string{"customEvent:reading_time", "eventCount", "customEvent:weight", "activeUsers"},
			Ranges: []world.Range{{From: now.AddDate(0, 0, -30), To: now}},
			Where:  world.Match{Dimension: "customUser:plan", Test: func(v string) bool { return v != "none" }}}
		groups, _ := p.slowly(q, q.Ranges[0])
		sums := map[string][2]float64{}
		for _, e := range p.events {
			if !e.Time.Before(q.Ranges[0].From) {
				var key []string
				for _, d := range dimensions {
					key = append(key, e.Value(d))
				}
				k := strings.Join(key, "\x00")
				sums[k] = [2]float64{sums[k][0] + e.Number("customEvent:reading_time"), sums[k][1] + e.Number("customEvent:weight")}
			}
		}
		got := ask(t, w, q)
		if len(got.Rows) != len(groups) {
			t.Errorf("%v: %d rows, want %d", dimensions, len(got.Rows), len(groups))
		}
		for _, row := range got.Rows {
			k := strings.Join(row.Dimensions, "\x00")
			if row.Metrics[0] != sums[k][0] || row.Metrics[2] != sums[k][1] || row.Metrics[1] != groups[k].events {
				t.Errorf("%v: %v, want %v", row.Dimensions, row.Metrics, sums[k])
			}
		}
		if len(dimensions) == 0 && got.Totals[0][2] != sums[""][1] {
			t.Errorf("totals %v, want %v", got.Totals[0], sums)
		}
	}
}

func TestCustomDefinitionsThatCannotBe(t *testing.T) {
	for _, d := range []world.Custom{
		{Name: "author", Values: []string{"a"}}, {Name: "customEvent:", Values: []string{"a"}}, {Name: "customEvent:x"},
		{Name: "customEvent:x", Values: []string{"a"}, Type: "TYPE_STANDARD"}, {Name: "calcMetric:x", Type: "TYPE_FLOAT"},
		{Name: "customUser:x", Type: "TYPE_STANDARD"}, {Name: "customUser:x", Values: []string{"a"}, Event: "scroll"},
	} {
		s := world.DefaultSites()[:1]
		s[0].Custom = []world.Custom{d}
		if _, err := world.New(world.Config{Now: now, Sites: s}); err == nil {
			t.Errorf("no error for %+v", d)
		}
	}
}
