package ga4

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Bucket is one quota: what a request consumed and what is left.
type Bucket struct {
	Consumed  int64 `json:"consumed"`
	Remaining int64 `json:"remaining"`
}

// UnmarshalJSON reads numbers and strings: a 64-bit integer may be either in
// proto3-JSON.
func (b *Bucket) UnmarshalJSON(text []byte) error {
	var w struct {
		Consumed  report.Int64 `json:"consumed"`
		Remaining report.Int64 `json:"remaining"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	b.Consumed, b.Remaining = int64(w.Consumed), int64(w.Remaining)
	return nil
}

// Buckets are the quotas of a property that come with a report.
type Buckets struct {
	TokensPerDay                          Bucket `json:"tokensPerDay"`
	TokensPerHour                         Bucket `json:"tokensPerHour"`
	TokensPerProjectPerHour               Bucket `json:"tokensPerProjectPerHour"`
	ConcurrentRequests                    Bucket `json:"concurrentRequests"`
	ServerErrorsPerProjectPerHour         Bucket `json:"serverErrorsPerProjectPerHour"`
	PotentiallyThresholdedRequestsPerHour Bucket `json:"potentiallyThresholdedRequestsPerHour"`
}

// All yields the buckets with Google's names.
func (b Buckets) All() iter.Seq2[string, Bucket] {
	return func(yield func(string, Bucket) bool) {
		_ = yield("tokensPerDay", b.TokensPerDay) &&
			yield("tokensPerHour", b.TokensPerHour) &&
			yield("tokensPerProjectPerHour", b.TokensPerProjectPerHour) &&
			yield("concurrentRequests", b.ConcurrentRequests) &&
			yield("serverErrorsPerProjectPerHour", b.ServerErrorsPerProjectPerHour) &&
			yield("potentiallyThresholdedRequestsPerHour", b.PotentiallyThresholdedRequestsPerHour)
	}
}

// A Quota is what was left for an account at a property, for operators.
type Quota struct {
	Account  string    `json:"account"`
	Property string    `json:"property"`
	Category string    `json:"category"` // core or realtime
	At       time.Time `json:"at"`
	Buckets
	// HourLimit and ProjectLimit are the most tokens of an hour that the property
	// and the project were ever seen to have: Google does not tell its limits.
	HourLimit    int64 `json:"hourLimit"`
	ProjectLimit int64 `json:"projectLimit"`
}

// quotas keep the newest Quota of each quotaKey.
type quotas struct {
	mu    sync.Mutex
	byKey map[quotaKey]Quota
}

func (g *Client) recordQuota(c *call, b Buckets, now time.Time) {
	if c.breaker != nil && b.ServerErrorsPerProjectPerHour != (Bucket{}) {
		c.breaker.correct(c.ticket, b.ServerErrorsPerProjectPerHour, now)
	}
	q := Quota{Account: c.key.account, Property: c.key.property, Category: c.key.category, At: now, Buckets: b}
	g.quotas.mu.Lock()
	if g.quotas.byKey == nil {
		g.quotas.byKey = map[quotaKey]Quota{}
	}
	before := g.quotas.byKey[c.key]
	q.HourLimit = max(hourTokens, before.HourLimit, b.TokensPerHour.Remaining+b.TokensPerHour.Consumed)
	q.ProjectLimit = max(projectTokens, before.ProjectLimit, b.TokensPerProjectPerHour.Remaining+b.TokensPerProjectPerHour.Consumed)
	g.quotas.byKey[c.key] = q
	g.quotas.mu.Unlock()
	if g.config.Observer.Quota != nil {
		g.config.Observer.Quota(q)
	}
}

// Quotas returns what was left in the last responses, by account, property and category.
func (g *Client) Quotas() []Quota {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	list := slices.Collect(maps.Values(g.quotas.byKey))
	slices.SortFunc(list, func(a, b Quota) int {
		return strings.Compare(a.Account+"\x00"+a.Property+"\x00"+a.Category, b.Account+"\x00"+b.Property+"\x00"+b.Category)
	})
	return list
}

// Tokens of an hour, of a property and of a project at a property, in a standard
// property. Those of Google Analytics 360 are ten times as many, and show.
// Source: the Data API's quotas page, 2026-09-19.
const (
	hourTokens    = 40_000
	projectTokens = 14_000
)

// The quota reserve: below these shares of an hour's tokens only queries of some urgency
// are asked; the rest is reserved for people who wait.
const (
	seenReserve   = 0.20 // no refreshes and no prewarming
	unseenReserve = 0.05 // only answers that nobody has seen yet
)

// share is the part of an hour's tokens that is left.
func (q Quota) share() float64 {
	return min(q.TokensPerHour.share(q.HourLimit), q.TokensPerProjectPerHour.share(q.ProjectLimit))
}

// share is 1 for a bucket that Google left out: the request consumed nothing.
func (b Bucket) share(limit int64) float64 {
	if b == (Bucket{}) || limit == 0 {
		return 1
	}
	return float64(b.Remaining) / float64(limit)
}

// checkReserve refuses what can wait while tokens are short. Google's last numbers hold
// for probeAfter: tokens come back within the hour, and only a request tells.
func (g *Client) checkReserve(q report.Query, u report.Urgency, now time.Time) *report.Error {
	g.quotas.mu.Lock()
	last := g.quotas.byKey[quotaKeyOf(q)]
	g.quotas.mu.Unlock()
	wait := probeAfter - now.Sub(last.At)
	if wait <= 0 {
		return nil
	}
	least := report.Prewarm
	switch left := last.share(); {
	case left < unseenReserve:
		least = report.Unseen
	case left < seenReserve:
		least = report.Seen
	}
	if u <= least {
		return nil
	}
	return retryLater(report.Quota, wait).
		Because(fmt.Errorf("%.0f %% of the hour's tokens are left and reserved for people who wait", 100*last.share()))
}
