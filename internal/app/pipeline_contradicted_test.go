package app

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// TestWhatIsContradictedIsNotGiven: a line that a newer total contradicts is asked as a
// whole. When that fails, it is no answer, nor is it kept; and Google's word that access
// is gone takes away all that is stored.
func TestWhatIsContradictedIsNotGiven(t *testing.T) {
	for _, kind := range []report.Kind{report.Unavailable, report.NoAccess} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, nil)
				past := question(11, 20, "date") // days that are kept one by one
				d.ask(past)
				line, total := question(2, 27, "date"), question(2, 27)
				time.Sleep(time.Hour)
				d.google.change(report.DateOf(time.Now(), time.UTC).AddDays(-28), 7)
				d.ask(total)
				d.google.refuse = report.Errorf(kind, "no")
				if r, err := d.cache.Report(t.Context(), report.NewQuestion(line, nil)); report.KindOf(err) != kind {
					t.Errorf("%+v, %v", r, err)
				}
				if r, err := d.cache.Report(t.Context(), report.NewQuestion(total, nil)); (report.KindOf(err) == kind) != (kind == report.NoAccess) {
					t.Errorf("the total: %+v, %v", r, err)
				}
				d.google.refuse = nil
				for range 3 {
					time.Sleep(5 * 24 * time.Hour)
					if !d.right(line) || !d.right(total) {
						t.Errorf("wrong days later: line %v, total %v", d.right(line), d.right(total))
					}
				}
			})
		})
	}
}

// TestFetchedAheadIsNew: what is put together of kept parts is fetched before it gets old
// as well, again and again.
func TestFetchedAheadIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		line := report.NewQuestion(question(20, 2, "date"), nil) // which midnight does not move
		age := func() time.Duration {
			r, err := d.cache.Report(t.Context(), line)
			must(t, err)
			return time.Since(r.FetchedAt)
		}
		for range 4 {
			time.Sleep(4*time.Hour - time.Minute - age())
			age() // somebody looks shortly before the end
			d.cache.Prewarm(t.Context(), 9*time.Hour)
			if got := age(); got > time.Minute {
				t.Errorf("after fetching ahead it is %v old", got)
			}
		}
	})
}
