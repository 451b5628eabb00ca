package cache

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// CatalogConfig configures a Catalog. Durations that are 0 have the default named.
type CatalogConfig struct {
	// Clock tells the time. Required.
	Clock func() time.Time
	// Properties and Fields are how long what is known is not asked again. Defaults: 1 h and 4 h.
	Properties, Fields time.Duration
	// Backoff is how long nothing is asked again after the source failed. The default is 10 s.
	Backoff time.Duration
	// Timeout bounds one question to the source. The default is 30 s.
	Timeout time.Duration
	// WaitTimeout is how long a caller waits for something newer than what is known. The default is 3 s.
	WaitTimeout time.Duration
	// Answers share their store with the catalog, and drop what they have about a property that changes.
	// Optional.
	Answers *Answers
	// Changed is called once when the time zone or the currency of a property has changed at Google. It must
	// not block. Optional.
	Changed func(account, property string, before, after report.Property)
}

// A Catalog is a report.Catalog in front of another. When the source fails, what is known is returned, however
// old: a property's time zone hardly ever changes, and without it no date can be resolved. It holds two small
// records per property and drops none: the properties are those of the configuration.
type Catalog struct {
	properties *table[report.Property]
	fields     *table[*report.Fields]
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
	c.Properties = cmp.Or(c.Properties, time.Hour)
	c.Fields = cmp.Or(c.Fields, 4*time.Hour)
	c.Backoff = cmp.Or(c.Backoff, 10*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.WaitTimeout = cmp.Or(c.WaitTimeout, 3*time.Second)
	k := &Catalog{source: source}
	var w *storeWriter
	if c.Answers != nil {
		w, c.Answers.catalog = c.Answers.writer, k
	}
	k.properties = newTable(c, c.Properties, source.Property, persistedProperties(w))
	k.fields = newTable(c, c.Fields, source.Fields, persistedFields(w))
	k.properties.replacing = c.propertyReplaced
	return k, nil
}

// propertyReplaced compares the old and the new settings of a property. Answers from before a change count
// other days, or other money, and are forgotten. It returns how to report a change; nil if there is none.
func (c *CatalogConfig) propertyReplaced(p propertyKey, before, after report.Property, now time.Time) func() {
	if before.TimeZone.String() == after.TimeZone.String() && before.CurrencyCode == after.CurrencyCode {
		return nil
	}
	if c.Answers != nil {
		c.Answers.forgetInBackground(p, false, now)
	}
	return func() {
		if c.Changed != nil {
			c.Changed(p.account, p.property, before, after)
		}
	}
}

// Property returns the settings of a property.
func (c *Catalog) Property(ctx context.Context, account, property string) (report.Property, error) {
	return c.properties.get(ctx, propertyKey{account, property})
}

// Fields returns the fields of a property. They are shared: do not change them.
func (c *Catalog) Fields(ctx context.Context, account, property string) (*report.Fields, error) {
	return c.fields.get(ctx, propertyKey{account, property})
}

// Compatibility asks the source each time: hardly two developers who explore fields ask the same.
func (c *Catalog) Compatibility(ctx context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	return c.source.Compatibility(ctx, asked)
}

// Load reads the settings of properties, pairs of account and property, from the store, one after the other,
// until ctx ends. Requests then need not wait for the store.
func (c *Catalog) Load(ctx context.Context, properties [][2]string) {
	for _, p := range properties {
		if ctx.Err() != nil {
			return
		}
		c.properties.lookup(ctx, propertyKey{p[0], p[1]}, true)
	}
}

// Known reports whether a property's settings are known, however old.
func (c *Catalog) Known(account, property string) bool {
	return c.properties.record(propertyKey{account, property}).known
}

// Fresh reports whether a property's settings were fetched or confirmed so recently that Property does not ask
// the source.
func (c *Catalog) Fresh(account, property string) bool {
	r := c.properties.record(propertyKey{account, property})
	return r.known && !r.failed && c.properties.config.Clock().Before(r.askAt)
}

// MarkStale makes the next Property ask the source.
func (c *Catalog) MarkStale(account, property string) {
	c.properties.update(propertyKey{account, property}, func(r *record[report.Property]) {
		r.askAt, r.markedStale = time.Time{}, true
	})
}

// observe compares what an answer says of its property with what is known. What was known may be newer than an
// answer that was asked before it.
func (c *Catalog) observe(p propertyKey, r *report.Report, asked time.Time) {
	known := c.properties.record(p)
	if !known.known || r.TimeZone == "" {
		return
	}
	answered := known.value
	answered.CurrencyCode = cmp.Or(r.CurrencyCode, answered.CurrencyCode)
	if r.TimeZone == answered.TimeZone.String() && answered.CurrencyCode == known.value.CurrencyCode {
		c.properties.confirm(p, r.FetchedAt)
		return
	}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return
	}
	answered.TimeZone = zone
	if asked.After(c.properties.record(p).confirmed) {
		c.properties.set(p, answered, r.FetchedAt)
	}
}
