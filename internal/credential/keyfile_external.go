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

// executableVariable is Google's switch for running commands named by a key file.
const executableVariable = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

// defaultSTS is the address that the library asks where a file names none.
const defaultSTS = "https://sts.googleapis.com/v1/token"

// credentialSource is where an external account gets its subject token.
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
		provider: detected(credentials.ImpersonatedServiceAccount, raw, sourceTokenURL(k.SourceFile)),
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
		provider: detected(credentials.ExternalAccount, raw, ""),
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
	return &identity{provider: detected(credentials.ExternalAccountAuthorizedUser, raw, "")}, nil
}

// checkAll checks the addresses of a security token service, those included that
// are not asked today.
func (p *parser) checkAll(k *keyFile) *Error {
	for _, f := range []field{{"token_url", k.TokenURL}, {"token_info_url", k.TokenInfoURL}, {"revoke_url", k.RevokeURL}} {
		if f.value == "" {
			continue
		}
		if err := p.checkURL(f.name, f.value); err != nil {
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

// impersonatedEmail reads the account's address out of the impersonation's address.
func impersonatedEmail(raw string) string {
	m := regexp.MustCompile(`/serviceAccounts/([^/:]+):generateAccessToken$`).FindStringSubmatch(raw)
	if m == nil {
		return ""
	}
	mail, err := url.PathUnescape(m[1])
	if err != nil || !validEmail(mail) {
		return ""
	}
	return mail
}

// checkSource checks where the subject token comes from: no host but the listed ones
// is asked, and no command run that the operator did not allow.
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
	for _, f := range []field{{"url", s.URL}, {"region_url", s.RegionURL}, {"imdsv2_session_token_url", s.SessionURL}} {
		if f.value == "" {
			continue
		}
		if err := p.checkSourceURL(f); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) checkSourceURL(f field) *Error {
	u, err := url.Parse(f.value)
	if err != nil {
		return p.fault(f.name, "credential_source.%s is not an address", f.name)
	}
	if why := p.hosts.refuse(u); why != "" {
		return p.fault(f.name, "credential_source.%s %s", f.name, why)
	}
	return nil
}

// sourceTokenURL returns the token endpoint that a user's file inside another names.
func sourceTokenURL(raw []byte) string {
	var k keyFile
	if json.Unmarshal(raw, &k) != nil || k.Type != typeAuthorizedUser {
		return ""
	}
	return k.TokenURI
}
