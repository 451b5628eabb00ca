package ua

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestNumbers holds the regular expressions of numbers to comparing the numbers.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []int64
	for i := range int64(130) {
		all = append(all, i)
	}
	for range 60 {
		all = append(all, r.Int64N(1_000_000_000_000))
	}
	all = append(all, 99, 100, 999, 1000, 1001, 9999, 1<<63-1)
	for _, n := range all {
		tests := map[string]func(string) bool{}
		for _, match := range []string{numericEqual, numericGreater, numericLess} {
			test, err := comparison{match: match, values: []string{strconv.FormatInt(n, 10)}}.matcher()
			if err != nil {
				t.Fatal(err)
			}
			tests[match] = test
		}
		for _, v := range append(all, -1, -n, n+1, n-1, 10*n) {
			for _, text := range []string{strconv.FormatInt(v, 10), fmt.Sprintf("%03d", v)} {
				if got := [3]bool{tests[numericEqual](text), tests[numericGreater](text), tests[numericLess](text)}; got != [3]bool{v == n, v > n, v < n} {
					t.Fatalf("%q and %d: equal, greater, less are %v", text, n, got)
				}
			}
		}
		for _, text := range []string{"", "(not set)", "1.5", "0-5", "-", "x1"} {
			if tests[numericEqual](text) || tests[numericGreater](text) || tests[numericLess](text) {
				t.Fatalf("%q is taken for a number", text)
			}
		}
	}
	for _, n := range []string{"", "x", "1.5", "-3", "9223372036854775808"} {
		if _, err := (comparison{match: numericEqual, values: []string{n}}).matcher(); err == nil {
			t.Errorf("%q is a number", n)
		}
	}
}
