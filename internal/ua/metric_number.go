package ua

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// A number is a value of a metric.
type number struct {
	value float64
	// text is the number as GA4 wrote it; empty if computed here.
	text string
}

// readNumber reads a number of GA4. Other texts count as zero.
func readNumber(text string) number {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(v, 0) { // beyond float64, but a number
		return number{}
	}
	return number{v, text}
}

// lesser and greater return one of two numbers; NaN is less than all others.
func lesser(a, b number) number {
	if cmp.Compare(b.value, a.value) < 0 {
		return b
	}
	return a
}

func greater(a, b number) number {
	if cmp.Compare(b.value, a.value) > 0 {
		return b
	}
	return a
}

// String writes the number in digits.
func (n number) String() string {
	switch {
	case n.text != "":
		return n.text
	case math.IsInf(n.value, 1):
		return "Infinity"
	case math.IsInf(n.value, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(n.value+0, 'f', -1, 64) // + 0 removes the sign of zero
}

// isPlain reports whether a number is written in digits alone, as all of v3's were:
// 12, -3.5. NaN, Infinity, 1.5e+21 and -0 are not.
func isPlain(text string) bool {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return text != "-0" && isDigits(whole) && (!point || isDigits(decimals))
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
