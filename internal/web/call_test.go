package web

import (
	"strings"
	"testing"
)

func TestSplitCall(t *testing.T) {
	for _, tt := range []struct {
		segment, name, verb string
		ok                  bool
	}{
		{"shop:runReport", "shop", "runReport", true},
		{"ga:123:runReport", "ga:123", "runReport", true},
		{"424242:batchRunReports", "424242", "batchRunReports", true},
		{"a/b:runReport", "a/b", "runReport", true},
		{"shop", "", "", false},
		{":runReport", "", "", false},
		{"shop:", "", "", false},
		{":", "", "", false},
		{"", "", "", false},
	} {
		name, verb, ok := splitCall(tt.segment)
		if name != tt.name || verb != tt.verb || ok != tt.ok {
			t.Errorf("splitCall(%q) = %q, %q, %v", tt.segment, name, verb, ok)
		}
	}
}

func FuzzSplitCall(f *testing.F) {
	for _, seed := range []string{"shop:runReport", "ga:123:runReport", ":", "", "a:", "é:ü"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, segment string) {
		name, verb, ok := splitCall(segment)
		switch {
		case !ok && name+verb != "":
			t.Errorf("refused, and yet %q, %q", name, verb)
		case !ok:
		case name == "" || verb == "" || strings.Contains(verb, ":"):
			t.Errorf("name %q, verb %q", name, verb)
		case name+":"+verb != segment:
			t.Errorf("%q became %q:%q", segment, name, verb)
		}
	})
}
