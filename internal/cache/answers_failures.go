package cache

import (
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// maxFailures bounds the cached failures of each class: a class evicts no better one's.
const maxFailures = 2_500

// A failure is a cached error.
type failure struct {
	err   *report.Error
	class report.Class // of who asked: better ones may get an answer
	ttl   time.Duration
}

// failures are the errors of queries that failed, by the class of who asked last.
type failures [report.Classes]*otter.Cache[report.Key, failure]

func newFailures(clock clock) (all failures, err error) {
	for class := range all {
		all[class], err = otter.New(&otter.Options[report.Key, failure]{
			MaximumSize:      maxFailures,
			ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[report.Key, failure]) time.Duration { return e.Value.ttl }),
			Clock:            clock,
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// get returns the failure of a key that the best class had.
func (all *failures) get(key report.Key) (failure, bool) {
	for _, of := range all {
		if f, ok := of.GetIfPresent(key); ok {
			return f, true
		}
	}
	return failure{}, false
}

// set caches a failure, which replaces those of its class and of worse ones.
func (all *failures) set(key report.Key, f failure) {
	for _, of := range all[f.class:] {
		of.Invalidate(key)
	}
	all[f.class].Set(key, f)
}

func (all *failures) drop(key report.Key) {
	for _, of := range all {
		of.Invalidate(key)
	}
}

func (all *failures) dropAll() {
	for _, of := range all {
		of.InvalidateAll()
	}
}

func (all *failures) stop() {
	for _, of := range all {
		of.StopAllGoroutines()
	}
}
