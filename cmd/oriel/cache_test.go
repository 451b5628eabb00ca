package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestPurge: the answers of one view, and all.
func TestPurge(t *testing.T) {
	r := newRevocable(t)
	purge := func(want string, args ...string) {
		t.Helper()
		status, stdout, stderr := oriel(t, append([]string{"cache", "purge", "-config", r.config}, args...)...)
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%q: status %d\n%s%s\nlacks %s", args, status, stdout, stderr, want)
		}
	}
	look := func(view string) {
		t.Helper()
		token, _ := r.mint(view, "ann")
		r.want(token, view, http.StatusOK)
	}
	look("museum")
	look("shop")
	server := ", at http://" + r.operator + ": "
	purge("Purged of view museum"+server+"1 answers in memory, 1 on disk.", "-view", "museum")
	purge("Purged of view museum"+server+"0 answers in memory, 0 on disk.", "-view", "museum")
	look("museum")
	purge("Purged of all views"+server+"2 answers in memory, 2 on disk.", "-all")
	look("museum")
	look("shop")
	if status, _, stderr := oriel(t, "cache", "purge", "-config", r.config, "-view", "none"); status != 1 || !strings.Contains(stderr, `no view "none"`) {
		t.Errorf("a view that is none: %d %s", status, stderr)
	}
	for _, args := range [][]string{{}, {"purge"}, {"purge", "-all", "-view", "x"}, {"drop", "-all"}} {
		if status, _, stderr := oriel(t, append([]string{"cache"}, args...)...); status != 2 || stderr == "" {
			t.Errorf("%q: status %d, %s", args, status, stderr)
		}
	}
}
