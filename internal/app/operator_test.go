package app

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOperatorsToken: who can merely connect to the operators' listener reads, and changes
// nothing. The token is the owner's alone, and outlives a restart.
func TestOperatorsToken(t *testing.T) {
	path, apiKey := hosted(t, "")
	s := runServer(t, path, apiKey)
	file := filepath.Join(filepath.Dir(path), "oriel-operator-token")
	info, err := os.Stat(file)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file has mode %04o", info.Mode().Perm())
	}
	_, token := s.mint("museum", "ann")
	for _, write := range [][3]string{
		{"POST", "/revocations", `{"kind":"all"}`}, {"POST", "/revocations", `{"kind":"view","name":"museum","suspend":true}`},
		{"DELETE", "/revocations/beginning", ""}, {"POST", "/keys:rotate", `{"at_once":true}`}, {"POST", "/cache:purge", `{"all":true}`},
	} {
		for _, as := range []string{"none", apiKey, token, s.token + "x"} {
			if status, body := s.ask(write[0], s.operator+write[1], as, write[2]); status != http.StatusUnauthorized || !strings.Contains(body, "operator.token_file") {
				t.Errorf("%s %s: %d %s", write[0], write[1], status, body)
			}
		}
	}
	if got := s.report(token, "museum"); got != 200 {
		t.Errorf("a session is answered with %d", got)
	}
	if status, _ := s.ask("GET", s.operator+"/revocations", "none", ""); status != 200 {
		t.Errorf("reading: %d", status)
	}
	if status, body := s.ask("POST", s.operator+"/keys:rotate", "", `{"at_once":true}`); status != 200 || strings.Count(body, `"id"`) != 1 {
		t.Errorf("rotating: %d %s", status, body)
	}
	if got := s.report(token, "museum"); got != 401 {
		t.Errorf("a token of a key that leaked is answered with %d", got)
	}
	before := s.token
	s.stop()
	if again := runServer(t, path, apiKey); again.token != before {
		t.Error("a restart makes another token")
	}
	check(t, os.Chmod(file, 0o644))
	if _, err := start(t, path); err == nil || !strings.Contains(err.Error(), "operator.token_file") {
		t.Errorf("it starts with a token that others can read: %v", err)
	}
}
