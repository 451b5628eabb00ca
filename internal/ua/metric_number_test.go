package ua

import (
	"math"
	"testing"
)

// TestWhatGoogleWroteStays holds cells to the text of Google's number, wherever it
// is no number that v3 could have written, and to v3's form of all others.
func TestWhatGoogleWroteStays(t *testing.T) {
	for _, c := range []struct{ text, integer, other string }{
		{"12", "12", "12.0"},
		{"0", "0", "0.0"},
		{"-3", "-3", "-3.0"},
		{"12.5", "13", "12.5"},
		{"12.40", "12", "12.40"},
		{"-0", "-0", "-0"},
		{"-0.4", "0", "-0.4"},
		{"NaN", "NaN", "NaN"},
		{"Infinity", "Infinity", "Infinity"},
		{"-Infinity", "-Infinity", "-Infinity"},
		{"1.5e+21", "1.5e+21", "1.5e+21"},
		{"1e400", "1e400", "1e400"},
		{"12345678901234567890", "12345678901234567890", "12345678901234567890.0"},
		{"0.1234567890123456789", "0", "0.1234567890123456789"},
		{"", "0", "0.0"},
		{"(not set)", "0", "0.0"},
	} {
		n := readNumber(c.text)
		if got := (metric{name: Name{Type: "INTEGER"}}).format(n); got != c.integer {
			t.Errorf("%q is the integer %q instead of %q", c.text, got, c.integer)
		}
		if got := (metric{name: Name{Type: "TIME"}}).format(n); got != c.other {
			t.Errorf("%q is the time %q instead of %q", c.text, got, c.other)
		}
	}
}

func TestComputedNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", math.Copysign(0, -1): "0", 1.5e21: "1500000000000000000000", 0.1: "0.1",
	} {
		if got := (number{value: v}).String(); got != want {
			t.Errorf("%v is written %q instead of %q", v, got, want)
		}
	}
	if got := (number{value: math.NaN()}).String(); got != "NaN" {
		t.Errorf("NaN is written %q", got)
	}
}

func TestLesserAndGreater(t *testing.T) {
	two, three, none := readNumber("2"), readNumber("3"), readNumber("NaN")
	if lesser(two, three) != two || lesser(three, two) != two || greater(two, three) != three || greater(three, two) != three {
		t.Error("2 and 3 are out of order")
	}
	if lesser(two, none).text != "NaN" || greater(none, two) != two {
		t.Error("NaN is not the least")
	}
}
