package web

import (
	"net/http"
	"slices"
)

// A route is one row of the map of the site.
type route struct {
	method string // anyMethod for one that tells methods apart itself
	path   string // a pattern of http.ServeMux
	// pages says that pages of other origins may read answers, see readable.
	pages  bool
	handle http.Handler
}

// anyMethod is the method of routes that answer all but OPTIONS, which they leave
// to the preflight.
const anyMethod = ""

// routes is the map of the site. What else the dialect of Universal Analytics
// has is in universalLists.
func (s *Server) routes() []route {
	return slices.Concat(s.universalLists("/analytics/v3"), s.universalLists("/v3"), []route{
		// Embed tokens: for visitors' pages, and for hosts' backends.
		{"GET", "/token", true, s.bounded(s.answer(s.publicToken))},
		{"POST", "/v1/tokens:renew", true, s.bounded(s.answer(s.renewedToken))},
		{"POST", "/v1/tokens:redeem", true, s.bounded(s.answer(s.redeemedToken))},
		{"POST", "/v1/tokens", false, s.bounded(s.answer(s.hostToken))},
		{"POST", "/v1/accounts/{call}", false, s.bounded(s.answer(s.accountToken))},

		// What an embed token is good for.
		{"GET", "/v1/views", true, s.granted(aboutAll, s.partial(viewsMembers, s.views))},
		{"GET", "/v1/views/{view}/metadata", true, s.granted(aboutView, s.partial(metadataMembers, s.metadata))},
		{"POST", "/v1/views/{call}", true, s.granted(aboutCall, s.partialCall)},
		{"GET", "/v1/dashboards/{dashboard}", true, s.granted(aboutDashboard, s.dashboard)},
		{"GET", "/v1/dashboards/{dashboard}/panels/{call}", true, s.granted(aboutDashboard, s.exportPanel)},

		// The same under Google's own paths, for official clients.
		{"POST", "/v1beta/properties/{call}", true, s.granted(aboutCall, s.partialCall)},
		{"GET", "/v1beta/properties/{view}/metadata", true, s.granted(aboutView, s.partial(metadataMembers, s.googleMetadata))},
		{"GET", "/v1beta/properties/{call}", true, s.granted(aboutProperty, s.partial(propertyMembers, s.googleProperty))},
		{"GET", "/v1beta/accountSummaries", true, s.granted(aboutAll, s.partial(accountsMembers, s.googleAccounts))},

		// What scripts for Universal Analytics ask, at the path they know and at one
		// that ad-blockers do not.
		{"GET", "/analytics/v3/data/ga", true, s.universal(s.coreReport)},
		{"GET", "/analytics/v3/data/realtime", true, s.universal(s.realtimeReport)},
		{"GET", "/v3/data/ga", true, s.universal(s.coreReport)},
		{"GET", "/v3/data/realtime", true, s.universal(s.realtimeReport)},
		{"POST", "/v4/reports:batchGet", true, s.reporting(s.batchGet)},
		{"POST", "/v4/userActivity:search", true, s.reporting(s.userActivity)},

		// Pages for iframes, and what pages load.
		{"GET", "/embed/{dashboard}", false, s.bounded(s.compressed(http.HandlerFunc(s.embed)))},
		{"GET", "/oriel.js", false, s.file("oriel.js")},
		{"GET", "/embed.js", false, s.file("embed.js")},
		{"GET", "/embed.css", false, s.file("embed.css")},
		{"GET", "/assets/{file...}", false, http.HandlerFunc(s.asset)},

		// The drop-in for Google's Embed API, under the names of all that pages load
		// it by, at the root and where Google had them.
		{"GET", "/platform.js", false, s.file("platform.js")},
		{"GET", "/client.js", false, s.file("platform.js")},
		{"GET", "/api.js", false, s.file("platform.js")},
		{"GET", "/plusone.js", false, s.file("platform.js")},
		{"GET", "/client:platform.js", false, s.file("platform.js")},
		{"GET", "/client:plusone.js", false, s.file("platform.js")},
		{"GET", "/api:client.js", false, s.file("platform.js")},
		{"GET", "/js/{name}", false, http.HandlerFunc(s.dropIn)},

		// The community's components for the Embed API, where pages look for them: the
		// demonstrations' site of 2014 had no folder components.
		{"GET", "/public/javascript/embed-api/{name}", false, http.HandlerFunc(s.component)},
		{"GET", "/public/javascript/embed-api/components/{name}", false, http.HandlerFunc(s.component)},
		{"GET", "/public/css/chartjs-visualizations.css", false, s.file("components/chartjs-visualizations.css")},
		{"GET", "/public/css/index.css", false, s.file("components/index.css")},
	})
}

// operatorRoutes is the map of the operators' listener.
func (s *Server) operatorRoutes() []route {
	return []route{
		{"GET", "/{$}", false, http.HandlerFunc(s.operatorIndex)},
		{"GET", "/healthz", false, http.HandlerFunc(s.healthz)},
		{"GET", "/readyz", false, s.bounded(http.HandlerFunc(s.readyz))},
		{"GET", "/metrics", false, s.metricsPage()},
		{"GET", "/quota", false, http.HandlerFunc(s.quotaPage)},
		{"POST", "/cache:purge", false, s.bounded(http.HandlerFunc(s.purge))},
		{"GET", "/revocations", false, s.bounded(http.HandlerFunc(s.revocations))},
		{"POST", "/revocations", false, s.bounded(http.HandlerFunc(s.revoke))},
		{"DELETE", "/revocations/{id}", false, s.bounded(http.HandlerFunc(s.lift))},
	}
}

// publicHandler puts the routes behind what every request passes: a number,
// the log, the metrics, the recovery from panics, the security headers.
func (s *Server) publicHandler() http.Handler {
	return s.observed(s.secured(s.mux(s.routes(), s.missing)))
}

func (s *Server) operatorHandler() http.Handler {
	return s.secured(s.guarded(s.mux(s.operatorRoutes(), s.notFound)))
}

// mux serves the routes, answers preflights for those that pages of other
// origins may read, 405 for other methods, and leaves the rest to missing.
func (s *Server) mux(routes []route, missing http.HandlerFunc) *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string][]route{}
	for _, r := range routes {
		handle := r.handle
		if r.pages {
			handle = s.readable(handle)
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

// unlessPreflight answers OPTIONS, and leaves other methods to next. A pattern
// with the method of its own would conflict with more specific paths.
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
