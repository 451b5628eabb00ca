package web

import "net/http"

// Headers of every answer. Handlers of pages and files loosen what they must.
const (
	sealed      = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
	hsts        = "max-age=31536000"
)

// secured sets the security headers of every answer.
func (s *Server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", sealed)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		if s.secure {
			h.Set("Strict-Transport-Security", hsts)
		}
		next.ServeHTTP(w, r)
	})
}
