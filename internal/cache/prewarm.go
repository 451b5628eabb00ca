package cache

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oriel-server/oriel/internal/report"
)

// recent are the questions that people asked of late, to be asked again before the next
// of them does.
type recent struct {
	mu        sync.Mutex
	questions map[report.Key]*recentQuestion
}

// A recentQuestion is one whose answer somebody had to wait for, or was given old.
type recentQuestion struct {
	question *report.Question
	zone     *time.Location
	today    report.Date // in the property, when the dates were as they are
	last     time.Time   // when it was asked
}

// maxRecent bounds the questions that are remembered, and the work of a pass.
const maxRecent = 2_000

// note remembers a question that was answered. Answers without a time zone are of the
// moment, and not fetched ahead.
func (h *recent) note(q *report.Question, r *report.Report, now time.Time) {
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
	h.questions[q.Key()] = &recentQuestion{q, zone, report.DateOf(now, zone), now}
	if len(h.questions) > maxRecent {
		h.forgetOldest()
	}
}

// forgetOldest makes room for a tenth more.
func (h *recent) forgetOldest() {
	keys := make([]report.Key, 0, len(h.questions))
	for k := range h.questions {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b report.Key) int { return h.questions[a].last.Compare(h.questions[b].last) })
	for _, k := range keys[:len(keys)/10] {
		delete(h.questions, k)
	}
}

// due takes the questions whose answers end soon, moved to today, and drops those that
// nobody looked at for longer than unseen.
func (h *recent) due(a *Answers, unseen time.Duration) []*report.Question {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := a.config.Clock()
	var due []*report.Question
	for key, r := range h.questions {
		e, _ := a.kept.GetIfPresent(key)
		r.looked(e)
		if now.Sub(r.last) > unseen {
			delete(h.questions, key)
			continue
		}
		switch life := a.life(e, r.question); {
		case r.rolled(now):
			delete(h.questions, key)
			h.questions[r.question.Key()] = r
			due = append(due, r.question)
		case e != nil && e.endsSoon(now, life) && now.Sub(r.last) <= attention*life:
			due = append(due, r.question)
		}
	}
	slices.SortFunc(due, func(a, b *report.Question) int { return cmp.Compare(a.Property(), b.Property()) })
	return due
}

// looked notes when somebody was given the answer last.
func (r *recentQuestion) looked(e *entry) {
	if e == nil {
		return
	}
	if seen := e.seen.Load(); seen != 0 {
		r.last = later(r.last, time.Unix(0, seen))
	}
}

// attention is for how many lives of an answer it is fetched ahead after the last
// look at it. Who comes back later may come tomorrow: then there is a new day.
const attention = 1

// rolled moves a question whose range ends today or yesterday to the day that it
// is now, and reports whether that was needed.
func (r *recentQuestion) rolled(now time.Time) bool {
	today := report.DateOf(now, r.zone)
	by := r.today.DaysUntil(today)
	if by <= 0 || !r.rolling() {
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

func (r *recentQuestion) rolling() bool {
	yesterday := r.today.AddDays(-1).String()
	return slices.ContainsFunc(r.question.Query().DateRanges, func(days report.DateRange) bool { return days.EndDate >= yesterday })
}

func moved(day string, by int) string {
	d, err := report.ParseDate(day)
	if err != nil {
		return day
	}
	return d.AddDays(by).String()
}

// Prewarm fetches, once, what people looked at of late and what ends soon, at the
// least urgency. It is to be called every minute or less, and returns when all is
// asked or ctx ends. Questions that nobody looked at for longer than unseen are
// dropped; those that ended with a day are asked for the new one.
func (c *Cache) Prewarm(ctx context.Context, unseen time.Duration) {
	byProperty := map[string][][]*report.Question{}
	for _, mates := range c.config.Group(c.recent.due(c.answers, unseen)) {
		byProperty[mates[0].Property()] = append(byProperty[mates[0].Property()], mates)
	}
	var properties errgroup.Group
	properties.SetLimit(maxWarming)
	for _, groups := range byProperty {
		properties.Go(func() error {
			for _, mates := range groups {
				if ctx.Err() != nil || !c.ahead(ctx, mates) {
					break
				}
			}
			return nil
		})
	}
	_ = properties.Wait() // no error is returned above: what failed is asked when somebody looks
}

// maxWarming is at how many properties things are fetched ahead at once; at each,
// one group of questions after the other.
const maxWarming = 8

// ahead asks questions together; false when tokens are too short for that.
func (c *Cache) ahead(ctx context.Context, mates []*report.Question) bool {
	var short atomic.Bool
	var wg sync.WaitGroup
	for _, q := range mates {
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
