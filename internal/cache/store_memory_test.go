package cache

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// MemoryStore is a Store without a disk: for tests, and to hold what the SQLite
// store does against something simple.
type MemoryStore struct {
	clock    func() time.Time
	capacity int64

	mu      sync.Mutex
	records map[report.Key]*Record
	bytes   int64
	closed  bool
}

var _ Store = (*MemoryStore)(nil)

// NewMemoryStore returns an empty store of a capacity in bytes.
func NewMemoryStore(capacity int64, clock func() time.Time) *MemoryStore {
	return &MemoryStore{clock: clock, capacity: capacity, records: map[report.Key]*Record{}}
}

// Get implements Store.
func (s *MemoryStore) Get(ctx context.Context, k report.Key) (*Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	r := s.records[k]
	if r == nil || over(r.Kept, s.clock()) {
		return nil, nil
	}
	return r, nil
}

// Apply implements Store.
func (s *MemoryStore) Apply(ctx context.Context, b *Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, k := range b.Forget {
		s.forget(k)
	}
	for k, at := range b.Used {
		if r := s.records[k]; r != nil {
			again := *r
			again.Used = s.past(at)
			s.records[k] = &again
		}
	}
	for _, r := range b.Put {
		class := r.Class
		if before := s.records[r.Key]; before != nil {
			class = min(class, before.Class)
		}
		s.forget(r.Key)
		if float64(r.Size()) <= MaxShare*float64(s.capacity) {
			kept := *r
			kept.Used, kept.Class = s.past(r.Used), class
			s.records[r.Key] = &kept
			s.bytes += r.Size()
		}
	}
	s.evict()
	return nil
}

// Purge implements Store.
func (s *MemoryStore) Purge(ctx context.Context, p Purge) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	for k, r := range s.records {
		if p.covers(r) {
			s.forget(k)
			n++
		}
	}
	return n, nil
}

func (s *MemoryStore) usable(ctx context.Context) error {
	if s.closed {
		return errors.New("cache: the store is closed")
	}
	return ctx.Err()
}

// past returns at, or now when at is to come: a record must not outlast all
// others because a clock was wrong once.
func (s *MemoryStore) past(at time.Time) time.Time {
	if now := s.clock(); at.After(now) {
		return now
	}
	return at
}

func (s *MemoryStore) forget(k report.Key) {
	if r := s.records[k]; r != nil {
		s.bytes -= r.Size()
		delete(s.records, k)
	}
}

func (s *MemoryStore) evict() {
	if s.bytes <= s.capacity {
		return
	}
	now := s.clock()
	left := make([]*Record, 0, len(s.records))
	var sizes [report.Classes]int64
	for k, r := range s.records {
		if over(r.Kept, now) {
			s.forget(k)
		} else {
			left = append(left, r)
			sizes[r.Class] += r.Size()
		}
	}
	slices.SortFunc(left, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(b.Class, a.Class), a.Used.Compare(b.Used), slices.Compare(a.Key[:], b.Key[:]))
	})
	for _, r := range left {
		if s.bytes <= s.capacity {
			return
		}
		if sizes[r.Class] > ShareOf(r.Class, s.capacity) {
			sizes[r.Class] -= r.Size()
			s.forget(r.Key)
		}
	}
}

// Stats implements Store.
func (s *MemoryStore) Stats() StoreStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return StoreStats{Records: int64(len(s.records)), Bytes: s.bytes}
}

// Close implements Store.
func (s *MemoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// over reports whether a time that may be without end has passed.
func over(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }
