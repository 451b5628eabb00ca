package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestPublicURL(t *testing.T) {
	for raw, want := range map[string][3]string{
		"https://oriel.example":         {"https://oriel.example", "", "https://oriel.example"},
		"https://Oriel.Example:443/":    {"https://oriel.example", "", "https://oriel.example"},
		"http://localhost:8080/a/b/":    {"http://localhost:8080", "/a/b", "http://localhost:8080/a/b"},
		"http://127.0.0.1:80":           {"http://127.0.0.1", "", "http://127.0.0.1"},
		"https://[2001:db8::1]:8443/in": {"https://[2001:db8::1]:8443", "/in", "https://[2001:db8::1]:8443/in"},
	} {
		var s Server
		if err := s.setPublicURL(raw); err != nil || s.origin != want[0] || s.path != want[1] || s.base != want[2] {
			t.Errorf("%s: %q %q %q %v", raw, s.origin, s.path, s.base, err)
		}
	}
	for _, raw := range []string{"", "oriel.example", "ftp://x", "https://", "https://u:p@x", "https://x?y", "https://x#y", "https://x\n"} {
		if err := new(Server).setPublicURL(raw); err == nil {
			t.Errorf("%q was accepted", raw)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "Authority") {
		t.Errorf("%v", err)
	}
	c := Config{RequestTimeout: -1}
	if err := c.validate(); err == nil {
		t.Error("a negative limit was accepted")
	}
}

// Two servers in one process must not share state; and one registry twice is an error.
func TestTwoServers(t *testing.T) {
	a, b := newSite(t), newSite(t)
	a.do("GET", "/oriel.js", "")
	if m := b.send("GET", b.operator+"/metrics", ""); strings.Contains(m.body, `route="/oriel.js"`) {
		t.Error("requests of one server are counted by the other")
	}
}

func TestHTTPServerHasLimits(t *testing.T) {
	s := newSite(t)
	h := s.server.HTTPServer(http.NotFoundHandler())
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= s.server.timeout || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", h)
	}
}
