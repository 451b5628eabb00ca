package adversary

import (
	"cmp"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/canary"
	"github.com/oriel-server/oriel/judges/house"
)

const (
	robot       = "robot@canary-project.iam.gserviceaccount.com"
	shopOrigin  = "https://www.shop.example"
	vaultOrigin = "https://www.vault.example"

	shopProperty  = "731600501"
	vaultProperty = "731600502"
	historyDays   = 10 // of the narrow view
	worldDays     = 40
)

// configuration is what is attacked. shop and narrow are two views of a property,
// narrow with all that can narrow one; vault is what nobody but its owner may see.
const configuration = `
log: {level: debug}
limits: {tokens_per_second: 100000, tokens_burst: 100000, requests_per_second: 100000, requests_burst: 100000,
  view_per_second: 100000, view_burst: 100000, host_tokens_per_second: 100000, host_tokens_burst: 100000, failures_per_second: 100000, failures_burst: 100000}
HOSTS
views:
  shop:
    {title: Shop, property: "731600501", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.shop.example"], aliases: [old-shop, "ga:77"]}
  narrow:
    title: Narrow
    property: "731600501"
    origins: ["https://www.shop.example"]
    aliases: ["ga:78"]
    filter:
      andGroup:
        expressions:
          - filter: {fieldName: country, stringFilter: {value: New Zealand}}
          - notExpression: {filter: {fieldName: hostName, stringFilter: {value: hidden-canary.example}}}
    fields: {deny: [hostName, city, browser, totalRevenue, purchaseRevenue, newUsers, "customEvent:*"]}
    history: {days: 10}
    max_rows: 500
    universal_analytics:
      dimensions: {1: city}
      metrics: {1: purchaseRevenue}
      calculated: {cheap: totalRevenue/sessions}
  strict:
    title: Strict
    property: "731600501"
    aliases: ["ga:79"]
    fields: {allow: [date, country, sessions, activeUsers]}
    history: {days: 10, outside: refuse}
    realtime: false
  live:
    title: Live
    property: "731600501"
    aliases: ["ga:80"]
    filter: {filter: {fieldName: country, stringFilter: {value: New Zealand}}}
    fields: {deny: [city, hostName, browser, newUsers, totalRevenue, purchaseRevenue, "customUser:*"]}
  vault:
    {title: Vault Canary, property: "731600502", origins: ["https://www.vault.example"], aliases: [old-vault, "ga:88"],
     universal_analytics: {goals: {1: purchase}}}
dashboards:
  overview:
    title: Overview
    views: [shop]
    panels:
      - {name: sessions, title: Sessions, type: scorecard, metrics: [sessions], compare: true}
      - {name: hosts, title: Hosts, type: table, metrics: [sessions], dimensions: [hostName]}
  days:
    title: Days
    views: [narrow]
    panels:
      - {name: days, title: Days, type: line, metrics: [sessions], dimensions: [date]}
      - {name: long, title: Long, type: line, metrics: [sessions], dimensions: [date], range: 38d, compare: true}
      - {name: countries, title: Countries, type: table, metrics: [sessions], dimensions: [country]}
  strongroom:
    title: Strongroom Canary
    views: [vault]
    panels:
      - {name: hosts, title: Hosts, type: table, metrics: [sessions], dimensions: [hostName]}
`

// hostSection lets two backends mint: one for everything, one for the shop alone.
const hostSection = `hosts:
  agency: {api_keys: [%s], views: ["*"]}
  clerk: {api_keys: [%s], views: [shop], dashboards: [overview]}
  signer: {signing_keys: signer.pem, views: [shop], dashboards: [overview]}
  sharer: {signing_keys: sharer.json, views: [shop]}
  banker: {api_keys: [%s], views: [shop], access_tokens: {accounts: [agency], from: [192.0.2.7/32]}}
`

// marks are what only the owner of the vault may read.
var marks = []string{"Vault Canary", "Strongroom Canary", "vault-canary.example", "Asia/Kathmandu", `"NPR"`, vaultOrigin}

// hiddenWords stand in the narrow view's mandatory filter.
var hiddenWords = []string{"hidden-canary"}

// A stage is what all attacks share: it takes seconds to build.
type stage struct {
	program string
	dir     string
	google  *house.Google
	key     []byte // of the service account
	oriel   *house.Server
	secrets *canary.Secrets
	apiKeys map[string]string  // by host
	signer  ed25519.PrivateKey // of the host signer
	public  []byte             // its public key, in PEM

	mu     sync.Mutex
	tokens map[string]string
	hashes map[string]string // of the API keys
}

var shared *stage

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "oriel-adversary-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	shared = &stage{dir: dir, secrets: canary.NewSecrets(shopProperty, vaultProperty), tokens: map[string]string{}, apiKeys: map[string]string{}, hashes: map[string]string{}}
	if err := shared.build(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.google.Close()) }()
	if shared.oriel, err = shared.open("attacked", configuration); err != nil {
		return 0, err
	}
	// Groups wait for the server's patience more than they work.
	if err := flag.Set("test.parallel", "6"); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, shared.oriel.Close()
}

// build builds the program, the made-up Google and the keys.
func (s *stage) build() (err error) {
	if s.program, err = house.Build(s.dir); err != nil {
		return err
	}
	past, err := world.New(world.Config{Seed: 11, Now: time.Now(), Days: worldDays, Events: 30_000, Sites: []world.Site{
		{Property: shopProperty, Name: "Shop", Host: "www.shop.example", TimeZone: "Pacific/Auckland", CurrencyCode: "NZD", Profile: "shop", Share: 0.6},
		{Property: vaultProperty, Name: "Vault Canary Ltd", Host: "vault-canary.example", TimeZone: "Asia/Kathmandu", CurrencyCode: "NPR", Profile: "museum", Share: 0.4},
	}})
	if err != nil {
		return err
	}
	if s.google, err = house.OpenGoogle(past, s.listen); err != nil {
		return err
	}
	if s.key, err = s.google.IssueKey(robot); err != nil {
		return err
	}
	if err := s.makeSigningKeys(); err != nil {
		return err
	}
	for _, name := range []string{"agency", "clerk", "banker"} {
		if err := s.makeAPIKey(name); err != nil {
			return err
		}
	}
	return s.secrets.AddKeyFile(s.key)
}

// listen adds the access tokens that Google is shown to the secrets.
func (s *stage) listen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && len(token) > 60 {
			s.secrets.Add("an access token that was used", token[:40])
		}
		next.ServeHTTP(w, r)
	})
}

func (s *stage) makeAPIKey(host string) error {
	out, err := house.Run(s.program, "token", "new-key")
	if err != nil {
		return err
	}
	s.apiKeys[host] = string(canary.APIKey.Find(out))
	s.hashes[host] = string(regexp.MustCompile(`[0-9a-f]{64}`).Find(out))
	s.secrets.Add("an API key", s.apiKeys[host])
	if s.apiKeys[host] == "" || s.hashes[host] == "" {
		return fmt.Errorf("no key and hash in %q", out)
	}
	return nil
}

// open runs a server with a configuration, in a directory of a name.
func (s *stage) open(name, config string) (*house.Server, error) {
	dir := filepath.Join(s.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.writeHostKeys(dir); err != nil {
		return nil, err
	}
	server, err := house.OpenServer(s.program, dir, house.Config{Google: s.google, Key: s.key, Rest: s.section(config)})
	for range 3 { // a crowd of connections takes ports that were free
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			break
		}
		server, err = house.OpenServer(s.program, dir, house.Config{Google: s.google, Key: s.key, Rest: s.section(config)})
	}
	if err != nil {
		return nil, err
	}
	return server, s.secrets.AddSigningKeys(dir)
}

// section puts the hosts into a configuration.
func (s *stage) section(config string) string {
	return strings.Replace(config, "HOSTS", fmt.Sprintf(hostSection, s.hashes["agency"], s.hashes["clerk"], s.hashes["banker"]), 1)
}

// another runs a server for the time of a test.
func (s *stage) another(t *testing.T, config string) *house.Server {
	t.Helper()
	server, err := s.open(strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()), config)
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return server
}

// recipes are the embed tokens that attacks show: by which host, and for what.
var recipes = map[string]struct{ host, ask string }{
	"shop":   {"agency", `{"views":["shop"],"dashboards":["overview"]}`},
	"clerk":  {"clerk", `{"views":["shop"],"dashboards":["overview"]}`},
	"narrow": {"agency", `{"views":["narrow"],"dashboards":["days"]}`},
	"strict": {"agency", `{"views":["strict"]}`},
	"live":   {"agency", `{"views":["live"]}`},
	"both":   {"agency", `{"views":["shop","narrow"]}`},
	"vault":  {"agency", `{"views":["vault"],"dashboards":["strongroom"]}`},
	"board":  {"agency", `{"dashboards":["overview"]}`},
	"bound":  {"agency", `{"views":["shop"],"dashboards":["overview"],"origin":"` + shopOrigin + `"}`},
	"short":  {"agency", `{"views":["shop"],"expires_in":1}`},
}

// token returns an embed token, minted once.
func (s *stage) token(t testing.TB, name string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[name] == "" {
		recipe, ok := recipes[name]
		if !ok {
			t.Fatalf("there is no recipe for a token %q", name)
		}
		s.tokens[name] = s.mint(t, s.oriel, recipe.host, recipe.ask)
	}
	return s.tokens[name]
}

// mint mints an embed token as a backend does.
func (s *stage) mint(t testing.TB, server *house.Server, host, ask string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, server.Public+"/v1/tokens", strings.NewReader(ask))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+s.apiKeys[host])
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("minting %s: %s %s %v", ask, res.Status, text, err)
	}
	return answer.AccessToken
}

// expand replaces $HOST, $SELF, $TOKEN(name) and $KEY(host) in what is sent.
func (s *stage) expand(t testing.TB, server *house.Server, text string) string {
	text = strings.NewReplacer("$HOST", strings.TrimPrefix(server.Public, "http://"), "$SELF", server.Public).Replace(text)
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[1] == "KEY" {
			return cmp.Or(s.apiKeys[m[2]], found)
		}
		return s.token(t, m[2])
	})
}

var placeholder = regexp.MustCompile(`\$(TOKEN|KEY)\((\w+)\)`)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// After all attacks: nothing of what the server wrote holds a secret, and it
// never panicked.
func (s *stage) inspect(t *testing.T) {
	log := string(s.oriel.Log())
	for line := range strings.Lines(log) {
		s.secrets.Search(canary.Logged, "a line of the log", line, "")
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "panic") {
			t.Errorf("the server was in trouble: %.1000s", line)
		}
	}
	for _, name := range s.files(t, s.oriel.Dir) {
		text, err := os.ReadFile(name)
		must(t, err)
		s.secrets.Search(canary.Kept, filepath.Base(name), string(text), "")
	}
	found := s.secrets.Found()
	for what := range maps.Keys(found) {
		t.Errorf("%s: %s", what, found[what])
	}
}

// files returns what a server has written beside its configuration and keys.
func (s *stage) files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	var written []string
	for _, name := range all {
		switch filepath.Base(name) {
		case "oriel.yaml", "key.json", "oriel-keys.json", "signer.pem", "sharer.json":
		default:
			written = append(written, name)
		}
	}
	return written
}
