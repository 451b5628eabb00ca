package ua

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A histogram is the boundaries of buckets, ascending. A bucket holds the values from
// its boundary to below the next.
type histogram []int64

// parseHistogram reads the boundaries that a v4 dimension has.
func parseHistogram(dimension string, written []string) (histogram, error) {
	var h histogram
	for _, s := range written {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil {
			return nil, badName("The histogramBuckets of %s must be whole numbers; %q is none.", dimension, report.Truncate(s))
		}
		if len(h) > 0 && n <= h[len(h)-1] {
			return nil, badName("The histogramBuckets of %s must be in increasing order; %d follows %d.", dimension, n, h[len(h)-1])
		}
		h = append(h, n)
	}
	return h, nil
}

// index returns which bucket holds a value, 0 below the first boundary. Texts that are
// not numbers count as 0.
func (h histogram) index(value string) int {
	n, _ := strconv.ParseInt(value, 10, 64)
	i, found := slices.BinarySearch(h, n)
	if found {
		i++
	}
	return i
}

// label names a bucket as v4 did: <1, 1, 2-4, 5+.
func (h histogram) label(i int) string {
	switch {
	case i == 0:
		return fmt.Sprintf("<%d", h[0])
	case i == len(h):
		return fmt.Sprintf("%d+", h[i-1])
	case h[i]-1 == h[i-1]:
		return strconv.FormatInt(h[i-1], 10)
	}
	return fmt.Sprintf("%d-%d", h[i-1], h[i]-1)
}

// rank returns which bucket has a label.
func (h histogram) rank(label string) int {
	for i := range len(h) + 1 {
		if h.label(i) == label {
			return i
		}
	}
	return -1
}

// bucket replaces the values of dimensions with a histogram by labels of buckets.
func (tq *tableQuery) bucket(names []string) {
	for i, d := range tq.dimensions {
		if d.histogram != nil {
			names[i] = d.histogram.label(d.histogram.index(names[i]))
		}
	}
}
