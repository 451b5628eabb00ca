package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
)

// copyLedger copies the ledger, of a server that has ended, with its log.
func copyLedger(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		check(t, os.RemoveAll(to+suffix))
		text, err := os.ReadFile(from + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		check(t, errors.Join(err, os.WriteFile(to+suffix, text, 0o600)))
	}
}

// startLog returns what a server logs at its start.
func startLog(t *testing.T, path string) string {
	t.Helper()
	c, err := ReadConfig(path)
	check(t, err)
	var log bytes.Buffer
	a, err := New(c, slog.New(slog.NewTextHandler(&log, nil)))
	check(t, errors.Join(err, a.Close()))
	return log.String()
}

// waitASecond lets the second pass in which sessions began: those of the second in which a
// ledger begins go on.
func waitASecond() { time.Sleep(1100 * time.Millisecond) }

// TestOlderLedgerEndsSessions: a copy of before a revocation does not let in again whom the
// ledger had refused, and the log tells. A server that goes on with its own ledger ends nothing.
func TestOlderLedgerEndsSessions(t *testing.T) {
	for _, how := range []string{"an older copy", "the same", "another ledger", "no witness", "a damaged witness", "no witness file"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			extra := ""
			if how == "no witness file" {
				extra = "ledger: {witness_file: none}\n"
			}
			path, apiKey := hosted(t, extra)
			ledger := filepath.Join(filepath.Dir(path), "oriel-ledger.db")
			s := runServer(t, path, apiKey)
			_, ann := s.mint("museum", "ann")
			_, bob := s.mint("museum", "bob")
			s.stop()
			copyLedger(t, ledger, ledger+".copy")
			s = runServer(t, path, apiKey)
			if status, body := s.ask("POST", s.operator+"/revocations", "", `{"kind":"subject","name":"ann"}`); status != http.StatusCreated {
				t.Fatalf("%d %s", status, body)
			}
			s.stop()
			waitASecond()
			wantLog, wantAnn, wantBob := "", 401, 401
			switch how {
			case "an older copy":
				wantLog = "older than its witness"
				copyLedger(t, ledger+".copy", ledger)
			case "the same":
				wantBob = 200
			case "another ledger":
				wantLog = "another ledger than before"
				check(t, os.Remove(ledger))
				l, err := sqlstore.OpenLedger(t.Context(), sqlstore.LedgerConfig{Path: ledger + ".other", Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
				check(t, errors.Join(err, l.Close()))
				copyLedger(t, ledger+".other", ledger)
			case "no witness":
				wantLog = "witness is missing or damaged"
				check(t, os.Remove(ledger+".witness"))
			case "a damaged witness":
				wantLog = "witness is missing or damaged"
				check(t, os.WriteFile(ledger+".witness", []byte("oriel-ledger \n"), 0o600))
			case "no witness file":
				wantAnn, wantBob = 200, 200 // as documented
				copyLedger(t, ledger+".copy", ledger)
			}
			if log := startLog(t, path); strings.Contains(log, "earlier sessions are ended") != (wantLog != "") || !strings.Contains(log, wantLog) {
				t.Errorf("the log has %q, want %q", log, wantLog)
			}
			if log := startLog(t, path); strings.Contains(log, "earlier sessions are ended") {
				t.Errorf("the next start logs %q", log)
			}
			again := runServer(t, path, apiKey)
			if got := again.report(ann, "museum"); got != wantAnn {
				t.Errorf("who was revoked is answered with %d, want %d", got, wantAnn)
			}
			if got := again.report(bob, "museum"); got != wantBob {
				t.Errorf("another is answered with %d, want %d", got, wantBob)
			}
			if _, fresh := again.mint("museum", "ann"); again.report(fresh, "museum") != 200 {
				t.Error("a new session is refused")
			}
		})
	}
}

// TestOlderLedgerWhileServing: the same, put in the place of the file that a server uses.
func TestOlderLedgerWhileServing(t *testing.T) {
	path, apiKey := hosted(t, "")
	ledger := filepath.Join(filepath.Dir(path), "oriel-ledger.db")
	s := runServer(t, path, apiKey)
	_, ann := s.mint("museum", "ann")
	s.stop()
	copyLedger(t, ledger, ledger+".copy")
	s = runServer(t, path, apiKey)
	if status, body := s.ask("POST", s.operator+"/revocations", "", `{"kind":"subject","name":"ann"}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	_, bob := s.mint("museum", "bob")
	s.becomes(bob, "museum", 200)
	waitASecond()
	for _, suffix := range []string{"-wal", "-shm"} {
		check(t, os.Remove(ledger+suffix))
	}
	check(t, os.Rename(ledger+".copy", ledger))
	s.becomes(bob, "museum", 401)
	if got := s.report(ann, "museum"); got != 401 {
		t.Errorf("who was revoked is answered with %d", got)
	}
}

// TestServersOfTwoLedgers: one refuses the tokens and the codes of the other, although
// both know the signing keys.
func TestServersOfTwoLedgers(t *testing.T) {
	path, apiKey := hosted(t, "")
	first := runServer(t, path, apiKey)
	text, err := os.ReadFile(path)
	check(t, err)
	other := strings.TrimSuffix(path, ".yaml") + "-2.yaml"
	check(t, os.WriteFile(other, append(text, "ledger: {file: oriel-ledger-2.db}\n"...), 0o600))
	second := runServer(t, other, apiKey)
	if log := startLog(t, path); !strings.Contains(log, "another ledger than before") {
		t.Errorf("the log does not tell that two ledgers have the same keys: %q", log)
	}
	status, body := first.ask("POST", first.public+"/v1/tokens", apiKey, `{"views":["museum"],"code":true}`)
	code, _, _ := strings.Cut(strings.SplitAfterN(body, `"code":"`, 2)[1], `"`)
	if status != 200 || code == "" {
		t.Fatalf("%d %s", status, body)
	}
	for round, want := range map[*running]int{first: 200, second: 401} {
		_, token := first.mint("museum", "ann")
		if got := round.report(token, "museum"); got != want {
			t.Errorf("a token of the first is answered with %d, want %d", got, want)
		}
	}
	if status, _ := second.ask("POST", second.public+"/v1/tokens:redeem", "", `{"code":"`+code+`"}`); status != 401 {
		t.Errorf("the second redeems a code of the first: %d", status)
	}
	if status, _ := first.ask("POST", first.public+"/v1/tokens:redeem", "", `{"code":"`+code+`"}`); status != 200 {
		t.Errorf("the first redeems its code: %d", status)
	}
}

// TestUnknownSuspensionClosesEverything: what a newer version suspends could be anything.
func TestUnknownSuspensionClosesEverything(t *testing.T) {
	path, apiKey := hosted(t, "")
	s := runServer(t, path, apiKey)
	_, token := s.mint("museum", "ann")
	s.becomes(token, "museum", 200)
	l, err := sqlstore.OpenLedger(t.Context(), sqlstore.LedgerConfig{
		Path: filepath.Join(filepath.Dir(path), "oriel-ledger.db"), Clock: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	check(t, l.Revoke(context.Background(), access.Revocation{ID: "suspend:region:north", Suspend: true, Kind: "region", Name: "north", Made: time.Now()}))
	check(t, l.Close())
	s.becomes(token, "museum", 403)
	if status, minted := s.mint("shop", "bob"); status != 403 || minted != "" {
		t.Errorf("minting: %d", status)
	}
	if status, body := s.ask("GET", s.operator+"/readyz", "", ""); status != 200 || !strings.Contains(body, "region") || !strings.Contains(body, "newer version") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, body := s.ask("DELETE", s.operator+"/revocations/suspend:region:north", "", ""); status != http.StatusNoContent {
		t.Errorf("resuming: %d %s", status, body)
	}
	s.becomes(token, "museum", 200)
}
