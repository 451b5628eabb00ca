package web

import "net/http"

// Headers of every answer. Handlers of pages and files loosen what they must.
// Permissions-Policy is for pages: nothing else could use what it takes away.
//
// Cross-Origin-Resource-Policy same-origin keeps answers out of other pages' <img>
// and <script>, and so out of their processes. It does not touch how pages read
// reports, fetch with CORS: there Access-Control-Allow-Origin decides.
const (
	sealed      = "default-src 'none'; frame-ancestors 'none'"
	permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
	hsts        = "max-age=31536000"
)

// secured sets the security headers of every answer.
func (s *Server) secured(next http.Handler) http.Handler {
	headers := []header{
		fixed("X-Content-Type-Options", "nosniff"),
		fixed("Referrer-Policy", "no-referrer"),
		fixed("Content-Security-Policy", sealed),
		fixed("Cross-Origin-Resource-Policy", "same-origin"),
	}
	if s.secure {
		headers = append(headers, fixed("Strict-Transport-Security", hsts))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, f := range headers {
			f.set(h)
		}
		next.ServeHTTP(w, r)
	})
}

// setPageHeaders sets what pages need that may stand in frames.
//
// A page that isolates itself (Cross-Origin-Embedder-Policy: require-corp) may frame
// only what allows it in Cross-Origin-Resource-Policy, and isolates itself too. That
// costs ours nothing: all that they load is of their own origin. Who may frame them is
// not decided here but by frame-ancestors.
//
// Cross-Origin-Opener-Policy is for a page in a window of its own: who opened it
// keeps no handle on it. Browsers ignore it in frames, and on answers that are no pages.
func setPageHeaders(h http.Header) {
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
}
