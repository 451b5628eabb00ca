package filestate

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	other := path + "-other"
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	write := func(path, text string, modified time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, modified); err != nil {
			t.Fatal(err)
		}
	}
	state := func() State {
		s, _ := Of(path)
		return s
	}
	if _, err := Of(path); !os.IsNotExist(err) || !state().Same(State{}) || state().Mode() != 0 {
		t.Errorf("a missing file: %v, %v", state(), err)
	}
	write(path, "one", at)
	first := state()
	if !first.Same(state()) || first.Same(State{}) || (State{}).Same(first) || first.Mode() != 0o600 {
		t.Errorf("an unchanged file: %v", first)
	}
	write(path, "two", at.Add(time.Millisecond))
	if first.Same(state()) {
		t.Error("a new modification time went unnoticed")
	}
	write(path, "three", at)
	if first.Same(state()) {
		t.Error("a new size went unnoticed")
	}
	write(path, "one", at)
	write(other, "two", at)
	first = state()
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if first.Same(state()) {
		t.Error("a replaced file went unnoticed")
	}
}
