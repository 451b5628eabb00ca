package credential

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/secret"
)

// FuzzKeyFile feeds the parser files that nobody wrote on purpose. It must not
// panic, and its errors must not quote the parts that are secret.
func FuzzKeyFile(f *testing.F) {
	const canary = "CANARY"
	allowed, _ := newHosts(nil)
	for _, seed := range []string{
		`{"type":"service_account","private_key":"CANARY","client_email":"sa@demo.iam.gserviceaccount.com"}`,
		`{"type":"service_account","private_key":{"CANARY":1},"client_email":"sa@demo.iam.gserviceaccount.com"}`,
		`{"type":"authorized_user","client_id":"i","client_secret":"CANARY","refresh_token":"CANARY"}`,
		`{"type":"impersonated_service_account","service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.c:generateAccessToken","source_credentials":{"type":"authorized_user","client_id":"i","client_secret":"CANARY","refresh_token":"CANARY"}}`,
		`{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"f"}}`,
		`{"type":"external_account","audience":"a","subject_token_type":"t","credential_source":{"url":"http://[::1"}}`,
		`{"web":{"client_secret":"CANARY"}}`, `{"private_key":"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n"}`,
		`{"private_key":"CANARY"`, "\xef\xbb\xbf{}", "[]", "", "-----BEGIN PRIVATE KEY-----\nCANARY",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, err := parseKey("key.json", raw, allowed)
		if (id == nil) == (err == nil) {
			t.Fatalf("identity %v and error %v", id, err)
		}
		if err == nil {
			return
		}
		if !secretsOnly(raw, canary) {
			return
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, *err); strings.Contains(text, canary) {
			t.Errorf("the error quotes a secret: %s", text)
		}
		if err.Line < 0 || err.Column < 0 || !err.Permanent() {
			t.Errorf("%+v", err)
		}
	})
}

// secretsOnly reports whether the canary is nowhere but in values of fields that
// are secret; the names of fields and hosts are meant to be read in errors.
func secretsOnly(raw []byte, canary string) bool {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return true // broken JSON is described, not quoted
	}
	for _, name := range []string{"private_key", "client_secret", "refresh_token"} {
		if _, text := fields[name].(string); text {
			delete(fields, name)
		}
	}
	rest, _ := json.Marshal(fields)
	return !strings.Contains(string(rest), canary)
}

// FuzzClean checks that no long run of a key's letters passes.
func FuzzClean(f *testing.F) {
	f.Add("Bad Request eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "abc")
	f.Fuzz(func(t *testing.T, before, after string) {
		secret := strings.Repeat("aB3_", 20)
		if out := clean(before + secret + after); strings.Contains(out, secret[:40]) || strings.ContainsAny(out, "\n\r\x1b") {
			t.Errorf("%q", out)
		}
	})
}

// A PEM block is hidden whole: its last line is too short to look like a key.
func TestCleanHidesPEMBlocks(t *testing.T) {
	line := strings.Repeat("aB3/", 16)
	for _, block := range []string{
		"-----BEGIN PRIVATE KEY-----\n" + line + "\nshortEnd==\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n" + line + "\nshortEnd==",
	} {
		if out := clean("before " + block); strings.Contains(out, "shortEnd") || !strings.HasPrefix(out, "before "+secret.Hidden) {
			t.Errorf("%q", out)
		}
	}
}
