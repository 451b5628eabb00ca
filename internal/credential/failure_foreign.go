package credential

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// explainForeign explains an answer that is not a token endpoint's: the page of a proxy,
// a portal or a front end. It says nothing about the account, so it is never permanent.
func (a *account) explainForeign(id *identity, last answer) *Error {
	e := &Error{Status: last.status, RetryAfter: retryAfter(last.header, a.clock())}
	if last.status == http.StatusTooManyRequests {
		e.Message = fmt.Sprintf("%s answered 429%s", last.host, last.describe(id))
		return e
	}
	e.Message = fmt.Sprintf("%s: instead of a token endpoint, something answered %d%s", last.detour(), last.status, last.describe(id))
	return e
}

// detour is what the operator can do where something else than a token endpoint answers.
func (last answer) detour() string {
	switch {
	case last.status == http.StatusProxyAuthRequired:
		return "a proxy asks for credentials: put them into HTTPS_PROXY, or let this server through to " + last.host
	case last.status == http.StatusNotFound:
		return "check the addresses in the key file, and whether a proxy answers in the place of " + last.host
	}
	return "see what proxy, firewall or login page answers in the place of " + last.host
}

// describe says what an answer is: its type, the title of a page, the host of a redirect,
// what JSON calls an error. No more of it is read: it may hold anything.
func (last answer) describe(id *identity) string {
	switch host := last.redirect(); {
	case host != "":
		return ", a redirect to " + id.redact(host)
	case last.body != nil && len(last.body) == 0:
		return " with an empty body"
	}
	kind := last.header.Get("Content-Type")
	if kind == "" {
		kind = "no content type"
	}
	s := " with " + id.redact(kind)
	if m := pageTitle.FindSubmatch(last.body); m != nil {
		title := html.UnescapeString(markup.ReplaceAllString(string(m[1]), ""))
		s += fmt.Sprintf(", titled %q", oneLine(id.redact(title)))
	}
	if said := readWord(last.body).String(); said != "" {
		s += fmt.Sprintf(", saying %q", oneLine(id.redact(said)))
	}
	return s
}

// redirect is the host that an answer redirects to, or the path without one; empty where
// it does not redirect. What else its address has may be a secret.
func (last answer) redirect() string {
	location := last.header.Get("Location")
	if last.status < 300 || last.status >= 400 || location == "" {
		return ""
	}
	u, err := url.Parse(location)
	switch {
	case err != nil:
		return "an address that is none"
	case u.Host != "":
		return u.Host
	}
	return u.Path
}

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	markup    = regexp.MustCompile(`<[^>]*>`)
)

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
