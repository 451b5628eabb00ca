package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// catalog answers after a second, and counts.
type catalog struct {
	properties, fields atomic.Int64
	err                error
	hang               time.Duration
}

func (c *catalog) Property(_ context.Context, _, property string) (report.Property, error) {
	c.properties.Add(1)
	time.Sleep(time.Second + c.hang)
	zone, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		return report.Property{}, err
	}
	return report.Property{ID: property, TimeZone: zone, CurrencyCode: "NZD"}, c.err
}

func (c *catalog) Fields(context.Context, string, string) (*report.Fields, error) {
	c.fields.Add(1)
	time.Sleep(time.Second)
	return &report.Fields{}, c.err
}

func (c *catalog) Compatibility(context.Context, report.CompatibilityCheck) (*report.Compatibility, error) {
	return &report.Compatibility{}, c.err
}

func openCatalog(t *testing.T, c report.Catalog) *Catalog {
	t.Helper()
	kept, err := NewCatalog(c, CatalogConfig{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestCatalogAsksOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &catalog{}
		c := openCatalog(t, source)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if p, err := c.Property(t.Context(), "a", "1"); err != nil || p.ID != "1" {
					t.Errorf("got %+v, %v", p, err)
				}
				if f, err := c.Fields(t.Context(), "a", "1"); err != nil || f == nil {
					t.Errorf("got %v, %v", f, err)
				}
			})
		}
		wg.Wait()
		if p, f := source.properties.Load(), source.fields.Load(); p != 1 || f != 1 {
			t.Errorf("asked %d and %d times, want once each", p, f)
		}
		if p, _ := c.Property(t.Context(), "a", "2"); p.ID != "2" {
			t.Errorf("another property: got %q", p.ID)
		}
		time.Sleep(2 * time.Hour)
		_, _ = c.Property(t.Context(), "a", "1")
		_, _ = c.Fields(t.Context(), "a", "1")
		if p, f := source.properties.Load(), source.fields.Load(); p != 3 || f != 1 {
			t.Errorf("two hours later: asked %d and %d times, want 3 and 1", p, f)
		}
	})
}

func TestCatalogWhenTheSourceFails(t *testing.T) {
	for _, test := range []struct {
		kind report.Kind
		soft bool
	}{
		{report.Unavailable, true}, {report.Quota, true}, {report.Canceled, true},
		{report.Misconfigured, true}, {report.Internal, true}, {report.NoAccess, false},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &catalog{}
				c := openCatalog(t, source)
				_, _ = c.Property(t.Context(), "a", "1")
				time.Sleep(2 * time.Hour)
				source.err = report.Errorf(test.kind, "no")
				for range 3 {
					p, err := c.Property(t.Context(), "a", "1")
					if soft := err == nil && p.ID == "1"; soft != test.soft {
						t.Errorf("got %+v, %v; want the old answer: %v", p, err, test.soft)
					}
				}
				if n := source.properties.Load(); n != 2 {
					t.Errorf("asked %d times, want 2: a failure rests", n)
				}
				time.Sleep(11 * time.Second)
				source.err = nil
				if _, err := c.Property(t.Context(), "a", "1"); err != nil {
					t.Errorf("well again: %v", err)
				}
			})
		})
	}
}

func TestCatalogCallerMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCatalog(t, &catalog{})
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		if _, err := c.Property(ctx, "a", "1"); report.KindOf(err) != report.Canceled {
			t.Errorf("got %v, want canceled", err)
		}
		if _, err := c.Property(t.Context(), "a", "1"); err != nil {
			t.Errorf("who stayed: %v", err)
		}
	})
}

type panicking struct{ catalog }

func (*panicking) Property(context.Context, string, string) (report.Property, error) { panic("boom") }

func TestCatalogPanicIsAnError(t *testing.T) {
	c := openCatalog(t, &panicking{})
	if _, err := c.Property(t.Context(), "a", "1"); report.KindOf(err) != report.Internal {
		t.Errorf("got %v", err)
	}
}

func TestNewCatalogRefusesWhatIsMissing(t *testing.T) {
	if _, err := NewCatalog(nil, CatalogConfig{Clock: time.Now}); err == nil {
		t.Error("no error without a catalog")
	}
	if _, err := NewCatalog(&catalog{}, CatalogConfig{}); err == nil {
		t.Error("no error without a clock")
	}
}

// TestCatalogSurvivesARestart: a server that starts while Google fails knows what
// it needs to give the answers that it has.
func TestCatalogSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, source := newDisk(), &catalog{}
		run := func(err error, ask func(*Catalog)) {
			c := with(t, always(report.FreshFinal), d, nil)
			defer c.Close()
			source.err = err
			k, err := NewCatalog(source, CatalogConfig{Clock: time.Now, Answers: c.Answers})
			if err != nil {
				t.Fatal(err)
			}
			ask(k)
		}
		both := func(k *Catalog) (report.Property, error) {
			p, err := k.Property(t.Context(), "a", "1")
			_, also := k.Fields(t.Context(), "a", "1")
			return p, errors.Join(err, also)
		}
		run(nil, func(k *Catalog) {
			if _, err := both(k); err != nil {
				t.Error(err)
			}
		})
		if n := d.Stats().Records; n != 2 {
			t.Fatalf("%d records, want 2", n)
		}
		for _, c := range []struct {
			later time.Duration
			asked int64
			err   error
		}{
			{time.Minute, 1, nil},
			{2 * time.Hour, 2, report.Errorf(report.Unavailable, "no")},
			{0, 3, report.Errorf(report.Misconfigured, "off")},
		} {
			time.Sleep(c.later)
			run(c.err, func(k *Catalog) {
				p, err := both(k)
				if err != nil || p.ID != "1" || p.TimeZone.String() != "Pacific/Auckland" || p.CurrencyCode != "NZD" {
					t.Errorf("%+v, %v", p, err)
				}
				if n := source.properties.Load(); n != c.asked {
					t.Errorf("asked %d times, want %d", n, c.asked)
				}
			})
		}
		time.Sleep(4 * time.Hour)
		run(report.Errorf(report.NoAccess, "no"), func(k *Catalog) {
			if p, err := both(k); err == nil {
				t.Errorf("%+v without access", p)
			}
		})
		run(report.Errorf(report.Unavailable, "no"), func(k *Catalog) {
			if p, err := both(k); err == nil {
				t.Errorf("%+v came back", p)
			}
		})
	})
}

// TestDeniedAccessForgetsTheProperty: a property that a question found denied stays
// so over a restart, by the time zone that is gone.
func TestDeniedAccessForgetsTheProperty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, known := newDisk(), &catalog{}
		q := about("a", "1")
		c := with(t, &source{answer: failing(report.NoAccess)}, d, nil)
		k, err := NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Property(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
		_, _ = c.Report(t.Context(), q)
		_ = c.Close()
		known.err = report.Errorf(report.Unavailable, "no")
		c = with(t, always(report.FreshFinal), d, nil)
		defer c.Close()
		if k, err = NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers}); err != nil {
			t.Fatal(err)
		}
		if p, err := k.Property(t.Context(), "a", "1"); err == nil {
			t.Errorf("%+v without access", p)
		}
	})
}

// A source that hangs costs who asks for something known a moment only.
func TestCatalogPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &catalog{}
		c := openCatalog(t, source)
		if _, err := c.Property(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		source.hang = time.Minute
		start := time.Now()
		if p, err := c.Property(t.Context(), "a", "1"); err != nil || p.ID != "1" || time.Since(start) != 3*time.Second {
			t.Errorf("%+v, %v after %v", p, err, time.Since(start))
		}
		for range 9 {
			before := time.Now()
			if _, err := c.Property(t.Context(), "a", "1"); err != nil || time.Since(before) != 0 {
				t.Errorf("%v: waited again, for %v", err, time.Since(before))
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
	})
}

// TestAStoreThatIsSlowSaysNothing: a time zone that the store does not tell in time is
// asked of it again, and not taken for one that it lacks.
func TestAStoreThatIsSlowSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, source := newDisk(), &catalog{}
		begin := func() (*opened, *Catalog) {
			c := with(t, always(report.FreshFinal), d, nil)
			k, err := NewCatalog(source, CatalogConfig{Clock: time.Now, Answers: c.Answers})
			if err != nil {
				t.Fatal(err)
			}
			return c, k
		}
		c, k := begin()
		for _, account := range []string{"a", "b"} {
			if _, err := k.Property(t.Context(), account, "1"); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Close()
		source.err = report.Errorf(report.Unavailable, "no")
		c, k = begin()
		defer c.Close()
		d.slow.Store(int64(time.Hour))
		if p, err := k.Property(t.Context(), "a", "1"); err == nil {
			t.Fatalf("%+v from a disk that does not answer", p)
		}
		d.slow.Store(0)
		time.Sleep(11 * time.Second) // what failed was
		if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.TimeZone.String() != "Pacific/Auckland" {
			t.Errorf("%+v, %v; want what the store has", p, err)
		}
		d.slow.Store(int64(time.Second))
		k.Load(t.Context(), [][2]string{{"a", "1"}, {"b", "1"}, {"c", "1"}})
		d.slow.Store(int64(time.Hour))
		if p, err := k.Property(t.Context(), "b", "1"); err != nil || p.TimeZone.String() != "Pacific/Auckland" {
			t.Errorf("%+v, %v; want what was loaded", p, err)
		}
		if !k.Known("b", "1") || k.Known("c", "1") {
			t.Error("b is known, c is not")
		}
		time.Sleep(2 * time.Hour)
	})
}

// TestAChangedZoneIsNoticed by the next answer: what is known is corrected at once, also
// for who starts again, and what was fetched before is not given as right.
func TestAChangedZoneIsNoticed(t *testing.T) {
	for name, said := range map[string]report.Report{
		"zone":     {TimeZone: "Europe/Berlin", CurrencyCode: "NZD"},
		"currency": {TimeZone: "Pacific/Auckland", CurrencyCode: "EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, source, known := newDisk(), always(report.FreshFinal), &catalog{}
				plain := source.answer
				var changed []string
				begin := func() (*opened, *Catalog) {
					c := with(t, source, d, nil)
					k, err := NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers, Changed: func(account, property string, before, after report.Property) {
						changed = append(changed, account+property+" "+before.TimeZone.String()+before.CurrencyCode+" "+after.TimeZone.String()+after.CurrencyCode)
					}})
					if err != nil {
						t.Fatal(err)
					}
					return c, k
				}
				c, k := begin()
				first := about("a", "1")
				second := first.With(func(q *report.Query) { q.Offset = 7 })
				if _, err := k.Property(t.Context(), "a", "1"); err != nil {
					t.Fatal(err)
				}
				mustReport(t, c, first)
				mustReport(t, c, first)
				if n := source.asked.Load(); n != 1 {
					t.Fatalf("asked %d times", n)
				}
				time.Sleep(time.Second)
				source.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
					r, err := plain(ctx, n, q)
					r.TimeZone, r.CurrencyCode, r.FetchedAt = said.TimeZone, said.CurrencyCode, time.Now()
					return r, err
				}
				mustReport(t, c, second)
				mustReport(t, c, second)
				if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.TimeZone.String() != said.TimeZone || p.CurrencyCode != said.CurrencyCode {
					t.Errorf("%+v, %v", p, err)
				}
				if want := "a1 Pacific/AucklandNZD " + said.TimeZone + said.CurrencyCode; len(changed) != 1 || changed[0] != want {
					t.Errorf("told %q, want %q once", changed, want)
				}
				if n := known.properties.Load(); n != 1 {
					t.Errorf("the property was asked about %d times", n)
				}
				if r := c.Get(t.Context(), first); r != nil {
					t.Errorf("given: %+v", r)
				}
				_ = c.Close()
				known.err = report.Errorf(report.Unavailable, "no")
				c, k = begin()
				defer c.Close()
				if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.TimeZone.String() != said.TimeZone {
					t.Errorf("after a restart %+v, %v", p, err)
				}
				good := source.answer
				source.answer = failing(report.Unavailable)
				if r, err := c.Report(t.Context(), first); err == nil {
					t.Errorf("the store still has %+v", r)
				}
				time.Sleep(time.Minute)
				source.answer = good
				if r, err := c.Report(t.Context(), first); err != nil || r.Stale != "" || r.TimeZone != said.TimeZone {
					t.Errorf("%+v, %v; want a new answer", r, err)
				}
			})
		})
	}
}

// TestASlowAnswerChangesNothingBack: an answer from before a change that comes after it
// is no news.
func TestASlowAnswerChangesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, known, changed := open(t, always(report.FreshFinal), nil), &catalog{}, 0
		k, err := NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers, Changed: func(string, string, report.Property, report.Property) { changed++ }})
		if err != nil {
			t.Fatal(err)
		}
		p := propertyKey{"a", "1"}
		if _, err := k.Property(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
		slow := time.Now()
		hear := func(zone string, when time.Time) {
			k.observe(p, &report.Report{TimeZone: zone, FetchedAt: time.Now()}, when)
		}
		for _, step := range []struct {
			zone    string
			when    time.Duration // after the first
			want    string
			changed int
		}{
			{"Europe/Berlin", time.Minute, "Europe/Berlin", 1},
			{"Pacific/Auckland", 30 * time.Second, "Europe/Berlin", 1},
			{"Europe/Berlin", 3 * time.Minute, "Europe/Berlin", 1},
			{"Pacific/Auckland", 150 * time.Second, "Europe/Berlin", 1}, // asked before that confirmed it
			{"Pacific/Auckland", 5 * time.Minute, "Pacific/Auckland", 2},
		} {
			time.Sleep(time.Minute)
			hear(step.zone, slow.Add(step.when))
			if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.TimeZone.String() != step.want || changed != step.changed {
				t.Errorf("%+v: %v, %v, changed %d times", step, p.TimeZone, err, changed)
			}
		}
	})
}

// TestAccessThatComesBackIsRemembered: one refusal that is over again costs nothing at
// the next start.
func TestAccessThatComesBackIsRemembered(t *testing.T) {
	for name, zone := range map[string]string{"an answer that names its zone": "Pacific/Auckland", "one that does not": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, known := newDisk(), &catalog{}
				s := always(report.FreshFinal)
				good := s.answer
				c := with(t, s, d, nil)
				k, err := NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := k.Property(t.Context(), "a", "1"); err != nil {
					t.Fatal(err)
				}
				stored := mustReport(t, c, about("a", "1"))
				s.answer = failing(report.NoAccess)
				other := about("a", "1").With(func(q *report.Query) { q.Offset = 7 })
				_, _ = c.Report(t.Context(), other)
				time.Sleep(11 * time.Second)
				s.answer = func(ctx context.Context, n int64, q *report.Question) (*report.Report, error) {
					r, err := good(ctx, n, q)
					r.TimeZone, r.CurrencyCode, r.FetchedAt = zone, "NZD", time.Now()
					return r, err
				}
				mustReport(t, c, other)
				_ = c.Close()
				known.err, s.answer = report.Errorf(report.Unavailable, "no"), failing(report.Unavailable)
				c = with(t, s, d, nil)
				defer c.Close()
				if k, err = NewCatalog(known, CatalogConfig{Clock: time.Now, Answers: c.Answers}); err != nil {
					t.Fatal(err)
				}
				if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.TimeZone.String() != "Pacific/Auckland" {
					t.Errorf("%+v, %v after a restart", p, err)
				}
				if r := mustReport(t, c, about("a", "1")); string(r.Body) != string(stored.Body) {
					t.Errorf("%s, want what is stored", r.Body)
				}
			})
		})
	}
}

// TestMarkStale: what is marked stale is asked about, whenever the store says what it has, and
// given while nobody answers.
func TestMarkStale(t *testing.T) {
	for name, load := range map[string][2]bool{"loaded before": {true, false}, "loaded after": {false, true}, "not loaded": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, source := newDisk(), &catalog{}
				c := with(t, always(report.FreshFinal), d, nil)
				k, err := NewCatalog(source, CatalogConfig{Clock: time.Now, Answers: c.Answers})
				if err != nil {
					t.Fatal(err)
				}
				ask := func(k *Catalog, asked int64) {
					t.Helper()
					if p, err := k.Property(t.Context(), "a", "1"); err != nil || p.ID != "1" {
						t.Errorf("%+v, %v", p, err)
					}
					if n := source.properties.Load(); n != asked {
						t.Errorf("asked %d times, want %d", n, asked)
					}
				}
				ask(k, 1)
				_ = c.Close()
				c = with(t, always(report.FreshFinal), d, nil)
				defer c.Close()
				if k, err = NewCatalog(source, CatalogConfig{Clock: time.Now, Answers: c.Answers}); err != nil {
					t.Fatal(err)
				}
				at := [][2]string{{"a", "1"}}
				if load[0] {
					k.Load(t.Context(), at)
				}
				k.MarkStale("a", "1")
				if load[1] {
					k.Load(t.Context(), at)
				}
				source.err = report.Errorf(report.Unavailable, "no")
				ask(k, 2)
				ask(k, 2) // a failure rests
				source.err = nil
				time.Sleep(11 * time.Second)
				ask(k, 3)
				ask(k, 3)
			})
		})
	}
}
