package adversary

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// members are a JSON object.
type members map[string]any

// A forgery is how a good token is changed before it is signed again, with the
// server's own key: what is wrong is nothing but the change.
type forgery func(header, claims members)

const probe = "/v1/views/shop/metadata" // what forged tokens are shown at

// forged returns a token of the recipe "shop" that was changed.
func forged(change forgery) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.taken(t, s.token(t, "shop"))
		change(header, claims)
		return s.signed(t, header, claims, sha256.New)
	}
}

// taken takes a token apart.
func (s *stage) taken(t testing.TB, token string) (header, claims members) {
	t.Helper()
	parts := strings.Split(token, ".")
	for i, into := range []*members{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		must(t, err)
		must(t, json.Unmarshal(text, into))
	}
	return header, claims
}

// signed signs with the server's own key.
func (s *stage) signed(t testing.TB, header, claims members, with func() hash.Hash) string {
	t.Helper()
	return signedWith(t, header, claims, s.signingKey(t, s.oriel.Dir), with)
}

func signedWith(t testing.TB, header, claims members, key []byte, with func() hash.Hash) string {
	t.Helper()
	text := encoded(t, header) + "." + encoded(t, claims)
	mac := hmac.New(with, key)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func encoded(t testing.TB, m members) string {
	t.Helper()
	text, err := json.Marshal(m)
	must(t, err)
	return base64.RawURLEncoding.EncodeToString(text)
}

// signingKey reads the key that a server signs with.
func (s *stage) signingKey(t testing.TB, dir string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "oriel-keys.json"))
	must(t, err)
	var file struct {
		Keys []struct {
			Secret []byte `json:"secret"`
		} `json:"keys"`
	}
	must(t, json.Unmarshal(text, &file))
	return file.Keys[0].Secret
}

// set changes one member of the claims.
func set(name string, value any) bearer {
	return forged(func(_, claims members) { claims[name] = value })
}

// drop removes one member of the claims.
func drop(name string) bearer {
	return forged(func(_, claims members) { delete(claims, name) })
}

// head changes one member of the header.
func head(name string, value any) bearer {
	return forged(func(header, _ members) { header[name] = value })
}

// spoiled changes a good token's text.
func spoiled(change func(token string) string) bearer {
	return func(t testing.TB, s *stage) string { return change(s.token(t, "shop")) }
}

// unsigned returns a token without a signature, or one of nothing.
func unsigned(alg string) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.taken(t, s.token(t, "shop"))
		header["alg"] = alg
		return encoded(t, header) + "." + encoded(t, claims) + "."
	}
}

// resigned signs with another key or hash than the server.
func resigned(alg string, key []byte, with func() hash.Hash) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.taken(t, s.token(t, "shop"))
		header["alg"] = alg
		if key == nil {
			key = s.signingKey(t, s.oriel.Dir)
		}
		return signedWith(t, header, claims, key, with)
	}
}

// edwards signs with a key of the attacker's, which the header brings along.
func edwards(t testing.TB, s *stage) string {
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	header, claims := s.taken(t, s.token(t, "shop"))
	header["alg"] = "EdDSA"
	header["jwk"] = members{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public)}
	text := encoded(t, header) + "." + encoded(t, claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

var ownKey = []byte("0123456789abcdef0123456789ABCDEF")

// A badToken is one that is refused.
type badToken struct {
	name string
	of   lesson
	as   bearer
}

// badTokens are not the server's, or are not what they say.
func badTokens() []badToken {
	symmetric := members{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(ownKey), "alg": "HS256"}
	return []badToken{
		{"no token", promiseTokens, nil},
		{"an empty token", promiseTokens, literal("")},
		{"words", promiseTokens, literal("let me in")},
		{"two dots", promiseTokens, literal("..")},
		{"alg none", promiseTokens, unsigned("none")},
		{"alg None", promiseTokens, unsigned("None")},
		{"alg nOnE", promiseTokens, unsigned("nOnE")},
		{"alg empty", promiseTokens, unsigned("")},
		{"alg HS256 without a signature", promiseTokens, unsigned("HS256")},
		{"alg HS384 with the server's key", promiseTokens, resigned("HS384", nil, sha512.New384)},
		{"alg HS512 with the server's key", promiseTokens, resigned("HS512", nil, sha512.New)},
		{"alg RS256 signed like HS256", promiseTokens, resigned("RS256", nil, sha256.New)},
		{"alg ES256 signed like HS256", promiseTokens, resigned("ES256", nil, sha256.New)},
		{"alg EdDSA with a key that it brings", promiseTokens, edwards},
		{"alg in lower case", promiseTokens, head("alg", "hs256")},
		{"alg a list", promiseTokens, head("alg", []string{"HS256"})},
		{"alg missing", promiseTokens, forged(func(h, _ members) { delete(h, "alg") })},
		{"another key", promiseTokens, resigned("HS256", ownKey, sha256.New)},
		{"a key of nothing", promiseTokens, resigned("HS256", []byte{}, sha256.New)},
		{"typ JWT", promiseTokens, head("typ", "JWT")},
		{"typ missing", promiseTokens, forged(func(h, _ members) { delete(h, "typ") })},
		{"typ in capitals", promiseTokens, head("typ", "ORIEL-EMBED+JWT")},
		{"typ of a host", promiseTokens, head("typ", "oriel-host+jwt")},
		{"crit", promiseTokens, head("crit", []string{"exp"})},
		{"crit of nothing", promiseTokens, head("crit", []string{})},
		{"jwk beside its signature", promiseTokens, bringing("jwk", symmetric)},
		{"jku", promiseTokens, bringing("jku", "https://evil.example/jwks.json")},
		{"x5u", promiseTokens, bringing("x5u", "https://evil.example/cert.pem")},
		{"x5c", promiseTokens, bringing("x5c", []string{"MIIB"})},
		{"kid missing", promiseTokens, forged(func(h, _ members) { delete(h, "kid") })},
		{"kid empty", promiseTokens, head("kid", "")},
		{"kid a number", promiseTokens, head("kid", 1)},
		{"kid a list", promiseTokens, head("kid", []string{"a"})},
		{"kid a file of zeros", promiseTokens, kid("/dev/null", []byte{})},
		{"kid a path upwards", promiseTokens, kid("../../../../dev/null", []byte{})},
		{"kid a path to the configuration", promiseTokens, kid("oriel.yaml", ownKey)},
		{"kid an SQL union", promiseTokens, kid("x' UNION SELECT '0123456789abcdef0123456789ABCDEF' --", ownKey)},
		{"kid an SQL tautology", promiseTokens, kid("' OR '1'='1", ownKey)},
		{"kid a command", promiseTokens, kid("x;sleep 5|`id`", ownKey)},
		{"kid with a zero byte", promiseTokens, kid("a\x00b", ownKey)},
		{"kid of a host", oneKey, kid("agency", ownKey)},
		{"kid of a host's first key", oneKey, kid("agency/1", ownKey)},
		{"kid of other case", promiseTokens, forged(func(h, _ members) { h["kid"] = strings.ToUpper(h["kid"].(string)) + "x" })},
		{"kid very long", promiseTokens, kid(strings.Repeat("k", 4000), ownKey)},
		{"iss of another server", promiseTokens, set("iss", "https://evil.example")},
		{"iss with a slash", promiseTokens, forged(func(_, c members) { c["iss"] = c["iss"].(string) + "/" })},
		{"iss a prefix", promiseTokens, forged(func(_, c members) { c["iss"] = c["iss"].(string)[:10] })},
		{"iss missing", promiseTokens, drop("iss")},
		{"iss a list", promiseTokens, set("iss", []string{"a"})},
		{"aud of another", promiseTokens, set("aud", "superset")},
		{"aud of none", promiseTokens, set("aud", []string{})},
		{"aud missing", promiseTokens, drop("aud")},
		{"aud null", promiseTokens, set("aud", nil)},
		{"exp missing", oneKey, drop("exp")},
		{"exp null", oneKey, set("exp", nil)},
		{"exp zero", oneKey, set("exp", 0)},
		{"exp text", oneKey, set("exp", "never")},
		{"exp very large", oneKey, set("exp", 1e300)},
		{"exp negative", oneKey, set("exp", -1)},
		{"expired a minute ago", checkedOnce, forged(func(_, c members) { c["iat"], c["exp"] = in(-2*time.Minute), in(-time.Minute) })},
		{"expired yesterday", checkedOnce, forged(func(_, c members) { c["iat"], c["exp"] = in(-25*time.Hour), in(-24*time.Hour) })},
		{"living a day", checkedOnce, set("exp", in(24*time.Hour))},
		{"living ten years", checkedOnce, set("exp", in(10*365*24*time.Hour))},
		{"iat missing", promiseTokens, drop("iat")},
		{"iat in the future", promiseTokens, forged(func(_, c members) { c["iat"], c["exp"] = in(time.Hour), in(time.Hour+time.Minute) })},
		{"nbf in the future", promiseTokens, set("nbf", in(time.Hour))},
		{"no jti", promiseTokens, drop("jti")},
		{"no session", promiseTokens, drop("sid")},
		{"no end of the session", promiseTokens, drop("until")},
		{"a session that ends before the token", promiseTokens, set("until", in(-time.Hour))},
		{"views a text", promiseTokens, set("views", "shop")},
		{"no views", promiseTokens, forged(func(_, c members) { delete(c, "views"); delete(c, "dashboards") })},
		{"a view that was never there", promiseTokens, forged(func(_, c members) { c["views"] = []string{"nothing"}; delete(c, "dashboards") })},
		{"oversize", promiseTokens, set("sub", strings.Repeat("s", 9000))},
		{"oversize by a thousand views", promiseTokens, set("views", strings.Split(strings.Repeat("shop,", 2000), ","))},
		{"a byte of the signature changed", promiseTokens, spoiled(func(s string) string { return flip(s, len(s)-20) })},
		{"a byte of the claims changed", promiseTokens, spoiled(func(s string) string { return flip(s, strings.Index(s, ".")+20) })},
		{"the signature cut", promiseTokens, spoiled(func(s string) string { return s[:len(s)-4] })},
		{"the signature lengthened", promiseTokens, spoiled(func(s string) string { return s + "AAAA" })},
		{"the signature padded", promiseTokens, spoiled(func(s string) string { return s + "=" })},
		{"the signature's last bits changed", promiseTokens, spoiled(lastBits)},
		{"four parts", promiseTokens, spoiled(func(s string) string { return s + ".e30" })},
		{"two parts", promiseTokens, spoiled(func(s string) string { return s[:strings.LastIndex(s, ".")] })},
		{"a space within", promiseTokens, spoiled(func(s string) string { return s[:10] + " " + s[10:] })},
		{"two tokens", promiseTokens, spoiled(func(s string) string { return s + ", " + s })},
		{"an API key", hosts, apiKey("agency")},
	}
}

// tokenAttacks show tokens that are no good, and good ones where none is taken.
func tokenAttacks() []attack {
	attacks := []attack{{name: "a token that nothing was changed of", of: promiseTokens, ask: ask{path: probe, as: forged(func(_, _ members) {})}, want: status(200)}}
	for _, l := range badTokens() {
		attacks = append(attacks, attack{name: l.name, of: l.of, ask: ask{path: probe, as: l.as}, want: status(401)})
	}
	return append(attacks,
		attack{name: "a claim in place of a view", of: promiseTokens, ask: ask{path: "/v1/views", as: set("admin", true)}, want: all(status(200), with(`"shop"`), without("Narrow"))},
		attack{name: "views a star", of: promiseTokens, ask: ask{path: probe, as: set("views", []string{"*"})}, want: refused},
		attack{name: "a token in a cookie", of: noCookies, ask: ask{path: probe, head: []string{"Cookie: token=$TOKEN(shop); access_token=$TOKEN(shop)"}}, want: status(401)},
		attack{name: "basic", of: promiseTokens, ask: ask{path: probe, head: []string{"Authorization: Basic $TOKEN(shop)"}}, want: status(401)},
		attack{name: "two headers", of: promiseTokens, ask: ask{path: "/v1/views/vault/metadata", as: token("shop"), head: []string{"Authorization: Bearer $TOKEN(vault)"}}, want: refused},
		attack{name: "Google's API key header", of: promiseTokens, ask: ask{path: probe, head: []string{"X-Goog-Api-Key: $TOKEN(shop)"}}, want: status(401)},
		attack{name: "in the address", of: tokenInURL, ask: ask{path: probe + "?access_token=$TOKEN(shop)"}, want: status(401)},
		attack{name: "in the address of a report", of: tokenInURL, ask: ask{path: "/v1/views/shop:runReport?access_token=$TOKEN(shop)", body: anything}, want: status(401)},
		attack{name: "in the address of Google's path", of: tokenInURL, ask: ask{path: "/v1beta/properties/shop:runReport?access_token=$TOKEN(shop)", body: anything}, want: status(401)},
		attack{name: "in the address of a dashboard", of: tokenInURL, ask: ask{path: "/v1/dashboards/overview?access_token=$TOKEN(shop)&token=$TOKEN(shop)"}, want: status(401)},
		attack{name: "in the address of a renewal", of: tokenInURL, ask: ask{method: "POST", path: "/v1/tokens:renew?access_token=$TOKEN(shop)"}, want: status(401)},
		attack{name: "an API key in the address", of: tokenInURL, ask: ask{path: "/v1/tokens?access_token=$KEY(agency)&key=$KEY(agency)", body: `{"views":["shop"]}`}, want: status(401)},
	)
}

// bringing says where the key is, and is signed with the attacker's.
func bringing(name string, value any) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.taken(t, s.token(t, "shop"))
		header[name] = value
		return signedWith(t, header, claims, ownKey, sha256.New)
	}
}

// kid names a key, and is signed with what the attacker hopes it is.
func kid(id string, key []byte) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.taken(t, s.token(t, "shop"))
		header["kid"] = id
		return signedWith(t, header, claims, key, sha256.New)
	}
}

func flip(s string, at int) string {
	c := byte('A')
	if s[at] == c {
		c = 'B'
	}
	return s[:at] + string(c) + s[at+1:]
}

// lastBits changes bits that base64 leaves unused: another text of the same
// signature.
func lastBits(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	at := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[at^1])
}

const anything = `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`
