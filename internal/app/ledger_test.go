package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A running server is a whole one, on listeners of its own.
type running struct {
	t                *testing.T
	public, operator string // URLs
	token            string // the operators'
	apiKey           string
	stop             func()
}

// hosted returns a configuration with a host, whose API key it returns too.
func hosted(t *testing.T, rest string) (path, apiKey string) {
	t.Helper()
	key, sum, err := NewAPIKey(rand.Reader)
	check(t, err)
	path, _ = against(t, museum+"  shop: {property: '412600303'}\n"+fmt.Sprintf("hosts: {portal: {api_keys: ['%x'], views: ['*']}}\naudit: {file: none}\ncache: {file: none}\n", sum)+rest)
	return path, key
}

func runServer(t *testing.T, path, apiKey string) *running {
	t.Helper()
	c, err := ReadConfig(path)
	check(t, err)
	a, err := New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	public, operator := listenLocal(t), listenLocal(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a.config.Operator.Drain = 0
	go func() { ended <- a.Run(ctx, public, operator) }()
	token, err := c.OperatorToken()
	check(t, err)
	r := &running{t: t, token: token, public: "http://" + public.Addr().String(), operator: "http://" + operator.Addr().String(), apiKey: apiKey}
	stopped := false
	r.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			check(t, <-ended)
			check(t, a.Close())
		}
	}
	t.Cleanup(r.stop)
	return r
}

func (r *running) ask(method, url, bearer, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	check(r.t, err)
	req.Header.Set("Content-Type", "application/json")
	if bearer == "" && strings.HasPrefix(url, r.operator) {
		bearer = r.token
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	check(r.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	check(r.t, err)
	return res.StatusCode, string(text)
}

func (r *running) mint(view, subject string) (status int, token string) {
	r.t.Helper()
	status, body := r.ask("POST", r.public+"/v1/tokens", r.apiKey, fmt.Sprintf(`{"views":[%q],"subject":%q}`, view, subject))
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	check(r.t, json.Unmarshal([]byte(body), &answer))
	return status, answer.AccessToken
}

func (r *running) report(token, view string) int {
	r.t.Helper()
	status, _ := r.ask("POST", r.public+"/v1/views/"+view+":runReport", token,
		`{"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}],"metrics":[{"name":"sessions"}]}`)
	return status
}

// becomes waits until reports are answered with a status.
func (r *running) becomes(token, view string, want int) {
	r.t.Helper()
	for end := time.Now().Add(enough); ; time.Sleep(50 * time.Millisecond) {
		got := r.report(token, view)
		if got == want {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("reports are answered with %d, and never with %d", got, want)
		}
	}
}

// TestRevocationsLast: over a restart, and at another server of the same ledger.
func TestRevocationsLast(t *testing.T) {
	path, apiKey := hosted(t, "")
	first, second := runServer(t, path, apiKey), runServer(t, path, apiKey)
	_, ann := first.mint("museum", "ann")
	_, bob := first.mint("museum", "bob")
	for _, token := range []string{ann, bob} {
		if got := second.report(token, "museum"); got != 200 {
			t.Fatalf("the second server answers %d", got)
		}
	}
	if status, body := first.ask("POST", first.operator+"/revocations", "", `{"kind":"subject","name":"ann"}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if got := first.report(ann, "museum"); got != 401 {
		t.Errorf("the next request is answered with %d", got)
	}
	second.becomes(ann, "museum", 401)
	if status, _ := second.ask("POST", second.public+"/v1/tokens:renew", ann, ""); status != 401 {
		t.Errorf("the token is renewed: %d", status)
	}
	first.stop()
	second.stop()
	third := runServer(t, path, apiKey)
	if got := third.report(ann, "museum"); got != 401 {
		t.Errorf("after a restart: %d", got)
	}
	if got := third.report(bob, "museum"); got != 200 {
		t.Errorf("another's session: %d", got)
	}
}

// TestLedgerLostWhileServing: nothing is served that needs it, and all is again when
// it is back.
func TestLedgerLostWhileServing(t *testing.T) {
	for name, lose := range map[string]func(ledger string) error{
		"gone":    func(ledger string) error { return os.Rename(ledger, ledger+".away") },
		"garbage": func(ledger string) error { return os.WriteFile(ledger, bytes.Repeat([]byte("garbage "), 4096), 0o600) },
		"empty":   func(ledger string) error { return os.Truncate(ledger, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			path, apiKey := hosted(t, "")
			s := runServer(t, path, apiKey)
			ledger := filepath.Join(filepath.Dir(path), "oriel-ledger.db")
			_, token := s.mint("museum", "ann")
			s.becomes(token, "museum", 200)
			whole, err := os.ReadFile(ledger)
			check(t, err)
			check(t, lose(ledger))
			s.becomes(token, "museum", 503)
			for _, path := range []string{"/v1/views", "/v1/views/museum/metadata", "/v1beta/properties/museum", "/v1/dashboards/none"} {
				if status, body := s.ask("GET", s.public+path, token, ""); status != 503 || !strings.Contains(body, "Tokens cannot be checked at the moment. Try again.") {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			if status, minted := s.mint("museum", "bob"); status != 503 || minted != "" {
				t.Errorf("minting: %d", status)
			}
			if status, _ := s.ask("POST", s.public+"/v1/tokens:renew", token, ""); status != 503 {
				t.Errorf("renewing: %d", status)
			}
			if status, body := s.ask("GET", s.operator+"/readyz", "", ""); status != 503 || !strings.Contains(body, ledger) {
				t.Errorf("/readyz: %d %s", status, body)
			}
			if status, body := s.ask("POST", s.operator+"/revocations", "", `{"kind":"all"}`); status != 503 || !strings.Contains(body, ledger) {
				t.Errorf("revoking: %d %s", status, body)
			}
			if status, _ := s.ask("GET", s.operator+"/healthz", "", ""); status != 200 {
				t.Errorf("/healthz: %d", status)
			}
			check(t, os.WriteFile(ledger, whole, 0o600))
			s.becomes(token, "museum", 200)
		})
	}
}

// TestLostLedgerEndsSessions: whom a ledger had refused is not let in for its loss.
func TestLostLedgerEndsSessions(t *testing.T) {
	path, apiKey := hosted(t, "")
	s := runServer(t, path, apiKey)
	_, token := s.mint("museum", "ann")
	s.stop()
	ledger := filepath.Join(filepath.Dir(path), "oriel-ledger.db")
	check(t, os.WriteFile(ledger, []byte("garbage"), 0o600))
	if _, err := start(t, path); err == nil || !strings.Contains(err.Error(), "ledger.file: the ledger "+ledger+" is damaged") || !strings.Contains(err.Error(), "-wal away") {
		t.Errorf("it starts with a damaged ledger: %v", err)
	}
	check(t, os.Remove(ledger))
	time.Sleep(1100 * time.Millisecond) // sessions of the second in which the ledger begins go on
	again := runServer(t, path, apiKey)
	if got := again.report(token, "museum"); got != 401 {
		t.Errorf("a session of before is answered with %d", got)
	}
	_, fresh := again.mint("museum", "ann")
	if got := again.report(fresh, "museum"); got != 200 {
		t.Errorf("a new session is answered with %d", got)
	}
}

// TestFirstStart: nobody is alarmed by a ledger that is begun with everything else; one
// that is begun beside what a server has left may have been lost.
func TestFirstStart(t *testing.T) {
	for name, want := range map[string]slog.Level{"": slog.LevelInfo, "oriel-keys.json": slog.LevelWarn, "oriel-cache.db": slog.LevelWarn, "oriel-audit.jsonl": slog.LevelWarn} {
		t.Run(name, func(t *testing.T) {
			path, _ := against(t, museum)
			c, err := ReadConfig(path)
			check(t, err)
			c.Audit.File = filepath.Join(filepath.Dir(path), "oriel-audit.jsonl")
			if name != "" {
				a, err := New(c, slog.New(slog.DiscardHandler))
				check(t, errors.Join(err, a.Close()))
				for _, other := range []string{"oriel-keys.json", "oriel-cache.db", "oriel-audit.jsonl", "oriel-ledger.db"} {
					if other != name {
						check(t, os.Remove(filepath.Join(filepath.Dir(path), other)))
					}
				}
			}
			var log bytes.Buffer
			a, err := New(c, slog.New(slog.NewTextHandler(&log, nil)))
			check(t, errors.Join(err, a.Close()))
			var told []string
			for line := range strings.Lines(log.String()) {
				if strings.Contains(line, "oriel-ledger.db") {
					told = append(told, line)
				}
			}
			if len(told) != 1 || !strings.Contains(told[0], "level="+want.String()) || strings.Contains(told[0], "ended") != (want == slog.LevelWarn) {
				t.Errorf("the log has %q, want one line at %s", told, want)
			}
		})
	}
}

func TestWithoutALedgerFile(t *testing.T) {
	path, apiKey := hosted(t, "ledger: {file: none}\n")
	s := runServer(t, path, apiKey)
	_, token := s.mint("museum", "ann")
	if status, _ := s.ask("POST", s.operator+"/revocations", "", `{"kind":"all"}`); status != 201 {
		t.Errorf("revoking: %d", status)
	}
	if got := s.report(token, "museum"); got != 401 {
		t.Errorf("a session that was ended: %d", got)
	}
	s.stop()
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*ledger*")); len(names) != 0 {
		t.Errorf("%v were made", names)
	}
	again := runServer(t, path, apiKey)
	if got := again.report(token, "museum"); got != 401 {
		t.Errorf("after a restart, a session that was ended: %d", got) // nobody knows that it was
	}
	if _, fresh := again.mint("museum", "ann"); again.report(fresh, "museum") != 200 {
		t.Error("a new session is refused")
	}
}

// TestSuspensionsLast: over a restart, at another server of the same ledger, and on record.
func TestSuspensionsLast(t *testing.T) {
	path, apiKey := hosted(t, "")
	c, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, bytes.ReplaceAll(c, []byte("audit: {file: none}"), []byte("audit: {file: oriel-audit.jsonl}")), 0o600))
	first := runServer(t, path, apiKey)
	_, token := first.mint("museum", "ann")
	first.becomes(token, "museum", 200)
	if status, body := first.ask("POST", first.operator+"/revocations", "", `{"kind":"view","name":"museum","suspend":true}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if got := first.report(token, "museum"); got != 403 {
		t.Errorf("the next request is answered with %d", got)
	}
	first.stop()
	again := runServer(t, path, apiKey)
	if got := again.report(token, "museum"); got != 403 {
		t.Errorf("after a restart: %d", got)
	}
	if status, _ := again.mint("museum", "bob"); status != 403 {
		t.Errorf("minting: %d", status)
	}
	if status, _ := again.mint("shop", "bob"); status != 200 {
		t.Errorf("minting for another view: %d", status)
	}
	if status, body := again.ask("DELETE", again.operator+"/revocations/suspend:view:museum", "", ""); status != http.StatusNoContent {
		t.Errorf("resuming: %d %s", status, body)
	}
	if got := again.report(token, "museum"); got != 200 {
		t.Errorf("resumed: %d", got)
	}
	trail, err := os.ReadFile(filepath.Join(filepath.Dir(path), "oriel-audit.jsonl"))
	check(t, err)
	for _, want := range []string{`"event":"suspend"`, `"event":"resume"`, `suspended view`} {
		if !strings.Contains(string(trail), want) {
			t.Errorf("the trail lacks %s", want)
		}
	}
}
