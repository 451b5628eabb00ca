package emulator

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// The Google services behind one address, as their errors name them.
const (
	dataService  = "analyticsdata.googleapis.com"
	adminService = "analyticsadmin.googleapis.com"
	iamService   = "iamcredentials.googleapis.com"
	oauthService = "oauth2.googleapis.com"
)

// A method is one RPC of a Google API.
type method struct {
	name    string // as counters and the control endpoint call it
	service string
	rpc     string // full name
	scopes  []string
	// category is whose quota it charges; none for free.
	category category
	// needs says that the caller must see the property in the path.
	needs bool
	// query are the names of its own query parameters.
	query []string
	serve func(*Emulator, *call) (any, error)
}

func dataMethod(name, rpc string, c category, serve func(*Emulator, *call) (any, error)) *method {
	return &method{
		name: name, service: dataService, rpc: "google.analytics.data.v1beta.BetaAnalyticsData." + rpc,
		scopes: []string{scopeReadonly, scopeAnalytics}, category: c, needs: true, serve: serve,
	}
}

func adminMethod(name, rpc string, needs bool, serve func(*Emulator, *call) (any, error), query ...string) *method {
	return &method{
		name: name, service: adminService, rpc: "google.analytics.admin.v1beta.AnalyticsAdminService." + rpc,
		scopes: []string{scopeReadonly, scopeEdit}, needs: needs, query: query, serve: serve,
	}
}

func elsewhere(name string) func(*Emulator, *call) (any, error) {
	return func(*Emulator, *call) (any, error) { return nil, notEmulated(name) }
}

// propertyMethod returns the method of POST /v1beta/properties/{id}:verb.
func propertyMethod(verb string) *method {
	switch verb {
	case "runReport":
		return dataMethod(verb, "RunReport", core, (*Emulator).runReport)
	case "batchRunReports":
		return dataMethod(verb, "BatchRunReports", core, (*Emulator).batchRunReports)
	case "runRealtimeReport":
		return dataMethod(verb, "RunRealtimeReport", realtime, (*Emulator).runRealtimeReport)
	case "checkCompatibility":
		return dataMethod(verb, "CheckCompatibility", core, (*Emulator).checkCompatibility)
	case "runPivotReport":
		return dataMethod(verb, "RunPivotReport", core, (*Emulator).runPivotReport)
	case "batchRunPivotReports":
		return dataMethod(verb, "BatchRunPivotReports", core, (*Emulator).batchRunPivotReports)
	case "runAccessReport":
		return adminMethod(verb, "RunAccessReport", true, elsewhere(verb))
	}
	return nil
}

// apiRoute finds the method of a path under /v1beta/, and the id of the
// property or account in it. Nil for none: wrong HTTP methods are none too.
func apiRoute(httpMethod, path string) (m *method, id string) {
	rest, ok := strings.CutPrefix(path, "/v1beta/")
	if !ok {
		return nil, ""
	}
	get := httpMethod == http.MethodGet
	if rest == "accountSummaries" && get {
		return adminMethod("accountSummaries", "ListAccountSummaries", false, (*Emulator).accountSummaries, "pageSize", "pageToken"), ""
	}
	if rest == "properties" && get {
		return adminMethod("listProperties", "ListProperties", false, (*Emulator).listProperties, "filter", "pageSize", "pageToken", "showDeleted"), ""
	}
	rest, ok = strings.CutPrefix(rest, "properties/")
	if !ok {
		return nil, ""
	}
	id, tail, deeper := strings.Cut(rest, "/")
	switch {
	case !deeper && get && id != "" && !strings.Contains(id, ":"):
		return adminMethod("getProperty", "GetProperty", true, (*Emulator).getProperty), id
	case !deeper && httpMethod == http.MethodPost:
		id, verb, _ := strings.Cut(id, ":")
		if id == "" {
			return nil, ""
		}
		return propertyMethod(verb), id
	case deeper && get && tail == "metadata" && id != "":
		return dataMethod("getMetadata", "GetMetadata", core, (*Emulator).getMetadata), id
	case deeper && id != "":
		return elsewhereUnder(tail), id
	}
	return nil, ""
}

// elsewhereUnder returns the method for collections that Google has below a
// property and the emulator has not.
func elsewhereUnder(tail string) *method {
	collection, _, _ := strings.Cut(tail, "/")
	switch collection {
	case "audienceExports":
		return dataMethod(collection, "ListAudienceExports", core, elsewhere(collection))
	case "dataStreams", "customDimensions", "customMetrics", "keyEvents", "conversionEvents",
		"googleAdsLinks", "firebaseLinks", "dataRetentionSettings":
		return adminMethod(collection, "GetProperty", true, elsewhere(collection))
	}
	return nil
}

// oauthRoute finds the handler of an OAuth path.
func (e *Emulator) oauthRoute(httpMethod, path string) (name string, serve func(*http.Request) (any, error)) {
	post, get := httpMethod == http.MethodPost, httpMethod == http.MethodGet
	switch {
	case path == "/token" && post:
		return "token", e.serveToken
	case path == "/v1/token" && post:
		return "exchangeToken", e.serveExchange
	case path == "/tokeninfo" && (post || get):
		return "tokeninfo", e.serveTokenInfo
	case path == "/revoke" && (post || get):
		return "revoke", e.serveRevoke
	case path == "/oauth2/v3/certs" && get:
		return "certs", e.serveCerts
	}
	return "", nil
}

// serve finds out who answers, and counts.
func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	name := "notFound"
	defer func() {
		if p := recover(); p != nil {
			e.counts.request(name, 0)
			panic(p)
		}
		e.counts.request(name, rec.status)
		e.log.DebugContext(r.Context(), "emulator", "method", name, "path", r.URL.Path, "status", rec.status)
	}()
	if n, serve := e.oauthRoute(r.Method, r.URL.Path); serve != nil {
		name = n
		e.serveOAuth(rec, r, name, serve)
		return
	}
	if r.URL.Path == loginPath {
		name = "login"
		writePage(rec, http.StatusOK, loginPage)
		return
	}
	m, id := apiRoute(r.Method, r.URL.Path)
	if m == nil {
		m, id = impersonationRoute(r.Method, r.URL.Path)
	}
	if m == nil {
		writeNotFound(rec, r.URL.Path)
		return
	}
	name = m.name
	e.serveAPI(rec, r, m, id)
}

func (e *Emulator) serveOAuth(w http.ResponseWriter, r *http.Request, name string, serve func(*http.Request) (any, error)) {
	if f := e.controls.strike(name, "", atFront, e.clock.now()); f != nil {
		e.writeFront(w, r, f, oauthService)
		return
	}
	if status := e.disturb(r.Context(), name, ""); status != 0 {
		writeOAuth(w, nil, &oauthError{status, "internal_failure", "Backend Error"})
		return
	}
	answer, err := serve(r)
	if f := e.controls.strike(name, "", onAnswer, e.clock.now()); err == nil && f != nil {
		e.writeAnswer(w, r, answer, f)
		return
	}
	writeOAuth(w, answer, err)
}

func writeNotFound(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, notFoundPage, html.EscapeString(path))
}

// A recorder remembers the status that was written.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
