package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oriel-server/oriel/internal/report"
)

// CatalogConfig is what a Catalog needs. Durations that are 0 have the default
// named.
type CatalogConfig struct {
	// Clock tells the time. Required.
	Clock func() time.Time
	// Properties and Fields are how long what is known is not asked again.
	// Defaults: 1 h and 4 h.
	Properties, Fields time.Duration
	// Rest is how long nothing is asked again after the source failed. The
	// default is 10 s.
	Rest time.Duration
	// Timeout bounds one question to the source. The default is 30 s.
	Timeout time.Duration
	// Patience is how long a caller waits for something newer than what is
	// known. The default is 3 s.
	Patience time.Duration
	// Beside is a cache whose store keeps what is known over a restart. Optional.
	Beside *Cache
}

// A Catalog is a report.Catalog in front of another. What is known is given,
// however old, when the source fails: a property's time zone hardly ever changes,
// and without it no date can be resolved. It holds two small records per
// property and drops none: the properties are those of the configuration.
type Catalog struct {
	properties *shelf[report.Property]
	fields     *shelf[*report.Fields]
	source     report.Catalog
}

var _ report.Catalog = (*Catalog)(nil)

// NewCatalog returns a catalog in front of source.
func NewCatalog(source report.Catalog, c CatalogConfig) (*Catalog, error) {
	if source == nil {
		return nil, errors.New("cache: a catalog is required")
	}
	if c.Clock == nil {
		return nil, errors.New("cache: CatalogConfig.Clock is required")
	}
	if c.Properties == 0 {
		c.Properties = time.Hour
	}
	if c.Fields == 0 {
		c.Fields = 4 * time.Hour
	}
	if c.Rest == 0 {
		c.Rest = 10 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Patience == 0 {
		c.Patience = 3 * time.Second
	}
	var b *backing
	if c.Beside != nil {
		b = c.Beside.backing
	}
	return &Catalog{
		properties: newShelf(c, c.Properties, source.Property, propertyNotes(b)),
		fields:     newShelf(c, c.Fields, source.Fields, fieldNotes(b)),
		source:     source,
	}, nil
}

// Property returns what is known of a property.
func (c *Catalog) Property(ctx context.Context, account, property string) (report.Property, error) {
	return c.properties.get(ctx, slot{account, property})
}

// Fields returns the fields of a property. They are shared: do not change them.
func (c *Catalog) Fields(ctx context.Context, account, property string) (*report.Fields, error) {
	return c.fields.get(ctx, slot{account, property})
}

// Compatibility asks the source each time: hardly two developers who explore fields
// ask the same.
func (c *Catalog) Compatibility(ctx context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	return c.source.Compatibility(ctx, asked)
}

// A slot is one property as one account sees it.
type slot struct{ account, property string }

func (s slot) String() string { return fmt.Sprintf("%q %q", s.account, s.property) }

// A shelf keeps one kind of record.
type shelf[V any] struct {
	config CatalogConfig
	ttl    time.Duration
	source asker[V]
	notes  notes[V]

	mu      sync.RWMutex
	records map[slot]record[V]
	flights singleflight.Group
}

// A record is the last good value and, when newer, the last failure.
type record[V any] struct {
	value  V
	known  bool
	err    *report.Error
	askAt  time.Time // not to be asked again before
	failed bool
}

// An asker asks the source for a record of a property.
type asker[V any] func(ctx context.Context, account, property string) (V, error)

func newShelf[V any](c CatalogConfig, ttl time.Duration, source asker[V], n notes[V]) *shelf[V] {
	return &shelf[V]{config: c, ttl: ttl, source: source, notes: n, records: map[slot]record[V]{}}
}

// get returns the record's value, asking first when it is time to.
func (s *shelf[V]) get(ctx context.Context, at slot) (V, error) {
	r := s.look(ctx, at)
	if s.config.Clock().Before(r.askAt) {
		return r.answer()
	}
	answer := s.flights.DoChan(at.String(), func() (any, error) { return s.ask(at), nil })
	var enough <-chan time.Time
	if r.known {
		patience := time.NewTimer(s.config.Patience)
		defer patience.Stop()
		enough = patience.C
	}
	select {
	case got := <-answer:
		return got.Val.(record[V]).answer()
	case <-enough:
		return r.answer()
	case <-ctx.Done():
		if r.known && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return r.answer()
		}
		var zero V
		return zero, report.AsError(ctx.Err())
	}
}

// look returns the record of a slot. One that this process has not asked about is
// what the store remembers: it is to be asked about, and stands in meanwhile.
func (s *shelf[V]) look(ctx context.Context, at slot) record[V] {
	s.mu.RLock()
	r, seen := s.records[at]
	s.mu.RUnlock()
	if seen {
		return r
	}
	var remembered record[V]
	remembered.value, remembered.known = s.notes.recall(ctx, at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, seen := s.records[at]; seen {
		return r
	}
	s.records[at] = remembered
	return remembered
}

func (r record[V]) answer() (V, error) {
	if r.failed && !(r.known && serveOld(r.err)) {
		var zero V
		return zero, r.err
	}
	return r.value, nil
}

func (s *shelf[V]) ask(at slot) record[V] {
	s.mu.RLock()
	r := s.records[at]
	s.mu.RUnlock()
	if s.config.Clock().Before(r.askAt) {
		return r // another flight landed after the caller looked
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
	defer cancel()
	v, err := s.recovered(ctx, at)
	now := s.config.Clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		r.failed, r.err, r.askAt = true, report.AsError(err), now.Add(s.config.Rest)
		if !serveOld(r.err) {
			s.notes.forget(at) // it must not come back when Google fails later
		}
	} else {
		r = record[V]{value: v, known: true, askAt: now.Add(s.ttl)}
		s.notes.keep(at, v, now)
	}
	s.records[at] = r
	return r
}

func (s *shelf[V]) recovered(ctx context.Context, at slot) (v V, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = report.AsError(fmt.Errorf("the catalog panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	return s.source(ctx, at.account, at.property)
}
