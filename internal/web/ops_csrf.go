package web

import (
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// csrfProtected refuses requests of web pages to the operators' listener: an operator's
// browser can reach it by a form, or under a name that resolves to it (DNS rebinding).
// Other programs send none of the headers that browsers do.
func (s *Server) csrfProtected(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.checkOperator(r); err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) checkOperator(r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case r.Header.Get("Origin") != "" || site != "" && site != "none" && site != "same-origin":
		return report.Errorf(report.Forbidden, "Pages cannot ask this listener, which is for operators: use oriel revoke, curl or the address bar.")
	case !s.operatorHost(r.Host):
		return report.Errorf(report.Forbidden, "This listener, which is for operators, does not answer under the name %q: use its IP address, or list the name under operator.hosts.", report.Truncate(r.Host))
	case r.ContentLength != 0 && !isJSON(r.Header.Get("Content-Type")):
		return report.Errorf(report.Invalid, "Send JSON: Content-Type: application/json.")
	}
	return s.checkOperatorToken(r)
}

// checkOperatorToken refuses requests that change something, unless they show the
// operators' token: who can merely connect, such as any process of the machine, can only
// read.
func (s *Server) checkOperatorToken(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	token, err := bearer(r)
	want := s.operatorToken.Reveal()
	if err != nil || want == "" || subtle.ConstantTimeCompare([]byte(token), []byte(want)) != 1 {
		return report.Errorf(report.Unauthenticated, "Send the operators' token, which is in operator.token_file: Authorization: Bearer TOKEN.")
	}
	return nil
}

// operatorHost reports whether a Host is safe from DNS rebinding: an IP address, localhost
// or a configured name. HTTP/1.0 clients send no Host.
func (s *Server) operatorHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "" || host == "localhost" || slices.Contains(s.operatorHosts, host)
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}
