package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// impersonationRoute finds the one method of IAM Credentials:
// POST /v1/projects/-/serviceAccounts/{email}:generateAccessToken.
func impersonationRoute(httpMethod, path string) (*method, string) {
	rest, ok := strings.CutPrefix(path, "/v1/projects/-/serviceAccounts/")
	email, verb, _ := strings.Cut(rest, ":")
	if !ok || httpMethod != http.MethodPost || verb != "generateAccessToken" || email == "" {
		return nil, ""
	}
	return &method{
		name: verb, service: iamService, rpc: "google.iam.credentials.v1.IAMCredentials.GenerateAccessToken",
		scopes: []string{scopePlatform, scopeIAM}, serve: (*Emulator).generateAccessToken,
	}, email
}

// generateAccessToken gives an access token of one account to another that may
// impersonate it.
func (e *Emulator) generateAccessToken(c *call) (any, error) {
	var ask struct {
		Scope    []string `json:"scope"`
		Lifetime string   `json:"lifetime"`
	}
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return nil, invalidArgument("Invalid JSON payload received. %s", err)
	}
	if !e.accounts.mayImpersonate(c.caller.email, c.id) {
		denied := permissionDenied("Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).")
		denied.details = []any{errorInfo{
			"type.googleapis.com/google.rpc.ErrorInfo", "IAM_PERMISSION_DENIED", "iam.googleapis.com",
			map[string]string{"permission": "iam.serviceAccounts.getAccessToken"},
		}}
		return nil, denied
	}
	if len(ask.Scope) == 0 || slices.ContainsFunc(ask.Scope, func(s string) bool { return !knownScope(s) }) {
		return nil, invalidArgument("Request contains an invalid argument.")
	}
	life := lifetime
	if ask.Lifetime != "" {
		seconds, err := strconv.ParseFloat(strings.TrimSuffix(ask.Lifetime, "s"), 64)
		life = time.Duration(seconds * float64(time.Second))
		if err != nil || life <= 0 || life > lifetime {
			return nil, invalidArgument("Request contains an invalid argument.")
		}
	}
	expires := c.now.Add(life)
	return map[string]string{
		"accessToken": e.tokens.issue(bearer{c.id, ask.Scope, expires}, c.now),
		"expireTime":  expires.UTC().Format(time.RFC3339),
	}, nil
}
