package cache

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// about returns a question about a property.
// TestForget: what is forgotten is asked again, also after a restart, and nothing
// of others is.
func TestForget(t *testing.T) {
	all := []*report.Question{about("main", "1"), about("main", "2"), about("other", "1")}
	for name, test := range map[string]struct {
		forget func(*opened) (Forgotten, error)
		want   Forgotten
		again  []bool
	}{
		"a property": {func(c *opened) (Forgotten, error) { return c.Forget(t.Context(), "main", "1") }, Forgotten{1, 1}, []bool{true, false, false}},
		"everything": {func(c *opened) (Forgotten, error) { return c.ForgetAll(t.Context()) }, Forgotten{3, 3}, []bool{true, true, true}},
		"nothing":    {func(c *opened) (Forgotten, error) { return c.Forget(t.Context(), "main", "3") }, Forgotten{}, []bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := newDisk(), always(report.FreshFinal)
				c := with(t, s, d, nil)
				for _, q := range all {
					mustReport(t, c, q)
				}
				if test.want.Memory == 1 {
					time.Sleep(time.Second) // else they are still on their way to the disk
				}
				time.Sleep(time.Nanosecond)
				n, err := test.forget(c)
				if err != nil || n != test.want {
					t.Errorf("forgot %+v, %v; want %+v", n, err, test.want)
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				c = open(t, s, on(d))
				for i, q := range all {
					asked := s.asked.Load()
					mustReport(t, c, q)
					if again := s.asked.Load() > asked; again != test.again[i] {
						t.Errorf("%s of %s is asked again: %v", q.Property(), q.Account(), again)
					}
				}
			})
		})
	}
}

// TestAChangedFinalDay: when a final answer comes back another, those that came before it
// are forgotten; not what is not final, and what came later.
func TestAChangedFinalDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshFinal)
		settling := always(report.FreshSettling)
		answer := s.answer
		s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
			if q.Query().Limit == 7 {
				return settling.answer(ctx, n, q)
			}
			return answer(ctx, n, q)
		}
		c := open(t, s, on(d))
		limited := func(n report.Int64) *report.Question { return sessions.With(func(q *report.Query) { q.Limit = n }) }
		final, other, day := sessions, limited(7), limited(9) // other is settling
		old := mustReport(t, c, final)
		mustReport(t, c, other)
		same := *mustReport(t, c, day)
		time.Sleep(time.Minute)
		same.FetchedAt = time.Now()
		if c.Put(t.Context(), day, &same) || c.Get(t.Context(), final) == nil {
			t.Error("the same answer is taken for a change")
		}
		for key := range c.memory.all() {
			c.memory.drop(key)
		}
		// what is on disk alone is compared too
		time.Sleep(time.Minute)
		another := report.Report{Body: []byte("{}"), Freshness: report.FreshFinal, FetchedAt: time.Now()}
		if !c.Put(t.Context(), day, &another) {
			t.Error("another answer is taken for the same")
		}
		synctest.Wait()
		c.Put(t.Context(), final, old) // on its way since before
		if c.Get(t.Context(), final) != nil {
			t.Error("what was forgotten is there")
		}
		time.Sleep(time.Second)
		if c.Get(t.Context(), other) == nil || c.Get(t.Context(), day) == nil {
			t.Error("what is settling or came later is gone")
		}
		if n := d.Stats().Records; n < 1 || n > 2 {
			t.Errorf("%d records are left on disk", n)
		}
		mustReport(t, c, final)
		if c.Get(t.Context(), final) == nil {
			t.Error("what came later is not kept")
		}
	})
}

// TestExpire: what a newer answer contradicts is asked again, and given only when
// Google fails.
func TestExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshSettling)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		c.Expire(sessions)
		if r := c.Get(t.Context(), sessions); r != nil {
			t.Errorf("%s is recalled", r.Body)
		}
		answer := s.answer
		s.answer = failing(report.Unavailable)
		if r := mustReport(t, c, sessions); r.Stale != report.StaleUnavailable {
			t.Errorf("%s, stale %q", r.Body, r.Stale)
		}
		s.answer = answer
		time.Sleep(time.Minute)
		if r := mustReport(t, c, sessions); string(r.Body) != `{"n":3}` || r.Stale != "" {
			t.Errorf("%s, stale %q", r.Body, r.Stale)
		}
	})
}

// TestExpiredDoesNotComeBackFromDisk: neither when memory is full nor after a restart.
func TestExpiredDoesNotComeBackFromDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := newDisk(), always(report.FreshSettling)
		c := with(t, s, d, nil)
		mustReport(t, c, sessions)
		time.Sleep(time.Second)
		c.Expire(sessions)
		c.memory.drop(sessions.Key())
		if r := c.Get(t.Context(), sessions); r != nil {
			t.Errorf("%s came back when memory was full", r.Body)
		}
		_ = c.Close()
		c = open(t, s, on(d))
		if r := c.Get(t.Context(), sessions); r != nil {
			t.Errorf("%s came back after a restart", r.Body)
		}
	})
}

// TestPurgeForgetsNothingNewer: what comes while records are dropped is kept, unless the
// store may still have an older one.
func TestPurgeForgetsNothingNewer(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d, s := newDisk(), always(report.FreshFinal)
			c := open(t, s, on(d))
			mustReport(t, c, sessions)
			time.Sleep(time.Second)
			arrive := func() { // an answer of now
				at := propertyOf(sessions)
				r := *mustReport(t, c, sessions)
				r.FetchedAt = time.Now()
				c.writer.put(c.newEntry(at, &r).record(sessions.Key(), sessions.Class(), r.FetchedAt))
				if fails {
					d.broken.Store(true)
				}
			}
			d.meanwhile.Store(&arrive) // with the batch that goes before
			_, err := c.ForgetAll(t.Context())
			d.broken.Store(false)
			time.Sleep(time.Minute)
			if n := d.Stats().Records; (err != nil) != fails || (n == 0) != fails {
				t.Errorf("the store fails: %v: %d records, %v", fails, n, err)
			}
		})
	}
}
