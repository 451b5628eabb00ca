package cache

import (
	"sync"
	"time"
)

// health records whether something works, so that only changes are logged.
type health struct {
	mu       sync.Mutex
	failures int       // in a row
	err      error     // the first error of a row that reached the threshold
	retryAt  time.Time // the end of the back-off
}

// observe records an outcome. It calls changed when the number of failures in a row reaches the threshold, and
// when the row ends. It returns the error of the row, or nil.
func (h *health) observe(err error, threshold int, changed func(failing bool)) error {
	h.mu.Lock()
	was := h.err
	if err == nil {
		h.failures, h.err, h.retryAt = 0, nil, time.Time{}
	} else if h.failures++; h.err == nil && h.failures >= threshold {
		h.err = err
	}
	is := h.err
	h.mu.Unlock()
	if (was == nil) != (is == nil) {
		changed(is != nil)
	}
	return is
}

// fault returns the error of a row of failures that reached the threshold, or nil.
func (h *health) fault() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// backOff begins a back-off; false during one.
func (h *health) backOff(now time.Time, d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Before(h.retryAt) {
		return false
	}
	h.retryAt = now.Add(d)
	return true
}

func (h *health) backingOff(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.retryAt)
}
