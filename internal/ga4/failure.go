package ga4

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// An outcome is how an attempt ended, in the words of metrics.
type outcome string

const (
	answered        outcome = "ok"
	unreachable     outcome = "unreachable"     // no connection, or it broke
	timedOut        outcome = "timeout"         // no answer within Config.Timeout
	redirected      outcome = "redirect"        // to a login page, mostly
	notGoogle       outcome = "not_google"      // a page of a proxy, a portal, a front end
	malformed       outcome = "malformed"       // 200, and no answer to the question
	serverError     outcome = "server_error"    // Google's own 5xx
	limited         outcome = "quota"           // 429: see bucket
	unauthenticated outcome = "unauthenticated" // the access token is refused
	disabled        outcome = "api_disabled"    // in the Cloud project
	scopeless       outcome = "scope"           // the token lacks the scope
	noAccess        outcome = "no_access"       // to this property, in Google's own sentence
	denied          outcome = "denied"          // some other 403 of Google's
	badProperty     outcome = "bad_property"    // the id is none
	notFound        outcome = "not_found"
	invalid         outcome = "invalid" // the question is
	unasked         outcome = "unasked" // the failure is not Google's: see failure.err
)

// A failure is an attempt without a report.
type failure struct {
	outcome outcome
	status  int    // HTTP status; 0 when there was no answer
	code    string // INVALID_ARGUMENT …
	message string // Google's own, or what there was in its place
	reason  string // SERVICE_DISABLED … of an ErrorInfo
	cause   error  // why there was no answer
	advice  string // what the operator can do; empty where nothing is known that helps

	// renewing is set when the access token is refused and a new one may not be.
	renewing bool

	// err is set when the failure is not Google's; it is final.
	err *report.Error
}

// ours is a failure that is not Google's.
func ours(err *report.Error) *failure { return &failure{outcome: unasked, err: err} }

// passing reports whether the same request may succeed in a moment.
func (f *failure) passing() bool {
	return f.outcome == unreachable || f.status >= 500 && f.outcome != invalid || f.outcome == limited && f.bucket() == concurrent
}

// alive reports whether Google's API takes questions: nil is an answer. One that
// refuses whatever is asked does not.
func (f *failure) alive() bool {
	return f == nil || f.outcome == invalid || f.outcome == limited
}

// silent reports whether a failure says nothing about Google.
func (f *failure) silent() bool { return f != nil && (f.outcome == unasked || f.renewing) }

func (f *failure) kind() report.Kind {
	switch f.outcome {
	case unasked:
		return f.err.Kind
	case noAccess:
		return report.NoAccess
	case unauthenticated, disabled, scopeless, denied, badProperty, notFound:
		return report.Misconfigured
	case limited:
		return report.Quota
	case invalid:
		return report.Invalid
	}
	return report.Unavailable
}

// readFailure reads an answer that is not a report. Only what is Google's error
// envelope is taken for Google's word; of anything else, such as the page of a
// proxy, it says what there was.
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
	if json.Unmarshal(body, &envelope) != nil || envelope.Error.Status == "" {
		f.outcome, f.message = foreign(r, body)
		return f
	}
	f.message, f.code = envelope.Error.Message, envelope.Error.Status
	for _, d := range envelope.Error.Details {
		f.reason = or(f.reason, d.Reason)
	}
	f.outcome = f.classify()
	return f
}

// classify tells Google's errors apart. Sources: the Data API's error texts as
// recorded, google.rpc.ErrorInfo.
func (f *failure) classify() outcome {
	switch {
	case f.status == http.StatusTooManyRequests, f.code == "RESOURCE_EXHAUSTED", strings.Contains(f.reason, "LIMIT_EXCEEDED"):
		return limited
	case f.status == http.StatusUnauthorized:
		return unauthenticated
	case f.status == http.StatusForbidden:
		return f.classify403()
	case f.status == http.StatusBadRequest && strings.HasPrefix(f.message, "Invalid property ID"):
		return badProperty
	case f.status == http.StatusBadRequest, f.status == http.StatusNotImplemented: // of an API that answers everything else
		return invalid
	case f.status == http.StatusNotFound:
		return notFound
	case f.status >= 500:
		return serverError
	}
	return notGoogle
}

func (f *failure) classify403() outcome {
	switch {
	case f.reason == "SERVICE_DISABLED":
		return disabled
	case strings.Contains(f.message, "authentication scopes"):
		return scopeless
	case f.code == "PERMISSION_DENIED" && strings.Contains(f.message, "sufficient permissions for this property"):
		return noAccess
	}
	return denied
}

// translate makes an error for visitors and operators out of a failure, and
// remembers an exhausted quota.
func (g *Client) translate(c *call, f *failure) *report.Error {
	switch kind := f.kind(); kind {
	case report.Invalid:
		return report.Errorf(kind, "%s", withoutIDs(strings.TrimSpace(f.message), c.subject.property))
	case report.Quota:
		return g.guards.logged(c.subject, g.quotaError(c, f))
	default:
		return g.guards.logged(c.subject, comeBack(kind, g.guards.rest(c.subject, c.pass.question, g.config.Clock())).Because(fmt.Errorf("%s: %w", c, f)))
	}
}

// atOnce is when to come back where Google is asked again with the next question.
const atOnce = 5 * time.Second

// comeBack is the error of whoever is to ask again after wait, in the sentence and in
// RetryAfter alike.
func comeBack(kind report.Kind, wait time.Duration) *report.Error {
	e := report.Errorf(kind, unreadable)
	switch kind {
	case report.Unavailable:
		e = report.Errorf(kind, resting, after(wait))
	case report.Quota:
		e = report.Errorf(kind, exhausted, after(wait))
	}
	e.RetryAfter = wait
	return e
}

// A bucket is a quota of Google's, by how long it stays empty.
type bucket int

const (
	concurrent  bucket = iota // for seconds
	minutely                  // refilled within the minute
	hourly                    // refilled within the hour
	daily                     // refilled at midnight Pacific time
	thresholded               // hourly, and only for some dimensions
)

// bucket reads which quota is exhausted from Google's sentence, the only place
// that says so. A 429 without one is of the front end, which counts by minutes;
// unknown sentences count as hourly.
func (f *failure) bucket() bucket {
	m := strings.ToLower(f.message)
	switch {
	case f.code == "", strings.Contains(m, "per minute"):
		return minutely
	case strings.Contains(m, "concurrent"):
		return concurrent
	case strings.Contains(m, "thresholded"):
		return thresholded
	case strings.Contains(m, "per day"):
		return daily
	case f.reason == "RATE_LIMIT_EXCEEDED" && !strings.Contains(m, "per hour"):
		return minutely
	}
	return hourly
}

func (g *Client) quotaError(c *call, f *failure) *report.Error {
	now := g.config.Clock()
	b := f.bucket()
	until := b.refilled(now, g.pacific)
	if c.guarded && b != concurrent {
		g.guards.exhaust(c.subject, b == thresholded, now, until)
		g.config.Logger.Debug("quota exhausted", "account", c.subject.account, "property", c.subject.property,
			"category", c.subject.category, "until", until, "said", printable(f.message, maxSaid))
	}
	return comeBack(report.Quota, until.Sub(now)).Because(fmt.Errorf("%s: %s", c, f))
}

// refilled is when a bucket that is empty now has tokens again at the latest.
// Source: Google's quotas page; no Retry-After was ever seen.
func (b bucket) refilled(now time.Time, pacific *time.Location) time.Time {
	switch b {
	case concurrent:
		return now.Add(5 * time.Second)
	case minutely:
		return now.Truncate(time.Minute).Add(time.Minute)
	case daily:
		return report.DateOf(now, pacific).AddDays(1).In(pacific)
	}
	return now.Truncate(time.Hour).Add(time.Hour)
}
