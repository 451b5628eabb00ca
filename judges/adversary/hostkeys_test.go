package adversary

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// sharerSecret is what the host sharer signs with, as Oriel does: HS256.
const sharerSecret = "k7Q2xW9zR4tB1nM6vL3pH8sD5fG0jY_a-uE"

// makeSigningKeys makes the key pair of the host signer.
func (s *stage) makeSigningKeys() (err error) {
	var public ed25519.PublicKey
	if public, s.signer, err = ed25519.GenerateKey(nil); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	s.public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	s.secrets.Add("a host's secret", sharerSecret)
	s.secrets.Add("a host's secret in base64url", base64.RawURLEncoding.EncodeToString([]byte(sharerSecret)))
	return nil
}

func (s *stage) writeHostKeys(dir string) error {
	jwks := fmt.Sprintf(`{"keys":[{"kty":"oct","kid":"sharer-1","alg":"HS256","k":%q}]}`, base64.RawURLEncoding.EncodeToString([]byte(sharerSecret)))
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "signer.pem"), s.public, 0o600),
		os.WriteFile(filepath.Join(dir, "sharer.json"), []byte(jwks), 0o600))
}

// hostSays returns a header and claims as a host would sign them.
func (s *stage) hostSays(host, alg string) (header, claims members) {
	return members{"alg": alg, "typ": "oriel-host+jwt"}, members{
		"iss": host, "aud": s.oriel.Public, "jti": fmt.Sprint(time.Now().UnixNano()), "iat": in(0), "exp": in(time.Minute),
		"sub": "customer-7", "views": []string{"shop"},
	}
}

// signedBySigner returns a token that the host signer signed, with a change.
func signedBySigner(change forgery) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.hostSays("signer", "EdDSA")
		change(header, claims)
		text := encoded(t, header) + "." + encoded(t, claims)
		return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(s.signer, []byte(text)))
	}
}

// signedBySharer returns a token that the host sharer signed, with a change.
func signedBySharer(change forgery) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.hostSays("sharer", "HS256")
		header["kid"] = "sharer-1"
		change(header, claims)
		return signedWith(t, header, claims, []byte(sharerSecret), sha256.New)
	}
}

// confused returns a token of the host signer whose public key, which everybody may
// know, was used as a secret.
func confused(key func(*stage) []byte) bearer {
	return func(t testing.TB, s *stage) string {
		header, claims := s.hostSays("signer", "HS256")
		return signedWith(t, header, claims, key(s), sha256.New)
	}
}

func unchanged(_, _ members) {}

func says(name string, value any) forgery {
	return func(_, claims members) { claims[name] = value }
}

func leavesOut(name string) forgery {
	return func(_, claims members) { delete(claims, name) }
}

// signedAttacks show tokens that a host has signed, or has not.
func signedAttacks() []attack {
	var attacks []attack
	for _, l := range []struct {
		name string
		as   bearer
	}{
		{"a public key as a secret", confused(func(s *stage) []byte { return s.public })},
		{"a public key's bytes as a secret", confused(func(s *stage) []byte { return s.signer.Public().(ed25519.PublicKey) })},
		{"another host's name", signedBySigner(says("iss", "sharer"))},
		{"a host that signs nothing", signedBySigner(says("iss", "agency"))},
		{"a host that is not there", signedBySigner(says("iss", "nobody"))},
		{"the server's name", signedBySigner(func(_, c members) { c["iss"] = c["aud"] })},
		{"no name", signedBySigner(leavesOut("iss"))},
		{"our audience", signedBySigner(says("aud", "oriel"))},
		{"another server's audience", signedBySigner(says("aud", "https://stats.other.example"))},
		{"no audience", signedBySigner(leavesOut("aud"))},
		{"our type", signedBySigner(func(h, _ members) { h["typ"] = "oriel-embed+jwt" })},
		{"the type of a code", signedBySigner(func(h, _ members) { h["typ"] = "oriel-code+jwt" })},
		{"no type", signedBySigner(func(h, _ members) { delete(h, "typ") })},
		{"alg none", signedBySigner(func(h, _ members) { h["alg"] = "none" })},
		{"alg HS256", signedBySigner(func(h, _ members) { h["alg"] = "HS256" })},
		{"another host's kid", signedBySigner(func(h, _ members) { h["kid"] = "sharer-1" })},
		{"a kid that is a path", signedBySigner(func(h, _ members) { h["kid"] = "../signer.pem" })},
		{"a kid that is a number", signedBySigner(func(h, _ members) { h["kid"] = 7 })},
		{"no end", signedBySigner(leavesOut("exp"))},
		{"no beginning", signedBySigner(leavesOut("iat"))},
		{"no id", signedBySigner(leavesOut("jti"))},
		{"a long id", signedBySigner(says("jti", string(make([]byte, 101))))},
		{"two hours", signedBySigner(says("exp", in(2*time.Hour)))},
		{"from tomorrow", signedBySigner(func(_, c members) { c["iat"], c["exp"] = in(24*time.Hour), in(24*time.Hour+time.Minute) })},
		{"of yesterday", signedBySigner(func(_, c members) { c["iat"], c["exp"] = in(-24*time.Hour), in(-24*time.Hour+time.Minute) })},
		{"public", signedBySigner(says("public", true))},
		{"framed", signedBySigner(says("framed", true))},
		{"another host within", signedBySigner(says("host", "agency"))},
		{"another key within", signedBySigner(says("key", "0f3a5c77e1b2"))},
		{"a beginning of its own", signedBySigner(says("began", 1))},
		{"nothing named", signedBySigner(leavesOut("views"))},
		{"an origin that is none", signedBySigner(says("origin", "*"))},
		{"a filter that is none", signedBySigner(says("filter", members{"filter": members{"fieldName": "country"}}))},
		{"a secret's kid, another secret", signedBySharer(func(h, _ members) { h["kid"] = "sharer-2" })},
		{"a secret as ours", signedBySharer(func(h, c members) { h["typ"] = "oriel-embed+jwt"; c["iss"] = c["aud"]; c["aud"] = "oriel" })},
	} {
		attacks = append(attacks, attack{name: "signed: " + l.name, of: promiseTokens, ask: ask{path: probe, as: l.as}, want: status(401)})
	}
	reads := func(view string) ask { return ask{path: "/v1/views/" + view + "/metadata"} }
	by := func(a ask, as bearer) ask { a.as = as; return a }
	vault := says("views", []string{"vault", "shop"})
	return append(attacks,
		attack{name: "signed: as it should be", of: promiseTokens, ask: by(reads("shop"), signedBySigner(unchanged)), want: status(200)},
		attack{name: "signed: with a secret, as it should be", of: promiseTokens, ask: by(reads("shop"), signedBySharer(unchanged)), want: status(200)},
		attack{name: "signed: a view that is not the host's", of: hosts, ask: by(reads("vault"), signedBySigner(vault)), want: refused},
		attack{name: "signed: a view that is not the secret's host's", of: hosts, ask: by(reads("vault"), signedBySharer(vault)), want: refused},
		attack{name: "signed: a dashboard that is not the host's", of: hosts, ask: ask{path: "/v1/dashboards/strongroom", as: signedBySigner(says("dashboards", []string{"strongroom", "overview"}))}, want: refused},
		attack{name: "signed: only what is the host's is listed", of: hosts, ask: ask{path: "/v1/views", as: signedBySigner(vault)}, want: without(append(marks, `"vault"`)...)},
		attack{name: "signed: at the backend's door", of: hosts, ask: ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: signedBySigner(unchanged)}, want: status(401)},
	)
}
