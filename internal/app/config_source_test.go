package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const placed = `# a comment
listen: x
views:
  shop:
    max_rows: 1
    origins:
      - a
  blog: {title: Blog}
dashboards:
  o:
    panels:
      - {type: table}
      - name: pages
        type: table
`

func sourceOf(t *testing.T, text string) *source {
	t.Helper()
	s := &source{path: "f"}
	if err := yaml.Load([]byte(text), &s.root); err != nil {
		t.Fatal(err)
	}
	s.index()
	return s
}

func TestWhere(t *testing.T) {
	s := sourceOf(t, placed)
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"listen"}, "f:2"},
		{[]string{"views"}, "f:3"},
		{[]string{"views", "shop", "origins"}, "f:6"},
		{[]string{"views", "shop", "property"}, "f:4"}, // its nearest parent
		{[]string{"views", "blog", "title"}, "f:8"},
		{[]string{"listen", "deeper"}, "f:2"},
		{[]string{"cache", "stale"}, "f"},
		{nil, "f"},
	} {
		if got := s.where(c.path...); got != c.want {
			t.Errorf("where(%v) = %s, want %s", c.path, got, c.want)
		}
	}
	if got := (&source{path: "f"}).where("views"); got != "f" {
		t.Errorf("without a document: %s", got)
	}
}

func TestPlace(t *testing.T) {
	s := sourceOf(t, placed)
	for _, c := range []struct{ text, want string }{
		{`view "shop": max rows: 7`, `f:5: view "shop": max rows: 7`},
		{"view \"shop\": origins: x\nmax rows: 7", "f:6: view \"shop\": origins: x\nf:5: view \"shop\": max rows: 7"},
		{"view \"blog\": x\nview \"shop\": y", "f:8: view \"blog\": x\nf:4: view \"shop\": y"},
		{`dashboard "o": line 12: panel "1": x`, `f:12: dashboard "o": panel "1": x`},
		{"dashboard \"o\": panel \"pages\": x\npanel \"1\": y", "f:13: dashboard \"o\": panel \"pages\": x\nf:12: dashboard \"o\": panel \"1\": y"},
		{`dashboard "o": dashboard "o": views: x`, `f:10: dashboard "o": views: x`},
		{`dashboard "none": x`, `f:9: dashboard "none": x`},
		{"something else", "f: something else"},
	} {
		if got := s.place(errors.New(c.text)).Error(); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestOrdered(t *testing.T) {
	for text, want := range map[string]string{
		"views: {zoo: 1, art: 2}":                            "zoo art merged",
		"views:\n  art: 1\n  zoo: 2\n":                       "art zoo merged",
		"x: &x {zoo: 1, art: 2}\nviews: *x":                  "zoo art merged",
		"x: &x {merged: 1}\nviews: {<<: *x, zoo: 1, art: 2}": "zoo art merged",
		"views: x": "art merged zoo",
		"[a]":      "art merged zoo",
	} {
		got := strings.Join(sourceOf(t, text).ordered("views", slices.Values([]string{"merged", "art", "zoo"})), " ")
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
