package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Error says why there is no access token: what happened, where, and what the
// operator can do. It names the account, its file and its e-mail address, so a viewer
// must not see it, but never a secret.
type Error struct {
	// Account is the name of the account in the configuration.
	Account string
	// Email is the account's e-mail address, "" when not known.
	Email string
	// File is the key file at fault, "" when no file is.
	File string
	// Line and Column point into File, counted from 1; 0 when unknown.
	Line, Column int
	// Code is Google's code for the failure, such as "invalid_grant"; "" without one.
	Code string
	// Status is the HTTP status of Google's response, 0 without one.
	Status int
	// Message says what happened and what to change.
	Message string
	// RetryAfter is how long the keyring waits before it asks Google again; 0
	// when the next call asks.
	RetryAfter time.Duration
	// Err is the cause, nil when the message says it all.
	Err error

	permanent bool
}

// Error returns account, position and message in one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Account != "" {
		fmt.Fprintf(&b, "account %q", e.Account)
		if e.Email != "" {
			fmt.Fprintf(&b, " (%s)", e.Email)
		}
		b.WriteString(": ")
	}
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line != 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Canceled reports that the caller's own context ended, so that the error says
// nothing about the account.
func (e *Error) Canceled() bool {
	return errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)
}

// Permanent reports that asking again does not help until somebody changes the
// key, the account or the configuration.
func (e *Error) Permanent() bool { return e.permanent }

// errorf returns a permanent error about a file.
func errorf(file, format string, args ...any) *Error {
	return &Error{File: file, Message: fmt.Sprintf(format, args...), permanent: true}
}

// keyringClosed is the message of whatever ends with Close.
const keyringClosed = "the keyring is closed"

// callerLeft returns the error of a caller whose context ended.
func callerLeft(account string, cause error) *Error {
	return &Error{Account: account, Message: "the caller left before the access token arrived: " + cause.Error(), Err: cause}
}

// withAccount adds the account's name to e, and its address where e has none.
func (e *Error) withAccount(name, email string) *Error {
	e.Account = name
	if e.Email == "" {
		e.Email = email
	}
	return e
}
