package cache

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// No visitor waits for a newer answer if there is a stale one, however old; only
// what happens right now is no news later.
func TestStaleAnswersAreServedAtOnce(t *testing.T) {
	for freshness, want := range map[report.Freshness]string{report.FreshIntraday: `{"n":1}`, report.FreshRealtime: `{"n":2}`} {
		synctest.Test(t, func(t *testing.T) {
			s := always(freshness)
			c := open(t, s, nil)
			mustReport(t, c, sessions)
			time.Sleep(40 * time.Hour)
			if r := mustReport(t, c, sessions); string(r.Body) != want || r.Stale != "" {
				t.Errorf("%s: got %s, stale %q, want %s", freshness, r.Body, r.Stale, want)
			}
			synctest.Wait()
			if r := mustReport(t, c, sessions); string(r.Body) != `{"n":2}` {
				t.Errorf("%s: got %s after the refresh", freshness, r.Body)
			}
		})
	}
}

// refreshed asks for an answer that is over its time, and once more when what was
// asked behind has come or failed.
func refreshed(t *testing.T, c *opened) (*report.Report, error) {
	t.Helper()
	mustReport(t, c, sessions)
	synctest.Wait()
	return c.Report(t.Context(), sessions)
}

func TestStaleAnswersWhenTheSourceFails(t *testing.T) {
	for _, test := range []struct {
		kind  report.Kind
		stale report.StaleReason // "" means that the error shows
	}{
		{report.Quota, report.StaleQuota},
		{report.Unavailable, report.StaleUnavailable},
		{report.Canceled, report.StaleUnavailable},
		{report.Invalid, ""},
		{report.Misconfigured, report.StaleUnavailable},
		{report.NoAccess, ""},
		{report.TooLarge, ""},
		{report.Internal, report.StaleUnavailable},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := always(report.FreshIntraday)
				c := open(t, s, nil)
				first := mustReport(t, c, sessions)
				time.Sleep(time.Hour)
				s.answer = failing(test.kind)
				r, err := refreshed(t, c)
				if test.stale == "" {
					if report.KindOf(err) != test.kind {
						t.Errorf("got %v, %v; want the error", r, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if r.Stale != test.stale || string(r.Body) != string(first.Body) || !r.FetchedAt.Equal(first.FetchedAt) {
					t.Errorf("got %+v, want the first answer, stale %q", r, test.stale)
				}
				if first.Stale != "" {
					t.Error("the shared answer was changed")
				}
			})
		})
	}
}

func TestStaleEndsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshIntraday)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		s.answer = failing(report.Unavailable)
		time.Sleep(48 * time.Hour)
		if r, err := refreshed(t, c); err != nil || r.Stale != report.StaleUnavailable {
			t.Errorf("%+v, %v after 48 h", r, err)
		}
		time.Sleep(20 * time.Minute)
		if r, err := c.Report(t.Context(), sessions); err == nil {
			t.Errorf("after 48 h 20 min: %+v, want an error", r)
		}
	})
}

func TestAccessTakenAwayForgetsTheOldAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshIntraday)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		time.Sleep(time.Hour)
		s.answer = failing(report.NoAccess)
		_, _ = refreshed(t, c)
		s.answer = failing(report.Unavailable)
		time.Sleep(time.Minute)
		if r, err := c.Report(t.Context(), sessions); err == nil {
			t.Errorf("got %+v: the old answer came back", r)
		}
	})
}

func TestFailedQuestionsRestWhenAnOldAnswerIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshIntraday)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		time.Sleep(time.Hour)
		s.answer = failing(report.Unavailable)
		for range 5 {
			mustReport(t, c, sessions)
			synctest.Wait()
		}
		if n := s.asked.Load(); n != 2 {
			t.Errorf("asked %d times, want 2: the first and one failure", n)
		}
		time.Sleep(11 * time.Second)
		if r := mustReport(t, c, sessions); r.Stale == "" {
			t.Error("not labelled any more, though nothing newer came")
		}
		synctest.Wait()
		time.Sleep(11 * time.Second)
		s.answer = always(report.FreshIntraday).answer
		if r, err := refreshed(t, c); err != nil || r.Stale != "" {
			t.Errorf("still stale after the rest: %+v, %v", r, err)
		}
	})
}

func TestFailureWithoutStaleAnswerIsAskedAgain(t *testing.T) {
	s := &source{answer: failing(report.Unavailable)}
	c := open(t, s, nil)
	for range 3 {
		_, _ = c.Report(t.Context(), sessions)
	}
	if n := s.asked.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

func TestRefusalsAreRemembered(t *testing.T) {
	for kind, rest := range map[report.Kind]time.Duration{
		report.Invalid: 5 * time.Minute, report.TooLarge: 5 * time.Minute, report.Misconfigured: 10 * time.Second, report.NoAccess: 10 * time.Second,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{answer: failing(kind)}
				c := open(t, s, nil)
				for range 5 {
					if _, err := c.Report(t.Context(), sessions); report.KindOf(err) != kind {
						t.Fatalf("got %v", err)
					}
				}
				time.Sleep(rest - time.Second)
				_, _ = c.Report(t.Context(), sessions)
				if n := s.asked.Load(); n != 1 {
					t.Errorf("asked %d times within %v, want 1", n, rest)
				}
				time.Sleep(2 * time.Second)
				s.answer = always(report.FreshFinal).answer
				mustReport(t, c, sessions)
			})
		})
	}
}

func TestPatienceEndsWithTheOldAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshRealtime)
		inner := s.answer
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		time.Sleep(time.Hour)
		s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
			time.Sleep(20 * time.Second)
			return inner(ctx, n, q)
		}
		start := time.Now()
		r := mustReport(t, c, sessions)
		if r.Stale != report.StaleUnavailable || time.Since(start) != 10*time.Second {
			t.Errorf("stale %q after %v, want unavailable after 10 s", r.Stale, time.Since(start))
		}
		time.Sleep(11 * time.Second)
		if r := mustReport(t, c, sessions); r.Stale != "" || string(r.Body) != `{"n":2}` {
			t.Errorf("the slow answer was not kept: %s, stale %q", r.Body, r.Stale)
		}
	})
}
