package cache

import (
	"context"
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
}

func (c *catalog) Property(_ context.Context, _, property string) (report.Property, error) {
	c.properties.Add(1)
	time.Sleep(time.Second)
	return report.Property{ID: property, TimeZone: time.UTC}, c.err
}

func (c *catalog) Fields(context.Context, string, string) (*report.Fields, error) {
	c.fields.Add(1)
	time.Sleep(time.Second)
	return &report.Fields{}, c.err
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
		{report.Misconfigured, false}, {report.Internal, false},
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
