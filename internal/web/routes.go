package web

import (
	"net/http"
	"slices"
)

// A route is a row of the server's routes.
type route struct {
	method string // or anyMethod
	path   string // a pattern of http.ServeMux
	// pages allows pages of other origins to read responses, see cors.
	pages  bool
	handle http.Handler
}

// anyMethod is for routes of every method but OPTIONS, which is the preflight.
const anyMethod = ""

// routes are those of the public listener. Those of the other APIs of Universal Analytics
// are in v3Lists.
func (s *Server) routes() []route {
	return slices.Concat(s.v3Lists("/analytics/v3"), s.v3Lists("/v3"), []route{
		// Embed tokens: for visitors' pages, and for hosts' backends.
		{"GET", "/token", true, s.withTimeout(s.respond(s.publicToken))},
		{"POST", "/v1/tokens:renew", true, s.withTimeout(s.respond(s.renewedToken))},
		{"POST", "/v1/tokens:redeem", true, s.withTimeout(s.respond(s.redeemedToken))},
		{"POST", "/v1/tokens", false, s.withTimeout(s.respond(s.hostToken))},
		{"POST", "/v1/accounts/{call}", false, s.withTimeout(s.respond(s.accountToken))},

		// What an embed token gives access to.
		{"GET", "/v1/views", true, s.withGrant(aboutAll, s.partial(viewsMembers, s.views))},
		{"GET", "/v1/views/{view}/metadata", true, s.withGrant(aboutView, s.partial(metadataMembers, s.metadata))},
		{"POST", "/v1/views/{call}", true, s.withGrant(aboutCall, s.call)},
		{"GET", "/v1/dashboards/{dashboard}", true, s.withGrant(aboutDashboard, s.dashboard)},
		{"GET", "/v1/dashboards/{dashboard}/panels/{call}", true, s.withGrant(aboutDashboard, s.panel)},

		// The same under Google's own paths, for official clients.
		{"POST", "/v1beta/properties/{call}", true, s.withGrant(aboutCall, s.call)},
		{"GET", "/v1beta/properties/{view}/metadata", true, s.withGrant(aboutView, s.partial(metadataMembers, s.googleMetadata))},
		{"GET", "/v1beta/properties/{call}", true, s.withGrant(aboutProperty, s.partial(propertyMembers, s.googleProperty))},
		{"GET", "/v1beta/accountSummaries", true, s.withGrant(aboutAll, s.partial(accountsMembers, s.googleAccounts))},

		// Universal Analytics, at Google's paths and at paths that ad-blockers don't know.
		{"GET", "/analytics/v3/data/ga", true, s.v3(s.coreReport)},
		{"GET", "/analytics/v3/data/realtime", true, s.v3(s.realtimeReport)},
		{"GET", "/v3/data/ga", true, s.v3(s.coreReport)},
		{"GET", "/v3/data/realtime", true, s.v3(s.realtimeReport)},
		{"POST", "/v4/reports:batchGet", true, s.v4(s.batchGet)},
		{"POST", "/v4/userActivity:search", true, s.v4(s.userActivity)},

		// Pages for iframes, and the files that pages load.
		{"GET", "/embed/{dashboard}", false, s.withTimeout(http.HandlerFunc(s.embed))},
		{"GET", "/oriel.js", false, s.file("oriel.js")},
		{"GET", "/embed.js", false, s.file("embed.js")},
		{"GET", "/embed.css", false, s.file("embed.css")},
		{"GET", "/assets/{file...}", false, http.HandlerFunc(s.asset)},

		// The drop-in for Google's Embed API, under each name of Google's loader, at the
		// root and at Google's path.
		{"GET", "/platform.js", false, s.file("platform.js")},
		{"GET", "/client.js", false, s.file("platform.js")},
		{"GET", "/api.js", false, s.file("platform.js")},
		{"GET", "/plusone.js", false, s.file("platform.js")},
		{"GET", "/client:platform.js", false, s.file("platform.js")},
		{"GET", "/client:plusone.js", false, s.file("platform.js")},
		{"GET", "/api:client.js", false, s.file("platform.js")},
		{"GET", "/js/{name}", false, http.HandlerFunc(s.dropIn)},

		// The community's components for the Embed API, at the paths of its demo site,
		// which had no folder components in 2014.
		{"GET", "/public/javascript/embed-api/{name}", false, http.HandlerFunc(s.component)},
		{"GET", "/public/javascript/embed-api/components/{name}", false, http.HandlerFunc(s.component)},
		{"GET", "/public/css/chartjs-visualizations.css", false, s.file("components/chartjs-visualizations.css")},
		{"GET", "/public/css/index.css", false, s.file("components/index.css")},
	})
}

// operatorRoutes are those of the operators' listener.
func (s *Server) operatorRoutes() []route {
	return []route{
		{"GET", "/{$}", false, http.HandlerFunc(s.operatorIndex)},
		{"GET", "/healthz", false, http.HandlerFunc(s.healthz)},
		{"GET", "/readyz", false, s.withTimeout(http.HandlerFunc(s.readyz))},
		{"GET", "/metrics", false, s.metricsPage()},
		{"GET", "/quota", false, http.HandlerFunc(s.quotaPage)},
		{"POST", "/keys:rotate", false, s.withTimeout(http.HandlerFunc(s.rotateKeys))},
		{"POST", "/cache:purge", false, s.withTimeout(http.HandlerFunc(s.purge))},
		{"GET", "/revocations", false, s.withTimeout(http.HandlerFunc(s.revocations))},
		{"POST", "/revocations", false, s.withTimeout(http.HandlerFunc(s.revoke))},
		{"DELETE", "/revocations/{id}", false, s.withTimeout(http.HandlerFunc(s.liftRevocation))},
	}
}

// publicHandler adds to the routes what every request passes: request ID, log, metrics,
// panic recovery and security headers.
func (s *Server) publicHandler() http.Handler {
	return s.instrumented(s.withSecurityHeaders(s.mux(s.routes(), s.missing)))
}

func (s *Server) operatorHandler() http.Handler {
	return s.withSecurityHeaders(s.csrfProtected(s.mux(s.operatorRoutes(), s.notFound)))
}

// mux serves the routes, preflights for those that pages of other origins may read, 405
// for other methods, and missing for the rest.
func (s *Server) mux(routes []route, missing http.HandlerFunc) *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string][]route{}
	for _, r := range routes {
		handle := r.handle
		if r.pages {
			handle = s.cors(handle)
		}
		if r.method == anyMethod {
			mux.Handle(r.path, s.unlessPreflight(handle))
			continue
		}
		byPath[r.path] = append(byPath[r.path], r)
		mux.Handle(r.method+" "+r.path, handle)
	}
	for path, rows := range byPath {
		if rows[0].pages {
			mux.Handle("OPTIONS "+path, s.preflight(methods(rows)))
		}
		mux.Handle(path, s.methodNotAllowed(methods(rows)))
	}
	mux.Handle("/", missing)
	return mux
}

// unlessPreflight answers OPTIONS, which as a pattern of its own would conflict with more
// specific paths, and leaves other methods to next.
func (s *Server) unlessPreflight(next http.Handler) http.Handler {
	preflight := s.preflight([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflight.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func methods(rows []route) []string {
	var m []string
	for _, r := range rows {
		if r.method == http.MethodGet {
			m = append(m, http.MethodGet, http.MethodHead)
			continue
		}
		m = append(m, r.method)
	}
	return m
}
