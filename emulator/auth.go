package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	seeSignIn      = " Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	seePropertyID  = "To learn more about Property ID, see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id."
	noPermission   = "User does not have sufficient permissions for this property. " + seePropertyID
	noPermissionIn = "The caller does not have permission" // the Admin API's words
	noScope        = "Request had insufficient authentication scopes."
)

// headerToken returns the bearer token of the Authorization header.
func headerToken(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// authenticate finds out who calls and whether the scope suffices.
func (e *Emulator) authenticate(c *call) error {
	token, ok := headerToken(c.r)
	if !ok {
		token = c.query.Get("access_token")
	}
	if token == "" {
		token = c.query.Get("oauth_token")
	}
	if token == "" && c.r.Header.Get("Authorization") == "" {
		return missingCredentials(c.method)
	}
	caller, ok := e.holder(token, c)
	if !ok {
		return invalidCredentials()
	}
	c.caller, c.project = caller, projectOf(caller.email)
	if !caller.has(c.method.scopes...) {
		return insufficientScope(c.method)
	}
	return nil
}

func invalidCredentials() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, status: "UNAUTHENTICATED", bearer: `, error="invalid_token"`,
		message: "Request had invalid authentication credentials." + seeSignIn,
	}
}

func missingCredentials(m *method) *apiError {
	return &apiError{
		code: http.StatusUnauthorized, status: "UNAUTHENTICATED",
		message: "Request is missing required authentication credential." + seeSignIn,
		details: []any{newErrorInfo("CREDENTIALS_MISSING", map[string]string{"method": m.rpc, "service": m.service})},
	}
}

func insufficientScope(m *method) *apiError {
	e := permissionDenied(noScope)
	e.details = []any{newErrorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", map[string]string{"method": m.rpc, "service": m.service})}
	e.bearer = `, error="insufficient_scope", scope="` + strings.Join(m.scopes, " ") + `"`
	return e
}

// holder returns whom the token stands for: an access token of ours whose
// account still exists, or a JWT that a service account signed itself.
func (e *Emulator) holder(token string, c *call) (bearer, bool) {
	if b, ok := e.tokens.find(token, c.now); ok {
		if strings.HasPrefix(b.email, "principal://") {
			return b, true
		}
		_, _, ok := e.accounts.lookup(b.email)
		return b, ok
	}
	return e.selfSigned(token, c)
}

// selfSigned verifies a JWT that a service account signed for this service, in
// place of an access token: with the service as audience, or with scopes.
func (e *Emulator) selfSigned(token string, c *call) (bearer, bool) {
	a, ok := parseAssertion(token)
	if !ok || a.header.KeyID == "" || e.checkSigner(a) != nil || checkTimes(&a.claims, c.now) != nil {
		return bearer{}, false
	}
	scopes := splitScopes(a.claims.Scope)
	if aud := a.claims.audience(); aud != "" {
		if !e.isService(aud, c.method.service) {
			return bearer{}, false
		}
		scopes = c.method.scopes
	}
	expires, _ := instant(a.claims.Expires)
	return bearer{a.claims.Issuer, scopes, expires}, len(scopes) > 0
}

// isService reports whether an audience names the service, or the emulator that
// stands in for it: clients that were given another endpoint put that there,
// with https and without its port.
func (e *Emulator) isService(audience, service string) bool {
	u, err := url.Parse(audience)
	if err != nil || u.Path != "" && u.Path != "/" {
		return false
	}
	base, err := url.Parse(e.baseURL)
	if err != nil {
		return false // unreachable: New has parsed it
	}
	return u.Scheme == "https" && u.Host == service || u.Hostname() == base.Hostname()
}

// checkProperty checks the id in the path and that the caller may see the property.
func (e *Emulator) checkProperty(c *call) error {
	if !c.method.needs {
		return nil
	}
	if !isDigits(c.id) {
		return invalidArgument("Invalid property ID: %s. A numeric Property ID is required. %s", c.id, seePropertyID)
	}
	if c.id == "0" && c.method.name == "getMetadata" {
		return nil
	}
	site, ok := e.site(c.id)
	if !ok || !e.accounts.maySee(c.caller.email, c.id) {
		return noAccess(c.method.service)
	}
	c.property = site
	return nil
}

// noAccess is what a service says of a property that the caller may not see.
func noAccess(service string) *apiError {
	if service == dataService {
		return permissionDenied(noPermission)
	}
	return permissionDenied(noPermissionIn)
}

func isDigits(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(b byte) bool { return b < '0' || b > '9' })
}
