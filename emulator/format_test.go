package emulator

import (
	"math"
	"testing"
)

func TestFormatMetric(t *testing.T) {
	for _, tt := range []struct {
		value float64
		kind  string
		want  string
	}{
		{0, "TYPE_INTEGER", "0"},
		{1234567890123, "TYPE_INTEGER", "1234567890123"},
		{2.9999999999, "TYPE_INTEGER", "3"},
		{0, "TYPE_FLOAT", "0"},
		{12, "TYPE_FLOAT", "12"},
		{100000, "TYPE_CURRENCY", "100000"},
		{0.5, "TYPE_FLOAT", "0.5"},
		{0.1, "TYPE_FLOAT", "0.1"},
		{0.30000000000000004, "TYPE_FLOAT", "0.30000000000000004"},
		// On record from real properties.
		{0.97348484848484851, "TYPE_FLOAT", "0.97348484848484851"},
		{0.67138989917441472, "TYPE_FLOAT", "0.67138989917441472"},
		{1.8370929550610511, "TYPE_FLOAT", "1.8370929550610511"},
		{1.2209302325581395, "TYPE_FLOAT", "1.2209302325581395"},
		{194.76313766428572, "TYPE_SECONDS", "194.76313766428572"},
		{0.00001, "TYPE_FLOAT", "1e-05"},
		{1e15, "TYPE_FLOAT", "1e+15"},
		{123456789012345678, "TYPE_FLOAT", "1.2345678901234568e+17"},
		{math.Inf(1), "TYPE_FLOAT", "Infinity"},
		{math.Inf(-1), "TYPE_FLOAT", "-Infinity"},
		{math.NaN(), "TYPE_FLOAT", "NaN"},
		{math.Inf(1), "TYPE_INTEGER", "Infinity"},
	} {
		if got := formatMetric(tt.value, tt.kind); got != tt.want {
			t.Errorf("%v %s: %q, want %q", tt.value, tt.kind, got, tt.want)
		}
	}
}
