package world

import (
	"fmt"
	"slices"
	"time"
)

// Move returns a world in which a property has another time zone, and the same events at
// the same instants: they fall on other days and hours. It returns an error when the
// property or the zone does not exist.
func (w *World) Move(property, zone string) (*World, error) {
	i := w.index(property)
	if i < 0 {
		return nil, fmt.Errorf("property %q is not in this world", property)
	}
	loaded, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	moved := &World{slices.Clone(w.sites)}
	moved.sites[i] = w.sites[i].moved(zone, loaded)
	return moved, nil
}

func (s *site) moved(name string, zone *time.Location) *site {
	made := *s
	made.TimeZone = name
	first := time.Unix(s.clock.base, 0).In(zone)
	// One day more on each side has room for every event wherever the zone is.
	y, m, d := first.AddDate(0, 0, -1).Date()
	made.clock = newClock(zone, y, m, d, s.clock.days+3)
	later := uint32(s.clock.base - made.clock.base)
	made.events.time = shifted(s.events.time, later)
	made.sessions.start = shifted(s.sessions.start, later)
	made.users.firstDay = made.firstDays(s)
	made.catalog = newCatalog(&made)
	return &made
}

func shifted(times []uint32, by uint32) []uint32 {
	out := make([]uint32, len(times))
	for i, t := range times {
		out[i] = t + by
	}
	return out
}

// firstDays counts the days of first sessions by the new clock: that of a first visit in
// the world is looked up, an earlier one is as many days before as it was.
func (s *site) firstDays(was *site) []int16 {
	days := make([]int16, len(s.users.firstDay))
	first := was.clock.dates[0]
	later := s.clock.dayOf(startOfDay(first.year, time.Month(first.month), first.day, s.clock.zone))
	for i, day := range s.users.firstDay {
		days[i] = day + int16(later)
	}
	for row, isNew := range s.sessions.isNew {
		if isNew {
			days[s.sessions.user[row]] = int16(s.clock.day(s.sessions.start[row]))
		}
	}
	return days
}
