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
	// Backoff is how long nothing is asked again after the source failed. The
	// default is 10 s.
	Backoff time.Duration
	// Timeout bounds one question to the source. The default is 30 s.
	Timeout time.Duration
	// Patience is how long a caller waits for something newer than what is
	// known. The default is 3 s.
	Patience time.Duration
	// Beside are answers whose store keeps what is known over a restart, and which are
	// forgotten when a property changes. Optional.
	Answers *Answers
	// Changed is told, once, when the time zone or the currency of a property is
	// seen to have changed at Google. It must not block. Optional.
	Changed func(account, property string, before, after report.Property)
}

// A Catalog is a report.Catalog in front of another. What is known is given,
// however old, when the source fails: a property's time zone hardly ever changes,
// and without it no date can be resolved. It holds two small records per
// property and drops none: the properties are those of the configuration.
type Catalog struct {
	properties *shelf[report.Property]
	fields     *shelf[*report.Fields]
	source     report.Catalog
	beside     *Answers // see CatalogConfig; may be nil
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
	if c.Backoff == 0 {
		c.Backoff = 10 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Patience == 0 {
		c.Patience = 3 * time.Second
	}
	if c.Changed == nil {
		c.Changed = func(string, string, report.Property, report.Property) {}
	}
	k := &Catalog{source: source, beside: c.Answers}
	var b *backing
	if c.Answers != nil {
		b, c.Answers.catalog = c.Answers.backing, k
	}
	k.properties = newShelf(c, c.Properties, source.Property, propertyNotes(b))
	k.properties.differ = k.differ
	k.properties.changed = func(at slot, before, after report.Property) { c.Changed(at.account, at.property, before, after) }
	k.fields = newShelf(c, c.Fields, source.Fields, fieldNotes(b))
	return k, nil
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

// Load reads what is stored of properties, pairs of account and property, one after
// the other, until ctx ends. Who has loaded them need not wait for the store with each.
func (c *Catalog) Load(ctx context.Context, properties [][2]string) {
	for _, p := range properties {
		if ctx.Err() != nil {
			return
		}
		c.properties.look(ctx, slot{p[0], p[1]}, (*backing).long)
	}
}

// Known reports whether a property's settings are known and may be used, however old.
func (c *Catalog) Known(account, property string) bool {
	c.properties.mu.RLock()
	defer c.properties.mu.RUnlock()
	return c.properties.records[slot{account, property}].known
}

// Fresh reports whether what is known of a property was said or confirmed so lately
// that nobody who asks about it asks the source.
func (c *Catalog) Fresh(account, property string) bool {
	c.properties.mu.RLock()
	defer c.properties.mu.RUnlock()
	r := c.properties.records[slot{account, property}]
	return r.known && !r.failed && c.properties.config.Clock().Before(r.askAt)
}

// MarkStale sees to it that who asks about a property next finds out what Google says now.
func (c *Catalog) MarkStale(account, property string) {
	c.properties.mu.Lock()
	defer c.properties.mu.Unlock()
	at := slot{account, property}
	r := c.properties.records[at]
	r.askAt, r.doubted = time.Time{}, true
	c.properties.records[at] = r
}

// withdraw forgets what is stored of a property that an answer was refused of for want of
// access: a server that starts while Google fails has no time zone for it then, and gives
// none of its answers. restore stores it again once there is an answer.
func (c *Catalog) withdraw(at slot) { c.properties.withdraw(at) }
func (c *Catalog) restore(at slot)  { c.properties.restore(at) }

// heard compares what an answer says of its property with what is known of that. What
// was asked before that was said may be from before a change.
func (c *Catalog) heard(at slot, r *report.Report, asked time.Time) {
	c.properties.mu.RLock()
	known := c.properties.records[at]
	c.properties.mu.RUnlock()
	if !known.known || r.TimeZone == "" {
		return
	}
	said := known.value
	if r.CurrencyCode != "" {
		said.CurrencyCode = r.CurrencyCode
	}
	if r.TimeZone == said.TimeZone.String() && said.CurrencyCode == known.value.CurrencyCode {
		c.properties.confirm(at, r.FetchedAt)
		return
	}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return
	}
	said.TimeZone = zone
	c.properties.correct(at, said, asked, r.FetchedAt)
}

// differ reports whether a property's settings changed. Answers that came before they
// did count other days, or other money, and are forgotten.
func (c *Catalog) differ(at slot, before, after report.Property, now time.Time) bool {
	if before.TimeZone.String() == after.TimeZone.String() && before.CurrencyCode == after.CurrencyCode {
		return false
	}
	if c.beside != nil {
		c.beside.forgetBefore(at, now)
	}
	return true
}

// A slot is one property as one account sees it.
type slot struct{ account, property string }

func slotOf(q *report.Question) slot { return slot{q.Account(), q.Property()} }

func (s slot) String() string { return fmt.Sprintf("%q %q", s.account, s.property) }

// A shelf keeps one kind of record.
type shelf[V any] struct {
	config CatalogConfig
	ttl    time.Duration
	source asker[V]
	notes  notes[V]
	// differ notes whether a value is another than the one before it; changed is told
	// then. Optional.
	differ  func(at slot, before, after V, now time.Time) bool
	changed func(at slot, before, after V)

	mu      sync.RWMutex
	records map[slot]record[V]
	flights singleflight.Group
}

// A record is the last good value and, when newer, the last failure.
type record[V any] struct {
	value  V
	known  bool
	at     time.Time // when the source last said so
	err    *report.Error
	askAt  time.Time // not to be asked again before
	failed bool
	told   bool // the store has said what it has

	doubted   bool // it is to be asked about, however new what the store has is
	withdrawn bool // the store has forgotten the value
}

// An asker asks the source for a record of a property.
type asker[V any] func(ctx context.Context, account, property string) (V, error)

func newShelf[V any](c CatalogConfig, ttl time.Duration, source asker[V], n notes[V]) *shelf[V] {
	return &shelf[V]{config: c, ttl: ttl, source: source, notes: n, records: map[slot]record[V]{}}
}

// get returns the record's value, asking first when it is time to.
func (s *shelf[V]) get(ctx context.Context, at slot) (V, error) {
	r := s.look(ctx, at, (*backing).brief)
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
		s.rest(at)
		return r.answer()
	case <-ctx.Done():
		if r.known && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return r.answer()
		}
		var zero V
		return zero, report.AsError(ctx.Err())
	}
}

// rest sees to it that nobody waits for a source that is slow again, for a while, though
// it may answer yet: one request asks about a property several times.
func (s *shelf[V]) rest(at slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[at]
	if until := s.config.Clock().Add(s.config.Backoff); r.askAt.Before(until) {
		r.askAt = until
		s.records[at] = r
	}
}

// look returns the record of a slot. One that this process has not asked about is
// what the store remembers, as good as it was then. A store that does not say in time
// what it has is asked again the next time.
func (s *shelf[V]) look(ctx context.Context, at slot, p func(*backing) patience) record[V] {
	s.mu.RLock()
	r := s.records[at]
	s.mu.RUnlock()
	if r.known || r.told {
		return r
	}
	v, stored, known, told := s.notes.recall(ctx, at, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	r = s.records[at]
	if r.known || r.told {
		return r
	}
	r.told = told
	if known {
		r.value, r.known, r.at = v, true, stored
		if until := stored.Add(s.ttl); !r.failed && !r.doubted && stored.Before(s.config.Clock().Add(skew)) {
			r.askAt = until
		}
	}
	s.records[at] = r
	return r
}

// answer is what is known, whatever failed since; a failure where nothing is.
func (r record[V]) answer() (V, error) {
	if r.failed && !r.known {
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
	if err == nil {
		return s.replace(at, v, now)
	}
	s.look(ctx, at, (*backing).long) // nobody else can tell now
	return s.failed(at, report.AsError(err), now)
}

// correct keeps what was said in passing, unless what is known was said after it was
// asked.
func (s *shelf[V]) correct(at slot, v V, asked, when time.Time) {
	s.mu.RLock()
	known := s.records[at]
	s.mu.RUnlock()
	if asked.After(known.at) {
		s.replace(at, v, when)
	}
}

// replace keeps what the source said at now.
func (s *shelf[V]) replace(at slot, v V, now time.Time) record[V] {
	s.mu.Lock()
	before := s.records[at]
	changed := before.known && s.differ != nil && s.differ(at, before.value, v, now)
	r := record[V]{value: v, known: true, at: now, askAt: now.Add(s.ttl)}
	s.records[at] = r
	s.notes.keep(at, v, now)
	s.mu.Unlock()
	if changed {
		s.changed(at, before.value, v)
	}
	return r
}

// confirm notes that what is known was still so at a time.
func (s *shelf[V]) confirm(at slot, when time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.records[at]; when.Add(s.ttl).After(r.askAt) {
		r.askAt, r.failed = when.Add(s.ttl), false
		r.at = later(r.at, when)
		s.records[at] = r
	}
}

func (s *shelf[V]) withdraw(at slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[at]
	r.withdrawn = true
	s.records[at] = r
	s.notes.forget(at)
}

func (s *shelf[V]) restore(at slot) {
	s.mu.RLock()
	lacks := s.records[at].withdrawn
	s.mu.RUnlock()
	if !lacks {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[at]
	if r.known && r.withdrawn {
		s.notes.keep(at, r.value, r.at)
		r.withdrawn = false
		s.records[at] = r
	}
}

// failed remembers that the source failed. Only its word that there is no access takes
// away what is known: that must not come back when Google fails later.
func (s *shelf[V]) failed(at slot, err *report.Error, now time.Time) record[V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[at]
	if err.Kind == report.NoAccess {
		r = record[V]{told: true}
		s.notes.forget(at)
	}
	rest := s.config.Backoff
	if err.RetryAfter > 0 {
		rest = min(rest, err.RetryAfter)
	}
	r.failed, r.err, r.askAt = true, err, now.Add(rest)
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
