package cache

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// TestStrangersEvictNoBetterAnswers: 10,000 questions of a stranger leave the answers of better
// classes where they are, and those that a host asked for too.
func TestStrangersEvictNoBetterAnswers(t *testing.T) {
	const mib = 1 << 20
	s, err := newShares(mib, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	answer := func() *entry {
		return &entry{report: &report.Report{Body: []byte(strings.Repeat("x", 1000))}, expires: noon.Add(time.Hour)}
	}
	key := func(name string, n int) report.Key { return keyOf(name, fmt.Sprint(n)) }
	for n := range 40 {
		for c := range report.Class(report.PublicQuestion) {
			s.set(key(c.String(), n), answer(), c)
		}
		s.set(key("shared", n), answer(), report.PublicQuestion)
		s.get(key("shared", n), report.HostDashboard)
	}
	for n := range 10_000 {
		s.set(key("stranger", n), answer(), report.PublicQuestion)
	}
	for n := range 40 {
		for _, name := range []string{"host dashboard", "host question", "public dashboard", "shared"} {
			if _, ok := s.peek(key(name, n)); !ok {
				t.Errorf("%s %d was evicted", name, n)
			}
		}
	}
	if n, bytes := s.stats(); n < 200 || bytes > mib {
		t.Errorf("%d answers in %d bytes", n, bytes)
	}
	for n := range 10_000 { // what better classes ask for takes the place of the stranger's
		s.set(key("customer", n), answer(), report.HostDashboard)
	}
	if _, bytes := s.stats(); bytes > mib || s.of[report.HostDashboard].WeightedSize() < mib*10/16 {
		t.Errorf("%d bytes in all, %d for hosts' dashboards", bytes, s.of[report.HostDashboard].WeightedSize())
	}
}

// TestStrangersEvictNoBetterFailures: what Google refused a host is not asked again because a stranger
// asked much that it refuses too.
func TestStrangersEvictNoBetterFailures(t *testing.T) {
	all, err := newFailures(func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	defer all.stop()
	refused := func(class report.Class) failure {
		return failure{report.Errorf(report.Invalid, "No."), class, time.Hour}
	}
	for n := range 100 {
		all.set(keyOf("host", fmt.Sprint(n)), refused(report.HostDashboard))
	}
	for n := range 20_000 {
		all.set(keyOf("stranger", fmt.Sprint(n)), refused(report.PublicQuestion))
	}
	for n := range 100 {
		if _, ok := all.get(keyOf("host", fmt.Sprint(n))); !ok {
			t.Errorf("%d was evicted", n)
		}
	}
}

// BenchmarkSharesHit is a hit in the requester's share, and one in the last that is looked at.
func BenchmarkSharesHit(b *testing.B) {
	for _, c := range []report.Class{report.PublicQuestion, report.HostDashboard} {
		b.Run(c.String(), func(b *testing.B) {
			s, err := newShares(64<<20, func() time.Time { return noon })
			if err != nil {
				b.Fatal(err)
			}
			defer s.stop()
			s.set(report.Key{1}, &entry{report: &report.Report{}, expires: noon.Add(time.Hour)}, c)
			for b.Loop() {
				s.get(report.Key{1}, report.PublicQuestion)
			}
		})
	}
}
