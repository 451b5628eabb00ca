package credential_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

// jwtGrant is the grant type of RFC 7523.
const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// testKey is one RSA key for all tests, for making them is slow.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func testPEM() string {
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// google is a token endpoint with the answers that Google's has. It numbers the
// tokens: ya29.1, ya29.2, and so on.
type google struct {
	mu     sync.Mutex
	asked  int
	claims []map[string]any
	answer func(n int, w http.ResponseWriter, r *http.Request) bool // true: answered
}

// ServeHTTP answers a token request after checking the assertion.
func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked++
	n, answer := g.asked, g.answer
	g.mu.Unlock()
	if answer != nil && answer(n, w, r) {
		return
	}
	claims, problem := g.check(r)
	if problem != "" {
		refuse(w, 400, "invalid_grant", problem)
		return
	}
	g.mu.Lock()
	g.claims = append(g.claims, claims)
	g.mu.Unlock()
	grant(w, n)
}

func grant(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	fmt.Fprintf(w, `{"access_token":"ya29.%d","expires_in":3599,"token_type":"Bearer"}`, n)
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
}

// check verifies the assertion as Google does, in short.
func (g *google) check(r *http.Request) (map[string]any, string) {
	if r.FormValue("grant_type") != jwtGrant {
		return nil, "Invalid grant_type: " + r.FormValue("grant_type")
	}
	parts := strings.Split(r.FormValue("assertion"), ".")
	if len(parts) != 3 {
		return nil, "Bad Request"
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA256, sum[:], sig) != nil {
		return nil, "Invalid JWT Signature."
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, "Bad Request"
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		return nil, "Bad Request"
	}
	return claims, ""
}

func (g *google) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func (g *google) set(answer func(n int, w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// serviceKey returns a service account's key file; changes replace or, with nil,
// remove fields.
func serviceKey(tokenURI string, changes map[string]any) []byte {
	k := map[string]any{
		"type": "service_account", "project_id": "demo", "private_key_id": "abc123",
		"private_key": testPEM(), "client_email": "sa@demo.iam.gserviceaccount.com",
		"client_id": "1", "token_uri": tokenURI,
	}
	for name, v := range changes {
		if k[name] = v; v == nil {
			delete(k, name)
		}
	}
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		panic(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bench is a keyring with its Google, on loopback.
type bench struct {
	google *google
	server *httptest.Server
	clock  *clock
	file   string
	log    *syncBuffer
	keys   *credential.Keys
}

// newBench starts a Google and a keyring with the account "main"; adjust may change
// the configuration.
func newBench(t *testing.T, adjust func(*bench, *credential.Config)) *bench {
	t.Helper()
	b := &bench{google: &google{}, clock: newClock(), log: &syncBuffer{}}
	b.server = httptest.NewServer(b.google)
	t.Cleanup(b.server.Close)
	b.file = write(t, filepath.Join(t.TempDir(), "sa.json"), serviceKey(b.server.URL+"/token", nil))
	c := credential.Config{
		Accounts:   map[string]credential.Account{"main": {KeyFile: b.file}},
		TokenHosts: []string{"127.0.0.1"},
		Clock:      b.clock.Now,
		Random:     func() float64 { return 0 },
		Logger:     slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if adjust != nil {
		adjust(b, &c)
	}
	keys, err := credential.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	b.keys = keys
	return b
}

// bearer returns what a token writes into a request.
func bearer(t *testing.T, token *credential.Token) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://analyticsdata.googleapis.com/", nil)
	token.Authorize(r)
	return r.Header.Get("Authorization")
}

// want fetches a token and checks which one it is.
func (b *bench) want(t *testing.T, value string) *credential.Token {
	t.Helper()
	token, err := b.keys.AccessToken(t.Context(), "main")
	if err != nil {
		t.Fatalf("AccessToken: %v", err)
	}
	if got := bearer(t, token); got != "Bearer "+value {
		t.Fatalf("got %q, want %q", got, "Bearer "+value)
	}
	return token
}

// fails asks for a token and returns the error.
func (b *bench) fails(t *testing.T) *credential.Error {
	t.Helper()
	token, err := b.keys.AccessToken(t.Context(), "main")
	if err == nil {
		t.Fatalf("got %v, want an error", token)
	}
	return asError(t, err)
}

// eventually waits until ok, for things that happen in the background.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var _ io.Writer = (*syncBuffer)(nil)
