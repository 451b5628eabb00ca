package cache

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oriel-server/oriel/internal/report"
)

// recent are the questions that visitors asked recently, to be asked again before the next visitor does.
type recent struct {
	mu        sync.Mutex
	questions map[report.Key]*recentQuestion
}

// A recentQuestion is one whose answer a visitor had to wait for, or got stale.
type recentQuestion struct {
	question *report.Question
	zone     *time.Location
	today    report.Date // in the property, for the question's dates
	accessed time.Time
}

// maxRecent bounds the recent questions, and the work of one Prewarm.
const maxRecent = 2_000

// add records a question that was answered. Answers without a time zone are realtime and not prewarmed.
func (h *recent) add(q *report.Question, r *report.Report, now time.Time) {
	if r.TimeZone == "" || r.Freshness == report.FreshFinal || q.Urgency() != report.Unseen {
		return
	}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.questions == nil {
		h.questions = map[report.Key]*recentQuestion{}
	}
	if before := h.questions[q.Key()]; before != nil && before.question.Class() < q.Class() {
		q = before.question
	}
	h.questions[q.Key()] = &recentQuestion{q, zone, report.DateOf(now, zone), now}
	if len(h.questions) > maxRecent {
		h.evict()
	}
}

// evict drops a tenth: of the worst classes, what was not accessed for longest.
func (h *recent) evict() {
	keys := slices.SortedFunc(maps.Keys(h.questions), func(a, b report.Key) int {
		x, y := h.questions[a], h.questions[b]
		return cmp.Or(cmp.Compare(y.question.Class(), x.question.Class()), x.accessed.Compare(y.accessed))
	})
	for _, k := range keys[:len(keys)/10] {
		delete(h.questions, k)
	}
}

// due returns the questions to prewarm, moved to today, and drops those that nobody accessed for longer than
// idleTTL. An answer is prewarmed for one TTL after its last access: a visitor who comes back later may come
// tomorrow, for another day.
func (h *recent) due(a *Answers, idleTTL time.Duration) []*report.Question {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := a.config.Clock()
	var due []*report.Question
	for key, r := range h.questions {
		e, _ := a.memory.peek(key)
		if e != nil && e.accessed.Load() != 0 {
			r.accessed = later(r.accessed, time.Unix(0, e.accessed.Load()))
		}
		if now.Sub(r.accessed) > idleTTL {
			delete(h.questions, key)
			continue
		}
		switch ttl := a.ttlFor(e, r.question); {
		case r.moveToToday(now):
			delete(h.questions, key)
			h.questions[r.question.Key()] = r
			due = append(due, r.question)
		case e != nil && e.endsSoon(now, ttl) && now.Sub(r.accessed) <= ttl:
			due = append(due, r.question)
		}
	}
	slices.SortFunc(due, func(a, b *report.Question) int { return cmp.Compare(a.Property(), b.Property()) })
	return due
}

// moveToToday moves a question whose range ended today or yesterday when it was asked to the current day, and
// reports whether that was needed.
func (r *recentQuestion) moveToToday(now time.Time) bool {
	today, yesterday := report.DateOf(now, r.zone), r.today.AddDays(-1).String()
	by := r.today.DaysUntil(today)
	endsLate := func(days report.DateRange) bool { return days.EndDate >= yesterday }
	if by <= 0 || !slices.ContainsFunc(r.question.Query().DateRanges, endsLate) {
		return false
	}
	r.question = r.question.With(func(q *report.Query) {
		for i, days := range q.DateRanges {
			q.DateRanges[i].StartDate, q.DateRanges[i].EndDate = moved(days.StartDate, by), moved(days.EndDate, by)
		}
	})
	r.today = today
	return true
}

func moved(day string, by int) string {
	d, err := report.ParseDate(day)
	if err != nil {
		return day
	}
	return d.AddDays(by).String()
}

// maxPrewarming is at how many properties questions are prewarmed at once; at each, one group after the other.
const maxPrewarming = 8

// Prewarm asks, once and at the least urgency, the recent questions whose answers expire soon, and those of a
// day that ended for the new day. Call it every minute or more often; it returns when all are asked or ctx
// ends. Questions that nobody accessed for longer than idleTTL are dropped.
func (c *Cache) Prewarm(ctx context.Context, idleTTL time.Duration) {
	byProperty := map[string][][]*report.Question{}
	for _, group := range c.config.Group(c.recent.due(c.answers, idleTTL)) {
		p := group[0].Property()
		byProperty[p] = append(byProperty[p], group)
	}
	var properties errgroup.Group
	properties.SetLimit(maxPrewarming)
	for _, groups := range byProperty {
		properties.Go(func() error {
			for _, group := range groups {
				if ctx.Err() != nil || !c.prewarm(ctx, group) {
					break
				}
			}
			return nil
		})
	}
	_ = properties.Wait() // always nil: what failed is asked when a visitor asks
}

// prewarm asks questions at the same time; false when the quota is too short.
func (c *Cache) prewarm(ctx context.Context, group []*report.Question) bool {
	var short atomic.Bool
	var wg sync.WaitGroup
	for _, q := range group {
		wg.Go(func() {
			r, err := c.Report(ctx, q.At(report.Prewarm))
			if err == nil && r.Stale == report.StaleQuota || err != nil && report.KindOf(err) == report.Quota {
				short.Store(true)
			}
		})
	}
	wg.Wait()
	return !short.Load()
}
