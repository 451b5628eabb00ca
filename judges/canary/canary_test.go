package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

const (
	seed   = 20261123
	robot  = "robot@canary-project.iam.gserviceaccount.com"
	origin = "https://www.example.com"

	perPhase = 700 // requests
	workers  = 12

	configuration = `
log: {level: debug}
limits: {tokens_per_second: 100000, tokens_burst: 100000, requests_per_second: 100000, requests_burst: 100000,
  failures_per_second: 100000, failures_burst: 100000}
cache: {realtime: 1ms, intraday: 1ms, settling: 1ms, final: 1ms, stale: 200ms}
hosts:
  backend: {api_keys: [HASH], views: [shop, archive], dashboards: [overview]}
views:
  shop: {property: "412600303", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"], aliases: [old-shop, "ga:77"]}
  museum: {property: "412600302", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
  archive: {property: "412600301", title: Archive}
dashboards:
  overview:
    title: Overview
    views: [shop, museum]
    panels:
      - {name: sessions, title: Sessions, type: scorecard, metrics: [sessions], compare: true}
      - {name: now, title: Now, type: scorecard, realtime: true, metrics: [activeUsers]}
      - {name: countries, title: Countries, type: geo, metrics: [totalUsers], dimensions: [country]}
`
)

// A phase is a way in which Google fails.
type phase struct {
	name string
	// disturb makes Google fail once the server runs.
	disturb func(*testing.T, *house.Google)
	// during is done again and again while requests run.
	during func(*house.Google) error
	// expect are statuses that must be among the answers, or the phase has missed its point.
	expect []int
}

func phases() []phase {
	fault := func(method string, f emulator.Fault) func(*testing.T, *house.Google) {
		return func(t *testing.T, g *house.Google) { fatal(t, g.SetFault(method, f)) }
	}
	revoke := func(g *house.Google) error { return g.RevokeTokens(robot) }
	return []phase{
		{"all is well", nil, nil, []int{200, 400, 401, 403, 404, 405}},
		{"server errors", fault("*", emulator.Fault{Status: 500, Rate: 0.9}), nil, []int{503}},
		{"cut connections", fault("*", emulator.Fault{Cut: true, Rate: 0.4}), nil, []int{503}},
		{"forbidden", func(t *testing.T, g *house.Google) {
			for _, id := range properties {
				fatal(t, g.SetAccess(robot, id, false))
			}
		}, nil, []int{500}},
		{"revoked tokens", nil, revoke, []int{200, 503}},
		{"broken token endpoint", func(t *testing.T, g *house.Google) {
			fatal(t, g.SetFault("token", emulator.Fault{Status: 503, Rate: 1}))
			fatal(t, revoke(g))
		}, nil, []int{503}},
		{"odd token endpoint", func(t *testing.T, g *house.Google) {
			fatal(t, g.SetFault("token", emulator.Fault{Status: 400, Rate: 1}))
			fatal(t, revoke(g))
		}, nil, []int{503}},
		{"revoked account", func(t *testing.T, g *house.Google) { fatal(t, g.RevokeAccount(robot)) }, nil, []int{503}},
		{"no quota", func(t *testing.T, g *house.Google) {
			for _, id := range properties {
				fatal(t, g.SetQuotaLeft(id, false, "tokensPerHour", 0))
				fatal(t, g.SetQuotaLeft(id, true, "tokensPerHour", 0))
			}
		}, nil, []int{429}},
	}
}

var properties = []string{"412600301", "412600302", "412600303"}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newGoogle(t *testing.T, around func(http.Handler) http.Handler) *house.Google {
	t.Helper()
	w, err := world.New(world.Config{Seed: 5, Now: time.Now(), Days: 40, Events: 20_000})
	fatal(t, err)
	return house.NewGoogle(t, w, around)
}

// listen adds the access tokens that clients show Google to the secrets.
func (s *Secrets) listen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && len(token) > pieceLength {
			s.Add("an access token that was used", token[:2*pieceLength])
			s.Add("the end of an access token that was used", token[len(token)-pieceLength:])
		}
		next.ServeHTTP(w, r)
	})
}

func TestNoSecretComesOut(t *testing.T) {
	secrets := NewSecrets(properties...)
	google := newGoogle(t, secrets.listen)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	fatal(t, secrets.AddKeyFile(key))
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	api, hash := newAPIKey(t, program)
	secrets.Add("the API key", api)
	config := house.Config{Google: google, Key: key, Rest: strings.Replace(configuration, "HASH", hash, 1)}
	for i, p := range phases() {
		t.Run(p.name, func(t *testing.T) {
			defer restore(t, google)
			run := canary{secrets: secrets, google: google, phase: p, random: rand.New(rand.NewPCG(seed, uint64(i)))}
			run.fly(t, program, config, api)
		})
	}
	used, all := secrets.Count("an access token that was used")
	if used < 2 {
		t.Errorf("%d access tokens were used, so little was searched for", used)
	}
	t.Logf("%d access tokens were used, %d issued; %d pieces of secrets were searched for", used, google.Counts().TokensIssued, all)
	report(t, secrets)
}

// restore makes Google well again.
func restore(t *testing.T, g *house.Google) {
	g.Reset()
	fatal(t, g.RestoreAccount(robot))
	for _, id := range properties {
		fatal(t, g.SetAccess(robot, id, true))
	}
}

// report says what was found.
func report(t *testing.T, s *Secrets) {
	t.Helper()
	for what, where := range s.Found() {
		t.Errorf("%s: %s", what, where)
	}
}

// newAPIKey makes one as an operator does.
func newAPIKey(t *testing.T, program string) (key, hash string) {
	t.Helper()
	out, err := house.Run(program, "token", "new-key")
	fatal(t, err)
	key = string(APIKey.Find(out))
	hash = string(regexp.MustCompile(`[0-9a-f]{64}`).Find(out))
	if key == "" || hash == "" {
		t.Fatalf("no key and hash in %q", out)
	}
	return key, hash
}

// A canary is one phase's run.
type canary struct {
	secrets *Secrets
	google  *house.Google
	phase   phase
	random  *rand.Rand

	mu       sync.Mutex
	statuses map[int]int
}

func (c *canary) fly(t *testing.T, program string, config house.Config, api string) {
	server := house.Serve(t, program, config)
	fatal(t, c.secrets.AddSigningKeys(server.Dir))
	m := &maker{Rand: c.random, bearers: c.bearers(t, server, api), public: server.Public, operator: server.Operator}
	requests := make([]request, perPhase)
	for i := range requests {
		requests[i] = m.request()
	}
	if c.phase.disturb != nil {
		fatal(t, server.AwaitStart())
		c.phase.disturb(t, c.google)
	}
	c.send(t, requests)
	for line := range strings.Lines(string(server.Log())) {
		c.secrets.Search(Logged, c.phase.name, line, "")
	}
	c.secrets.Search(Logged, c.phase.name, string(server.Log()), "")
	c.searchRest(t, server)
	for _, status := range c.phase.expect {
		if c.statuses[status] == 0 {
			t.Errorf("no answer was %d: %v", status, c.statuses)
		}
	}
	lines := bytes.Count(server.Log(), []byte("\n"))
	if lines < perPhase/2 {
		t.Errorf("%d lines of log for %d requests: it does not say all that it could", lines, perPhase)
	}
	t.Logf("%d requests, %d lines of log, answers %s", perPhase, lines, tally(c.statuses))
}

func tally(statuses map[int]int) string {
	out := ""
	for _, s := range slices.Sorted(maps.Keys(statuses)) {
		out += fmt.Sprintf(" %d×%d", s, statuses[s])
	}
	return out
}

// bearers fetches good credentials while Google is well.
func (c *canary) bearers(t *testing.T, server *house.Server, api string) bearers {
	t.Helper()
	view, err := server.Token(origin, "view=shop&view=museum")
	fatal(t, err)
	dashboard, err := server.Token(origin, "dashboard=overview")
	fatal(t, err)
	return bearers{view, dashboard, api}
}

// send sends all requests, several at a time.
func (c *canary) send(t *testing.T, requests []request) {
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: workers},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
	defer client.CloseIdleConnections()
	c.statuses = map[int]int{}
	next := make(chan request)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for r := range next {
				c.ask(t, client, r)
			}
		})
	}
	for i, r := range requests {
		if i%40 == 0 && c.phase.during != nil {
			if err := c.phase.during(c.google); err != nil {
				t.Error(err)
			}
		}
		next <- r
	}
	close(next)
	all.Wait()
}

func (c *canary) ask(t *testing.T, client *http.Client, r request) {
	res, err := client.Do(r.Request.WithContext(context.WithoutCancel(t.Context())))
	if err != nil {
		t.Errorf("%s %.200s: %v", r.Method, r.URL.Opaque, err)
		return
	}
	text, err := read(res)
	if err != nil {
		t.Errorf("%s %.200s: %v", r.Method, r.URL.Opaque, err)
	}
	c.mu.Lock()
	c.statuses[res.StatusCode]++
	c.mu.Unlock()
	c.secrets.Search(r.where, fmt.Sprintf("%s: %s %.300s", c.phase.name, r.Method, r.URL.Opaque), text, r.text)
}

func TestBrokenKeyFilesTellNothing(t *testing.T) {
	secrets := NewSecrets()
	google := newGoogle(t, secrets.listen)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	fatal(t, secrets.AddKeyFile(key))
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	var refusals int
	for name, file := range brokenKeys(t, key) {
		dir := t.TempDir()
		written, refused, err := house.Attempt(program, dir, house.Config{Google: google, Key: file,
			Rest: "\nlog: {level: debug}\nviews:\n  shop: {property: \"412600303\"}\n"})
		fatal(t, err)
		if refused {
			refusals++
		}
		if refused && !bytes.Contains(written, []byte("key.json")) && !bytes.Contains(written, []byte(robot)) {
			t.Errorf("%s: the error names neither the file nor the account: %s", name, written)
		}
		secrets.Search(Logged, name, string(written), "")
	}
	if refusals < 20 {
		t.Errorf("only %d of the files were refused", refusals)
	}
	t.Logf("%d broken key files were refused", refusals)
	report(t, secrets)
}

// brokenKeys returns key files with something wrong in them.
func brokenKeys(t *testing.T, key []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	text := string(key)
	random := rand.New(rand.NewPCG(seed, 99))
	begin := strings.Index(text, "-----BEGIN")
	for i := range 8 {
		at := begin + 60 + random.IntN(1500)
		files[fmt.Sprintf("cut %d", i)] = key[:at]
		files[fmt.Sprintf("a character lost %d", i)] = []byte(text[:at] + text[at+1:])
		files[fmt.Sprintf("a quote within %d", i)] = []byte(text[:at] + `"` + text[at:])
		files[fmt.Sprintf("a control character within %d", i)] = []byte(text[:at] + "\n" + text[at:])
	}
	for name, change := range map[string]func(map[string]any){
		"key as a list":    func(f map[string]any) { f["private_key"] = []any{f["private_key"]} },
		"key as an object": func(f map[string]any) { f["private_key"] = map[string]any{"pem": f["private_key"]} },
		"key as the type":  func(f map[string]any) { f["type"] = f["private_key"] },
		"key as token_uri": func(f map[string]any) { f["token_uri"] = f["private_key"] },
		"key in a foreign uri": func(f map[string]any) {
			f["token_uri"] = "https://evil.example/" + strings.Split(f["private_key"].(string), "\n")[3]
		},
		"key as e-mail":      func(f map[string]any) { f["client_email"] = f["private_key"] },
		"key under its name": func(f map[string]any) { f[f["private_key"].(string)] = true },
		"key as universe":    func(f map[string]any) { f["universe_domain"] = f["private_key"] },
		"public key": func(f map[string]any) {
			f["private_key"] = strings.ReplaceAll(f["private_key"].(string), "PRIVATE", "PUBLIC")
		},
		"no PEM":              func(f map[string]any) { f["private_key"] = strings.ReplaceAll(f["private_key"].(string), "-----", "") },
		"breaks quoted twice": func(f map[string]any) { f["private_key"] = strings.ReplaceAll(f["private_key"].(string), "\n", `\n`) },
		"no e-mail":           func(f map[string]any) { delete(f, "client_email") },
		"other account":       func(f map[string]any) { f["client_email"] = "nobody@canary-project.iam.gserviceaccount.com" },
	} {
		var fields map[string]any
		fatal(t, json.Unmarshal(key, &fields))
		change(fields)
		b, err := json.Marshal(fields)
		fatal(t, err)
		files[name] = b
	}
	return files
}
