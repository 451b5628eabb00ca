package cache

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// TestOnlyIfCached: such a question is answered from memory while the answer is fresh, and
// otherwise starts nothing.
func TestOnlyIfCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := map[Event]int{}
		src := always(report.FreshSettling)
		c := open(t, src, func(s *settings) { s.Observer = func(e Event) { events[e]++ } })
		cached := func(want error) {
			t.Helper()
			synctest.Wait()
			asked, before := src.asked.Load(), len(events)
			r, err := c.Report(t.Context(), sessions.IfCached())
			synctest.Wait()
			if !errors.Is(err, want) || (r == nil) != (want != nil) || src.asked.Load() != asked || want != nil && len(events) != before {
				t.Errorf("%v, %v; %d questions to the source; events %v", r, err, src.asked.Load()-asked, events)
			}
		}
		cached(report.ErrNotCached)
		mustReport(t, c, sessions)
		cached(nil)
		if events[Hit] != 1 {
			t.Errorf("events %v", events)
		}
		time.Sleep(4*time.Hour + time.Minute)
		cached(report.ErrNotCached) // a newer answer is due
		mustReport(t, c, sessions)  // which is fetched in the background
		cached(nil)
		c.denied.add(propertyOf(sessions), report.Errorf(report.NoAccess, "no"), time.Now())
		cached(report.ErrNotCached)
		if err, denied := c.denied.probe(propertyOf(sessions), time.Now(), time.Minute); err != nil || !denied {
			t.Errorf("the probe was used up: %v, %v", err, denied)
		}
	})
}
