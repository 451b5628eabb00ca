package ga4

import (
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// What visitors read. The causes are for operators.
const (
	unreadable = "This view cannot be read at the moment."
	resting    = "Google Analytics is not answering. Please try again %s."
	exhausted  = "Too much was asked of Google Analytics for this view. Please try again %s."
)

// after says when to try again, as Retry-After does, to somebody who reads it now or a
// little later.
func after(d time.Duration) string {
	switch {
	case d <= time.Second:
		return "in a second"
	case d <= 59*time.Second:
		return fmt.Sprintf("in %d seconds", int(math.Ceil(d.Seconds())))
	case d <= time.Minute:
		return "in a minute"
	case d <= 90*time.Minute:
		return fmt.Sprintf("in about %d minutes", int(math.Ceil(d.Minutes())))
	}
	return fmt.Sprintf("in about %d hours", int(math.Ceil(d.Hours())))
}

// String names a call for operators.
func (c *call) String() string {
	s := c.method + " by account " + fmt.Sprintf("%q", c.subject.account)
	if c.subject.property != "" {
		s += " of property " + c.subject.property
	}
	return s
}

// explain is what an operator reads of a failure: what to do, where that is known,
// and what happened.
func (f *failure) explain() string {
	if f.advice != "" {
		return f.advice + ": " + f.String()
	}
	return f.String()
}

// Error implements error, for operators.
func (f *failure) Error() string { return f.explain() }

// Unwrap returns why there is no answer, or none that is understood.
func (f *failure) Unwrap() error { return f.cause }

// String is what happened.
func (f *failure) String() string {
	switch f.outcome {
	case unasked:
		return f.err.Error()
	case timedOut:
		return "Google did not answer in time"
	case unreachable:
		return "Google could not be reached: " + f.cause.Error()
	case malformed:
		return "Google's answer is not understood: " + f.cause.Error()
	case redirected, notGoogle:
		return fmt.Sprintf("instead of Google's API, something answered %d%s", f.status, f.message)
	}
	s := fmt.Sprintf("Google answered %d", f.status)
	if f.reason != "" {
		s += " " + printable(f.reason, maxTitle)
	}
	if f.code == "" || f.message == "" {
		return s + f.message
	}
	return s + ": " + printable(f.message, maxSaid)
}

// advice says what the operator can do about a failure; empty where nothing is
// known that helps.
func (g *Client) advice(c *call, f *failure) string {
	who := or(g.config.Email(c.subject.account), "the account "+fmt.Sprintf("%q", c.subject.account))
	switch f.outcome {
	case unauthenticated:
		return "Google refused a new access token: check the clock, the key and that data_url and admin_url are Google's"
	case disabled:
		do := "enable the API in the Google Cloud project of " + who
		if link := consoleLink.FindString(f.message); link != "" {
			do += ": " + link
		}
		return do
	case scopeless:
		return "give " + who + " the scope https://www.googleapis.com/auth/analytics.readonly"
	case noAccess:
		return "add " + who + " as Viewer in Admin → Property access management of property " + c.subject.property
	case badProperty:
		return "correct the property id: it is the number in Admin → Property details"
	case notFound:
		return "check data_url and admin_url, and that the property exists"
	case redirected, notGoogle, malformed:
		return g.detour(c, f)
	}
	return ""
}

// consoleLink is Google's address for enabling an API.
var consoleLink = regexp.MustCompile(`https://console\.(developers|cloud)\.google\.com/[\w./?=&%-]{1,200}`)

// detour is the advice where something else than Google answers.
func (g *Client) detour(c *call, f *failure) string {
	host := c.url
	if u, err := url.Parse(c.url); err == nil {
		host = u.Host
	}
	switch f.status {
	case http.StatusProxyAuthRequired:
		return "a proxy asks for credentials: put them into HTTPS_PROXY, or let this server through to " + host
	case http.StatusNotFound:
		return "check data_url and admin_url, and whether a proxy answers in the place of " + host
	}
	return "see what proxy, firewall or login page answers in the place of " + host
}

// The longest texts of others that operators are shown, in bytes.
const (
	maxTitle = 80
	maxSaid  = 600
)

// foreign says what an answer is that is not Google's error envelope: its type, the
// title of a page, the host of a redirect. No more of it is read: it may hold anything.
func foreign(r *http.Response, body []byte) (outcome, string) {
	switch location := r.Header.Get("Location"); {
	case r.StatusCode >= 300 && r.StatusCode < 400 && location != "":
		return redirected, ", a redirect to " + target(location)
	case len(body) == 0 && r.StatusCode == http.StatusTooManyRequests:
		return limited, " with an empty body"
	case len(body) == 0:
		return notGoogle, " with an empty body"
	}
	kind := or(printable(r.Header.Get("Content-Type"), maxTitle), "no content type")
	s := " with " + kind
	if m := pageTitle.FindSubmatch(body); m != nil {
		s += fmt.Sprintf(", titled %q", printable(html.UnescapeString(markup.ReplaceAllString(string(m[1]), "")), maxTitle))
	}
	if r.StatusCode == http.StatusTooManyRequests {
		return limited, s
	}
	return notGoogle, s
}

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	markup    = regexp.MustCompile(`<[^>]*>`)
)

// target is where a redirect points to, without what may be a secret.
func target(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "an address that is none"
	}
	return printable(or(u.Host, u.Path), maxTitle)
}

// printable makes one line of what others wrote, no longer than most.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

var propertyName = regexp.MustCompile(`properties/[0-9]+`)

// withoutIDs takes property ids out of what Google says to visitors.
func withoutIDs(s, property string) string {
	s = propertyName.ReplaceAllString(s, "this view")
	return regexp.MustCompile(`\b`+property+`\b`).ReplaceAllLiteralString(s, "(this view)")
}
