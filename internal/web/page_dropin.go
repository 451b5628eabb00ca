package web

import (
	"net/http"
	"path"
	"regexp"

	"github.com/oriel-server/oriel/internal/report"
)

// dropInName is a name by which Google served its loader. A name could list what to
// load at once, parted by colons: client:platform.js. Ours holds all of it.
var dropInName = regexp.MustCompile(`^(?:(?:platform|client|api|plusone|plus|auth2?):)*(?:platform|client|api|plusone|plus|auth2?)\.js$`)

// dropIn serves the drop-in where Google had it. What follows the question mark
// (?onload=…) is for the script itself, which reads it.
func (s *Server) dropIn(w http.ResponseWriter, r *http.Request) {
	name := "js/" + r.PathValue("name")
	if dropInName.MatchString(r.PathValue("name")) {
		name = "platform.js"
	}
	s.serveAsset(w, r, name, cacheNamed)
}

// component serves one of the components for the Embed API that pages load from
// its demonstrations' site.
func (s *Server) component(w http.ResponseWriter, r *http.Request) {
	s.serveAsset(w, r, "components/"+r.PathValue("name"), cacheNamed)
}

// missing answers for addresses that are none of the server's.
func (s *Server) missing(w http.ResponseWriter, r *http.Request) {
	s.missingFile(w, r, nothingHere)
}

// missingFile answers 404 for whatever a page wanted of an address. Browsers block
// an answer that a page may not read, and then say nothing of a 404: so any page
// may read this one, which is the same for everyone, and to an element of a page it
// is a style or a script. (Chromium's opaque response blocking lets no JSON through,
// nor text that may not be sniffed; images fail by their 404 all the same.)
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
	part := partOfPage(r)
	if part == "" {
		s.fail(w, r, err)
		return
	}
	e := s.failed(w, r, err)
	writeBody(w, http.StatusNotFound, contentType(part), []byte("/* "+e.Message+" */\n"))
}

// partOfPage returns as what a page loads an address by an element, .js or .css;
// empty for what else asks. Browsers say so, and older ones ask for a name that does.
func partOfPage(r *http.Request) string {
	switch {
	case r.Header.Get("Sec-Fetch-Dest") == "style" || path.Ext(r.URL.Path) == ".css":
		return ".css"
	case r.Header.Get("Sec-Fetch-Mode") == "no-cors" || path.Ext(r.URL.Path) == ".js":
		return ".js"
	}
	return ""
}
