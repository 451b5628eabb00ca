package report

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind is the sort of an error, coarse enough that a caller can act on it. One
// table in package web maps kinds to HTTP.
type Kind int

// The kinds of errors.
const (
	Internal        Kind = iota // a defect of ours, or an answer nobody understands
	Invalid                     // the question is wrong; the message says what to change
	Unauthenticated             // the asker showed no valid embed token or key
	Forbidden                   // known, and not allowed to
	NotFound                    // no such view, dashboard or page
	TooLarge                    // the request is larger than the limit in the message
	RateLimited                 // this asker asks too fast
	Quota                       // Google's quota is exhausted
	Misconfigured               // the operator must act: key, access, configuration
	Unavailable                 // Google failed or could not be reached
	Canceled                    // the asker left, or the time allowed was over
	NoAccess                    // Google says that the account may not read the property
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not found", "too large",
	"rate limited", "quota", "misconfigured", "unavailable", "canceled", "no access",
}

// String returns the kind in words, for logs and metrics.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// An Error has a kind, a sentence fit for the asker and a cause fit for the log.
type Error struct {
	Kind Kind
	// Message is for the asker: what happened and what to change, without
	// property ids, accounts or secrets.
	Message string
	// RetryAfter is how long to wait before asking again; 0 when unknown.
	RetryAfter time.Duration
	// Err is the cause, for the log only. Nil when the message says it all.
	Err error
}

// Errorf returns an error of a kind with a message for the client, in which
// credentials are hidden.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: RedactCredentials(fmt.Sprintf(format, args...))}
}

// Because returns e with its cause set.
func (e *Error) Because(cause error) *Error {
	e.Err = cause
	return e
}

// Error returns message and cause: for logs, not for askers.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error. A context's end becomes Canceled, an unknown
// error Internal with a message that tells the asker nothing.
func AsError(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: Canceled, Message: "The answer took too long.", Err: err}
	}
	return &Error{Kind: Internal, Message: "Something went wrong on this server.", Err: err}
}

// KindOf returns the kind of err; Internal for an error of another type.
func KindOf(err error) Kind {
	if err == nil {
		return Internal
	}
	return AsError(err).Kind
}

// Truncate shortens what a client wrote, so that it can be repeated to them, logged and
// recorded, and hides the credentials in it.
func Truncate(s string) string {
	const most = 100 // bytes
	s = RedactCredentials(s)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// RedactCredentials leaves of each API key, of ours or Google's, access token of Google's and JWT in s too
// little to be used. Errorf does it to every message, since a credential may stand in
// the place of any name or value that an error repeats.
func RedactCredentials(s string) string {
	if !strings.Contains(s, "oriel_") && !strings.Contains(s, "ya29.") && !strings.Contains(s, "eyJ") && !strings.Contains(s, "AIza") {
		return s // as nearly always
	}
	return credentialForm.ReplaceAllString(s, "$1$2$3$4…")
}

// credentialForm is how credentials look. No name of a field is so long that it
// looks like an API key, and none has the dots of the others; eyJ may be within one.
var credentialForm = regexp.MustCompile(`(oriel_[\w-]{6})[\w-]{35,}|(ya29\.[\w.-]{7}|\beyJ[\w-]{9})[\w.-]+|(eyJ[\w-]{9})[\w-]*\.[\w.-]+|(AIza[\w-]{8})[\w-]{20,}`)

func quote(s string) string { return strconv.Quote(Truncate(s)) }
