// Package origin writes and recognizes web origins as browsers serialize them
// (RFC 6454, section 6.2).
package origin

import (
	"net/url"
	"strings"
)

// Of returns the origin of an http or https URL, in lower case and without the
// scheme's own port; empty for everything else.
func Of(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	usual, ok := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if !ok {
		return ""
	}
	host := u.Host
	if port := u.Port(); port == "" || port == usual {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + strings.ToLower(host)
}

// Is reports whether s is what a browser may send as Origin, so that comparing
// it with one can succeed: no path, no default port, no wildcard.
func Is(s string) bool {
	return s != "" && s == Of(s) && !strings.ContainsAny(s, "*,; '\"")
}
