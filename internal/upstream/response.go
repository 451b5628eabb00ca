package upstream

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// A Response is the part of an HTTP response that errors are explained by.
type Response struct {
	Host   string // that was asked
	Status int    // 0 without a response
	Header http.Header
	Body   []byte // as far as it was read; nil when it was not
}

// Describe says what a response is that does not come from Google, such as the page of
// a proxy: its content type, the title of a page, the host of a redirect. It repeats no
// more than that, each through clean: the rest may hold anything.
func (r Response) Describe(clean func(string) string) string {
	switch {
	case r.Redirected():
		return ", a redirect to " + clean(target(r.Header.Get("Location")))
	case r.Body != nil && len(r.Body) == 0:
		return " with an empty body"
	}
	kind := clean(r.Header.Get("Content-Type"))
	if kind == "" {
		kind = "no content type"
	}
	if m := pageTitle.FindSubmatch(r.Body); m != nil {
		title := html.UnescapeString(markup.ReplaceAllString(string(m[1]), ""))
		return fmt.Sprintf(" with %s, titled %q", kind, clean(title))
	}
	return " with " + kind
}

// Redirected reports whether the response is a redirect.
func (r Response) Redirected() bool {
	return r.Status >= 300 && r.Status < 400 && r.Header.Get("Location") != ""
}

// target returns the host of a redirect, or the path without one: the rest of the address
// may be a secret.
func target(location string) string {
	u, err := url.Parse(location)
	switch {
	case err != nil:
		return "an invalid address"
	case u.Host != "":
		return u.Host
	}
	return u.Path
}

// Hint says what the operator can do when something else answers in Google's place;
// settings names what a wrong address comes from.
func Hint(status int, host, settings string) string {
	switch status {
	case http.StatusProxyAuthRequired:
		return "a proxy asks for credentials: put them into HTTPS_PROXY, or let this server through to " + host
	case http.StatusNotFound:
		return "check " + settings + ", and whether a proxy answers in the place of " + host
	}
	return "see what proxy, firewall or login page answers in the place of " + host
}

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	markup    = regexp.MustCompile(`<[^>]*>`)
)

// OneLine makes one printable line of a text, of at most limit bytes.
func OneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// NoRedirects is the redirect policy of clients that send credentials: these stay with
// the host that was asked.
func NoRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
