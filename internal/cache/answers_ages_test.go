package cache

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Two views of one property ask the same and want answers of different ages: each
// gets its own, and they share what is fetched.
func TestViewsHaveTheirOwnAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshIntraday)
		c := open(t, s, nil)
		eager := report.NewQuestion(sessions.Query(), &report.Ages{Intraday: time.Minute})
		lazy := report.NewQuestion(sessions.Query(), &report.Ages{Intraday: 2 * time.Hour, Settling: time.Second})
		for _, step := range []struct {
			wait  time.Duration
			q     *report.Question
			asked int64 // in all, once what was asked behind has come
		}{
			{0, sessions, 1},
			{50 * time.Second, eager, 1},
			{20 * time.Second, lazy, 1},
			{0, eager, 2},
			{16 * time.Minute, lazy, 2},
			{0, sessions, 3},
			{110 * time.Minute, lazy, 3},
			{20 * time.Minute, lazy, 4},
		} {
			time.Sleep(step.wait)
			mustReport(t, c, step.q)
			synctest.Wait()
			if n := s.asked.Load(); n != step.asked {
				t.Fatalf("after %v with %+v asked %d times, want %d", step.wait, step.q.Ages(), n, step.asked)
			}
		}
	})
}

func TestGetHeedsAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, always(report.FreshIntraday), nil)
		mustReport(t, c, sessions)
		time.Sleep(2 * time.Minute)
		eager := report.NewQuestion(sessions.Query(), &report.Ages{Intraday: time.Minute})
		if c.Get(t.Context(), sessions) == nil {
			t.Error("due by the server's age")
		}
		if r := c.Get(t.Context(), eager); r != nil {
			t.Errorf("%v, want none that is good", r)
		}
	})
}
