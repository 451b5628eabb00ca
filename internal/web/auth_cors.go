package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A subject names what a request is about, as its address writes it: a view, or
// a dashboard over a view; both empty for all that the token opens.
type subject func(r *http.Request) (view, dashboard string)

// What pages of other origins may send and see, beyond what browsers always allow.
const (
	corsRequestHeaders = "Authorization, Content-Type, X-Goog-Api-Client, X-Goog-Request-Params, X-Goog-User-Project, X-User-Agent"
	corsAnswerHeaders  = "Age, Content-Disposition, Oriel-As-Of, Oriel-Freshness, Oriel-Notices, Oriel-Stale, Retry-After, " + requestIDHeader
	corsMaxAge         = "600" // seconds; the longest that all browsers honour
)

func aboutAll(*http.Request) (view, dashboard string) { return "", "" }

func aboutView(r *http.Request) (view, dashboard string) { return r.PathValue("view"), "" }

// aboutProperty is for an address that ends with the view.
func aboutProperty(r *http.Request) (view, dashboard string) { return r.PathValue("call"), "" }

func aboutCall(r *http.Request) (view, dashboard string) {
	view, _, _ = splitCall(r.PathValue("call"))
	return view, ""
}

func aboutDashboard(r *http.Request) (view, dashboard string) {
	return parameter(r.URL.RawQuery, "view"), r.PathValue("dashboard")
}

// parameter is url.Values.Get for one parameter of a query string, of which no
// other is read.
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

// readable refuses requests from pages that no view lists, and lets the others
// read the answer. What the request is about must not matter here: nobody has
// shown a token yet, and anything but a browser can claim any origin. The
// server's own pages need no permission.
//
// The refusal too may be read: it holds what the page knows of itself, and a page
// that cannot read it takes the server for one that is down.
//
// What may be read depends on who asks, which Vary would say; but it says that to
// caches, and nothing of this may be stored. What may says so itself: unchangedJSON.
func (s *Server) readable(next http.Handler) http.Handler {
	expose := fixed("Access-Control-Expose-Headers", corsAnswerHeaders)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if origin := s.foreignPage(r); origin != "" {
			h["Access-Control-Allow-Origin"] = r.Header["Origin"][:1:1]
			expose.set(h)
			if !s.rules.ListsOrigin(origin) {
				s.fail(w, r, s.refused(r, policy.Grant{}, foreignOrigin(origin)))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// foreignPage returns the origin of the page that asks; empty when none does, or
// one of the server's own.
func (s *Server) foreignPage(r *http.Request) string {
	if origin := value(r.Header, "Origin"); origin != s.origin {
		return origin
	}
	return ""
}

// mayRead holds the answer back from pages whose origin the view does not list,
// though they have a token for it.
func (s *Server) mayRead(r *http.Request, grant policy.Grant, about subject) error {
	origin := s.foreignPage(r)
	if origin == "" {
		return nil
	}
	if view, dashboard := about(r); !grant.ReadableFrom(origin, view, dashboard) {
		return foreignOrigin(origin)
	}
	return nil
}

// preflight tells a browser whether it may send the request at all.
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
			s.fail(w, r, s.refused(r, policy.Grant{}, foreignOrigin(origin)))
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
		"There is nothing by this name for pages of %s. The operator of this server can list the origin under views.NAME.origins.", report.Truncate(origin))
}
