package world

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func is(dimension, value string) Match {
	return Match{dimension, func(v string) bool { return v == value }}
}

// table asks for rows, sorted.
func table(t *testing.T, w *World, q Query) []Row {
	t.Helper()
	q.Property, q.Now = w.Sites()[0].Property, w.sites[0].clock.time(1<<31)
	q.Ranges = []Range{{time.Unix(0, 0), q.Now}}
	r, err := w.Run(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(r.Rows, func(a, b Row) int { return slices.Compare(a.Dimensions, b.Dimensions) })
	return append(r.Rows, Row{Metrics: r.Totals[0]})
}

func TestTwinDiffersOnlyByTheChange(t *testing.T) {
	w, err := New(Config{Seed: 3, Now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), Days: 20, Events: 4000})
	if err != nil {
		t.Fatal(err)
	}
	where := Query{Dimensions: []string{"country", "deviceCategory"}, Metrics: []string{"eventCount", "totalUsers", "averageSessionDuration"}}
	browsers := Query{Dimensions: []string{"browser"}, Metrics: []string{"sessions"}}
	money := Query{Dimensions: []string{"date"}, Metrics: []string{"keyEvents"}}
	here, abroad := where, where
	here.Where, abroad.Where = is("country", "United States"), Not{is("country", "United States")}

	before := table(t, w, where)
	twin, err := w.Twin(Change{
		Property: w.Sites()[0].Property, Without: abroad.Where, Dimensions: []string{"browser", "hostName"}, Metrics: []string{"keyEvents"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(table(t, w, here), table(t, twin, here)) {
		t.Error("what was to stay is not the same")
	}
	if rows := table(t, twin, abroad); len(rows) != 1 {
		t.Errorf("what was to go is there: %v", rows)
	}
	browsers.Where, money.Where = here.Where, here.Where
	if reflect.DeepEqual(table(t, w, browsers), table(t, twin, browsers)) {
		t.Error("the dimension's values are the same")
	}
	if reflect.DeepEqual(table(t, w, money), table(t, twin, money)) {
		t.Error("the metric's numbers are the same")
	}
	if rows := table(t, twin, Query{Dimensions: []string{"hostName"}}); !strings.HasPrefix(rows[0].Dimensions[0], "not ") {
		t.Errorf("the only value is the same: %v", rows)
	}
	if !reflect.DeepEqual(table(t, w, where), before) || w.sites[1] != twin.sites[1] {
		t.Error("the world itself changed, or a site that was to stay")
	}
}

func TestTwinRefusesWhatIsNotThere(t *testing.T) {
	w, err := New(Config{Seed: 3, Now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), Days: 3, Events: 300})
	if err != nil {
		t.Fatal(err)
	}
	p := w.Sites()[0].Property
	if _, err := w.Twin(Change{Property: p}, Change{Property: p}); err == nil {
		t.Error("two changes of a property: no error")
	}
	for _, c := range []Change{
		{Property: "1"}, {Property: p, Dimensions: []string{"date"}}, {Property: p, Dimensions: []string{"nothing"}},
		{Property: p, Metrics: []string{"nothing"}}, {Property: p, Without: is("nothing", "")},
	} {
		if _, err := w.Twin(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
