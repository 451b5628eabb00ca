package emulator

import (
	"math"
	"strconv"
)

// formatMetric writes a metric value as Google does: integers without a point,
// everything else like protobuf's SimpleDtoa: 15 significant digits, and 17
// when 15 do not read back as the same number.
func formatMetric(v float64, kind string) string {
	if kind == "TYPE_INTEGER" && math.Abs(v) < 1<<63 {
		return strconv.FormatInt(int64(math.Round(v)), 10)
	}
	return simpleDtoa(v)
}

func simpleDtoa(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case math.IsNaN(v):
		return "NaN"
	}
	s := strconv.FormatFloat(v, 'g', 15, 64)
	if back, err := strconv.ParseFloat(s, 64); err != nil || back != v {
		s = strconv.FormatFloat(v, 'g', 17, 64)
	}
	return s
}
