// Package upstream holds what the clients of Google's APIs and of its token endpoints
// share: back-off, and how they describe what is no answer of Google's.
package upstream

import (
	"context"
	"math"
	"time"
)

// Backoff is exponential back-off with full jitter over a floor: the n-th pause is
// random between Min and First·2ⁿ, and at most Max.
type Backoff struct{ Min, First, Max time.Duration }

// Pause returns the n-th pause, counted from 0. Random returns a number in [0, 1).
func (b Backoff) Pause(n int, random func() float64) time.Duration {
	top := min(math.Ldexp(float64(b.First), n), float64(b.Max))
	return b.Min + time.Duration(random()*(top-float64(b.Min)))
}

// Sleep waits for d, and reports false when ctx ends first.
func Sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
