package web

import "net/http"

// Headers of every response. Handlers of pages and files loosen them. Permissions-Policy is
// for pages alone.
//
// Cross-Origin-Resource-Policy same-origin keeps responses out of other pages' <img> and
// <script>, and so out of their processes. It does not affect fetch with CORS.
const (
	defaultCSP  = "default-src 'none'; frame-ancestors 'none'"
	permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
	hsts        = "max-age=31536000"
)

// withSecurityHeaders sets the security headers of every response.
func (s *Server) withSecurityHeaders(next http.Handler) http.Handler {
	headers := []header{
		fixed("X-Content-Type-Options", "nosniff"),
		fixed("Referrer-Policy", "no-referrer"),
		fixed("Content-Security-Policy", defaultCSP),
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

// setPageHeaders sets the headers of pages that may be framed.
//
// A page that isolates itself (Cross-Origin-Embedder-Policy: require-corp) may frame only
// pages that allow it in Cross-Origin-Resource-Policy and isolate themselves, as ours can:
// they load from their own origin alone. frame-ancestors decides who may frame them.
//
// Cross-Origin-Opener-Policy takes the handle on a page in its own window from its opener.
func setPageHeaders(h http.Header) {
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
}
