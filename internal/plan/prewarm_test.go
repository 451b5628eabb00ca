package plan

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A desk remembers, and says of each answer what the test says.
type desk struct {
	blank
	seen time.Time
	soon bool
}

func (d *desk) Outlook(report.Query) (time.Time, time.Duration, bool) {
	return d.seen, 15 * time.Minute, d.soon
}

// lastWeek is a query for the seven days before today.
func lastWeek() report.Query { return ago(7, 1) }

// ago is a query for the days from some days ago to some days ago, in UTC.
func ago(from, to int) report.Query {
	today := time.Now().UTC()
	q := figures("sessions")
	q.DateRanges[0] = report.DateRange{
		StartDate: today.AddDate(0, 0, -from).Format(time.DateOnly), EndDate: today.AddDate(0, 0, -to).Format(time.DateOnly),
	}
	return q
}

func warming(t *testing.T) (*Plan, *google, *desk) {
	t.Helper()
	g, d := &google{}, &desk{}
	p, err := New(Config{Source: g, Memory: d, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p, g, d
}

func TestWhatGetsOldIsFetchedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, g, d := warming(t)
		all(t, p, lastWeek())
		p.Prewarm(t.Context(), time.Hour)
		if len(g.asked) != 1 {
			t.Fatalf("asked %d times before it gets old", len(g.asked))
		}
		time.Sleep(14 * time.Minute)
		d.soon = true
		p.Prewarm(t.Context(), time.Hour)
		if len(g.asked) != 2 || g.asked[1].Urgency != report.Prewarm || g.asked[1].DateRanges[0] != lastWeek().DateRanges[0] {
			t.Errorf("asked %+v", g.asked)
		}
	})
}

// Nobody looks: first it is left alone, and then forgotten.
func TestWhatNobodyLooksAtIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, g, d := warming(t)
		all(t, p, ago(60, 31)) // which midnight does not move
		d.soon = true
		time.Sleep(attention*15*time.Minute + time.Second)
		p.Prewarm(t.Context(), 3*time.Hour)
		if len(g.asked) != 1 {
			t.Error("fetched though nobody looked for hours")
		}
		d.seen = time.Now()
		p.Prewarm(t.Context(), 3*time.Hour)
		if len(g.asked) != 2 {
			t.Error("not fetched though somebody looked")
		}
		time.Sleep(3*time.Hour + time.Second)
		p.Prewarm(t.Context(), 3*time.Hour)
		if len(g.asked) != 2 || len(p.hot.questions) != 0 {
			t.Errorf("asked %d times, %d questions remembered", len(g.asked), len(p.hot.questions))
		}
	})
}

// A new day: the range moves with it, a fixed one of the past stays.
func TestMidnightMovesRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, g, _ := warming(t)
		all(t, p, lastWeek(), ago(60, 31))
		time.Sleep(25 * time.Hour)
		p.Prewarm(t.Context(), 72*time.Hour)
		p.Prewarm(t.Context(), 72*time.Hour)
		if len(g.asked) != 3 {
			t.Fatalf("asked %d times, want the two and the one that moved", len(g.asked))
		}
		if r, want := g.asked[2].DateRanges[0], lastWeek().DateRanges[0]; r != want {
			t.Errorf("moved to %+v, want %+v", r, want)
		}
	})
}

func TestPrewarmingLeavesPeopleAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, g, d := warming(t)
		g.change = func(r *report.Report) { r.TimeZone = "" } // of the moment
		all(t, p, lastWeek())
		d.soon = true
		p.Prewarm(t.Context(), time.Hour)
		if len(g.asked) != 1 {
			t.Error("an answer of the moment was fetched ahead")
		}
		ended, stop := context.WithCancel(t.Context())
		stop()
		g.change = nil
		all(t, p, lastWeek())
		p.Prewarm(ended, time.Hour)
		if len(g.asked) != 2 {
			t.Error("asked after the end")
		}
	})
}

func TestHotQuestionsAreBounded(t *testing.T) {
	var h hot
	r := &report.Report{TimeZone: "UTC", Freshness: report.FreshSettling}
	for i := range maxHot + 500 {
		q := lastWeek()
		q.Limit = report.Int64(i)
		h.note(q, r, time.Unix(int64(i), 0))
	}
	if n := len(h.questions); n > maxHot || n < maxHot*8/10 {
		t.Errorf("%d questions", n)
	}
	for _, a := range h.questions {
		if a.last.Unix() < 500 {
			t.Fatalf("one of second %d outlived newer ones", a.last.Unix())
		}
	}
}

// What people do not need now is asked with what they do need in one question,
// and then as urgently.
func TestUrgencyOfAUnion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		p := newPlan(t, g)
		refresh := figures("totalUsers")
		refresh.Urgency = report.Refresh
		all(t, p, refresh, figures("sessions"))
		if len(g.asked) != 1 || g.asked[0].Urgency != report.Unseen {
			t.Errorf("asked %+v", g.asked)
		}
	})
}
