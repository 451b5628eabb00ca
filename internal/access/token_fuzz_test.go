package access

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/report"
)

// written by hand, a token says whatever it likes under a good signature.
func handwritten(t testing.TB, method jwt.SigningMethod, key any, header, payload string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := method.Sign(text, key)
	ok(t, err)
	return text + "." + encode(signature)
}

// FuzzSigned lets a host sign anything, and with our own key too. What is accepted
// is of its kind, lives now and not for long, and opens nothing that the host may
// not name; what is refused is refused as nobody's.
func FuzzSigned(f *testing.F) {
	edDSA := signings(f)["EdDSA"]
	b := newBench(f, edDSA.registered(f))
	const now, soon = 1_700_000_000, 1_700_000_060
	b.now = time.Unix(now, 0)
	hosts := fmt.Sprintf(`{"iss":"crm","aud":%q,"jti":"n","sub":"c","iat":%d,"exp":%d,"views":["ga:1"],"origin":%q}`, issuer, now, soon, page)
	ours := fmt.Sprintf(`{"iss":%q,"aud":%[1]q,"began":%d,"ledger":%q,"jti":"t","sid":"s","iat":%d,"exp":%d,"until":%[5]d,"views":["shop"],"public":true,"origin":%q}`,
		issuer, now*1000, b.revoked.ledgerID(), now, soon, page)
	hostsHead, oursHead := `{"alg":"EdDSA","typ":"`+hostTokenType+`"}`, `{"alg":"HS256","typ":"`+tokenType+`","kid":"`+b.config.Keys[0].ID+`"}`
	if _, err := b.verify(handwritten(f, edDSA.method, edDSA.private, hostsHead, hosts), page); err != nil {
		f.Fatalf("the fuzzer's tools are broken: %v", err)
	}
	f.Add(hostsHead, hosts, true)
	f.Add(oursHead, ours, false)
	f.Add(hostsHead, ours, true)
	f.Add(oursHead, hosts, true)
	f.Add(hostsHead, strings.Replace(hosts, `"ga:1"`, `"blog","shop"`, 1), true)
	f.Add(hostsHead, strings.Replace(hosts, `"iat"`, `"filter":"country==x,city!=y","filters":{"shop":{"filter":{"fieldName":"a","emptyFilter":{}}}},"iat"`, 1), true)
	f.Add(hostsHead, strings.Replace(hosts, `"iat"`, `"dashboards":["overview"],"until":9e99,"iat"`, 1), true)
	f.Add(hostsHead, strings.Replace(hosts, `"iat"`, `"host":"host","public":true,"lifetime":9,"iat"`, 1), true)
	f.Add(`{"alg":"none","typ":"`+hostTokenType+`","jwk":{}}`, hosts, true)
	f.Add(`{"alg":"EdDSA","typ":"`+hostTokenType+`","crit":["b64"],"b64":false}`, hosts, true)
	f.Fuzz(func(t *testing.T, header, payload string, byHost bool) {
		method, key := jwt.SigningMethod(jwt.SigningMethodHS256), any([]byte(b.config.Keys[0].Secret.Reveal()))
		if byHost {
			method, key = edDSA.method, edDSA.private
		}
		grant, err := b.verify(handwritten(t, method, key, header, payload), page)
		if err != nil {
			if kind := report.KindOf(err); kind != report.Unauthenticated && kind != report.Forbidden && kind != report.Invalid {
				t.Fatalf("%v is %v", err, kind)
			}
			return
		}
		if left := grant.Expires().Sub(b.now); left < -leeway || left > MaxLifetime+leeway {
			t.Errorf("it lives another %s", left)
		}
		if byHost && (grant.Anonymous() || !strings.HasPrefix(grant.Session(), "crm:")) {
			t.Errorf("a host's token passes for one of session %q", grant.Session())
		}
		if byHost && slices.ContainsFunc(grant.ViewNames(), func(name string) bool { return name != "shop" }) {
			t.Errorf("a host's token opens %q", grant.ViewNames())
		}
	})
}

// FuzzParseKeys: whatever a file of signing keys holds, what is read is strong enough
// and written and read again the same; an error does not show a secret.
func FuzzParseKeys(f *testing.F) {
	var good bytes.Buffer
	ok(f, writeKeys(&good, []Key{key(f, 1), key(f, 2)}, "ab12"))
	f.Add(good.Bytes())
	for _, s := range []string{``, `{}`, `null`, `{"keys":[]}`, `{"keys":[{"id":"a","secret":"AAAA"}]}`, `{"keys":[{"id":"a","secret":"CANARYCANARY"}]}`, `{"keys":[{"id":"a","secret":7,"x":1}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		keys, ledger, err := parseKeys(file)
		if err != nil {
			return
		}
		for _, k := range keys {
			if len(k.Secret.Reveal()) < 32 {
				t.Errorf("a secret of %d bytes was taken", len(k.Secret.Reveal()))
			}
		}
		var first, second bytes.Buffer
		if err := writeKeys(&first, keys, ledger); err != nil {
			t.Skip(err) // years that JSON cannot write
		}
		again, same, err := parseKeys(first.Bytes())
		ok(t, err)
		ok(t, writeKeys(&second, again, same))
		if first.String() != second.String() {
			t.Errorf("%s\nis read and written as\n%s", &first, &second)
		}
	})
}

// FuzzParseHostKeys: whatever a host registers, what is read are few keys, each of a
// name of its own and an algorithm that its kind decides, and none is private.
func FuzzParseHostKeys(f *testing.F) {
	for _, s := range signings(f) {
		f.Add([]byte(s.file))
	}
	for _, s := range []string{
		"", "{}", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"` + strings.Repeat("x", 80) + `"}]}`,
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		keys, err := parseHostKeys(file)
		if err != nil {
			return
		}
		names := map[string]bool{}
		for _, k := range keys {
			if names[k.Fingerprint] || k.ID != "" && names[k.ID] {
				t.Errorf("two keys have one name")
			}
			names[k.Fingerprint], names[k.ID] = true, true
			text := "a"
			if signature, err := base64.RawURLEncoding.DecodeString("AAAA"); err == nil && k.method.Verify(text, signature, k.key) == nil {
				t.Errorf("a %s key verifies nonsense", k.method.Alg())
			}
		}
		if n := len(keys); n == 0 || n > maxHostKeys {
			t.Errorf("%d keys", n)
		}
		if printed := fmt.Sprintf("%v %+v", keys, keys); bytes.Contains(file, []byte(`"oct"`)) && leaks(printed, file) {
			t.Errorf("the keys print as %s", printed)
		}
	})
}

// leaks reports whether text holds a secret of a JWK set.
func leaks(text string, file []byte) bool {
	var set struct{ Keys []struct{ K string } }
	return json.Unmarshal(file, &set) == nil && slices.ContainsFunc(set.Keys, func(k struct{ K string }) bool {
		return len(k.K) > 40 && strings.Contains(text, k.K)
	})
}
