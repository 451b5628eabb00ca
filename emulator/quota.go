package emulator

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A category is whose buckets a method charges.
type category int

const (
	free category = iota
	core
	realtime
)

// The quotas of a standard property.
const (
	tokensPerDay         = 200_000
	tokensPerHour        = 40_000
	tokensPerProjectHour = 14_000
	concurrentRequests   = 10
	serverErrorsPerHour  = 10
	thresholdedPerHour   = 120
	clientErrorsPer15Min = 10_000
)

// The texts of 429. Those of concurrency, project hour and thresholding are on
// record from Google; the others follow their pattern.
const (
	exhaustedConcurrent  = "Exhausted concurrent requests quota."
	exhaustedDay         = "Exhausted property tokens per day. These quota tokens will return in under 24 hours."
	exhaustedHour        = "Exhausted property tokens per hour. These quota tokens will return in under an hour."
	exhaustedProjectHour = "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour."
	exhaustedErrors      = "Exhausted server errors for a project per hour. These quota tokens will return in under an hour."
	exhaustedThresholded = "Exhausted potentially thresholded requests quota."
	exhaustedClient      = "Exhausted client errors for a project per 15 minutes. These quota tokens will return in under 15 minutes."
)

// A bucket is one quota: used of limit until the window is over. The window of
// an hourly bucket begins with its first use, that of a daily one at midnight
// Pacific.
type bucket struct {
	limit, used int
	until       time.Time
}

// roll empties the bucket when its window is over.
func (b *bucket) roll(now, next time.Time) {
	if !now.Before(b.until) {
		b.used, b.until = 0, next
	}
}

func (b *bucket) left() int { return max(0, b.limit-b.used) }

// leave uses the bucket up to what shall be left in this window.
func (b *bucket) leave(left int) { b.used = b.limit - left }

// A perProperty holds the buckets that all projects share.
type perProperty struct {
	day, hour, thresholded bucket
	running                int
	limit                  int // of running
}

// A perProject holds the buckets of one project at one property.
type perProject struct {
	hour, serverErrors, clientErrors bucket
}

type propertyKey struct {
	property string
	category category
}

type projectKey struct {
	propertyKey
	project string
}

// bucket returns the bucket that PropertyQuota calls by that name, or nil.
func (p *perProperty) bucket(name string) *bucket {
	switch name {
	case "tokensPerDay":
		return &p.day
	case "tokensPerHour":
		return &p.hour
	case "potentiallyThresholdedRequestsPerHour":
		return &p.thresholded
	}
	return nil
}

// bucket returns the bucket that PropertyQuota calls by that name, or nil.
func (p *perProject) bucket(name string) *bucket {
	switch name {
	case "tokensPerProjectPerHour":
		return &p.hour
	case "serverErrorsPerProjectPerHour":
		return &p.serverErrors
	}
	return nil
}

// A quotaStore counts, separately for core and realtime.
type quotaStore struct {
	share   float64                    // of a standard property's tokens
	premium func(property string) bool // tells properties of Analytics 360

	mu         sync.Mutex
	properties map[propertyKey]*perProperty
	projects   map[projectKey]*perProject
	// forced is what is left of project buckets, until their windows end, for
	// projects that have not asked yet.
	forced map[propertyKey]map[string]int
}

func newQuotaStore(share float64, premium func(property string) bool) *quotaStore {
	q := &quotaStore{share: share, premium: premium}
	q.reset()
	return q
}

func (q *quotaStore) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.properties = map[propertyKey]*perProperty{}
	q.projects = map[projectKey]*perProject{}
	q.forced = map[propertyKey]map[string]int{}
}

// limits are what is allowed of tokens of a kind, and of requests that run or fail, for a
// property of which a standard one has so many. Analytics 360 has more.
func (q *quotaStore) limits(property string) (tokens, requests func(standard int) int) {
	many, some := q.share, 1
	if q.premium(property) {
		many, some = 10*many, 5
	}
	return func(standard int) int { return int(float64(standard) * many) }, func(standard int) int { return standard * some }
}

// A lease is a request in execution that holds one of the property's places.
type lease struct {
	key projectKey
}

// of returns the buckets of a key, rolled on to now. The caller holds the lock.
func (q *quotaStore) of(k projectKey, now time.Time) (*perProperty, *perProject) {
	tokens, requests := q.limits(k.property)
	p := q.properties[k.propertyKey]
	if p == nil {
		p = &perProperty{
			day: bucket{limit: tokens(tokensPerDay)}, hour: bucket{limit: tokens(tokensPerHour)},
			thresholded: bucket{limit: thresholdedPerHour}, limit: requests(concurrentRequests),
		}
		q.properties[k.propertyKey] = p
	}
	j := q.projects[k]
	fresh := j == nil
	if fresh {
		j = &perProject{
			hour:         bucket{limit: tokens(tokensPerProjectHour)},
			serverErrors: bucket{limit: requests(serverErrorsPerHour)},
			clientErrors: bucket{limit: clientErrorsPer15Min},
		}
		q.projects[k] = j
	}
	hour := now.Add(time.Hour)
	p.day.roll(now, midnightPacific(now))
	for _, b := range []*bucket{&p.hour, &p.thresholded, &j.hour, &j.serverErrors} {
		b.roll(now, hour)
	}
	j.clientErrors.roll(now, now.Add(15*time.Minute))
	if fresh {
		for name, left := range q.forced[k.propertyKey] {
			j.bucket(name).leave(left)
		}
	}
	return p, j
}

// setLeft forces what is left in a bucket.
func (q *quotaStore) setLeft(k propertyKey, name string, left int, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	p, j := q.of(projectKey{propertyKey: k}, now)
	switch {
	case left < 0:
		return fmt.Errorf("emulator: %d cannot be left of a quota", left)
	case name == "concurrentRequests":
		p.limit = left
	case p.bucket(name) != nil:
		p.bucket(name).leave(left)
	case j.bucket(name) != nil:
		for other := range q.projects {
			if other.propertyKey == k {
				_, j := q.of(other, now)
				j.bucket(name).leave(left)
			}
		}
		if q.forced[k] == nil {
			q.forced[k] = map[string]int{}
		}
		q.forced[k][name] = left
	default:
		return fmt.Errorf("emulator: no quota %q: the names are those of PropertyQuota", name)
	}
	return nil
}

// midnightPacific returns the next midnight in Los Angeles.
func midnightPacific(now time.Time) time.Time {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		zone = time.FixedZone("PST", -8*3600) // unreachable: tzdata is embedded
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// enterQuota takes a place at the property, or refuses when any of its
// buckets is empty.
func (e *Emulator) enterQuota(c *call) error {
	if c.method.category == free || c.property.Property == "" {
		return nil
	}
	q := e.quota
	k := projectKey{propertyKey{c.property.Property, c.method.category}, c.project}
	q.mu.Lock()
	defer q.mu.Unlock()
	p, j := q.of(k, c.now)
	for _, b := range []struct {
		empty   bool
		message string
	}{
		{j.clientErrors.left() == 0, exhaustedClient},
		{j.serverErrors.left() == 0, exhaustedErrors},
		{p.day.left() == 0, exhaustedDay},
		{p.hour.left() == 0, exhaustedHour},
		{j.hour.left() == 0, exhaustedProjectHour},
		{p.running >= p.limit, exhaustedConcurrent},
	} {
		if b.empty {
			j.clientErrors.used++
			return exhausted(b.message)
		}
	}
	p.running++
	c.lease = &lease{k}
	return nil
}

// leave gives the place back and counts the failure, if it was one.
func (q *quotaStore) leave(l *lease, status int, now time.Time) {
	if l == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	p, j := q.of(l.key, now)
	p.running--
	switch status {
	case http.StatusOK:
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		j.serverErrors.used++
	default:
		j.clientErrors.used++
	}
}

// cost is how many tokens a report takes: an interpolation of what was
// measured on a real property, since Google does not publish its formula.
func cost(days, dimensions, metrics int) int {
	return 1 + days/60 + max(0, (dimensions*metrics-3+31)/32)
}

type quotaStatus struct {
	Consumed  int `json:"consumed"`
	Remaining int `json:"remaining"`
}

// A quotaAnswer is PropertyQuota. Its zeros are written, as Google does here
// and nowhere else.
type quotaAnswer struct {
	TokensPerDay         quotaStatus  `json:"tokensPerDay"`
	TokensPerHour        quotaStatus  `json:"tokensPerHour"`
	ConcurrentRequests   quotaStatus  `json:"concurrentRequests"`
	ServerErrors         quotaStatus  `json:"serverErrorsPerProjectPerHour"`
	Thresholded          *quotaStatus `json:"potentiallyThresholdedRequestsPerHour,omitempty"`
	TokensPerProjectHour quotaStatus  `json:"tokensPerProjectPerHour"`
}

// charge takes the tokens of one report, and one thresholded request if it
// was one, and returns what is left.
func (e *Emulator) charge(c *call, tokens int, thresholded bool) (*quotaAnswer, error) {
	if c.lease == nil {
		return nil, nil
	}
	q := e.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	p, j := q.of(c.lease.key, c.now)
	one := 0
	if thresholded {
		if p.thresholded.left() == 0 {
			return nil, exhausted(exhaustedThresholded)
		}
		one = 1
	}
	p.thresholded.used += one
	p.day.used += tokens
	p.hour.used += tokens
	j.hour.used += tokens
	others := p.running - 1 // this request is not counted in its own answer
	return &quotaAnswer{
		TokensPerDay:         quotaStatus{tokens, p.day.left()},
		TokensPerHour:        quotaStatus{tokens, p.hour.left()},
		ConcurrentRequests:   quotaStatus{others, max(0, p.limit-others)},
		ServerErrors:         quotaStatus{0, j.serverErrors.left()},
		Thresholded:          &quotaStatus{one, p.thresholded.left()},
		TokensPerProjectHour: quotaStatus{tokens, j.hour.left()},
	}, nil
}
