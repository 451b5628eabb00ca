package web

import (
	"net/http"
)

// dropIn serves the drop-in by the names that Google's loader had. What follows
// the question mark (?onload=…) is for the script itself, which reads it.
func (s *Server) dropIn(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("name") {
	case "platform.js", "client.js", "api.js":
		s.serveAsset(w, r, "platform.js", cacheNamed)
	default:
		s.notFound(w, r)
	}
}

// component serves one of the components for the Embed API that pages load from
// its demonstrations' site.
func (s *Server) component(w http.ResponseWriter, r *http.Request) {
	s.serveAsset(w, r, "components/"+r.PathValue("name"), cacheNamed)
}
