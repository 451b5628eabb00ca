package adversary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/judges/canary"
	"github.com/oriel-server/oriel/judges/house"
)

// sessionAttacks go on with what has ended, or was taken away. Each that takes
// something away has a server of its own.
func sessionAttacks() []attack {
	renew := func(as bearer, head ...string) ask {
		return ask{method: "POST", path: "/v1/tokens:renew", as: as, head: append(head, "Content-Length: 0")}
	}
	long := func(_, c members) { c["iat"], c["exp"] = in(-10*time.Minute), in(-5*time.Minute) }
	return []attack{
		{name: "renewing as it should be", of: viewersClock, ask: renew(renewable("shop")), want: all(status(200), with("no-store"))},
		{name: "renewing what ended long ago", of: checkedOnce, ask: renew(forged(long)), want: status(401)},
		{name: "renewing what nobody signed", of: promiseTokens, ask: renew(unsigned("none")), want: status(401)},
		{name: "renewing an API key", of: promiseTokens, ask: renew(apiKey("agency")), want: status(401)},
		{name: "renewing after the session's end", of: checkedOnce, ask: renew(forged(func(_, c members) {
			c["iat"], c["exp"], c["until"] = in(-5*time.Minute), in(-10*time.Second), in(-10*time.Second)
		})), want: status(401)},
		{name: "renewing from another page", of: promiseOrigins, ask: renew(token("bound"), "Origin: "+vaultOrigin), want: refused},
		{name: "renewing with another view in the body", of: hosts, ask: ask{path: "/v1/tokens:renew", body: `{"views":["vault"]}`, as: renewable("shop")}, want: without(marks...)},
		{name: "a viewer's clock that is wrong", of: viewersClock, run: wrongClock},
		{name: "renewing does not widen", of: promiseTokens, run: renewedAlike},
		{name: "a code twice", of: codeReplay, run: codeTwice},
		{name: "a code twice at once", of: codeReplay, run: codeRace},
		{name: "a code twice, on a page", of: codeReplay, run: codeOnPage},
		{name: "a code as a token", of: codeReplay, ask: ask{path: probe, as: code}, want: status(401)},
		{name: "a code renewed", of: codeReplay, ask: renew(code), want: status(401)},
		{name: "a token as a code", of: codeReplay, ask: ask{path: "/v1/tokens:redeem", body: `{"code":"$TOKEN(shop)"}`}, want: status(401)},
		{name: "an API key as a code", of: codeReplay, ask: ask{path: "/v1/tokens:redeem", body: `{"code":"$KEY(agency)"}`}, want: status(401)},
		{name: "no code", of: codeReplay, ask: ask{path: "/v1/tokens:redeem", body: `{}`}, want: refused},
		{name: "a code that is no text", of: codeReplay, ask: ask{path: "/v1/tokens:redeem", body: `{"code":{"a":1}}`}, want: refused},
		{name: "two codes", of: codeReplay, ask: ask{path: "/v1/tokens:redeem", body: `{"code":"a","Code":"b"}`}, want: refused},
		{name: "a code in the address", of: tokenInURL, ask: ask{method: "POST", path: "/v1/tokens:redeem?code=x", head: []string{"Content-Length: 0"}}, want: refused},
		{name: "what is revoked, restarted, rotated and lost", of: promiseRevocation, run: revocations},
		{name: "the ledger is gone", of: weakRevocation, run: ledgerGone},
		{name: "keys rotate", of: promiseRotation, run: rotation},
		{name: "a view that is not offered any more", of: checkedOnce, run: withdrawn},
		{name: "revoking from the public", of: weakRevocation, ask: ask{path: "/revocations", body: `{"kind":"all"}`, as: token("shop"), head: []string{"Content-Type: application/json"}}, want: status(404)},
		{name: "revoking from a page of the operator's browser", of: weakRevocation, run: operatorsDoor},
	}
}

// code is a single-use code for the shop.
func code(t testing.TB, s *stage) string { return s.code(t, s.oriel) }

func (s *stage) code(t testing.TB, server *house.Server) string {
	t.Helper()
	got := send(t, server, s.expand(t, server, ask{path: "/v1/tokens", body: `{"views":["shop"],"dashboards":["overview"],"code":true}`, as: apiKey("agency")}.text(t, s)), patience)
	var answer struct{ Code string }
	must(t, json.Unmarshal([]byte(got.only(t).body), &answer))
	if answer.Code == "" {
		t.Fatalf("no code: %v", got.all)
	}
	return answer.Code
}

// at sends a request to any server.
func (s *stage) at(t testing.TB, server *house.Server, a ask) answer {
	t.Helper()
	got := send(t, server, s.expand(t, server, a.text(t, s)), patience)
	s.harmless(t, got, false)
	return got.only(t)
}

func (s *stage) redeem(t testing.TB, code string) (int, string) {
	t.Helper()
	a := s.do(t, ask{path: "/v1/tokens:redeem", body: `{"code":"` + code + `"}`})
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	must(t, json.Unmarshal([]byte(a.body), &answer))
	return a.status, answer.AccessToken
}

// Whoever comes second ends the session of whoever came first.
func codeTwice(t *testing.T, s *stage) {
	code := s.code(t, s.oriel)
	first, embed := s.redeem(t, code)
	if first != http.StatusOK || s.do(t, ask{path: probe, as: literal(embed)}).status != http.StatusOK {
		t.Fatalf("a code is answered %d", first)
	}
	if second, other := s.redeem(t, code); second != http.StatusUnauthorized || other != "" {
		t.Errorf("the second time it is answered %d", second)
	}
	if a := s.do(t, ask{path: probe, as: literal(embed)}); a.status != http.StatusUnauthorized {
		t.Errorf("the first one's token is answered %v", a)
	}
	if a := s.do(t, ask{method: "POST", path: "/v1/tokens:renew", as: literal(embed), head: []string{"Content-Length: 0"}}); a.status != http.StatusUnauthorized {
		t.Errorf("the first one's renewal is answered %v", a)
	}
}

// Of many at once, one is first, and even that one's session ends.
func codeRace(t *testing.T, s *stage) {
	code := s.code(t, s.oriel)
	won := make(chan string)
	const racers = 8
	for range racers {
		go func() {
			status, embed := s.redeem(t, code)
			if status != http.StatusOK {
				embed = ""
			}
			won <- embed
		}()
	}
	var tokens []string
	for range racers {
		if embed := <-won; embed != "" {
			tokens = append(tokens, embed)
		}
	}
	if len(tokens) > 1 {
		t.Errorf("%d were first", len(tokens))
	}
	for _, embed := range tokens {
		if a := s.do(t, ask{path: probe, as: literal(embed)}); a.status != http.StatusUnauthorized {
			t.Errorf("the first one's token is answered %v", a)
		}
	}
}

func codeOnPage(t *testing.T, s *stage) {
	code := s.code(t, s.oriel)
	page := ask{path: "/embed/overview?code=" + code}
	if a := s.do(t, page); a.status != http.StatusOK || strings.Contains(a.body, code) {
		t.Errorf("the page is answered %d, or holds the code: %.600s", a.status, a.body)
	}
	if a := s.do(t, page); a.status != http.StatusUnauthorized || strings.Contains(a.body, "oriel-data") {
		t.Errorf("the second page is answered %d: %.600s", a.status, a.body)
	}
}

// wrongClock waits until a token has ended by the server's clock, and renews it:
// the viewer's clock is asked by nobody.
func wrongClock(t *testing.T, s *stage) {
	embed := s.mint(t, s.oriel, "agency", `{"views":["shop"],"expires_in":1}`)
	_, claims := s.taken(t, embed)
	ends := time.Unix(int64(claims["exp"].(float64)), 0).Add(6 * time.Second) // with leeway
	time.Sleep(time.Until(ends))
	date := "Date: Thu, 01 Jan 1970 00:00:00 GMT"
	if a := s.do(t, ask{path: probe, as: literal(embed), head: []string{date}}); a.status != http.StatusUnauthorized {
		t.Errorf("a token that ended is answered %d", a.status)
	}
	a := s.do(t, ask{method: "POST", path: "/v1/tokens:renew", as: literal(embed), head: []string{date, "Content-Length: 0"}})
	if a.status != http.StatusOK || !strings.Contains(a.body, `"expires_in":`) {
		t.Errorf("renewing within the minute is answered %v", a)
	}
}

func renewedAlike(t *testing.T, s *stage) {
	embed := renewable("shop")(t, s)
	a := s.do(t, ask{method: "POST", path: "/v1/tokens:renew", as: literal(embed), head: []string{"Content-Length: 0"}})
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	must(t, json.Unmarshal([]byte(a.body), &answer))
	_, before := s.taken(t, embed)
	_, after := s.taken(t, answer.AccessToken)
	for _, changes := range []string{"exp", "iat", "nbf", "jti", "renewals"} {
		delete(before, changes)
		delete(after, changes)
	}
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("%v\nwas renewed to\n%v", before, after)
	}
}

// operate asks the operators' listener.
func (s *stage) operate(t testing.TB, server *house.Server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, server.Operator+path, strings.NewReader(body))
	must(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+operatorToken(t, server))
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	must(t, err)
	s.secrets.Search(canary.Operator, method+" "+path, b.String(), body)
	return res.StatusCode, b.String()
}

// operatorToken reads the operators' token of a server.
func operatorToken(t testing.TB, server *house.Server) string {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(server.Dir, "oriel-operator-token"))
	must(t, err)
	return strings.TrimSpace(string(token))
}

// A page in an operator's browser can send what a form can, and nothing must come
// of it.
func operatorsDoor(t *testing.T, s *stage) {
	for _, head := range [][2]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Host", "evil.example"}} {
		req, err := http.NewRequest(http.MethodPost, s.oriel.Operator+"/revocations", strings.NewReader(`{"kind":"all"}`))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+operatorToken(t, s.oriel))
		req.Header.Set(head[0], head[1])
		if head[0] == "Host" {
			req.Host = head[1]
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		res.Body.Close()
		if res.StatusCode < 400 {
			t.Errorf("with %v it is answered %d", head, res.StatusCode)
		}
	}
}

// auditFile is where the trail is, as configured by default.
func auditFile(server *house.Server) string { return filepath.Join(server.Dir, "oriel-audit.jsonl") }

func trail(t testing.TB, server *house.Server) string {
	t.Helper()
	text, err := os.ReadFile(auditFile(server))
	must(t, err)
	return string(text)
}
