package credential_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

// open reads one key file and returns the keyring or the error.
func open(t *testing.T, path string) (*credential.Keys, error) {
	t.Helper()
	k, err := credential.New(credential.Config{
		Accounts: map[string]credential.Account{"main": {KeyFile: path}},
		Clock:    time.Now,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err == nil {
		t.Cleanup(func() { _ = k.Close() })
	}
	return k, err
}

func object(t *testing.T, fields map[string]any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func with(fields map[string]any, changes map[string]any) map[string]any {
	all := maps.Clone(fields)
	maps.Copy(all, changes)
	return all
}

const sts = "https://sts.googleapis.com/v1/token"

var (
	user = map[string]any{
		"type": "authorized_user", "client_id": "id", "client_secret": "GOCSPX-canary", "refresh_token": "1//canary",
	}
	impersonated = map[string]any{
		"type": "impersonated_service_account",
		"service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" +
			"reader@demo.iam.gserviceaccount.com:generateAccessToken",
		"source_credentials": user,
	}
	external = map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": sts,
		"credential_source": map[string]any{"file": "/var/run/token"},
	}
	externalUser = map[string]any{
		"type": "external_account_authorized_user", "audience": "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
		"client_id": "id", "client_secret": "s", "refresh_token": "r", "token_url": sts,
	}
)

func source(fields map[string]any) map[string]any {
	return with(external, map[string]any{"credential_source": fields})
}

func TestKeyFilesThatAreGood(t *testing.T) {
	files := map[string]struct {
		content     []byte
		kind, email string
	}{
		"service account": {serviceKey("https://oauth2.googleapis.com/token", nil), "service_account", "sa@demo.iam.gserviceaccount.com"},
		"old token_uri":   {serviceKey("https://accounts.google.com/o/oauth2/token", nil), "service_account", "sa@demo.iam.gserviceaccount.com"},
		"no token_uri":    {serviceKey("", map[string]any{"token_uri": nil}), "service_account", "sa@demo.iam.gserviceaccount.com"},
		"byte order mark": {append([]byte("\xef\xbb\xbf"), serviceKey("", nil)...), "service_account", "sa@demo.iam.gserviceaccount.com"},
		"user":            {object(t, user), "authorized_user", ""},
		"impersonated":    {object(t, impersonated), "impersonated_service_account", "reader@demo.iam.gserviceaccount.com"},
		"external, file":  {object(t, external), "external_account", ""},
		"external, metadata": {object(t, source(map[string]any{"url": "http://169.254.169.254/metadata/identity/oauth2/token"})),
			"external_account", ""},
		"external user": {object(t, externalUser), "external_account_authorized_user", ""},
	}
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			k, err := open(t, write(t, filepath.Join(t.TempDir(), "key.json"), f.content))
			if err != nil {
				t.Fatal(err)
			}
			s := k.Status()[0]
			if s.Type != f.kind || s.Email != f.email || k.Email("main") != f.email {
				t.Errorf("%+v", s)
			}
		})
	}
}

func ecPEM(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestKeyFilesThatAreNot(t *testing.T) {
	const google = "https://oauth2.googleapis.com/token"
	key := func(changes map[string]any) []byte { return serviceKey(google, changes) }
	block := func(kind, content string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(content)}))
	}
	files := map[string]struct {
		content []byte
		want    string // in the error
	}{
		"empty":               {nil, "empty"},
		"cut off":             {key(nil)[:200], "broken JSON: unexpected end of JSON input"},
		"edited":              {[]byte("{\n  \"type\": \"service_account\",\n  oops\n}"), "key.json:3:3: broken JSON"},
		"list":                {[]byte("[1]"), "does not start with {"},
		"PEM":                 {[]byte(testPEM()), "PEM file"},
		"P12":                 {[]byte("\x30\x82\x0a\x00"), "P12"},
		"large":               {[]byte("{" + strings.Repeat(" ", 1<<20) + "}"), "larger than"},
		"number":              {[]byte("{\n\"type\": 7}"), `key.json:2:9: the field "type" cannot be of type number`},
		"array":               {[]byte(`{"private_key": []}`), `the field "private_key" cannot be of type array`},
		"OAuth client, web":   {[]byte(`{"web": {"client_secret": "canary"}}`), "OAuth client file"},
		"OAuth client":        {[]byte(`{"installed": {"client_secret": "canary"}}`), "OAuth client file"},
		"other JSON":          {[]byte(`{"name": "package"}`), "not a Google credential"},
		"no type":             {key(map[string]any{"type": nil}), `the field "type" is missing`},
		"strange type":        {key(map[string]any{"type": "gdch_service_account"}), `type "gdch_service_account" is not supported`},
		"secret in type":      {key(map[string]any{"type": "MIIEvQ+canary/"}), "[not a word]"},
		"no address":          {key(map[string]any{"client_email": nil}), "client_email is missing"},
		"no private key":      {key(map[string]any{"private_key": nil}), "private_key is missing"},
		"no PEM":              {key(map[string]any{"private_key": "canary"}), "line breaks"},
		"damaged":             {key(map[string]any{"private_key": block("PRIVATE KEY", "canary")}), "private_key is damaged"},
		"public":              {key(map[string]any{"private_key": block("PUBLIC KEY", "canary")}), "holds a public key"},
		"encrypted":           {key(map[string]any{"private_key": block("ENCRYPTED PRIVATE KEY", "canary")}), "passphrase"},
		"EC":                  {key(map[string]any{"private_key": ecPEM(t)}), "EC key"},
		"universe":            {key(map[string]any{"universe_domain": "example.com"}), "universe_domain"},
		"foreign token_uri":   {key(map[string]any{"token_uri": "https://evil.example/token"}), `token_uri points to host "evil.example"`},
		"lookalike":           {key(map[string]any{"token_uri": "https://oauth2.googleapis.com.evil.example/"}), "google.token_hosts"},
		"user info":           {key(map[string]any{"token_uri": "https://oauth2.googleapis.com@evil.example/"}), "user name"},
		"http":                {key(map[string]any{"token_uri": "http://oauth2.googleapis.com/token"}), "only https is safe"},
		"file scheme":         {key(map[string]any{"token_uri": "file:///etc/passwd"}), "not an https address"},
		"metadata token_uri":  {key(map[string]any{"token_uri": "http://169.254.169.254/latest"}), "metadata server"},
		"loopback unlisted":   {key(map[string]any{"token_uri": "http://127.0.0.1:9/token"}), "127.0.0.1:9"},
		"user, no refresh":    {object(t, with(user, map[string]any{"refresh_token": ""})), "gcloud auth application-default login"},
		"user, elsewhere":     {object(t, with(user, map[string]any{"token_uri": "https://evil.example"})), "token_uri points"},
		"impersonate at":      {object(t, with(impersonated, map[string]any{"service_account_impersonation_url": "https://evil.example/x:generateAccessToken"})), "service_account_impersonation_url points"},
		"impersonate what":    {object(t, with(impersonated, map[string]any{"service_account_impersonation_url": "https://iamcredentials.googleapis.com/"})), ":generateAccessToken"},
		"impersonate, source": {object(t, with(impersonated, map[string]any{"source_credentials": with(user, map[string]any{"token_uri": "https://evil.example"})})), "token_uri points"},
		"impersonate, bare":   {object(t, with(impersonated, map[string]any{"source_credentials": nil})), "source_credentials is missing"},
		"external, token_url": {object(t, with(external, map[string]any{"token_url": "https://evil.example"})), "token_url points"},
		"external, info":      {object(t, with(external, map[string]any{"token_info_url": "https://evil.example"})), "token_info_url points"},
		"external, revoke":    {object(t, with(externalUser, map[string]any{"revoke_url": "https://evil.example"})), "revoke_url points"},
		"external, imp":       {object(t, with(external, map[string]any{"service_account_impersonation_url": "https://evil.example/:generateAccessToken"})), "service_account_impersonation_url points"},
		"external, url":       {object(t, source(map[string]any{"url": "http://evil.example/token"})), "credential_source.url points"},
		"external, region":    {object(t, source(map[string]any{"environment_id": "aws1", "region_url": "http://evil.example"})), "credential_source.region_url points"},
		"external, session":   {object(t, source(map[string]any{"environment_id": "aws1", "imdsv2_session_token_url": "http://evil.example"})), "credential_source.imdsv2_session_token_url points"},
		"external, command":   {object(t, source(map[string]any{"executable": map[string]any{"command": "id"}})), "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"},
		"external, X.509":     {object(t, source(map[string]any{"certificate": map[string]any{"use_default_certificate_config": true}})), "not supported"},
		"external, none":      {object(t, with(external, map[string]any{"credential_source": nil})), "credential_source is missing"},
		"external, audience":  {object(t, with(external, map[string]any{"audience": nil})), "audience is missing"},
	}
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "key.json"), f.content)
			_, err := open(t, path)
			if err == nil {
				t.Fatal("accepted")
			}
			e := asError(t, err)
			if !strings.Contains(err.Error(), f.want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"main"`) {
				t.Errorf("error %q does not say %q, %q and the account", err, f.want, path)
			}
			if strings.Contains(err.Error(), "canary") || !e.Permanent() {
				t.Errorf("%v (permanent %v)", err, e.Permanent())
			}
		})
	}
}

func TestErrorPointsAtTheField(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "key.json"), serviceKey("https://evil.example/token", nil))
	_, err := open(t, path)
	e := asError(t, err)
	lines := strings.Split(string(serviceKey("https://evil.example/token", nil)), "\n")
	if e.Line == 0 || !strings.Contains(lines[e.Line-1][e.Column-1:], `"token_uri"`) {
		t.Errorf("line %d, column %d", e.Line, e.Column)
	}
	if e.Email != "sa@demo.iam.gserviceaccount.com" {
		t.Errorf("Email = %q", e.Email)
	}
}

func TestErrorPointsIntoNestedPart(t *testing.T) {
	nested := with(impersonated, map[string]any{"source_credentials": with(user, map[string]any{"token_uri": "https://evil.example"}),
		"a_comment": "\"token_uri\""})
	raw := object(t, nested)
	_, err := open(t, write(t, filepath.Join(t.TempDir(), "key.json"), raw))
	e := asError(t, err)
	if got := strings.Split(string(raw), "\n")[e.Line-1]; !strings.Contains(got, "evil.example") {
		t.Errorf("line %d is %q", e.Line, got)
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.json"): "there is no such key file",
		dir:                                "is a directory",
	} {
		_, err := open(t, path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := credential.New(credential.Config{
		Accounts: map[string]credential.Account{"a": {KeyFile: "/none/a.json"}, "b": {KeyFile: "/none/b.json"}},
		Clock:    time.Now,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err == nil || !strings.Contains(err.Error(), "a.json") || !strings.Contains(err.Error(), "b.json") {
		t.Errorf("%v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := credential.Config{
		Accounts: map[string]credential.Account{"a": {KeyFile: "/none"}}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
	for name, spoil := range map[string]func(*credential.Config){
		"no accounts": func(c *credential.Config) { c.Accounts = nil },
		"no clock":    func(c *credential.Config) { c.Clock = nil },
		"no logger":   func(c *credential.Config) { c.Logger = nil },
		"hosts: URL":  func(c *credential.Config) { c.TokenHosts = []string{"https://oauth2.googleapis.com"} },
		"hosts: path": func(c *credential.Config) { c.TokenHosts = []string{"oauth2.googleapis.com/token"} },
		"hosts: star": func(c *credential.Config) { c.TokenHosts = []string{"*.googleapis.com"} },
		"hosts: none": func(c *credential.Config) { c.TokenHosts = []string{""} },
	} {
		c := good
		spoil(&c)
		if _, err := credential.New(c); err == nil || strings.Contains(err.Error(), "/none") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
