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
	}
	s := newSite(t, func(c *Config) {
		all := testFiles()
		maps.Copy(all, files)
		c.Files = all
	})
	for path, want := range map[string]struct{ body, kind string }{
		"/platform.js":            {"gapi()", "text/javascript; charset=utf-8"},
		"/platform.js?onload=go":  {"gapi()", "text/javascript; charset=utf-8"},
		"/js/platform.js":         {"gapi()", "text/javascript; charset=utf-8"},
		"/js/client.js?onload=go": {"gapi()", "text/javascript; charset=utf-8"},
		"/js/api.js":              {"gapi()", "text/javascript; charset=utf-8"},
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
	for _, path := range []string{
		"/js/", "/js/oriel.js", "/js/..%2fplatform.js", "/public/css/embed.css", "/public/javascript/embed-api/components/",
		"/public/javascript/embed-api/components/none.js", "/public/javascript/embed-api/components/..%2fplatform.js",
	} {
		if a := s.do("GET", path, ""); a.code != 404 || strings.Contains(a.body, "gapi()") {
			t.Errorf("%s: %d %q", path, a.code, a.body)
		}
	}
}
