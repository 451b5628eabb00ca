package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		on, at, zone string
		want         string // names
	}{
		{want: names(days)},
		{on: "apia,leap-day", want: "apia, leap-day"},
		{at: "2027-03-28T00:59:58Z", zone: "Europe/Berlin", want: "2027-03-28T00:59:58ZEurope/Berlin"},
		{on: "leap-day,doomsday"},
		{at: "tomorrow"},
	} {
		got, err := choose(c.on, c.at, c.zone)
		if c.want == "" && err == nil || c.want != "" && (err != nil || names(got) != c.want) {
			t.Errorf("%+v: %s, %v", c, names(got), err)
		}
	}
}

func TestEnviron(t *testing.T) {
	now := time.Date(2000, time.January, 1, 0, 1, 0, 0, time.UTC)
	for _, c := range []struct {
		day            day
		offset, bubble string
	}{
		{day{}, "0", "60"},
		{day{later: time.Hour}, "3600", "3660"},
		{day{at: now.Add(-2 * time.Minute)}, "-120", "-60"},
	} {
		env, err := c.day.environ(now)
		if err != nil || !slices.Contains(env, "ANYDAY_OFFSET="+c.offset) || !slices.Contains(env, "ANYDAY_BUBBLE="+c.bubble) {
			t.Errorf("%+v: %v, %v", c.day, env, err)
		}
	}
	if _, err := (day{zone: "Pacific/Nowhere"}).environ(now); err == nil {
		t.Error("a zone that is none is UTC in silence")
	}
}

// A toolchain whose time.Now is another than this program knows is told, instead of
// testing on the day that it is.
func TestUnknownToolchains(t *testing.T) {
	for name, source := range map[string]string{
		"another function": "package time\n\nfunc Then() Time {\n" + asks,
		"another body":     "package time\n\nfunc Now() Time {\n\treturn Time{}\n}\n",
		"twice":            "package time\n\nfunc Now() Time {\n" + asks + "\t}\n" + asks,
	} {
		path := filepath.Join(t.TempDir(), "time.go")
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := moveNow(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
