package audit

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Refusals of unauthenticated requests are free for the client, so their lines are
// limited: a rate per second, and a burst.
const (
	refusalRate  = 100
	refusalBurst = 1000
)

// A refusalLimiter limits the lines of refusals, and counts the suppressed ones.
type refusalLimiter struct {
	limiter    *rate.Limiter
	suppressed *atomic.Uint64 // not reported yet
	total      *atomic.Uint64 // since the start
}

func newRefusalLimiter() refusalLimiter {
	return refusalLimiter{rate.NewLimiter(refusalRate, refusalBurst), new(atomic.Uint64), new(atomic.Uint64)}
}

// allow reports whether a refusal gets a line.
func (f *refusalLimiter) allow(at time.Time) bool {
	if f.limiter.AllowN(at, 1) {
		return true
	}
	f.suppressed.Add(1)
	f.total.Add(1)
	return false
}
