package emulator

import (
	"maps"
	"strconv"
	"sync"
)

// Counts are what the emulator was asked since it was made or reset.
type Counts struct {
	// Requests per method, Statuses per method and HTTP status. Status "0" is
	// a connection that was cut. What is no method is "notFound".
	Requests map[string]int            `json:"requests"`
	Statuses map[string]map[string]int `json:"statuses"`
	// TokensIssued is the number of access tokens since the emulator was made.
	TokensIssued int `json:"tokensIssued"`
	// Reports is how often reports were computed, members of batches one by
	// one; DistinctReports is how many of them were different questions.
	Reports         int `json:"reports"`
	DistinctReports int `json:"distinctReports"`
	// MostAtOnce is the largest number of requests to one property that were in
	// execution together, by property.
	MostAtOnce map[string]int `json:"mostAtOnce"`
}

// counters count.
type counters struct {
	mu       sync.Mutex
	requests map[string]int
	statuses map[string]map[string]int
	reports  int
	distinct map[string]bool
	now      map[string]int
	most     map[string]int
}

func newCounters() *counters {
	c := &counters{now: map[string]int{}}
	c.reset()
	return c
}

// reset forgets the past; requests in execution stay counted.
func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests, c.statuses = map[string]int{}, map[string]map[string]int{}
	c.reports, c.distinct = 0, map[string]bool{}
	c.most = maps.Clone(c.now)
}

func (c *counters) request(method string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[method]++
	if c.statuses[method] == nil {
		c.statuses[method] = map[string]int{}
	}
	c.statuses[method][strconv.Itoa(status)]++
}

// running counts a request in; what it returns counts it out.
func (c *counters) running(property string) (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[property]++
	c.most[property] = max(c.most[property], c.now[property])
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.now[property]--; c.now[property] == 0 {
			delete(c.now, property)
		}
	}
}

func (c *counters) report(question string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports++
	c.distinct[fingerprint(question)] = true
}

func (c *counters) counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	statuses := map[string]map[string]int{}
	for m, s := range c.statuses {
		statuses[m] = maps.Clone(s)
	}
	return Counts{
		Requests: maps.Clone(c.requests), Statuses: statuses,
		Reports: c.reports, DistinctReports: len(c.distinct), MostAtOnce: maps.Clone(c.most),
	}
}
