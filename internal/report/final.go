package report

import "time"

const (
	// LateHits is how long after a day's end events are still accepted for it.
	// Source: Google Analytics help, answer/11198161: what arrives later is
	// ignored.
	LateHits = 72 * time.Hour
	// Processing is how long Google may take to count what it accepted. Source:
	// the same page.
	Processing = 48 * time.Hour
	// Settles is how long after its end a day's numbers may change.
	Settles = LateHits + Processing
)

// Final reports whether at a moment all events of a day are counted, in a
// property with the given time zone. An administrator can still change the
// numbers of such a day, so nothing is final forever.
func Final(day Date, zone *time.Location, at time.Time) bool {
	return at.Sub(day.AddDays(1).In(zone)) >= Settles
}
