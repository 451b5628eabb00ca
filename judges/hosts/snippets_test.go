package hosts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHosts(t *testing.T) {
	c := newTown(t)
	keys := c.made(t, c.page.programs["keys.sh"])
	// Two keys, as while the one is changed for the other.
	before := c.made(t, c.page.programs["keys.sh"])
	keys["portal.pem"] = before["portal.pem"] + keys["portal.pem"]
	p := c.open(t, keys)
	p.signed = "portal-key.pem"
	_, second, _ := strings.Cut(strings.TrimPrefix(c.page.programs["keys.sh"], "# keys.sh\n"), "\n")
	ec := c.open(t, c.made(t, ecCommand(t, c.page)+"\n"+second))
	ec.signed = "portal-key.pem"
	shared := c.open(t, c.made(t, c.page.programs["secret.sh"]), "portal.pem", "portal-jwks.json")
	shared.signed = "portal-jwks.json"
	for _, name := range slices.Sorted(maps.Keys(c.page.programs)) {
		switch {
		case strings.HasSuffix(name, ".sh"):
		case strings.HasPrefix(name, "mint."):
			t.Run(name, p.mints(name))
		case name == "sign.py":
			t.Run(name, shared.signs(name))
		default:
			t.Run(name, p.signs(name))
		}
	}
	t.Run("requests", p.answersRequests)
	t.Run("codes", p.redeems)
	t.Run("claims", p.believesClaims)
	t.Run("ES256", ec.verifiesES256)
	t.Run("access tokens", c.handsOut)
	t.Run("fifty customers", c.servesCustomers)
}

// mints runs a program that asks with an API key; it must notice that one is wrong.
func (p *portal) mints(name string) func(*testing.T) {
	return func(t *testing.T) {
		p.good(t, p.printed(t, name))
		if out, err := p.run(t, name, p.apiKey+"x"); err == nil {
			t.Errorf("with a wrong key it printed %s", out)
		}
	}
}

func (p *portal) signs(name string) func(*testing.T) {
	return func(t *testing.T) { p.good(t, p.printed(t, name)) }
}

// printed is what a program prints.
func (p *portal) printed(t *testing.T, name string) (answer members) {
	t.Helper()
	out, err := p.run(t, name, p.apiKey)
	must(t, err)
	must(t, json.Unmarshal(out, &answer))
	return answer
}

func (p *portal) answersRequests(t *testing.T) {
	status, answer := p.ask(t, "POST", "/v1/tokens", "Bearer "+p.apiKey, "", p.page.requests[0])
	if status != 200 || answer["expires_in"] != p.page.requests[0]["expires_in"] {
		t.Fatalf("%d %v", status, answer)
	}
	p.good(t, answer)
}

func (p *portal) redeems(t *testing.T) {
	status, code := p.ask(t, "POST", "/v1/tokens", "Bearer "+p.apiKey, "", p.page.requests[1])
	if status != 200 || code["expires_in"] != 300.0 || code["access_token"] != nil {
		t.Fatalf("%d %v", status, code)
	}
	delete(code, "expires_in")
	_, answer := p.ask(t, "POST", "/v1/tokens:redeem", "", origin, code)
	p.good(t, answer)
	if status, said := p.ask(t, "POST", "/v1/tokens:redeem", "", origin, code); status != 401 {
		t.Errorf("for the second time: %d %v", status, said)
	}
	bearer := "Bearer " + answer["access_token"].(string)
	if status, said := p.ask(t, "GET", "/v1/dashboards/overview", bearer, origin, nil); status != 401 {
		t.Errorf("the first one's token: %d %v", status, said)
	}
}

// believesClaims signs the claims of the page, as of now.
func (p *portal) believesClaims(t *testing.T) {
	key, ok := p.private(t).(ed25519.PrivateKey)
	if !ok {
		t.Fatal("keys.sh makes no Ed25519 key")
	}
	p.good(t, p.signedBy(t, "EdDSA", func(text []byte) []byte { return ed25519.Sign(key, text) }))
}

// verifiesES256 does the same with the other kind of key.
func (p *portal) verifiesES256(t *testing.T) {
	key, ok := p.private(t).(*ecdsa.PrivateKey)
	if !ok {
		t.Fatal("it is no EC key")
	}
	p.good(t, p.signedBy(t, "ES256", func(text []byte) []byte {
		hash := sha256.Sum256(text)
		r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
		must(t, err)
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}))
}

func (p *portal) private(t *testing.T) crypto.PrivateKey {
	t.Helper()
	block, _ := pem.Decode([]byte(p.file(t, p.signed)))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(t, err)
	return key
}

func (p *portal) signedBy(t *testing.T, alg string, sign func([]byte) []byte) members {
	t.Helper()
	claims, now := maps.Clone(p.page.claims[0]), time.Now().Unix()
	claims["aud"], claims["iat"], claims["exp"], claims["until"] = p.oriel.Public, now, now+300, now+3600
	text := encoded(t, members{"alg": alg, "typ": "oriel-host+jwt", "kid": p.keyID}) + "." + encoded(t, claims)
	token := text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
	return members{"access_token": token, "expires_in": 300.0, "token_type": "Bearer"}
}

func encoded(t *testing.T, m members) string {
	t.Helper()
	text, err := json.Marshal(m)
	must(t, err)
	return base64.RawURLEncoding.EncodeToString(text)
}

// servesCustomers tries the page's requests for single customers, and its mistakes.
func (c *town) servesCustomers(t *testing.T) {
	p := c.serve(t, c.page.yaml[1])
	for i, view := range []string{"acme", "members"} {
		status, answer := p.ask(t, "POST", "/v1/tokens", "Bearer "+c.apiKey, "", c.page.requests[2+i])
		if status != 200 {
			t.Fatalf("for %s: %d %v", view, status, answer)
		}
		for _, other := range []string{"acme", "bolt", "members"} {
			status, said := p.ask(t, "GET", "/v1/dashboards/overview?view="+other, fmt.Sprint("Bearer ", answer["access_token"]), origin, nil)
			if (status == 200) != (other == view) {
				t.Errorf("the token for %s reads %s: %d %v", view, other, status, said)
			}
		}
	}
	for _, mistake := range []members{
		{"dashboards": []string{"overview"}},
		{"dashboards": []members{{"name": "overview", "views": []string{}}}},
		{"dashboards": []members{{"name": "overview", "views": []string{"members"}}}},
		{"dashboards": []members{{"name": "overview", "views": []string{"members"}}}, "filter": "country==Germany"},
	} {
		if status, said := p.ask(t, "POST", "/v1/tokens", "Bearer "+c.apiKey, "", mistake); status != 400 {
			t.Errorf("%v: %d %v", mistake, status, said)
		}
	}
}

// handsOut tries the page's last configuration: nothing is handed out without it.
func (c *town) handsOut(t *testing.T) {
	line := strings.TrimSpace(c.page.yaml[2][strings.Index(c.page.yaml[2], "    access_tokens"):])
	keys := c.made(t, c.page.programs["keys.sh"])
	for name, want := range map[string]int{"": 403, line: 403, strings.Replace(line, "192.0.2.7", "127.0.0.1", 1): 200} {
		p := c.open(t, keys, "    signing_keys", "    "+name+"\n    signing_keys")
		status, answer := p.ask(t, "POST", "/v1/accounts/agency:token", "Bearer "+c.apiKey, "", nil)
		if status != want || (answer["access_token"] != nil) != (want == 200) {
			t.Errorf("with %q: %d, want %d", name, status, want)
		}
	}
}
