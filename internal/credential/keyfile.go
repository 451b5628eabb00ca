package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"

	"github.com/oriel-server/oriel/internal/secret"
)

// The values of "type" in key files that are supported, and ours for the credential
// without a file.
const (
	typeServiceAccount = "service_account"
	typeAuthorizedUser = "authorized_user"
	typeImpersonated   = "impersonated_service_account"
	typeExternal       = "external_account"
	typeExternalUser   = "external_account_authorized_user"
	typeMetadata       = "metadata_server"
)

// googleTokenURL is the token endpoint of files without token_uri.
const googleTokenURL = "https://oauth2.googleapis.com/token"

// An identity is a credential that was read and checked.
type identity struct {
	kind    string
	email   string                 // "" when not known
	learned atomic.Pointer[string] // the e-mail address from Google, if any
	file    string                 // "" without a file
	secrets []secret.Value         // that redact hides
	// provider returns a provider without a cache that sends its requests with the client.
	provider func(*http.Client) (auth.TokenProvider, error)
}

// address returns the e-mail address, "" when not known.
func (id *identity) address() string {
	if mail := id.learned.Load(); mail != nil {
		return *mail
	}
	return id.email
}

// sameAs reports whether two identities are certainly the same Google account.
func (id *identity) sameAs(other *identity) bool {
	return id == other || id.kind == other.kind && id.email != "" && id.email == other.email
}

// A keyFile has the fields of all types. The library decodes the same
// bytes with the same package, so that both see the same values.
type keyFile struct {
	Type           string           `json:"type"`
	UniverseDomain string           `json:"universe_domain"`
	Web            *json.RawMessage `json:"web"`
	Installed      *json.RawMessage `json:"installed"`

	ClientEmail  string `json:"client_email"`
	PrivateKey   string `json:"private_key"`
	PrivateKeyID string `json:"private_key_id"`
	TokenURI     string `json:"token_uri"`

	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
	User         string `json:"account"`

	Audience         string            `json:"audience"`
	SubjectTokenType string            `json:"subject_token_type"`
	TokenURL         string            `json:"token_url"`
	TokenInfoURL     string            `json:"token_info_url"`
	RevokeURL        string            `json:"revoke_url"`
	ImpersonationURL string            `json:"service_account_impersonation_url"`
	Source           *credentialSource `json:"credential_source"`
	SourceFile       json.RawMessage   `json:"source_credentials"`
}

// A parser reads one key file. Its errors give the position, never a value that may
// be secret.
type parser struct {
	file  string
	raw   []byte // the whole file, to find lines in
	start int    // offset in raw of the part that is being read
	hosts hosts
}

// parseKey returns the identity in a key file.
func parseKey(file string, raw []byte, h hosts) (*identity, *Error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	p := &parser{file: file, raw: raw, hosts: h}
	if err := p.notJSON(); err != nil {
		return nil, err
	}
	return p.parse(raw, 0)
}

// maxDepth is how deep source_credentials may nest.
const maxDepth = 3

func (p *parser) parse(raw []byte, depth int) (*identity, *Error) {
	var k keyFile
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, p.broken(err)
	}
	if k.UniverseDomain != "" && k.UniverseDomain != "googleapis.com" {
		return nil, p.fault("universe_domain", "universe_domain %s is not supported: Google Analytics is in googleapis.com", quote(k.UniverseDomain))
	}
	id, err := p.parseType(&k, raw, depth)
	if err != nil {
		if err.Email == "" && validEmail(k.ClientEmail) {
			err.Email = k.ClientEmail
		}
		return nil, err
	}
	id.kind, id.file = k.Type, p.file
	id.secrets = append(id.secrets, secret.New(k.PrivateKey), secret.New(k.ClientSecret), secret.New(k.RefreshToken))
	if _, err := id.provider(http.DefaultClient); err != nil {
		return nil, p.fault("type", "the credential cannot be used: %s", id.redact(err.Error()))
	}
	return id, nil
}

func (p *parser) parseType(k *keyFile, raw []byte, depth int) (*identity, *Error) {
	switch k.Type {
	case typeServiceAccount:
		return p.serviceAccount(k)
	case typeAuthorizedUser:
		return p.authorizedUser(k, raw)
	case typeImpersonated:
		return p.impersonated(k, raw, depth)
	case typeExternal:
		return p.external(k, raw)
	case typeExternalUser:
		return p.externalUser(k, raw)
	}
	return nil, p.wrongType(k)
}

// wrongType explains a file that is no supported credential.
func (p *parser) wrongType(k *keyFile) *Error {
	switch {
	case k.Web != nil || k.Installed != nil:
		return p.fault("", "this is an OAuth client file, for signing people in; what is needed is a service account's key: "+
			"Google Cloud console → IAM & Admin → Service Accounts → Keys → Add key → JSON")
	case k.Type == "" && k.PrivateKey != "":
		return p.fault("", `the field "type" is missing; download the key again, as JSON`)
	case k.Type == "":
		return p.fault("", "this is JSON, but not a Google credential; needed is a service account's key "+
			"(Google Cloud console → IAM & Admin → Service Accounts → Keys → Add key → JSON)")
	}
	return p.fault("type", `type %s is not supported; use a key of type "service_account"`, quoteType(k.Type))
}

var typePattern = regexp.MustCompile(`^[a-z_]{1,40}$`)

// quoteType quotes a type that looks like one; anything else might be a secret in the
// wrong field.
func quoteType(t string) string {
	if typePattern.MatchString(t) {
		return quote(t)
	}
	return "[not a word]"
}

func (p *parser) serviceAccount(k *keyFile) (*identity, *Error) {
	if !validEmail(k.ClientEmail) {
		return nil, p.fault("client_email", "client_email is missing or not an e-mail address; download the key again, as JSON")
	}
	if err := p.checkPrivateKey(k.PrivateKey); err != nil {
		return nil, err
	}
	if k.TokenURI == "" {
		k.TokenURI = googleTokenURL
	}
	if err := p.checkURL("token_uri", k.TokenURI); err != nil {
		return nil, err
	}
	options := auth.Options2LO{
		Email: k.ClientEmail, PrivateKey: []byte(k.PrivateKey), PrivateKeyID: k.PrivateKeyID,
		TokenURL: k.TokenURI, Scopes: []string{Scope}, Logger: slog.New(slog.DiscardHandler),
	}
	return &identity{email: k.ClientEmail, provider: func(c *http.Client) (auth.TokenProvider, error) {
		o := options
		o.Client = c
		return auth.New2LOTokenProvider(&o)
	}}, nil
}

func (p *parser) authorizedUser(k *keyFile, raw []byte) (*identity, *Error) {
	if err := p.require("run: gcloud auth application-default login",
		field{"client_id", k.ClientID}, field{"client_secret", k.ClientSecret}, field{"refresh_token", k.RefreshToken}); err != nil {
		return nil, err
	}
	if k.TokenURI == "" {
		k.TokenURI = googleTokenURL
	}
	if err := p.checkURL("token_uri", k.TokenURI); err != nil {
		return nil, err
	}
	id := &identity{provider: libraryProvider(credentials.AuthorizedUser, raw, k.TokenURI)}
	if validEmail(k.User) {
		id.email = k.User
	}
	return id, nil
}

// libraryProvider returns the library's provider for a file that was checked. The
// library's own logger, which an environment variable turns on, prints tokens; this one
// prints nothing.
func libraryProvider(t credentials.CredType, raw []byte, tokenURL string) func(*http.Client) (auth.TokenProvider, error) {
	raw = bytes.Clone(raw)
	return func(c *http.Client) (auth.TokenProvider, error) {
		return credentials.NewCredentialsFromJSON(t, raw, &credentials.DetectOptions{
			Scopes:              []string{Scope},
			TokenURL:            tokenURL,
			Client:              c,
			DisableAsyncRefresh: true,
			UniverseDomain:      "googleapis.com",
			Logger:              slog.New(slog.DiscardHandler),
		})
	}
}

type field struct{ name, value string }

func (p *parser) require(todo string, fields ...field) *Error {
	for _, f := range fields {
		if f.value == "" {
			return p.fault(f.name, "%s is missing; %s", f.name, todo)
		}
	}
	return nil
}

// checkURL checks the address of a token endpoint.
func (p *parser) checkURL(name, raw string) *Error {
	u, err := url.Parse(raw)
	if err != nil {
		return p.fault(name, "%s is not an address", name)
	}
	if isMetadata(u) {
		return p.fault(name, "%s points to host %s, a metadata server, which issues no tokens for this", name, quote(u.Host))
	}
	if why := p.hosts.refuse(u); why != "" {
		return p.fault(name, "%s %s", name, why)
	}
	return nil
}

// fault returns an error at a field's line, or about the file when it has no such field.
func (p *parser) fault(field, format string, args ...any) *Error {
	e := errorf(p.file, format, args...)
	if at := bytes.Index(p.raw[p.start:], []byte(`"`+field+`"`)); field != "" && at >= 0 {
		e.Line, e.Column = position(p.raw, p.start+at)
	}
	return e
}

// position returns line and column of an offset, counted from 1, in bytes.
func position(raw []byte, offset int) (line, column int) {
	before := raw[:min(max(offset, 0), len(raw))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}

// broken explains a JSON error.
func (p *parser) broken(err error) *Error {
	e := errorf(p.file, "the file cannot be read as JSON")
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		e.Message = "broken JSON: " + syntax.Error() + "; was the file cut off or edited?"
		e.Line, e.Column = position(p.raw, p.start+int(syntax.Offset)-1)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what, _, _ := strings.Cut(kind.Value, " ")
		e.Message = fmt.Sprintf("the field %q cannot be of type %s", kind.Field, what)
		e.Line, e.Column = position(p.raw, p.start+int(kind.Offset)-1)
	}
	return e
}

// notJSON recognizes other files that are mistaken for a JSON key.
func (p *parser) notJSON() *Error {
	text := bytes.TrimSpace(p.raw)
	switch {
	case len(p.raw) > maxKeyFile:
		return errorf(p.file, "the file is larger than %d bytes, and no key file is", maxKeyFile)
	case len(text) == 0:
		return errorf(p.file, "the key file is empty")
	case bytes.HasPrefix(text, []byte("-----BEGIN")):
		return errorf(p.file, "this is a PEM file; needed is the whole JSON key file that holds it in private_key")
	case bytes.HasPrefix(p.raw, []byte{0x30, 0x82}):
		return errorf(p.file, "this looks like a P12 key; create a key of type JSON instead")
	case text[0] != '{':
		return errorf(p.file, "this is not a JSON key file: it does not start with {")
	}
	return nil
}

var emailPattern = regexp.MustCompile(`^[A-Za-z0-9._%+-]{1,120}@[A-Za-z0-9.-]{1,120}$`)

// validEmail is as strict as needed to print and compare an address.
func validEmail(s string) bool { return emailPattern.MatchString(s) }
