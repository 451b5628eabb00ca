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

// A Bucket is one quota: what this request took and what is left.
type Bucket struct {
	Consumed  int64 `json:"consumed"`
	Remaining int64 `json:"remaining"`
}

// UnmarshalJSON reads numbers, also where they are written as strings: a 64-bit
// integer may be either in proto3-JSON.
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

// Buckets are the quotas of a property as Google told them with a report.
type Buckets struct {
	TokensPerDay                          Bucket `json:"tokensPerDay"`
	TokensPerHour                         Bucket `json:"tokensPerHour"`
	TokensPerProjectPerHour               Bucket `json:"tokensPerProjectPerHour"`
	ConcurrentRequests                    Bucket `json:"concurrentRequests"`
	ServerErrorsPerProjectPerHour         Bucket `json:"serverErrorsPerProjectPerHour"`
	PotentiallyThresholdedRequestsPerHour Bucket `json:"potentiallyThresholdedRequestsPerHour"`
}

// All yields the buckets by Google's names.
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
	// and the project were ever seen to have. Google tells what is left, not of
	// how much.
	HourLimit    int64 `json:"hourLimit"`
	ProjectLimit int64 `json:"projectLimit"`
}

// quotas keep the newest Quota of each subject: the ledger of what is left.
type quotas struct {
	mu        sync.Mutex
	bySubject map[subject]Quota
}

func (g *Client) noteQuota(c *call, b Buckets, now time.Time) {
	s := c.subject
	if b.ServerErrorsPerProjectPerHour != (Bucket{}) {
		g.guards.told(s, c.pass, b.ServerErrorsPerProjectPerHour, now)
	}
	q := Quota{Account: s.account, Property: s.property, Category: s.category, At: now, Buckets: b}
	g.quotas.mu.Lock()
	if g.quotas.bySubject == nil {
		g.quotas.bySubject = map[subject]Quota{}
	}
	before := g.quotas.bySubject[s]
	q.HourLimit = max(hourTokens, before.HourLimit, b.TokensPerHour.Remaining+b.TokensPerHour.Consumed)
	q.ProjectLimit = max(projectTokens, before.ProjectLimit, b.TokensPerProjectPerHour.Remaining+b.TokensPerProjectPerHour.Consumed)
	g.quotas.bySubject[s] = q
	g.quotas.mu.Unlock()
	if g.config.Observer.Quota != nil {
		g.config.Observer.Quota(q)
	}
}

// Quotas returns what was left when Google last told, for all accounts,
// properties and categories that asked.
func (g *Client) Quotas() []Quota {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	list := slices.Collect(maps.Values(g.quotas.bySubject))
	slices.SortFunc(list, func(a, b Quota) int {
		return strings.Compare(a.Account+"\x00"+a.Property+"\x00"+a.Category, b.Account+"\x00"+b.Property+"\x00"+b.Category)
	})
	return list
}

// Quota returns what was left of a property's quotas when Google last told, for
// each account and category that asked; empty when none did.
func (g *Client) Quota(property string) []Quota {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	var list []Quota
	for s, q := range g.quotas.bySubject {
		if s.property == property {
			list = append(list, q)
		}
	}
	slices.SortFunc(list, func(a, b Quota) int {
		return strings.Compare(a.Account+"\x00"+a.Category, b.Account+"\x00"+b.Category)
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
