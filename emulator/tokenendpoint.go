package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	grantJWT      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantRefresh  = "refresh_token"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
)

// An oauthError is what the token endpoint answers instead of a token, in the
// envelope of RFC 6749.
type oauthError struct {
	code        int
	name        string
	description string
}

func (e *oauthError) Error() string { return e.name + ": " + e.description }

func invalidGrant(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", description}
}

var (
	errBadRequest = &oauthError{http.StatusBadRequest, "invalid_request", "Bad Request"}
	errScope      = &oauthError{http.StatusBadRequest, "invalid_scope", "Invalid OAuth scope or ID token audience provided."}
	errDelegation = &oauthError{
		http.StatusUnauthorized, "unauthorized_client",
		"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
	}
)

// Google's own names of its token endpoint. Clients that ignore the token_uri
// of the key file put one of them into aud.
const googleTokenURL = "https://oauth2.googleapis.com/token"

// A tokenAnswer is what the token endpoint gives; empty fields are absent.
type tokenAnswer struct {
	AccessToken     string `json:"access_token,omitempty"`
	IssuedTokenType string `json:"issued_token_type,omitempty"`
	ExpiresIn       int    `json:"expires_in,omitempty"`
	Scope           string `json:"scope,omitempty"`
	TokenType       string `json:"token_type,omitempty"`
	IDToken         string `json:"id_token,omitempty"`
}

// serveToken is POST /token.
func (e *Emulator) serveToken(r *http.Request) (any, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, errBadRequest
	}
	now := e.clock.now()
	switch grant := form.Get("grant_type"); grant {
	case grantJWT:
		return e.assertionGrant(form.Get("assertion"), now)
	case grantRefresh:
		return e.refreshGrant(form, now)
	default:
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: " + grant}
	}
}

// assertionGrant is RFC 7523, with the checks in Google's order: structure,
// signature, iss, iat and exp, time window, scope, aud; and last whose behalf.
func (e *Emulator) assertionGrant(text string, now time.Time) (any, error) {
	a, ok := parseAssertion(text)
	if !ok {
		return nil, errBadRequest
	}
	if err := e.checkSigner(a); err != nil {
		return nil, err
	}
	if err := checkTimes(&a.claims, now); err != nil {
		return nil, err
	}
	if !plausibleScope(a.claims.Scope) && a.claims.TargetAudience == "" {
		return nil, errScope
	}
	if aud := a.claims.audience(); aud != e.baseURL+"/token" && aud != googleTokenURL {
		return nil, invalidGrant("Invalid JWT: Failed audience check.")
	}
	if err := e.checkSubject(&a.claims); err != nil {
		return nil, err
	}
	return e.grantScopes(&a.claims, now)
}

// checkSigner verifies the signature, then that the issuer is the account
// that the key belongs to and still exists.
func (e *Emulator) checkSigner(a *assertion) error {
	notFound := invalidGrant("Invalid grant: account not found")
	issuer := a.claims.Issuer
	keys := e.accounts.usableKeys(a.header.KeyID, issuer)
	signer := slices.IndexFunc(keys, func(k key) bool { return a.signedBy(k.public) })
	switch {
	case signer >= 0:
	case len(keys) == 0 && a.header.Algorithm == "RS256" && !e.accounts.exists(issuer):
		// Nobody's key can have signed for an account that does not exist.
		return notFound
	default:
		return invalidGrant("Invalid JWT Signature.")
	}
	if _, _, ok := e.accounts.lookup(issuer); !ok || keys[signer].email != issuer {
		return notFound
	}
	return nil
}

func checkTimes(c *claims, now time.Time) error {
	issued, ok := instant(c.IssuedAt)
	if !ok {
		return invalidGrant("Invalid JWT: iat (issued at) is not set.")
	}
	expires, ok := instant(c.Expires)
	if !ok {
		return invalidGrant("Invalid JWT: exp (expiration time) is not set.")
	}
	if !inWindow(issued, expires, now) {
		return invalidGrant("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	}
	return nil
}

// plausibleScope reports whether each scope looks like one, known or not.
func plausibleScope(scope string) bool {
	scopes := splitScopes(scope)
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s string) bool {
		return !knownScope(s) && !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://")
	})
}

// checkSubject refuses domain-wide delegation, which no emulated account has.
func (e *Emulator) checkSubject(c *claims) error {
	switch {
	case c.Subject == "" || c.Subject == c.Issuer:
		return nil
	case !strings.Contains(c.Subject, "@"):
		return invalidGrant("Not a valid email")
	}
	return errDelegation
}

// grantScopes gives an access token for known scopes. For a target audience,
// and for any unknown scope, Google answers 200 with an id_token and no access
// token.
func (e *Emulator) grantScopes(c *claims, now time.Time) (any, error) {
	scopes := splitScopes(c.Scope)
	unknown := slices.ContainsFunc(scopes, func(s string) bool { return !knownScope(s) })
	if audience := c.TargetAudience; audience != "" || unknown {
		if audience == "" {
			audience = c.Scope
		}
		token, err := e.idToken(c.Issuer, audience, now)
		return tokenAnswer{IDToken: token}, err
	}
	return e.issueToken(bearer{c.Issuer, scopes, now.Add(lifetime)}, now), nil
}

func (e *Emulator) issueToken(b bearer, now time.Time) tokenAnswer {
	return tokenAnswer{
		AccessToken: e.tokens.issue(b, now),
		ExpiresIn:   int(b.expires.Sub(now)/time.Second) - 1,
		TokenType:   "Bearer",
	}
}

// writeOAuth writes the answer of an OAuth endpoint.
func writeOAuth(w http.ResponseWriter, answer any, err error) {
	code, body := http.StatusOK, answer
	if err != nil {
		e, ok := err.(*oauthError)
		if !ok {
			e = &oauthError{http.StatusInternalServerError, "internal_failure", "Backend Error"}
		}
		code = e.code
		body = map[string]string{"error": e.name, "error_description": e.description}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "Mon, 01 Jan 1990 00:00:00 GMT")
	setFrontHeaders(h)
	w.WriteHeader(code)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	enc.Encode(body) // the client left
}
