package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/access"
)

// A portal is a host's backend, and the server that it asks.
type portal struct {
	t      *testing.T
	config string
	url    string
	apiKey string
	key    ed25519.PrivateKey
	log    bytesLog
}

// A bytesLog is a log that is read while it is written.
type bytesLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *bytesLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *bytesLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newPortal starts a server on a real listener, which knows a host.
func newPortal(t *testing.T) *portal { return newPortalOver(t, "museum", "") }

// newPortalOver knows a host of some views; the configuration ends with more.
func newPortalOver(t *testing.T, views, more string) *portal {
	t.Helper()
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	public, private, err := ed25519.GenerateKey(nil)
	check(t, err)
	path, _ := against(t, `  museum: {property: '412600302', origins: ["https://www.example.com"], aliases: ["ga:5"]}
  shop: {property: '412600303', origins: ["https://www.example.com"]}
  archive: {property: '412600301', token_filter: [deviceCategory]}
hosts:
  portal:
    api_keys: [`+hex.EncodeToString(hash[:])+`]
    signing_keys: portal.pem
    views: [`+views+`]
    access_tokens: {accounts: [agency], from: [127.0.0.1/32, "::1/128"]}
  beggar: {api_keys: [`+strings.Repeat("0a", 32)+`], views: [museum]}
`+more)
	der, err := x509.MarshalPKIXPublicKey(public)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(filepath.Dir(path), "portal.pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644))
	p := &portal{t: t, config: path, apiKey: apiKey, key: private}
	p.serve()
	return p
}

func (p *portal) serve() {
	p.t.Helper()
	c, err := ReadConfig(p.config)
	check(p.t, err)
	a, err := New(c, slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	check(p.t, err)
	public, operator := listenLocal(p.t), listenLocal(p.t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a.config.Operator.Drain = 0
	go func() { ended <- a.Run(ctx, public, operator) }()
	p.t.Cleanup(func() { stop(); check(p.t, <-ended); check(p.t, a.Close()) })
	p.url = "http://" + public.Addr().String()
}

// ask sends a request and returns the answer's status and body.
func (p *portal) ask(method, path, token, body string, headers ...string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	check(p.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	check(p.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(p.t, err)
	return answer.StatusCode, string(text)
}

// given reads a text member of an answer that must be good.
func (p *portal) given(member string, status int, body string) string {
	p.t.Helper()
	var members map[string]any
	if status != 200 || json.Unmarshal([]byte(body), &members) != nil || members[member] == "" {
		p.t.Fatalf("%d %s, want a member %s", status, body, member)
	}
	return fmt.Sprint(members[member])
}

const sessionsAsked = `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`

func (p *portal) reads(token, view string) int {
	p.t.Helper()
	status, _ := p.ask("POST", "/v1/views/"+view+":runReport", token, sessionsAsked)
	return status
}

// signed is an embed token that the host signs itself. The issuer is the public URL
// of the configuration, whatever address it listens on.
func (p *portal) signed(view string) string {
	p.t.Helper()
	c, err := ReadConfig(p.config)
	check(p.t, err)
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "portal", "aud": c.PublicURL, "jti": fmt.Sprint(now.UnixNano()), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "views": []string{view},
	})
	token.Header["typ"] = "oriel-host+jwt"
	text, err := token.SignedString(p.key)
	check(p.t, err)
	return text
}

func TestHostsAtTheFrontDoor(t *testing.T) {
	p := newPortal(t)
	token := p.signed("ga:5")
	for view, want := range map[string]int{"museum": 200, "shop": 403, "412600303": 403} {
		if got := p.reads(token, view); got != want {
			t.Errorf("with the host's own token, %s answers %d, want %d", view, got, want)
		}
	}
	if got := p.reads(p.signed("shop"), "shop"); got != 401 {
		t.Errorf("a view that is not the host's answers %d", got)
	}
	status, body := p.ask("POST", "/v1/tokens:renew", token, "")
	if got := p.reads(p.given("access_token", status, body), "museum"); got != 200 {
		t.Errorf("renewed, it answers %d", got)
	}

	status, body = p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["museum"],"code":true,"origin":"https://www.example.com"}`)
	code := p.given("code", status, body)
	redeem := `{"code":"` + code + `"}`
	if status, body = p.ask("POST", "/v1/tokens:redeem", "", redeem, "Origin", "https://evil.example"); status != 403 {
		t.Errorf("from a page that no view lists: %d %s", status, body)
	}
	status, body = p.ask("POST", "/v1/tokens:redeem", "", redeem, "Origin", "https://www.example.com")
	redeemed := p.given("access_token", status, body)
	if got := p.reads(redeemed, "museum"); got != 200 {
		t.Errorf("the token of a code answers %d", got)
	}
	if status, body = p.ask("POST", "/v1/tokens:redeem", "", redeem, "Origin", "https://www.example.com"); status != 401 || !strings.Contains(body, "used before") {
		t.Errorf("a code used twice: %d %s", status, body)
	}
	if got := p.reads(redeemed, "museum"); got != 401 {
		t.Errorf("the token of a code that was used twice answers %d", got)
	}
}

func TestFiltersOfOneView(t *testing.T) {
	p := newPortal(t)
	rows := func(filters string) string {
		status, body := p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["museum"]`+filters+`}`)
		token := p.given("access_token", status, body)
		_, body = p.ask("POST", "/v1/views/museum:runReport", token, `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"deviceCategory"}],"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]}`)
		return body
	}
	const mobile = `{"filter":{"fieldName":"deviceCategory","stringFilter":{"value":"mobile"}}}`
	all := rows("")
	for _, filters := range []string{`"filters":{"ga:5":` + mobile + `}`, `"filter":"deviceCategory==mobile"`, `"filters":{"museum":"deviceCategory==mobile"},"filter":"deviceCategory==mobile,deviceCategory==desktop"`} {
		if one := rows("," + filters); !strings.Contains(all, "desktop") || strings.Contains(one, "desktop") || !strings.Contains(one, "mobile") {
			t.Errorf("all: %s\n%s: %s", all, filters, one)
		}
	}
}

func TestAccessTokensOfAccounts(t *testing.T) {
	p := newPortal(t)
	status, body := p.ask("POST", "/v1/accounts/agency:token", p.apiKey, "")
	token := p.given("access_token", status, body)
	c, err := ReadConfig(p.config)
	check(t, err)
	r, err := http.NewRequest("POST", c.Google.DataURL+"/v1beta/properties/412600303:runReport", strings.NewReader(sessionsAsked))
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	check(t, err)
	answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Errorf("Google answers %s to the token", answer.Status)
	}
	for name, ask := range map[string]func() (int, string){
		"an account that is not": func() (int, string) { return p.ask("POST", "/v1/accounts/nothing:token", p.apiKey, "") },
		"a page": func() (int, string) {
			return p.ask("POST", "/v1/accounts/agency:token", p.apiKey, "", "Origin", "https://www.example.com")
		},
		"an embed token": func() (int, string) { return p.ask("POST", "/v1/accounts/agency:token", p.signed("museum"), "") },
		"nobody":         func() (int, string) { return p.ask("POST", "/v1/accounts/agency:token", "", "") },
		"GET":            func() (int, string) { return p.ask("GET", "/v1/accounts/agency:token", p.apiKey, "") },
	} {
		if status, body := ask(); status < 400 || strings.Contains(body, token) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// A credential in the place of a name, an origin or a subject stands in no file.
func TestMisplacedCredentialsAreNotRecorded(t *testing.T) {
	p := newPortal(t)
	quoted := `"` + p.apiKey + `"`
	for _, ask := range []struct {
		method, path, token, body string
		headers                   []string
	}{
		{"POST", "/v1/accounts/" + p.apiKey + ":token", p.apiKey, "", nil},
		{"POST", "/v1/tokens", p.apiKey, `{"views":[` + quoted + `]}`, nil},
		{"POST", "/v1/tokens", p.apiKey, `{"dashboards":[` + quoted + `]}`, nil},
		{"POST", "/v1/tokens", p.apiKey, `{"views":["museum"],"filters":{` + quoted + `:"country==NZ"}}`, nil},
		{"POST", "/v1/tokens", p.apiKey, `{"views":["museum"],"origin":` + quoted + `}`, nil},
		{"POST", "/v1/tokens", "nobody", `{"views":["museum"],"subject":` + quoted + `}`, nil},
		{"GET", "/v1/views", "nobody", "", []string{"Origin", p.apiKey}},
		{"GET", "/token?view=" + p.apiKey, "", "", []string{"Origin", "https://www.example.com"}},
		{"POST", "/v1/views/" + p.apiKey + ":runReport", p.signed("museum"), sessionsAsked, nil},
		{"POST", "/v1/views/museum:runReport", p.signed("museum"), strings.ReplaceAll(sessionsAsked, `"sessions"`, quoted), nil},
		{"GET", "/embed/" + p.apiKey, "", "", []string{"Sec-Fetch-Dest", "iframe", "Referer", "https://evil.example/"}},
	} {
		if status, body := p.ask(ask.method, ask.path, ask.token, ask.body, ask.headers...); status < 400 || strings.Contains(body, p.apiKey) {
			t.Errorf("%s %s %s: %d %s", ask.method, ask.path, ask.body, status, body)
		}
	}
	trail := filepath.Join(filepath.Dir(p.config), "oriel-audit.jsonl")
	end := time.Now().Add(enough)
	for {
		lines, err := os.ReadFile(trail)
		check(t, err)
		for _, text := range []string{string(lines), p.log.String()} {
			if strings.Contains(text, p.apiKey) {
				t.Fatalf("the API key is in %s", text)
			}
		}
		if n := strings.Count(string(lines), `"event":"refuse"`); n >= 10 {
			return
		} else if time.Now().After(end) {
			t.Fatalf("%d refusals are recorded\n%s", n, lines)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Keys rotate under a server that runs, and no viewer notices.
func TestSigningKeysRotate(t *testing.T) {
	p := newPortal(t)
	mint := func() string {
		status, body := p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["museum"]}`)
		return p.given("access_token", status, body)
	}
	old := mint()
	c, err := ReadConfig(p.config)
	check(t, err)
	rotated, err := access.RotateKeys(c.Tokens.KeysFile, rand.Reader, time.Now().Add(-time.Minute), false)
	check(t, err)
	deadline := time.Now().Add(2 * enough)
	for signedBy(t, mint()) != rotated[0].ID {
		if time.Now().After(deadline) {
			t.Fatal("the new key does not sign")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if got := p.reads(old, "museum"); got != 200 {
		t.Errorf("the token of before answers %d", got)
	}
	if status, body := p.ask("POST", "/v1/tokens:renew", old, ""); status != 200 {
		t.Errorf("renewing it: %d %s", status, body)
	}
	alone, err := access.RotateKeys(c.Tokens.KeysFile, rand.Reader, time.Now().Add(-time.Minute), true)
	check(t, err)
	for p.reads(old, "museum") != 401 {
		if time.Now().After(deadline) {
			t.Fatal("the token of a key that is gone is good")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if got := signedBy(t, mint()); got != alone[0].ID {
		t.Errorf("%s signs", got)
	}
}

func signedBy(t *testing.T, token string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	check(t, err)
	return fmt.Sprint(parsed.Header["kid"])
}
