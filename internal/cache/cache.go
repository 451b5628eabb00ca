// Package cache knows what was asked before, what is being asked now, and how
// old an answer may be.
//
// It stands behind the gate, so a query arrives here narrowed: its key holds the
// mandatory filter, the clipped dates, the property and the account, and an
// answer can be shared between all sessions whose queries have the same key.
package cache

import (
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

// Config is what a Cache needs. Durations that are 0 have the default named.
type Config struct {
	// Source answers what is not known, or not new enough. Required.
	Source report.Source
	// Answers is what is known. Required.
	Answers *Answers
	// Timeout bounds one question to the source, whoever waits for it. The
	// default is 60 s.
	Timeout time.Duration
	// WaitTimeout is how long a caller waits for a newer answer while an old one
	// is at hand. The default is 10 s.
	WaitTimeout time.Duration
	// Group puts questions together that the source answers as one when they come at the
	// same time, for Prewarm. The default puts none together.
	Group func([]*report.Question) [][]*report.Question
	// Observer is told what happens. Optional.
	Observer func(Event)
}

// An Event is how one question was answered, for metrics.
type Event string

// How a question was answered.
const (
	Hit        Event = "hit"        // from memory or the store, as fresh as configured
	Refreshing Event = "refreshing" // from memory, a little over its time, while a newer one is fetched
	Miss       Event = "miss"       // by asking the source
	Joined     Event = "joined"     // by a question that was being asked already
	Stale      Event = "stale"      // from memory, because the source failed
	Failed     Event = "failed"     // with an error
	Prewarmed  Event = "prewarmed"  // by asking the source before anybody did
)

// A Cache is a report.Source in front of another.
type Cache struct {
	config  Config
	answers *Answers
	clock   func() time.Time
	flights singleflight.Group
	behind  atomic.Int64 // fetches that nobody waits for
	recent  recent
}

var _ report.Source = (*Cache)(nil)

// New returns a cache.
func New(c Config) (*Cache, error) {
	if c.Source == nil || c.Answers == nil {
		return nil, errors.New("cache: a cache needs Source and Answers")
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.WaitTimeout == 0 {
		c.WaitTimeout = 10 * time.Second
	}
	if c.Group == nil {
		c.Group = func(qs []*report.Question) (alone [][]*report.Question) {
			for _, q := range qs {
				alone = append(alone, []*report.Question{q})
			}
			return alone
		}
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	return &Cache{config: c, answers: c.Answers, clock: c.Answers.config.Clock}, nil
}

// Refreshing returns how many answers are being fetched while nobody waits for them.
func (c *Cache) Refreshing() int { return int(c.behind.Load()) }
