//go:build !unix

package app

import "math"

// fileLimit returns how many files the process may have open: without a limit.
func fileLimit() uint64 { return math.MaxUint64 }
