package cache

import (
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// maxReads bounds the concurrent reads: those that a broken disk holds up never end.
	maxReads = 32
	// readTimeout bounds one read, however long anybody waits for it.
	readTimeout = 5 * time.Second
	// insistFactor is how many times StoreTimeout a caller waits who insists.
	insistFactor = 8
	// maxSlowReads in a row begin a back-off.
	maxSlowReads = 3
)

// get returns the record of a key, or nil. known is false if the store failed or did not answer in time, so
// that it may have one. Callers insist if only the store can answer: they wait longer, and during a back-off
// too.
func (w *storeWriter) get(ctx context.Context, k report.Key, insist bool) (r *Record, known bool) {
	if w == nil {
		return nil, true
	}
	k = w.inRealm(k)
	w.mu.Lock()
	c := w.pending[k]
	if c.put == nil && !c.forget {
		c = w.applied[k]
	}
	w.mu.Unlock()
	if c.put != nil || c.forget {
		return c.put, true
	}
	timeout := w.timeout
	if insist {
		timeout *= insistFactor
	} else if w.readHealth.backingOff(w.clock()) {
		return nil, false
	}
	landed, err := await(ctx, w.reads.DoChan(string(k[:]), func() (any, error) { return w.read(k) }), timeout)
	if err != nil {
		return nil, false
	}
	return landed.Val.(*Record), landed.Err == nil
}

func (w *storeWriter) read(k report.Key) (*Record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	select {
	case w.readSlots <- struct{}{}:
		defer func() { <-w.readSlots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// A disk that hangs does not heed ctx; the read counts as slow all the same.
	slow := time.AfterFunc(w.timeout, func() { w.observeRead(context.DeadlineExceeded) })
	r, err := w.store.Get(ctx, k)
	if slow.Stop() {
		w.observeRead(err)
	}
	return r, err
}

// observeRead begins a back-off when too many reads in a row failed or were slow: visitors would wait for
// nothing. A probe ends it.
func (w *storeWriter) observeRead(err error) {
	fault := w.readHealth.observe(err, maxSlowReads, func(failing bool) {
		switch {
		case w.writeHealth.fault() != nil: // which is logged already
		case failing:
			w.log.Warn("answers on disk cannot be read, or not in time; Google is asked instead", "error", err, "again_in", w.backoff)
		default:
			w.log.Info("answers on disk can be read again")
		}
	})
	if fault != nil && w.readHealth.backOff(w.clock(), w.backoff) {
		time.AfterFunc(w.backoff, w.probe)
	}
}

func (w *storeWriter) probe() {
	select {
	case <-w.stop:
	default:
		_, _ = w.read(report.Key{}) // observeRead gets the outcome
	}
}
