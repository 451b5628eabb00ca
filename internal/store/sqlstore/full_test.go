package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

// answering asks a cache questions from on and checks the answers.
func answering(c *kept, from, to int) error {
	for n := from; n < to; n++ {
		r, err := c.Report(context.Background(), question(n))
		if err != nil {
			return err
		}
		if string(r.Body) != string(storetest.Record(n, 1, 3000, time.Now()).Report.Body) {
			return fmt.Errorf("answer %d is another", n)
		}
	}
	return nil
}

// until waits for a cache to be degraded, or not to be.
func until(c *kept, degraded bool) error {
	for range 1500 {
		if (c.Degraded() != nil) == degraded {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("degraded is not %v: %v", degraded, c.Degraded())
}

// limitFiles bounds the size of all files that this process writes.
func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// fillDisk goes on answering on a disk that is full, and keeps answers again when
// there is room.
func fillDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	c, err := keeping(cache.AnswersConfig{Clock: time.Now, Store: s, StoreBackoff: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	err = errors.Join(
		answering(c, 0, 50), flushed(c, s, 50),
		limitFiles(300_000), answering(c, 50, 400), until(c, true), answering(c, 0, 450),
		limitFiles(1<<62), until(c, false), flushed(c, s, 450),
		answering(c, 0, 450), c.Close())
	if err == nil {
		fmt.Println("done")
	}
	return err
}

// flushed waits until a store has as many records.
func flushed(c *kept, s *Store, records int64) error {
	for range 1500 {
		if s.Stats().Records == records {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%d records, want %d; degraded: %v", s.Stats().Records, records, c.Degraded())
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	if said := ends(t, "full", path); said != "done\n" {
		t.Fatal(said)
	}
	s := mustOpen(t, path)
	defer s.Close()
	for n := range 450 {
		r, err := s.Get(t.Context(), question(n).Key())
		if err != nil || r == nil || string(r.Report.Body) != string(storetest.Record(n, 1, 3000, time.Now()).Report.Body) {
			t.Fatalf("answer %d: %v, %v", n, r, err)
		}
	}
}

// TestFullDatabase: SQLite itself says that there is no room.
func TestFullDatabase(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "cache.db"))
	defer s.Close()
	must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 1, 50_000, time.Now())}}))
	_, err := s.db.writer.Exec("PRAGMA max_page_count = 40")
	must(t, err)
	before := s.Stats()
	err = s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 2, 100, time.Now()), storetest.Record(2, 1, 500_000, time.Now())}})
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("%v; want that it is full", err)
	}
	if s.Stats() != before {
		t.Errorf("from %+v to %+v by a batch that failed", before, s.Stats())
	}
	if r, err := s.Get(t.Context(), storetest.Key(1)); err != nil || r == nil || r.Report.Rows != 1 {
		t.Errorf("%v, %v: half of a batch was made", r, err)
	}
	_, err = s.db.writer.Exec("PRAGMA max_page_count = 100000")
	must(t, err)
	must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(2, 1, 500_000, time.Now())}}))
}

// useReadOnly answers although the file can be neither read nor written.
func useReadOnly(path string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil { // whom permissions bind
			return err
		}
	}
	s, err := Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	c, err := keeping(cache.AnswersConfig{Clock: time.Now, Store: s})
	if err != nil {
		return err
	}
	if err := errors.Join(answering(c, 0, 50), until(c, true), answering(c, 0, 100)); err != nil {
		return err
	}
	fmt.Println(c.Degraded())
	return c.Close()
}

func TestReadOnly(t *testing.T) {
	for name, modes := range map[string][2]os.FileMode{
		"file and folder": {0o444, 0o555}, "file": {0o444, 0o755}, "folder, no file": {0, 0o555},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Chmod(filepath.Dir(dir), 0o755))
			path := filepath.Join(dir, "cache.db")
			if modes[0] != 0 {
				s := mustOpen(t, path)
				must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 1, 100, time.Now())}}))
				must(t, s.Close())
				must(t, os.Chmod(path, modes[0]))
			}
			must(t, os.Chmod(dir, modes[1]))
			t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
			if said := ends(t, "readonly", path); !strings.Contains(said, path) || !strings.Contains(said, "denied") || strings.Contains(said, "error:") {
				t.Error(said)
			}
		})
	}
}

// TestFolderInThePlaceOfTheFile cannot be mended by waiting, and is no reason
// not to serve.
func TestFolderInThePlaceOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	must(t, os.Mkdir(path, 0o755))
	s := mustOpen(t, path)
	defer s.Close()
	if err := s.Apply(t.Context(), &cache.Batch{}); err == nil {
		t.Error("a folder is a file")
	}
	must(t, os.Remove(path))
	goesOn(t, s)
}
