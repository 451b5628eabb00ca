package access

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A signing is what a host signs with, and what it registers of that.
type signing struct {
	method  jwt.SigningMethod
	private any
	file    string
}

func signings(t testing.TB) map[string]signing {
	t.Helper()
	edPublic, edPrivate, err := ed25519.GenerateKey(nil)
	ok(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	secret := make([]byte, 32)
	_, err = rand.Read(secret)
	ok(t, err)
	jwk := `{"keys":[{"kty":"oct","kid":"s1","alg":"HS256","k":"` + base64.RawURLEncoding.EncodeToString(secret) + `"}]}`
	return map[string]signing{
		"EdDSA": {jwt.SigningMethodEdDSA, edPrivate, public(t, edPublic)},
		"ES256": {jwt.SigningMethodES256, ec, public(t, ec.Public())},
		"HS256": {jwt.SigningMethodHS256, secret, jwk},
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func public(t testing.TB, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	ok(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func hostKeys(t testing.TB, file string) []HostKey {
	t.Helper()
	keys, err := parseHostKeys([]byte(file))
	ok(t, err)
	return keys
}

// signed is a token as a host's backend writes it.
func (s signing) signed(t testing.TB, change ...func(h map[string]any, p jwt.MapClaims)) string {
	t.Helper()
	p := jwt.MapClaims{
		"iss": "crm", "aud": issuer, "jti": "n-1", "sub": "customer-7", "iat": start.Unix(), "exp": start.Add(time.Minute).Unix(),
		"views": []string{"ga:1"}, "origin": page,
	}
	token := jwt.NewWithClaims(s.method, p)
	token.Header["typ"] = hostTokenType
	for _, f := range change {
		f(token.Header, p)
	}
	text, err := token.SignedString(s.private)
	ok(t, err)
	return text
}

func (s signing) registered(t testing.TB) func(*Config) {
	return func(c *Config) {
		c.Hosts = append(c.Hosts, Host{Name: "crm", SigningKeys: hostKeys(t, s.file), Views: []string{"shop"}, Questions: true})
	}
}

func TestHostsSignTheirOwn(t *testing.T) {
	for name, s := range signings(t) {
		b := newBench(t, s.registered(t))
		token := s.signed(t)
		g, err := b.verify(token, page)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if g.Subject() != "customer-7" || g.Session() != "crm:n-1" || g.Anonymous() || strings.Join(g.ViewNames(), " ") != "shop" {
			t.Errorf("%s: %q %q %q", name, g.Subject(), g.Session(), g.ViewNames())
		}
		_, err = b.verify(token, "https://evil.example")
		refused(t, name+" at another origin", err, "another origin")

		// Renewed tokens are ours, of the same session, and end with it.
		b.now = start.Add(50 * time.Second)
		renewed, err := b.renew(token, page)
		if err != nil {
			t.Errorf("%s renewed: %v", name, err)
			continue
		}
		again, err := b.verify(renewed.AccessToken, page)
		if err != nil || again.Session() != g.Session() || renewed.ExpiresIn != 60 {
			t.Errorf("%s renewed: %+v, %v", name, renewed, err)
		}
		b.reload(func(c *Config) { c.Hosts[1].SigningKeys = hostKeys(t, signings(t)["EdDSA"].file) })
		for _, token := range []string{token, renewed.AccessToken} {
			_, err = b.verify(token, page)
			refused(t, name+": its key is another one now", err, "not valid")
		}
	}
}

// What a host signs is held to what it may, and to what an embed token is.
func TestHostsSignNoMore(t *testing.T) {
	for algorithm, s := range signings(t) {
		b := newBench(t, s.registered(t), func(c *Config) {
			c.Hosts = append(c.Hosts, Host{Name: "other", SigningKeys: hostKeys(t, signings(t)["EdDSA"].file), Views: []string{"shop"}, Questions: true})
		})
		for name, f := range map[string]func(h map[string]any, p jwt.MapClaims){
			"a view that is not its": func(_ map[string]any, p jwt.MapClaims) { p["views"] = []string{"shop", "blog"} },
			"a view that is not":     func(_ map[string]any, p jwt.MapClaims) { p["views"] = []string{"nothing"} },
			"a dashboard over a view that is not its": func(_ map[string]any, p jwt.MapClaims) {
				p["dashboards"] = []any{map[string]any{"name": "overview", "views": []string{"shop", "blog"}}}
			},
			"a dashboard over nothing": func(_ map[string]any, p jwt.MapClaims) {
				p["dashboards"] = []any{map[string]any{"name": "overview", "views": []string{}}}
			},
			"a filter that is null": func(_ map[string]any, p jwt.MapClaims) { p["filter"] = nil },
			"filters of nothing":    func(_ map[string]any, p jwt.MapClaims) { p["filters"] = map[string]any{} },
			"a filter of all":       func(_ map[string]any, p jwt.MapClaims) { p["filter"] = "country=~.*" },
			"an exclusion":          func(_ map[string]any, p jwt.MapClaims) { p["filters"] = map[string]any{"shop": "country!=NZ"} },
			"nothing":               func(_ map[string]any, p jwt.MapClaims) { delete(p, "views") },
			"too much":              func(_ map[string]any, p jwt.MapClaims) { p["views"] = make([]string, 101) },
			"as another host":       func(_ map[string]any, p jwt.MapClaims) { p["iss"] = "other" },
			"as us":                 func(_ map[string]any, p jwt.MapClaims) { p["iss"] = issuer },
			"as nobody":             func(_ map[string]any, p jwt.MapClaims) { p["iss"] = "nobody" },
			"for another server":    func(_ map[string]any, p jwt.MapClaims) { p["aud"] = "https://other.example" },
			"for the public":        func(_ map[string]any, p jwt.MapClaims) { p["public"] = true },
			"for a frame":           func(_ map[string]any, p jwt.MapClaims) { p["framed"] = true },
			"with a host":           func(_ map[string]any, p jwt.MapClaims) { p["host"] = "crm" },
			"with a key":            func(_ map[string]any, p jwt.MapClaims) { p["key"] = "0123456789ab" },
			"a ledger":              func(_ map[string]any, p jwt.MapClaims) { p["ledger"] = "4f1d" },
			"an older session":      func(_ map[string]any, p jwt.MapClaims) { p["began"] = 1 },
			"a code":                func(_ map[string]any, p jwt.MapClaims) { p["lifetime"] = 60 },
			"our kind":              func(h map[string]any, _ jwt.MapClaims) { h["typ"] = tokenType },
			"no kind":               func(h map[string]any, _ jwt.MapClaims) { delete(h, "typ") },
			"crit":                  func(h map[string]any, _ jwt.MapClaims) { h["crit"] = []string{"exp"} },
			"a key that is not":     func(h map[string]any, _ jwt.MapClaims) { h["kid"] = "zz" },
			"our key":               func(h map[string]any, _ jwt.MapClaims) { h["kid"] = b.config.Keys[0].ID },
			"for ever":              func(_ map[string]any, p jwt.MapClaims) { delete(p, "exp") },
			"for two hours":         func(_ map[string]any, p jwt.MapClaims) { p["exp"] = start.Add(2 * time.Hour).Unix() },
			"backwards":             func(_ map[string]any, p jwt.MapClaims) { p["exp"] = start.Unix() },
			"without a beginning":   func(_ map[string]any, p jwt.MapClaims) { delete(p, "iat") },
			"ended":                 func(_ map[string]any, p jwt.MapClaims) { p["until"] = start.Unix() },
			"without an id":         func(_ map[string]any, p jwt.MapClaims) { delete(p, "jti") },
			"a long session":        func(_ map[string]any, p jwt.MapClaims) { p["sid"] = strings.Repeat("x", 101) },
			"a long subject":        func(_ map[string]any, p jwt.MapClaims) { p["sub"] = strings.Repeat("x", 201) },
			"an unlisted origin":    func(_ map[string]any, p jwt.MapClaims) { p["origin"] = "https://evil.example" },
			"a filter on nothing":   func(_ map[string]any, p jwt.MapClaims) { p["filter"] = map[string]any{} },
			"a filter of blog":      func(_ map[string]any, p jwt.MapClaims) { p["filters"] = map[string]any{"blog": country("NZ")} },
		} {
			_, err := b.verify(s.signed(t, f), "")
			refused(t, algorithm+": "+name, err, "Ask for a new one.")
		}
	}
}

// The key decides the algorithm: a public key is no secret to sign with.
func TestAlgorithmsAreNotConfused(t *testing.T) {
	all := signings(t)
	for _, name := range []string{"EdDSA", "ES256"} {
		b := newBench(t, all[name].registered(t))
		block, _ := pem.Decode([]byte(all[name].file))
		for what, secret := range map[string][]byte{"its PEM": []byte(all[name].file), "its DER": block.Bytes, "nothing": {}} {
			forged := signing{method: jwt.SigningMethodHS256, private: secret}
			_, err := b.verify(forged.signed(t), "")
			refused(t, name+"'s public key as a secret, "+what, err, "not valid")
		}
		none := signing{method: jwt.SigningMethodNone, private: jwt.UnsafeAllowNoneSignatureType}
		_, err := b.verify(none.signed(t), "")
		refused(t, "none", err, "not valid")
	}
	// A host that signs as us, with its own good key.
	b := newBench(t, all["HS256"].registered(t))
	_, err := b.verify(all["HS256"].signed(t, func(h map[string]any, p jwt.MapClaims) {
		h["typ"], h["kid"], p["iss"] = tokenType, "s1", issuer
		p["sid"], p["public"], p["began"], p["until"] = "s", true, 1, start.Add(time.Hour).Unix()
	}), "")
	refused(t, "a host as us", err, "not valid")
}

func TestHostKeysAreRefused(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	ok(t, err)
	_, private, err := ed25519.GenerateKey(nil)
	ok(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	ok(t, err)
	good := signings(t)["HS256"].file
	for name, c := range map[string]struct{ file, want string }{
		"nothing":        {"", "no key in it"},
		"no key":         {`{"keys":[]}`, "no key in it"},
		"no set":         {`{"kty":"oct","k":"AAAA"}`, "no key in it"},
		"no JSON":        {`{`, "not a JWK set"},
		"RSA":            {public(t, rsaKey.Public()), "neither Ed25519"},
		"P-384":          {public(t, p384.Public()), "not P-256"},
		"private PEM":    {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "only public keys"},
		"private JWK":    {`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}`, "private"},
		"a short secret": {`{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, "needs 32"},
		"a weak secret":  {`{"keys":[{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("abcd", 16))) + `"}]}`, "repeats itself"},
		"for encryption": {strings.Replace(good, `"alg":"HS256"`, `"use":"enc"`, 1), "something else"},
		"for HS512":      {strings.Replace(good, "HS256", "HS512", 1), "something else"},
		"a wild id":      {strings.Replace(good, `"s1"`, `"../x"`, 1), "must be letters"},
		"twice":          {strings.Replace(good, `]}`, `,`+strings.TrimSuffix(strings.TrimPrefix(good, `{"keys":[`), `]}`)+`]}`, 1), "two keys are called"},
	} {
		keys, err := parseHostKeys([]byte(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v and %v, want %q", name, keys, err, c.want)
		}
	}
}

func TestSecretsOfHostsAreGuarded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.jwks")
	file := signings(t)["HS256"].file
	ok(t, os.WriteFile(path, []byte(file), 0o644))
	if _, err := LoadHostKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("others can read it: %v", err)
	}
	ok(t, os.Chmod(path, 0o600))
	keys, err := LoadHostKeys(path)
	ok(t, err)
	var set struct{ Keys []struct{ K string } }
	ok(t, json.Unmarshal([]byte(file), &set))
	secret, err := base64.RawURLEncoding.DecodeString(set.Keys[0].K)
	ok(t, err)
	for _, shown := range []string{fmt.Sprint(keys), fmt.Sprintf("%+v", keys[0]), fmt.Sprintf("%#v", keys), Host{Name: "crm", SigningKeys: keys}.Keys()[0].Fingerprint} {
		if strings.Contains(shown, string(secret)) || strings.Contains(shown, fmt.Sprint([]byte(secret))) {
			t.Errorf("the secret is in %q", shown)
		}
	}
}

type filters = map[string]report.WrittenFilter

func country(is string) report.WrittenFilter {
	return report.WrittenFilter{Filter: &report.Filter{Condition: &report.Condition{FieldName: "country", String: &report.StringFilter{Value: is}}}}
}

func TestFiltersOfViews(t *testing.T) {
	b := newBench(t)
	for name, req := range map[string]MintRequest{
		"a view that is not opened": {Views: []string{"shop"}, Filters: filters{"blog": country("NZ")}},
		"no view":                   {Views: []string{"shop"}, Filters: filters{"": country("NZ")}},
		"a view twice":              {Views: []string{"shop"}, Filters: filters{"shop": country("NZ"), "ga:1": country("FR")}},
		"nothing":                   {Views: []string{"shop"}, Filters: filters{"shop": {}}},
		"a bad one":                 {Views: []string{"shop"}, Filters: filters{"shop": {Filter: &report.Filter{}}}},
	} {
		if _, err := b.Mint(context.Background(), b.secret, from(""), req); report.KindOf(err) != report.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := b.minted(MintRequest{Views: []string{"ga:1"}, Dashboards: overview("shop", "blog"), Filters: filters{"ga:1": country("NZ"), "blog": country("FR")}})
	c, err := b.read(b.parser, token, tokenType)
	ok(t, err)
	if len(c.Filters) != 2 || c.Filters["shop"].Condition.String.Value != "NZ" || c.Filters["blog"] == nil {
		t.Errorf("%+v", c.Filters)
	}
}

func TestBackend(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Hosts[0].Accounts, c.Hosts[0].From = []string{"main"}, []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}
	})
	ask := func(key, address string) (policy.Backend, error) {
		return b.Backend(context.Background(), key, "main", policy.Requester{Address: netip.MustParseAddr(address)})
	}
	if got, err := ask(b.secret, "192.0.2.7"); err != nil || len(got.Accounts) != 1 {
		t.Errorf("%+v, %v", got, err)
	} else if err := b.HandOut(context.Background(), got, "main"); err != nil || b.trail.last().Kind != EventHandOut || b.trail.last().Host != "host" {
		t.Errorf("%v, recorded %+v", err, b.trail.last())
	}
	if got, err := ask(b.secret, "192.0.2.8"); err != nil || len(got.Accounts) != 0 {
		t.Errorf("from another address: %+v, %v", got, err)
	}
	_, err := ask("nothing", "192.0.2.7")
	refused(t, "no key", err, "API key")
	b.trail.broken = errors.New("disk full")
	if err := b.HandOut(context.Background(), policy.Backend{Host: "host"}, "main"); report.KindOf(err) != report.Unavailable {
		t.Errorf("it cannot be recorded: %v", err)
	}
}
