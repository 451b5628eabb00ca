package ga4

import (
	"context"
	"slices"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// maxRunning is how many requests run at once for a property. Google allows 10 (50
// for 360), and others use the property too.
const maxRunning = 8

// maxWaiting bounds the jobs that wait for a property.
const maxWaiting = 1000

// A job is a query that waits for, or runs in, a property's queue.
type job struct {
	ctx     context.Context
	query   report.Query
	urgency report.Urgency
	// run is set for a call that is not a report: it shares no request.
	run  func(context.Context)
	done chan answer // has room for the one answer
}

type answer struct {
	report *report.Report
	err    *report.Error
}

func (j *job) canceled() bool { return j.ctx.Err() != nil }

// batchable reports whether j may share a request: neither calls of another
// method may, nor those that may exhaust a quota which does not count the rest of a batch.
func (j *job) batchable() bool {
	return j.run == nil && !j.query.Realtime && len(j.query.Pivots) == 0 && !potentiallyThresholded(j.query)
}

// propertyQueues hold a queue for each property. Properties are those of the
// configuration, so queues are never dropped.
type propertyQueues struct {
	changed func(property string, running int)

	mu         sync.Mutex
	byProperty map[string]*propertyQueue
}

// A propertyQueue is the jobs of one property: those that run and those that wait, the
// most urgent first, and equal ones in their order of arrival.
type propertyQueue struct {
	property string
	running  int // ≤ maxRunning
	waiting  []*job
}

// add runs j as soon as a slot is free, by calling run with its batch.
func (all *propertyQueues) add(j *job, run func([]*job)) *report.Error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byProperty == nil {
		all.byProperty = map[string]*propertyQueue{}
	}
	property := j.query.Property
	q := all.byProperty[property]
	if q == nil {
		q = &propertyQueue{property: property}
		all.byProperty[property] = q
	}
	if q.running < maxRunning {
		all.count(q, +1)
		go all.work(q, []*job{j}, run)
		return nil
	}
	q.waiting = slices.DeleteFunc(q.waiting, (*job).canceled)
	if len(q.waiting) >= maxWaiting {
		return report.Errorf(report.Unavailable, "Too many questions about this view are waiting. Please try again in a moment.")
	}
	q.insert(j)
	return nil
}

func (q *propertyQueue) insert(j *job) {
	at := len(q.waiting)
	for at > 0 && q.waiting[at-1].urgency > j.urgency {
		at--
	}
	q.waiting = slices.Insert(q.waiting, at, j)
}

// work uses one slot until no job waits.
func (all *propertyQueues) work(q *propertyQueue, jobs []*job, run func([]*job)) {
	for len(jobs) > 0 {
		run(jobs)
		jobs = all.next(q)
	}
}

// next takes the first job and, when it is batchable, up to four more of the same
// account: a batch takes no more time. It returns nil and frees the slot when no job waits.
func (all *propertyQueues) next(q *propertyQueue) []*job {
	all.mu.Lock()
	defer all.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, (*job).canceled)
	if len(q.waiting) == 0 {
		q.waiting = nil
		all.count(q, -1)
		return nil
	}
	var jobs []*job
	q.waiting = slices.DeleteFunc(q.waiting, func(j *job) bool {
		if len(jobs) > 0 && !(len(jobs) < report.MaxBatch && jobs[0].batchable() && j.batchable() && j.query.Account == jobs[0].query.Account) {
			return false
		}
		jobs = append(jobs, j)
		return true
	})
	return jobs
}

func (all *propertyQueues) count(q *propertyQueue, by int) {
	q.running += by
	if all.changed != nil {
		all.changed(q.property, q.running)
	}
}
