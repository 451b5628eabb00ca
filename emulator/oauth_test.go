package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type userFile struct {
	Type         string `json:"type"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

func TestAuthorizedUser(t *testing.T) {
	l := newLab(t)
	b, err := l.emulator.IssueAuthorizedUser("ann@example.com", l.property)
	must(t, err)
	var f userFile
	must(t, json.Unmarshal(b, &f))
	right := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {f.ClientID},
		"client_secret": {f.ClientSecret}, "refresh_token": {f.RefreshToken},
	}
	status, answer := l.postForm("/token", right)
	token, _ := answer["access_token"].(string)
	if status != 200 || !strings.Contains(answer["scope"].(string), scopeReadonly) {
		t.Fatalf("%d %v", status, answer)
	}
	if r := l.doAs(token, "GET", "/v1beta/properties/"+l.property, ""); r.status != 200 {
		t.Errorf("own property: %d", r.status)
	}
	if r := l.doAs(token, "GET", "/v1beta/properties/"+l.emulator.properties.made[1].Property, ""); r.status != 403 {
		t.Errorf("foreign property: %d", r.status)
	}
	for _, tt := range []struct {
		field, value, error string
		status              int
	}{
		{"refresh_token", "", "invalid_request", 400},
		{"refresh_token", "wrong", "invalid_grant", 400},
		{"client_id", "", "invalid_request", 400},
		{"client_id", "wrong", "invalid_client", 401},
		{"client_secret", "wrong", "invalid_client", 401},
		{"scope", scopePlatform, "invalid_scope", 400},
	} {
		form := url.Values{}
		for k, v := range right {
			form[k] = v
		}
		form.Set(tt.field, tt.value)
		if status, answer := l.postForm("/token", form); status != tt.status || answer["error"] != tt.error {
			t.Errorf("%s=%q: %d %v", tt.field, tt.value, status, answer)
		}
	}
	must(t, l.emulator.RevokeAccount("ann@example.com"))
	if _, answer := l.postForm("/token", right); answer["error_description"] != "Token has been expired or revoked." {
		t.Errorf("revoked: %v", answer)
	}
}

// impersonate asks IAM Credentials for a token of email.
func (l *lab) impersonate(source, email, body string) (int, map[string]any) {
	l.t.Helper()
	r := l.doAs(source, "POST", "/v1/projects/-/serviceAccounts/"+email+":generateAccessToken", body)
	var answer map[string]any
	must(l.t, json.Unmarshal([]byte(r.body), &answer))
	return r.status, answer
}

func TestImpersonation(t *testing.T) {
	l := newLab(t)
	source, err := l.emulator.IssueKey("source@lab-project.iam.gserviceaccount.com", l.emulator.properties.made[1].Property)
	must(t, err)
	const target = "target@lab-project.iam.gserviceaccount.com"
	b, err := l.emulator.IssueImpersonated(source, target, l.property)
	must(t, err)
	var f struct {
		Type string  `json:"type"`
		URL  string  `json:"service_account_impersonation_url"`
		From keyFile `json:"source_credentials"`
	}
	must(t, json.Unmarshal(b, &f))
	if f.Type != "impersonated_service_account" || f.From.PrivateKey == "" || !strings.HasPrefix(f.URL, l.url) {
		t.Fatalf("%s", b)
	}
	l.file, l.private = readKeyFile(t, source)
	platform := l.fetchToken(map[string]any{"scope": scopePlatform})
	status, answer := l.impersonate(platform, target, `{"scope":["`+scopeReadonly+`"],"lifetime":"600s"}`)
	token, _ := answer["accessToken"].(string)
	if status != 200 || answer["expireTime"] != labNow.Add(10*time.Minute).Format(time.RFC3339) {
		t.Fatalf("%d %v", status, answer)
	}
	if r := l.doAs(token, "GET", "/v1beta/properties/"+l.property, ""); r.status != 200 {
		t.Errorf("property of the target: %d", r.status)
	}
	for name, ask := range map[string]func() (int, map[string]any){
		"foreign account": func() (int, map[string]any) {
			return l.impersonate(platform, labAccount, `{"scope":["`+scopeReadonly+`"]}`)
		},
		"narrow source": func() (int, map[string]any) {
			return l.impersonate(l.fetchToken(nil), target, `{"scope":["`+scopeReadonly+`"]}`)
		},
	} {
		if status, answer := ask(); status != 403 {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	for _, body := range []string{``, `{`, `{}`, `{"scope":["x"]}`, `{"scope":["` + scopeReadonly + `"],"lifetime":"7200s"}`} {
		if status, answer := l.impersonate(platform, target, body); status != 400 {
			t.Errorf("%s: %d %v", body, status, answer)
		}
	}
}

func TestFederation(t *testing.T) {
	l := newLab(t)
	const target = "target@lab-project.iam.gserviceaccount.com"
	tokenFile := filepath.Join(t.TempDir(), "subject-token")
	b, subject, err := l.emulator.IssueFederated(tokenFile, target, l.property)
	must(t, err)
	must(t, os.WriteFile(tokenFile, []byte(subject), 0o600))
	var f struct {
		Audience  string `json:"audience"`
		TokenType string `json:"subject_token_type"`
	}
	must(t, json.Unmarshal(b, &f))
	right := url.Values{
		"grant_type": {grantExchange}, "audience": {f.Audience}, "subject_token": {subject}, "subject_token_type": {f.TokenType},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "scope": {scopePlatform},
	}
	status, answer := l.postForm("/v1/token", right)
	federated, _ := answer["access_token"].(string)
	if status != 200 || answer["issued_token_type"] != "urn:ietf:params:oauth:token-type:access_token" {
		t.Fatalf("%d %v", status, answer)
	}
	status, answer = l.impersonate(federated, target, `{"scope":["`+scopeReadonly+`"]}`)
	token, _ := answer["accessToken"].(string)
	if r := l.doAs(token, "GET", "/v1beta/properties/"+l.property, ""); status != 200 || r.status != 200 {
		t.Errorf("%d %v; %d", status, answer, r.status)
	}
	for _, tt := range [][3]string{
		{"subject_token", "stolen", "invalid_grant"}, {"audience", "//elsewhere", "invalid_target"},
		{"audience", "", "invalid_request"}, {"grant_type", "x", "unsupported_grant_type"},
	} {
		form := url.Values{}
		for k, v := range right {
			form[k] = v
		}
		form.Set(tt[0], tt[1])
		if status, answer := l.postForm("/v1/token", form); status != 400 || answer["error"] != tt[2] {
			t.Errorf("%v: %d %v", tt, status, answer)
		}
	}
}

func TestTokenInfoAndRevoke(t *testing.T) {
	l := newLab(t)
	for _, r := range []reply{
		l.doAs("", "GET", "/tokeninfo?access_token="+l.token, ""),
		l.doAs(l.token, "POST", "/tokeninfo", ""),
		l.doAs("", "POST", "/tokeninfo", "access_token="+l.token),
	} {
		var info map[string]string
		must(t, json.Unmarshal([]byte(r.body), &info))
		if info["scope"] != scopeReadonly || info["email"] != labAccount || info["expires_in"] != "3600" {
			t.Errorf("%v", info)
		}
	}
	if r := l.doAs("", "POST", "/revoke", "token="+l.token); r.status != 200 {
		t.Errorf("revoke: %d %s", r.status, r.body)
	}
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 401 {
		t.Errorf("revoked token: %d", r.status)
	}
	if r := l.doAs("", "GET", "/tokeninfo?access_token="+l.token, ""); r.status != 400 || !strings.Contains(r.body, "invalid_token") {
		t.Errorf("tokeninfo of a revoked token: %d %s", r.status, r.body)
	}
}

// A JWT that the account signed itself is accepted in place of an access token,
// as Node's official client sends it.
func TestSelfSignedJWT(t *testing.T) {
	l := newLab(t)
	get := func(token string) int {
		return l.doAs(token, "GET", "/v1beta/properties/"+l.property+"/metadata", "").status
	}
	for name, change := range map[string]map[string]any{
		"aud":          {"sub": labAccount, "aud": "https://analyticsdata.googleapis.com/", "scope": nil},
		"scope":        {"sub": labAccount, "aud": nil},
		"own endpoint": {"sub": labAccount, "aud": "https://127.0.0.1/", "scope": nil},
	} {
		if status := get(l.assertion(change)); status != 200 {
			t.Errorf("%s: %d", name, status)
		}
	}
	noKid, _ := sign(l.private, map[string]any{"alg": "RS256"}, l.claims(map[string]any{"aud": "https://analyticsdata.googleapis.com/"}))
	for name, token := range map[string]string{
		"no kid":         noKid,
		"other service":  l.assertion(map[string]any{"aud": "https://pubsub.googleapis.com/"}),
		"for the token":  l.assertion(nil),
		"with a path":    l.assertion(map[string]any{"aud": "https://analyticsdata.googleapis.com/v1"}),
		"nothing asked":  l.assertion(map[string]any{"aud": nil, "scope": nil}),
		"expired":        l.assertion(map[string]any{"aud": nil, "iat": 1000, "exp": 2000}),
		"other's issuer": l.assertion(map[string]any{"aud": nil, "iss": "x@y.z"}),
	} {
		if status := get(token); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// Credentials are also taken from the query; a token of another kind is not.
func TestTokenInQuery(t *testing.T) {
	l := newLab(t)
	for path, want := range map[string]int{
		"?access_token=" + l.token: 200, "?oauth_token=" + l.token: 200, "?access_token=x": 401, "?key=AIza": 401,
	} {
		if r := l.doAs("", "GET", "/v1beta/accountSummaries"+path, ""); r.status != want {
			t.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
}
