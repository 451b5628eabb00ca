package plan

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

// hot are the questions that people asked of late, to be asked again before the
// next of them does.
type hot struct {
	mu        sync.Mutex
	questions map[string]*asked
}

// An asked question is one that somebody had to wait for, or was given old.
type asked struct {
	query report.Query
	zone  *time.Location
	today report.Date // in the property, when the dates were as they are
	last  time.Time   // when it was asked
}

// maxHot bounds the questions that are remembered, and the work of a pass.
const maxHot = 2_000

// note remembers a question that was answered. Answers without a time zone are of
// the moment, and not fetched ahead.
func (h *hot) note(q report.Query, r *report.Report, now time.Time) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || r.TimeZone == "" || r.Freshness == report.FreshFinal || q.Urgency != report.Unseen {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.questions == nil {
		h.questions = map[string]*asked{}
	}
	h.questions[word(q)] = &asked{q.Clone(), zone, report.DateOf(now, zone), now}
	if len(h.questions) > maxHot {
		h.forgetOldest()
	}
}

// forgetOldest makes room for a tenth more.
func (h *hot) forgetOldest() {
	keys := make([]string, 0, len(h.questions))
	for k := range h.questions {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return h.questions[a].last.Compare(h.questions[b].last) })
	for _, k := range keys[:len(keys)/10] {
		delete(h.questions, k)
	}
}

// due takes the questions whose answers end before soon, moved to today, and drops
// those that nobody looked at for long enough.
func (h *hot) due(m Memory, now time.Time, unseen time.Duration) []report.Query {
	h.mu.Lock()
	defer h.mu.Unlock()
	var due []report.Query
	for key, a := range h.questions {
		seen, life, soon := m.Outlook(a.query)
		if last := later(seen, a.last); now.Sub(last) > unseen {
			delete(h.questions, key)
			continue
		} else if last.After(a.last) {
			a.last = last
		}
		switch {
		case a.rolled(now):
			delete(h.questions, key)
			h.questions[word(a.query)] = a
			due = append(due, a.query.Clone())
		case soon && now.Sub(a.last) <= attention*life:
			due = append(due, a.query.Clone())
		}
	}
	slices.SortFunc(due, func(a, b report.Query) int { return cmp.Compare(a.Property, b.Property) })
	return due
}

// attention is for how many lives of an answer it is fetched ahead after the last
// look at it. Who comes back later may come tomorrow: then there is a new day.
const attention = 1

// rolled moves a question whose range ends today or yesterday to the day that it
// is now, and reports whether that was needed.
func (a *asked) rolled(now time.Time) bool {
	today := report.DateOf(now, a.zone)
	days := a.today.DaysUntil(today)
	if days <= 0 || !a.rolling() {
		return false
	}
	for i, r := range a.query.DateRanges {
		a.query.DateRanges[i].StartDate, a.query.DateRanges[i].EndDate = moved(r.StartDate, days), moved(r.EndDate, days)
	}
	a.today = today
	return true
}

func (a *asked) rolling() bool {
	yesterday := a.today.AddDays(-1).String()
	return slices.ContainsFunc(a.query.DateRanges, func(r report.DateRange) bool { return r.EndDate >= yesterday })
}

func moved(day string, by int) string {
	d, err := report.ParseDate(day)
	if err != nil {
		return day
	}
	return d.AddDays(by).String()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Prewarm fetches, once, what people looked at of late and what ends soon, at the
// least urgency. It is to be called every minute or less, and returns when all is
// asked or ctx ends. Questions that nobody looked at for longer than unseen are
// dropped; those that ended with a day are asked for the new one.
func (p *Plan) Prewarm(ctx context.Context, unseen time.Duration) {
	byProperty := map[string][][]report.Query{}
	for _, mates := range kin(p.hot.due(p.c.Memory, p.c.Clock(), unseen)) {
		byProperty[mates[0].Property] = append(byProperty[mates[0].Property], mates)
	}
	var properties errgroup.Group
	properties.SetLimit(maxWarming)
	for _, groups := range byProperty {
		properties.Go(func() error {
			for _, mates := range groups {
				if ctx.Err() != nil || !p.ahead(ctx, mates) {
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
func (p *Plan) ahead(ctx context.Context, mates []report.Query) bool {
	var short atomic.Bool
	var wg sync.WaitGroup
	for _, q := range mates {
		q.Urgency = report.Prewarm
		wg.Go(func() {
			r, err := p.answer(ctx, q)
			switch {
			case err == nil && r.Stale == "":
				p.c.Observer(Prewarmed)
			case err == nil && r.Stale == report.StaleQuota, err != nil && report.KindOf(err) == report.Quota:
				short.Store(true)
			}
		})
	}
	wg.Wait()
	return !short.Load()
}

// kin puts questions together that can be asked as one, which those are that come
// within moments.
func kin(questions []report.Query) (groups [][]report.Query) {
	at := map[unionKey]int{}
	for _, q := range questions {
		key := unionOf(q)
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], q)
	}
	return groups
}
