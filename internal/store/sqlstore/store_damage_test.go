package sqlstore

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

const written = 120 // records in the file that tests damage

// writeFile makes a file of records with bodies from a few bytes to many pages,
// and returns it with its log as they are while it is open.
func writeFile(t *testing.T) (main, wal []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cache.db")
	s := mustOpen(t, path)
	for n := range written {
		r := storetest.Record(n, 1, 60+(n*n*7)%20_000, time.Now())
		if err := s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{r}}); err != nil {
			t.Fatal(err)
		}
		if n == written/2 {
			if _, err := s.db.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	main, wal = mustRead(t, path), mustRead(t, path+"-wal")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return main, wal
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustWrite(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readAll reads every record: each is whole or absent. It returns how many are
// there.
func readAll(t *testing.T, s *Store) (there int) {
	t.Helper()
	for n := range written {
		r, err := s.Get(t.Context(), storetest.Key(n))
		if err != nil {
			t.Errorf("record %d: %v", n, err)
		}
		if r == nil {
			continue
		}
		there++
		if _, err := storetest.Whole(n, r); err != nil {
			t.Error(err)
		}
	}
	return there
}

// goesOn checks that a store keeps what comes, whatever happened to it. What it
// finds damaged on the way may cost what came before.
func goesOn(t *testing.T, s *Store) {
	t.Helper()
	for range 3 {
		for n := range 30 {
			r := storetest.Record(5000+n, 1, 3000, time.Now())
			if err := s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{r}, Forget: []report.Key{storetest.Key(n)}, Used: map[report.Key]time.Time{storetest.Key(n + 40): time.Now()}}); err != nil {
				t.Fatalf("it does not go on: %v", err)
			}
		}
		there := 0
		for n := range 30 {
			r, err := s.Get(t.Context(), storetest.Key(5000+n))
			if err != nil {
				t.Fatalf("it does not go on: %v", err)
			}
			if r != nil {
				there++
			}
		}
		if there == 30 {
			return
		}
	}
	t.Fatal("what is put is not there, again and again")
}

// mutate damages a file in one of the ways in which files are damaged.
func mutate(b []byte, random *rand.Rand) ([]byte, string) {
	b = bytes.Clone(b)
	at := random.IntN(len(b))
	switch random.IntN(6) {
	case 0:
		return b[:at], fmt.Sprint("cut off at ", at)
	case 1:
		at = at / 4096 * 4096
		clear(b[at:min(at+4096, len(b))])
		return b, fmt.Sprint("a page of zeros at ", at)
	case 2:
		end := min(at+1+random.IntN(20_000), len(b))
		for i := at; i < end; i++ {
			b[i] = byte(random.Uint32())
		}
		return b, fmt.Sprint("noise from ", at, " to ", end)
	case 3:
		at = random.IntN(min(4096, len(b))) // the header and the schema
		b[at] ^= 1 << random.IntN(8)
		return b, fmt.Sprint("one bit of the first page, at ", at)
	case 4:
		from := random.IntN(len(b)) / 4096 * 4096
		at = at / 4096 * 4096
		copy(b[at:], b[from:min(from+4096, len(b))])
		return b, fmt.Sprint("the page at ", from, " in the place of that at ", at)
	}
	n := 1 + random.IntN(40)
	for range n {
		b[random.IntN(len(b))] ^= 1 << random.IntN(8)
	}
	return b, fmt.Sprint(n, " bits anywhere")
}

// TestDamage: a damaged file or log never yields a wrong answer, nor keeps the
// store from working.
func TestDamage(t *testing.T) {
	main, wal := writeFile(t)
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	survived := 0
	for seed := range rounds {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cache.db")
			m, w, what := main, wal, ""
			if seed%4 == 0 {
				w, what = mutate(wal, random)
			} else {
				m, what = mutate(main, random)
			}
			t.Log(what)
			mustWrite(t, path, m)
			mustWrite(t, path+"-wal", w)
			s := mustOpen(t, path)
			defer s.Close()
			survived += readAll(t, s)
			goesOn(t, s)
		})
	}
	if survived < rounds*written/10 {
		t.Errorf("%d of %d records survived: is everything thrown away?", survived, rounds*written)
	}
}

// TestDamageWhileOpen: the same, to a file that is being used.
func TestDamageWhileOpen(t *testing.T) {
	main, _ := writeFile(t)
	for seed := range 30 {
		random := rand.New(rand.NewPCG(uint64(seed), 2))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cache.db")
			mustWrite(t, path, main)
			s := mustOpen(t, path)
			defer s.Close()
			readAll(t, s)
			damage, what := mutate(main, random)
			t.Log(what)
			mustWrite(t, path, damage) // the same inode
			readAll(t, s)
			goesOn(t, s)
			readAll(t, s)
		})
	}
}

// TestFlippedBodyIsForgotten: a body that changed is absent, and makes room.
func TestFlippedBodyIsForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	s := mustOpen(t, path)
	now := time.Now()
	must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 1, 500, now), storetest.Record(2, 1, 500, now)}}))
	must(t, s.Close())
	b := mustRead(t, path)
	at := bytes.Index(b, []byte(`{"n":1,"version":1`))
	if at < 0 {
		t.Fatal("the body is not in the file as viewers get it")
	}
	b[at+100] ^= 1
	mustWrite(t, path, b)
	s = mustOpen(t, path)
	defer s.Close()
	if r, err := s.Get(t.Context(), storetest.Key(1)); r != nil || err != nil {
		t.Errorf("got %v, %v; want nothing", r, err)
	}
	if r, err := s.Get(t.Context(), storetest.Key(2)); r == nil || err != nil {
		t.Errorf("the other record: %v, %v", r, err)
	}
	must(t, s.Apply(t.Context(), &cache.Batch{}))
	if n := s.Stats().Records; n != 1 {
		t.Errorf("%d records, want 1: the torn one is forgotten", n)
	}
}

// TestSwappedBodies: a body that is whole, under another's key, is no answer.
func TestSwappedBodies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	s := mustOpen(t, path)
	defer s.Close()
	now := time.Now()
	must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 1, 500, now), storetest.Record(2, 1, 500, now)}}))
	_, err := s.db.writer.Exec("UPDATE bodies SET id = id + 10; UPDATE bodies SET id = 13 - id")
	must(t, err)
	for n := 1; n <= 2; n++ {
		if r, err := s.Get(t.Context(), storetest.Key(n)); r != nil || err != nil {
			t.Errorf("record %d: %v, %v; want nothing", n, r, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestQuarantine: the damaged file stays, one of them, with a line in the log.
func TestQuarantine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cache[1].db")
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for round := range 3 {
		mustWrite(t, path, fmt.Appendf(nil, "this is no database, %d", round))
		c := config(path)
		c.Clock = func() time.Time { return now.Add(time.Duration(round) * time.Minute) }
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s, err := Open(t.Context(), c)
		must(t, err)
		goesOn(t, s)
		must(t, s.Close())
		must(t, os.Remove(path))
	}
	names, err := filepath.Glob(filepath.Join(dir, "*damaged*"))
	must(t, err)
	if len(names) != 1 || !strings.HasSuffix(names[0], ".damaged-20261123T150200Z") || string(mustRead(t, names[0])) != "this is no database, 2" {
		t.Errorf("quarantined: %v", names)
	}
	if n := strings.Count(log.String(), "was damaged: it is quarantined"); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, log.String())
	}
}

// edit runs statements on a file without the store.
func edit(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.Exec(statements)
	must(t, errors.Join(err, db.Close()))
}

// TestFilesThatAreLeftAlone: a newer Oriel's, and another program's.
func TestFilesThatAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct{ statements, want string }{
		"newer":            {schema + "PRAGMA user_version = 7; UPDATE oriel_cache SET version = 7; DROP TABLE records", "written by a newer Oriel (schema 7; this one knows 3): run that one, or name another file"},
		"another program":  {"CREATE TABLE accounts (id); PRAGMA application_id = 77", "database of another program: name another file"},
		"a nameless table": {"CREATE TABLE accounts (id)", "database of another program"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cache.db")
			edit(t, path, c.statements)
			before := mustRead(t, path)
			_, err := Open(t.Context(), config(path))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v\nlacks %s", err, c.want)
			}
			if !bytes.Equal(mustRead(t, path), before) {
				t.Error("the file was changed")
			}
		})
	}
}

// firstSchema is that of the first Oriel, whose records say less.
const firstSchema = `
CREATE TABLE oriel_cache (version INTEGER NOT NULL);
INSERT INTO oriel_cache VALUES (1);
CREATE TABLE records (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, kept INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE INDEX records_by_use ON records (used, id, size);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
INSERT INTO records VALUES (1, x'00', 1, 1, 1);
PRAGMA application_id = 0x4f726965;
PRAGMA user_version = 1;
`

// TestFilesOfAnOlderOriel are dropped, with a line in the log, and nothing is set
// aside.
func TestFilesOfAnOlderOriel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	edit(t, path, firstSchema)
	var log bytes.Buffer
	c := config(path)
	c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Open(t.Context(), c)
	must(t, err)
	defer s.Close()
	if n := s.Stats().Records; n != 0 {
		t.Errorf("%d records are taken over", n)
	}
	goesOn(t, s)
	if said := log.String(); !strings.Contains(said, "older Oriel") || !strings.Contains(said, "schema 1, this one writes 3") {
		t.Errorf("the log says %q", said)
	}
	if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) > 0 {
		t.Errorf("%v are left", aside)
	}
}

// TestHeadersThatLie: what looks newer or foreign by a flipped bit is damaged.
func TestHeadersThatLie(t *testing.T) {
	main, wal := writeFile(t)
	for _, at := range []int{60, 61, 62, 63, 68, 69, 70, 71} {
		path := filepath.Join(t.TempDir(), "cache.db")
		b := bytes.Clone(main)
		b[at] ^= 4
		mustWrite(t, path, b)
		mustWrite(t, path+"-wal", wal)
		s := mustOpen(t, path)
		readAll(t, s)
		goesOn(t, s)
		must(t, s.Close())
	}
}

// TestUnfinishedFile: the process that began the file ended before it was ours.
func TestUnfinishedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	edit(t, path, "PRAGMA auto_vacuum = 2; CREATE TABLE x (y); DROP TABLE x")
	s := mustOpen(t, path)
	defer s.Close()
	goesOn(t, s)
}
