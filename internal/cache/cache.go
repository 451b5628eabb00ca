// Package cache knows what was asked before, what is being asked now, and how
// old an answer may be.
//
// It stands behind the gate, so a query arrives here narrowed: its key holds the
// mandatory filter, the clipped dates, the property and the account, and an
// answer can be shared between all sessions whose queries have the same key.
package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

// Config is what a Cache needs. Durations that are 0 have the default named.
type Config struct {
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
	// Timeout bounds one question to the source, whoever waits for it. The
	// default is 60 s.
	Timeout time.Duration
	// Patience is how long a caller waits for a newer answer while an old one
	// is at hand. The default is 10 s.
	Patience time.Duration
	// Invalid is how long it is remembered that a query is invalid, or its
	// answer too large: Google counts such questions. The default is 5 min, for
	// somebody may register the definition that was missing.
	Invalid time.Duration
	// Rest is how long a question is not asked again after the source failed on
	// it while an old answer is at hand, or for want of access. The default is
	// 10 s.
	Rest time.Duration
	// Jitter returns a number in [0, 1) for the moment at which an answer came.
	// The default is one that moments do not show. Answers that were made of one
	// have its moment, and so end together: asked anew, they are one question again.
	Jitter func(at time.Time) float64
	// Observer is told what happens. Optional.
	Observer func(Event)

	// Store keeps answers beyond the process. The cache closes it. Optional.
	Store Store
	// Realm says where the source has its answers from. A store keeps those of
	// different realms apart: what a stand-in for Google made up must not be
	// taken for what Google said. Optional.
	Realm string
	// StorePatience is how long a caller waits for the store to say what it has.
	// The default is 250 ms.
	StorePatience time.Duration
	// StoreRest is how long a store that fails is left alone. The default is
	// 30 s.
	StoreRest time.Duration
	// Logger is told when the store fails, and when it works again. Optional.
	Logger *slog.Logger
}

// An Event is how one query was answered, for metrics.
type Event string

// How a query was answered.
const (
	Hit        Event = "hit"        // from memory or the store, as fresh as configured
	Refreshing Event = "refreshing" // from memory, a little over its time, while a newer one is fetched
	Miss       Event = "miss"       // by asking the source
	Joined     Event = "joined"     // by a question that was being asked already
	Stale      Event = "stale"      // from memory, because the source failed
	Failed     Event = "failed"     // with an error
)

// A Cache is a report.Source in front of another. Close it.
type Cache struct {
	source   report.Source
	config   Config
	kept     *otter.Cache[Key, *entry]
	failures *otter.Cache[Key, failure]
	flights  singleflight.Group
	doors    doors
	forgot   forgotten
	catalog  *Catalog // told of each answer; nil without one beside
	backing  *backing // nil without a store

	ctx     context.Context // of all questions to the source
	stop    context.CancelFunc
	closing sync.Mutex // orders the end of ctx and the start of flights
	running sync.WaitGroup
}

var _ report.Source = (*Cache)(nil)

// New returns a cache in front of source.
func New(source report.Source, c Config) (*Cache, error) {
	if source == nil {
		return nil, errors.New("cache: a source is required")
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	kept, err := otter.New(&otter.Options[Key, *entry]{
		MaximumWeight:    uint64(c.MaxBytes),
		Weigher:          func(_ Key, e *entry) uint32 { return e.weight() },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[Key, *entry]) time.Duration { return e.Value.keep }),
		Clock:            clock(c.Clock),
	})
	if err != nil {
		return nil, err
	}
	failures, err := otter.New(&otter.Options[Key, failure]{
		MaximumSize:      maxFailures,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[Key, failure]) time.Duration { return e.Value.keep }),
		Clock:            clock(c.Clock),
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	cache := &Cache{source: source, config: c, kept: kept, failures: failures, ctx: ctx, stop: stop}
	if c.Store != nil {
		cache.backing = newBacking(&cache.config)
	}
	return cache, nil
}

func (c *Config) complete() error {
	if c.Clock == nil {
		return errors.New("cache: Config.Clock is required")
	}
	if c.MaxBytes < 0 {
		return errors.New("cache: Config.MaxBytes is negative")
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
		{&c.Timeout, time.Minute},
		{&c.Patience, 10 * time.Second},
		{&c.Invalid, 5 * time.Minute},
		{&c.Rest, 10 * time.Second},
		{&c.StorePatience, 250 * time.Millisecond},
		{&c.StoreRest, 30 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	c.Stale = max(c.Stale, 0)
	if c.Jitter == nil {
		c.Jitter = scatter
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Close ends the questions that are being asked, waits for them, and gives the
// store what it does not have yet. A closed cache must not be used.
func (c *Cache) Close() error {
	c.closing.Lock()
	c.stop()
	c.closing.Unlock()
	c.running.Wait()
	c.kept.StopAllGoroutines()
	c.failures.StopAllGoroutines()
	if c.backing != nil {
		return c.backing.close()
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
func (c *Cache) Stats() Stats {
	s := Stats{Entries: c.kept.EstimatedSize(), Bytes: c.kept.WeightedSize()}
	if c.backing != nil {
		s.Store, s.StoreHits, s.Dropped = c.backing.store.Stats(), c.backing.hits.Load(), c.backing.dropped.Load()
	}
	return s
}

// Degraded returns why answers are kept in memory alone although there is a
// store; nil when it is in order. Operators may read it.
func (c *Cache) Degraded() error {
	if c.backing == nil {
		return nil
	}
	return c.backing.fault()
}

// clock is a source of time for otter. It ticks by the machine's time: ticks
// only clean up, they decide nothing.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (c clock) Tick(d time.Duration) <-chan time.Time { return time.Tick(d) }
