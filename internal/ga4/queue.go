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

// A job is one question that waits for, or runs in, a lane.
type job struct {
	ctx     context.Context
	query   report.Query
	urgency report.Urgency
	// other is set for what is not a report: it runs alone.
	other func(context.Context)
	done  chan answer // has room for the one answer
}

type answer struct {
	report *report.Report
	err    *report.Error
}

func (j *job) left() bool { return j.ctx.Err() != nil }

// batchable reports whether j may share a request: not what belongs to another
// method, nor what may exhaust a quota that its mates do not touch.
func (j *job) batchable() bool {
	return j.other == nil && !j.query.Realtime && len(j.query.Pivots) == 0 && !potentiallyThresholded(j.query)
}

// lanes hold a lane per property. Properties are those of the configuration, so
// lanes are never dropped.
type lanes struct {
	changed func(property string, running int)

	mu         sync.Mutex
	byProperty map[string]*lane
}

// A lane is the requests of one property: those that run and those that wait, the
// most urgent first, and equal ones in the order of their coming.
type lane struct {
	property string
	running  int // ≤ maxRunning
	waiting  []*job
}

// add runs j as soon as a slot is free, by calling run with it and its mates.
func (l *lanes) add(property string, j *job, run func([]*job)) *report.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byProperty == nil {
		l.byProperty = map[string]*lane{}
	}
	ln := l.byProperty[property]
	if ln == nil {
		ln = &lane{property: property}
		l.byProperty[property] = ln
	}
	if ln.running < maxRunning {
		l.count(ln, +1)
		go l.work(ln, []*job{j}, run)
		return nil
	}
	ln.waiting = slices.DeleteFunc(ln.waiting, (*job).left)
	if len(ln.waiting) >= maxWaiting {
		return report.Errorf(report.Unavailable, "Too many questions about this view are waiting. Please try again in a moment.")
	}
	ln.insert(j)
	return nil
}

func (ln *lane) insert(j *job) {
	at := len(ln.waiting)
	for at > 0 && ln.waiting[at-1].urgency > j.urgency {
		at--
	}
	ln.waiting = slices.Insert(ln.waiting, at, j)
}

// work uses one slot until nothing waits.
func (l *lanes) work(ln *lane, jobs []*job, run func([]*job)) {
	for len(jobs) > 0 {
		run(jobs)
		jobs = l.next(ln)
	}
}

// next takes the first job and, when it can share a request, up to four more of the
// same account, for they cost no more time; nil gives the slot back.
func (l *lanes) next(ln *lane) []*job {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln.waiting = slices.DeleteFunc(ln.waiting, (*job).left)
	if len(ln.waiting) == 0 {
		ln.waiting = nil
		l.count(ln, -1)
		return nil
	}
	first := ln.waiting[0]
	jobs := []*job{first}
	rest := ln.waiting[:0]
	for _, j := range ln.waiting[1:] {
		if len(jobs) < report.MaxBatch && first.batchable() && j.batchable() && j.query.Account == first.query.Account {
			jobs = append(jobs, j)
		} else {
			rest = append(rest, j)
		}
	}
	clear(ln.waiting[len(rest):])
	ln.waiting = rest
	return jobs
}

func (l *lanes) count(ln *lane, by int) {
	ln.running += by
	if l.changed != nil {
		l.changed(ln.property, ln.running)
	}
}
