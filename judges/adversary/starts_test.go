package adversary

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/judges/house"
)

// verifies asks the program whether a trail is whole.
func (s *stage) verifies(t *testing.T, text string) bool {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trail.jsonl")
	must(t, os.WriteFile(name, []byte(text), 0o600))
	_, err := house.Run(s.program, "audit", "verify", name)
	return err == nil
}

// startAttacks start a server with what it must not start with.
func startAttacks() []attack {
	var attacks []attack
	secret := func(name, text string) {
		attacks = append(attacks, attack{name: "a secret " + name, of: defaultSecret, run: refusesKeys(text, 0o600)})
	}
	good := "\x8f\x01\xc3\x5a\x77\xe2\x19\x94\x0b\xd6\x3c\xaf\x62\xf8\x21\x4d\x9a\x07\xbe\x53\xe9\x2c\x70\x15\xdb\x86\x48\xf1\x3e\xa5\x6b\xc0"
	secret("that is empty", "")
	secret("of zeros", strings.Repeat("\x00", 32))
	secret("that is short", good[:31])
	secret("that repeats itself", strings.Repeat("ab", 32))
	secret("that counts", "0123456789:;<=>?@ABCDEFGHIJKLMNO")
	secret("of Superset's", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET")
	secret("of Superset's first", "\x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\hthisismysecretkey")
	secret("of words", "my-very-secret-password-for-oriel-2026")
	secret("of an example", "your-256-bit-secret-your-256-bit-secret")
	attacks = append(attacks,
		attack{name: "secrets that others can read", of: defaultSecret, run: refusesKeys(good, 0o644)},
		attack{name: "a good secret", of: defaultSecret, run: acceptsKeys(good)},
		attack{name: "secrets are made, and differ", of: defaultSecret, run: ownSecrets},
	)
	for name, change := range map[string][2]string{
		"all origins":                            {`origins: ["https://www.shop.example"], aliases: [old`, `origins: ["*"], aliases: [old`},
		"all origins of a scheme":                {`origins: ["https://www.shop.example"], aliases: [old`, `origins: ["https://*"], aliases: [old`},
		"origins of all below":                   {`origins: ["https://www.shop.example"], aliases: [old`, `origins: ["https://*.shop.example"], aliases: [old`},
		"an origin with a path":                  {`origins: ["https://www.shop.example"], aliases: [old`, `origins: ["https://www.shop.example/"], aliases: [old`},
		"an origin null":                         {`origins: ["https://www.shop.example"], aliases: [old`, `origins: ["null"], aliases: [old`},
		"a public view without origins":          {`history: {days: 4000}, origins: ["https://www.shop.example"]`, `history: {days: 4000}, origins: []`},
		"questions of the public without a list": {`fields: {allow: ["*"]}, history: {days: 4000}`, `history: {days: 4000}`},
		"questions of the public about any day":  {`fields: {allow: ["*"]}, history: {days: 4000}`, `fields: {allow: ["*"]}`},
		"tokens of a day":                        {"log: ", "tokens: {lifetime: 24h}\nlog: "},
		"tokens without an end":                  {"log: ", "tokens: {lifetime: 0s}\nlog: "},
		"sessions of a year":                     {"log: ", "tokens: {session: 8760h}\nlog: "},
		"an unknown key":                         {"log: ", "trust_everyone: true\nlog: "},
		"a key twice":                            {"log: ", "log: {level: info}\nlog: "},
		"a filter on nothing":                    {"filter: {filter: {fieldName: country, stringFilter: {value: New Zealand}}}", "filter: {filter: {fieldName: '', stringFilter: {value: New Zealand}}}"},
		"a filter that is cut off":               {"filter: {filter: {fieldName: country, stringFilter: {value: New Zealand}}}", "filter: {filter: {fieldName: country}}"},
		"a denied field that is no name":         {"deny: [city, hostName", "deny: ['city OR 1', hostName"},
		"a dashboard over a hidden field":        {"{name: countries, title: Countries, type: table, metrics: [sessions], dimensions: [country]}", "{name: countries, title: Countries, type: table, metrics: [sessions], dimensions: [city]}"},
		"two views of one alias":                 {`aliases: ["ga:78"]`, `aliases: ["ga:77"]`},
		"a view's alias that is a name":          {`aliases: ["ga:78"]`, `aliases: [vault]`},
		"all proxies, misspelt":                  {"log: ", "trusted_proxies: ['*']\nlog: "},
		"an API key's hash of nothing":           {"HOSTS", "hosts: {x: {api_keys: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855], views: [shop]}}"},
		"an API key in plain":                    {"HOSTS", "hosts: {x: {api_keys: [oriel_abc], views: [shop]}}"},
		"a host of no view":                      {"HOSTS", "hosts: {x: {api_keys: [66371e77233b17449d8b838ab6f9c3e71ec06e5806a195ba0081fcaa2c5a09f4], views: [nothing]}}"},
		"access tokens for all addresses":        {"HOSTS", "hosts: {x: {api_keys: [66371e77233b17449d8b838ab6f9c3e71ec06e5806a195ba0081fcaa2c5a09f4], views: [shop], access_tokens: {accounts: [agency]}}}"},
	} {
		attacks = append(attacks, attack{name: "configured: " + name, of: oneKey, run: refusesConfig(change[0], change[1])})
	}
	return append(attacks, attack{name: "a key file that leads elsewhere", of: promiseSecrets, run: foreignTokenURI})
}

// keysFile writes a file of signing keys into a directory of its own.
func keysFile(t *testing.T, secret string, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`{"keys":[{"id":"made-up","secret":%q}]}`, base64.StdEncoding.EncodeToString([]byte(secret)))
	must(t, os.WriteFile(filepath.Join(dir, "oriel-keys.json"), []byte(text), mode))
	must(t, os.Chmod(filepath.Join(dir, "oriel-keys.json"), mode))
	return dir
}

func (s *stage) attempt(t *testing.T, dir, config string, key []byte) (string, bool) {
	t.Helper()
	must(t, s.writeHostKeys(dir))
	for {
		written, refused, err := house.Attempt(s.program, dir, house.Config{Google: s.google, Key: key, Rest: s.section(config)})
		must(t, err)
		if !bytes.Contains(written, []byte("address already in use")) { // by the crowd of another group
			return string(written), refused
		}
	}
}

func refusesKeys(secret string, mode os.FileMode) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		if text, refused := s.attempt(t, keysFile(t, secret, mode), configuration, s.key); !refused || !strings.Contains(text, "oriel-keys.json") {
			t.Errorf("refused %v: %s", refused, text)
		}
	}
}

func acceptsKeys(secret string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		if text, refused := s.attempt(t, keysFile(t, secret, 0o600), configuration, s.key); refused {
			t.Errorf("refused: %s", text)
		}
	}
}

func ownSecrets(t *testing.T, s *stage) {
	other := s.another(t, configuration)
	if string(s.signingKey(t, s.oriel.Dir)) == string(s.signingKey(t, other.Dir)) {
		t.Error("two servers have the same key")
	}
	for _, name := range []string{"oriel-keys.json", "oriel-ledger.db", "oriel-audit.jsonl", "oriel-cache.db"} {
		info, err := os.Stat(filepath.Join(other.Dir, name))
		must(t, err)
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
	embed := s.mint(t, other, "agency", `{"views":["shop"]}`)
	if a := s.do(t, ask{path: probe, as: literal(embed)}); a.status != 401 {
		t.Errorf("another server's token is answered %v", a)
	}
}

func refusesConfig(old, now string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		changed := strings.Replace(configuration, old, now, 1)
		if changed == configuration {
			t.Fatalf("%q is not in the configuration", old)
		}
		if text, refused := s.attempt(t, t.TempDir(), changed, s.key); !refused || !strings.Contains(text, "oriel.yaml:") && !strings.Contains(text, "access: ") {
			t.Errorf("refused %v: %s", refused, text)
		}
	}
}

// foreignTokenURI is a key file that would have an assertion sent to somebody else:
// nothing comes there.
func foreignTokenURI(t *testing.T, s *stage) {
	came := make(chan string, 100)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came <- r.URL.Path }))
	t.Cleanup(elsewhere.Close)
	key := strings.ReplaceAll(string(s.key), s.google.URL, elsewhere.URL)
	if key == string(s.key) {
		t.Fatal("the key file does not name the token endpoint")
	}
	dir := t.TempDir()
	must(t, s.writeHostKeys(dir))
	server, err := house.OpenServer(s.program, dir, house.Config{Google: s.google, Key: []byte(key), Rest: s.section(configuration)})
	if err != nil {
		return // it does not even start
	}
	t.Cleanup(func() { must(t, server.Close()) })
	question := ask{path: "/v1/views/shop:runReport", body: anything, as: literal(s.mint(t, server, "agency", `{"views":["shop"]}`))}
	if a := send(t, server, s.expand(t, server, question.text(t, s)), patience).only(t); a.status < 500 {
		t.Errorf("a question is answered %v", a)
	}
	if len(came) > 0 {
		t.Errorf("%s was asked for elsewhere", <-came)
	}
}
