package cache

import (
	"iter"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// shares hold the answers in memory, by the best class that asked for each. A class takes what better ones leave
// of the bytes, and at least its part of minimumShares, so no class evicts the answers of a better one.
type shares struct {
	bytes int64
	moves sync.Mutex // held while an answer is added, moved or dropped
	of    [report.Classes]*otter.Cache[report.Key, *entry]
}

// minimumShares are the sixteenths of the bytes that better classes leave to a class.
var minimumShares = [report.Classes]int64{report.HostQuestion: 2, report.PublicDashboard: 2, report.PublicQuestion: 1}

// ShareOf returns the bytes, of so many, that better classes leave to a class.
func ShareOf(class report.Class, bytes int64) int64 { return bytes * minimumShares[class] / 16 }

func newShares(bytes int64, clock clock) (*shares, error) {
	s := &shares{bytes: bytes}
	for class := range s.of {
		var err error
		s.of[class], err = otter.New(&otter.Options[report.Key, *entry]{
			MaximumWeight:    uint64(bytes),
			Weigher:          func(_ report.Key, e *entry) uint32 { return e.weight() },
			ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[report.Key, *entry]) time.Duration { return e.Value.expires.Sub(clock()) }),
			Clock:            clock,
		})
		if err != nil {
			return nil, err
		}
	}
	s.balance()
	return s, nil
}

// get returns the entry of a key to somebody of a class, who promotes it to the share of that class.
func (s *shares) get(key report.Key, class report.Class) (*entry, bool) {
	if e, ok := s.of[class].GetIfPresent(key); ok {
		return e, true
	}
	for c := range report.Class(report.Classes) {
		if e, ok := s.of[c].GetIfPresent(key); ok {
			if class < c {
				s.promote(key, c, class)
			}
			return e, true
		}
	}
	return nil, false
}

func (s *shares) promote(key report.Key, from, to report.Class) {
	s.moves.Lock()
	defer s.moves.Unlock()
	if e, ok := s.of[from].GetEntryQuietly(key); ok { // it was not dropped in between
		s.of[to].Set(key, e.Value)
		s.of[from].Invalidate(key)
		s.balance()
	}
}

// peek returns the entry of a key without an access.
func (s *shares) peek(key report.Key) (*entry, bool) {
	for _, share := range s.of {
		if e, ok := share.GetEntryQuietly(key); ok {
			return e.Value, true
		}
	}
	return nil, false
}

// set replaces the entry of a key, in the best of its share and that of a class, which it returns.
func (s *shares) set(key report.Key, e *entry, class report.Class) report.Class {
	s.moves.Lock()
	defer s.moves.Unlock()
	for c, share := range s.of {
		if _, ok := share.GetEntryQuietly(key); ok {
			class = min(class, report.Class(c))
			share.Invalidate(key)
		}
	}
	s.of[class].Set(key, e)
	s.balance()
	return class
}

// setIfAbsent returns the entry of a key, which is e if there was none.
func (s *shares) setIfAbsent(key report.Key, e *entry, class report.Class) *entry {
	s.moves.Lock()
	defer s.moves.Unlock()
	if before, ok := s.peek(key); ok {
		return before
	}
	s.of[class].Set(key, e)
	s.balance()
	return e
}

func (s *shares) drop(key report.Key) {
	s.moves.Lock()
	defer s.moves.Unlock()
	for _, share := range s.of {
		share.Invalidate(key)
	}
}

// balance gives each class what better ones leave. s.moves is held, or nobody else has s yet.
func (s *shares) balance() {
	left := s.bytes
	for c := range s.of {
		left -= ShareOf(report.Class(c), s.bytes)
	}
	for c, share := range s.of {
		left += ShareOf(report.Class(c), s.bytes)
		if most := uint64(max(left, 0)); share.GetMaximum() != most {
			share.SetMaximum(most)
		}
		left -= int64(share.WeightedSize())
	}
}

func (s *shares) all() iter.Seq2[report.Key, *entry] {
	return func(yield func(report.Key, *entry) bool) {
		for _, share := range s.of {
			for key, e := range share.All() {
				if !yield(key, e) {
					return
				}
			}
		}
	}
}

func (s *shares) stats() (entries int, bytes uint64) {
	for _, share := range s.of {
		share.CleanUp() // evictions are made in the background
		entries, bytes = entries+share.EstimatedSize(), bytes+share.WeightedSize()
	}
	return entries, bytes
}

func (s *shares) stop() {
	for _, share := range s.of {
		share.StopAllGoroutines()
	}
}
