package ga4

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// What askers read. The causes are for operators.
const (
	unreadable = "This view cannot be read at the moment."
	unanswered = "Google Analytics did not answer. Please try again in a moment."
	exhausted  = "Too much was asked of Google Analytics for this view. Please try again later."
)

// A failure is an attempt without a report.
type failure struct {
	status  int    // HTTP status; 0 when there was no answer
	code    string // INVALID_ARGUMENT …
	message string
	reason  string // SERVICE_DISABLED … of an ErrorInfo
	timeout bool   // no answer within Config.Timeout
	cause   error  // why there was no answer

	// err is set when the failure is not Google's; it is final.
	err *report.Error
}

// passing reports whether the same request may succeed in a moment.
func (f *failure) passing() bool {
	switch {
	case f.err != nil || f.timeout:
		return false
	case f.status == http.StatusTooManyRequests:
		return f.bucket() == concurrent
	}
	return f.status == 0 || f.status >= 500
}

func (f *failure) kind() report.Kind {
	switch {
	case f.err != nil:
		return f.err.Kind
	case f.status == 0 || f.status >= 500:
		return report.Unavailable
	case f.status == http.StatusTooManyRequests, f.code == "RESOURCE_EXHAUSTED", strings.Contains(f.reason, "LIMIT_EXCEEDED"):
		return report.Quota
	case f.status == http.StatusBadRequest && !strings.HasPrefix(f.message, "Invalid property ID"):
		return report.Invalid
	}
	return report.Misconfigured
}

// readFailure reads Google's error envelope. An answer that is not one (an HTML
// page of a front end or a proxy) leaves only its status.
func readFailure(r *http.Response, body []byte) *failure {
	var envelope struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	f := &failure{status: r.StatusCode}
	if json.Unmarshal(body, &envelope) != nil {
		f.message = "an answer that is not JSON, " + r.Header.Get("Content-Type")
		return f
	}
	f.message, f.code = envelope.Error.Message, envelope.Error.Status
	for _, d := range envelope.Error.Details {
		f.reason = or(f.reason, d.Reason)
	}
	return f
}

// String is what an operator reads.
func (f *failure) String() string {
	switch {
	case f.timeout:
		return "Google did not answer in time"
	case f.status == 0:
		return "Google could not be reached: " + f.cause.Error()
	}
	s := fmt.Sprintf("Google answered %d", f.status)
	if f.reason != "" {
		s += " " + f.reason
	}
	if f.message == "" {
		return s
	}
	return s + ": " + f.message
}

// translate makes an error for askers and operators out of a failure, and
// remembers an exhausted quota.
func (g *Client) translate(c *call, f *failure) *report.Error {
	switch kind := f.kind(); kind {
	case report.Invalid:
		return report.Errorf(kind, "%s", withoutIDs(strings.TrimSpace(f.message), c.subject.property))
	case report.Quota:
		return g.quotaError(c, f)
	case report.Unavailable:
		return report.Errorf(kind, unanswered).Because(fmt.Errorf("%s: %s", c, f))
	default:
		return report.Errorf(kind, unreadable).Because(fmt.Errorf("%s: %s: %s", c, g.advice(c, f), f))
	}
}

// String names a call for operators.
func (c *call) String() string {
	s := c.method + " by account " + fmt.Sprintf("%q", c.subject.account)
	if c.subject.property != "" {
		s += " of property " + c.subject.property
	}
	return s
}

// advice says what the operator can do about a refusal.
func (g *Client) advice(c *call, f *failure) string {
	who := or(g.config.Email(c.subject.account), "the account "+fmt.Sprintf("%q", c.subject.account))
	switch {
	case f.status == http.StatusUnauthorized:
		return "Google refused a new access token: check the clock, the key and that data_url and admin_url are Google's"
	case f.reason == "SERVICE_DISABLED":
		return "enable the API in the Google Cloud project of " + who
	case strings.Contains(f.message, "authentication scopes"):
		return "give " + who + " the scope https://www.googleapis.com/auth/analytics.readonly"
	case f.status == http.StatusForbidden:
		return "add " + who + " as Viewer in Admin → Property access management of property " + c.subject.property
	case f.status == http.StatusBadRequest:
		return "correct the property id: it is the number in Admin → Property details"
	case f.status == http.StatusNotFound:
		return "check data_url and admin_url, and that the property exists"
	}
	return "nothing is known that helps"
}

var propertyName = regexp.MustCompile(`properties/[0-9]+`)

// withoutIDs takes property ids out of what Google says to askers.
func withoutIDs(s, property string) string {
	s = propertyName.ReplaceAllString(s, "this view")
	return regexp.MustCompile(`\b`+property+`\b`).ReplaceAllLiteralString(s, "(this view)")
}

func notUnderstood(c *call, cause error) *report.Error {
	return report.Errorf(report.Unavailable, unanswered).
		Because(fmt.Errorf("%s: Google's answer is not understood: %w", c, cause))
}

// A bucket is a quota of Google's, by how long it stays empty.
type bucket int

const (
	concurrent  bucket = iota // for seconds
	hourly                    // refilled within the hour
	daily                     // refilled at midnight Pacific time
	thresholded               // hourly, and only for some dimensions
)

// bucket reads which quota is exhausted from Google's sentence, the only place
// that says so. Unknown sentences count as hourly.
func (f *failure) bucket() bucket {
	m := strings.ToLower(f.message)
	switch {
	case strings.Contains(m, "concurrent"):
		return concurrent
	case strings.Contains(m, "thresholded"):
		return thresholded
	case strings.Contains(m, "per day"):
		return daily
	}
	return hourly
}

func (g *Client) quotaError(c *call, f *failure) *report.Error {
	now := g.config.Clock()
	b := f.bucket()
	until := b.refilled(now, g.pacific)
	if c.guarded && b != concurrent {
		g.guards.exhaust(c.subject, b == thresholded, now, until)
		g.config.Logger.Warn("quota exhausted", "account", c.subject.account, "property", c.subject.property,
			"category", c.subject.category, "until", until, "said", f.message)
	}
	e := report.Errorf(report.Quota, exhausted).Because(fmt.Errorf("%s: %s", c, f))
	e.RetryAfter = until.Sub(now)
	return e
}

// refilled is when a bucket that is empty now has tokens again at the latest.
// Source: Google's quotas page; no Retry-After was ever seen.
func (b bucket) refilled(now time.Time, pacific *time.Location) time.Time {
	switch b {
	case concurrent:
		return now.Add(5 * time.Second)
	case daily:
		return report.DateOf(now, pacific).AddDays(1).In(pacific)
	}
	return now.Truncate(time.Hour).Add(time.Hour)
}
