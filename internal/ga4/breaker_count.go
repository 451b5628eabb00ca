package ga4

import (
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// recent drops the times that are older than a window. The oldest come first.
func recent(times []time.Time, window time.Duration, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= window {
		times = times[1:]
	}
	return times
}

// Google blocks a project from a property for the rest of the quarter of an hour
// after 10,000 responses that are neither 200 nor 500. Source: the Data API's change
// log, 2024-06-28. Others use the project too.
const (
	maxRefusals   = 5_000
	refusalWindow = 15 * time.Minute
)

// errorReserve returns how many of the errors or refusals that Google allows, limit, the
// questions of a class leave to those of better classes: anybody can make up questions that fail.
func errorReserve(class report.Class, limit int) int {
	switch class {
	case report.PublicQuestion:
		return limit / 2
	case report.PublicDashboard:
		return limit / 5
	}
	return 0
}

// refusals are the times of refused requests, oldest first.
type refusals []time.Time

func (r *refusals) add(now time.Time) { *r = append(recent(*r, refusalWindow, now), now) }

// err returns why no request is sent that leaves so many refusals to others; nil while few were
// refused.
func (r *refusals) err(reserve int, now time.Time) *report.Error {
	*r = recent(*r, refusalWindow, now)
	n, most := len(*r), maxRefusals-reserve
	if n < most {
		return nil
	}
	until := (*r)[n-most].Add(refusalWindow)
	return retryLater(report.Unavailable, until.Sub(now)).Because(fmt.Errorf(
		"not asked until %s: Google refused %d questions within a quarter of an hour and would block the project at 10000",
		until.UTC().Format(time.RFC3339), n))
}

// Google blocks a project from a property after 10 server errors, 500 and 503, in an
// hour, for everybody who uses the project; 50 in a 360 property. Source: the Data
// API's quotas page.
const (
	standardErrors = 10
	errorWindow    = time.Hour
)

// serverErrors estimates Google's count of a project's server errors at a property: our
// own, corrected by each response, for others may use the project,
// and Google's hour begins at an unknown time. The last error that Google allows is never
// ours.
type serverErrors struct {
	times   []time.Time // within errorWindow, oldest first
	counted int         // ever, of our own
	most    int         // ever seen left, at least standardErrors
}

func (s *serverErrors) add(now time.Time) {
	s.times = append(s.times, now)
	s.counted++
}

func (s *serverErrors) limit() int { return max(s.most, standardErrors) }

// allow reports whether a request may fail and leave so many errors: to requests that
// run, each of which may fail, or to those that are not known to fail.
func (s *serverErrors) allow(reserve int, now time.Time) bool {
	s.times = recent(s.times, errorWindow, now)
	return len(s.times)+reserve+1 < s.limit()
}

// correct makes the count what the response to a request says. When that request began,
// we had counted before errors; running requests may have failed since.
func (s *serverErrors) correct(before, remaining, running int, now time.Time) {
	s.times = recent(s.times, errorWindow, now)
	s.most = max(s.most, remaining)
	google := s.limit() - remaining
	known := len(s.times) - (s.counted - before) // when it began, at most
	if google < known {
		s.times = s.times[known-google:]
	}
	for len(s.times)+running < google {
		s.times = append(s.times, now)
	}
}

// err returns why no request is sent, or none of those that must leave so many errors to
// others; nil when some are.
func (s *serverErrors) err(reserve int, now time.Time) *report.Error {
	if s.allow(reserve, now) {
		return nil
	}
	wait := s.times[len(s.times)-(s.limit()-reserve)+1].Add(errorWindow).Sub(now)
	why := fmt.Errorf("not asked until %s: Google counts %d server errors within the hour and blocks the project at %d",
		now.Add(wait).UTC().Format(time.RFC3339), len(s.times), s.limit())
	if reserve > 0 {
		why = logged{fmt.Errorf("%w; %d are reserved for others", why, reserve)}
	}
	return retryLater(report.Unavailable, wait).Because(why)
}
