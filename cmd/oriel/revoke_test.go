package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A revocable is a server that runs with what the command line knows of it.
type revocable struct {
	t        *testing.T
	config   string // path
	ledger   string // path
	url      string // of the public listener
	key      string // API key of the host portal
	operator string
	process  *process
}

func newRevocable(t *testing.T) *revocable {
	t.Helper()
	host, dir := emulated(t)
	_, made, _ := oriel(t, "token", "new-key")
	parts := regexp.MustCompile(`(?s)\n  (\S+)\n.*api_keys: \[(\S+)\]`).FindStringSubmatch(made)
	r := &revocable{t: t, ledger: filepath.Join(dir, "oriel-ledger.db"), key: parts[1]}
	public, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	if r.operator, err = freeAddress(); err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + public
	r.config = configure(t, host, dir, "public_url: "+r.url+"\nviews:\n  museum: {property: '412600302'}\n  shop: {property: '412600303'}\n"+
		"hosts: {portal: {api_keys: ["+parts[2]+"], views: [museum, shop]}}\n")
	replace(t, r.config, "listen: 127.0.0.1:0\n", "listen: "+public+"\n")
	replace(t, r.config, "operator: {listen: 127.0.0.1:0, drain: 0s}\n", "operator: {listen: '"+r.operator+"', drain: 0s}\n")
	t.Setenv("ORIEL_API_KEY", r.key)
	r.serve()
	return r
}

func (r *revocable) serve() {
	r.t.Helper()
	r.process = startOriel(r.t, "serve", "-config", r.config)
	r.process.prints(r.t, `Oriel serves \S+, operators (\S+)\n`)
}

// mint returns a token for a view, and the server's refusal.
func (r *revocable) mint(view, subject string) (token, stderr string) {
	r.t.Helper()
	_, stdout, stderr := oriel(r.t, "token", "-url", r.url, "-views", view, "-subject", subject)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(stdout), &answer) // a refusal has none
	return answer.AccessToken, stderr
}

// want asks for a report with a token.
func (r *revocable) want(token, view string, status int) {
	r.t.Helper()
	if got, body := ask(r.t, r.url+"/v1beta/properties/"+view+":runReport", token); got != status {
		r.t.Errorf("%s: %d %s; want %d", view, got, body, status)
	}
}

// revoke runs the command and returns what it prints.
func (r *revocable) revoke(args ...string) (stdout, stderr string) {
	r.t.Helper()
	status, stdout, stderr := oriel(r.t, append([]string{"revoke", "-config", r.config}, args...)...)
	if status != 0 {
		r.t.Errorf("oriel revoke %q: status %d\n%s%s", args, status, stdout, stderr)
	}
	return stdout, stderr
}

// TestRevoke walks through a leak: a subject, a key by mistake, everything, with
// over a restart.
func TestRevoke(t *testing.T) {
	r := newRevocable(t)
	if said, _ := r.revoke("-list"); !strings.Contains(said, "new ledger: earlier revocations are unknown") {
		t.Errorf("-list of a new ledger: %s", said)
	}
	ann, _ := r.mint("museum", "ann")
	bob, _ := r.mint("museum", "bob")
	r.want(ann, "museum", http.StatusOK)
	said, _ := r.revoke("-reason", "left the company", "subject", "ann", "-host", "portal")
	if !strings.Contains(said, "Revoked, at http://"+r.operator+`: subject "ann" of host "portal" before `) {
		t.Errorf("it says %s", said)
	}
	r.want(ann, "museum", http.StatusUnauthorized)
	r.want(bob, "museum", http.StatusOK)

	_, keys, _ := oriel(t, "keys", "-config", r.config)
	fingerprint := regexp.MustCompile(`host portal +(\S+)`).FindStringSubmatch(keys)[1]
	said, _ = r.revoke("key", fingerprint)
	id := regexp.MustCompile(`revocation (\S+)`).FindStringSubmatch(said)[1]
	if _, refused := r.mint("museum", "carol"); !strings.Contains(refused, "401") {
		t.Errorf("the key still mints: %s", refused)
	}
	if said, _ = r.revoke("-list"); !regexp.MustCompile(id + ` +key ` + fingerprint + ` .*for good`).MatchString(said) {
		t.Errorf("-list:\n%s", said)
	}
	r.revoke("-lift", id)
	r.want(bob, "museum", http.StatusOK)

	r.process.ends(t)
	if status, stdout, stderr := oriel(t, "revoke", "-config", r.config, "view", "museum"); status != 1 || stdout != "" || !strings.Contains(stderr, "no server listens at http://"+r.operator+", so nothing has changed") {
		t.Errorf("without a server: status %d, %s%s", status, stdout, stderr)
	}
	r.serve()
	r.want(bob, "museum", http.StatusOK)
	r.revoke("view", "museum")
	if said, _ = r.revoke("-list"); strings.Count(said, "\n") != 4 || !strings.Contains(said, "left the company") {
		t.Errorf("-list after a restart:\n%s", said)
	}
	r.want(bob, "museum", http.StatusUnauthorized)
	r.want(ann, "museum", http.StatusUnauthorized)
	dave, _ := r.mint("museum", "dave")
	r.want(dave, "museum", http.StatusOK)

	r.revoke("all")
	r.want(dave, "museum", http.StatusUnauthorized)
	eve, _ := r.mint("shop", "eve")
	r.want(eve, "shop", http.StatusOK)
	r.process.ends(t)
}

// TestRevokeFailsLoudly: without the server's confirmation nothing is done, and no file is
// created that the server should own.
func TestRevokeIsNotMistaken(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	dir := t.TempDir()
	path := filepath.Join(dir, "oriel.yaml")
	config := func(operator, rest string) {
		text := fmt.Sprintf("operator: {listen: '%s'}\naudit: {file: none}\nviews: {museum: {property: '412600302'}}\n%s", operator, rest)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(want string, args ...string) {
		t.Helper()
		status, stdout, stderr := oriel(t, append([]string{"revoke", "-config", path}, args...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: status %d, %s%s; want %s", args, status, stdout, stderr, want)
		}
	}
	config(silent.Addr().String(), "")
	fails("oriel: the operators' token, which the server creates: ", "all")
	if err := os.WriteFile(filepath.Join(dir, "oriel-operator-token"), []byte(strings.Repeat("x", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	fails("oriel: ", "all")
	config("127.0.0.1:0", "")
	fails("-url", "all")
	nobody, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	fails("connection refused", "-url", "http://"+nobody, "all")
	config(nobody, "")
	fails("so nothing has changed", "all")
	for _, args := range [][]string{{"keys", "rotate"}, {"suspend", "view", "museum"}, {"resume", "view", "museum"}, {"cache", "purge", "-all"}} {
		n := min(2, len(args))
		if args[0] == "suspend" || args[0] == "resume" {
			n = 1
		}
		status, stdout, stderr := oriel(t, append(append(args[:n:n], "-config", path), args[n:]...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, "so nothing has changed") {
			t.Errorf("%q: status %d, %s%s", args, status, stdout, stderr)
		}
	}
	_, _, _ = oriel(t, "doctor", "-config", path)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("files were created: %v, %v", files, err)
	}
}

func TestRevokeUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{nil, 2, "say what to end"},
		{[]string{"session"}, 2, "say which session"},
		{[]string{"session", "a", "b"}, 2, `takes no argument "b"`},
		{[]string{"all", "a"}, 2, `takes no argument "a"`},
		{[]string{"all", "-before", "soon"}, 2, "write 2026-11-23T12:00:00Z, or 2h"},
		{[]string{"all", "-before", "-2h"}, 2, "-before"},
		{[]string{"-list", "all"}, 2, "-list and -lift stand alone"},
		{[]string{"-list", "-lift", "x"}, 2, "-list and -lift stand alone"},
		{[]string{"-h"}, 0, "oriel revoke session ID"},
		{[]string{"all", "-h"}, 0, "oriel revoke session ID"},
	} {
		status, stdout, stderr := oriel(t, append([]string{"revoke"}, c.args...)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: status %d, %s%s; want %d, %s", c.args, status, stdout, stderr, c.status, c.stderr)
		}
	}
	r, err := parseRevocation([]string{"-reason", "r", "session", "-ab", "-before", "2h"}, os.Stderr)
	if err != nil || r.ask.Name != "-ab" || r.ask.Reason != "r" || time.Since(r.ask.Before) < 2*time.Hour {
		t.Errorf("%+v, %v", r, err)
	}
}
