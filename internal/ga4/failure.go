package ga4

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/upstream"
)

// An outcome is how an attempt ended, as metrics name it.
type outcome string

const (
	succeeded       outcome = "ok"
	unreachable     outcome = "unreachable"     // no connection, or it broke
	timedOut        outcome = "timeout"         // no response within Config.Timeout
	redirected      outcome = "redirect"        // to a login page, mostly
	notGoogle       outcome = "not_google"      // a page of a proxy, a portal, a front end
	malformed       outcome = "malformed"       // a 200 that cannot be decoded
	serverError     outcome = "server_error"    // Google's own 5xx
	limited         outcome = "quota"           // 429: see bucket
	unauthenticated outcome = "unauthenticated" // the access token is refused
	disabled        outcome = "api_disabled"    // in the Cloud project
	missingScope    outcome = "scope"           // of the token
	noAccess        outcome = "no_access"       // to this property, by Google's own sentence
	denied          outcome = "denied"          // another 403 of Google's
	badProperty     outcome = "bad_property"    // the id is invalid
	notFound        outcome = "not_found"
	invalid         outcome = "invalid" // the query is
	unasked         outcome = "unasked" // the failure is not Google's: see failure.err
)

// A failure is an attempt without a report. It is an error for operators.
type failure struct {
	outcome outcome
	status  int    // HTTP status; 0 without a response
	code    string // INVALID_ARGUMENT …
	message string // Google's, or a description of what else responded
	reason  string // SERVICE_DISABLED … of an ErrorInfo
	cause   error  // why there is no response, or it cannot be decoded
	hint    string // what the operator can do; empty where nothing is known that helps

	// renewing is set when the access token is refused and a new one may not be.
	renewing bool

	// err is set when the failure is not Google's; it is final.
	err *report.Error
}

// localFailure is a failure that is not Google's.
func localFailure(err *report.Error) *failure { return &failure{outcome: unasked, err: err} }

// transient reports whether the same request may succeed in a moment.
func (f *failure) transient() bool {
	return f.outcome == unreachable || f.status >= 500 && f.outcome != invalid || f.outcome == limited && f.bucket() == concurrent
}

// alive reports whether Google's API accepts requests, nil being a success. One that
// refuses whatever is asked does not.
func (f *failure) alive() bool {
	return f == nil || f.outcome == invalid || f.outcome == limited
}

// inconclusive reports whether a failure says nothing about Google.
func (f *failure) inconclusive() bool { return f != nil && (f.outcome == unasked || f.renewing) }

func (f *failure) kind() report.Kind {
	switch f.outcome {
	case unasked:
		return f.err.Kind
	case noAccess:
		return report.NoAccess
	case unauthenticated, disabled, missingScope, denied, badProperty, notFound:
		return report.Misconfigured
	case limited:
		return report.Quota
	case invalid:
		return report.Invalid
	}
	return report.Unavailable
}

// decodeFailure reads a response that is not a report. Only Google's error envelope
// counts as Google's; anything else, such as the page of a proxy, is described.
func decodeFailure(r upstream.Response) *failure {
	var envelope struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	f := &failure{status: r.Status}
	if json.Unmarshal(r.Body, &envelope) != nil || envelope.Error.Status == "" {
		f.outcome = notGoogle
		switch {
		case r.Redirected():
			f.outcome = redirected
		case r.Status == http.StatusTooManyRequests:
			f.outcome = limited
		}
		f.message = r.Describe(func(s string) string { return upstream.OneLine(s, maxTitle) })
		return f
	}
	f.message, f.code = envelope.Error.Message, envelope.Error.Status
	for _, d := range envelope.Error.Details {
		f.reason = cmp.Or(f.reason, d.Reason)
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
	case f.status == http.StatusBadRequest, f.status == http.StatusNotImplemented: // the API implements everything else
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
		return missingScope
	case f.code == "PERMISSION_DENIED" && strings.Contains(f.message, "sufficient permissions for this property"):
		return noAccess
	}
	return denied
}

// reportError makes an error for visitors and operators of the last failure of a call,
// and records an exhausted quota.
func (g *Client) reportError(c *call, f *failure) *report.Error {
	now := g.config.Clock()
	wait := soon
	var e *report.Error
	switch kind := f.kind(); kind {
	case report.Invalid:
		return report.Errorf(kind, "%s", withoutIDs(strings.TrimSpace(f.message), c.key.property))
	case report.Quota:
		e = g.quotaError(c, f, now)
	default:
		if c.breaker != nil {
			wait = c.breaker.wait(c.ticket.request, now)
		}
		e = retryLater(kind, wait).Because(fmt.Errorf("%s: %w", c, f))
	}
	if c.breaker != nil {
		return c.breaker.failed(e)
	}
	return e
}

func (g *Client) quotaError(c *call, f *failure, now time.Time) *report.Error {
	b := f.bucket()
	until := b.refilled(now, g.pacific)
	if c.breaker != nil && b != concurrent {
		c.breaker.exhaust(b == thresholded, now, until)
		g.config.Logger.Debug("quota exhausted", "account", c.key.account, "property", c.key.property,
			"category", c.key.category, "until", until, "message", upstream.OneLine(f.message, maxMessage))
	}
	return retryLater(report.Quota, until.Sub(now)).Because(fmt.Errorf("%s: %s", c, f.description()))
}

// A bucket is one of Google's quotas, by how long it stays exhausted.
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

// refilled returns when a bucket that is exhausted now has tokens again at the latest.
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
