package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed clock.go.txt
var clock []byte

// What clock.go.txt reads.
const (
	offsetVariable = "ANYDAY_OFFSET" // seconds by which time.Now is moved
	bubbleVariable = "ANYDAY_BUBBLE" // and within testing/synctest
)

// overlaid is set when GOFLAGS has an overlay of this program.
const overlaid = "ANYDAY_OVERLAY"

// The statement of time.Now that asks the machine, and what takes its place.
const (
	asks  = "\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {\n"
	moves = "\tsec, nsec, mono := runtimeNow()\n\tsec += moved()\n\tif mono == 0 {\n"
)

// overlay writes the overlay to dir and sets GOFLAGS, so that every go command has
// it. No results are cached: go test does not see on what day they were found.
func overlay(dir string) error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	moved, err := moveNow(filepath.Join(source, "time.go"))
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for name, text := range map[string][]byte{"time.go": moved, "anyday.go": clock} {
		replace[filepath.Join(source, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	if err := os.Setenv(overlaid, path); err != nil {
		return err
	}
	return os.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -count=1 -overlay="+path))
}

// moveNow returns the source of package time with Now moved.
func moveNow(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	before, after, found := strings.Cut(string(text), asks)
	if !found || strings.Contains(after, asks) || !strings.HasSuffix(before, "\nfunc Now() Time {\n") {
		return nil, fmt.Errorf("%s: time.Now does not begin as this program knows it; look at build/anyday/overlay.go", path)
	}
	return []byte(before + moves + after), nil
}
