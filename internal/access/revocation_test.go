package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestWhomARevocationRefuses(t *testing.T) {
	session := revocable{Host: "portal", Key: "aa11", Session: "s1", Subject: "ann", Views: []string{"shop", "blog"}, Began: noon}
	with := func(change func(*revocable)) revocable {
		c := session
		change(&c)
		return c
	}
	later := with(func(c *revocable) { c.Began = noon.Add(time.Millisecond) })
	public := revocable{Session: "s2", Views: []string{"blog"}, Began: noon}
	for _, c := range []struct {
		name    string
		by      Revocation
		refused []revocable
		goesOn  []revocable
	}{
		{"session", Revocation{Kind: RevokeSession, Name: "s1"}, []revocable{session, later}, []revocable{public, with(func(c *revocable) { c.Session = "S1" }), {Began: noon}}},
		{"subject of any host", Revocation{Kind: RevokeSubject, Name: "ann"},
			[]revocable{session, with(func(c *revocable) { c.Host = "shop" })}, []revocable{later, public, with(func(c *revocable) { c.Subject = "bob" })}},
		{"subject of one host", Revocation{Kind: RevokeSubject, Name: "ann", Host: "portal"},
			[]revocable{session}, []revocable{later, public, with(func(c *revocable) { c.Host = "shop" })}},
		{"view", Revocation{Kind: RevokeView, Name: "blog"}, []revocable{session, public}, []revocable{later, with(func(c *revocable) { c.Views = []string{"shop"} }), {Began: noon}}},
		{"host", Revocation{Kind: RevokeHost, Name: "portal"}, []revocable{session}, []revocable{later, public}},
		{"key", Revocation{Kind: RevokeKey, Name: "aa11"},
			[]revocable{session, later, {Host: "portal", Key: "aa11", Began: noon.Add(100 * 24 * time.Hour)}}, []revocable{public, with(func(c *revocable) { c.Key = "aa12" })}},
		{"all", Revocation{Kind: RevokeAll}, []revocable{session, public, {Began: noon.Add(-time.Hour)}}, []revocable{later}},
		{"a kind to come", Revocation{Kind: "planet", Name: "earth"}, []revocable{session, public}, []revocable{later}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.by.Before = noon
			index := newRevocationIndex([]Revocation{c.by})
			for _, s := range c.refused {
				if index.find(s) == nil {
					t.Errorf("%+v goes on", s)
				}
			}
			for _, s := range c.goesOn {
				if index.find(s) != nil {
					t.Errorf("%+v is refused", s)
				}
			}
		})
	}
}

// TestTheYoungestCounts: an older revocation of the same does not take a newer back.
func TestTheYoungestCounts(t *testing.T) {
	for _, kind := range []string{RevokeSubject, RevokeView, RevokeHost, RevokeAll} {
		list := []Revocation{{ID: "1", Kind: kind, Name: "x", Before: noon}, {ID: "2", Kind: kind, Name: "x", Before: noon.Add(time.Hour)}, {ID: "3", Kind: kind, Name: "x", Before: noon.Add(-time.Hour)}}
		c := revocable{Host: "x", Subject: "x", Views: []string{"x"}, Began: noon.Add(time.Minute)}
		if newRevocationIndex(list).find(c) == nil {
			t.Errorf("%s: the session goes on", kind)
		}
	}
}

// A frail ledger fails when it is told to, and counts what it is asked.
type frail struct {
	*MemoryLedger
	broken atomic.Pointer[error]
	asked  atomic.Int64
}

func (f *frail) breakWith(err error) { f.broken.Store(&err) }
func (f *frail) mend()               { f.broken.Store(nil) }

func (f *frail) failing() error {
	f.asked.Add(1)
	if err := f.broken.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *frail) Version(ctx context.Context) (int64, error) {
	if err := f.failing(); err != nil {
		return 0, err
	}
	return f.MemoryLedger.Version(ctx)
}

func (f *frail) Changes(ctx context.Context, since int64) (Changes, error) {
	if err := f.failing(); err != nil {
		return Changes{}, err
	}
	return f.MemoryLedger.Changes(ctx, since)
}

func (f *frail) Revoke(ctx context.Context, r Revocation) error {
	if err := f.failing(); err != nil {
		return err
	}
	return f.MemoryLedger.Revoke(ctx, r)
}

func newFrail() *frail { return &frail{MemoryLedger: NewMemoryLedger()} }

// TestDoubtRefuses: nobody gets in while it is not known who is revoked.
func TestDoubtRefuses(t *testing.T) {
	ledger, now := newFrail(), noon
	r := newRevocations(ledger, func() time.Time { return now })
	c := revocable{Session: "s1", Began: noon}
	allowed := func(want bool, when string) {
		t.Helper()
		err := r.check(c)
		if (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
		if err != nil && (report.KindOf(err) != report.Unavailable || report.AsError(err).Message != "Tokens cannot be checked at the moment. Try again.") {
			t.Errorf("%s: %v; want that tokens cannot be checked", when, err)
		}
	}
	allowed(true, "at first")
	now = now.Add(maxLedgerAge - 1)
	ledger.breakWith(errors.New("the disk is gone"))
	allowed(true, "within the bound")
	now = now.Add(1)
	allowed(false, "at the bound")
	before := ledger.asked.Load()
	allowed(false, "again")
	if n := ledger.asked.Load() - before; n != 0 {
		t.Errorf("a ledger that has just failed is asked %d times", n)
	}
	ledger.mend()
	now = now.Add(ledgerPollInterval)
	allowed(true, "when it is mended")
	ledger.breakWith(errors.New("the disk is gone"))
	if err := r.refresh(t.Context()); err == nil {
		t.Error("refresh says nothing")
	}
	allowed(false, "when the last read failed")
	ledger.mend()
	if err := r.refresh(t.Context()); err != nil {
		t.Error(err)
	}
	allowed(true, "when it is mended again")
	now = now.Add(-time.Hour)
	ledger.breakWith(errors.New("the disk is gone"))
	allowed(false, "when the clock is set back")
}

// TestOthersRevocations: what another process recorded holds when it is looked for.
func TestOthersRevocations(t *testing.T) {
	ledger, now := newFrail(), noon
	r := newRevocations(ledger, func() time.Time { return now })
	c := revocable{Session: "s1", Began: noon}
	if err := r.check(c); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Revoke(t.Context(), Revocation{ID: "1", Kind: RevokeSession, Name: "s1", Before: noon}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(maxLedgerAge)
	err := r.check(c)
	if report.KindOf(err) != report.Unauthenticated || !strings.Contains(err.Error(), "revocation 1") || strings.Contains(report.AsError(err).Message, "s1") {
		t.Errorf("%v; want a refusal that names the revocation in its cause alone", err)
	}
	before := ledger.asked.Load()
	now = now.Add(maxLedgerAge)
	_ = r.check(c)
	if n := ledger.asked.Load() - before; n != 1 {
		t.Errorf("a ledger that did not change is asked %d times, want once for its version", n)
	}
}

func TestClocksThatDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		steady, wall time.Duration
		want         bool
	}{
		"fresh":                  {time.Second, time.Second, true},
		"old":                    {5 * time.Second, 5 * time.Second, false},
		"the machine slept":      {time.Second, time.Hour, false},
		"the wall is set back":   {time.Second, -time.Hour, false},
		"the wall hides the age": {time.Hour, time.Second, false},
		"from the future":        {-time.Second, time.Second, false},
	} {
		if got := bothWithin(maxLedgerAge, c.steady, c.wall); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	now := time.Now()
	if !within(maxLedgerAge, now, now.Add(time.Second)) || within(maxLedgerAge, now, now.Round(0).Add(time.Hour)) || within(maxLedgerAge, now.Add(time.Second), now) {
		t.Error("the clocks are read wrong")
	}
}

// TestRefusedWhileRead: when Revoke has returned, no request gets through, whoever
// reads the ledger at the same time.
func TestRefusedWhileRead(t *testing.T) {
	b := newBench(t)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = b.revoked.refresh(context.Background())
				}
			}
		})
	}
	for n := range 300 {
		name := fmt.Sprint("s", n)
		if _, err := b.Revoke(t.Context(), Revocation{Kind: RevokeSession, Name: name}); err != nil {
			t.Fatal(err)
		}
		if err := b.revoked.check(revocable{Session: name}); report.KindOf(err) != report.Unauthenticated || err == nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	close(stop)
	readers.Wait()
}

func TestRevokeFillsIn(t *testing.T) {
	b := newBench(t)
	b.now = noon.Add(123456 * time.Nanosecond)
	subject, err := b.Revoke(t.Context(), Revocation{Kind: RevokeSubject, Name: "ann", Host: "host", Reason: "left", ID: "mine", Until: noon})
	if err != nil {
		t.Fatal(err)
	}
	want := Revocation{ID: subject.ID, Kind: RevokeSubject, Name: "ann", Host: "host", Reason: "left", Before: noon, Made: noon, Until: noon.Add(MaxSession + grace)}
	if subject != want || len(subject.ID) != 16 {
		t.Errorf("%+v\nwant %+v", subject, want)
	}
	if e := b.trail.last(); e.Kind != EventRevoke || e.Host != "host" || e.Subject != "ann" || !strings.Contains(e.Detail, subject.ID) || !strings.Contains(e.Detail, `"left"`) {
		t.Errorf("recorded: %+v", e)
	}
	b.now = b.now.Add(time.Second)
	key, err := b.Revoke(t.Context(), Revocation{Kind: RevokeKey, Name: b.Hosts()[0].Fingerprint})
	if err != nil || !key.Until.IsZero() {
		t.Errorf("%+v, %v; that of a key stands", key, err)
	}
	if list, err := b.Revocations(t.Context(), Page{Limit: 9}); err != nil || !slices.Equal(list.Revocations, []Revocation{subject, key}) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := b.Lift(t.Context(), key.ID); err != nil {
		t.Error(err)
	}
	if e := b.trail.last(); e.Kind != EventRevoke || !strings.HasPrefix(e.Detail, "lifted: key") || e.Key != key.Name {
		t.Errorf("recorded: %+v", e)
	}
	if err := b.Lift(t.Context(), key.ID); report.KindOf(err) != report.NotFound {
		t.Errorf("lifted twice: %v", err)
	}
}

func TestRevokeRefusesNonsense(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		r    Revocation
		want string
	}{
		{Revocation{}, `"" cannot be revoked`},
		{Revocation{Kind: "user", Name: "x"}, `"user" cannot be revoked: a kind is one of [session subject`},
		{Revocation{Kind: RevokeSession}, "Say which session"},
		{Revocation{Kind: RevokeAll, Name: "x"}, "The kind all takes no name"},
		{Revocation{Kind: RevokeSession, Name: "x", Host: "host"}, "Only a subject"},
		{Revocation{Kind: RevokeSubject, Name: "x", Host: "hots"}, `no host "hots"`},
		{Revocation{Kind: RevokeHost, Name: "hots"}, `no host "hots"`},
		{Revocation{Kind: RevokeView, Name: "shpo"}, `no view "shpo"`},
		{Revocation{Kind: RevokeKey, Name: "abcdef"}, `fingerprint "abcdef"`},
		{Revocation{Kind: RevokeSession, Name: strings.Repeat("x", 201)}, "200 bytes"},
		{Revocation{Kind: RevokeSession, Name: "x", Reason: strings.Repeat("x", 501)}, "a reason 500"},
		{Revocation{Kind: RevokeAll, Before: b.now.Add(time.Second)}, "is in the future"},
		{Revocation{Kind: RevokeAll, Before: b.now.Add(-MaxSession - grace)}, "have ended"},
	} {
		if _, err := b.Revoke(t.Context(), c.r); report.KindOf(err) != report.Invalid || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want %q", c.r, err, c.want)
		}
	}
	if list, err := b.Revocations(t.Context(), Page{Limit: 9}); err != nil || len(list.Revocations) != 0 {
		t.Errorf("recorded: %+v, %v", list, err)
	}
}

// TestRevokeSaysWhatDidNotHappen: the operator must know whether it holds.
func TestRevokeSaysWhatDidNotHappen(t *testing.T) {
	ledger := newFrail()
	b := newBench(t, func(c *Config) { c.Ledger = ledger })
	ledger.breakWith(errors.New("the disk is full"))
	if _, err := b.Revoke(t.Context(), Revocation{Kind: RevokeAll}); report.KindOf(err) != report.Unavailable || !strings.Contains(err.Error(), "nothing has changed.: the disk is full") {
		t.Errorf("%v", err)
	}
	ledger.mend()
	b.trail.broken = errors.New("no room for the trail")
	if _, err := b.Revoke(t.Context(), Revocation{Kind: RevokeSession, Name: "s"}); err == nil || !strings.Contains(err.Error(), "It is in force") {
		t.Errorf("%v", err)
	}
	if err := b.revoked.check(revocable{Session: "s"}); report.KindOf(err) != report.Unauthenticated {
		t.Errorf("it is not in force: %v", err)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	b.trail.broken = nil
	if _, err := b.Revoke(left, Revocation{Kind: RevokeSession, Name: "t"}); err != nil {
		t.Errorf("who asked has left: %v", err)
	}
}

// TestRestart: an authority begins with what the ledger holds.
func TestRestart(t *testing.T) {
	b := newBench(t)
	if _, err := b.Revoke(t.Context(), Revocation{Kind: RevokeSession, Name: "s"}); err != nil {
		t.Fatal(err)
	}
	b.reload()
	if err := b.revoked.check(revocable{Session: "s"}); report.KindOf(err) != report.Unauthenticated || err == nil {
		t.Errorf("%v", err)
	}
}

func BenchmarkRefuse(b *testing.B) {
	ledger := NewMemoryLedger()
	for n := range 1000 {
		kind := []string{RevokeSession, RevokeSubject, RevokeView, RevokeHost, RevokeKey}[n%5]
		if err := ledger.Revoke(b.Context(), Revocation{ID: fmt.Sprint(n), Kind: kind, Name: fmt.Sprint("name-", n), Before: noon}); err != nil {
			b.Fatal(err)
		}
	}
	r := newRevocations(ledger, time.Now)
	c := revocable{Host: "portal", Key: "0123456789ab", Session: "AbCdEfGhIjKlMnOpQrStUv", Subject: "customer-7", Views: []string{"shop"}, Began: time.Now()}
	go r.watch(b.Context(), func(error, error) {})
	for b.Loop() {
		if err := r.check(c); err != nil {
			b.Fatal(err)
		}
	}
}
