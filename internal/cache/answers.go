package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// AnswersConfig configures Answers. Durations that are 0 have the default named.
type AnswersConfig struct {
	// Clock tells the time. Required.
	Clock func() time.Time
	// MaxBytes bounds the memory of the answers. The default is 256 MiB.
	MaxBytes int64
	// Realtime, Intraday, Settling and Final are how long an answer of that freshness is served without asking
	// again. Defaults: 30 s, 15 min, 4 h and 30 days.
	Realtime, Intraday, Settling, Final time.Duration
	// Stale is how long after that an answer is kept, to be served, labelled, if no newer one is available. The
	// default is 48 h; negative keeps none.
	Stale time.Duration
	// Invalid is how long the error of an invalid query, or of one whose answer is too large, is cached: Google
	// counts such errors. The default is 5 min, for somebody may register the definition that was missing.
	Invalid time.Duration
	// Backoff is how long a question is not asked again after the source failed on it and there is a stale
	// answer, or denied access. The default is 10 s.
	Backoff time.Duration
	// Jitter maps FetchedAt to [0, 1): it spreads expiry by ±10 %, deterministically, so that reports made of
	// one response expire together and are asked for as one question again. The default is a hash.
	Jitter func(fetchedAt time.Time) float64
	// Store keeps answers beyond the process. Answers close it. Optional.
	Store Store
	// Realm names where the source has its answers from. A store keeps realms apart: what an emulator made up
	// must not be taken for Google's answer. Optional.
	Realm string
	// MaxPendingBytes bounds the answers that are not yet in the store; more are not stored. The default is 32 MiB.
	MaxPendingBytes int64
	// StoreTimeout is how long a caller waits for the store. The default is 250 ms.
	StoreTimeout time.Duration
	// StoreBackoff is how long a store that fails is not used. The default is 30 s.
	StoreBackoff time.Duration
	// Logger logs when the store fails, and when it works again. Optional.
	Logger *slog.Logger
}

// Answers are the cached answers, in memory and, with a store, beyond the process; the errors of queries that
// failed; and the properties that an account cannot read.
type Answers struct {
	config    AnswersConfig
	memory    *shares
	failures  failures
	denied    deniedProperties
	forgotten forgotten
	catalog   *Catalog     // which learns from each answer; may be nil
	writer    *storeWriter // nil without a store

	ctx     context.Context // of background work, until Close
	stop    context.CancelFunc
	closing sync.Mutex // orders the end of ctx and the start of background work
	running sync.WaitGroup
}

// NewAnswers returns answers: none yet, but for those in the store. Close them.
func NewAnswers(c AnswersConfig) (*Answers, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	memory, err := newShares(c.MaxBytes, c.Clock)
	if err != nil {
		return nil, err
	}
	failures, err := newFailures(c.Clock)
	if err != nil {
		return nil, err
	}
	a := &Answers{config: c, memory: memory, failures: failures}
	a.ctx, a.stop = context.WithCancel(context.Background())
	if c.Store != nil {
		a.writer = newStoreWriter(&a.config)
	}
	return a, nil
}

func (c *AnswersConfig) complete() error {
	if c.Clock == nil {
		return errors.New("cache: AnswersConfig.Clock is required")
	}
	if c.MaxBytes < 0 {
		return errors.New("cache: AnswersConfig.MaxBytes is negative")
	}
	c.MaxBytes = cmp.Or(c.MaxBytes, 256<<20)
	c.MaxPendingBytes = cmp.Or(c.MaxPendingBytes, 32<<20)
	c.Realtime = cmp.Or(c.Realtime, 30*time.Second)
	c.Intraday = cmp.Or(c.Intraday, 15*time.Minute)
	c.Settling = cmp.Or(c.Settling, 4*time.Hour)
	c.Final = cmp.Or(c.Final, 30*24*time.Hour)
	c.Stale = max(cmp.Or(c.Stale, 48*time.Hour), 0)
	c.Invalid = cmp.Or(c.Invalid, 5*time.Minute)
	c.Backoff = cmp.Or(c.Backoff, 10*time.Second)
	c.StoreTimeout = cmp.Or(c.StoreTimeout, 250*time.Millisecond)
	c.StoreBackoff = cmp.Or(c.StoreBackoff, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Jitter == nil {
		c.Jitter = scatter
	}
	return nil
}

// begin counts a piece of background work; false when the answers are closed.
func (a *Answers) begin() bool {
	a.closing.Lock()
	defer a.closing.Unlock()
	if a.ctx.Err() != nil {
		return false
	}
	a.running.Add(1)
	return true
}

// Close cancels the questions in flight, waits for them, writes what the store lacks, and closes it. Closed
// answers must not be used.
func (a *Answers) Close() error {
	a.closing.Lock()
	a.stop()
	a.closing.Unlock()
	a.running.Wait()
	a.memory.stop()
	a.failures.stop()
	if a.writer != nil {
		return a.writer.close()
	}
	return nil
}

// Stats are current figures, for metrics.
type Stats struct {
	Entries int    // in memory
	Bytes   uint64 // of memory
	Store   StoreStats
	// StoreHits counts the answers that memory lacked and the store had.
	StoreHits int64
	// Dropped counts the changes that were never written because too many were pending.
	Dropped int64
}

// Stats returns current figures.
func (a *Answers) Stats() Stats {
	var s Stats
	s.Entries, s.Bytes = a.memory.stats()
	if a.writer != nil {
		s.Store, s.StoreHits, s.Dropped = a.writer.store.Stats(), a.writer.hits.Load(), a.writer.dropped.Load()
	}
	return s
}

// Degraded returns why the store is not used; nil when it works or there is none. Operators may read it.
func (a *Answers) Degraded() error {
	if a.writer == nil {
		return nil
	}
	return a.writer.fault()
}

// clock is otter's clock. It ticks by the machine's time: ticks only clean up.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (c clock) Tick(d time.Duration) <-chan time.Time { return time.Tick(d) }
