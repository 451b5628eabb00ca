package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/plan"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
)

// An editor is a Google whose administrators change days that were final.
type editor struct {
	mu      sync.Mutex
	counts  map[report.Date]int // 100 where nothing stands
	beside  int                 // how much totals differ from the sum of days, always
	asked   int
	notices func(*report.Report)
	refuse  error // in place of an answer
}

func (e *editor) change(day report.Date, count int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts[day] = count
}

func (e *editor) Report(_ context.Context, question *report.Question) (*report.Report, error) {
	q := question.Query()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	if e.refuse != nil {
		return nil, e.refuse
	}
	first, _ := report.ParseDate(q.DateRanges[0].StartDate)
	last, _ := report.ParseDate(q.DateRanges[0].EndDate)
	rows, total, n := "", 0, 0
	for d := first; !d.After(last); d = d.AddDays(1) {
		count, ok := e.counts[d]
		if !ok {
			count = 100
		}
		total += count
		rows += fmt.Sprintf(`,{"dimensionValues":[{"value":"%s"}],"metricValues":[{"value":"%d"}]}`, d.In(time.UTC).Format("20060102"), count)
		n++
	}
	dimensions := `"dimensionHeaders":[{"name":"date"}],`
	if len(q.Dimensions) == 0 {
		rows, n, dimensions = fmt.Sprintf(`,{"metricValues":[{"value":"%d"}]}`, total+e.beside), 1, ""
	}
	r := &report.Report{
		Body: fmt.Appendf(nil, `{%s"metricHeaders":[{"name":"eventCount","type":"TYPE_INTEGER"}],"rows":[%s],"rowCount":%d,"metadata":{"timeZone":"UTC"},"kind":"k"}`, dimensions, rows[1:], n),
		Rows: n, RowCount: n, FetchedAt: time.Now(), TimeZone: "UTC", Freshness: report.FreshSettling,
	}
	if report.Final(last, time.UTC, r.FetchedAt) {
		r.Freshness = report.FreshFinal
	}
	if e.notices != nil {
		e.notices(r)
	}
	return r, nil
}

// A desk asks the editor through cache and plan.
type desk struct {
	t      *testing.T
	google *editor
	cache  *cache.Cache
	events map[plan.Event]int
}

func newDesk(t *testing.T, store cache.Store) *desk {
	d := &desk{t: t, google: &editor{counts: map[report.Date]int{}}, events: map[plan.Event]int{}}
	answers, err := cache.NewAnswers(cache.AnswersConfig{Clock: time.Now, Store: store, Jitter: func(time.Time) float64 { return 0.5 }})
	must(t, err)
	t.Cleanup(func() { must(t, answers.Close()) })
	var mu sync.Mutex
	p, err := plan.New(plan.Config{
		Source: d.google, Parts: answers,
		Observer: func(e plan.Event) { mu.Lock(); d.events[e]++; mu.Unlock() },
	})
	must(t, err)
	d.cache, err = cache.New(cache.Config{Source: p, Answers: answers, Group: plan.Group})
	must(t, err)
	return d
}

// onDisk is a store of a test.
func onDisk(t *testing.T) cache.Store {
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{
		Path: filepath.Join(t.TempDir(), "cache.db"), MaxBytes: 1 << 30, Clock: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	return s
}

// question is about the last days up to some days ago.
func question(days, ago int, dimensions ...string) report.Query {
	last := report.DateOf(time.Now(), time.UTC).AddDays(-ago)
	q := report.Query{
		Account: "main", Property: "1", Metrics: []report.Metric{{Name: "eventCount"}},
		DateRanges: []report.DateRange{{StartDate: last.AddDays(1 - days).String(), EndDate: last.String()}},
	}
	for _, name := range dimensions {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
		q.OrderBys = []report.OrderBy{{Dimension: &report.DimensionOrder{DimensionName: name}}}
	}
	return q
}

func (d *desk) ask(q report.Query) string {
	d.t.Helper()
	r, err := d.cache.Report(d.t.Context(), report.NewQuestion(q, nil))
	must(d.t, err)
	return string(r.Body)
}

// right reports whether an answer is what Google would say now.
func (d *desk) right(q report.Query) bool {
	d.t.Helper()
	want, err := d.google.Report(d.t.Context(), report.NewQuestion(q, nil))
	must(d.t, err)
	d.google.asked--
	return d.ask(q) == string(want.Body)
}

// TestDashboardsDoNotContradictThemselves: Google changes a day that was final; the
// total shows it, and so does the line, whoever is asked first.
func TestDashboardsDoNotContradictThemselves(t *testing.T) {
	for _, order := range []string{"total first", "line first", "both at once"} {
		t.Run(order, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, onDisk(t))
				for range 3 {
					d.ask(question(28, 1))
					d.ask(question(28, 1, "date"))
					time.Sleep(24 * time.Hour)
				}
				past := question(20, 10) // a final answer that nothing is compared with
				past.Dimensions = []report.Dimension{{Name: "country"}}
				d.ask(past)
				if d.events[plan.Sliced] != 2 || d.events[plan.Changed] != 0 {
					t.Fatalf("%v before anything changed", d.events)
				}
				time.Sleep(6 * time.Hour)
				d.google.change(report.DateOf(time.Now(), time.UTC).AddDays(-15), 7)
				total, line := question(28, 1), question(28, 1, "date")
				switch order {
				case "total first":
					if !d.right(total) || !d.right(line) {
						t.Error("the first look shows the old line")
					}
				case "line first":
					d.ask(line)
					d.ask(total)
				default:
					var wg sync.WaitGroup
					wg.Go(func() { d.ask(line) })
					wg.Go(func() { d.ask(total) })
					wg.Wait()
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if !d.right(total) || !d.right(line) || !d.right(past) {
					t.Errorf("the second look is wrong: total %v, line %v, another final answer %v", d.right(total), d.right(line), d.right(past))
				}
				if d.events[plan.Changed] != 1 {
					t.Errorf("%v", d.events)
				}
				asked := d.google.asked
				d.ask(total)
				d.ask(line)
				if d.google.asked != asked {
					t.Error("what agrees is asked again")
				}
			})
		})
	}
}

// TestAgreementIsCheap: where all agrees, a day costs two questions; where Google
// itself never agrees, a few more.
func TestAgreementIsCheap(t *testing.T) {
	for beside, most := range map[int]int{0: 2, 1: 5} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			d.google.beside = beside
			for range 10 {
				for range 10 {
					d.ask(question(28, 1))
					d.ask(question(28, 1, "date"))
					time.Sleep(time.Minute)
				}
				time.Sleep(24 * time.Hour)
			}
			synctest.Wait()
			if perDay := d.google.asked / 10; perDay > most {
				t.Errorf("totals %d beside: %d questions a day, want at most %d", beside, perDay, most)
			}
		})
	}
}

// TestNothingIsMadeOfReservations: what was sampled, thresholded, condensed,
// truncated, or has a notice is neither kept by days nor put together, nor final.
func TestNothingIsMadeOfReservations(t *testing.T) {
	for name, notices := range map[string]func(*report.Report){
		"sampled":     func(r *report.Report) { r.Sampled = true },
		"thresholded": func(r *report.Report) { r.Thresholded = true },
		"(other)":     func(r *report.Report) { r.OtherRow = true },
		"truncated":   func(r *report.Report) { r.Truncated = true },
		"news":        func(r *report.Report) { r.Notices = []string{"news"} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, nil)
				d.google.notices = notices
				for range 4 {
					d.ask(question(28, 1, "date"))
					time.Sleep(24 * time.Hour)
				}
				if d.google.asked != 4 || d.events[plan.Sliced] != 0 {
					t.Errorf("asked %d times, %v", d.google.asked, d.events)
				}
				d.google.notices = nil // the rest is plain, and so is what comes now
				d.ask(question(28, 1, "date"))
				d.google.notices = notices
				time.Sleep(24 * time.Hour)
				asked := d.google.asked
				d.ask(question(28, 1, "date"))
				if d.google.asked != asked+2 || d.events[plan.Sliced] != 0 {
					t.Errorf("a rest with reservations is put to plain days: asked %d times, %v", d.google.asked-asked, d.events)
				}
			})
		})
	}
}
