package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
)

// keyFile has the fields of a service-account key in the order in which Google
// writes them.
type keyFile struct {
	Type           string `json:"type"`
	ProjectID      string `json:"project_id"`
	PrivateKeyID   string `json:"private_key_id"`
	PrivateKey     string `json:"private_key"`
	ClientEmail    string `json:"client_email"`
	ClientID       string `json:"client_id"`
	AuthURI        string `json:"auth_uri"`
	TokenURI       string `json:"token_uri"`
	AuthCerts      string `json:"auth_provider_x509_cert_url"`
	ClientCerts    string `json:"client_x509_cert_url"`
	UniverseDomain string `json:"universe_domain"`
}

// IssueKey makes a service account with access to all properties (or to those
// named) and returns a JSON key file for it. An account that exists gets
// another key, and access to the properties as well.
func (e *Emulator) IssueKey(email string, properties ...string) ([]byte, error) {
	if err := e.checkProperties(properties); err != nil {
		return nil, err
	}
	a, err := e.accounts.admit(email, properties)
	if err != nil {
		return nil, err
	}
	private, err := newPrivateKey()
	if err != nil {
		return nil, fmt.Errorf("emulator: making a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("emulator: writing the key: %w", err)
	}
	sum := sha256.Sum256(der)
	id := hex.EncodeToString(sum[:20])
	e.accounts.addKey(email, id, &private.PublicKey)
	return json.MarshalIndent(keyFile{
		Type: "service_account", ProjectID: a.project, PrivateKeyID: id,
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		ClientEmail: email, ClientID: a.id,
		AuthURI: e.baseURL + "/o/oauth2/auth", TokenURI: e.baseURL + "/token",
		AuthCerts:      e.baseURL + "/oauth2/v1/certs",
		ClientCerts:    e.baseURL + "/robot/v1/metadata/x509/" + url.PathEscape(email),
		UniverseDomain: "googleapis.com",
	}, "", "  ")
}

// IssueAuthorizedUser makes a user who consented to scope analytics.readonly,
// with access to all properties (or to those named), and returns the JSON
// that gcloud writes for application-default credentials. Official clients
// refresh such credentials at Google's own address unless told otherwise: give
// them BaseURL + "/token".
func (e *Emulator) IssueAuthorizedUser(email string, properties ...string) ([]byte, error) {
	if err := e.checkProperties(properties); err != nil {
		return nil, err
	}
	if _, err := e.accounts.admit(email, properties); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%s.apps.googleusercontent.com", randomText(16))
	secret, refresh := "GOCSPX-"+randomText(21), "1//0"+randomText(60)
	e.accounts.addClient(client{
		id: id, secretHash: fingerprint(secret), refreshHash: fingerprint(refresh), email: email,
		scopes: []string{scopeReadonly, "openid", scopeEmail},
	})
	return json.MarshalIndent(map[string]string{
		"type": "authorized_user", "account": email, "client_id": id, "client_secret": secret,
		"refresh_token": refresh, "token_uri": e.baseURL + "/token", "universe_domain": "googleapis.com",
	}, "", "  ")
}

// IssueImpersonated returns credentials of type impersonated_service_account:
// the holder of source (a file of IssueKey or IssueAuthorizedUser) gets access
// tokens of the account email, which is made with access to all properties or
// to those named.
func (e *Emulator) IssueImpersonated(source []byte, email string, properties ...string) ([]byte, error) {
	if err := e.checkProperties(properties); err != nil {
		return nil, err
	}
	var who struct {
		ClientEmail string `json:"client_email"`
		Account     string `json:"account"`
	}
	if err := json.Unmarshal(source, &who); err != nil {
		return nil, fmt.Errorf("emulator: reading the source credentials: %w", err)
	}
	if _, err := e.accounts.admit(email, properties); err != nil {
		return nil, err
	}
	if err := e.AllowImpersonation(email, who.ClientEmail+who.Account); err != nil {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{
		"type": "impersonated_service_account", "delegates": []string{},
		"service_account_impersonation_url": e.impersonationURL(email),
		"source_credentials":                json.RawMessage(source),
		"universe_domain":                   "googleapis.com",
	}, "", "  ")
}

// IssueFederated returns credentials of type external_account (workload
// identity federation) that impersonate the account email, and the subject
// token that the caller must write to tokenFile, where clients read it.
func (e *Emulator) IssueFederated(tokenFile, email string, properties ...string) (config []byte, subjectToken string, err error) {
	if err := e.checkProperties(properties); err != nil {
		return nil, "", err
	}
	if _, err := e.accounts.admit(email, properties); err != nil {
		return nil, "", err
	}
	const audience = "//iam.googleapis.com/projects/100000000001/locations/global/workloadIdentityPools/emulated/providers/oidc"
	subjectToken = randomText(40)
	principal := "principal://iam.googleapis.com/projects/100000000001/locations/global/workloadIdentityPools/emulated/subject/" + randomText(9)
	e.accounts.trust(subjectToken, pool{audience: audience, principal: principal})
	if err := e.AllowImpersonation(email, principal); err != nil {
		return nil, "", err
	}
	config, err = json.MarshalIndent(map[string]any{
		"type": "external_account", "audience": audience,
		"subject_token_type":                "urn:ietf:params:oauth:token-type:jwt",
		"token_url":                         e.baseURL + "/v1/token",
		"service_account_impersonation_url": e.impersonationURL(email),
		"credential_source":                 map[string]any{"file": tokenFile},
		"universe_domain":                   "googleapis.com",
	}, "", "  ")
	return config, subjectToken, err
}

func (e *Emulator) impersonationURL(email string) string {
	return e.baseURL + "/v1/projects/-/serviceAccounts/" + email + ":generateAccessToken"
}

func (e *Emulator) checkProperties(ids []string) error {
	for _, id := range ids {
		if _, ok := e.site(id); !ok {
			return fmt.Errorf("emulator: the world has no property %q", id)
		}
	}
	return nil
}

// randomText returns n random bytes as URL-safe text.
func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
