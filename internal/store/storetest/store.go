// Package storetest holds what cache.Store promises as tests, which every store
// runs.
package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// Capacity is that of the stores under test, in bytes.
const Capacity = 4 << 20

// A Subject is a kind of store.
type Subject struct {
	// Open returns the store that is kept in dir, or begins one there.
	Open func(t *testing.T, dir string) cache.Store
	// Lasting says that a store opened again has what it had when it closed.
	Lasting bool
}

// Run holds a kind of store to the promises of cache.Store.
func Run(t *testing.T, s Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"get and put":             getAndPut,
		"overwrite":               overwrite,
		"forget":                  forget,
		"purge":                   purge,
		"order in a batch":        orderInABatch,
		"all that a record holds": roundTrip,
		"expired":                 expired,
		"capacity":                capacity,
		"worst class first":       worstClassFirst,
		"least recent first":      leastRecentFirst,
		"expired first":           expiredFirst,
		"used in the future":      usedInTheFuture,
		"too large":               tooLarge,
		"big bodies":              bigBodies,
		"many keys":               manyKeys,
		"concurrency":             concurrency,
		"stats":                   stats,
		"canceled":                canceled,
		"opened again":            openedAgain,
		"closed":                  closed,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// Key returns the key of the n-th record.
func Key(n int) report.Key {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// Record returns the n-th record in a version. Its body begins with both and
// follows from them, so that Whole can tell.
func Record(n, version, size int, used time.Time) *cache.Record {
	return &cache.Record{
		Key: Key(n), Stored: used, Used: used,
		Report: &report.Report{Body: body(n, version, size), Rows: version, FetchedAt: used, Freshness: report.FreshFinal, TimeZone: "Pacific/Auckland"},
	}
}

func body(n, version, size int) []byte {
	b := fmt.Appendf(make([]byte, 0, size), `{"n":%d,"version":%d,"rest":"`, n, version)
	random := rand.New(rand.NewPCG(uint64(n), uint64(version)))
	for len(b) < size-2 {
		b = append(b, 'a'+byte(random.IntN(26)))
	}
	return append(b, `"}`...)
}

// Whole returns the version of a record that came back, and an error when a
// byte of it differs from what Record made.
func Whole(n int, r *cache.Record) (version int, err error) {
	want := body(n, r.Report.Rows, len(r.Report.Body))
	switch {
	case r.Key != Key(n):
		return 0, fmt.Errorf("record %d has another's key", n)
	case !bytes.Equal(r.Report.Body, want):
		return 0, fmt.Errorf("record %d, version %d: the body differs", n, r.Report.Rows)
	case r.Report.TimeZone != "Pacific/Auckland" || r.Report.Freshness != report.FreshFinal || !r.Stored.Equal(r.Report.FetchedAt):
		return 0, fmt.Errorf("record %d, version %d: the fields differ: %+v", n, r.Report.Rows, r.Report)
	}
	return r.Report.Rows, nil
}

// A storeTest is a store under test.
type storeTest struct {
	*testing.T
	cache.Store
	now time.Time
}

func openStore(t *testing.T, s Subject) *storeTest {
	store := s.Open(t, t.TempDir())
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &storeTest{t, store, time.Now().UTC().Truncate(time.Millisecond)}
}

func (s *storeTest) apply(b cache.Batch) {
	s.Helper()
	if err := s.Apply(s.Context(), &b); err != nil {
		s.Fatalf("Apply: %v", err)
	}
}

func (s *storeTest) put(records ...*cache.Record) {
	s.Helper()
	s.apply(cache.Batch{Put: records})
}

// version returns the version of the n-th record, 0 when there is none.
func (s *storeTest) version(n int) int {
	s.Helper()
	r, err := s.Get(s.Context(), Key(n))
	if err != nil {
		s.Fatalf("Get %d: %v", n, err)
	}
	if r == nil {
		return 0
	}
	version, err := Whole(n, r)
	if err != nil {
		s.Fatal(err)
	}
	return version
}

func (s *storeTest) want(n, version int) {
	s.Helper()
	if got := s.version(n); got != version {
		s.Errorf("record %d: version %d, want %d (0 is none)", n, got, version)
	}
}

// ago is so many minutes before now.
func (s *storeTest) ago(minutes int) time.Time {
	return s.now.Add(-time.Duration(minutes) * time.Minute)
}

func getAndPut(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.want(1, 0)
	s.put(Record(1, 1, 100, s.now), Record(2, 1, 100, s.now))
	s.want(1, 1)
	s.want(2, 1)
	s.want(3, 0)
}

func overwrite(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.put(Record(1, 1, 50_000, s.now))
	s.put(Record(1, 2, 100, s.now))
	s.want(1, 2)
	s.put(Record(1, 3, 50_000, s.now), Record(1, 4, 200, s.now))
	s.want(1, 4)
	if n := s.Stats().Records; n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func forget(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.put(Record(1, 1, 100, s.now), Record(2, 1, 100, s.now))
	s.apply(cache.Batch{Forget: []report.Key{Key(1), Key(3), Key(1)}})
	s.want(1, 0)
	s.want(2, 1)
	if n := s.Stats().Records; n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func purge(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	mine, yours := Key(1001), Key(1002)
	fill := func() {
		records := []*cache.Record{Record(1, 1, 100, s.now), Record(2, 1, 9_000, s.now), Record(3, 1, 100, s.now), Record(4, 1, 100, s.now)}
		records[0].Owner, records[1].Owner, records[2].Owner = mine, mine, yours
		records[1].Report.Freshness = report.FreshSettling
		s.put(records...)
	}
	for _, test := range []struct {
		purge cache.Purge
		left  []int // by record, 1 where it stays
	}{
		{cache.Purge{Owner: Key(1003)}, []int{1, 1, 1, 1}},
		{cache.Purge{Owner: mine}, []int{0, 0, 1, 1}},
		{cache.Purge{Owner: mine, Final: true}, []int{0, 1, 1, 1}},
		{cache.Purge{}, []int{0, 0, 0, 1}},
		{cache.Purge{Final: true}, []int{0, 1, 0, 1}},
	} {
		fill()
		n, err := s.Purge(t.Context(), test.purge)
		left := 0
		for i, want := range test.left {
			r, getErr := s.Get(t.Context(), Key(i+1))
			if getErr != nil || (r != nil) != (want == 1) {
				t.Errorf("%v: record %d: %v, %v", test.purge, i+1, r, getErr)
			}
			left += want
		}
		if err != nil || n != len(test.left)-left || s.Stats().Records != int64(left) {
			t.Errorf("%v: %d went, %d are left, %v", test.purge, n, s.Stats().Records, err)
		}
	}
}

func orderInABatch(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	s.put(Record(1, 1, 100, s.now))
	s.apply(cache.Batch{Forget: []report.Key{Key(1)}, Put: []*cache.Record{Record(1, 2, 100, s.now)}, Used: map[report.Key]time.Time{Key(9): s.now}})
	s.want(1, 2)
	s.want(9, 0)
}

func roundTrip(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	put := &cache.Record{
		Key: Key(1), Owner: Key(2), Class: report.PublicDashboard, Stored: s.ago(3), Good: s.now.Add(time.Hour), Kept: s.now.Add(2 * time.Hour), Used: s.ago(1),
		Report: &report.Report{
			Body: []byte("{\"a\":\"\\u0000 \xff\"}\n"), Rows: 7, FetchedAt: s.ago(4).Add(123 * time.Nanosecond), Freshness: report.FreshSettling,
			TimeZone: "America/St_Johns", Sampled: true, Thresholded: true, OtherRow: true, Truncated: true, Notices: []string{"news=A/B", "more"}, RowCount: 4711,
		},
	}
	s.put(put)
	got, err := s.Get(t.Context(), Key(1))
	if err != nil || got == nil {
		t.Fatalf("Get: %v, %v", got, err)
	}
	stored := *got.Report
	stored.Encoded = nil // made of the body when it is wanted
	if fmt.Sprint(stored) != fmt.Sprint(*put.Report) || got.Owner != put.Owner || got.Class != put.Class {
		t.Errorf("report:\n got %+v\nwant %+v", *got.Report, *put.Report)
	}
	for name, pair := range map[string][2]time.Time{
		"stored": {got.Stored, put.Stored}, "good": {got.Good, put.Good}, "kept": {got.Kept, put.Kept}, "used": {got.Used, put.Used},
	} {
		if !pair[0].Equal(pair[1]) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	s.put(Record(2, 1, 100, s.now))
	if r, err := s.Get(t.Context(), Key(2)); err != nil || !r.Good.IsZero() || !r.Kept.IsZero() {
		t.Errorf("a record without end: %+v, %v", r, err)
	}
}

func bigBodies(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	for n := 1; n <= 12; n++ {
		s.put(Record(n, n, 900_000+n, s.ago(100-n)))
		s.want(n, n)
	}
	s.put(Record(12, 13, 1_000_000, s.now))
	s.want(12, 13)
}

func manyKeys(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	for i := range 4 {
		var batch []*cache.Record
		for n := i * 500; n < (i+1)*500; n++ {
			batch = append(batch, Record(n, n+1, 40+n%700, s.now))
		}
		s.put(batch...)
	}
	for n := range 2000 {
		s.want(n, n+1)
	}
	if n := s.Stats().Records; n != 2000 {
		t.Errorf("%d records, want 2000", n)
	}
}

// concurrency: versions only go up, and each is whole, whoever writes.
func concurrency(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for v := 1; v <= 30; v++ {
				s.step(w*10, v)
			}
		})
		wg.Go(func() {
			last := map[int]int{}
			for range 200 {
				n := w*10 + rand.IntN(10)
				r, err := s.Get(t.Context(), Key(n))
				if err != nil {
					t.Error(err)
				} else if r != nil {
					v, err := Whole(n, r)
					if err != nil || v < last[n] {
						t.Errorf("version %d after %d: %v", v, last[n], err)
					}
					last[n] = v
				}
			}
		})
	}
	wg.Wait()
	for n := range 30 {
		s.want(n, 30)
	}
}

// step puts version v of ten records.
func (s *storeTest) step(from, v int) {
	var batch []*cache.Record
	for n := from; n < from+10; n++ {
		batch = append(batch, Record(n, v, 100+v*100, s.now))
	}
	if err := s.Apply(s.Context(), &cache.Batch{Put: batch, Used: map[report.Key]time.Time{Key(from): s.now}}); err != nil {
		s.Error(err)
	}
}

func stats(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	empty := s.Stats()
	if empty.Records != 0 {
		t.Errorf("an empty store has %d records", empty.Records)
	}
	s.put(Record(1, 1, 100_000, s.now))
	full := s.Stats()
	if grown := full.Bytes - empty.Bytes; full.Records != 1 || grown < 90_000 || grown > 150_000 {
		t.Errorf("from %+v to %+v with 100 kB", empty, full)
	}
	s.apply(cache.Batch{Forget: []report.Key{Key(1)}})
	if again := s.Stats(); again.Records != 0 || again.Bytes > empty.Bytes+10_000 {
		t.Errorf("%+v when it is empty again, want %+v", again, empty)
	}
}

func openedAgain(t *testing.T, subject Subject) {
	if !subject.Lasting {
		t.Skip("nothing lasts")
	}
	dir, now := t.TempDir(), time.Now()
	for round := 1; round <= 3; round++ {
		s := &storeTest{t, subject.Open(t, dir), now}
		if n := s.Stats().Records; n != int64(round-1) {
			t.Errorf("round %d begins with %d records", round, n)
		}
		for n := 1; n < round; n++ {
			s.want(n, n)
		}
		s.put(Record(round, round, 1000*round, now))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func closed(t *testing.T, subject Subject) {
	s := subject.Open(t, t.TempDir())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), Key(1)); err == nil {
		t.Error("Get works when the store is closed")
	}
	if err := s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{Record(1, 1, 100, time.Now())}}); err == nil {
		t.Error("Apply works when the store is closed")
	}
}

func canceled(t *testing.T, subject Subject) {
	s := openStore(t, subject)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Apply(ctx, &cache.Batch{Put: []*cache.Record{Record(1, 1, 100, s.now)}}); err == nil {
		t.Error("Apply does not heed its context")
	}
	if _, err := s.Get(ctx, Key(1)); err == nil {
		t.Error("Get does not heed its context")
	}
	s.want(1, 0)
	s.put(Record(1, 2, 100, s.now))
	s.want(1, 2)
}
