package emulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	tooOld  = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
	badSig  = "Invalid JWT Signature."
	nobody  = "Invalid grant: account not found"
	noAud   = "Invalid JWT: Failed audience check."
	noScp   = "Invalid OAuth scope or ID token audience provided."
	noIat   = "Invalid JWT: iat (issued at) is not set."
	noExp   = "Invalid JWT: exp (expiration time) is not set."
	notDele = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."
)

func TestTokenSuccess(t *testing.T) {
	l := newLab(t)
	resp, err := http.PostForm(l.url+"/token", url.Values{"grant_type": {grantJWT}, "assertion": {l.assertion(nil)}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer["expires_in"] != 3599.0 || answer["token_type"] != "Bearer" || len(answer) != 3 {
		t.Errorf("answer %v", answer)
	}
	if token := answer["access_token"].(string); !strings.HasPrefix(token, "ya29.c.") {
		t.Errorf("access token %q", token)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
}

// Each row breaks the assertion in one way.
func TestTokenErrors(t *testing.T) {
	l := newLab(t)
	now := labNow.Unix()
	b64 := base64.RawURLEncoding.EncodeToString
	header := func(h map[string]any) string {
		s, err := sign(l.private, h, l.claims(nil))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	_, otherKey := l.issue("other@lab-project.iam.gserviceaccount.com")
	forged, _ := sign(otherKey, map[string]any{"alg": "RS256", "kid": l.file.PrivateKeyID}, l.claims(nil))
	ghost, _ := sign(otherKey, map[string]any{"alg": "RS256", "kid": "unheard-of"}, l.claims(map[string]any{"iss": "ghost@nowhere.iam.gserviceaccount.com"}))
	good := strings.Split(l.assertion(nil), ".")
	for _, tt := range []struct {
		name, assertion, error, description string
		status                              int
	}{
		{"empty", "", "invalid_request", "Bad Request", 400},
		{"two segments", "a.b", "invalid_request", "Bad Request", 400},
		{"bad base64", "a!.b!.c!", "invalid_request", "Bad Request", 400},
		{"not JSON", b64([]byte("x")) + "." + b64([]byte("y")) + ".", "invalid_request", "Bad Request", 400},
		{"foreign signature", forged, "invalid_grant", badSig, 400},
		{"no signature", good[0] + "." + good[1] + ".", "invalid_grant", badSig, 400},
		{"changed claims", good[0] + "." + b64([]byte(`{"iss":"`+labAccount+`"}`)) + "." + good[2], "invalid_grant", badSig, 400},
		{"HS256", header(map[string]any{"alg": "HS256", "kid": l.file.PrivateKeyID}), "invalid_grant", badSig, 400},
		{"none", header(map[string]any{"alg": "none", "kid": l.file.PrivateKeyID}), "invalid_grant", badSig, 400},
		{"no alg", header(map[string]any{"kid": l.file.PrivateKeyID}), "invalid_grant", badSig, 400},
		{"unknown key", header(map[string]any{"alg": "RS256", "kid": "gone"}), "invalid_grant", badSig, 400},
		{"unknown account", ghost, "invalid_grant", nobody, 400},
		{"other account's name", l.assertion(map[string]any{"iss": "other@lab-project.iam.gserviceaccount.com"}), "invalid_grant", nobody, 400},
		{"no iss", l.assertion(map[string]any{"iss": nil}), "invalid_grant", nobody, 400},
		{"no iat", l.assertion(map[string]any{"iat": nil}), "invalid_grant", noIat, 400},
		{"no exp", l.assertion(map[string]any{"exp": nil}), "invalid_grant", noExp, 400},
		{"expired", l.assertion(map[string]any{"iat": now - 7200, "exp": now - 3600}), "invalid_grant", tooOld, 400},
		{"too long", l.assertion(map[string]any{"exp": now + 3601}), "invalid_grant", tooOld, 400},
		{"future", l.assertion(map[string]any{"iat": now + 301, "exp": now + 400}), "invalid_grant", tooOld, 400},
		{"no scope", l.assertion(map[string]any{"scope": nil}), "invalid_scope", noScp, 400},
		{"empty scope", l.assertion(map[string]any{"scope": " "}), "invalid_scope", noScp, 400},
		{"wrong aud", l.assertion(map[string]any{"aud": "https://example.com"}), "invalid_grant", noAud, 400},
		{"no aud", l.assertion(map[string]any{"aud": nil}), "invalid_grant", noAud, 400},
		{"aud with slash", l.assertion(map[string]any{"aud": l.file.TokenURI + "/"}), "invalid_grant", noAud, 400},
		{"delegation", l.assertion(map[string]any{"sub": "boss@example.com"}), "unauthorized_client", notDele, 401},
		{"sub no address", l.assertion(map[string]any{"sub": "boss"}), "invalid_grant", "Not a valid email", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := l.exchange(tt.assertion)
			if status != tt.status || answer["error"] != tt.error || answer["error_description"] != tt.description {
				t.Errorf("%d %v\nwant %d %s %q", status, answer, tt.status, tt.error, tt.description)
			}
		})
	}
}

func TestTokenAccepts(t *testing.T) {
	l := newLab(t)
	now := labNow.Unix()
	noKid, err := sign(l.private, map[string]any{"alg": "RS256"}, l.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, assertion := range map[string]string{
		"no kid":              noKid,
		"Google's own aud":    l.assertion(map[string]any{"aud": googleTokenURL}),
		"clock ahead":         l.assertion(map[string]any{"iat": now + 300, "exp": now + 3900}),
		"just expired":        l.assertion(map[string]any{"iat": now - 3600, "exp": now}),
		"digits in strings":   l.assertion(map[string]any{"iat": fmt.Sprint(now), "exp": fmt.Sprint(now + 3600)}),
		"sub is the account":  l.assertion(map[string]any{"sub": labAccount}),
		"several scopes":      l.assertion(map[string]any{"scope": scopeReadonly + " " + scopePlatform}),
		"skewed like Go's":    l.assertion(map[string]any{"iat": now - 10, "exp": now + 3590}),
		"as long as possible": l.assertion(map[string]any{"iat": now, "exp": now + 3600}),
	} {
		if status, answer := l.exchange(assertion); status != 200 || answer["access_token"] == nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

// With two things wrong, the one that is checked first is reported.
func TestTokenOrderOfChecks(t *testing.T) {
	l := newLab(t)
	steps := []struct {
		change      map[string]any
		description string
	}{
		{map[string]any{"iss": "x@y.z"}, nobody},
		{map[string]any{"iat": nil}, noIat},
		{map[string]any{"exp": nil}, noExp},
		{map[string]any{"iat": 1000, "exp": 2000}, tooOld},
		{map[string]any{"scope": ""}, noScp},
		{map[string]any{"aud": "x"}, noAud},
		{map[string]any{"sub": "boss@example.com"}, notDele},
	}
	for i := range steps {
		change := map[string]any{}
		for _, s := range steps[i:] {
			for k, v := range s.change {
				if _, done := change[k]; !done {
					change[k] = v
				}
			}
		}
		_, answer := l.exchange(l.assertion(change))
		if answer["error_description"] != steps[i].description {
			t.Errorf("%v: %v, want %q", change, answer, steps[i].description)
		}
		signed := strings.Split(l.assertion(change), ".")
		_, answer = l.exchange(signed[0] + "." + signed[1] + ".AAAA")
		if answer["error_description"] != badSig {
			t.Errorf("signature must be checked before %q: %v", steps[i].description, answer)
		}
	}
}

func TestTokenGrantTypes(t *testing.T) {
	l := newLab(t)
	for _, grant := range []string{"", "password"} {
		status, answer := l.postForm("/token", url.Values{"grant_type": {grant}, "assertion": {"x"}})
		if status != 400 || answer["error"] != "unsupported_grant_type" || answer["error_description"] != "Invalid grant_type: "+grant {
			t.Errorf("%q: %d %v", grant, status, answer)
		}
	}
}

// An unknown scope gives 200 with an id_token and no access token.
func TestIDTokenTrap(t *testing.T) {
	l := newLab(t)
	for _, change := range []map[string]any{
		{"scope": "https://www.googleapis.com/auth/unheard.of"},
		{"scope": scopeReadonly + " https://www.googleapis.com/auth/unheard.of"},
		{"scope": nil, "target_audience": "https://example.com"},
	} {
		status, answer := l.exchange(l.assertion(change))
		token, _ := answer["id_token"].(string)
		if status != 200 || len(answer) != 1 || token == "" {
			t.Fatalf("%v: %d %v", change, status, answer)
		}
		a, ok := parseAssertion(token)
		if !ok {
			t.Fatalf("id_token %q", token)
		}
		identity, err := l.emulator.identity()
		if err != nil || !a.signedBy(&identity.PublicKey) || a.claims.Issuer != "https://accounts.google.com" {
			t.Errorf("id_token %+v", a)
		}
		if r := l.doAs(token, "GET", "/v1beta/accountSummaries", ""); r.status != 401 {
			t.Errorf("an id_token is no access token: %d", r.status)
		}
	}
}

func TestRevokedAccountAndDisabledKey(t *testing.T) {
	l := newLab(t)
	e := l.emulator
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 200 {
		t.Fatal(r)
	}
	must(t, e.RevokeAccount(labAccount))
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 401 {
		t.Errorf("live token of a revoked account: %d", r.status)
	}
	if _, answer := l.exchange(l.assertion(nil)); answer["error_description"] != nobody {
		t.Errorf("revoked account: %v", answer)
	}
	must(t, e.RestoreAccount(labAccount))
	l.token = l.fetchToken(nil)
	must(t, e.SetKeyDisabled(l.file.PrivateKeyID, true))
	if _, answer := l.exchange(l.assertion(nil)); answer["error_description"] != badSig {
		t.Errorf("disabled key: %v", answer)
	}
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 200 {
		t.Errorf("a token outlives its key: %d", r.status)
	}
	must(t, e.SetKeyDisabled(l.file.PrivateKeyID, false))
	must(t, e.RevokeTokens(labAccount))
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 401 {
		t.Errorf("revoked token: %d", r.status)
	}
}

func TestTokenExpires(t *testing.T) {
	l := newLab(t)
	l.emulator.Advance(lifetime - time.Second)
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 200 {
		t.Errorf("a second before expiry: %d", r.status)
	}
	l.emulator.Advance(time.Second)
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 401 {
		t.Errorf("after expiry: %d", r.status)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
