package access

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// forge signs what a token must not say, with the right key unless told.
func (b *bench) forge(method jwt.SigningMethod, secret any, change func(h map[string]any, p jwt.MapClaims)) string {
	b.t.Helper()
	p := jwt.MapClaims{
		"iss": issuer, "aud": issuer, "began": start.UnixMilli(), "jti": "t", "sid": "s", "iat": start.Unix(), "exp": start.Add(time.Minute).Unix(),
		"until": start.Add(3 * time.Hour).Unix(), "ledger": b.revoked.ledgerID(),
		"views": []string{"shop"}, "public": true, "origin": page,
	}
	token := jwt.NewWithClaims(method, p)
	token.Header["typ"], token.Header["kid"] = tokenType, b.config.Keys[0].ID
	change(token.Header, p)
	signed, err := token.SignedString(secret)
	if err != nil {
		b.t.Fatal(err)
	}
	return signed
}

func TestForgeries(t *testing.T) {
	b := newBench(t)
	secret := []byte(b.config.Keys[0].Secret.Reveal())
	type change = func(h map[string]any, p jwt.MapClaims)
	same := func(map[string]any, jwt.MapClaims) {}
	if _, err := b.verify(b.forge(jwt.SigningMethodHS256, secret, same), page); err != nil {
		t.Fatalf("the forger's tools are broken: %v", err)
	}
	if _, err := b.verify(b.forge(jwt.SigningMethodHS256, secret, func(h map[string]any, _ jwt.MapClaims) {
		h["jku"], h["x5u"], h["jwk"] = "https://evil.example", "https://evil.example", map[string]any{"kty": "oct", "k": "AAAA"}
	}), page); err != nil {
		t.Errorf("jku, x5u and jwk are to be ignored: %v", err)
	}
	for name, f := range map[string]change{
		"no ledger":            func(_ map[string]any, p jwt.MapClaims) { delete(p, "ledger") },
		"another ledger":       func(_ map[string]any, p jwt.MapClaims) { p["ledger"] = "4f1d" },
		"no typ":               func(h map[string]any, _ jwt.MapClaims) { delete(h, "typ") },
		"typ JWT":              func(h map[string]any, _ jwt.MapClaims) { h["typ"] = "JWT" },
		"no kid":               func(h map[string]any, _ jwt.MapClaims) { delete(h, "kid") },
		"unknown kid":          func(h map[string]any, _ jwt.MapClaims) { h["kid"] = "../../dev/null" },
		"kid not a string":     func(h map[string]any, _ jwt.MapClaims) { h["kid"] = []int{1} },
		"crit":                 func(h map[string]any, _ jwt.MapClaims) { h["crit"] = []string{"b64"} },
		"no exp":               func(_ map[string]any, p jwt.MapClaims) { delete(p, "exp") },
		"no iat":               func(_ map[string]any, p jwt.MapClaims) { delete(p, "iat") },
		"future iat":           func(_ map[string]any, p jwt.MapClaims) { p["iat"] = start.Add(time.Minute).Unix() },
		"two hours":            func(_ map[string]any, p jwt.MapClaims) { p["exp"] = start.Add(2 * time.Hour).Unix() },
		"exp overflows":        func(_ map[string]any, p jwt.MapClaims) { p["exp"] = 1e300 },
		"exp a string":         func(_ map[string]any, p jwt.MapClaims) { p["exp"] = "never" },
		"not yet":              func(_ map[string]any, p jwt.MapClaims) { p["nbf"] = start.Add(time.Minute).Unix() },
		"no aud":               func(_ map[string]any, p jwt.MapClaims) { delete(p, "aud") },
		"another aud":          func(_ map[string]any, p jwt.MapClaims) { p["aud"] = "grafana" },
		"no iss":               func(_ map[string]any, p jwt.MapClaims) { delete(p, "iss") },
		"another iss":          func(_ map[string]any, p jwt.MapClaims) { p["iss"] = "https://evil.example" },
		"no id":                func(_ map[string]any, p jwt.MapClaims) { delete(p, "jti") },
		"no session":           func(_ map[string]any, p jwt.MapClaims) { delete(p, "sid") },
		"no session's end":     func(_ map[string]any, p jwt.MapClaims) { delete(p, "until") },
		"outlives its session": func(_ map[string]any, p jwt.MapClaims) { p["until"] = start.Unix() },
		"nobody minted":        func(_ map[string]any, p jwt.MapClaims) { delete(p, "public") },
		"unknown host": func(_ map[string]any, p jwt.MapClaims) {
			delete(p, "public")
			p["host"], p["key"] = "nobody", "0123456789ab"
		},
		"both minted":       func(_ map[string]any, p jwt.MapClaims) { p["host"] = "host" },
		"views not strings": func(_ map[string]any, p jwt.MapClaims) { p["views"] = []int{1} },
		"no views":          func(_ map[string]any, p jwt.MapClaims) { delete(p, "views") },
		"private view":      func(_ map[string]any, p jwt.MapClaims) { p["views"] = []string{"blog"} },
		"two-sided filter": func(_ map[string]any, p jwt.MapClaims) {
			p["filter"] = map[string]any{"andGroup": map[string]any{}, "filter": map[string]any{}}
		},
	} {
		_, err := b.verify(b.forge(jwt.SigningMethodHS256, secret, f), page)
		refused(t, name, err, "Ask for a new one.")
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"alg none":     b.forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same),
		"HS512":        b.forge(jwt.SigningMethodHS512, secret, same),
		"HS384":        b.forge(jwt.SigningMethodHS384, secret, same),
		"RS256":        b.forge(jwt.SigningMethodRS256, rsaKey, same),
		"another key":  b.forge(jwt.SigningMethodHS256, []byte(key(t, 3).Secret.Reveal()), same),
		"empty key":    b.forge(jwt.SigningMethodHS256, []byte{}, same),
		"nothing":      "",
		"dots":         "..",
		"two parts":    "a.b",
		"five parts":   "a.b.c.d.e",
		"an API key":   b.secret,
		"too long":     b.public() + strings.Repeat("A", maxToken),
		"no signature": b.public()[:strings.LastIndexByte(b.public(), '.')+1],
		"padding":      b.public() + "=",
		"white space":  " " + b.public(),
	} {
		_, err := b.verify(token, page)
		refused(t, name, err, "not valid")
	}
}

func TestTampering(t *testing.T) {
	b := newBench(t)
	token := b.public()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte(`"shop"`), []byte(`"blog"`), 1))
	_, err = b.verify(strings.Join(parts, "."), page)
	refused(t, "another view", err, "not valid")
	for i := range token {
		if token[i] == '.' {
			continue
		}
		other := byte('A')
		if token[i] == other {
			other = 'B'
		}
		if _, err := b.verify(token[:i]+string(other)+token[i+1:], page); err == nil {
			t.Fatalf("a change at byte %d went unseen", i)
		}
	}
}

func TestExpiredIsSaidOnlyOfGoodTokens(t *testing.T) {
	b := newBench(t)
	forged := b.forge(jwt.SigningMethodHS256, []byte(key(t, 3).Secret.Reveal()), func(_ map[string]any, p jwt.MapClaims) { p["exp"] = 1 })
	_, err := b.verify(forged, page)
	refused(t, "forged and expired", err, "not valid")
}

func FuzzVerify(f *testing.F) {
	b := newBench(f)
	good := b.public()
	f.Add(good, page)
	f.Add("..", "")
	f.Fuzz(func(t *testing.T, token, origin string) {
		if _, err := b.verify(token, origin); err == nil && token != good {
			t.Errorf("accepted %q", token)
		}
	})
}
