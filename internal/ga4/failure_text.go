package ga4

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"time"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/upstream"
)

// The texts for visitors. The causes are for operators.
const (
	unreadable  = "This view cannot be read at the moment."
	unavailable = "Google Analytics is not answering. Please try again %s."
	exhausted   = "Too much was asked of Google Analytics for this view. Please try again %s."
	budgetSpent = "No new questions of anonymous visitors are answered for this view today. Please try again %s."
)

// soon is when to retry where Google is asked again with the next request.
const soon = 5 * time.Second

// retryLater is an error with the time to wait, in the message and in RetryAfter alike.
func retryLater(kind report.Kind, wait time.Duration) *report.Error {
	e := report.Errorf(kind, unreadable)
	switch kind {
	case report.Unavailable:
		e = report.Errorf(kind, unavailable, after(wait))
	case report.Quota:
		e = report.Errorf(kind, exhausted, after(wait))
	}
	e.RetryAfter = wait
	return e
}

// after says when to try again, to somebody who reads it now or a little later.
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

// The longest foreign texts that operators are shown, in bytes.
const (
	maxTitle   = 80
	maxMessage = 600
)

// Error returns what to do, where that is known, and what happened.
func (f *failure) Error() string {
	if f.hint != "" {
		return f.hint + ": " + f.description()
	}
	return f.description()
}

// Unwrap returns why there is no response, or none that can be decoded.
func (f *failure) Unwrap() error { return f.cause }

// description is what happened.
func (f *failure) description() string {
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
		s += " " + upstream.OneLine(f.reason, maxTitle)
	}
	if f.code == "" || f.message == "" {
		return s + f.message
	}
	return s + ": " + upstream.OneLine(f.message, maxMessage)
}

// hint says what the operator can do about a failure; empty where nothing is
// known that helps.
func (g *Client) hint(c *call, f *failure) string {
	who := cmp.Or(g.config.Email(c.key.account), fmt.Sprintf("the account %q", c.key.account))
	switch f.outcome {
	case unauthenticated:
		return "Google refused a new access token: check the clock, the key and that data_url and admin_url are Google's"
	case disabled:
		todo := "enable the API in the Google Cloud project of " + who
		if link := consoleLink.FindString(f.message); link != "" {
			todo += ": " + link
		}
		return todo
	case missingScope:
		return "give " + who + " the scope https://www.googleapis.com/auth/analytics.readonly"
	case noAccess:
		return "add " + who + " as Viewer in Admin → Property access management of property " + c.key.property
	case badProperty:
		return "correct the property id: it is the number in Admin → Property details"
	case notFound:
		return "check data_url and admin_url, and that the property exists"
	case redirected, notGoogle, malformed:
		host := c.url
		if u, err := url.Parse(c.url); err == nil {
			host = u.Host
		}
		return upstream.Hint(f.status, host, "data_url and admin_url")
	}
	return ""
}

// consoleLink is Google's address for enabling an API.
var consoleLink = regexp.MustCompile(`https://console\.(developers|cloud)\.google\.com/[\w./?=&%-]{1,200}`)

var propertyName = regexp.MustCompile(`properties/[0-9]+`)

// withoutIDs removes property ids from Google's messages to visitors.
func withoutIDs(s, property string) string {
	s = propertyName.ReplaceAllString(s, "this view")
	return regexp.MustCompile(`\b`+property+`\b`).ReplaceAllLiteralString(s, "(this view)")
}
