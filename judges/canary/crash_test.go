package canary

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/judges/house"
)

// given are the files that hold secrets: the configuration's, and the signing keys.
var given = []string{"oriel.yaml", "key.json", "oriel-keys.json"}

// searchRest searches what the server keeps, byte by byte, and what operators read.
func (c *canary) searchRest(t *testing.T, server *house.Server) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(server.Dir, "*"))
	fatal(t, err)
	kept := map[string]bool{}
	for _, name := range names {
		base := filepath.Base(name)
		if slices.Contains(given, base) {
			continue
		}
		text, err := os.ReadFile(name)
		fatal(t, err)
		c.secrets.Search(Kept, c.phase.name+": "+base, string(text), "")
		kept[base] = len(text) > 0
	}
	for _, base := range []string{"oriel-audit.jsonl", "oriel-ledger.db", "oriel-cache.db"} {
		if !kept[base] {
			t.Errorf("%s is not there, or empty: there is %v", base, kept)
		}
	}
	for _, path := range []string{"/metrics", "/readyz", "/quota", "/revocations", "/"} {
		res, err := http.Get(server.Operator + path)
		fatal(t, err)
		text, err := read(res)
		fatal(t, err)
		c.secrets.Search(Operator, c.phase.name+": "+path, text, "")
	}
}

// A server that crashes writes what it was doing. It crashes while Google lets it
// wait, so that tokens and keys are in use.
func TestACrashTellsNothing(t *testing.T) {
	secrets := NewSecrets(properties...)
	google := newGoogle(t, secrets.listen)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	fatal(t, secrets.AddKeyFile(key))
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	api, hash := newAPIKey(t, program)
	secrets.Add("the API key", api)
	server, err := house.OpenServer(program, t.TempDir(), house.Config{Google: google, Key: key, Rest: strings.Replace(configuration, "HASH", hash, 1)})
	fatal(t, err)
	fatal(t, secrets.AddSigningKeys(server.Dir))
	c := canary{secrets: secrets, google: google, phase: phase{name: "a crash"}, random: rand.New(rand.NewPCG(seed, 77))}
	m := &maker{Rand: c.random, bearers: c.bearers(t, server, api), public: server.Public, operator: server.Operator}
	fatal(t, google.SetLatency("*", emulator.Latency{Fixed: time.Minute}))
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	for range 20 {
		go func(r request) {
			if res, err := http.DefaultClient.Do(r.Request.WithContext(ctx)); err == nil {
				res.Body.Close()
			}
		}(m.sane())
	}
	time.Sleep(500 * time.Millisecond) // until they wait for Google; fewer would do
	text, err := server.Abort()
	fatal(t, err)
	if !bytes.Contains(text, []byte("goroutine ")) || bytes.Count(text, []byte("net/http.(*conn).serve")) < 5 {
		t.Errorf("the crash tells little, so little was searched: %.600s", text)
	}
	for line := range strings.Lines(string(text)) {
		secrets.Search(Logged, "a crash", line, "")
	}
	report(t, secrets)
}
