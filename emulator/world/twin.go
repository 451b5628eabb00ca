package world

import (
	"context"
	"fmt"
	"slices"
)

// A Change is how a twin differs from the world that it is the twin of. What a
// Change does not name is the same in both.
type Change struct {
	Property string // whose events change
	// Without are the events that did not happen; nil for none. What is left keeps
	// its users and sessions as they were.
	Without Expr
	// Dimensions have other values: each stands where another one stood. Those of
	// time cannot change.
	Dimensions []string
	// Metrics have other numbers.
	Metrics []string
}

// Twin returns a world that differs from w by changes alone, for tests of what must
// not be told: whoever may not see what changed must not be able to tell the
// two apart. It returns an error that names the field when a Change is about a
// property, a dimension or a metric that does not exist, or two are about one
// property.
func (w *World) Twin(changes ...Change) (*World, error) {
	twin := &World{slices.Clone(w.sites)}
	for _, c := range changes {
		i := twin.index(c.Property)
		if i < 0 || twin.sites[i] != w.sites[i] {
			return nil, fmt.Errorf("property %q is not in this world, or has two changes", c.Property)
		}
		changed, err := twin.sites[i].changed(c)
		if err != nil {
			return nil, err
		}
		twin.sites[i] = changed
	}
	return twin, nil
}

func (w *World) index(property string) int {
	for i, s := range w.sites {
		if s.Property == property {
			return i
		}
	}
	return -1
}

func (s *site) changed(c Change) (*site, error) {
	made := *s
	made.catalog = newCatalog(&made)
	made.twisted = slices.Clone(s.twisted)
	if c.Without != nil {
		kept, err := s.without(c.Without)
		if err != nil {
			return nil, err
		}
		made.events = s.events.only(kept)
	}
	for _, name := range c.Dimensions {
		if err := made.catalog.twist(name); err != nil {
			return nil, err
		}
	}
	for _, name := range c.Metrics {
		_, known := metricNamed(name)
		if _, _, custom := s.customMetric(name, 0); !known && !custom {
			return nil, fmt.Errorf("%q is not a metric of this world", name)
		}
		made.twisted = append(made.twisted, name)
	}
	return &made, nil
}

// without returns the events that x does not let through.
func (s *site) without(x Expr) ([]uint32, error) {
	q, err := newQuery(context.Background(), s, Query{Where: Not{x}})
	if err != nil {
		return nil, err
	}
	return q.pick(0, len(s.events.time), 0)
}

func (e events) only(kept []uint32) events {
	made := makeEvents(len(kept))
	for to, from := range kept {
		made.time[to] = e.time[from]
		made.session[to] = e.session[from]
		made.name[to] = e.name[from]
		made.page[to] = e.page[from]
		made.referrer[to] = e.referrer[from]
		made.detail[to] = e.detail[from]
		made.engaged[to] = e.engaged[from]
	}
	return made
}

// twist gives each code of a dimension the value of the next; the only value of a
// dimension becomes another.
func (c *catalog) twist(name string) error {
	a, ok := c.attributes[name]
	if !ok || a.fromClock != nil {
		return fmt.Errorf("%q is not a dimension of this world whose values can change", name)
	}
	was := a.value
	a.value = func(code uint32) string { return was((code + 1) % uint32(a.size)) }
	if a.size == 1 {
		a.value = func(code uint32) string { return "not " + was(code) }
	}
	c.attributes[name] = a
	return nil
}

// twisted returns the metric with other numbers.
func (m metric) twisted() metric {
	was := m.value
	m.value = func(p *part) float64 { return 3*was(p) + 5 }
	return m
}
