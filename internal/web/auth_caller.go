package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// maxToken bounds a token or key, in bytes: longer ones are not ours.
const maxToken = 8 << 10

// authorize returns the grant of a request, checked against its origin and limits.
func (s *Server) authorize(r *http.Request, about subject) (policy.Grant, error) {
	grant, err := s.grant(r)
	if err != nil && r.Header.Get("Authorization") != "" {
		err = s.limitFailures(r, err)
	}
	if err != nil {
		return grant, err
	}
	view, dashboard := about(r)
	if err = s.checkOrigin(r, grant, view, dashboard); err == nil {
		err = s.limitRequests(r, grant)
	}
	if err == nil {
		err = s.limitView(grant, view, dashboard)
	}
	if err != nil {
		return grant, s.recordRefusal(r, grant, err)
	}
	return grant, nil
}

// recordRefusal records a refusal that neither authority nor gate made, and returns its
// error.
func (s *Server) recordRefusal(r *http.Request, grant policy.Grant, err error) error {
	return s.authority.Refused(r.Context(), s.caller(r), grant, err)
}

// grant verifies the embed token of a request.
func (s *Server) grant(r *http.Request) (policy.Grant, error) {
	token, err := bearer(r)
	if err != nil {
		return policy.Grant{}, s.recordRefusal(r, policy.Grant{}, err)
	}
	return s.authority.Verify(r.Context(), token, s.tokenCaller(r))
}

// tokenCaller is the caller of a request with a token. The server's own pages may use any
// token: one that a host bound to its page works in the iframe there too, which runs no
// script but ours.
func (s *Server) tokenCaller(r *http.Request) access.Caller {
	c := s.caller(r)
	if c.Origin == s.origin {
		c.Origin = ""
	}
	return c
}

// caller returns the origin, address and ID of a request.
func (s *Server) caller(r *http.Request) access.Caller {
	return access.Caller{Origin: s.pageOrigin(r), Requester: policy.Requester{Request: requestID(r), Address: s.clients.key(r)}}
}

// requestID returns the ID of a request, which instrumented puts into its header in place
// of the client's.
func requestID(r *http.Request) string {
	if id := r.Header[requestIDHeader]; len(id) == 1 {
		return id[0]
	}
	return ""
}

// bearer returns the credential of the Authorization header. URLs end up in logs and
// histories, so none is accepted there.
func bearer(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if slices.ContainsFunc(tokenParameters, func(name string) bool { return parameter(r.URL.RawQuery, name) != "" }) {
			return "", report.Errorf(report.Unauthenticated, "Send the token in the Authorization header, not in the address.")
		}
		return "", report.Errorf(report.Unauthenticated, "Send an embed token: Authorization: Bearer TOKEN.")
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return "", report.Errorf(report.Unauthenticated, "The Authorization header must read: Bearer TOKEN.")
	}
	return token, nil
}

// pageOrigin returns the origin of the requesting page; empty for other clients. Browsers
// send it as Origin, but for a GET to the page's own origin, which shows in Sec-Fetch-Site
// or, over plain HTTP, in Referer. No page can forge any of the three.
func (s *Server) pageOrigin(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" || refererOrigin(r) == s.origin {
		return s.origin
	}
	return ""
}

// refererOrigin returns the origin of the Referer; empty if unknown.
func refererOrigin(r *http.Request) string {
	return origin.Of(r.Header.Get("Referer"))
}
