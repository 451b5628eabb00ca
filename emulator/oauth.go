package emulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxForm is how long an OAuth form may be, in bytes.
const maxForm = 1 << 20

var errTooLong = errors.New("form too long")

// readForm reads an urlencoded body, whatever its Content-Type says. The query is
// not looked at, except by the introspection endpoints.
func readForm(r *http.Request) (url.Values, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxForm {
		return nil, errTooLong
	}
	return url.ParseQuery(string(b))
}

// refreshGrant is RFC 6749 section 6: a refresh token for an access token.
func (e *Emulator) refreshGrant(form url.Values, now time.Time) (any, error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	c, known := e.accounts.client(id)
	switch {
	case form.Get("refresh_token") == "":
		return nil, &oauthError{http.StatusBadRequest, "invalid_request", "Missing required parameter: refresh_token"}
	case id == "":
		return nil, &oauthError{http.StatusBadRequest, "invalid_request", "Could not determine client ID from request."}
	case !known:
		return nil, &oauthError{http.StatusUnauthorized, "invalid_client", "The OAuth client was not found."}
	case fingerprint(secret) != c.secretHash:
		return nil, &oauthError{http.StatusUnauthorized, "invalid_client", "Unauthorized"}
	case fingerprint(form.Get("refresh_token")) != c.refreshHash:
		return nil, invalidGrant("Bad Request")
	}
	if _, _, ok := e.accounts.lookup(c.email); !ok {
		return nil, invalidGrant("Token has been expired or revoked.")
	}
	scopes := c.scopes
	if asked := splitScopes(form.Get("scope")); len(asked) > 0 {
		if slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(c.scopes, s) }) {
			return nil, &oauthError{http.StatusBadRequest, "invalid_scope", "Some requested scopes were invalid."}
		}
		scopes = asked
	}
	answer := e.issueToken(bearer{c.email, scopes, now.Add(lifetime)}, now)
	answer.Scope = strings.Join(scopes, " ")
	return answer, nil
}

// serveExchange is POST /v1/token: the Security Token Service's exchange of a
// foreign identity's token for a federated access token.
func (e *Emulator) serveExchange(r *http.Request) (any, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, errBadRequest
	}
	if form.Get("grant_type") != grantExchange {
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: " + form.Get("grant_type")}
	}
	for _, name := range []string{"audience", "subject_token", "subject_token_type", "requested_token_type"} {
		if form.Get(name) == "" {
			return nil, &oauthError{http.StatusBadRequest, "invalid_request", "Missing required parameter: " + name}
		}
	}
	p, trusted := e.accounts.trusts(form.Get("subject_token"))
	if !trusted {
		return nil, invalidGrant("The given credential is rejected by the attribute condition.")
	}
	if p.audience != form.Get("audience") {
		return nil, &oauthError{http.StatusBadRequest, "invalid_target", "The target service indicated by the \"audience\" parameters is invalid."}
	}
	scopes := splitScopes(form.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{scopePlatform}
	}
	now := e.clock.now()
	answer := e.issueToken(bearer{p.principal, scopes, now.Add(lifetime)}, now)
	answer.IssuedTokenType = "urn:ietf:params:oauth:token-type:access_token"
	return answer, nil
}

// serveTokenInfo is /tokeninfo for access tokens, by GET or POST.
func (e *Emulator) serveTokenInfo(r *http.Request) (any, error) {
	token := tokenIn(r)
	now := e.clock.now()
	b, ok := e.tokens.find(token, now)
	if !ok {
		return nil, &oauthError{http.StatusBadRequest, "invalid_token", "Invalid Value"}
	}
	id, _, ok := e.accounts.lookup(b.email)
	if !ok {
		return nil, &oauthError{http.StatusBadRequest, "invalid_token", "Invalid Value"}
	}
	return map[string]string{
		"azp": id, "aud": id, "sub": id, "scope": strings.Join(b.scopes, " "),
		"exp":        strconv.FormatInt(b.expires.Unix(), 10),
		"expires_in": strconv.Itoa(int(b.expires.Sub(now) / time.Second)),
		"email":      b.email, "email_verified": "true", "access_type": "online",
	}, nil
}

// serveRevoke is /revoke: the token is refused from now on.
func (e *Emulator) serveRevoke(r *http.Request) (any, error) {
	token := r.URL.Query().Get("token")
	if form, err := readForm(r); err == nil && form.Has("token") {
		token = form.Get("token")
	}
	if !e.tokens.revoke(token) {
		return nil, &oauthError{http.StatusBadRequest, "invalid_token", "Token expired or revoked"}
	}
	return struct{}{}, nil
}

// tokenIn finds the access token of a request: header, query or form.
func tokenIn(r *http.Request) string {
	if token, ok := headerToken(r); ok {
		return token
	}
	if token := r.URL.Query().Get("access_token"); token != "" || r.Method != http.MethodPost {
		return token
	}
	form, err := readForm(r)
	if err != nil {
		return ""
	}
	return form.Get("access_token")
}

// idToken signs an OpenID token for the account.
func (e *Emulator) idToken(email, audience string, now time.Time) (string, error) {
	private, err := e.identity()
	if err != nil {
		return "", err
	}
	id, _, _ := e.accounts.lookup(email)
	return sign(private, map[string]any{"alg": "RS256", "kid": identityKeyID, "typ": "JWT"}, map[string]any{
		"iss": "https://accounts.google.com", "aud": audience, "azp": email, "email": email,
		"email_verified": true, "sub": id, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
	})
}

const identityKeyID = "emulator-identity"

// sign returns a JWS in compact form, signed with RS256.
func sign(private *rsa.PrivateKey, header, claims map[string]any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString(h) + "." + b64.EncodeToString(c)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + b64.EncodeToString(signature), nil
}

// serveCerts is GET /oauth2/v3/certs: the key of id_tokens as a JWK set.
func (e *Emulator) serveCerts(*http.Request) (any, error) {
	private, err := e.identity()
	if err != nil {
		return nil, err
	}
	b64 := base64.RawURLEncoding
	return map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": identityKeyID,
		"n": b64.EncodeToString(private.N.Bytes()),
		"e": b64.EncodeToString(big.NewInt(int64(private.E)).Bytes()),
	}}}, nil
}
