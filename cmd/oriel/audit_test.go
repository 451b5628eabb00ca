package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// trailOf runs a server for one token, and returns its configuration and the lines
// of its trail.
func trailOf(t *testing.T) (config string, lines []string) {
	t.Helper()
	host, dir := emulated(t)
	config = configure(t, host, dir, "views:\n  museum: {property: '412600302', public: questions, fields: {allow: ['*']}, history: {days: 4000}, origins: ['https://host.example']}\n")
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	replace(t, config, "listen: 127.0.0.1:0\n", "listen: "+address+"\n")
	p := startOriel(t, "serve", "-config", config)
	p.prints(t, `Oriel serves \S+, operators (\S+)\n`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://host.example")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", answer, err)
	}
	answer.Body.Close()
	p.ends(t)
	text, err := os.ReadFile(filepath.Join(dir, "oriel-audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return config, strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestAuditVerify(t *testing.T) {
	config, lines := trailOf(t)
	dir := filepath.Dir(config)
	last := regexp.MustCompile(`"hash":"(\w+)"`).FindStringSubmatch(lines[len(lines)-1])[1]
	write := func(name string, lines ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := write("changed", append([]string{strings.Replace(lines[0], "start", "stopp", 1)}, lines[1:]...)...)
	removed := write("removed", lines[0], lines[2])
	cut := write("cut", lines[:2]...)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"the configuration's", []string{"-config", config}, 0, fmt.Sprintf("whole: %d lines, 1 to %[1]d\nlast hash: %s\n", len(lines), last)},
		{"anchored", []string{"-anchor", strings.ToUpper(last), filepath.Join(dir, "oriel-audit.jsonl")}, 0, "whole: "},
		{"changed", []string{changed}, 1, changed + ":1: line 1 of the trail was changed"},
		{"removed", []string{removed}, 1, removed + ":2: line 2 of the trail is missing"},
		{"cut", []string{cut}, 0, "whole: 2 lines"},
		{"cut behind an anchor", []string{"-anchor", last, cut}, 1, "the end was cut off"},
		{"missing", []string{filepath.Join(dir, "nothing")}, 1, "no such file"},
		{"no configuration", []string{"-config", filepath.Join(dir, "nothing")}, 1, "the configuration cannot be read"},
		{"in a file that is none", []string{config}, 1, "no line of a trail"},
	} {
		status, stdout, stderr := oriel(t, append([]string{"audit", "verify"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: status %d\n%s%s", c.name, status, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"audit"}, {"audit", "tail"}, {"audit", "verify", "-nothing"}} {
		if status, _, stderr := oriel(t, args...); status != 2 || !strings.Contains(stderr, "Usage: oriel audit verify") {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
	if status, _, _ := oriel(t, "audit", "-h"); status != 0 {
		t.Errorf("help: status %d", status)
	}
}

// TestAuditVerifyPacked: what logrotate left.
func TestAuditVerifyPacked(t *testing.T) {
	_, lines := trailOf(t)
	dir := t.TempDir()
	packed := filepath.Join(dir, "trail.1.gz")
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(strings.Join(lines, "")))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(packed, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := oriel(t, "audit", "verify", packed); status != 0 || !strings.HasPrefix(stdout, fmt.Sprintf("whole: %d lines", len(lines))) {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}

// TestVerifyWithAShell runs what docs/audit.md says that other tools can do.
func TestVerifyWithAShell(t *testing.T) {
	for _, tool := range []string{"sh", "sha256sum", "seq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	page, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile("(?s)```sh\n(.*?)```").FindSubmatch(page)[1]
	_, lines := trailOf(t)
	dir := t.TempDir()
	sh := func(lines ...string) (string, error) {
		if err := os.WriteFile(filepath.Join(dir, "oriel-audit.jsonl"), []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", string(script))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := sh(append(lines, "\n")...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := sh(lines[0], lines[2]); err == nil || !strings.Contains(out, "wrong: ") {
		t.Errorf("a missing line: %v %s", err, out)
	}
}
