package cache

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// TestUrgency: a question is as urgent as the cached answer is old.
func TestUrgency(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked bool          // before
		after time.Duration // 4 h is an answer's time
		comes report.Urgency
		want  report.Urgency
	}{
		{"nobody has seen an answer", false, 0, report.Unseen, report.Unseen},
		{"a little over its time", true, 5 * time.Hour, report.Unseen, report.Refresh},
		{"long over its time", true, 10 * time.Hour, report.Unseen, report.Seen},
		{"a refresh of something else", true, 10 * time.Hour, report.Refresh, report.Refresh},
		{"ahead of time", true, 4*time.Hour - 2*time.Minute, report.Prewarm, report.Prewarm},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := always(report.FreshSettling)
			inner, got := s.answer, report.Urgency(-1)
			s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
				got = q.Urgency()
				return inner(ctx, n, q)
			}
			cache := open(t, s, nil)
			if c.asked {
				mustReport(t, cache, sessions)
				time.Sleep(c.after)
			}
			got = -1
			q := sessions.At(c.comes)
			mustReport(t, cache, q)
			synctest.Wait()
			if got != c.want {
				t.Errorf("%s: asked with urgency %d, want %d", c.name, got, c.want)
			}
		})
	}
}

// TestARefreshWaits: who refreshes an answer is given the new one, for what is made of
// it would else be as old as before.
func TestARefreshWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshSettling)
		inner := s.answer
		s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
			time.Sleep(10 * time.Second) // longer than a person is made to wait
			return inner(ctx, n, q)
		}
		cache := open(t, s, nil)
		mustReport(t, cache, sessions)
		time.Sleep(5 * time.Hour)
		q := sessions.At(report.Refresh)
		if r := mustReport(t, cache, q); string(r.Body) != `{"n":2}` || r.Stale != "" {
			t.Errorf("%s, stale %q", r.Body, r.Stale)
		}
	})
}
