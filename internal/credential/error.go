package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Error says why there is no access token: what happened, where, and what the
// operator can do. It is for the operator: it names the account, its file and its
// e-mail address, and never a secret. A viewer must not see it.
type Error struct {
	// Account is the name of the account in the configuration.
	Account string
	// Email is the account's e-mail address, "" when not known.
	Email string
	// File is the key file at fault, "" when no file is.
	File string
	// Line and Column point into File, counted from 1; 0 when no place is known.
	Line, Column int
	// Code is Google's word for the failure, such as "invalid_grant"; "" when
	// Google did not answer with one.
	Code string
	// Status is the HTTP status of Google's answer, 0 without an answer.
	Status int
	// Message says what happened and what to change.
	Message string
	// RetryAfter is how long the keyring rests before it asks Google again; 0
	// when the next call may ask at once.
	RetryAfter time.Duration
	// Err is the cause, nil when the message says it all.
	Err error

	permanent bool
}

// Error returns place, account and message in one line.
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
		b.WriteString(e.place())
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

func (e *Error) place() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
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

// Temporary reports that the same call may succeed later.
func (e *Error) Temporary() bool { return !e.permanent }

// errorf returns a permanent error about a file.
func errorf(file, format string, args ...any) *Error {
	return &Error{File: file, Message: fmt.Sprintf(format, args...), permanent: true}
}

// left returns the error of a caller whose context ended.
func left(account string, ctx context.Context) *Error {
	return &Error{
		Account: account,
		Message: "the caller left before the access token arrived: " + ctx.Err().Error(),
		Err:     ctx.Err(),
	}
}

// named returns e with the account's name, and its address where e has none.
func named(e *Error, account, email string) *Error {
	e.Account = account
	if e.Email == "" {
		e.Email = email
	}
	return e
}
