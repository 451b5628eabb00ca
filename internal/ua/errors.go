package ua

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/oriel-server/oriel/internal/report"
)

// An Error is the error response of a v3 or v4 endpoint.
type Error struct {
	Code     int    // HTTP status
	Domain   string // global or usageLimits
	Reason   string // invalidParameter, badRequest, required, …
	Message  string // for the client
	Location string // the parameter or header at fault, if one is

	cause error // see Unwrap
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the error that AsError made e from, with its kind and its cause for
// the log; nil if the query itself is wrong.
func (e *Error) Unwrap() error { return e.cause }

// Body returns v3's JSON of an error: error.errors[], code, message, status.
func (e *Error) Body() []byte {
	type item struct {
		Message      string `json:"message"`
		Domain       string `json:"domain"`
		Reason       string `json:"reason"`
		Location     string `json:"location,omitempty"`
		LocationType string `json:"locationType,omitempty"`
	}
	type inner struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Errors  []item `json:"errors"`
		Status  string `json:"status,omitempty"`
	}
	i := item{Message: e.Message, Domain: e.Domain, Reason: e.Reason, Location: e.Location}
	switch {
	case e.Location == "Authorization":
		i.LocationType = "header"
	case e.Location != "":
		i.LocationType = "parameter"
	}
	return encode(map[string]inner{"error": {
		Code: e.Code, Message: e.Message, Errors: []item{i}, Status: statuses[e.Code],
	}})
}

var statuses = map[int]string{
	http.StatusBadRequest:            "INVALID_ARGUMENT",
	http.StatusUnauthorized:          "UNAUTHENTICATED",
	http.StatusForbidden:             "PERMISSION_DENIED",
	http.StatusNotFound:              "NOT_FOUND",
	http.StatusRequestEntityTooLarge: "INVALID_ARGUMENT",
	http.StatusInternalServerError:   "INTERNAL",
	http.StatusServiceUnavailable:    "UNAVAILABLE",
}

// byKind are v3's errors by the kind of ours. A Message is v3's own, which pages
// compare, and replaces ours.
var byKind = map[report.Kind]Error{
	report.Invalid:         {Code: 400, Domain: "global", Reason: "badRequest"},
	report.Unauthenticated: {Code: 401, Domain: "global", Reason: "authError", Message: "Invalid Credentials", Location: "Authorization"},
	report.Forbidden:       {Code: 403, Domain: "global", Reason: "insufficientPermissions"},
	report.NotFound:        {Code: 403, Domain: "global", Reason: "insufficientPermissions", Message: "User does not have sufficient permissions for this profile."},
	report.TooLarge:        {Code: 413, Domain: "global", Reason: "uploadTooLarge"},
	report.RateLimited:     {Code: 403, Domain: "usageLimits", Reason: "userRateLimitExceeded", Message: "Quota Error: User Rate Limit Exceeded."},
	report.Quota:           {Code: 403, Domain: "usageLimits", Reason: "quotaExceeded"},
	report.Misconfigured:   {Code: 503, Domain: "global", Reason: "backendError"},
	report.Unavailable:     {Code: 503, Domain: "global", Reason: "backendError"},
	report.Canceled:        {Code: 503, Domain: "global", Reason: "backendError"},
	report.NoAccess:        {Code: 503, Domain: "global", Reason: "backendError"},
}

// AsError returns err as v3's error. An *Error is returned unchanged.
func AsError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	ours := report.AsError(err)
	e, ok := byKind[ours.Kind]
	if !ok {
		e = Error{Code: 500, Domain: "global", Reason: "internalServerError"}
	}
	if e.Message == "" {
		e.Message = ours.Message
	}
	e.cause = err
	return &e
}

func badRequest(format string, args ...any) *Error {
	return &Error{Code: 400, Domain: "global", Reason: "badRequest", Message: fmt.Sprintf(format, args...)}
}

func badName(format string, args ...any) *Error {
	e := badRequest(format, args...)
	e.Reason = "invalidParameter"
	return e
}

func badParameter(name, format string, args ...any) *Error {
	e := badName(format, args...)
	e.Location = name
	return e
}

func missing(name string) *Error {
	e := badParameter(name, "Required parameter: %s", name)
	e.Reason = "required"
	return e
}
