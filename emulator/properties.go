package emulator

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// A property is a site with its time zone loaded.
type property struct {
	world.Site
	past   *world.World // has the site
	zone   *time.Location
	fields *catalog // those of all properties and its own
}

func newProperty(past *world.World, s world.Site, fields *catalog) (property, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return property{}, fmt.Errorf("emulator: property %s: time zone %q: %w", s.Property, s.TimeZone, err)
	}
	return property{Site: s, past: past, zone: zone, fields: fields.with(past.KeyEvent(s.Property), s.Custom)}, nil
}

// oldestMinute is how many minutes ago realtime reports begin at the earliest.
func (p *property) oldestMinute() int {
	if p.Premium {
		return 59
	}
	return 29
}

// A propertyStore has the properties as they are now.
type propertyStore struct {
	made []property // as they were at first

	mu  sync.RWMutex
	now []property // replaced as a whole, never written to
}

func newPropertyStore(w *world.World, fields *catalog) (*propertyStore, error) {
	b := &propertyStore{}
	for _, s := range w.Sites() {
		p, err := newProperty(w, s, fields)
		if err != nil {
			return nil, err
		}
		b.made = append(b.made, p)
	}
	b.reset()
	return b, nil
}

func (b *propertyStore) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.made
}

func (b *propertyStore) all() []property {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.now
}

// put replaces the property with the same id, or adds one.
func (b *propertyStore) put(p property) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = slices.Clone(b.now)
	if i := slices.IndexFunc(b.now, func(q property) bool { return q.Property == p.Property }); i >= 0 {
		b.now[i] = p
		return
	}
	b.now = append(b.now, p)
}

// site returns the property with that id.
func (e *Emulator) site(id string) (property, bool) {
	for _, s := range e.properties.all() {
		if s.Property == id {
			return s, true
		}
	}
	return property{}, false
}

// isPremium reports whether a property is one of Analytics 360.
func (e *Emulator) isPremium(id string) bool {
	p, _ := e.site(id)
	return p.Premium
}

// A PropertyChange is what an administrator changes about a property. Empty fields stay.
type PropertyChange struct {
	DisplayName string `json:"displayName,omitempty"`
	// TimeZone is an IANA name. Events stay where they are in time, and fall on other days.
	TimeZone string `json:"timeZone,omitempty"`
	// CurrencyCode is an ISO 4217 code. Amounts are not converted.
	CurrencyCode string `json:"currencyCode,omitempty"`
}

// ChangeProperty changes a property until Reset: its answers and its metadata say the new
// from now on.
func (e *Emulator) ChangeProperty(id string, c PropertyChange) error {
	p, ok := e.site(id)
	if !ok {
		return e.checkProperties([]string{id})
	}
	past, err := p.past, error(nil)
	if c.TimeZone != "" {
		if past, err = past.Move(id, c.TimeZone); err != nil {
			return fmt.Errorf("emulator: time zone %q: %w", c.TimeZone, err)
		}
		p.TimeZone = c.TimeZone
	}
	if c.CurrencyCode != "" {
		if !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(c.CurrencyCode) {
			return fmt.Errorf("emulator: %q is not a currency code such as EUR", c.CurrencyCode)
		}
		p.CurrencyCode = c.CurrencyCode
	}
	if c.DisplayName != "" {
		p.Name = c.DisplayName
	}
	made, err := newProperty(past, p.Site, e.fields)
	if err != nil {
		return err
	}
	e.properties.put(made)
	return nil
}

// AddProperty makes one more property, until Reset. Its past is short, or none when
// s.Empty is set; what s leaves out is that of the first built-in site.
func (e *Emulator) AddProperty(s world.Site) error {
	if _, ok := e.site(s.Property); ok || !isDigits(s.Property) {
		return fmt.Errorf("emulator: %q cannot be added: use digits that no other property has", s.Property)
	}
	usual := world.DefaultSites()[0]
	for _, f := range []struct {
		is    *string
		usual string
	}{
		{&s.Name, "Property " + s.Property}, {&s.Host, usual.Host}, {&s.TimeZone, usual.TimeZone},
		{&s.CurrencyCode, usual.CurrencyCode}, {&s.Profile, usual.Profile},
	} {
		if *f.is == "" {
			*f.is = f.usual
		}
	}
	s.Share = 1
	past, err := world.New(world.Config{Seed: 1, Now: e.Now(), Days: 60, Events: 20_000, Sites: []world.Site{s}})
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	p, err := newProperty(past, s, e.fields)
	if err != nil {
		return err
	}
	e.properties.put(p)
	return nil
}
