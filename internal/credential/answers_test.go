package credential_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

// TestGooglesWords feeds the answers that Google is known to give, and some that it
// is not, and looks at what the operator gets to read.
func TestGooglesWords(t *testing.T) {
	const window = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
		"Check your iat and exp values in the JWT claim."
	cases := []struct {
		name      string
		status    int
		body      string
		permanent bool
		code      string
		want      string
	}{
		{"signature", 400, flat("invalid_grant", "Invalid JWT Signature."), true, "invalid_grant", "create a new JSON key for sa@demo"},
		{"account", 400, flat("invalid_grant", "Invalid grant: account not found"), true, "invalid_grant", "deleted or disabled"},
		{"clock", 400, flat("invalid_grant", window), true, "invalid_grant", "clock agrees"},
		{"audience", 400, flat("invalid_grant", "Invalid JWT: Failed audience check."), true, "invalid_grant", "token_uri"},
		{"unauthorized", 401, flat("unauthorized_client", "Unauthorized client or scope in request."), true, "unauthorized_client", credential.Scope},
		{"scope", 400, flat("invalid_scope", "Invalid OAuth scope or ID token audience provided."), true, "invalid_scope", credential.Scope},
		{"disabled", 400, flat("disabled_client", "The OAuth client was disabled."), true, "disabled_client", "enable it"},
		{"bad request", 400, flat("invalid_request", "Bad Request"), true, "invalid_request", "answered 400 invalid_request (Bad Request)"},
		{"internal", 500, flat("internal_failure", "Backend Error"), false, "internal_failure", "answered 500"},
		{"internal by word", 400, flat("internal_failure", "Backend Error"), false, "internal_failure", "Backend Error"},
		{"gateway", 502, "<html>bad gateway</html>", false, "", "answered 502"},
		{"too many", 429, `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota"}}`, false, "RESOURCE_EXHAUSTED", "(Quota)"},
		{"not found", 404, "<html>nothing here</html>", true, "", "not an answer of Google's token endpoint"},
		{"denied", 403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no"}}`, true, "PERMISSION_DENIED", "Service Account Token Creator"},
		{"login page", 200, "<html>Please sign in to the guest network</html>", false, "", "a proxy or a login page"},
		{"only an ID token", 200, `{"id_token":"` + idToken + `"}`, true, "", "ID token"},
		{"empty object", 200, `{}`, true, "", "without an access token"},
		{"ended", 200, `{"access_token":"ya29.x","expires_in":1}`, false, "", "has ended already"},
		{"overflow", 200, `{"access_token":"ya29.x","expires_in":9223372036854775807}`, false, "", "has ended already"},
		{"code is no word", 400, flat("<script>", "x"), true, "", "answered 400 (x)"},
		{"error is a number", 400, `{"error":7}`, true, "", "answered 400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
				return true
			})
			e := b.fails(t)
			if e.Permanent() != c.permanent || e.Temporary() == c.permanent || e.Code != c.code || e.Status != c.status {
				t.Errorf("permanent %v, code %q, status %d", e.Permanent(), e.Code, e.Status)
			}
			if !strings.Contains(e.Error(), c.want) {
				t.Errorf("error %q does not say %q", e, c.want)
			}
			if e.Account != "main" || e.Email != "sa@demo.iam.gserviceaccount.com" || e.File != b.file {
				t.Errorf("%+v", e)
			}
		})
	}
}

// idToken is an unsigned ID token that ends in the far future.
const idToken = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20iLCJleHAiOjQxMDI0NDQ4MDB9.c2ln"

func flat(code, text string) string {
	return fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, text)
}

func TestClockSkewIsTold(t *testing.T) {
	now := time.Now().UTC()
	for date, want := range map[string]string{
		now.Add(-3 * time.Hour).Format(http.TimeFormat): "3h0m",
		now.Add(-2 * time.Hour).Format(http.TimeFormat): "ahead of the token endpoint's",
		now.Add(4 * time.Hour).Format(http.TimeFormat):  "behind the token endpoint's",
		"yesterday": "NTP",
	} {
		b := newBench(t, nil)
		b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", date)
			refuse(w, 400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
			return true
		})
		if e := b.fails(t); !strings.Contains(e.Error(), "clock is wrong") || !strings.Contains(e.Error(), want) {
			t.Errorf("%s: %v", date, e)
		}
	}
}

// TestEchoedSecrets has the endpoint repeat all that it was sent.
func TestEchoedSecrets(t *testing.T) {
	b := newBench(t, nil)
	var assertion string
	b.google.set(func(_ int, w http.ResponseWriter, r *http.Request) bool {
		assertion = r.FormValue("assertion")
		refuse(w, 400, "invalid_request", "cannot read "+assertion+" signed by "+testPEM()+" ya29.short 1//short GOCSPX-short\x1b[31m")
		return true
	})
	e := b.fails(t)
	all := fmt.Sprintf("%v %+v %#v", e, e, *e) + b.log.String()
	for _, part := range append(strings.Split(assertion, "."), strings.Fields(testPEM())[3], "ya29.short", "1//short", "GOCSPX-short", "\x1b") {
		if strings.Contains(all, part) {
			t.Errorf("%q is in %q", part, all)
		}
	}
	if !strings.Contains(e.Error(), "cannot read [hidden]") {
		t.Errorf("%v", e)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var stolen atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		b := newBench(t, nil)
		b.google.set(func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, thief.URL, status)
			return true
		})
		e := b.fails(t)
		if !e.Permanent() || !strings.Contains(e.Error(), "redirects are not followed") {
			t.Errorf("%d: %v", status, e)
		}
		if stolen.Load() > 0 {
			t.Fatalf("%d was followed", status)
		}
	}
}

func TestUnreachable(t *testing.T) {
	b := newBench(t, nil)
	b.server.Close()
	e := b.fails(t)
	if e.Permanent() || e.Status != 0 || !strings.Contains(e.Error(), "cannot be reached") {
		t.Errorf("%v", e)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	b := newBench(t, func(b *bench, c *credential.Config) {
		s := httptest.NewUnstartedServer(b.google)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		write(t, b.file, serviceKey(s.URL+"/token", nil))
	})
	if e := b.fails(t); !e.Permanent() || !strings.Contains(e.Error(), "certificate") {
		t.Errorf("%v", e)
	}
}

func TestNoExpiryIsShort(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(n int, w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprintf(w, `{"access_token":"ya29.%d","token_type":"Bearer"}`, n)
		return true
	})
	token := b.want(t, "ya29.1")
	if life := token.Expires().Sub(b.clock.Now()); life <= 0 || life > 15*time.Minute {
		t.Errorf("a token of unknown life is used for %v", life)
	}
}
