package credential

import "time"

const (
	// attempts is how often one fetch asks before it fails.
	attempts = 3
	// attemptTime limits one request, fetchTime a fetch with all its attempts.
	attemptTime = 10 * time.Second
	fetchTime   = 25 * time.Second
)

// A span is a range of pauses: the n-th is random between least and most, or
// between least and first·2ⁿ where that is less (back-off with full jitter, over
// a floor).
type span struct{ least, first, most time.Duration }

// pauseBetweenAttempts is short, for callers are waiting.
func pauseBetweenAttempts() span {
	return span{least: 50 * time.Millisecond, first: 200 * time.Millisecond, most: 2 * time.Second}
}

// restAfter returns the pauses between fetches, in which callers are told the
// failure without asking Google again.
func restAfter(failure *Error) span {
	if failure.permanent {
		return span{least: 15 * time.Second, first: 30 * time.Second, most: 10 * time.Minute}
	}
	return span{least: time.Second, first: 2 * time.Second, most: time.Minute}
}

// pause returns the n-th pause, counted from 0.
func (s span) pause(n int, random func() float64) time.Duration {
	top := s.most
	if n < 20 && s.first<<n < s.most {
		top = s.first << n
	}
	return s.least + time.Duration(random()*float64(top-s.least))
}

// maxRetryAfter is the longest rest that Google's Retry-After can demand.
const maxRetryAfter = 10 * time.Minute

// restFor returns how long to rest after the n-th failure in a row, counted from 1: at
// least as long as Google asked for.
func restFor(n int, failure *Error, random func() float64) time.Duration {
	d := restAfter(failure).pause(n-1, random)
	return max(d, min(failure.RetryAfter, maxRetryAfter))
}
