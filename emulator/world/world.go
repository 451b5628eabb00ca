// Package world is a made-up past: the page views and events of a few sites, event
// by event, the same for the same seed. Reports are computed from the events,
// never invented.
package world

import (
	"errors"
	"fmt"
	"time"
)

// Config says what world to make.
type Config struct {
	// Seed makes the world; equal seeds make equal worlds.
	Seed uint64
	// Now is where the past ends. Events are made up to the end of Now's day
	// in each site's time zone and beyond by Days of Ahead; queries see only
	// those before the instant that they name.
	Now time.Time
	// Days is how long the past is; 0 means 400.
	Days int
	// Ahead is how many days after Now exist already, so that a clock that
	// runs on, or is moved on, meets events; 0 means 3.
	Ahead int
	// Events is roughly how many events all sites have together; 0 means
	// 1 000 000.
	Events int
	// Sites are what to make; nil means DefaultSites.
	Sites []Site
}

// A Site is one GA4 property.
type Site struct {
	Property     string  // digits
	Name         string  // display name
	Host         string  // of its pages
	TimeZone     string  // IANA
	CurrencyCode string  // ISO 4217
	Profile      string  // whose shape it takes: the names of the built-in profiles
	Share        float64 // of the world's events
	// Days is how many days before Config.Now's traffic began: 1 is yesterday. 0 means
	// with the world. A site that began later has as much traffic as on the same days
	// of a longer past.
	Days int
	// Empty says that there never was an event. An empty site needs no Share.
	Empty bool
	// Premium says that it is an Analytics 360 property.
	Premium bool
	// Custom are its custom definitions.
	Custom []Custom
}

// DefaultSites are three sites in three time zones with three currencies.
func DefaultSites() []Site {
	return []Site{
		{Property: "412600301", Name: "Northfield Records Office", Host: "www.northfield-records.example",
			TimeZone: "America/New_York", CurrencyCode: "USD", Profile: "services", Share: 0.36},
		{Property: "412600302", Name: "Hafenmuseum am Alten Speicher", Host: "www.hafenmuseum.example",
			TimeZone: "Europe/Berlin", CurrencyCode: "EUR", Profile: "museum", Share: 0.32},
		{Property: "412600303", Name: "Kauri & Wool", Host: "www.kauri-wool.example",
			TimeZone: "Pacific/Auckland", CurrencyCode: "NZD", Profile: "shop", Share: 0.32},
	}
}

// A World is a past. It is safe for concurrent use.
type World struct {
	sites []*site
}

// New makes a world, on all processors. It returns an error when a site of c names a
// time zone or a profile that does not exist, or two sites have the same property.
func New(c Config) (*World, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	w := &World{}
	for _, s := range c.Sites {
		made, err := newSite(c, s)
		if err != nil {
			return nil, fmt.Errorf("site %s: %w", s.Property, err)
		}
		w.sites = append(w.sites, made)
	}
	generate(w.sites)
	return w, nil
}

func (c Config) withDefaults() Config {
	if c.Days == 0 {
		c.Days = 400
	}
	if c.Ahead == 0 {
		c.Ahead = 3
	}
	if c.Events == 0 {
		c.Events = 1_000_000
	}
	if c.Sites == nil {
		c.Sites = DefaultSites()
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Now.IsZero():
		return errors.New("Config.Now is required: it is where the past ends")
	case c.Days < 0 || c.Days > maxDays:
		return fmt.Errorf("Config.Days is %d; use 1 to %d", c.Days, maxDays)
	case c.Ahead < 0 || c.Ahead > maxDays:
		return fmt.Errorf("Config.Ahead is %d; use 1 to %d", c.Ahead, maxDays)
	case c.Events < 0 || c.Events > maxEvents:
		return fmt.Errorf("Config.Events is %d; use 1 to %d", c.Events, maxEvents)
	}
	seen := map[string]bool{}
	for _, s := range c.Sites {
		if s.Property == "" || seen[s.Property] {
			return fmt.Errorf("Config.Sites has the property %q twice or empty; each site needs its own", s.Property)
		}
		if !s.Empty && !(s.Share > 0) {
			return fmt.Errorf("site %s has the share %v; use a part of the world's events above 0", s.Property, s.Share)
		}
		if s.Days < 0 || s.Days > c.Days {
			return fmt.Errorf("site %s began %d days ago; use 1 to the %d Days of the world, or 0 for all of them", s.Property, s.Days, c.Days)
		}
		for _, d := range s.Custom {
			if err := d.check(); err != nil {
				return fmt.Errorf("site %s: %w", s.Property, err)
			}
		}
		seen[s.Property] = true
	}
	return nil
}

// Bounds that keep the columns within their widths.
const (
	maxDays   = 4000
	maxEvents = 200_000_000
)

// Sites returns the sites of the world.
func (w *World) Sites() []Site {
	out := make([]Site, len(w.sites))
	for i, s := range w.sites {
		out[i] = s.Site
	}
	return out
}

// KeyEvent returns the name of the event that a property counts as its key event;
// empty for a property that is not in this world.
func (w *World) KeyEvent(property string) string {
	if s := w.site(property); s != nil {
		return s.how.profile.keyEvent
	}
	return ""
}

// site returns the site with a property, or nil.
func (w *World) site(property string) *site {
	for _, s := range w.sites {
		if s.Property == property {
			return s
		}
	}
	return nil
}

// A Query asks for the groups of one site's events.
type Query struct {
	Property   string
	Dimensions []string // Data API names
	Metrics    []string // Data API names
	// Ranges are spans of time, each answered by itself: for day ranges the
	// first instant of the first day to the first instant of the day after the last, in
	// the site's time zone; for realtime, minutes.
	Ranges []Range
	// Derived are dimensions that this query makes of others.
	Derived []Derived
	// Where is the dimension filter; nil for all events.
	Where Expr
	// Now hides later events.
	Now time.Time
	// Realtime lets the realtime dimensions (minutesAgo …) be named.
	Realtime bool
}

// A Range is From ≤ t < To.
type Range struct{ From, To time.Time }

// An Expr is a filter over dimensions: And, Or, Not or Match.
type Expr interface{ isExpr() }

// And is true when all are.
type And []Expr

// Or is true when any is.
type Or []Expr

// Not is true when X is not.
type Not struct{ X Expr }

// Match is true when Test is, of the dimension's value. Test is called once per
// distinct value, not per event.
type Match struct {
	Dimension string
	Test      func(value string) bool
}

func (And) isExpr()   {}
func (Or) isExpr()    {}
func (Not) isExpr()   {}
func (Match) isExpr() {}

// A Result is the answer: one row per range and combination of dimension values
// that has events, in no particular order.
type Result struct {
	Rows []Row
	// Totals has, for each range, the metrics over all events that Where lets
	// through: users are de-duplicated, rates are ratios of the whole.
	Totals [][]float64
}

// A Row is one group.
type Row struct {
	Range      int // index into Query.Ranges
	Dimensions []string
	Metrics    []float64
}

// An Event is one row of the past, for tests that compute a report the slow way.
type Event struct {
	Time    time.Time
	User    uint32
	Session uint32
	Name    string // page_view, session_start …
	// Engaged is how many seconds of engagement the event reports.
	Engaged int
	// Items is how many items it is about, and Cents what they cost, in hundredths of the site's currency.
	Items, Cents int64
	// Value returns the value of a dimension for this event. Dimensions that count
	// from the start of a query count from the start of the world.
	Value func(dimension string) string
	// Number returns what it carries for a custom metric.
	Number func(metric string) float64
}
