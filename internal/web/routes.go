package web

import "net/http"

// A route is one row of the map of the site.
type route struct {
	method string
	path   string // a pattern of http.ServeMux
	// pages says which pages of other origins may read the answers; nil for none.
	pages  pageRule
	handle http.Handler
}

// routes is the map of the site.
func (s *Server) routes() []route {
	return []route{
		// Embed tokens: for visitors' pages, and for hosts' backends.
		{"GET", "/token", s.pagesOfQuery, s.bounded(s.answer(s.publicToken))},
		{"POST", "/v1/tokens", nil, s.bounded(s.answer(s.hostToken))},

		// What an embed token is good for.
		{"GET", "/v1/views", s.pagesOfAny, s.granted(s.views)},
		{"GET", "/v1/views/{view}/metadata", s.pagesOfView, s.granted(s.metadata)},
		{"POST", "/v1/views/{call}", s.pagesOfCall, s.granted(s.call)},
		{"GET", "/v1/dashboards/{dashboard}", s.pagesOfDashboard, s.granted(s.dashboard)},

		// The same under Google's own paths, for official clients.
		{"POST", "/v1beta/properties/{call}", s.pagesOfCall, s.granted(s.call)},
		{"GET", "/v1beta/properties/{view}/metadata", s.pagesOfView, s.granted(s.googleMetadata)},
		{"GET", "/v1beta/properties/{call}", s.pagesOfCall, s.granted(s.googleProperty)},
		{"GET", "/v1beta/accountSummaries", s.pagesOfAny, s.granted(s.googleAccounts)},

		// Pages for iframes, and what pages load.
		{"GET", "/embed/{dashboard}", nil, s.bounded(s.compressed(http.HandlerFunc(s.embed)))},
		{"GET", "/oriel.js", nil, s.file("oriel.js")},
		{"GET", "/embed.js", nil, s.file("embed.js")},
		{"GET", "/embed.css", nil, s.file("embed.css")},
		{"GET", "/assets/{file...}", nil, http.HandlerFunc(s.asset)},
	}
}

// operatorRoutes is the map of the operators' listener.
func (s *Server) operatorRoutes() []route {
	return []route{
		{"GET", "/{$}", nil, http.HandlerFunc(s.operatorIndex)},
		{"GET", "/healthz", nil, http.HandlerFunc(s.healthz)},
		{"GET", "/readyz", nil, s.bounded(http.HandlerFunc(s.readyz))},
		{"GET", "/metrics", nil, s.metricsPage()},
	}
}

// publicHandler puts the routes behind what every request passes: a number,
// the log, the metrics, the recovery from panics, the security headers.
func (s *Server) publicHandler() http.Handler {
	return s.observed(s.secured(s.mux(s.routes())))
}

func (s *Server) operatorHandler() http.Handler {
	return s.secured(s.mux(s.operatorRoutes()))
}

// mux serves the routes, answers preflights for those that pages of other
// origins may read, 405 for other methods and 404 for the rest.
func (s *Server) mux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string][]route{}
	for _, r := range routes {
		byPath[r.path] = append(byPath[r.path], r)
		mux.Handle(r.method+" "+r.path, s.readableBy(r.pages, r.handle))
	}
	for path, rows := range byPath {
		if rows[0].pages != nil {
			mux.Handle("OPTIONS "+path, s.preflight(rows[0].pages, methods(rows)))
		}
		mux.Handle(path, s.methodNotAllowed(methods(rows)))
	}
	mux.HandleFunc("/", s.notFound)
	return mux
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
