package ga4

import (
	"encoding/json"
	"fmt"
	"iter"
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

// quotas keep what is known of each quotaKey.
type quotas struct {
	perDay map[string]int64 // Config.PublicTokens
	google *time.Location   // where Google's days are

	mu      sync.Mutex
	byKey   map[quotaKey]*quotaState
	budgets map[string]*budget // by property
}

// A quotaState is the newest Quota, and what happened since.
type quotaState struct {
	Quota
	dayLimit, thresholdedLimit int64 // as HourLimit
	// running are the potentially thresholded requests that run; asked are those, and others that
	// the newest Quota does not count.
	running, asked int64
	probed         time.Time // when a request that left no reserve was last sent
}

// of returns the state of a quotaKey. The lock is held.
func (all *quotas) of(k quotaKey) *quotaState {
	if all.byKey == nil {
		all.byKey = map[quotaKey]*quotaState{}
	}
	if all.byKey[k] == nil {
		all.byKey[k] = &quotaState{}
	}
	return all.byKey[k]
}

// begin counts a call that is about to be sent.
func (all *quotas) begin(c *call) {
	if c.thresholded {
		all.mu.Lock()
		defer all.mu.Unlock()
		s := all.of(c.key)
		s.running, s.asked = s.running+1, s.asked+1
	}
}

// end counts a call that was sent.
func (all *quotas) end(c *call) {
	if c.thresholded {
		all.mu.Lock()
		defer all.mu.Unlock()
		all.of(c.key).running--
	}
}

// record replaces the Quota with a newer one.
func (all *quotas) record(k quotaKey, q Quota) Quota {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.of(k)
	q.HourLimit = q.TokensPerHour.limit(max(hourTokens, s.HourLimit))
	q.ProjectLimit = q.TokensPerProjectPerHour.limit(max(projectTokens, s.ProjectLimit))
	s.dayLimit = q.TokensPerDay.limit(max(dayTokens, s.dayLimit))
	s.thresholdedLimit = q.PotentiallyThresholdedRequestsPerHour.limit(max(thresholdedRequests, s.thresholdedLimit))
	s.Quota, s.asked = q, s.running
	return q
}

// limit is the most that the bucket was ever seen to have, at least known.
func (b Bucket) limit(known int64) int64 { return max(known, b.Remaining+b.Consumed) }

func (g *Client) recordQuota(c *call, b Buckets, now time.Time) {
	if c.breaker != nil && b.ServerErrorsPerProjectPerHour != (Bucket{}) {
		c.breaker.correct(c.ticket, b.ServerErrorsPerProjectPerHour, now)
	}
	g.quotas.spend(c, b.TokensPerDay, now)
	q := g.quotas.record(c.key, Quota{Account: c.key.account, Property: c.key.property, Category: c.key.category, At: now, Buckets: b})
	if g.config.Observer.Quota != nil {
		g.config.Observer.Quota(q)
	}
}

// Quotas returns what was left in the last responses, by account, property and category.
func (g *Client) Quotas() []Quota {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	var list []Quota
	for _, s := range g.quotas.byKey {
		if !s.At.IsZero() {
			list = append(list, s.Quota)
		}
	}
	slices.SortFunc(list, func(a, b Quota) int {
		return strings.Compare(a.Account+"\x00"+a.Property+"\x00"+a.Category, b.Account+"\x00"+b.Property+"\x00"+b.Category)
	})
	return list
}

// The quotas of a standard property: tokens of an hour, of a property, of a project at a
// property, and of a day; potentially thresholded requests of an hour. Those of Google Analytics
// 360 are ten times as many, and show. Source: the Data API's quotas page, 2026-09-19.
const (
	hourTokens          = 40_000
	projectTokens       = 14_000
	dayTokens           = 200_000
	thresholdedRequests = 120
)

// shares are what a class may use of Google's quotas. docs/quota-and-freshness.md has the table.
var shares = [report.Classes]struct {
	// reserve is the part of a quota below which questions of an urgency are not asked: it is
	// reserved for better ones.
	reserve reserve
	// day is the part of a property's tokens of a day that the class may use, see budget; 0 where
	// only reserve bounds it.
	day float64
}{
	report.HostDashboard:   {reserve: reserve{report.Unseen: 0, report.Seen: 0.05, report.Refresh: 0.20, report.Prewarm: 0.20}},
	report.HostQuestion:    {reserve: reserve{report.Unseen: 0.02, report.Seen: 0.05, report.Refresh: 0.20, report.Prewarm: 0.20}},
	report.PublicDashboard: {reserve: reserve{report.Unseen: 0.05, report.Seen: 0.10, report.Refresh: 0.25, report.Prewarm: 0.25}},
	report.PublicQuestion:  {reserve: reserve{report.Unseen: 0.50, report.Seen: 0.50, report.Refresh: 0.50, report.Prewarm: 0.50}, day: 0.10},
}

type reserve = [report.Prewarm + 1]float64

// left is the part of the quotas that is left for a job. The day's tokens are reserved from the
// public alone: refreshes that stop would not start again before the day ends.
func (s *quotaState) left(j *job) float64 {
	left := min(s.TokensPerHour.share(s.HourLimit), s.TokensPerProjectPerHour.share(s.ProjectLimit))
	if j.rank.Class.Public() {
		left = min(left, s.TokensPerDay.share(s.dayLimit))
	}
	if j.thresholded {
		left = min(left, s.PotentiallyThresholdedRequestsPerHour.share(s.thresholdedLimit)-float64(s.asked)/float64(max(thresholdedRequests, s.thresholdedLimit)))
	}
	return left
}

// share is 1 for a bucket that Google left out: the request consumed nothing.
func (b Bucket) share(limit int64) float64 {
	if b == (Bucket{}) || limit == 0 {
		return 1
	}
	return float64(b.Remaining) / float64(limit)
}

// check refuses a job while what is left of a quota is reserved for better ones. Google's last
// numbers hold for probeAfter: tokens come back within the hour, and only a request tells. Then
// one job that is sent may take of the reserve.
func (all *quotas) check(j *job, now time.Time, sent bool) *report.Error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if err := all.checkBudget(j, now); err != nil {
		return err
	}
	s := all.of(quotaKeyOf(j.query))
	left := s.left(j)
	if left >= shares[j.rank.Class].reserve[j.rank.Urgency] {
		return nil
	}
	last := s.At
	if s.probed.After(last) {
		last = s.probed
	}
	wait := probeAfter - now.Sub(last)
	if wait <= 0 {
		if sent {
			s.probed = now
		}
		return nil
	}
	return retryLater(report.Quota, wait).
		Because(fmt.Errorf("%.0f %% of a quota is left, which is reserved for better than a %s", 100*left, j.rank.Class))
}
