package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// source is a report.Source that answers by a function and counts.
type source struct {
	asked  atomic.Int64
	answer func(ctx context.Context, n int64, q *report.Question) (*report.Report, error)
}

func (s *source) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	return s.answer(ctx, s.asked.Add(1), q)
}

// always answers with a body that tells the how-manieth answer it is.
func always(f report.Freshness) *source {
	return &source{answer: func(_ context.Context, n int64, _ *report.Question) (*report.Report, error) {
		return &report.Report{Body: fmt.Appendf(nil, `{"n":%d}`, n), Freshness: f, FetchedAt: time.Now()}, nil
	}}
}

func failing(kind report.Kind) func(context.Context, int64, *report.Question) (*report.Report, error) {
	return func(context.Context, int64, *report.Question) (*report.Report, error) {
		return nil, report.Errorf(kind, "no")
	}
}

var sessions = report.NewQuestion(report.Query{
	Account: "main", Property: "1",
	Metrics:    []report.Metric{{Name: "sessions"}},
	DateRanges: []report.DateRange{{StartDate: "2026-01-01", EndDate: "2026-01-31"}},
}, nil)

// page is another question for each offset.
func page(offset report.Int64) *report.Question {
	return sessions.With(func(q *report.Query) { q.Offset = offset })
}

// about is a question about a property.
func about(account, property string) *report.Question {
	return sessions.With(func(q *report.Query) { q.Account, q.Property = account, property })
}

// opened is a cache with its answers.
type opened struct {
	*Cache
	*Answers
}

type settings struct {
	AnswersConfig
	Config
}

// open returns a cache that closes with the test; half a jitter is none.
func open(t *testing.T, s report.Source, change func(*settings)) *opened {
	t.Helper()
	c := opening(t, s, change)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// opening is open for who closes the answers.
func opening(t testing.TB, s report.Source, change func(*settings)) *opened {
	t.Helper()
	c := settings{AnswersConfig{Clock: time.Now, Jitter: func(time.Time) float64 { return 0.5 }}, Config{Source: s}}
	if change != nil {
		change(&c)
	}
	var err error
	if c.Answers, err = NewAnswers(c.AnswersConfig); err != nil {
		t.Fatal(err)
	}
	kept, err := New(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	return &opened{kept, c.Answers}
}

func mustReport(t *testing.T, c *opened, q *report.Question) *report.Report {
	t.Helper()
	r, err := c.Report(t.Context(), q)
	if err != nil {
		t.Fatalf("Report: %v", err)
	}
	return r
}

func TestAnswersFromMemoryForItsTime(t *testing.T) {
	for _, test := range []struct {
		freshness report.Freshness
		ttl       time.Duration
		grace     bool
	}{
		{report.FreshRealtime, 30 * time.Second, false},
		{report.FreshIntraday, 15 * time.Minute, true},
		{report.FreshSettling, 4 * time.Hour, true},
		{report.FreshFinal, 24 * time.Hour, true},
	} {
		t.Run(string(test.freshness), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := always(test.freshness)
				c := open(t, s, func(c *settings) { c.Final = 24 * time.Hour })
				first := mustReport(t, c, sessions)
				time.Sleep(test.ttl - time.Second)
				if again := mustReport(t, c, sessions); again != first || s.asked.Load() != 1 {
					t.Fatalf("asked %d times just before its time is over, want 1", s.asked.Load())
				}
				time.Sleep(2 * time.Second)
				over := mustReport(t, c, sessions)
				if served := over == first; served != test.grace {
					t.Errorf("just after its time the old answer was served: %v, want %v", served, test.grace)
				}
				synctest.Wait()
				if n := s.asked.Load(); n != 2 {
					t.Errorf("asked %d times, want 2", n)
				}
				if r := mustReport(t, c, sessions); string(r.Body) != `{"n":2}` || r.Stale != "" {
					t.Errorf("after the refresh: %s, stale %q", r.Body, r.Stale)
				}
			})
		})
	}
}

// What is final is not asked again for a month, and then is: administrators can
// change any day.
func TestFinalAnswersAreNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshFinal)
		c := open(t, s, nil)
		mustReport(t, c, sessions)
		time.Sleep(29 * 24 * time.Hour)
		if r := mustReport(t, c, sessions); string(r.Body) != `{"n":1}` || r.Stale != "" || s.asked.Load() != 1 {
			t.Errorf("after 29 days: %s, stale %q, asked %d times", r.Body, r.Stale, s.asked.Load())
		}
		time.Sleep(2 * 24 * time.Hour)
		mustReport(t, c, sessions)
		synctest.Wait()
		if s.asked.Load() != 2 {
			t.Errorf("after 31 days asked %d times, want 2", s.asked.Load())
		}
	})
}

func TestJitterSpreadsTheEnd(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: 810 * time.Second, 0.5: 900 * time.Second, 1: 990 * time.Second} {
		c := open(t, always(report.FreshIntraday), func(c *settings) { c.Jitter = func(time.Time) float64 { return random } })
		if got := c.newEntry(propertyKey{}, &report.Report{Freshness: report.FreshIntraday}).ttl.Round(time.Millisecond); got != want {
			t.Errorf("random %v: %v, want %v", random, got, want)
		}
	}
}

// What is fetched ahead is asked for although there is a good answer, but not
// before that gets old.
func TestAheadOfTheEnd(t *testing.T) {
	for freshness, again := range map[report.Freshness]int64{report.FreshSettling: 2, report.FreshIntraday: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := always(freshness)
			c := open(t, s, nil)
			life := c.ttlFor(c.newEntry(propertyKey{}, mustReport(t, c, sessions)), sessions)
			ahead := sessions.At(report.Prewarm)
			for _, at := range []struct {
				later time.Duration
				asked int64
			}{{life * 9 / 10, 1}, {life*99/100 - life*9/10, again}, {life / 200, again}} {
				time.Sleep(at.later)
				mustReport(t, c, ahead)
				if n := s.asked.Load(); n != at.asked {
					t.Errorf("%s: asked %d times after %v more, want %d", freshness, n, at.later, at.asked)
				}
			}
		})
	}
}

// What was made of one answer ends when it does; what came at another moment
// does not.
func TestPartsOfAnAnswerEndTogether(t *testing.T) {
	c := open(t, always(report.FreshIntraday), func(c *settings) { c.Jitter = nil })
	end := func(at time.Time) time.Duration {
		return c.newEntry(propertyKey{}, &report.Report{Freshness: report.FreshIntraday, FetchedAt: at}).ttl
	}
	now := time.Date(2026, time.November, 23, 12, 0, 0, 1, time.UTC)
	ends := map[time.Duration]bool{}
	for i := range 100 {
		at := now.Add(time.Duration(i))
		first, again := end(at), end(at)
		if first != again || first < 810*time.Second || first >= 990*time.Second {
			t.Fatalf("%v, then %v", first, again)
		}
		ends[end(at).Truncate(18*time.Second)] = true
	}
	if len(ends) < 9 {
		t.Errorf("a hundred ends fall into %d tenths of the time", len(ends))
	}
}

func TestOneQuestionForAllWhoAskTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := always(report.FreshFinal)
		inner := s.answer
		s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
			<-release
			return inner(ctx, n, q)
		}
		var events sync.Map
		c := open(t, s, func(c *settings) {
			c.Observer = func(e Event) {
				n, _ := events.LoadOrStore(e, new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
			}
		})
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if _, err := c.Report(t.Context(), sessions); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if n := s.asked.Load(); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
		for e, want := range map[Event]int64{Miss: 1, Joined: 199} {
			n, ok := events.Load(e)
			if !ok || n.(*atomic.Int64).Load() != want {
				t.Errorf("%s: %v, want %d", e, n, want)
			}
		}
	})
}

func TestCallersCancelAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always(report.FreshFinal)
		inner := s.answer
		s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
			select {
			case <-time.After(5 * time.Second):
				return inner(ctx, n, q)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		c := open(t, s, nil)
		impatient, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := c.Report(impatient, sessions)
			left <- err
		}()
		synctest.Wait()
		stayed := make(chan error, 1)
		go func() {
			_, err := c.Report(t.Context(), sessions)
			stayed <- err
		}()
		synctest.Wait()
		leave()
		if err := <-left; report.KindOf(err) != report.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v, want canceled", err)
		}
		if err := <-stayed; err != nil {
			t.Errorf("who stayed got %v", err)
		}
		if n := s.asked.Load(); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
	})
}

func TestQuestionsOutliveTheirCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan string, 1)
		c := open(t, &source{answer: func(_ context.Context, _ int64, q *report.Question) (*report.Report, error) {
			time.Sleep(time.Second)
			asked <- q.Query().Metrics[0].Name
			return &report.Report{}, nil
		}}, nil)
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			leave()
		}()
		_, _ = c.Report(ctx, sessions)
		if name := <-asked; name != "sessions" {
			t.Errorf("asked %q, want sessions", name)
		}
	})
}

func TestTimeLimitOfAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: func(ctx context.Context, _ int64, _ *report.Question) (*report.Report, error) {
			<-ctx.Done()
			return nil, report.AsError(ctx.Err())
		}}
		c := open(t, s, nil)
		start := time.Now()
		_, err := c.Report(t.Context(), sessions)
		if report.KindOf(err) != report.Canceled || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want canceled after 1 min", err, time.Since(start))
		}
	})
}

func TestPanicOfTheSourceIsAnError(t *testing.T) {
	c := open(t, &source{answer: func(context.Context, int64, *report.Question) (*report.Report, error) { panic("boom") }}, nil)
	_, err := c.Report(t.Context(), sessions)
	if e := report.AsError(err); e.Kind != report.Internal || strings.Contains(e.Message, "boom") {
		t.Errorf("got %v, want an internal error that tells the requester nothing", err)
	}
}

func TestCloseEndsFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: func(ctx context.Context, _ int64, _ *report.Question) (*report.Report, error) {
			<-ctx.Done()
			return nil, report.AsError(ctx.Err())
		}}
		c := open(t, s, nil)
		done := make(chan error, 1)
		go func() {
			_, err := c.Report(t.Context(), sessions)
			done <- err
		}()
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err == nil {
			t.Error("a question survived Close")
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	s := &source{answer: func(context.Context, int64, *report.Question) (*report.Report, error) {
		return &report.Report{Body: make([]byte, 10_000), Freshness: report.FreshFinal}, nil
	}}
	c := open(t, s, func(c *settings) { c.MaxBytes = 100_000 })
	for i := range 100 {
		q := page(report.Int64(i))
		mustReport(t, c, q)
	}
	if st := c.Stats(); st.Bytes > 100_000 || st.Entries == 0 || st.Entries > 10 {
		t.Errorf("%+v, want at most 100000 bytes and some entries", st)
	}
}

func TestNewRefusesWhatIsMissing(t *testing.T) {
	if _, err := New(Config{Answers: &Answers{}}); err == nil {
		t.Error("no error without a source")
	}
	if _, err := New(Config{Source: always("")}); err == nil {
		t.Error("no error without answers")
	}
	if _, err := NewAnswers(AnswersConfig{}); err == nil {
		t.Error("no error without a clock")
	}
	if _, err := NewAnswers(AnswersConfig{Clock: time.Now, MaxBytes: -1}); err == nil {
		t.Error("no error for negative bytes")
	}
}

func BenchmarkHit(b *testing.B) {
	c := opening(b, always(report.FreshFinal), nil)
	defer c.Close()
	for b.Loop() {
		if _, err := c.Report(b.Context(), sessions); err != nil {
			b.Fatal(err)
		}
	}
}
