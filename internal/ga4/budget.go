package ga4

import (
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Tokens of an hour, of a property and of a project at a property, in a standard
// property. Those of Google Analytics 360 are ten times as many, and show.
// Source: the Data API's quotas page, 2026-09-19.
const (
	hourTokens    = 40_000
	projectTokens = 14_000
)

// Below these shares of an hour's tokens only questions at least so urgent are
// asked; the rest of the hour is kept for people who wait.
const (
	viewersOnly = 0.20 // no refreshes, nothing ahead of time
	unseenOnly  = 0.05 // only what nobody has ever seen
)

// share is the part of an hour's tokens that is left.
func (q Quota) share() float64 {
	return min(q.TokensPerHour.share(q.HourLimit), q.TokensPerProjectPerHour.share(q.ProjectLimit))
}

// share is all where nothing was told: an answer that took nothing was not counted.
func (b Bucket) share(limit int64) float64 {
	if b == (Bucket{}) || limit == 0 {
		return 1
	}
	return float64(b.Remaining) / float64(limit)
}

// affordable refuses what can wait while tokens are short. What was told is
// believed for as long as an exhausted quota is: tokens come back within the
// hour, and only a question tells.
func (g *Client) affordable(q report.Query, u report.Urgency, now time.Time) *report.Error {
	g.quotas.mu.Lock()
	told, ok := g.quotas.bySubject[subjectOf(q)]
	g.quotas.mu.Unlock()
	if !ok || now.Sub(told.At) >= probeAfter {
		return nil
	}
	least := report.Prewarm
	switch left := told.share(); {
	case left < unseenOnly:
		least = report.Unseen
	case left < viewersOnly:
		least = report.Seen
	}
	if u <= least {
		return nil
	}
	e := report.Errorf(report.Quota, exhausted, after(probeAfter-now.Sub(told.At))).Because(fmt.Errorf("%.0f %% of the hour's tokens are left and kept for people who wait", 100*told.share()))
	e.RetryAfter = probeAfter - now.Sub(told.At)
	return e
}
