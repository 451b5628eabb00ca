package cache

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// batchDelay is how long changes are collected before they are written: with the time of a write, what a
	// crash loses.
	batchDelay = 250 * time.Millisecond
	// writeTimeout bounds one batch.
	writeTimeout = 20 * time.Second
	// closeTimeout bounds the last batch, with one that is being written.
	closeTimeout = 5 * time.Second
	// maxChanges bounds the pending changes, as MaxPendingBytes the bytes of pending records; what exceeds
	// either is dropped.
	maxChanges = 50_000
	// storeTouchInterval is the precision of the last accesses in the store, which evicts by them.
	storeTouchInterval = time.Hour
)

// A storeWriter writes to a store in the background and reads from it, what is pending included. It never makes
// a caller wait for a write, nor long for a read. A nil one is a store that keeps nothing.
type storeWriter struct {
	store   Store
	clock   func() time.Time
	log     *slog.Logger
	realm   report.Key    // distinguishes the store's keys from those of other realms
	timeout time.Duration // of a caller that waits for a read
	backoff time.Duration // of a store that fails

	writing sync.Mutex // one batch or purge at a time; locked before mu

	most    int64 // bytes of pending records
	mu      sync.Mutex
	pending map[report.Key]change
	applied map[report.Key]change // what is being written
	bytes   int64                 // of the records in pending

	reads     singleflight.Group
	readSlots chan struct{} // holds one for each read in progress

	wake        chan struct{} // holds one when there is something to write
	stop        chan struct{}
	ended       chan struct{}
	hits        atomic.Int64
	dropped     atomic.Int64
	writeHealth health
	readHealth  health
}

// A change puts or forgets the record of one key, or updates its last access.
type change struct {
	put    *Record
	forget bool
	used   time.Time
}

func newStoreWriter(c *AnswersConfig) *storeWriter {
	w := &storeWriter{
		store: c.Store, clock: c.Clock, log: c.Logger, realm: realmKey(c.Realm), timeout: c.StoreTimeout, backoff: c.StoreBackoff, most: c.MaxPendingBytes,
		pending: map[report.Key]change{}, readSlots: make(chan struct{}, maxReads),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.run()
	return w
}

// realmKey returns the hash of a realm's name; zero for none.
func realmKey(name string) (k report.Key) {
	if name != "" {
		k = sha256.Sum256([]byte(name))
	}
	return k
}

// inRealm returns the store's key for a key, zero for zero. Others differ between realms.
func (w *storeWriter) inRealm(k report.Key) report.Key {
	if k == (report.Key{}) {
		return k
	}
	return xor(k, w.realm)
}

func xor(k, realm report.Key) report.Key {
	subtle.XORBytes(k[:], k[:], realm[:])
	return k
}

// run writes until close. It begins with an empty batch, which shows a store that could not be opened.
func (w *storeWriter) run() {
	defer close(w.ended)
	for w.write(); w.next(); {
		w.write()
	}
	w.write()
}

// next waits until it is time for a batch; false before the last.
func (w *storeWriter) next() bool {
	delay := w.backoff
	if w.writeHealth.fault() == nil {
		delay = batchDelay
		select {
		case <-w.wake:
		case <-w.stop:
			return false
		}
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.stop:
		return false
	}
}

func (w *storeWriter) write() {
	w.writing.Lock()
	defer w.writing.Unlock()
	_ = w.flush() // which has logged the error
}

// flush writes what is pending. What fails is pending again, unless there is a newer change of its key.
// w.writing is held.
func (w *storeWriter) flush() error {
	select {
	case <-w.wake: // for what is taken now
	default:
	}
	w.mu.Lock()
	batch := w.pending
	w.pending, w.applied, w.bytes = map[report.Key]change{}, batch, 0
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	err := w.store.Apply(ctx, batchOf(batch))
	w.writeHealth.observe(err, 1, func(failing bool) {
		if failing {
			w.log.Warn("answers cannot be kept on disk; they are kept in memory", "error", err, "again_in", w.backoff)
		} else {
			w.log.Info("answers are kept on disk again")
		}
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied = nil
	if err == nil {
		return nil
	}
	for k, c := range batch {
		if _, newer := w.pending[k]; !newer {
			w.add(k, c)
		}
	}
	return err
}

func batchOf(changes map[report.Key]change) *Batch {
	b := &Batch{Used: map[report.Key]time.Time{}}
	for k, c := range changes {
		switch {
		case c.put != nil:
			b.Put = append(b.Put, c.put)
		case c.forget:
			b.Forget = append(b.Forget, k)
		default:
			b.Used[k] = c.used
		}
	}
	return b
}

// put writes a record, soon. The writer owns it from now on.
func (w *storeWriter) put(r *Record) {
	if w != nil {
		r.Key, r.Owner = w.inRealm(r.Key), w.inRealm(r.Owner)
		w.enqueue(r.Key, change{put: r})
	}
}

// forget deletes a record from the store, soon, and hides it at once.
func (w *storeWriter) forget(k report.Key) {
	if w != nil {
		w.enqueue(w.inRealm(k), change{forget: true})
	}
}

// touch updates the last access of a record, unless another change of it is pending.
func (w *storeWriter) touch(k report.Key, at time.Time) {
	k = w.inRealm(k)
	w.mu.Lock()
	c := w.pending[k]
	w.mu.Unlock()
	if c.put == nil && !c.forget {
		w.enqueue(k, change{used: at})
	}
}

// purge deletes the records about a property from the store, and returns how many there were.
func (w *storeWriter) purge(ctx context.Context, property propertyKey, final bool) (int, error) {
	if w == nil {
		return 0, nil
	}
	p := Purge{Owner: w.inRealm(ownerOf(property)), Final: final}
	w.writing.Lock()
	defer w.writing.Unlock()
	unwritten := w.flush() // so that pending records are deleted too
	n, err := w.store.Purge(ctx, p)
	if unwritten == nil && err == nil {
		return n, nil // what is pending is newer
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, c := range w.pending {
		if c.put != nil && p.covers(c.put) {
			w.add(k, change{forget: true}) // the store may have an older one
		}
	}
	return n, err
}

func (w *storeWriter) enqueue(k report.Key, c change) {
	w.mu.Lock()
	w.add(k, c)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it is awake
	}
}

// add replaces the pending change of a key. A record or a last access that exceeds the bounds is dropped; a
// deletion never is. w.mu is held.
func (w *storeWriter) add(k report.Key, c change) {
	before := w.pending[k]
	bytes := w.bytes + c.size() - before.size()
	crowded := len(w.pending) >= maxChanges && before == change{}
	if !c.forget && (bytes > w.most || crowded) {
		w.dropped.Add(1)
		return
	}
	w.pending[k], w.bytes = c, bytes
}

func (c change) size() int64 {
	if c.put == nil {
		return 0
	}
	return c.put.Size()
}

// fault returns why the store does not work; nil if it does.
func (w *storeWriter) fault() error {
	if err := w.writeHealth.fault(); err != nil {
		return err
	}
	return w.readHealth.fault()
}

// close writes what is pending, and closes the store. It may be called again.
func (w *storeWriter) close() error {
	select {
	case <-w.stop:
		return nil
	default:
		close(w.stop)
	}
	closed := make(chan error, 1)
	go func() {
		<-w.ended
		closed <- w.store.Close()
	}()
	t := time.NewTimer(closeTimeout)
	defer t.Stop()
	select {
	case err := <-closed:
		return err
	case <-t.C:
		w.log.Warn("the disk hangs; the last answers are not kept")
		return nil // waiting longer would hang the server
	}
}
