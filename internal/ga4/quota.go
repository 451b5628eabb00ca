package ga4

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Bucket is one quota: what this request took and what is left.
type Bucket struct {
	Consumed  int64 `json:"consumed"`
	Remaining int64 `json:"remaining"`
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
	Account  string
	Property string
	Category string // core or realtime
	At       time.Time
	Buckets
}

// quotas keep the newest Quota of each subject.
type quotas struct {
	mu        sync.Mutex
	bySubject map[subject]Quota
}

func (g *Client) noteQuota(s subject, b Buckets, now time.Time) {
	q := Quota{Account: s.account, Property: s.property, Category: s.category, At: now, Buckets: b}
	g.quotas.mu.Lock()
	if g.quotas.bySubject == nil {
		g.quotas.bySubject = map[subject]Quota{}
	}
	g.quotas.bySubject[s] = q
	g.quotas.mu.Unlock()
	if g.config.Observer.Quota != nil {
		g.config.Observer.Quota(q)
	}
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
