package ua

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Buckets are the boundaries of a histogram, ascending. A bucket holds what is at
// least its boundary and less than the next.
type buckets []int64

// parseBuckets reads the boundaries that a v4 dimension has.
func parseBuckets(dimension string, written []string) (buckets, error) {
	var b buckets
	for _, s := range written {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil {
			return nil, badName("The histogramBuckets of %s must be whole numbers; %q is none.", dimension, report.Brief(s))
		}
		if len(b) > 0 && n <= b[len(b)-1] {
			return nil, badName("The histogramBuckets of %s must be in increasing order; %d follows %d.", dimension, n, b[len(b)-1])
		}
		b = append(b, n)
	}
	return b, nil
}

// index returns which bucket holds a value, 0 for what is less than the first
// boundary. What is no number counts as 0.
func (b buckets) index(value string) int {
	n, _ := strconv.ParseInt(value, 10, 64)
	i, found := slices.BinarySearch(b, n)
	if found {
		i++
	}
	return i
}

// label names a bucket as v4 did: <1, 1, 2-4, 5+.
func (b buckets) label(i int) string {
	switch {
	case i == 0:
		return fmt.Sprintf("<%d", b[0])
	case i == len(b):
		return fmt.Sprintf("%d+", b[i-1])
	case b[i]-1 == b[i-1]:
		return strconv.FormatInt(b[i-1], 10)
	}
	return fmt.Sprintf("%d-%d", b[i-1], b[i]-1)
}

// rank returns the place of a label among the buckets.
func (b buckets) rank(label string) int {
	for i := range len(b) + 1 {
		if b.label(i) == label {
			return i
		}
	}
	return -1
}

// bucket puts the values of a row into buckets where a dimension has them.
func (g *grid) bucket(names []string) {
	for i, d := range g.dimensions {
		if d.buckets != nil {
			names[i] = d.buckets.label(d.buckets.index(names[i]))
		}
	}
}
