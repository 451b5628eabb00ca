package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// disk is a store that outlives caches, and breaks on demand.
type disk struct {
	*MemoryStore
	broken, stuck atomic.Bool
	slow          atomic.Int64           // how long a read takes, which heeds its context
	meanwhile     atomic.Pointer[func()] // runs while a batch is applied, once
	batches       atomic.Int64
	mu            sync.Mutex
	last          *Batch
}

func newDisk() *disk { return &disk{MemoryStore: NewMemoryStore(1<<30, time.Now)} }

func (d *disk) Get(ctx context.Context, k report.Key) (*Record, error) {
	if d.stuck.Load() {
		time.Sleep(time.Hour) // as a disk does: whatever ctx says
	}
	if slow := time.Duration(d.slow.Load()); slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if d.broken.Load() {
		return nil, errors.New("I/O error")
	}
	return d.MemoryStore.Get(ctx, k)
}

func (d *disk) Apply(ctx context.Context, b *Batch) error {
	if f := d.meanwhile.Swap(nil); f != nil {
		(*f)()
	}
	if d.broken.Load() {
		return errors.New("no space left on device")
	}
	d.batches.Add(1)
	d.mu.Lock()
	d.last = b
	d.mu.Unlock()
	return d.MemoryStore.Apply(ctx, b)
}

func (d *disk) Purge(ctx context.Context, p Purge) (int, error) {
	if d.broken.Load() {
		return 0, errors.New("I/O error")
	}
	return d.MemoryStore.Purge(ctx, p)
}

func (d *disk) Close() error { return nil }

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), s)
}

func on(d *disk) func(*settings) { return func(c *settings) { c.Store = d } }

// with returns a cache that the caller closes.
func with(t *testing.T, s report.Source, d *disk, change func(*settings)) *opened {
	t.Helper()
	return opening(t, s, func(c *settings) {
		c.Store = d
		if change != nil {
			change(c)
		}
	})
}

func TestRestartIsWarm(t *testing.T) {
	for _, test := range []struct {
		freshness report.Freshness
		pause     time.Duration
		event     Event
	}{
		{report.FreshFinal, 80 * time.Hour, Hit},
		{report.FreshSettling, 3*time.Hour + 59*time.Minute, Hit},
		{report.FreshIntraday, 14 * time.Minute, Hit},
		{report.FreshIntraday, 16 * time.Minute, Refreshing},
		{report.FreshIntraday, 47 * time.Hour, Refreshing},
		{report.FreshRealtime, 20 * time.Second, Hit},
		{report.FreshRealtime, 31 * time.Second, Miss},
	} {
		t.Run(fmt.Sprint(test.freshness, " after ", test.pause), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := newDisk(), always(test.freshness)
				before := with(t, s, d, nil)
				first := mustReport(t, before, sessions)
				if err := before.Close(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.pause)
				var events []Event
				after := open(t, s, func(c *settings) {
					c.Store = d
					c.Observer = func(e Event) { events = append(events, e) }
				})
				r := mustReport(t, after, sessions)
				if len(events) != 1 || events[0] != test.event {
					t.Errorf("events %v, want %s", events, test.event)
				}
				old := test.event != Miss
				if same := string(r.Body) == string(first.Body) && r.FetchedAt.Equal(first.FetchedAt); same != old || r.Stale != "" {
					t.Errorf("got %s of %v, stale %q", r.Body, r.FetchedAt, r.Stale)
				}
				synctest.Wait()
				if hits := after.Stats().StoreHits; hits != 1 && test.freshness != report.FreshRealtime {
					t.Errorf("%d hits of the store, want 1", hits)
				}
				if again := mustReport(t, after, sessions); test.event == Hit && again != r {
					t.Error("what came from the store is not in memory")
				}
			})
		})
	}
}

func TestStaleAnswersSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshIntraday)
		c := with(t, s, d, nil)
		first := mustReport(t, c, sessions)
		_ = c.Close()
		time.Sleep(47 * time.Hour)
		s.answer = failing(report.Quota)
		c = with(t, s, d, nil)
		r, err := refreshed(t, c)
		if err != nil || r.Stale != report.StaleQuota || !r.FetchedAt.Equal(first.FetchedAt) {
			t.Errorf("%+v, %v, want the answer of before, stale for quota", r, err)
		}
		time.Sleep(2 * time.Hour)
		if r, err := c.Report(t.Context(), sessions); err == nil {
			t.Errorf("after 49 h: %+v, want an error", r)
		}
		_ = c.Close()
		// Who allows no old answers now gets none of those kept before.
		c = with(t, s, d, func(c *settings) { c.Stale = -1 })
		if r, err := c.Report(t.Context(), sessions); err == nil {
			t.Errorf("no old answers are allowed: %+v", r)
		}
		_ = c.Close()
	})
}

func TestAnswersOfTheFutureAreNotBelieved(t *testing.T) {
	for ahead, believed := range map[time.Duration]bool{50 * time.Second: true, 10 * time.Minute: false, 24 * 365 * time.Hour: false} {
		synctest.Test(t, func(t *testing.T) {
			d, s := newDisk(), always(report.FreshFinal)
			wrong := func() time.Time { return time.Now().Add(ahead) }
			plain := s.answer
			s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
				r, err := plain(ctx, n, q)
				r.FetchedAt = wrong()
				return r, err
			}
			c := with(t, s, d, func(c *settings) { c.Clock = wrong })
			mustReport(t, c, sessions)
			_ = c.Close()
			s.answer = plain
			c = open(t, s, on(d)) // the clock is right again
			if mustReport(t, c, sessions); (s.asked.Load() == 1) != believed {
				t.Errorf("an answer from %v ahead: asked %d times", ahead, s.asked.Load())
			}
		})
	}
}

func TestFailuresAndRefusalsAreNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		for _, kind := range []report.Kind{report.Invalid, report.TooLarge, report.Quota, report.Unavailable, report.Misconfigured, report.Internal} {
			c := with(t, &source{answer: failing(kind)}, d, nil)
			_, _ = c.Report(t.Context(), sessions)
			_ = c.Close()
		}
		if n := d.Stats().Records; n != 0 {
			t.Errorf("%d records", n)
		}
	})
}

// TestRealms: answers of one Google are not served as those of another.
func TestRealms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshFinal)
		for i, c := range []struct {
			realm string
			asked int64
		}{{"https://google", 1}, {"http://127.0.0.1", 2}, {"", 3}, {"https://google", 3}, {"", 3}} {
			kept := with(t, s, d, func(conf *settings) { conf.Realm = c.realm })
			if mustReport(t, kept, sessions); s.asked.Load() != c.asked {
				t.Errorf("%d: asked %d times, want %d", i, s.asked.Load(), c.asked)
			}
			_ = kept.Close()
		}
	})
}

// Writes are batched, and no caller waits for them.
func TestWritesAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := open(t, always(report.FreshFinal), on(d))
		synctest.Wait()
		started := d.batches.Load() // the empty one
		for i := range 100 {
			q := page(report.Int64(i))
			mustReport(t, c, q)
		}
		time.Sleep(time.Second)
		if d.batches.Load() != started+1 || d.Stats().Records != 100 {
			t.Errorf("%d records in %d batches after a second, want 100 in 1", d.Stats().Records, d.batches.Load()-started)
		}
	})
}

// TestReadYourWrites: what waits to be written is found, and what waits to be
// forgotten is not.
func TestReadYourWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := open(t, always(report.FreshFinal), on(d))
		key := sessions.Key()
		mustReport(t, c, sessions)
		c.memory.drop(key) // as memory that is full does
		look := func() *entry {
			e, _ := c.lookup(t.Context(), sessions, c.Answers.config.Clock())
			return e
		}
		if look() == nil || c.Stats().StoreHits != 1 {
			t.Error("a record that waits was not found")
		}
		time.Sleep(time.Second)
		c.memory.drop(key)
		c.writer.forget(key)
		if e := look(); e != nil {
			t.Error("a record that is to be forgotten was found")
		}
	})
}

func TestLastAccessesAreWrittenNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := open(t, always(report.FreshFinal), on(d))
		mustReport(t, c, sessions)
		time.Sleep(time.Second)
		written := d.batches.Load()
		for range 70 { // 70 minutes
			mustReport(t, c, sessions)
			time.Sleep(time.Minute)
		}
		if n := d.batches.Load() - written; n != 1 {
			t.Errorf("%d batches for 70 reads in 70 minutes, want 1", n)
		}
		r, err := d.MemoryStore.Get(t.Context(), sessions.Key())
		if err != nil || time.Since(r.Used) > 15*time.Minute {
			t.Errorf("used %v, %v", r.Used, err)
		}
	})
}

func TestFullDiskDegradesToMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newDisk(), &lines{}
		s := always(report.FreshFinal)
		c := open(t, s, func(c *settings) { c.Store, c.Logger = d, slog.New(slog.NewTextHandler(log, nil)) })
		synctest.Wait()
		d.broken.Store(true)
		for i := range 20 {
			q := page(report.Int64(i))
			mustReport(t, c, q)
			mustReport(t, c, q)
			time.Sleep(20 * time.Second)
		}
		if s.asked.Load() != 20 {
			t.Errorf("asked %d times, want 20: memory works", s.asked.Load())
		}
		if err := c.Degraded(); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("Degraded: %v", err)
		}
		if n := log.count("WARN"); n != 1 || log.count("cannot be kept on disk") != 1 {
			t.Errorf("said %d times, want once:\n%s", n, log.text.String())
		}
		d.broken.Store(false)
		time.Sleep(time.Minute)
		if err := c.Degraded(); err != nil {
			t.Errorf("the disk works again: %v", err)
		}
		if log.count("on disk again") != 1 || d.Stats().Records != 20 {
			t.Errorf("%d records, want 20\n%s", d.Stats().Records, log.text.String())
		}
	})
}

// A full queue drops writes, counts them, and blocks no caller.
func TestFullQueueDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.broken.Store(true)
		s := &source{answer: func(context.Context, int64, *report.Question) (*report.Report, error) {
			return &report.Report{Body: make([]byte, 1<<20), Freshness: report.FreshFinal, FetchedAt: time.Now()}, nil
		}}
		c := open(t, s, on(d))
		for i := range 40 {
			q := page(report.Int64(i))
			mustReport(t, c, q)
		}
		st := c.Stats()
		if st.Dropped != 9 || c.writer.bytes > c.writer.most {
			t.Errorf("%d dropped, %d bytes wait; want 9 dropped of 40 MB", st.Dropped, c.writer.bytes)
		}
		for i := range maxChanges {
			c.writer.touch(report.Key{byte(i), byte(i >> 8), byte(i >> 16), 1}, time.Now())
		}
		if n := len(c.writer.pending); n != maxChanges {
			t.Errorf("%d changes wait, want %d", n, maxChanges)
		}
		c.writer.forget(report.Key{9}) // even now
		if c := c.writer.pending[report.Key{9}]; !c.forget {
			t.Error("what is to be forgotten was dropped")
		}
		d.broken.Store(false)
	})
}

// TestNewerThanABatchThatFailed: what failed to be written does not come back
// over what came meanwhile.
func TestNewerThanABatchThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := open(t, always(report.FreshIntraday), on(d))
		synctest.Wait()
		mustReport(t, c, sessions)
		d.broken.Store(true)
		late := func() { c.writer.forget(sessions.Key()) }
		d.meanwhile.Store(&late)
		time.Sleep(time.Second)
		d.broken.Store(false)
		time.Sleep(time.Minute)
		if n := d.Stats().Records; n != 0 {
			t.Errorf("%d records; it was forgotten while it was written", n)
		}
	})
}

// A slow disk costs a viewer a moment, and soon nothing.
func TestSlowDiskDoesNotSlowViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newDisk(), &lines{}
		s := always(report.FreshFinal)
		c := open(t, s, func(c *settings) { c.Store, c.Logger = d, slog.New(slog.NewTextHandler(log, nil)) })
		d.stuck.Store(true)
		start := time.Now()
		for i := range 10 {
			q := page(report.Int64(i))
			mustReport(t, c, q)
		}
		if took := time.Since(start); took > (maxSlowReads+1)*250*time.Millisecond {
			t.Errorf("ten questions took %v", took)
		}
		if c.Degraded() == nil || log.count("cannot be read") != 1 {
			t.Errorf("Degraded: %v\n%s", c.Degraded(), log.text.String())
		}
		d.stuck.Store(false)
		time.Sleep(2 * time.Hour) // the reads that hung end
		if err := c.Degraded(); err != nil {
			t.Errorf("the disk works again: %v", err)
		}
	})
}

// TestAnOutageOpensNoProperty: what access was taken from does not come back when Google
// fails later.
func TestAnOutageOpensNoProperty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshFinal)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		s.answer = failing(report.NoAccess)
		_, _ = c.Report(t.Context(), page(7))
		s.answer = failing(report.Unavailable)
		for range 60 {
			if r, err := c.Report(t.Context(), sessions); err == nil {
				t.Fatalf("given without access: %+v", r)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestDeniedAccessDeniesTheProperty: not only the question that found out.
func TestDeniedAccessDeniesTheProperty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshFinal)
		c := open(t, s, on(d))
		other, elsewhere := page(7), about("main", "2")
		first := mustReport(t, c, sessions)
		mustReport(t, c, elsewhere)
		good := s.answer
		s.answer = failing(report.NoAccess)
		_, _ = c.Report(t.Context(), other)
		mustReport(t, c, elsewhere)
		asked := s.asked.Load()
		for range 60 {
			if r, err := c.Report(t.Context(), sessions); report.KindOf(err) != report.NoAccess {
				t.Fatalf("%+v, %v: a stored answer was given without access", r, err)
			}
			time.Sleep(time.Second)
		}
		if n := s.asked.Load() - asked; n < 5 || n > 7 {
			t.Errorf("asked %d times in a minute, want one in 10 s", n)
		}
		time.Sleep(11 * time.Second)
		asked = s.asked.Load()
		s.answer = func(context.Context, int64, *report.Question) (*report.Report, error) {
			time.Sleep(time.Second)
			return nil, report.Errorf(report.NoAccess, "no")
		}
		var wg sync.WaitGroup
		for i := range 50 {
			q := page(report.Int64(100 + i))
			wg.Go(func() { _, _ = c.Report(t.Context(), q) })
		}
		wg.Wait()
		if n := s.asked.Load() - asked; n != 1 {
			t.Errorf("%d questions tried the door at once, want 1", n)
		}
		s.answer = good
		time.Sleep(11 * time.Second)
		if r := mustReport(t, c, sessions); string(r.Body) == string(first.Body) {
			t.Error("the door was tried with an old answer")
		}
		mustReport(t, c, sessions)
	})
}

// What was forgotten stays so when the process ends.
func TestForgottenIsForgottenAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshIntraday)
		c := with(t, s, d, nil)
		mustReport(t, c, sessions)
		time.Sleep(time.Hour)
		s.answer = failing(report.NoAccess)
		_, _ = refreshed(t, c)
		_ = c.Close()
		s.answer = failing(report.Unavailable)
		c = with(t, s, d, nil)
		if r, err := c.Report(t.Context(), sessions); err == nil {
			t.Errorf("%+v came back", r)
		}
		_ = c.Close()
	})
}

// TestASlowDiskIsWaitedForWhenTheSourceFails: what it has is all there is to give. A read
// that has to wait for others is no sign of a slow disk.
func TestASlowDiskIsWaitedForWhenTheSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 3 * maxReads
		d, s := newDisk(), always(report.FreshFinal)
		ask := func(c *opened, n int) (*report.Report, error) {
			q := page(report.Int64(n))
			return c.Report(t.Context(), q)
		}
		c := with(t, s, d, nil)
		for n := range many {
			if _, err := ask(c, n); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Close()
		s.answer = failing(report.Unavailable)
		for _, slow := range []time.Duration{100 * time.Millisecond, time.Second} {
			d.slow.Store(int64(slow))
			c = with(t, s, d, nil)
			var wg sync.WaitGroup
			for n := range map[time.Duration]int{100 * time.Millisecond: many, time.Second: 1}[slow] {
				wg.Go(func() {
					if r, err := ask(c, n); err != nil || r.Stale != "" {
						t.Errorf("reads take %v, question %d: %+v, %v; want the answer stored, which is fresh", slow, n, r, err)
					}
				})
			}
			wg.Wait()
			_ = c.Close()
			d.slow.Store(0)
			time.Sleep(time.Minute)
		}
	})
}
