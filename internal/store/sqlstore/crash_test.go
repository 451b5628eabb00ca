package sqlstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

// childVariable says in the environment what a process that a test starts is to
// do, as "task path".
const childVariable = "ORIEL_STORE_TEST_CHILD"

// children are the tasks.
var children = map[string]func(path string) error{
	"families": putFamilies,
	"answers":  askAlways,
	"full":     fillDisk,
	"readonly": useReadOnly,

	"revoke":          revokeAlways,
	"full-ledger":     fillLedgerDisk,
	"readonly-ledger": useReadOnlyLedger,
}

func TestMain(m *testing.M) {
	var task, path string
	if _, err := fmt.Sscan(os.Getenv(childVariable), &task, &path); err == nil {
		if err := children[task](path); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// startChild starts this program anew for a task, and returns its lines.
func startChild(t *testing.T, task, path string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+task+" "+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string, 100_000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return cmd, lines
}

// kill ends a child after its first line and some time, and returns all lines.
func kill(t *testing.T, cmd *exec.Cmd, lines <-chan string, after time.Duration) (all []string) {
	t.Helper()
	all = append(all, <-lines)
	time.Sleep(after)
	must(t, cmd.Process.Kill())
	for line := range lines {
		all = append(all, line)
	}
	_ = cmd.Wait() // it was killed
	return all
}

const family = 20 // records that are put together, in one version

// putFamilies puts the same records in ever newer versions, each time all of
// them in one batch, with others that press out what is old.
func putFamilies(path string) error {
	s, err := Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	r, err := s.Get(context.Background(), storetest.Key(0))
	if err != nil {
		return err
	}
	first := 1
	if r != nil {
		first = r.Report.Rows + 1
	}
	for v := first; ; v++ {
		now := time.Now()
		b := &cache.Batch{Put: []*cache.Record{storetest.Record(1000+v, v, 150_000, now.Add(-time.Hour))}, Forget: []report.Key{storetest.Key(1000 + v - 7)}}
		for n := range family {
			b.Put = append(b.Put, storetest.Record(n, v, 60+(n+v)*997%40_000, now))
		}
		if err := s.Apply(context.Background(), b); err != nil {
			return err
		}
		fmt.Println(v)
	}
}

// TestKilled: a process that is killed at any moment leaves a file in which each
// batch is whole or absent, and none is lost that Apply had returned for.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		cmd, lines := startChild(t, "families", path)
		all := kill(t, cmd, lines, time.Duration(rand.IntN(250))*time.Millisecond)
		var acknowledged int
		if _, err := fmt.Sscan(all[len(all)-1], &acknowledged); err != nil {
			t.Fatalf("the child says %q", all)
		}
		s := mustOpen(t, path)
		versions := map[int]int{}
		for n := range family {
			r, err := s.Get(t.Context(), storetest.Key(n))
			if err != nil || r == nil {
				t.Fatalf("round %d: record %d: %v, %v", round, n, r, err)
			}
			v, err := storetest.Whole(n, r)
			must(t, err)
			versions[v]++
		}
		if len(versions) != 1 || versions[acknowledged]+versions[acknowledged+1] != family {
			t.Errorf("round %d: versions %v after version %d was acknowledged", round, versions, acknowledged)
		}
		if b := s.Stats().Bytes; b > storetest.Capacity {
			t.Errorf("round %d: %d bytes", round, b)
		}
		must(t, s.Close())
	}
	if names, _ := filepath.Glob(path + ".damaged*"); len(names) != 0 {
		t.Errorf("a file was quarantined: %v", names)
	}
}

// counting answers the n-th question, which is in its offset, with record n.
type counting struct{}

func (counting) Report(_ context.Context, question *report.Question) (*report.Report, error) {
	q := question.Query()
	return storetest.Record(int(q.Offset), 1, 3000, time.Now()).Report, nil
}

// A kept is a cache in front of counting.
type kept struct {
	*cache.Cache
	*cache.Answers
}

func keeping(config cache.AnswersConfig) (*kept, error) {
	answers, err := cache.NewAnswers(config)
	if err != nil {
		return nil, err
	}
	c, err := cache.New(cache.Config{Source: counting{}, Answers: answers})
	return &kept{c, answers}, err
}

func question(n int) *report.Question {
	return report.NewQuestion(report.Query{Property: "1", Offset: report.Int64(n)}, nil)
}

// askAlways asks a cache on a store one new question after the other.
func askAlways(path string) error {
	s, err := Open(context.Background(), Config{Path: path, MaxBytes: 1 << 30, Clock: time.Now, Logger: config(path).Logger})
	if err != nil {
		return err
	}
	c, err := keeping(cache.AnswersConfig{Clock: time.Now, Store: s})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if _, err := c.Report(context.Background(), question(n)); err != nil {
			return err
		}
		fmt.Println(n, time.Now().UnixMilli())
		time.Sleep(time.Millisecond)
	}
}

// TestKilledWhileAnswering: what a cache answered is there after a sudden end,
// but for the last second.
func TestKilledWhileAnswering(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "cache.db")
		cmd, lines := startChild(t, "answers", path)
		all := kill(t, cmd, lines, 1300*time.Millisecond+time.Duration(rand.IntN(700))*time.Millisecond)
		var end, n, stamp int64
		if _, err := fmt.Sscan(all[len(all)-1], &n, &end); err != nil {
			t.Fatalf("the child says %q", all[len(all)-1])
		}
		s := mustOpen(t, path)
		due, lost := 0, 0
		for _, line := range all {
			if _, err := fmt.Sscan(line, &n, &stamp); err != nil || stamp > end-1000 {
				break
			}
			due++
			r, err := s.Get(t.Context(), question(int(n)).Key())
			must(t, err)
			if r == nil {
				lost++
			} else if want := storetest.Record(int(n), 1, 3000, time.Now()).Report.Body; string(r.Report.Body) != string(want) {
				t.Errorf("answer %d is another", n)
			}
		}
		if lost > 0 || due < 20 {
			t.Errorf("%d answers of %d are lost that were older than a second", lost, due)
		}
		must(t, s.Close())
	}
}

// TestOneProcess: a second one is refused while the first lives, and takes over
// when that ends, however.
func TestOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	cmd, lines := startChild(t, "families", path)
	<-lines
	s := mustOpen(t, path) // not an error: the cache does without
	defer s.Close()
	if err := s.Apply(t.Context(), &cache.Batch{}); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("two processes use one file: %v", err)
	}
	if _, err := s.Get(t.Context(), storetest.Key(1)); err == nil {
		t.Error("Get works without a file")
	}
	kill(t, cmd, lines, 0)
	must(t, s.Apply(t.Context(), &cache.Batch{}))
	if r, err := s.Get(t.Context(), storetest.Key(0)); r == nil || err != nil {
		t.Errorf("after the first ended: %v, %v", r, err)
	}
	again := mustOpen(t, path)
	defer again.Close()
	if err := again.Apply(t.Context(), &cache.Batch{}); err == nil {
		t.Error("two stores of one process use one file")
	}
}

func TestOwnersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	must(t, os.WriteFile(path, nil, 0o644))
	s := mustOpen(t, path)
	defer s.Close()
	must(t, s.Apply(t.Context(), &cache.Batch{Put: []*cache.Record{storetest.Record(1, 1, 100, time.Now())}}))
	for _, suffix := range []string{"", "-wal", "-shm", "-lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s%s: %v, %v; want 0600", path, suffix, info.Mode(), err)
		}
	}
}

// ends returns what a child says when it is let run to its end.
func ends(t *testing.T, task, path string) string {
	t.Helper()
	cmd, lines := startChild(t, task, path)
	var said string
	for line := range lines {
		said += line + "\n"
	}
	if err := cmd.Wait(); err != nil {
		said += err.Error()
	}
	return said
}
