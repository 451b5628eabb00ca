package credential

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"

	"cloud.google.com/go/auth/credentials"
)

// executableVariable is Google's variable that allows commands of key files.
const executableVariable = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

// defaultSTS is the library's token_url for files without one.
const defaultSTS = "https://sts.googleapis.com/v1/token"

// A credentialSource is where an external account gets its subject token.
type credentialSource struct {
	File        string    `json:"file"`
	URL         string    `json:"url"`
	RegionURL   string    `json:"region_url"`
	SessionURL  string    `json:"imdsv2_session_token_url"`
	Environment string    `json:"environment_id"`
	Executable  *struct{} `json:"executable"`
	Certificate *struct{} `json:"certificate"`
}

func (p *parser) impersonated(k *keyFile, raw []byte, depth int) (*identity, *Error) {
	if depth >= maxDepth {
		return nil, p.fault("source_credentials", "source_credentials are nested too deep")
	}
	if err := p.checkImpersonation(k.ImpersonationURL, true); err != nil {
		return nil, err
	}
	if len(k.SourceFile) == 0 || string(k.SourceFile) == "null" {
		return nil, p.fault("source_credentials", "source_credentials is missing")
	}
	inner := *p
	inner.start += max(bytes.Index(p.raw[p.start:], k.SourceFile), 0)
	source, err := inner.parse(k.SourceFile, depth+1)
	if err != nil {
		return nil, err
	}
	return &identity{
		email:    impersonatedEmail(k.ImpersonationURL),
		secrets:  source.secrets,
		provider: libraryProvider(credentials.ImpersonatedServiceAccount, raw, sourceTokenURL(k.SourceFile)),
	}, nil
}

func (p *parser) external(k *keyFile, raw []byte) (*identity, *Error) {
	if err := p.require("create the configuration again with gcloud iam workload-identity-pools create-cred-config",
		field{"audience", k.Audience}, field{"subject_token_type", k.SubjectTokenType}); err != nil {
		return nil, err
	}
	if k.TokenURL == "" {
		k.TokenURL = defaultSTS
	}
	if err := p.checkAll(k); err != nil {
		return nil, err
	}
	if err := p.checkImpersonation(k.ImpersonationURL, false); err != nil {
		return nil, err
	}
	if err := p.checkSource(k.Source); err != nil {
		return nil, err
	}
	return &identity{
		email:    impersonatedEmail(k.ImpersonationURL),
		provider: libraryProvider(credentials.ExternalAccount, raw, ""),
	}, nil
}

func (p *parser) externalUser(k *keyFile, raw []byte) (*identity, *Error) {
	if err := p.require("run: gcloud auth application-default login",
		field{"client_id", k.ClientID}, field{"client_secret", k.ClientSecret},
		field{"refresh_token", k.RefreshToken}, field{"token_url", k.TokenURL}); err != nil {
		return nil, err
	}
	if err := p.checkAll(k); err != nil {
		return nil, err
	}
	return &identity{provider: libraryProvider(credentials.ExternalAccountAuthorizedUser, raw, "")}, nil
}

// checkAll checks the addresses of a security token service, those included that
// are not used today.
func (p *parser) checkAll(k *keyFile) *Error {
	return p.checkURLs(p.checkURL, field{"token_url", k.TokenURL}, field{"token_info_url", k.TokenInfoURL}, field{"revoke_url", k.RevokeURL})
}

// checkURLs calls check for each field that is set.
func (p *parser) checkURLs(check func(name, raw string) *Error, fields ...field) *Error {
	for _, f := range fields {
		if f.value == "" {
			continue
		}
		if err := check(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

const impersonationField = "service_account_impersonation_url"

func (p *parser) checkImpersonation(raw string, required bool) *Error {
	if raw == "" && !required {
		return nil
	}
	if err := p.require("create the file again with gcloud", field{impersonationField, raw}); err != nil {
		return err
	}
	if err := p.checkURL(impersonationField, raw); err != nil {
		return err
	}
	if !strings.HasSuffix(raw, ":generateAccessToken") {
		return p.fault(impersonationField, "%s does not end with :generateAccessToken", impersonationField)
	}
	return nil
}

var impersonatedAccount = regexp.MustCompile(`/serviceAccounts/([^/:]+):generateAccessToken$`)

// impersonatedEmail returns the account's address in an impersonation URL, or "".
func impersonatedEmail(raw string) string {
	m := impersonatedAccount.FindStringSubmatch(raw)
	if m == nil {
		return ""
	}
	mail, err := url.PathUnescape(m[1])
	if err != nil || !validEmail(mail) {
		return ""
	}
	return mail
}

// checkSource checks where the subject token comes from: only hosts on the allow-list
// are asked, and only commands run that the operator allowed.
func (p *parser) checkSource(s *credentialSource) *Error {
	if s == nil {
		return p.fault("credential_source", "credential_source is missing")
	}
	if s.Certificate != nil {
		return p.fault("certificate", "credential_source.certificate (X.509) is not supported; use a file or an address")
	}
	if s.Executable != nil && os.Getenv(executableVariable) != "1" {
		return p.fault("executable", "credential_source.executable runs a command; if it is yours, set %s=1", executableVariable)
	}
	return p.checkURLs(p.checkSourceURL, field{"url", s.URL}, field{"region_url", s.RegionURL}, field{"imdsv2_session_token_url", s.SessionURL})
}

func (p *parser) checkSourceURL(name, raw string) *Error {
	u, err := url.Parse(raw)
	if err != nil {
		return p.fault(name, "credential_source.%s is not an address", name)
	}
	if why := p.hosts.refuse(u); why != "" {
		return p.fault(name, "credential_source.%s %s", name, why)
	}
	return nil
}

// sourceTokenURL returns the token endpoint of a user's credential inside another file.
func sourceTokenURL(raw []byte) string {
	var k keyFile
	if json.Unmarshal(raw, &k) != nil || k.Type != typeAuthorizedUser {
		return ""
	}
	return k.TokenURI
}
