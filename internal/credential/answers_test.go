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
		{"gateway", 502, "<html>bad gateway</html>", false, "", "instead of a token endpoint, something answered 502 with text/html"},
		{"too many", 429, `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota"}}`, false, "RESOURCE_EXHAUSTED", "(Quota)"},
		{"too many, without a word", 429, "", false, "", "answered 429 with an empty body"},
		{"not found", 404, "<html>nothing here</html>", false, "", "check the addresses in the key file, and whether a proxy answers in the place of 127.0.0.1"},
		{"denied", 403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no"}}`, true, "PERMISSION_DENIED", "Service Account Token Creator"},
		{"login page", 200, "<html><title>Guest\n &amp; <b>network</b></title>Please sign in</html>", false, "",
			"see what proxy, firewall or login page answers in the place of 127.0.0.1"},
		{"login page, named", 200, "<html><title>Guest\n &amp; <b>network</b></title>Please sign in</html>", false, "",
			`instead of a token endpoint, something answered 200 with text/html; charset=utf-8, titled "Guest & network"`},
		{"login page, refusing", 403, "<html><title>Sign in</title></html>", false, "", `something answered 403 with text/html; charset=utf-8, titled "Sign in"`},
		{"a proxy's credentials", 407, "<html>no</html>", false, "", "put them into HTTPS_PROXY, or let this server through to 127.0.0.1"},
		{"a proxy's JSON", 403, `{"error":"Forbidden"}`, false, "", `something answered 403 with application/json; charset=utf-8, saying "Forbidden"`},
		{"a proxy's other JSON", 400, `{"error":"blocked_by_policy","error_description":"Ask IT."}`, false, "", `saying "blocked_by_policy: Ask IT."`},
		{"JSON that says nothing", 403, `{"message":"User is not signed in"}`, false, "", "something answered 403 with application/json"},
		{"an empty 403", 403, "", false, "", "something answered 403 with an empty body"},
		{"not UTF-8", 200, "<title>\xff\xfe\x1b[31m</title>", false, "", "something answered 200"},
		{"plain text", 200, "ya29.sign-in-first", false, "", "something answered 200 with text/plain"},
		{"only an ID token", 200, `{"id_token":"` + idToken + `"}`, true, "", "ID token"},
		{"empty object", 200, `{}`, false, "", "something answered 200 with application/json; charset=utf-8 and without an access token"},
		{"ended", 200, `{"access_token":"ya29.x","expires_in":1}`, false, "", "has expired already"},
		{"overflow", 200, `{"access_token":"ya29.x","expires_in":9223372036854775807}`, false, "", "has expired already"},
		{"code is no word", 400, flat("<script>", "x"), false, "", `saying "x"`},
		{"error is a number", 400, `{"error":7}`, false, "", "something answered 400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				if strings.HasPrefix(c.body, "{") {
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
				return true
			})
			e := b.fails(t)
			if e.Permanent() != c.permanent || e.Code != c.code || e.Status != c.status {
				t.Errorf("permanent %v, code %q, status %d", e.Permanent(), e.Code, e.Status)
			}
			if !strings.Contains(e.Error(), c.want) {
				t.Errorf("error %q does not say %q", e, c.want)
			}
			if strings.Contains(e.Error(), "ya29.sign") || strings.ContainsAny(e.Error(), "\x1b\n") {
				t.Errorf("error %q tells too much", e)
			}
			if e.Account != "main" || e.Email != "sa@demo.iam.gserviceaccount.com" || e.File != b.file {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestOnlyJSONIsGoogles: a proxy may use the words of OAuth as well, and says nothing
// about the account.
func TestOnlyJSONIsGoogles(t *testing.T) {
	for kind, google := range map[string]bool{
		"application/json": true, "Application/JSON; charset=UTF-8": true, "text/html": false, "text/html; charset=utf-8": false, "text/plain": false, "": false, "x; /": false,
	} {
		b := newBench(t, nil)
		b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header()["Content-Type"] = []string{kind}
			w.WriteHeader(400)
			fmt.Fprint(w, flat("invalid_request", "Blocked."))
			return true
		})
		if e := b.fails(t); e.Permanent() != google || (e.Code != "") != google || strings.Contains(e.Error(), "instead of a token endpoint") == google {
			t.Errorf("%q: permanent %v, %v", kind, e.Permanent(), e)
		}
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
		if want := fmt.Sprintf("something answered %d, a redirect to 127.0.0.1", status); e.Permanent() || !strings.Contains(e.Error(), want) {
			t.Errorf("%v\nlacks %s", e, want)
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
	if e := b.fails(t); e.Permanent() || !strings.Contains(e.Error(), "certificate") {
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
