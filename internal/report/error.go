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

// Kind classifies errors by what a caller can do about them. One table in package web maps kinds to HTTP.
type Kind int

// The kinds of errors.
const (
	Internal        Kind = iota // a defect of ours, or an answer that cannot be parsed
	Invalid                     // the request is wrong; the message says what to change
	Unauthenticated             // no valid embed token or API key
	Forbidden                   // authenticated, but not allowed
	NotFound                    // no such view, dashboard or page
	TooLarge                    // the request, or its answer, is larger than the limit in the message
	RateLimited                 // the client sends requests too fast
	Quota                       // Google's quota is exhausted
	Misconfigured               // the operator must act: key, access, configuration
	Unavailable                 // Google failed or could not be reached
	Canceled                    // the client left, or the deadline passed
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

// An Error has a kind, a message for the client and a cause for the log.
type Error struct {
	Kind Kind
	// Message is for the client: what happened and what to change, without
	// property ids, accounts or secrets.
	Message string
	// RetryAfter is how long to wait before retrying; 0 if unknown.
	RetryAfter time.Duration
	// Err is the cause, for the log only; may be nil.
	Err error
}

// Errorf returns an error with a message for the client, in which credentials are redacted.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: RedactCredentials(fmt.Sprintf(format, args...))}
}

// TooLargeAnswer returns the error of an answer of more than so many bytes.
func TooLargeAnswer(most int) *Error {
	return Errorf(TooLarge, "The answer is larger than %s, the most that this server sends at once. "+
		"Ask for it in pages, with limit and offset (v3: max-results and start-index; v4: pageSize and pageToken), or with fewer dimensions.", size(most))
}

// size returns a number of bytes in words.
func size(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}

// Because returns e with its cause set.
func (e *Error) Because(cause error) *Error {
	e.Err = cause
	return e
}

// Error returns message and cause, for logs only.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error. An error of a context becomes Canceled, an unknown error Internal, with a message that
// discloses nothing.
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

// Truncate shortens what a client wrote, so that errors, logs and records can repeat it, and redacts credentials in it.
func Truncate(s string) string {
	const maxBytes = 100
	s = RedactCredentials(s)
	if len(s) > maxBytes {
		return strings.ToValidUTF8(s[:maxBytes], "") + "…"
	}
	return s
}

func quote(s string) string { return strconv.Quote(Truncate(s)) }

// RedactCredentials cuts each API key (ours or Google's), Google access token and JWT in s to a prefix that is useless.
// Errorf applies it to every message, since a client may send a credential in place of any name or value that an error
// repeats.
func RedactCredentials(s string) string {
	const shortest = 13 // bytes that credential matches
	if len(s) < shortest || !strings.Contains(s, "oriel_") && !strings.Contains(s, "ya29.") && !strings.Contains(s, "eyJ") && !strings.Contains(s, "AIza") {
		return s // the usual case, faster
	}
	return credential.ReplaceAllString(s, "$1$2$3$4…")
}

// credential matches credentials. It matches no field name: none is as long as an API key or has the dots of the others,
// though one may contain eyJ.
var credential = regexp.MustCompile(`(oriel_[\w-]{6})[\w-]{35,}|(ya29\.[\w.-]{7}|\beyJ[\w-]{9})[\w.-]+|(eyJ[\w-]{9})[\w-]*\.[\w.-]+|(AIza[\w-]{8})[\w-]{20,}`)
