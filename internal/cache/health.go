package cache

import (
	"sync"
	"time"
)

// A health follows whether something works, so that its changes are told once.
type health struct {
	mu     sync.Mutex
	failed int   // in a row
	err    error // the first of the row, once it was long enough
	until  time.Time
}

// note counts an outcome, and tells when a row of failures becomes long enough,
// and when it ends. It returns the fault that lasts, nil when there is none.
func (h *health) note(err error, enough int, tell func(failing bool)) error {
	h.mu.Lock()
	was := h.err
	if err == nil {
		h.failed, h.err, h.until = 0, nil, time.Time{}
	} else if h.failed++; h.err == nil && h.failed >= enough {
		h.err = err
	}
	is := h.err
	h.mu.Unlock()
	if (was == nil) != (is == nil) {
		tell(is != nil)
	}
	return is
}

// fault returns the error of a row that was long enough; nil when all is well.
func (h *health) fault() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// rest begins a rest; false when there is one.
func (h *health) rest(now time.Time, d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Before(h.until) {
		return false
	}
	h.until = now.Add(d)
	return true
}

func (h *health) resting(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.until)
}
