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

// maxToken bounds a token or key: longer ones are not ours.
const maxToken = 8 << 10

// grant verifies the embed token of a request.
func (s *Server) grant(r *http.Request) (policy.Grant, error) {
	token, err := bearer(r)
	if err != nil {
		return policy.Grant{}, s.refused(r, policy.Grant{}, err)
	}
	return s.authority.Verify(r.Context(), token, s.holder(r))
}

// holder is the caller that shows a token. The server's own pages may use every
// token: one that a host bound to its page works in the iframe on that page too,
// and no script but ours runs in it.
func (s *Server) holder(r *http.Request) access.Caller {
	c := s.caller(r)
	if c.Origin == s.origin {
		c.Origin = ""
	}
	return c
}

// caller is who asks, as far as the connection tells.
func (s *Server) caller(r *http.Request) access.Caller {
	return access.Caller{Origin: s.pageOrigin(r), Asker: policy.Asker{Request: requestID(r), Address: s.clients.key(r)}}
}

// requestID returns the number of a request, which observed has written into its
// header in place of what the client may have sent.
func requestID(r *http.Request) string {
	if id := r.Header[requestIDHeader]; len(id) == 1 {
		return id[0]
	}
	return ""
}

// bearer returns the credential of the Authorization header, the only place
// where one is taken: addresses end up in logs and histories.
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

// pageOrigin returns the origin of the page that asks; empty for askers that
// are not pages. Browsers name it in Origin, except in a GET to the page's own
// origin; that one shows in Sec-Fetch-Site or, over plain http, in Referer.
// No page can forge any of the three.
func (s *Server) pageOrigin(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" || refererOrigin(r) == s.origin {
		return s.origin
	}
	return ""
}

// refererOrigin returns the origin of the page that led here; empty if unknown.
func refererOrigin(r *http.Request) string {
	return origin.Of(r.Header.Get("Referer"))
}
