package origin_test

import (
	"testing"

	"github.com/oriel-server/oriel/internal/origin"
)

func TestOf(t *testing.T) {
	for raw, want := range map[string]string{
		"https://oriel.example":            "https://oriel.example",
		"HTTPS://Oriel.Example:443/a?b#c":  "https://oriel.example",
		"http://127.0.0.1:80":              "http://127.0.0.1",
		"http://oriel.example:443":         "http://oriel.example:443",
		"https://oriel.example:":           "https://oriel.example",
		"https://[2001:DB8::1]:8443/in":    "https://[2001:db8::1]:8443",
		"https://[2001:db8::80]":           "https://[2001:db8::80]",
		"https://u:p@oriel.example/":       "https://oriel.example",
		"":                                 "",
		"oriel.example":                    "",
		"//oriel.example":                  "",
		"https://":                         "",
		"https://:8080":                    "",
		"file://oriel.example":             "",
		"null":                             "",
		"https://oriel.example:80a":        "",
		"https://oriel.example\n":          "",
		"javascript:alert('https://x.io')": "",
	} {
		if got := origin.Of(raw); got != want {
			t.Errorf("Of(%q) = %q, not %q", raw, got, want)
		}
	}
}

func TestIs(t *testing.T) {
	for s, want := range map[string]bool{
		"https://www.example.com": true, "http://127.0.0.1:8080": true, "http://[::1]:80a": false, "http://[::1]:8080": true,
		"https://www.example.com/": false, "https://www.example.com:443": false, "http://www.example.com:80": false,
		"https://www.example.com:80": true, "https://WWW.example.com": false, "https://*.example.com": false, "*": false,
		"null": false, "": false, "www.example.com": false, "file://x": false, "https://u@example.com": false, "https://a.example?x": false,
		"https://a.example:": false, "https://a.example,https://b.example": false, "https://a.example;": false, "HTTPS://a.example": false,
	} {
		if got := origin.Is(s); got != want {
			t.Errorf("Is(%q) = %v", s, got)
		}
	}
}
