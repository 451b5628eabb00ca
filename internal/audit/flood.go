package audit

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Refusals of those who showed nothing that is good cost them nothing, so they
// are bounded: so many lines a second, and so many at once.
const (
	floodRate  = 100
	floodBurst = 1000
)

// A flood counts the refusals beyond the bound.
type flood struct {
	bound      *rate.Limiter
	suppressed *atomic.Uint64 // not told yet
	total      *atomic.Uint64 // since the start
}

func newFlood() flood {
	return flood{rate.NewLimiter(floodRate, floodBurst), new(atomic.Uint64), new(atomic.Uint64)}
}

// admits reports whether a refusal may have a line of its own.
func (f *flood) admits(at time.Time) bool {
	if f.bound.AllowN(at, 1) {
		return true
	}
	f.suppressed.Add(1)
	f.total.Add(1)
	return false
}
