// Package cache answers questions from memory or a store, and fetches answers that are missing or no longer
// fresh, each once for all who ask.
//
// It stands behind the gate, so a query arrives here narrowed: its key holds the mandatory filter, the clipped
// dates, the property and the account, and an answer can be shared between all sessions whose queries have the
// same key.
package cache

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Config configures a Cache. Durations that are 0 have the default named.
type Config struct {
	// Source answers what is not cached or not fresh. Required.
	Source report.Source
	// Answers are the cached answers. Required.
	Answers *Answers
	// Timeout bounds one question to the source, whoever waits for it. The default is 60 s.
	Timeout time.Duration
	// WaitTimeout is how long a caller waits for a newer answer if there is a stale one. The default is 10 s.
	WaitTimeout time.Duration
	// Group groups questions that the source answers as one when they come at the same time, for Prewarm. The
	// default is a group for each.
	Group func([]*report.Question) [][]*report.Question
	// Observer is called with each event. Optional.
	Observer func(Event)
}

// An Event is how one question was answered, for metrics.
type Event string

// How a question was answered.
const (
	Hit        Event = "hit"        // from memory or the store, fresh
	Refreshing Event = "refreshing" // from memory, stale, while a newer answer is fetched
	Miss       Event = "miss"       // by the source
	Joined     Event = "joined"     // by a call to the source that was in flight already
	Stale      Event = "stale"      // from memory, because the source failed
	Failed     Event = "failed"     // with an error
	Prewarmed  Event = "prewarmed"  // by the source, before anybody asked
)

// A Cache is a report.Source in front of another.
type Cache struct {
	config     Config
	answers    *Answers
	clock      func() time.Time
	flying     sync.Mutex
	flights    map[report.Key]*flight
	background atomic.Int64 // fetches that no caller waits for
	recent     recent
}

var _ report.Source = (*Cache)(nil)

// New returns a cache.
func New(c Config) (*Cache, error) {
	if c.Source == nil || c.Answers == nil {
		return nil, errors.New("cache: a cache needs Source and Answers")
	}
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.WaitTimeout = cmp.Or(c.WaitTimeout, 10*time.Second)
	if c.Group == nil {
		c.Group = func(qs []*report.Question) [][]*report.Question { return slices.Collect(slices.Chunk(qs, 1)) }
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	return &Cache{config: c, answers: c.Answers, clock: c.Answers.config.Clock, flights: map[report.Key]*flight{}}, nil
}

// Refreshing returns how many answers are being fetched that no caller waits for.
func (c *Cache) Refreshing() int { return int(c.background.Load()) }
