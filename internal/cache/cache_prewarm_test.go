package cache

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A watcher answers with settling days of UTC, and remembers what it was asked.
type watcher struct {
	mu     sync.Mutex
	asked  []*report.Question
	change func(*report.Report)
}

func (w *watcher) Report(_ context.Context, q *report.Question) (*report.Report, error) {
	w.mu.Lock()
	w.asked = append(w.asked, q)
	r := &report.Report{Body: fmt.Append(nil, len(w.asked)), TimeZone: "UTC", Freshness: report.FreshSettling, FetchedAt: time.Now()}
	w.mu.Unlock()
	if w.change != nil {
		w.change(r)
	}
	return r, nil
}

// life is how long an answer of a watcher is good, and almost how long it is not asked
// for again.
const life = 4 * time.Hour

// lastWeek is a query for the seven days before today.
func lastWeek() *report.Question { return ago(7, 1) }

// ago is a query for the days from some days ago to some days ago, in UTC.
func ago(from, to int) *report.Question {
	today := time.Now().UTC()
	return sessions.With(func(q *report.Query) {
		q.DateRanges[0] = report.DateRange{
			StartDate: today.AddDate(0, 0, -from).Format(time.DateOnly), EndDate: today.AddDate(0, 0, -to).Format(time.DateOnly),
		}
	})
}

func TestWhatGetsOldIsFetchedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		c, past := open(t, w, nil), ago(60, 31)
		mustReport(t, c, past)
		c.Prewarm(t.Context(), 9*time.Hour)
		if len(w.asked) != 1 {
			t.Fatalf("asked %d times before it gets old", len(w.asked))
		}
		time.Sleep(life - time.Minute)
		c.Prewarm(t.Context(), 9*time.Hour)
		if len(w.asked) != 2 || w.asked[1].Urgency() != report.Prewarm || w.asked[1].Key() != past.Key() {
			t.Errorf("asked %+v", w.asked)
		}
	})
}

// Without accesses a question is first not prewarmed, and then dropped.
func TestIdleQuestionsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		c := open(t, w, nil)
		past := ago(60, 31) // which midnight does not move
		mustReport(t, c, past)
		warm := func() int {
			time.Sleep(life - time.Minute)
			c.Prewarm(t.Context(), 9*time.Hour)
			return len(w.asked)
		}
		if first, again := warm(), warm(); first != 2 || again != 2 {
			t.Fatalf("asked %d times: not once ahead, or though nobody looked for so long", len(w.asked))
		}
		mustReport(t, c, past)
		if n := warm(); n != 3 {
			t.Errorf("asked %d times, want 3: somebody looked", n)
		}
		time.Sleep(9 * time.Hour)
		c.Prewarm(t.Context(), 9*time.Hour)
		if len(w.asked) != 3 || len(c.recent.questions) != 0 {
			t.Errorf("asked %d times, %d questions remembered", len(w.asked), len(c.recent.questions))
		}
	})
}

// A new day: the range moves with it, a fixed one of the past stays.
func TestMidnightMovesRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		c := open(t, w, nil)
		mustReport(t, c, lastWeek())
		mustReport(t, c, ago(60, 31))
		time.Sleep(25 * time.Hour)
		c.Prewarm(t.Context(), 72*time.Hour)
		c.Prewarm(t.Context(), 72*time.Hour)
		if len(w.asked) != 3 {
			t.Fatalf("asked %d times, want the two and the one that moved", len(w.asked))
		}
		if r, want := w.asked[2].Query().DateRanges[0], lastWeek().Query().DateRanges[0]; r != want {
			t.Errorf("moved to %+v, want %+v", r, want)
		}
	})
}

func TestRealtimeAndEndedContextsAreNotPrewarmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{change: func(r *report.Report) { r.TimeZone = "" }} // of the moment
		c := open(t, w, nil)
		mustReport(t, c, ago(60, 31)) // which midnight does not move
		time.Sleep(life - time.Minute)
		c.Prewarm(t.Context(), 9*time.Hour)
		if len(w.asked) != 1 {
			t.Error("a realtime answer was prewarmed")
		}
		w.change = nil
		mustReport(t, c, ago(90, 70))
		time.Sleep(life - time.Minute)
		ended, stop := context.WithCancel(t.Context())
		stop()
		c.Prewarm(ended, 9*time.Hour)
		if len(w.asked) != 2 {
			t.Error("asked after the end")
		}
	})
}

func TestRecentQuestionsAreBounded(t *testing.T) {
	var h recent
	r := &report.Report{TimeZone: "UTC", Freshness: report.FreshSettling}
	for i := range maxRecent + 500 {
		h.add(page(report.Int64(i)), r, time.Unix(int64(i), 0))
	}
	if n := len(h.questions); n > maxRecent || n < maxRecent*8/10 {
		t.Errorf("%d questions", n)
	}
	for _, a := range h.questions {
		if a.accessed.Unix() < 500 {
			t.Fatalf("one of second %d outlived newer ones", a.accessed.Unix())
		}
	}
}

// TestRefreshingCountsBackgroundFetches: an answer that is fetched in the background, also for
// those who did not want to wait for it any longer.
func TestRefreshingCountsBackgroundFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{change: func(*report.Report) { time.Sleep(time.Minute / 2) }}
		c, past := open(t, w, nil), ago(60, 31)
		mustReport(t, c, past)
		time.Sleep(life + time.Minute)
		mustReport(t, c, past)
		if n := c.Refreshing(); n != 1 {
			t.Errorf("%d answers are being fetched, want 1", n)
		}
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, _ = c.Report(ctx, ago(20, 10))
		if n := c.Refreshing(); n != 2 {
			t.Errorf("%d answers are being fetched, want 2", n)
		}
		time.Sleep(2 * time.Minute)
		if n := c.Refreshing(); n != 0 {
			t.Errorf("%d answers are being fetched at rest", n)
		}
	})
}
