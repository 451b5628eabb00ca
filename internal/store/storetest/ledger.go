package storetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
)

// A LedgerSubject is a kind of ledger.
type LedgerSubject struct {
	// Open returns the ledger that is kept in dir, or begins one there.
	Open func(t *testing.T, dir string) access.Ledger
	// Lasting says that a ledger opened again, or twice at once, is the same one.
	Lasting bool
}

// RunLedger holds a kind of ledger to the promises of access.Ledger.
func RunLedger(t *testing.T, s LedgerSubject) {
	for name, test := range map[string]func(*testing.T, LedgerSubject){
		"all that a revocation says": ledgerRoundTrip,
		"as they were recorded":      ledgerOrder,
		"pages":                      ledgerPages,
		"changes":                    ledgerChanges,
		"replaced":                   ledgerReplaced,
		"expired":                    ledgerExpired,
		"lifted":                     ledgerLifted,
		"version":                    ledgerVersion,
		"redeemed once":              ledgerRedeemed,
		"one is first":               ledgerFirst,
		"renewed once":               ledgerRenewed,
		"many at once":               ledgerConcurrent,
		"canceled":                   ledgerCanceled,
		"closed":                     ledgerClosed,
		"opened again":               ledgerOpenedAgain,
		"opened twice":               ledgerOpenedTwice,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// Revoked returns the n-th revocation of a session, made some minutes after now.
func Revoked(n int, now time.Time, minutes int) access.Revocation {
	made := now.UTC().Truncate(time.Millisecond).Add(time.Duration(minutes) * time.Minute)
	return access.Revocation{
		ID: fmt.Sprintf("id-%d", n), Kind: access.RevokeSession, Name: fmt.Sprintf("session-%d", n),
		Before: made, Made: made, Until: made.Add(24 * time.Hour),
	}
}

// A ledgerTest is a ledger under test.
type ledgerTest struct {
	*testing.T
	access.Ledger
	now time.Time
}

func openLedger(t *testing.T, s LedgerSubject, dir string) *ledgerTest {
	t.Helper()
	l := s.Open(t, dir)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &ledgerTest{t, l, time.Now().UTC().Truncate(time.Millisecond)}
}

func (b *ledgerTest) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *ledgerTest) revoke(r access.Revocation) {
	b.Helper()
	b.must(b.Revoke(b.Context(), r))
}

// list returns what was recorded since the ledger began.
func (b *ledgerTest) list(now time.Time) []access.Revocation {
	b.Helper()
	all, err := b.Revocations(b.Context(), now, access.Page{Limit: 1000})
	b.must(err)
	if all.Next != 0 {
		b.Errorf("a page of %d is not the last", len(all.Revocations))
	}
	return slices.DeleteFunc(all.Revocations, func(r access.Revocation) bool { return r.ID == access.Beginning(now).ID })
}

func (b *ledgerTest) wantIDs(now time.Time, want ...string) {
	b.Helper()
	var ids []string
	for _, r := range b.list(now) {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, want) {
		b.Errorf("%v are in force, want %v", ids, want)
	}
}

func (b *ledgerTest) version() int64 {
	b.Helper()
	v, err := b.Version(b.Context())
	b.must(err)
	all, err := b.Changes(b.Context(), 0)
	b.must(err)
	if v != all.Version || !all.All {
		b.Errorf("Version says %d, Changes %d; all: %t", v, all.Version, all.All)
	}
	return v
}

func (b *ledgerTest) redeem(code string, until, now time.Time) bool {
	b.Helper()
	first, err := b.Redeem(b.Context(), code, until, now)
	b.must(err)
	return first
}

func ledgerRoundTrip(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	full := access.Revocation{
		ID: "ä-1", Suspend: true, Kind: access.RevokeSubject, Name: "O'Hara; DROP TABLE revocations\x00\u2028", Host: "portal", Reason: "ask\n\"us\"",
		Before: b.now.Add(-time.Hour), Until: b.now.Add(time.Hour), Made: b.now.Add(-time.Minute + 123456789),
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[access.Revocation]()) {
		if reflect.ValueOf(full).FieldByIndex(f.Index).IsZero() {
			t.Fatalf("the test knows nothing of %s", f.Name)
		}
	}
	bare := access.Revocation{ID: "2", Kind: access.RevokeKey, Name: "abc", Before: b.now, Made: b.now}
	b.revoke(full)
	b.revoke(bare)
	if got := b.list(b.now); !reflect.DeepEqual(got, []access.Revocation{full, bare}) {
		t.Errorf("got  %+v\nwant %+v", got, []access.Revocation{full, bare})
	}
}

func ledgerOrder(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	for _, n := range []int{3, 1, 4, 2} {
		b.revoke(Revoked(n, b.now, n))
	}
	b.wantIDs(b.now, "id-3", "id-1", "id-4", "id-2")
}

// ledgerPages: pages together hold each revocation once, also when some are lifted
// between them.
func ledgerPages(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	for n := range 10 {
		b.revoke(Revoked(n, b.now, 0))
	}
	var ids []string
	page := access.Page{Limit: 3}
	for pages := 1; ; pages++ {
		list, err := b.Revocations(t.Context(), b.now, page)
		b.must(err)
		if len(list.Revocations) > page.Limit || pages > 10 {
			t.Fatalf("page %d: %+v", pages, list)
		}
		for _, r := range list.Revocations {
			ids = append(ids, r.ID)
		}
		if page.After = list.Next; page.After == 0 {
			break
		}
		if pages == 1 {
			_, _, err := b.Lift(t.Context(), list.Revocations[1].ID)
			b.must(err)
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == access.Beginning(b.now).ID })
	if want := []string{"id-0", "id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7", "id-8", "id-9"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
}

// ledgerChanges: whoever follows the changes holds what the ledger holds.
func ledgerChanges(t *testing.T, s LedgerSubject) {
	all := openTwice(t, s)
	held, version := map[string]access.Revocation{}, int64(0)
	follow := func(b *ledgerTest, most int) {
		t.Helper()
		c, err := b.Changes(t.Context(), version)
		b.must(err)
		if n := len(c.Recorded) + len(c.Removed); c.All != (version == 0) || n > most || c.Ledger == "" {
			t.Errorf("%d changes, all: %t, of ledger %q", n, c.All, c.Ledger)
		}
		for _, r := range c.Recorded {
			held[r.ID] = r
		}
		for _, id := range c.Removed {
			delete(held, id)
		}
		version = c.Version
		if c, err = b.Changes(t.Context(), version); err != nil || c.All || len(c.Recorded)+len(c.Removed) > 0 || c.Version != version {
			t.Errorf("nothing changed: %+v, %v", c, err)
		}
		now := map[string]access.Revocation{}
		for _, r := range b.list(b.now) {
			now[r.ID] = r
		}
		delete(held, access.Beginning(b.now).ID)
		if !maps.Equal(held, now) {
			t.Errorf("%+v\nwant %+v", held, now)
		}
	}
	one, other := all[0], all[len(all)-1]
	follow(one, 1)
	for n := range 5 {
		one.revoke(Revoked(n, one.now, n))
		follow(other, 1)
	}
	_, _, err := other.Lift(t.Context(), "id-3")
	other.must(err)
	follow(one, 1)
	one.revoke(Revoked(3, one.now, 9))
	one.revoke(Revoked(3, one.now, 10))
	_, _, err = one.Lift(t.Context(), "id-1")
	one.must(err)
	one.revoke(Revoked(1, one.now, 11))
	follow(other, 4)
	if c, err := one.Changes(t.Context(), 4711); err != nil || !c.All || len(c.Recorded) < 5 {
		t.Errorf("since an unknown version: %+v, %v", c, err)
	}
}

func ledgerReplaced(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	b.revoke(Revoked(1, b.now, 0))
	before := b.version()
	r := Revoked(1, b.now, 0)
	r.Kind, r.Name = access.RevokeHost, "portal"
	b.revoke(r)
	if got := b.list(b.now); len(got) != 1 || got[0] != r {
		t.Errorf("%+v, want %+v alone", got, r)
	}
	if b.version() == before {
		t.Error("the version is the one of before")
	}
}

func ledgerExpired(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	stands := Revoked(2, b.now, 1)
	stands.Until = time.Time{}
	b.revoke(Revoked(1, b.now, 0))
	b.revoke(stands)
	b.wantIDs(b.now.Add(24*time.Hour-time.Millisecond), "id-1", "id-2")
	b.wantIDs(b.now.Add(24*time.Hour), "id-2")
	b.wantIDs(b.now.Add(100*365*24*time.Hour), "id-2")
	b.revoke(Revoked(3, b.now, 60*24*30)) // the first is over by then, and may be removed
	b.wantIDs(b.now.Add(30*24*time.Hour), "id-2", "id-3")
}

func ledgerLifted(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	b.revoke(Revoked(1, b.now, 0))
	b.revoke(Revoked(2, b.now, 1))
	before := b.version()
	for _, c := range []struct {
		id   string
		want bool
	}{{"id-3", false}, {"id-1", true}, {"id-1", false}, {"", false}} {
		if r, found, err := b.Lift(t.Context(), c.id); err != nil || found != c.want || found && r != Revoked(1, b.now, 0) {
			t.Errorf("lifting %q: %+v, %v, %v; want %v", c.id, r, found, err, c.want)
		}
	}
	b.wantIDs(b.now, "id-2")
	if b.version() == before {
		t.Error("the version is the one of before")
	}
}

func ledgerVersion(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	seen := map[int64]bool{b.version(): true}
	if !seen[b.version()] {
		t.Error("the version changes by itself")
	}
	for n := range 20 {
		b.revoke(Revoked(n, b.now, n))
		v := b.version()
		if seen[v] {
			t.Errorf("version %d comes again", v)
		}
		seen[v] = true
	}
}

func ledgerRedeemed(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	until := b.now.Add(5 * time.Minute)
	for i, c := range []struct {
		code string
		at   time.Duration
		want bool
	}{
		{"a", 0, true}, {"a", 0, false}, {"b", time.Minute, true}, {"a", 4 * time.Minute, false},
		{"a", 5*time.Minute - 1, false}, {"c", 5 * time.Minute, false}, {"d", time.Hour, false}, {"a", time.Hour, false},
		{"b", 2 * time.Minute, false}, // by a clock that was set back
		{"", 0, true},
	} {
		if got := b.redeem(c.code, until, b.now.Add(c.at)); got != c.want {
			t.Errorf("%d: %q after %v: first is %v, want %v", i, c.code, c.at, got, c.want)
		}
	}
}

func ledgerRenewed(t *testing.T, s LedgerSubject) {
	all := openTwice(t, s)
	until := all[0].now.Add(12 * time.Hour)
	for i, c := range []struct {
		family string
		number int
		at     time.Duration
		first  time.Duration // when it was renewed first; negative: it is refused
	}{
		{"a", 1, 0, -1}, {"a", 0, 0, 0}, {"a", 0, 9 * time.Second, 0}, {"a", 0, 10 * time.Second, -1}, {"b", 0, 10 * time.Second, 10 * time.Second},
		{"a", 1, 11 * time.Second, 11 * time.Second}, {"a", 0, 11 * time.Second, -1}, {"a", 1, 12 * time.Second, 11 * time.Second},
		{"a", 3, 12 * time.Second, -1}, {"a", 2, time.Hour, time.Hour}, {"a", 2, 2 * time.Hour, -1},
	} {
		b := all[i%len(all)]
		at, ok, err := b.Renew(t.Context(), access.Renewal{Family: c.family, Number: c.number, Until: until, At: b.now.Add(c.at)})
		b.must(err)
		if ok != (c.first >= 0) || ok && at.Sub(all[0].now).Round(time.Second) != c.first {
			t.Errorf("%d: %+v: %v %v", i, c, at, ok)
		}
	}
}

// openTwice opens a ledger twice where that is possible.
func openTwice(t *testing.T, s LedgerSubject) []*ledgerTest {
	t.Helper()
	dir := t.TempDir()
	list := []*ledgerTest{openLedger(t, s, dir)}
	if s.Lasting {
		list = append(list, openLedger(t, s, dir))
	}
	return list
}

func ledgerFirst(t *testing.T, s LedgerSubject) {
	all := openTwice(t, s)
	for _, code := range []string{"x", "y", "z"} {
		var wg sync.WaitGroup
		firsts := make(chan int, 50)
		for n := range 50 {
			b := all[n%len(all)]
			wg.Go(func() {
				first, err := b.Redeem(t.Context(), code, b.now.Add(time.Hour), b.now)
				if err != nil {
					t.Error(err)
				}
				if first {
					firsts <- n
				}
			})
		}
		wg.Wait()
		if len(firsts) != 1 {
			t.Errorf("of those who redeem %q, %d are first", code, len(firsts))
		}
	}
}

func ledgerConcurrent(t *testing.T, s LedgerSubject) {
	all := openTwice(t, s)
	var wg sync.WaitGroup
	for n := range 20 {
		b := all[n%len(all)]
		wg.Go(func() {
			if err := b.Revoke(t.Context(), Revoked(n, b.now, n)); err != nil {
				t.Error(err)
			}
			if list, err := b.Revocations(t.Context(), b.now, access.Page{Limit: 100}); err != nil || !slices.Contains(list.Revocations, Revoked(n, b.now, n)) {
				t.Errorf("%d is not there: %v", n, err)
			}
		})
	}
	wg.Wait()
	for _, b := range all {
		if list := b.list(b.now); len(list) != 20 {
			t.Errorf("%d revocations, want 20", len(list))
		}
	}
}

func ledgerCanceled(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failsAll(t, b, ctx)
	b.wantIDs(b.now)
	if !b.redeem("code", b.now.Add(time.Hour), b.now) {
		t.Error("the code was redeemed")
	}
}

func ledgerClosed(t *testing.T, s LedgerSubject) {
	b := openLedger(t, s, t.TempDir())
	b.revoke(Revoked(1, b.now, 0))
	b.must(b.Close())
	failsAll(t, b, t.Context())
}

// failsAll expects an error of every method, and nothing beside it.
func failsAll(t *testing.T, b *ledgerTest, ctx context.Context) {
	t.Helper()
	if err := b.Revoke(ctx, Revoked(7, b.now, 0)); err == nil {
		t.Error("Revoke works")
	}
	if _, found, err := b.Lift(ctx, "id-1"); err == nil || found {
		t.Error("Lift works")
	}
	if list, err := b.Revocations(ctx, b.now, access.Page{Limit: 1}); err == nil || list.Revocations != nil {
		t.Error("Revocations works")
	}
	if c, err := b.Changes(ctx, 0); err == nil || c.Recorded != nil {
		t.Error("Changes works")
	}
	if _, err := b.Version(ctx); err == nil {
		t.Error("Version works")
	}
	if _, ok, err := b.Renew(ctx, access.Renewal{Family: "a", Until: b.now.Add(time.Hour), At: b.now}); err == nil || ok {
		t.Error("Renew works")
	}
	if first, err := b.Redeem(ctx, "code", b.now.Add(time.Hour), b.now); err == nil || first {
		t.Error("Redeem works")
	}
}

func ledgerOpenedAgain(t *testing.T, s LedgerSubject) {
	if !s.Lasting {
		t.Skip("nothing lasts")
	}
	dir := t.TempDir()
	var version int64
	for round := range 3 {
		b := openLedger(t, s, dir)
		if n := len(b.list(b.now)); n != round {
			t.Errorf("round %d begins with %d revocations", round, n)
		}
		if round > 0 && b.version() != version {
			t.Error("the version is another one")
		}
		if first := b.redeem("code", b.now.Add(time.Hour), b.now); first != (round == 0) {
			t.Errorf("round %d: the code's first use is %v", round, first)
		}
		b.revoke(Revoked(round, b.now, 0))
		version = b.version()
		b.must(b.Close())
	}
}

func ledgerOpenedTwice(t *testing.T, s LedgerSubject) {
	if !s.Lasting {
		t.Skip("each is another")
	}
	all := openTwice(t, s)
	one, other := all[0], all[1]
	before := other.version()
	one.revoke(Revoked(1, one.now, 0))
	if other.version() == before {
		t.Error("the version that the other sees is the one of before")
	}
	other.wantIDs(other.now, "id-1")
	before = one.version()
	if _, found, err := other.Lift(t.Context(), "id-1"); err != nil || !found {
		t.Errorf("lifting: %v, %v", found, err)
	}
	one.wantIDs(one.now)
	if one.version() == before {
		t.Error("lifted by the other, and the version is the one of before")
	}
}
