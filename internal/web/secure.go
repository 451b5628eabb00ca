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
	headers := []header{
		fixed("X-Content-Type-Options", "nosniff"),
		fixed("Referrer-Policy", "no-referrer"),
		fixed("Content-Security-Policy", sealed),
		fixed("Cross-Origin-Resource-Policy", "same-origin"),
		fixed("Permissions-Policy", permissions),
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
