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
	// gather is how long changes wait for company before they are written: with
	// the time that writing takes, what a sudden end loses.
	gather = 250 * time.Millisecond
	// writeTime bounds one batch.
	writeTime = 20 * time.Second
	// closeTime bounds the last batch, with whatever is being written.
	closeTime = 5 * time.Second
	// maxPending bounds the bytes of records that wait, maxChanges the changes;
	// above either they are dropped.
	maxPending = 32 << 20
	maxChanges = 50_000
	// maxReads bounds the reads that run, for those that a broken disk holds up
	// never end.
	maxReads = 32
	// readTime bounds one read, whoever waits for it for how long.
	readTime = 5 * time.Second
	// touchAfter is how much later a last use must be to be told to the store.
	touchAfter = time.Hour
	// slowReads in a row are enough for reads to rest.
	slowReads = 3
)

// A backing is the cache's side of its store. It never makes a caller wait for a
// write, nor longer than Config.StoreTimeout for a read.
type backing struct {
	store    Store
	clock    func() time.Time
	log      *slog.Logger
	realm    report.Key    // what is added to a key to make it the store's
	patience time.Duration // with a read
	rest     time.Duration // of a store that fails

	writing sync.Mutex // one batch or purge at a time; before mu

	mu      sync.Mutex
	pending map[report.Key]change
	applied map[report.Key]change // what is being written
	bytes   int64                 // of the records in pending

	reads singleflight.Group
	slots chan struct{} // one for each read that runs

	wake    chan struct{} // holds one when there is something to write
	stop    chan struct{}
	ended   chan struct{}
	hits    atomic.Int64
	dropped atomic.Int64
	writes  health
	reading health
}

// A change is what is to be done about one key. A record is put, or forgotten, or
// its last use is told.
type change struct {
	put    *Record
	forget bool
	used   time.Time
}

func newBacking(c *AnswersConfig) *backing {
	b := &backing{
		store: c.Store, clock: c.Clock, log: c.Logger, realm: realmOf(c.Realm), patience: c.StoreTimeout, rest: c.StoreBackoff,
		pending: map[report.Key]change{}, slots: make(chan struct{}, maxReads),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go b.run()
	return b
}

// realmOf returns a number for a realm, which is 0 for none.
func realmOf(name string) (k report.Key) {
	if name != "" {
		k = sha256.Sum256([]byte(name))
	}
	return k
}

// inRealm returns the store's key for a key. Keys of different realms differ.
func (b *backing) inRealm(k report.Key) report.Key { return xor(k, b.realm) }

func xor(k, realm report.Key) report.Key {
	subtle.XORBytes(k[:], k[:], realm[:])
	return k
}

// run writes until close. It begins with an empty batch, by which a store that
// could not be opened shows.
func (b *backing) run() {
	defer close(b.ended)
	for b.write(); b.next(); {
		b.write()
	}
	b.write()
}

// next waits until it is time for a batch; false when it is the last.
func (b *backing) next() bool {
	pause := b.rest
	if b.writes.fault() == nil {
		pause = gather
		select {
		case <-b.wake:
		case <-b.stop:
			return false
		}
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.stop:
		return false
	}
}

// write applies what is pending. What fails goes back, unless something newer
// has come for its key.
func (b *backing) write() {
	b.writing.Lock()
	defer b.writing.Unlock()
	_ = b.flush() // it has noted the error
}

// flush is write; b.writing is held.
func (b *backing) flush() error {
	select {
	case <-b.wake: // for what is taken now
	default:
	}
	b.mu.Lock()
	batch := b.pending
	b.pending, b.applied, b.bytes = map[report.Key]change{}, batch, 0
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	err := b.store.Apply(ctx, batchOf(batch))
	b.writes.note(err, 1, func(failing bool) {
		if failing {
			b.log.Warn("answers cannot be kept on disk; they are kept in memory", "error", err, "again_in", b.rest)
		} else {
			b.log.Info("answers are kept on disk again")
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.applied = nil
	if err == nil {
		return nil
	}
	for k, c := range batch {
		if _, newer := b.pending[k]; !newer {
			b.add(k, c)
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

// put keeps a record, soon, which is the store's from now on.
func (b *backing) put(r *Record) {
	r.Key = b.inRealm(r.Key)
	if r.Owner != (report.Key{}) {
		r.Owner = b.inRealm(r.Owner)
	}
	b.enqueue(r.Key, change{put: r})
}

// forget takes a record out of the store, soon, and out of sight at once.
func (b *backing) forget(k report.Key) { b.enqueue(b.inRealm(k), change{forget: true}) }

// purge takes the records about a slot out of the store, and returns how many
// there were.
func (b *backing) purge(ctx context.Context, at slot, final bool) (int, error) {
	p := Purge{Owner: ownerOf(at), Final: final}
	if p.Owner != (report.Key{}) {
		p.Owner = b.inRealm(p.Owner)
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	unwritten := b.flush() // so that what is on its way goes too
	n, err := b.store.Purge(ctx, p)
	if unwritten == nil && err == nil {
		return n, nil // what is pending came meanwhile
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, c := range b.pending {
		if c.put != nil && p.covers(c.put) {
			b.add(k, change{forget: true}) // an older one may be there
		}
	}
	return n, err
}

// use tells the store of a last use, unless more than that is to be told.
func (b *backing) use(k report.Key, at time.Time) {
	k = b.inRealm(k)
	b.mu.Lock()
	c := b.pending[k]
	b.mu.Unlock()
	if c.put == nil && !c.forget {
		b.enqueue(k, change{used: at})
	}
}

func (b *backing) enqueue(k report.Key, c change) {
	b.mu.Lock()
	b.add(k, c)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake
	}
}

// add replaces what is pending for a key. A record for which there is no room is
// dropped, and a last use too; what is to be forgotten never is. b.mu is held.
func (b *backing) add(k report.Key, c change) {
	before := b.pending[k]
	bytes := b.bytes + c.size() - before.size()
	crowded := len(b.pending) >= maxChanges && before == change{}
	if !c.forget && (bytes > maxPending || crowded) {
		b.dropped.Add(1)
		return
	}
	b.pending[k], b.bytes = c, bytes
}

func (c change) size() int64 {
	if c.put == nil {
		return 0
	}
	return c.put.Size()
}

// A patience is how a caller waits for the store.
type patience struct {
	time   time.Duration
	insist bool // although the store is being left alone: nobody else can answer
}

// brief is the patience of a visitor whom somebody else can answer, long that of one
// whom the store alone can.
func (b *backing) brief() patience { return patience{b.patience, false} }
func (b *backing) long() patience  { return patience{muchPatience * b.patience, true} }

// muchPatience is how many times longer the store is waited for when it alone can
// answer.
const muchPatience = 8

// get returns the record of a key, or nil when there is none. Without told it is not
// known whether there is: the store fails, or does not say in time.
func (b *backing) get(ctx context.Context, k report.Key, p patience) (r *Record, told bool) {
	k = b.inRealm(k)
	b.mu.Lock()
	c := b.pending[k]
	if c.put == nil && !c.forget {
		c = b.applied[k]
	}
	b.mu.Unlock()
	if c.put != nil || c.forget {
		return c.put, true
	}
	if !p.insist && b.reading.resting(b.clock()) {
		return nil, false
	}
	answer := b.reads.DoChan(string(k[:]), func() (any, error) { return b.read(k) })
	enough := time.NewTimer(p.time)
	defer enough.Stop()
	select {
	case r := <-answer:
		return r.Val.(*Record), r.Err == nil
	case <-enough.C:
	case <-ctx.Done():
	}
	return nil, false
}

func (b *backing) read(k report.Key) (*Record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// A disk that hangs does not heed ctx; this read is a slow one all the same.
	slow := time.AfterFunc(b.patience, func() { b.noteRead(context.DeadlineExceeded) })
	r, err := b.store.Get(ctx, k)
	if slow.Stop() {
		b.noteRead(err)
	}
	return r, err
}

// noteRead lets reads rest when too many in a row failed or were slow: viewers
// would wait for nothing. One that nobody waits for tries again.
func (b *backing) noteRead(err error) {
	fault := b.reading.note(err, slowReads, func(failing bool) {
		switch {
		case b.writes.fault() != nil: // the operator knows
		case failing:
			b.log.Warn("answers on disk cannot be read, or not in time; Google is asked instead", "error", err, "again_in", b.rest)
		default:
			b.log.Info("answers on disk can be read again")
		}
	})
	if fault != nil && b.reading.rest(b.clock(), b.rest) {
		time.AfterFunc(b.rest, b.probe)
	}
}

func (b *backing) probe() {
	select {
	case <-b.stop:
	default:
		_, _ = b.read(report.Key{}) // noteRead learns how it went
	}
}

// fault returns why the store is out of order; nil when it is not.
func (b *backing) fault() error {
	if err := b.writes.fault(); err != nil {
		return err
	}
	return b.reading.fault()
}

// close writes what is pending, and closes the store. Once is enough.
func (b *backing) close() error {
	select {
	case <-b.stop:
		return nil
	default:
		close(b.stop)
	}
	closed := make(chan error, 1)
	go func() {
		<-b.ended
		closed <- b.store.Close()
	}()
	t := time.NewTimer(closeTime)
	defer t.Stop()
	select {
	case err := <-closed:
		return err
	case <-t.C:
		b.log.Warn("the disk hangs; the last answers are not kept")
		return nil // whoever waits for it hangs too
	}
}
