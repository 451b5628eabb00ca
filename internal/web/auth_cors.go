package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A subject returns the view, or the dashboard over a view, that a URL names; both empty
// for everything that the token grants.
type subject func(r *http.Request) (view, dashboard string)

// Headers that pages of other origins may send and read, beyond those always allowed.
const (
	corsRequestHeaders = "Authorization, Content-Type, X-Goog-Api-Client, X-Goog-Request-Params, X-Goog-User-Project, X-User-Agent"
	corsAnswerHeaders  = "Age, Content-Disposition, Oriel-As-Of, Oriel-Freshness, Oriel-Notices, Oriel-Stale, Retry-After, " + requestIDHeader
	corsMaxAge         = "600" // seconds; the most that all browsers respect
)

func aboutAll(*http.Request) (view, dashboard string) { return "", "" }

func aboutView(r *http.Request) (view, dashboard string) { return r.PathValue("view"), "" }

// aboutProperty is for URLs that end with the view.
func aboutProperty(r *http.Request) (view, dashboard string) { return r.PathValue("call"), "" }

func aboutCall(r *http.Request) (view, dashboard string) {
	view, _, _ = splitCall(r.PathValue("call"))
	return view, ""
}

func aboutDashboard(r *http.Request) (view, dashboard string) {
	return parameter(r.URL.RawQuery, "view"), r.PathValue("dashboard")
}

// parameter is url.Values.Get without parsing the other parameters of the query string.
func parameter(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		key, text, _ := strings.Cut(pair, "=")
		if key != name && !strings.ContainsAny(key, "%+") || strings.Contains(pair, ";") {
			continue
		}
		key, err := url.QueryUnescape(key)
		if err != nil || key != name {
			continue
		}
		if text, err = url.QueryUnescape(text); err == nil {
			return text
		}
	}
	return ""
}

// cors refuses requests from pages whose origin no view lists, and lets all pages read
// the response: a page that could not read its refusal would take the server for down.
// The server's own pages need no permission.
//
// The subject of the request must not matter here: it has not shown a token yet, and
// anything but a browser can claim any origin. The response varies by origin, but needs no
// Vary: it is no-store, except for revalidatedReply, which sets it.
func (s *Server) cors(next http.Handler) http.Handler {
	expose := fixed("Access-Control-Expose-Headers", corsAnswerHeaders)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if origin := s.crossOrigin(r); origin != "" {
			h["Access-Control-Allow-Origin"] = r.Header["Origin"][:1:1]
			expose.set(h)
			if !s.rules.ListsOrigin(origin) {
				s.fail(w, r, s.recordRefusal(r, policy.Grant{}, unlistedOrigin(origin)))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin returns the origin of the requesting page; empty for none or the server's own.
func (s *Server) crossOrigin(r *http.Request) string {
	if origin := headerValue(r.Header, "Origin"); origin != s.origin {
		return origin
	}
	return ""
}

// checkOrigin refuses pages whose origin the view does not list, though they have a token
// for it.
func (s *Server) checkOrigin(r *http.Request, grant policy.Grant, view, dashboard string) error {
	if origin := s.crossOrigin(r); origin != "" && !grant.ReadableFrom(origin, view, dashboard) {
		return unlistedOrigin(origin)
	}
	return nil
}

// preflight answers whether a browser may send the request.
func (s *Server) preflight(allowed []string) http.Handler {
	list := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		origin := r.Header.Get("Origin")
		if origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
			h.Set("Allow", list+", OPTIONS")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if origin != s.origin && !s.rules.ListsOrigin(origin) {
			s.fail(w, r, s.recordRefusal(r, policy.Grant{}, unlistedOrigin(origin)))
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", list)
		h.Set("Access-Control-Allow-Headers", corsRequestHeaders)
		h.Set("Access-Control-Max-Age", corsMaxAge)
		w.WriteHeader(http.StatusNoContent)
	})
}

// unlistedOrigin is the same error whether or not the view exists.
func unlistedOrigin(origin string) error {
	return report.Errorf(report.Forbidden,
		"There is nothing by this name for pages of %s. The operator of this server can list the origin under views.NAME.origins.", report.Truncate(origin))
}
