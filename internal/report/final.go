package report

import "time"

// LateHits is how long after a day's end events are still counted to it. Source:
// Google Analytics help, answer/11198161: what arrives later is ignored.
const LateHits = 72 * time.Hour

// Final reports whether at a moment nothing can change a day's numbers any more,
// in a property with the given time zone.
func Final(day Date, zone *time.Location, at time.Time) bool {
	return at.Sub(day.AddDays(1).In(zone)) >= LateHits
}
