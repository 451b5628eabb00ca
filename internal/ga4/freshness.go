package ga4

import (
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// lastZone is where days end last. It stands in for a zone that is not known,
// so that an answer is rather called too fresh than final.
var lastZone = time.FixedZone("UTC-12", -12*60*60)

// freshness says how final the days of q are at now.
func freshness(q report.Query, timeZone string, now time.Time) report.Freshness {
	if q.Realtime {
		return report.FreshRealtime
	}
	zone, err := time.LoadLocation(timeZone)
	if err != nil || timeZone == "" {
		zone = lastZone
	}
	var last report.Date
	for _, r := range q.DateRanges {
		end, err := report.ParseDate(r.EndDate)
		if err != nil {
			return report.FreshIntraday // not resolved, so perhaps today
		}
		if end.After(last) {
			last = end
		}
	}
	switch {
	case last.IsZero() || now.Before(last.AddDays(1).In(zone)):
		return report.FreshIntraday
	case report.Final(last, zone, now):
		return report.FreshFinal
	}
	return report.FreshSettling
}
