package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// doors knows which properties an account could not read when it asked last.
// Answers about them are not given, however fresh: who took the access away means
// that. They are asked about one question at a time, Config.Backoff apart, for
// Google counts errors; an answer opens the property again.
type doors struct {
	count atomic.Int32 // of those shut, so that hits need no lock
	mu    sync.Mutex
	shut  map[slot]*door
}

// A door is a property that is shut for an account.
type door struct {
	err   *report.Error
	again time.Time // when it may be asked about
}

// try says whether a property is shut. The error of one that is answers the
// question. When it is time to ask again, it is nil: for the one caller whose
// question tries the door.
func (d *doors) try(at slot, now time.Time, rest time.Duration) (err *report.Error, shut bool) {
	if d.count.Load() == 0 {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	it, shut := d.shut[at]
	if !shut {
		return nil, false
	}
	if now.Before(it.again) {
		return it.err, true
	}
	it.again = now.Add(rest)
	return nil, true
}

func (d *doors) isShut(at slot) bool {
	if d.count.Load() == 0 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut[at] != nil
}

func (d *doors) close(at slot, err *report.Error, again time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut == nil {
		d.shut = map[slot]*door{}
	}
	d.shut[at] = &door{err, again}
	d.count.Store(int32(len(d.shut)))
}

func (d *doors) open(at slot) {
	if d.count.Load() == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.shut, at)
	d.count.Store(int32(len(d.shut)))
}
