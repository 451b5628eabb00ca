package ua

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// TestColumnsAreThoseThatMayBeNamed hides fields by chance, many times, and asks for
// every column: a PUBLIC one reads nothing hidden, and one that is not listed does.
func TestColumnsAreThoseThatMayBeNamed(t *testing.T) {
	o := testOptions()
	o.Goals[1], o.Dimensions[1], o.Metrics[1], o.Calculated["X"] = "purchase", "customEvent:author", "customEvent:words", "sessions/totalUsers"
	o.DimensionNames["eventCategory"], o.MetricNames["socialInteractions"] = "customEvent:category", "eventCount[eventName==share]"
	fill := strings.NewReplacer("XX", "1", "<NAME>", "X")
	for seed := range 30 {
		may := func(field string) bool {
			h := fnv.New32()
			fmt.Fprintf(h, "%d %s", seed, field)
			return field == "screenPageViews" || h.Sum32()%5 != 0
		}
		listed := map[string]string{}
		for _, c := range ColumnsOf([]ViewNames{{Options: o, May: may, Has: func(string) bool { return true }}}).Items {
			listed[c.ID] = c.Attributes.Status
		}
		for _, c := range AllColumns().Items {
			reads, err := readsOf(fill.Replace(c.ID), c.Attributes.Type == "DIMENSION", o, may)
			switch status := listed[c.ID]; {
			case status == "" && (err != nil || reads):
				t.Errorf("seed %d: %s is not listed and is answered, %v", seed, c.ID, err)
			case status == "PUBLIC" && (err != nil || !reads):
				t.Errorf("seed %d: %s is listed and reads what is hidden, %v", seed, c.ID, err)
			}
		}
	}
}

// readsOf reports whether a name is answered by fields that may be named.
func readsOf(name string, dimension bool, o Options, may func(string) bool) (all bool, err error) {
	q := Query{StartDate: "today", EndDate: "today", StartIndex: 1, MaxResults: 1, Metrics: []string{name}}
	if dimension {
		q.Metrics, q.Dimensions = []string{"ga:pageviews"}, []string{name}
	}
	plan, err := Translate(q, o)
	if err != nil {
		return false, err
	}
	all = true
	for _, ask := range plan.Queries() {
		for _, d := range ask.Dimensions {
			all = all && may(d.Name)
		}
		for _, m := range ask.Metrics {
			all = all && may(m.Name)
		}
		ask.DimensionFilter.Walk(func(c *report.Condition) { all = all && may(c.FieldName) })
	}
	return all, nil
}

func TestNoViewHasNoColumns(t *testing.T) {
	if c := ColumnsOf(nil); c.TotalResults != 0 || len(c.Items) != 0 {
		t.Errorf("%d columns", c.TotalResults)
	}
}
