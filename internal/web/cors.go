package web

import (
	"net/http"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A pageRule says whether pages of an origin may read the answer to a request.
type pageRule func(r *http.Request, origin string) bool

// What pages of other origins may send and see, beyond what browsers always allow.
const (
	corsRequestHeaders = "Authorization, Content-Type, X-Goog-Api-Client, X-Goog-Request-Params, X-Goog-User-Project, X-User-Agent"
	corsAnswerHeaders  = "Age, Oriel-As-Of, Oriel-Freshness, Oriel-Notices, Oriel-Stale, Retry-After, " + requestIDHeader
	corsMaxAge         = "600" // seconds; the longest that all browsers honour
)

func (s *Server) pagesOfAny(_ *http.Request, origin string) bool {
	return s.rules.OriginAllowed(origin, "", "")
}

func (s *Server) pagesOfView(r *http.Request, origin string) bool {
	return s.rules.OriginAllowed(origin, r.PathValue("view"), "")
}

func (s *Server) pagesOfCall(r *http.Request, origin string) bool {
	call := r.PathValue("call")
	if name, _, ok := splitCall(call); ok && s.rules.OriginAllowed(origin, name, "") {
		return true
	}
	return s.rules.OriginAllowed(origin, call, "")
}

func (s *Server) pagesOfDashboard(r *http.Request, origin string) bool {
	return s.rules.OriginAllowed(origin, r.URL.Query().Get("view"), r.PathValue("dashboard"))
}

func (s *Server) pagesOfQuery(r *http.Request, origin string) bool {
	q := r.URL.Query()
	for _, view := range q["view"] {
		if !s.rules.OriginAllowed(origin, view, "") {
			return false
		}
	}
	if name := q.Get("dashboard"); name != "" {
		return s.rules.OriginAllowed(origin, "", name)
	}
	return len(q["view"]) > 0
}

// readableBy refuses requests from pages that may not read the answer, and lets
// the others read it. The server's own pages need no permission.
func (s *Server) readableBy(rule pageRule, next http.Handler) http.Handler {
	if rule == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin != "" && origin != s.origin {
			if !rule(r, origin) {
				s.fail(w, r, foreignOrigin(origin))
				return
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", corsAnswerHeaders)
		}
		next.ServeHTTP(w, r)
	})
}

// preflight tells a browser whether it may send the request at all.
func (s *Server) preflight(rule pageRule, allowed []string) http.Handler {
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
		if origin != s.origin && !rule(r, origin) {
			s.fail(w, r, foreignOrigin(origin))
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", list)
		h.Set("Access-Control-Allow-Headers", corsRequestHeaders)
		h.Set("Access-Control-Max-Age", corsMaxAge)
		w.WriteHeader(http.StatusNoContent)
	})
}

// foreignOrigin sounds the same whether or not the view exists.
func foreignOrigin(origin string) error {
	return report.Errorf(report.Forbidden,
		"There is nothing by this name for pages of %s. The operator of this server can list the origin under views.NAME.origins.", clipped(origin))
}

// clipped bounds what a request chose before it is said back.
func clipped(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
