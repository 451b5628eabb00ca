package world

import (
	"fmt"
	"slices"
	"strings"
)

// A Custom is a custom definition of a property: a dimension with Values, a metric with
// a Type, or a calculated metric with an Expression, which the world does not compute.
type Custom struct {
	// Name is customEvent:…, customUser:…, customItem:… or calcMetric:….
	Name  string
	Label string
	// Values are those of a dimension. Events carry one by their page, users and items have
	// one each; "(not set)" elsewhere.
	Values []string
	// Event is the name of the events that carry a customEvent: definition; empty for all.
	Event string
	// Type is the MetricType of a metric: TYPE_STANDARD, TYPE_SECONDS, TYPE_CURRENCY …
	Type string
	// Expression is that of a calcMetric:, over metrics.
	Expression string
}

// IsMetric reports whether it is a metric, calculated or not.
func (c Custom) IsMetric() bool { return c.Type != "" }

func (c Custom) check() error {
	scope, name, _ := strings.Cut(c.Name, ":")
	calculated := scope == "calcMetric"
	switch {
	case name == "" || !slices.Contains([]string{"customEvent", "customUser", "customItem", "calcMetric"}, scope):
		return fmt.Errorf("custom definition %q must be called customEvent:…, customUser:…, customItem:… or calcMetric:…", c.Name)
	case calculated != (c.Expression != ""):
		return fmt.Errorf("custom definition %q: a calcMetric:, and nothing else, has an expression", c.Name)
	case c.IsMetric() == (len(c.Values) > 0):
		return fmt.Errorf("custom definition %q needs either values or a metric type", c.Name)
	case c.IsMetric() && scope != "customEvent" && !calculated:
		return fmt.Errorf("custom definition %q: metrics are customEvent: or calcMetric:", c.Name)
	case c.Event != "" && scope != "customEvent":
		return fmt.Errorf("custom definition %q: only a customEvent: is carried by events of one name", c.Name)
	}
	return nil
}

// mix hashes numbers, the same everywhere.
func mix(seed uint64, parts ...uint32) uint64 {
	for _, p := range parts {
		seed = (seed ^ uint64(p)) * 0x9e3779b97f4a7c15
		seed ^= seed >> 29
	}
	return seed
}

// addCustom defines the custom dimensions of a site.
func (c *catalog) addCustom(s *site) {
	for _, d := range s.Custom {
		if d.IsMetric() {
			continue
		}
		values := append([]string{notSet}, d.Values...)
		code := s.customCode(d)
		c.add(d.Name, func(from int, dst []uint32) {
			for i := range dst {
				dst[i] = code(from + i)
			}
		}, len(values), func(i int) string { return values[i] })
	}
}

// customCode returns how to find the value of an event: 0 for none, else 1 + its index.
func (s *site) customCode(d Custom) func(event int) uint32 {
	seed, n := hashOf(d.Name), uint64(len(d.Values))
	pick := func(row uint32) uint32 { return 1 + uint32(mix(seed, row)%n) }
	switch scope, _, _ := strings.Cut(d.Name, ":"); scope {
	case "customUser":
		return func(e int) uint32 { return pick(s.sessions.user[s.events.session[e]]) }
	case "customItem":
		return func(e int) uint32 {
			if line, ok := s.line(e); ok {
				return pick(uint32(lineProduct(line)))
			}
			return 0
		}
	}
	return func(e int) uint32 {
		if d.Event == "" || eventName(s.events.name[e]) == d.Event {
			return pick(uint32(s.events.page[e]))
		}
		return 0
	}
}

// customNumber is what an event carries for a custom metric.
func (s *site) customNumber(d *Custom, e int) int64 {
	if d.Event != "" && eventName(s.events.name[e]) != d.Event {
		return 0
	}
	return int64(1 + mix(hashOf(d.Name), s.events.session[e], uint32(s.events.page[e]), uint32(s.events.engaged[e]))%100)
}

// customMetric returns the metric of that name whose sum stands at an index of a part.
func (s *site) customMetric(name string, index int) (metric, *Custom, bool) {
	for i := range s.Custom {
		if d := &s.Custom[i]; d.Name == name && d.IsMetric() && d.Expression == "" {
			return metric{name: name, value: func(p *part) float64 { return float64(p.custom[index]) }}, d, true
		}
	}
	return metric{}, nil, false
}

// sumCustom adds the custom metrics of a query to the parts.
func (q *query) sumCustom(picked []uint32, g groups, parts []part) {
	if len(q.customs) == 0 {
		return
	}
	sums := make([]int64, len(parts)*len(q.customs))
	for i := range parts {
		parts[i].custom = sums[i*len(q.customs):][:len(q.customs)]
	}
	for i, e := range picked {
		for n, d := range q.customs {
			parts[g.of[i]].custom[n] += q.customNumber(d, int(e))
		}
	}
}
