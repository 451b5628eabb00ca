package web

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// Pages load the drop-in by each of the names that Google's loader had, and what
// the community wrote by the names of its demonstrations.
func TestDropInFiles(t *testing.T) {
	files := fstest.MapFS{
		"platform.js":                           {Data: []byte("gapi()")},
		"components/view-selector2.js":          {Data: []byte("selector()")},
		"components/chartjs-visualizations.css": {Data: []byte(".Chartjs{}")},
		"components/index.css":                  {Data: []byte(".Dashboard{}")},
	}
	s := newSite(t, func(c *Config) {
		all := testFiles()
		maps.Copy(all, files)
		c.Files = all
	})
	for path, want := range map[string]struct{ body, kind string }{
		"/platform.js":                                   {"gapi()", "text/javascript; charset=utf-8"},
		"/platform.js?onload=go":                         {"gapi()", "text/javascript; charset=utf-8"},
		"/js/platform.js":                                {"gapi()", "text/javascript; charset=utf-8"},
		"/js/client.js?onload=go":                        {"gapi()", "text/javascript; charset=utf-8"},
		"/js/api.js":                                     {"gapi()", "text/javascript; charset=utf-8"},
		"/client:plusone.js":                             {"gapi()", "text/javascript; charset=utf-8"},
		"/js/client%3Aplatform.js?onload=go":             {"gapi()", "text/javascript; charset=utf-8"},
		"/public/javascript/embed-api/view-selector2.js": {"selector()", "text/javascript; charset=utf-8"},
		"/public/css/index.css":                          {".Dashboard{}", "text/css; charset=utf-8"},
		"/public/javascript/embed-api/components/view-selector2.js": {"selector()", "text/javascript; charset=utf-8"},
		"/public/css/chartjs-visualizations.css":                    {".Chartjs{}", "text/css; charset=utf-8"},
	} {
		a := s.do("GET", path, "", "Origin: https://anyone.example")
		if a.code != 200 || a.body != want.body {
			t.Errorf("%s: %d %q", path, a.code, a.body)
		}
		wantHeader(t, a, "Content-Type", want.kind)
		wantHeader(t, a, "Cache-Control", cacheNamed)
		wantHeader(t, a, "Access-Control-Allow-Origin", "*")
		wantHeader(t, a, "Cross-Origin-Resource-Policy", "cross-origin")
	}
	for _, name := range []string{"platform", "client", "api", "plusone", "client:platform", "client:plusone", "api:client"} {
		for _, folder := range []string{"/", "/js/"} {
			if a := s.do("GET", folder+name+".js", ""); a.code != 200 || a.body != "gapi()" {
				t.Errorf("%s%s.js: %d %q", folder, name, a.code, a.body)
			}
		}
	}
	for _, path := range []string{
		"/js/", "/js/oriel.js", "/js/platform", "/js/platform.js:client.js", "/js/client:.js", "/js/client:", "/plus.js", "/client:oriel.js", "/js/..%2fplatform.js", "/public/css/embed.css", "/public/javascript/embed-api/components/",
		"/public/javascript/embed-api/components/none.js", "/public/javascript/embed-api/components/..%2fplatform.js",
	} {
		if a := s.do("GET", path, ""); a.code != 404 || strings.Contains(a.body, "gapi()") {
			t.Errorf("%s: %d %q", path, a.code, a.body)
		}
	}
}

// A page that names a file that is not here gets a 404 that its console can tell:
// an answer that it may read, of a kind that the browser lets through to whoever
// asks. None of it depends on what the server holds.
func TestMissingFiles(t *testing.T) {
	s := newSite(t)
	const foreign = "Origin: https://anyone.example"
	for _, path := range []string{"/js/analytics.js", "/nowhere.js", "/public/css/none.css", "/assets/none.js", "/public/javascript/embed-api/none.js"} {
		a := s.do("GET", path, "", foreign)
		if a.code != 404 || !strings.HasPrefix(a.body, "/* There is no") || !strings.HasSuffix(a.body, ". */\n") {
			t.Errorf("%s: %d %q", path, a.code, a.body)
		}
		wantHeader(t, a, "Content-Type", map[bool]string{true: "text/css; charset=utf-8", false: "text/javascript; charset=utf-8"}[strings.HasSuffix(path, ".css")])
		wantHeader(t, a, "Access-Control-Allow-Origin", "*")
		wantHeader(t, a, "Cross-Origin-Resource-Policy", "cross-origin")
		wantHeader(t, a, "X-Content-Type-Options", "nosniff")
		wantHeader(t, a, "Cache-Control", "no-store")
	}
	image := s.do("GET", "/logo.png", "", "Sec-Fetch-Mode: no-cors")
	wantHeader(t, image, "Content-Type", "text/javascript; charset=utf-8")
	fetched := s.do("GET", "/nowhere", "", foreign)
	wantHeader(t, fetched, "Content-Type", "application/json; charset=utf-8")
	wantHeader(t, fetched, "Access-Control-Allow-Origin", "*")
	asked := s.do("OPTIONS", "/nowhere", "", foreign, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization")
	if asked.code != 204 || asked.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d", asked.code)
	}
	wantHeader(t, asked, "Access-Control-Allow-Origin", "*")
}
