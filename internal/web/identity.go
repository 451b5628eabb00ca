package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// maxToken bounds a token or key: longer ones are not ours.
const maxToken = 8 << 10

// grant verifies the embed token of a request.
func (s *Server) grant(r *http.Request) (policy.Grant, error) {
	token, err := bearer(r)
	if err != nil {
		return policy.Grant{}, err
	}
	return s.verify(r.Context(), token, s.pageOrigin(r))
}

// verify lets the server's own pages use every token: a token that a host bound
// to its page works in the iframe on that page too, and no script but ours runs
// in it.
func (s *Server) verify(ctx context.Context, token, origin string) (policy.Grant, error) {
	if origin == s.origin {
		origin = ""
	}
	return s.authority.Verify(ctx, token, origin)
}

// bearer returns the credential of the Authorization header, the only place
// where one is taken: addresses end up in logs and histories.
func bearer(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if strings.Contains(r.URL.RawQuery, "access_token=") {
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
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return originOf(u)
}

// originOf returns the origin of u as a browser writes it: lower case, without
// the scheme's own port.
func originOf(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	case scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host
}
