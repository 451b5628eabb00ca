package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

func ledgerConfig(path string) LedgerConfig {
	return LedgerConfig{Path: path, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
}

// all returns the revocations of a ledger, and its version.
func all(t *testing.T, l *Ledger) ([]access.Revocation, int64) {
	t.Helper()
	c, err := l.Changes(t.Context(), 0)
	must(t, err)
	return c.Recorded, c.Version
}

func mustOpenLedger(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := OpenLedger(t.Context(), ledgerConfig(path))
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	return l
}

func TestLedgerContract(t *testing.T) {
	storetest.RunLedger(t, storetest.LedgerSubject{
		Open: func(t *testing.T, dir string) access.Ledger {
			return mustOpenLedger(t, filepath.Join(dir, "a?b#c%41 ü.db"))
		},
		Lasting: true,
	})
}

// TestLedgerBegins: who lost the file must not let in again whom it had refused.
func TestLedgerBegins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	began := time.Now()
	l := mustOpenLedger(t, path)
	list, _ := all(t, l)
	if len(list) != 1 || list[0].Kind != access.RevokeAll || list[0].Before.After(began) || list[0].Before.Before(began.Add(-2*time.Second)) {
		t.Errorf("it begins with %+v, want that all before is ended", list)
	}
	again := mustOpenLedger(t, path)
	if list, _ = all(t, again); len(list) != 1 {
		t.Errorf("opened again: %+v", list)
	}
	if names, _ := filepath.Glob(filepath.Dir(path) + "/.*"); len(names) != 0 {
		t.Errorf("%v remain", names)
	}
}

func TestLedgerOfOwnersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, mustOpenLedger(t, path).Close())
	must(t, os.Chmod(path, 0o644))
	l := mustOpenLedger(t, path)
	must(t, l.Revoke(t.Context(), storetest.Revoked(1, time.Now(), 0)))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want 0600", suffix, info.Mode(), err)
		}
	}
}

// TestLedgerRemovesWhatIsOver, but only what is over by everybody's clock.
func TestLedgerRemovesWhatIsOver(t *testing.T) {
	now := time.Now()
	c := ledgerConfig(filepath.Join(t.TempDir(), "ledger.db"))
	c.Clock = func() time.Time { return now }
	l, err := OpenLedger(t.Context(), c)
	must(t, err)
	defer l.Close()
	count := func(table string) (n int) {
		must(t, l.file.db.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	use := func(n int) {
		must(t, l.Revoke(t.Context(), storetest.Revoked(n, now, 0)))
		if first, err := l.Redeem(t.Context(), fmt.Sprint(n), now.Add(24*time.Hour), now); err != nil || !first {
			t.Errorf("%v, %v", first, err)
		}
	}
	use(1)
	now = now.Add(24*time.Hour + 59*time.Minute)
	use(2)
	if r, c := count("revocations"), count("codes"); r != 3 || c != 2 {
		t.Errorf("%d revocations, %d codes; want 3 and 2: a clock may be slow", r, c)
	}
	now = now.Add(2 * time.Minute)
	use(3)
	if r, c := count("revocations"), count("codes"); r != 3 || c != 2 {
		t.Errorf("%d revocations, %d codes; want 3 and 2: one is over", r, c)
	}
	now = now.Add(365 * 24 * time.Hour)
	use(4)
	if r, c := count("revocations"), count("codes"); r != 1 || c != 1 {
		t.Errorf("%d revocations, %d codes; want 1 each", r, c)
	}
}

// revokeAlways revokes one session after the other, and says which.
func revokeAlways(path string) error {
	l, err := OpenLedger(context.Background(), ledgerConfig(path))
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		id := int(time.Now().UnixNano()) + n
		if err := l.Revoke(context.Background(), storetest.Revoked(id, time.Now(), 0)); err != nil {
			return err
		}
		if first, err := l.Redeem(context.Background(), fmt.Sprint(id), time.Now().Add(time.Hour), time.Now()); err != nil || !first {
			return fmt.Errorf("first is %v: %w", first, err)
		}
		fmt.Println(id)
	}
}

// TestLedgerKilled: what a process had recorded before it was killed is there.
func TestLedgerKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	var said []string
	for range 5 {
		cmd, lines := startChild(t, "revoke", path)
		said = append(said, kill(t, cmd, lines, time.Duration(rand.IntN(150))*time.Millisecond)...)
	}
	l := mustOpenLedger(t, path)
	list, _ := all(t, l)
	there := map[string]bool{}
	for _, r := range list {
		there[r.ID] = true
	}
	for _, id := range said {
		if !there["id-"+id] {
			t.Errorf("revocation %q is lost", id)
		}
		if first, err := l.Redeem(t.Context(), id, time.Now().Add(time.Hour), time.Now()); first || err != nil {
			t.Errorf("code %q is good again: %v", id, err)
		}
	}
	if len(said) < 10 {
		t.Errorf("only %d were recorded: the test holds for nothing", len(said))
	}
}

// fails expects every method to fail, and to say what the file is called.
func fails(t *testing.T, l *Ledger, why string) {
	t.Helper()
	now := time.Now()
	_, version := l.Version(t.Context())
	_, read := l.Revocations(t.Context(), now, access.Page{Limit: 9})
	_, changes := l.Changes(t.Context(), 0)
	first, redeem := l.Redeem(t.Context(), "code", now.Add(time.Hour), now)
	for name, err := range map[string]error{"Version": version, "Revocations": read, "Changes": changes, "Redeem": redeem, "Revoke": l.Revoke(t.Context(), storetest.Revoked(9, now, 0))} {
		if err == nil || !strings.Contains(err.Error(), l.config.Path) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v; want an error about %s: %s", name, err, l.config.Path, why)
		}
	}
	if first {
		t.Error("a code was redeemed")
	}
}

// works expects a session to be revoked, and a ledger that goes on.
func works(t *testing.T, l *Ledger) {
	t.Helper()
	list, _ := all(t, l)
	for _, r := range list {
		if r.ID == "id-1" {
			must(t, l.Revoke(t.Context(), storetest.Revoked(2, time.Now(), 0)))
			return
		}
	}
	t.Error("the revocation is lost")
}

// settled returns a ledger in which a session is revoked, and nothing in the log.
func settled(t *testing.T) *Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpenLedger(t, path)
	must(t, l.Revoke(t.Context(), storetest.Revoked(1, time.Now(), 0)))
	must(t, l.Close())
	return mustOpenLedger(t, path)
}

// TestLedgerGone: a file that is taken away while it is used is missed at once, and
// works again when it is back. None is made in its place.
func TestLedgerGone(t *testing.T) {
	l := settled(t)
	path := l.config.Path
	must(t, os.Rename(path, path+".away"))
	fails(t, l, "put it back")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
	must(t, os.Rename(path+".away", path))
	works(t, l)
}

// TestLedgerReplaced: a copy put in the place of the file is read anew.
func TestLedgerReplaced(t *testing.T) {
	l := settled(t)
	path := l.config.Path
	copied := mustRead(t, path)
	other := settled(t)
	must(t, other.Revoke(t.Context(), storetest.Revoked(3, time.Now(), 0)))
	must(t, other.Close())
	before, err := l.Version(t.Context())
	must(t, err)
	must(t, os.Rename(other.config.Path, path))
	if list, version := all(t, l); version == before || len(list) != 3 {
		t.Errorf("%+v, version %d after %d; want those of the new file", list, version, before)
	}
	must(t, os.Remove(path))
	mustWrite(t, path, copied)
	works(t, l)
}

// TestLedgerDamagedWhileUsed: whatever is written over the file, what is read is
// right, or an error that says what to do.
func TestLedgerDamagedWhileUsed(t *testing.T) {
	l := settled(t)
	path := l.config.Path
	whole := mustRead(t, path)
	for _, damage := range [][]byte{{}, []byte("no database"), whole[:len(whole)/2], append(make([]byte, 4096), whole[4096:]...)} {
		mustWrite(t, path, damage)
		fails(t, l, "is damaged")
		mustWrite(t, path, whole)
		works(t, l)
		must(t, l.Close())
		must(t, os.Remove(path)) // what works has written
		mustWrite(t, path, whole)
		l = mustOpenLedger(t, path)
	}
}

// TestLedgerDamagedAtStart: a ledger that was damaged in any way either says so, or
// holds all that it held.
func TestLedgerDamagedAtStart(t *testing.T) {
	l := settled(t)
	for n := 10; n < 60; n++ {
		must(t, l.Revoke(t.Context(), storetest.Revoked(n, time.Now(), 0)))
	}
	must(t, l.Close())
	whole := mustRead(t, l.config.Path)
	rounds, noticed := 150, 0
	if testing.Short() {
		rounds = 30
	}
	for round := range rounds {
		damage, how := mutate(whole, rand.New(rand.NewPCG(uint64(round), 5)))
		path := filepath.Join(t.TempDir(), "ledger.db")
		mustWrite(t, path, damage)
		l, err := OpenLedger(t.Context(), ledgerConfig(path))
		if err != nil {
			noticed++
			if !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", how, err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: it was quarantined", how)
			}
			continue
		}
		if list, _ := all(t, l); len(list) != 52 {
			t.Errorf("%s: %d revocations of 52", how, len(list))
		}
		must(t, l.Close())
	}
	if noticed < rounds/4 {
		t.Errorf("%d of %d were noticed", noticed, rounds)
	}
}

// TestLedgerForged: a revocation that names another than it did is none.
func TestLedgerForged(t *testing.T) {
	l := settled(t)
	path := l.config.Path
	must(t, l.Close())
	whole := mustRead(t, path)
	forged := bytes.Replace(whole, []byte(`"name":"session-1"`), []byte(`"name":"session-2"`), 1)
	if bytes.Equal(whole, forged) {
		t.Fatal("the test changes nothing")
	}
	mustWrite(t, path, forged)
	l, err := OpenLedger(t.Context(), ledgerConfig(path))
	if err == nil {
		_ = l.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "a revocation is corrupt") {
		t.Errorf("%v; want that it is corrupt", err)
	}
}

func TestLedgerOfOthers(t *testing.T) {
	dir := t.TempDir()
	cache := mustOpen(t, filepath.Join(dir, "cache.db"))
	must(t, cache.Close())
	newer := filepath.Join(dir, "newer.db")
	l := mustOpenLedger(t, newer)
	_, err := l.file.db.Exec("PRAGMA user_version = 2")
	must(t, err)
	must(t, l.Close())
	mustWrite(t, filepath.Join(dir, "gone.db-wal"), []byte("log"))
	must(t, os.Mkdir(filepath.Join(dir, "folder.db"), 0o700))
	for name, want := range map[string]string{
		"cache.db": "another program", "newer.db": "newer Oriel", "gone.db": "gone.db-wal away", "folder.db": "not a file", "nowhere/ledger.db": "nowhere",
	} {
		l, err := OpenLedger(t.Context(), ledgerConfig(filepath.Join(dir, name)))
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
}

// fillLedgerDisk revokes on a disk that is full, and when there is room again.
func fillLedgerDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	l, err := OpenLedger(context.Background(), ledgerConfig(path))
	if err != nil {
		return err
	}
	revoke := func(n int) error { return l.Revoke(context.Background(), storetest.Revoked(n, time.Now(), 0)) }
	if err := errors.Join(revoke(1), limitFiles(60_000)); err != nil {
		return err
	}
	last := 1
	for err = nil; err == nil && last < 1000; last++ {
		err = revoke(last + 1)
	}
	if err == nil {
		return errors.New("the disk is never full")
	}
	list, readErr := l.Changes(context.Background(), 0)
	if readErr != nil || len(list.Recorded) != last {
		return fmt.Errorf("%d revocations of %d on a full disk: %w", len(list.Recorded), last, readErr)
	}
	if err := errors.Join(limitFiles(1<<62), revoke(2000)); err != nil {
		return err
	}
	fmt.Println("done")
	return l.Close()
}

func TestLedgerOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if said := ends(t, "full-ledger", path); said != "done\n" {
		t.Fatal(said)
	}
}

// useReadOnlyLedger says what a process hears that may not write.
func useReadOnlyLedger(path string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil { // whom permissions bind
			return err
		}
	}
	l, err := OpenLedger(context.Background(), ledgerConfig(path))
	if err != nil {
		return err
	}
	return errors.Join(l.Revoke(context.Background(), storetest.Revoked(1, time.Now(), 0)), l.Close())
}

func TestReadOnlyLedger(t *testing.T) {
	for name, modes := range map[string][2]os.FileMode{"file": {0o400, 0o777}, "folder": {0o600, 0o555}, "folder, no file": {0, 0o555}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Chmod(filepath.Dir(dir), 0o755))
			path := filepath.Join(dir, "ledger.db")
			if modes[0] != 0 {
				must(t, mustOpenLedger(t, path).Close())
				must(t, os.Chmod(path, modes[0]))
			}
			must(t, os.Chmod(dir, modes[1]))
			t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
			if said := ends(t, "readonly-ledger", path); !strings.Contains(said, path) || !strings.Contains(said, "error:") {
				t.Error(said)
			}
		})
	}
}

// BenchmarkRevokeAmong is a revocation, and what it costs a server to hear of it, among
// as many others.
func BenchmarkRevokeAmong(b *testing.B) {
	for _, others := range []int{100, 20_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			c := ledgerConfig(filepath.Join(b.TempDir(), "ledger.db"))
			c.Witness = c.Path + ".witness"
			l, err := OpenLedger(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			now := time.Now()
			err = inTx(b.Context(), l.file.db, func(tx *sql.Tx) (err error) {
				for n := 0; n < others && err == nil; n++ {
					_, err = putRevocation(b.Context(), tx, storetest.Revoked(n, now, 0), 0)
				}
				return err
			})
			version, _ := l.Version(b.Context())
			for n := others; b.Loop() && err == nil; n++ {
				err = l.Revoke(b.Context(), storetest.Revoked(n, now, 0))
				changes, failed := l.Changes(b.Context(), version)
				if err = errors.Join(err, failed); len(changes.Recorded) != 1 {
					b.Errorf("%d changes are read, want 1", len(changes.Recorded))
				}
				version = changes.Version
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
