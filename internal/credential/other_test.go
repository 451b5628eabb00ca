package credential_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

// cloud is the rest of Google: the user's token endpoint, the security token
// service, IAM Credentials and the metadata server, by path.
type cloud struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", c.user)
	mux.HandleFunc("POST /v1/token", c.exchange)
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{call}", c.impersonate)
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/{what}", c.metadata)
	mux.HandleFunc("GET /subject", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "subject-token") })
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.calls = append(c.calls, r.Method+" "+r.URL.Path)
		c.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

func (c *cloud) user(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != "1//canary" {
		refuse(w, 400, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	grant(w, 1)
}

func (c *cloud) exchange(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("refresh_token") == "r" {
		fmt.Fprint(w, `{"access_token":"ya29.workforce","token_type":"Bearer","expires_in":3599}`)
		return
	}
	if r.FormValue("subject_token") != "subject-token" {
		refuse(w, 400, "invalid_grant", "bad subject "+r.FormValue("subject_token"))
		return
	}
	fmt.Fprint(w, `{"access_token":"ya29.sts","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3599}`)
}

func (c *cloud) impersonate(w http.ResponseWriter, r *http.Request) {
	var q struct{ Scope []string }
	_ = json.NewDecoder(r.Body).Decode(&q)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ya29.") || !slices.Equal(q.Scope, []string{credential.Scope}) {
		w.WriteHeader(403)
		fmt.Fprint(w, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Permission 'iam.serviceAccounts.getAccessToken' denied"}}`)
		return
	}
	fmt.Fprintf(w, `{"accessToken":"ya29.reader","expireTime":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

func (c *cloud) metadata(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Metadata-Flavor") != "Google":
		w.WriteHeader(403)
	case r.PathValue("what") == "email":
		fmt.Fprint(w, "machine@demo.iam.gserviceaccount.com")
	case r.PathValue("what") == "token" && r.FormValue("scopes") == credential.Scope:
		fmt.Fprint(w, `{"access_token":"ya29.machine","expires_in":3000,"token_type":"Bearer"}`)
	default:
		w.WriteHeader(404)
	}
}

// keysAt returns a keyring for one account that may talk to this machine.
func keysAt(t *testing.T, account credential.Account) (*credential.Keys, error) {
	t.Helper()
	k, err := credential.New(credential.Config{
		Accounts:   map[string]credential.Account{"main": account},
		TokenHosts: []string{"127.0.0.1"},
		Clock:      time.Now,
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err == nil {
		t.Cleanup(func() { _ = k.Close() })
	}
	return k, err
}

// at returns fields with their addresses moved to this cloud.
func (c *cloud) at(t *testing.T, fields map[string]any) []byte {
	t.Helper()
	text := string(object(t, fields))
	text = strings.ReplaceAll(text, "https://iamcredentials.googleapis.com", c.URL)
	return []byte(strings.ReplaceAll(text, "https://sts.googleapis.com", c.URL))
}

func TestOtherCredentials(t *testing.T) {
	c := newCloud(t)
	subject := write(t, filepath.Join(t.TempDir(), "subject"), []byte("subject-token"))
	here := with(user, map[string]any{"token_uri": c.URL + "/token", "account": "ann@example.com"})
	byFile := source(map[string]any{"file": subject})
	const readerURL = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/reader@demo.iam.gserviceaccount.com:generateAccessToken"
	files := map[string]struct {
		fields       map[string]any
		token, email string
	}{
		"user":                   {here, "ya29.1", "ann@example.com"},
		"impersonated by a user": {with(impersonated, map[string]any{"source_credentials": here}), "ya29.reader", "reader@demo.iam.gserviceaccount.com"},
		"external user":          {externalUser, "ya29.workforce", ""},
		"external, file":         {byFile, "ya29.sts", ""},
		"external, address":      {source(map[string]any{"url": c.URL + "/subject"}), "ya29.sts", ""},
		"external, impersonated": {with(byFile, map[string]any{"service_account_impersonation_url": readerURL}), "ya29.reader", "reader@demo.iam.gserviceaccount.com"},
	}
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			k, err := keysAt(t, credential.Account{KeyFile: write(t, filepath.Join(t.TempDir(), "key.json"), c.at(t, f.fields))})
			if err != nil {
				t.Fatal(err)
			}
			token, err := k.AccessToken(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			if got := bearer(t, token); got != "Bearer "+f.token {
				t.Errorf("got %s", got)
			}
			if k.Email("main") != f.email {
				t.Errorf("Email = %q", k.Email("main"))
			}
			token.Reject() // and a second one, past the library's caches
			before := c.count()
			if _, err := k.AccessToken(t.Context(), "main"); err != nil || c.count() == before {
				t.Errorf("after the refusal: %v, %d calls more", err, c.count()-before)
			}
		})
	}
}

func TestOtherCredentialsThatFail(t *testing.T) {
	c := newCloud(t)
	revoked := with(user, map[string]any{"token_uri": c.URL + "/token", "refresh_token": "1//gone"})
	wrong := write(t, filepath.Join(t.TempDir(), "subject"), []byte("opaque-canary-of-forty-characters-and-more-and-more"))
	files := map[string]struct {
		fields    map[string]any
		permanent bool
		want      string
	}{
		"user, revoked":         {revoked, true, "gcloud auth application-default login"},
		"subject file is gone":  {source(map[string]any{"file": "/none/subject"}), false, "/none/subject"},
		"subject is refused":    {source(map[string]any{"file": wrong}), true, "bad subject [hidden]"},
		"no address to ask":     {source(map[string]any{"url": c.URL + "/nothing"}), false, "404"},
		"impersonation refused": {with(impersonated, map[string]any{"source_credentials": revoked}), true, "invalid_grant"},
	}
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			k, err := keysAt(t, credential.Account{KeyFile: write(t, filepath.Join(t.TempDir(), "key.json"), c.at(t, f.fields))})
			if err != nil {
				t.Fatal(err)
			}
			_, err = k.AccessToken(t.Context(), "main")
			e := asError(t, err)
			if e.Permanent() != f.permanent || !strings.Contains(e.Error(), f.want) || strings.Contains(e.Error(), "canary") {
				t.Errorf("permanent %v: %v", e.Permanent(), e)
			}
		})
	}
}

func TestExecutable(t *testing.T) {
	c := newCloud(t)
	t.Setenv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1")
	script := filepath.Join(t.TempDir(), "subject.sh")
	for output, want := range map[string]string{
		`{"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:jwt","id_token":"subject-token","expiration_time":4102444800}`: "",
		`canary {"id_token":"canary"`: "is not the JSON",
	} {
		if err := os.WriteFile(script, []byte("#!/bin/sh\ncat <<'END'\n"+output+"\nEND\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		fields := source(map[string]any{"executable": map[string]any{"command": script, "timeout_millis": 10000}})
		k, err := keysAt(t, credential.Account{KeyFile: write(t, filepath.Join(t.TempDir(), "key.json"), c.at(t, fields))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.AccessToken(t.Context(), "main")
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%v", err)
		}
	}
}

func TestMetadataServer(t *testing.T) {
	c := newCloud(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(c.URL, "http://"))
	k, err := keysAt(t, credential.Account{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := k.AccessToken(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if bearer(t, token) != "Bearer ya29.machine" || k.Email("main") != "machine@demo.iam.gserviceaccount.com" {
		t.Errorf("%s, %s", bearer(t, token), k.Email("main"))
	}
	t.Setenv("GCE_METADATA_HOST", "evil.example")
	if _, err := keysAt(t, credential.Account{}); err == nil || !strings.Contains(err.Error(), "google.token_hosts") {
		t.Errorf("a foreign metadata server: %v", err)
	}
}

func TestMetadataServerThatFails(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	for name, f := range map[string]struct {
		status    int
		flavor    string // Google's metadata server says so in each answer
		body      string
		permanent bool
		want      string
	}{
		"no account":     {404, "Google", "not found", true, "attach a service account"},
		"another server": {404, "", "not found", false, "instead of a token endpoint, something answered 404"},
		"trouble":        {503, "Google", "", false, "answered 503"},
		"not JSON":       {200, "Google", "ya29.canary", false, "instead of a token endpoint, something answered 200"},
		"no token":       {200, "Google", "{}", false, "without an access token"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if f.flavor != "" {
				w.Header().Set("Metadata-Flavor", f.flavor)
			}
			w.WriteHeader(f.status)
			fmt.Fprint(w, f.body)
		}))
		t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(s.URL, "http://"))
		k, err := keysAt(t, credential.Account{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.AccessToken(t.Context(), "main")
		if e := asError(t, err); e.Permanent() != f.permanent || !strings.Contains(e.Error(), f.want) || strings.Contains(e.Error(), "canary") {
			t.Errorf("%s: permanent %v, %v", name, e.Permanent(), e)
		}
		s.Close()
	}
}

func TestDefaultCredentials(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("GCE_METADATA_HOST", "")
	named := filepath.Join(home, "named.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", named)
	_, err := keysAt(t, credential.Account{})
	if err == nil || !strings.Contains(err.Error(), named) || !strings.Contains(err.Error(), "GOOGLE_APPLICATION_CREDENTIALS") {
		t.Errorf("a variable that points nowhere: %v", err)
	}
	write(t, named, serviceKey("http://127.0.0.1:9/token", nil))
	k, err := keysAt(t, credential.Account{})
	if err != nil || k.Status()[0].File != named {
		t.Errorf("by the variable: %v", err)
	}

	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	dir := filepath.Join(home, ".config", "gcloud")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	known := write(t, filepath.Join(dir, "application_default_credentials.json"), object(t, user))
	_, err = keysAt(t, credential.Account{}) // its token_uri is Google's, which this list lacks
	if err == nil || !strings.Contains(err.Error(), known) {
		t.Errorf("gcloud's file: %v", err)
	}
}
