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
}

// A Catalog is a report.Catalog in front of another. What is known is given,
// however old, when the source fails: a property's time zone hardly ever changes,
// and without it no date can be resolved. It holds two small records per
// property and drops none: the properties are those of the configuration.
type Catalog struct {
	source     report.Catalog
	properties *shelf[report.Property]
	fields     *shelf[*report.Fields]
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
	return &Catalog{
		source:     source,
		properties: newShelf[report.Property](c, c.Properties),
		fields:     newShelf[*report.Fields](c, c.Fields),
	}, nil
}

// Property returns what is known of a property.
func (c *Catalog) Property(ctx context.Context, account, property string) (report.Property, error) {
	return c.properties.get(ctx, slot{account, property}, func(ctx context.Context) (report.Property, error) {
		return c.source.Property(ctx, account, property)
	})
}

// Fields returns the fields of a property. They are shared: do not change them.
func (c *Catalog) Fields(ctx context.Context, account, property string) (*report.Fields, error) {
	return c.fields.get(ctx, slot{account, property}, func(ctx context.Context) (*report.Fields, error) {
		return c.source.Fields(ctx, account, property)
	})
}

// A slot is one property as one account sees it.
type slot struct{ account, property string }

func (s slot) String() string { return fmt.Sprintf("%q %q", s.account, s.property) }

// A shelf keeps one kind of record.
type shelf[V any] struct {
	config CatalogConfig
	ttl    time.Duration

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

func newShelf[V any](c CatalogConfig, ttl time.Duration) *shelf[V] {
	return &shelf[V]{config: c, ttl: ttl, records: map[slot]record[V]{}}
}

// get returns the record's value, asking first when it is time to.
func (s *shelf[V]) get(ctx context.Context, at slot, ask func(context.Context) (V, error)) (V, error) {
	s.mu.RLock()
	r := s.records[at]
	s.mu.RUnlock()
	if s.config.Clock().Before(r.askAt) {
		return r.answer()
	}
	answer := s.flights.DoChan(at.String(), func() (any, error) { return s.ask(at, ask), nil })
	select {
	case got := <-answer:
		return got.Val.(record[V]).answer()
	case <-ctx.Done():
		if r.known && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return r.value, nil
		}
		var zero V
		return zero, report.AsError(ctx.Err())
	}
}

func (r record[V]) answer() (V, error) {
	if r.failed && !(r.known && serveOld(r.err)) {
		var zero V
		return zero, r.err
	}
	return r.value, nil
}

func (s *shelf[V]) ask(at slot, ask func(context.Context) (V, error)) record[V] {
	s.mu.RLock()
	r := s.records[at]
	s.mu.RUnlock()
	if s.config.Clock().Before(r.askAt) {
		return r // another flight landed after the caller looked
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
	defer cancel()
	v, err := recovered(ctx, ask)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		r.failed, r.err, r.askAt = true, report.AsError(err), s.config.Clock().Add(s.config.Rest)
	} else {
		r = record[V]{value: v, known: true, askAt: s.config.Clock().Add(s.ttl)}
	}
	s.records[at] = r
	return r
}

func recovered[V any](ctx context.Context, ask func(context.Context) (V, error)) (v V, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = report.AsError(fmt.Errorf("the catalog panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	return ask(ctx)
}
