package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
)

// eventually waits for what another goroutine does in a moment.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// A renamed file keeps its lines, and the next one goes on.
func TestRotation(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	for i := range 3 {
		read(trail, fmt.Sprint("before", i))
		mint(t, trail, "s")
		if err := os.Rename(path, fmt.Sprint(path, ".", i)); err != nil {
			t.Fatal(err)
		}
		if i == 1 { // as logrotate does with "create"
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	mint(t, trail, "last")
	closed(t, trail)
	texts := []string{contents(t, path+".0"), contents(t, path+".1"), contents(t, path+".2"), contents(t, path)}
	whole(t, texts...)
	for i, text := range texts[1:] {
		if !strings.Contains(strings.SplitN(text, "\n", 2)[0], `"event":"file","prev":"`) {
			t.Errorf("file %d begins %s", i+1, text)
		}
	}
}

// A file that is emptied in place loses what it held, and the next line says after
// what it comes.
func TestCopyTruncate(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	mint(t, trail, "one")
	copied := contents(t, path)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	mint(t, trail, "two")
	closed(t, trail)
	whole(t, copied, contents(t, path))
}

// broken moves the folder of a trail away and puts a file in its place, so that
// neither the old file nor a new one can be had.
func broken(t *testing.T, path string) (mend func()) {
	t.Helper()
	dir := filepath.Dir(path)
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.Remove(dir), os.Rename(dir+".gone", dir)); err != nil {
			t.Fatal(err)
		}
	}
}

func inFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "audit.jsonl")
}

// While nothing can be written, nothing is minted; reads go on, are written when
// it works again, and that it did not is told.
func TestNothingCanBeWritten(t *testing.T) {
	path := inFolder(t)
	trail := open(t, path)
	mint(t, trail, "before")
	mend := broken(t, path)
	if err := trail.Events().Record(t.Context(), access.Event{Kind: access.EventMint, Session: "lost"}); err == nil {
		t.Fatal("a mint that was not recorded")
	}
	if err := trail.Events().Ready(); err == nil || !strings.Contains(err.Error(), "cannot be written since 2026-11-23T12:00:00Z") {
		t.Errorf("%v", err)
	}
	for i := range 1000 {
		read(trail, fmt.Sprint("during", i))
	}
	mend()
	eventually(t, "it is written again", func() bool { return trail.Events().Ready() == nil })
	mint(t, trail, "after")
	closed(t, trail)
	text := contents(t, path)
	if s := whole(t, text); s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	if got := strings.Count(text, `"session":"during`); got != 1000 {
		t.Errorf("%d reads of 1000", got)
	}
	if strings.Contains(text, `"session":"lost"`) || !strings.Contains(text, `"event":"lost","count":0,"since":"2026-11-23T12:00:00.123Z"`) {
		t.Errorf("%s", text)
	}
}

// Lines beyond the bound are counted, and the count is told.
func TestTooManyWait(t *testing.T) {
	path := inFolder(t)
	trail := open(t, path)
	mend := broken(t, path)
	if err := trail.Events().Record(t.Context(), access.Event{Kind: access.EventMint}); err == nil {
		t.Fatal("a mint that was not recorded")
	}
	const many = 60_000 // of some 250 bytes
	for range many {
		trail.Decisions().Record(t.Context(), policy.Decision{Time: noon, Method: "report", Host: "portal", Session: "s", View: "shop", Query: &question30})
	}
	if held := trail.buffer.held + len(trail.buffer.lines); held > defaultMaxWaiting+maxLine {
		t.Errorf("%d bytes wait", held)
	}
	mend()
	eventually(t, "it is written again", func() bool { return trail.Events().Ready() == nil })
	closed(t, trail)
	text := contents(t, path)
	s := whole(t, text)
	if got := uint64(strings.Count(text, `"event":"read"`)); s.Lost == 0 || got+s.Lost != many || trail.Stats().Lost != s.Lost {
		t.Errorf("%d written, %d lost of %d", got, s.Lost, many)
	}
}

// Where recording is not required, nothing is refused for want of it.
func TestNotRequired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "audit.jsonl")
	trail, err := Open(Config{Path: path, Clock: clock, Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Close() })
	if err := trail.Events().Ready(); err != nil {
		t.Error(err)
	}
	if trail.Fault() == nil {
		t.Error("nobody is told")
	}
	mint(t, trail, "early")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is written", func() bool { return trail.Fault() == nil })
	closed(t, trail)
	text := contents(t, path)
	whole(t, text)
	if !strings.Contains(text, `"session":"early"`) {
		t.Errorf("%s", text)
	}
}

// Two processes would tear the chain. The second waits for the first to end.
func TestOneWriter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are not locked there")
	}
	path := fileOf(t)
	first, second := open(t, path), open(t, path)
	mint(t, first, "first")
	if err := second.Events().Ready(); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	read(second, "waiting")
	closed(t, first)
	eventually(t, "the second writes", func() bool { return second.Events().Ready() == nil })
	mint(t, second, "second")
	closed(t, second)
	if s := whole(t, contents(t, path)); s.Lines != 3+5 {
		t.Errorf("%+v\n%s", s, contents(t, path))
	}
}

// A flakyStream takes only so many bytes, as a full disk does.
type flakyStream struct {
	strings.Builder
	room int
}

func (f *flakyStream) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	f.Builder.Write(p[:n])
	if n < len(p) {
		return n, errors.New("no room")
	}
	return n, nil
}

// A stream that takes a part of a line gets the rest of it first.
func TestStreamWithoutRoom(t *testing.T) {
	for room := 0; room < 1500; room += 1 + room%7 {
		f := &flakyStream{room: room}
		trail, err := Open(Config{Stream: f, Clock: clock, Logger: discard})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			read(trail, "s")
			_ = trail.writeNow(t.Context(), nil)
		}
		f.room = 1 << 20
		closed(t, trail)
		if s := whole(t, f.String()); s.Lines != 5 && s.Lines != 6 || strings.Count(f.String(), `"event":"read"`) != 3 {
			t.Fatalf("room for %d: %+v\n%s", room, s, f)
		}
	}
}

// The child of the tests below.
const childEnv = "ORIEL_AUDIT_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		child(path)
	}
	os.Exit(m.Run())
}

// child reads and mints, and tells each mint that was recorded, until it is killed.
func child(path string) {
	trail, err := Open(Config{Path: path, Required: true, Clock: time.Now, Logger: discard})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		for range 20 {
			read(trail, "r")
		}
		session := fmt.Sprint("m", os.Getpid(), "-", i)
		for trail.Events().Record(context.Background(), access.Event{Time: time.Now(), Kind: access.EventMint, Session: session}) != nil {
			fmt.Println("refused")
			time.Sleep(time.Millisecond)
		}
		fmt.Println(session)
	}
}

// TestSuddenEnd: a process that is killed leaves a trail that is whole, but for a
// torn last line, with all that it was told was recorded.
func TestSuddenEnd(t *testing.T) {
	path := fileOf(t)
	var told []string
	for i := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for said := bufio.NewScanner(out); len(told) < (i+1)*47 && said.Scan(); {
			told = append(told, said.Text())
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	text := contents(t, path)
	whole(t, text)
	recorded := map[string]bool{}
	for _, m := range regexp.MustCompile(`"event":"mint".*"session":"([^"]*)"`).FindAllStringSubmatch(text, -1) {
		recorded[m[1]] = true
	}
	for _, session := range told {
		if !recorded[session] {
			t.Errorf("%s was recorded, and is not there", session)
		}
	}
	if got := strings.Count(text, `"event":"start"`); got != 8 || len(told) != 8*47 {
		t.Errorf("%d starts, %d mints", got, len(told))
	}
}
