package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// AnswersConfig is what Answers need. Durations that are 0 have the default named.
type AnswersConfig struct {
	// Clock tells the time. Required.
	Clock func() time.Time
	// MaxBytes bounds the memory of the answers kept. The default is 256 MiB.
	MaxBytes int64
	// Realtime, Intraday, Settling and Final are how long an answer of that
	// freshness is given without asking again. Defaults: 30 s, 15 min, 4 h and
	// 30 days.
	Realtime, Intraday, Settling, Final time.Duration
	// Stale is how long after that an answer is kept, to be given, labelled,
	// when no newer one can be had. The default is 48 h; negative keeps none.
	Stale time.Duration
	// Invalid is how long it is remembered that a query is invalid, or its
	// answer too large: Google counts such questions. The default is 5 min, for
	// somebody may register the definition that was missing.
	Invalid time.Duration
	// Backoff is how long a question is not asked again after the source failed on
	// it while there is an old answer, or for want of access. The default is
	// 10 s.
	Backoff time.Duration
	// Jitter returns a number in [0, 1) for the moment at which an answer came.
	// The default is one that moments do not show. Answers that were made of one
	// have its moment, and so end together: asked again, they are one question.
	Jitter func(at time.Time) float64
	// Store keeps answers beyond the process. The cache closes it. Optional.
	Store Store
	// Realm says where the source has its answers from. A store keeps those of
	// different realms apart: what a stand-in for Google made up must not be
	// taken for what Google said. Optional.
	Realm string
	// StoreTimeout is how long a caller waits for the store to say what it has.
	// The default is 250 ms.
	StoreTimeout time.Duration
	// StoreBackoff is how long a store that fails is left alone. The default is
	// 30 s.
	StoreBackoff time.Duration
	// Logger is told when the store fails, and when it works again. Optional.
	Logger *slog.Logger
}

// Answers are what is known of queries: the reports that are kept, in memory and, where
// there is a store, beyond the process; which queries were refused; which properties an
// account cannot read. Close them.
type Answers struct {
	config   AnswersConfig
	kept     *otter.Cache[report.Key, *entry]
	failures *otter.Cache[report.Key, failure]
	doors    doors
	forgot   forgotten
	catalog  *Catalog // told of each answer; nil without one beside
	backing  *backing // nil without a store

	ctx     context.Context // of what runs behind, until Close
	stop    context.CancelFunc
	closing sync.Mutex // orders the end of ctx and the start of what runs behind
	running sync.WaitGroup
}

// NewAnswers returns what is known of queries: nothing yet, but for what the store has.
func NewAnswers(c AnswersConfig) (*Answers, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	kept, err := otter.New(&otter.Options[report.Key, *entry]{
		MaximumWeight:    uint64(c.MaxBytes),
		Weigher:          func(_ report.Key, e *entry) uint32 { return e.weight() },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[report.Key, *entry]) time.Duration { return e.Value.keep }),
		Clock:            clock(c.Clock),
	})
	if err != nil {
		return nil, err
	}
	failures, err := otter.New(&otter.Options[report.Key, failure]{
		MaximumSize:      maxFailures,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[report.Key, failure]) time.Duration { return e.Value.keep }),
		Clock:            clock(c.Clock),
	})
	if err != nil {
		return nil, err
	}
	a := &Answers{config: c, kept: kept, failures: failures}
	a.ctx, a.stop = context.WithCancel(context.Background())
	if c.Store != nil {
		a.backing = newBacking(&a.config)
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
	if c.MaxBytes == 0 {
		c.MaxBytes = 256 << 20
	}
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{
		{&c.Realtime, 30 * time.Second},
		{&c.Intraday, 15 * time.Minute},
		{&c.Settling, 4 * time.Hour},
		{&c.Final, 30 * 24 * time.Hour},
		{&c.Stale, 48 * time.Hour},
		{&c.Invalid, 5 * time.Minute},
		{&c.Backoff, 10 * time.Second},
		{&c.StoreTimeout, 250 * time.Millisecond},
		{&c.StoreBackoff, 30 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	c.Stale = max(c.Stale, 0)
	if c.Jitter == nil {
		c.Jitter = scatter
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// begin counts what runs behind; false when the answers are closed.
func (a *Answers) begin() bool {
	a.closing.Lock()
	defer a.closing.Unlock()
	if a.ctx.Err() != nil {
		return false
	}
	a.running.Add(1)
	return true
}

// Close ends the questions that are being asked, waits for them, and gives the store
// what it does not have yet. Closed answers must not be used.
func (a *Answers) Close() error {
	a.closing.Lock()
	a.stop()
	a.closing.Unlock()
	a.running.Wait()
	a.kept.StopAllGoroutines()
	a.failures.StopAllGoroutines()
	if a.backing != nil {
		return a.backing.close()
	}
	return nil
}

// Stats are figures of the moment, for metrics.
type Stats struct {
	Entries int    // in memory
	Bytes   uint64 // of memory
	Store   StoreStats
	// StoreHits counts the answers that memory lacked and the store had.
	StoreHits int64
	// Dropped counts the changes that the store never got, because too many were
	// waiting for it.
	Dropped int64
}

// Stats returns how much is kept.
func (a *Answers) Stats() Stats {
	s := Stats{Entries: a.kept.EstimatedSize(), Bytes: a.kept.WeightedSize()}
	if a.backing != nil {
		s.Store, s.StoreHits, s.Dropped = a.backing.store.Stats(), a.backing.hits.Load(), a.backing.dropped.Load()
	}
	return s
}

// Degraded returns why answers are kept in memory alone although there is a
// store; nil when it is in order. Operators may read it.
func (a *Answers) Degraded() error {
	if a.backing == nil {
		return nil
	}
	return a.backing.fault()
}

// clock is a source of time for otter. It ticks by the machine's time: ticks
// only clean up, they decide nothing.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (c clock) Tick(d time.Duration) <-chan time.Time { return time.Tick(d) }
