package storetest

import (
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

func expired(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	gone, there := Record(1, 1, 100, s.ago(10)), Record(2, 1, 100, s.ago(10))
	gone.Kept, there.Kept = s.ago(1), s.now.Add(time.Hour)
	there.Good = s.ago(5) // old, and still of use
	s.put(gone, there)
	s.want(1, 0)
	s.want(2, 1)
}

// fill puts records of 50 kB, the first one used the longest ago, one more
// batch at a time, and holds the store to its capacity.
func (s *storeTest) fill(n int) {
	s.Helper()
	for i := 1; i <= n; i += 10 {
		var batch []*cache.Record
		for j := i; j < i+10; j++ {
			batch = append(batch, Record(j, 1, 50_000, s.ago(1000-j)))
		}
		s.put(batch...)
		if b := s.Stats().Bytes; b > Capacity {
			s.Fatalf("%d bytes after %d records, want at most %d", b, i+9, Capacity)
		}
	}
}

func capacity(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.fill(300)
	st := s.Stats()
	if st.Bytes > Capacity || st.Bytes < Capacity*3/4 {
		t.Errorf("%d bytes of %d are used", st.Bytes, Capacity)
	}
	there := 0
	for n := 1; n <= 300; n++ {
		there += s.version(n)
	}
	if int64(there) != st.Records {
		t.Errorf("%d records are there, the store says %d", there, st.Records)
	}
}

// worstClassFirst: a stranger's answers evict none of a better class, however recently they were used, and
// what a better class asked for once stays its own.
func worstClassFirst(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	put := func(n int, class report.Class, used time.Time) {
		r := Record(n, 1, 50_000, used)
		r.Class = class
		s.put(r)
	}
	for n := 1; n <= 20; n++ {
		put(n, report.HostDashboard, s.ago(1000-n))
	}
	put(20, report.PublicQuestion, s.ago(980))
	for n := 21; n <= 25; n++ {
		put(n, report.PublicDashboard, s.ago(900))
	}
	for n := 101; n <= 400; n++ {
		put(n, report.PublicQuestion, s.ago(500-n))
	}
	for n := 1; n <= 25; n++ {
		s.want(n, 1)
	}
	s.want(400, 1)
	for n := 501; n <= 700; n++ {
		put(n, report.HostDashboard, s.ago(0))
	}
	s.want(25, 1) // within the share that better classes leave
	s.want(400, 1)
	s.want(1, 0)
	if st := s.Stats(); st.Bytes > Capacity {
		t.Errorf("%d bytes of %d are used", st.Bytes, Capacity)
	}
}

func leastRecentFirst(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.fill(50)
	s.apply(cache.Batch{Used: map[report.Key]time.Time{Key(1): s.ago(1), Key(2): s.ago(1)}})
	s.fill(150) // again, as they were, but for ...
	s.apply(cache.Batch{Used: map[report.Key]time.Time{Key(100): s.ago(0)}})
	for n := 151; n <= 220; n++ {
		s.put(Record(n, 1, 50_000, s.ago(1000-n)))
	}
	s.want(100, 1)
	first := 101
	for s.version(first) == 0 && first < 220 {
		first++
	}
	for n := 1; n <= 220; n++ {
		if n != 100 {
			s.want(n, map[bool]int{true: 1}[n >= first])
		}
	}
	if first == 101 || first == 220 {
		t.Errorf("the first that is left is %d", first)
	}
}

func expiredFirst(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	for n := 1; n <= 60; n++ {
		r := Record(n, 1, 50_000, s.ago(1000-n))
		if n > 30 {
			r.Kept = s.ago(1)
		}
		s.put(r)
	}
	for n := 61; n <= 80; n++ {
		s.put(Record(n, 1, 50_000, s.now))
	}
	for n := 1; n <= 30; n++ {
		s.want(n, 1)
	}
}

// usedInTheFuture: a clock that was wrong must not make a record immortal.
func usedInTheFuture(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.put(Record(1, 1, 50_000, s.now.Add(1000*time.Hour)))
	s.want(1, 1)
	r, err := s.Get(t.Context(), Key(1))
	if err != nil || r.Used.After(time.Now()) {
		t.Errorf("used %v, %v: that is to come", r.Used, err)
	}
	if !r.Stored.Equal(s.now.Add(1000 * time.Hour)) {
		t.Errorf("stored %v: when it came is for the cache to judge", r.Stored)
	}
	s.apply(cache.Batch{Used: map[report.Key]time.Time{Key(1): s.now.Add(1000 * time.Hour)}})
	time.Sleep(2 * time.Millisecond) // the resolution of last uses
	for n := 2; n <= 120; n++ {
		s.put(Record(n, 1, 50_000, time.Now()))
	}
	s.want(1, 0)
}

func tooLarge(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.put(Record(1, 1, 100, s.now), Record(2, 1, 100, s.now))
	s.put(Record(1, 2, Capacity/4+1, s.now), Record(3, 1, 100, s.now))
	s.want(1, 0) // the version before is not the answer any more
	s.want(2, 1)
	s.want(3, 1)
	if n := s.Stats().Records; n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}
