package ga4

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// keyFile writes a service account's key file whose tokens come from tokenURL.
func keyFile(t *testing.T, tokenURL string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "private_key_id": "1", "client_id": "1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": "robot@p.iam.gserviceaccount.com", "token_uri": tokenURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestARefusedTokenIsReplaced goes through a real keyring: after a 401 the same
// token must not be sent again.
func TestARefusedTokenIsReplaced(t *testing.T) {
	var issued atomic.Int64
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"canary-%d","expires_in":3599,"token_type":"Bearer"}`, issued.Add(1))
	}))
	defer tokens.Close()
	var seen []string
	data := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if len(seen) == 1 {
			writeError(w, 401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "")
			return
		}
		fmt.Fprint(w, rowFor(nil))
	}))
	defer data.Close()
	quiet := slog.New(slog.DiscardHandler)
	keyring, err := credential.New(credential.Config{
		Accounts:   map[string]credential.Account{"main": {KeyFile: keyFile(t, tokens.URL+"/token")}},
		TokenHosts: []string{strings.TrimPrefix(tokens.URL, "http://")}, Clock: time.Now, Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer keyring.Close()
	g, err := New(Config{DataURL: data.URL, Keyring: keyring, Clock: time.Now, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Report(t.Context(), report.NewQuestion(question(0), nil)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, ", "); got != "Bearer canary-1, Bearer canary-2" {
		t.Errorf("Google saw %s", got)
	}
}

// TestBrokenKeyIsHiddenFromVisitors: a permanent failure of the keyring reaches the
// visitor without its reason.
func TestBrokenKeyIsHiddenFromVisitors(t *testing.T) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(400)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"Invalid grant: account not found"}`)
	}))
	defer tokens.Close()
	quiet := slog.New(slog.DiscardHandler)
	keyring, err := credential.New(credential.Config{
		Accounts:   map[string]credential.Account{"main": {KeyFile: keyFile(t, tokens.URL+"/token")}},
		TokenHosts: []string{strings.TrimPrefix(tokens.URL, "http://")}, Clock: time.Now, Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer keyring.Close()
	g, err := New(Config{Keyring: keyring, Clock: time.Now, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Report(t.Context(), report.NewQuestion(question(0), nil))
	if e := report.AsError(err); e == nil || e.Kind != report.Unavailable || e.Message != unreadable ||
		!strings.Contains(e.Error(), "robot@p.iam.gserviceaccount.com") {
		t.Errorf("got %v", err)
	}
}
