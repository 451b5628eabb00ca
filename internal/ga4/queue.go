package ga4

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRunning is how many requests run at once for a property. Google allows 10 (50
// for 360), and others use the property too.
const maxRunning = 8

// limits are what the calls of a class may take of a property's queue, together with those of
// worse classes: visitors whom no host vouches for leave slots and places to the others.
var limits = [report.Classes]struct{ running, waiting int }{
	report.HostDashboard:   {maxRunning, 1000},
	report.HostQuestion:    {7, 900},
	report.PublicDashboard: {5, 500},
	report.PublicQuestion:  {3, 250},
}

// A job is a query that waits for, or runs in, a property's queue.
type job struct {
	ctx   context.Context
	query report.Query
	rank  report.Rank
	// turn is the job's place among those of its rank: the n-th of a session goes with the n-th
	// of the others.
	turn int
	// thresholded is set when the quota of potentially thresholded requests counts the job.
	thresholded bool
	// run is set for a call that is not a report: it shares no request.
	run  func(context.Context)
	done chan answer // has room for the one answer
}

type answer struct {
	report *report.Report
	err    *report.Error
}

func newJob(ctx context.Context, q report.Query, r report.Rank) *job {
	return &job{ctx: ctx, query: q, rank: r, thresholded: potentiallyThresholded(q), done: make(chan answer, 1)}
}

func (j *job) canceled() bool { return j.ctx.Err() != nil }

// before orders jobs by urgency, class and turn.
func (j *job) before(other *job) bool {
	return cmp.Or(cmp.Compare(j.rank.Urgency, other.rank.Urgency), cmp.Compare(j.rank.Class, other.rank.Class), cmp.Compare(j.turn, other.turn)) < 0
}

// batchable reports whether j may share a request: neither calls of another
// method may, nor those that may exhaust a quota which does not count the rest of a batch.
func (j *job) batchable() bool {
	return j.run == nil && !j.query.Realtime && len(j.query.Pivots) == 0 && !j.thresholded
}

// joins reports whether j may share the request of first. Classes share none, so that no class
// waits, or fails, for another's questions.
func (j *job) joins(first *job) bool {
	return first.batchable() && j.batchable() && j.query.Account == first.query.Account && j.rank.Class == first.rank.Class
}

// propertyQueues hold a queue for each property. Properties are those of the
// configuration, so queues are never dropped.
type propertyQueues struct {
	changed func(property string, running int)

	mu         sync.Mutex
	byProperty map[string]*propertyQueue
}

// A propertyQueue is the jobs of one property: those that run and those that wait, in the
// order of job.before, and equal ones in their order of arrival.
type propertyQueue struct {
	property string
	running  [report.Classes]int // ≤ maxRunning in all
	turns    [report.Classes]int // of the jobs that ran last
	run      func([]*job)        // answers a batch
	waiting  []*job
}

// add runs j as soon as a slot is free, by calling run with its batch.
func (all *propertyQueues) add(j *job, run func([]*job)) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byProperty == nil {
		all.byProperty = map[string]*propertyQueue{}
	}
	property := j.query.Property
	q := all.byProperty[property]
	if q == nil {
		q = &propertyQueue{property: property, run: run}
		all.byProperty[property] = q
	}
	q.waiting = slices.DeleteFunc(q.waiting, (*job).canceled)
	j.turn = q.nextTurn(j.rank)
	q.place(j)
	all.fill(q)
	q.bound()
}

// promote gives a job that waits the rank r, unless that would put it later.
func (all *propertyQueues) promote(j *job, r report.Rank) {
	all.mu.Lock()
	defer all.mu.Unlock()
	q := all.byProperty[j.query.Property]
	if q == nil || j.rank == r || !slices.Contains(q.waiting, j) {
		return
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(other *job) bool { return other == j })
	was := *j
	j.rank, j.turn = r, q.nextTurn(r)
	if was.before(j) {
		j.rank, j.turn = was.rank, was.turn
	}
	q.place(j)
	all.fill(q)
}

// nextTurn returns the turn of one more job of a rank.
func (q *propertyQueue) nextTurn(r report.Rank) int {
	turn := q.turns[r.Class]
	for _, j := range q.waiting {
		if j.rank == r {
			turn = max(turn, j.turn+1)
		}
	}
	return turn
}

func (q *propertyQueue) place(j *job) {
	at := len(q.waiting)
	for at > 0 && j.before(q.waiting[at-1]) {
		at--
	}
	q.waiting = slices.Insert(q.waiting, at, j)
}

// bound refuses the last of the jobs that exceed what their class may have waiting.
func (q *propertyQueue) bound() {
	for class := report.Class(report.Classes - 1); class >= 0; class-- {
		for q.count(class) > limits[class].waiting {
			last := len(q.waiting) - 1
			for q.waiting[last].rank.Class < class {
				last--
			}
			j := q.waiting[last]
			q.waiting = slices.Delete(q.waiting, last, last+1)
			j.done <- answer{nil, tooManyWaiting()}
		}
	}
}

// count returns how many jobs of a class, and of worse ones, wait.
func (q *propertyQueue) count(class report.Class) (n int) {
	for _, j := range q.waiting {
		if j.rank.Class >= class {
			n++
		}
	}
	return n
}

func tooManyWaiting() *report.Error {
	e := report.Errorf(report.RateLimited, "Too many questions about this view are waiting. Please try again in a moment.")
	e.RetryAfter = soon
	return e
}

// fill starts jobs while they have slots. The lock is held.
func (all *propertyQueues) fill(q *propertyQueue) {
	for {
		jobs := q.next()
		if jobs == nil {
			return
		}
		class := jobs[0].rank.Class
		all.count(q, class, +1)
		go func() {
			q.run(jobs)
			all.mu.Lock()
			defer all.mu.Unlock()
			all.count(q, class, -1)
			all.fill(q)
		}()
	}
}

// next takes the first job that has a slot and, when it is batchable, up to four more that may
// share its request: a batch takes no more time. It returns nil when none has a slot.
func (q *propertyQueue) next() (jobs []*job) {
	q.waiting = slices.DeleteFunc(q.waiting, func(j *job) bool {
		switch {
		case j.canceled():
			return true
		case len(jobs) == 0 && !q.slot(j.rank.Class), len(jobs) == report.MaxBatch, len(jobs) > 0 && !j.joins(jobs[0]):
			return false
		}
		jobs = append(jobs, j)
		q.turns[j.rank.Class] = max(q.turns[j.rank.Class], j.turn)
		return true
	})
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return jobs
}

// slot reports whether a call of a class may run now.
func (q *propertyQueue) slot(class report.Class) bool {
	n := 0
	for c := report.Class(report.Classes - 1); c >= 0; c-- {
		if n += q.running[c]; c <= class && n >= limits[c].running {
			return false
		}
	}
	return true
}

func (all *propertyQueues) count(q *propertyQueue, class report.Class, by int) {
	q.running[class] += by
	if all.changed != nil {
		n := 0
		for _, running := range q.running {
			n += running
		}
		all.changed(q.property, n)
	}
}
