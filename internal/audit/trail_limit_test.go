//go:build linux

package audit

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/oriel-server/oriel/internal/access"
)

// TestFullDisk: a file that cannot grow, in the midst of a line, keeps whole lines,
// and goes on when there is room. The limit is the process's, so it is a child's.
func TestFullDisk(t *testing.T) {
	if os.Getenv("ORIEL_AUDIT_LIMIT") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), "ORIEL_AUDIT_LIMIT=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	path := fileOf(t)
	trail := open(t, path)
	mint(t, trail, "before")
	size := uint64(len(contents(t, path)))
	reads := 0
	for room := uint64(1); room < 500; room += 13 { // less than both lines need
		reads++
		limit(t, size+room)
		read(trail, "waits")
		err := trail.Events().Record(t.Context(), access.Event{Time: noon, Kind: access.EventMint, Session: "no room"})
		if err == nil {
			t.Fatalf("room for %d bytes: a mint is recorded\n%s", room, contents(t, path))
		}
		if text := contents(t, path); !strings.HasSuffix(text, "\n") {
			t.Fatalf("room for %d bytes: %s", room, text)
		}
		whole(t, contents(t, path))
		limit(t, 1<<30)
		if err := trail.writeNow(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		size = uint64(len(contents(t, path)))
	}
	limit(t, 1<<30)
	closed(t, trail)
	text := contents(t, path)
	if s := whole(t, text); s.Torn != 0 {
		t.Errorf("%+v", s)
	}
	if strings.Contains(text, "no room") || strings.Count(text, "waits") != reads {
		t.Errorf("%d reads of %d\n%s", strings.Count(text, "waits"), reads, text)
	}
}

func limit(t *testing.T, size uint64) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
}
