package web

import (
	"net/http"
	"path"
	"regexp"

	"github.com/oriel-server/oriel/internal/report"
)

// dropInName matches the names of Google's loader, which could list several parts
// separated by colons: client:platform.js. Ours contains all of them.
var dropInName = regexp.MustCompile(`^(?:(?:platform|client|api|plusone|plus|auth2?):)*(?:platform|client|api|plusone|plus|auth2?)\.js$`)

// dropIn serves the drop-in at Google's path. Its script reads the query (?onload=…).
func (s *Server) dropIn(w http.ResponseWriter, r *http.Request) {
	name := "js/" + r.PathValue("name")
	if dropInName.MatchString(r.PathValue("name")) {
		name = "platform.js"
	}
	s.serveAsset(w, r, name, cacheNamed)
}

// component serves a component for the Embed API at the path of its demo site.
func (s *Server) component(w http.ResponseWriter, r *http.Request) {
	s.serveAsset(w, r, "components/"+r.PathValue("name"), cacheNamed)
}

// missing answers for paths without a route.
func (s *Server) missing(w http.ResponseWriter, r *http.Request) {
	s.missingFile(w, r, nothingHere)
}

// missingFile answers 404, which any page may read: browsers hide a 404 that a page may not
// read, and it is the same for everyone. To an element of a page it is a style or a script,
// since Chromium's opaque response blocking lets no JSON through, nor text that may not be
// sniffed; images fail by their 404 anyway.
func (s *Server) missingFile(w http.ResponseWriter, r *http.Request, message string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", "*")
		h.Set("Access-Control-Allow-Headers", corsRequestHeaders)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	err := report.Errorf(report.NotFound, "%s", message)
	part := elementType(r)
	if part == "" {
		s.fail(w, r, err)
		return
	}
	e := s.recordError(w, r, err)
	writeBody(w, http.StatusNotFound, contentType(part), []byte("/* "+e.Message+" */\n"))
}

// elementType returns the file type that an element of a page requests, .js or .css; empty
// for other requests. Older browsers do not send it, so the path's extension counts too.
func elementType(r *http.Request) string {
	switch {
	case r.Header.Get("Sec-Fetch-Dest") == "style" || path.Ext(r.URL.Path) == ".css":
		return ".css"
	case r.Header.Get("Sec-Fetch-Mode") == "no-cors" || path.Ext(r.URL.Path) == ".js":
		return ".js"
	}
	return ""
}
