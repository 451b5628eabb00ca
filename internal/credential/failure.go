package credential

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/oriel-server/oriel/internal/secret"
)

// explain turns a failed attempt into an Error. The library's error is read but
// never kept: it may hold the body of Google's answer.
func (a *account) explain(id *identity, err error, last answer) *Error {
	var stopped *Error
	var e *Error
	switch {
	case errors.As(err, &stopped):
		e = &Error{Message: stopped.Message, permanent: stopped.permanent}
	case last.status >= 300:
		e = a.explainAnswer(id, last)
	case last.status > 0:
		e = a.explainForeign(id, last)
	case last.host != "":
		e = explainNetwork(err, last.host)
	default:
		e = explainLocal(id, err)
	}
	return a.blame(id, e)
}

// explainNetwork explains a request without an answer.
func explainNetwork(err error, host string) *Error {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return &Error{Err: cert, Message: fmt.Sprintf(
			"the TLS certificate of %s is not trusted: %v; is the CA bundle installed, or a proxy in between?", host, cert.Err)}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Message: fmt.Sprintf("%s did not answer in time", host)}
	}
	if errors.Is(err, context.Canceled) {
		return &Error{Message: "the keyring is closed", Err: context.Canceled}
	}
	cause := err
	var u *url.Error
	if errors.As(err, &u) {
		cause = u.Err
	}
	return &Error{Message: fmt.Sprintf("%s cannot be reached: %s", host, clean(cause.Error()))}
}

// explainLocal explains a failure before any request, such as a subject token's
// file that is not there.
func explainLocal(id *identity, err error) *Error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return &Error{Err: path, Message: fmt.Sprintf("credential_source: cannot %s %s: %v", path.Op, path.Path, path.Err)}
	}
	text := err.Error()
	if strings.Contains(text, "unable to parse") {
		// The library quotes the output of the executable, and with it the token.
		text = "the output of credential_source.executable is not the JSON that Google's libraries expect"
	}
	return &Error{Message: "the credential cannot be used: " + id.redact(text)}
}

// explainAnswer explains an answer that is not a success.
func (a *account) explainAnswer(id *identity, last answer) *Error {
	word := readWord(last.body)
	if !(word.google() && last.isJSON()) && !(id.kind == typeMetadata && last.header.Get("Metadata-Flavor") == "Google") {
		return a.explainForeign(id, last)
	}
	e := &Error{Status: last.status, Code: word.code, RetryAfter: retryAfter(last.header, a.clock())}
	word.text = id.redact(word.text)
	said := fmt.Sprintf("%s answered %d", last.host, last.status)
	if word.code != "" {
		said += " " + word.code
	}
	if word.text != "" {
		said += " (" + strings.TrimRight(word.text, ".") + ")"
	}
	if mayPass(last.status, word.code) {
		e.Message = said
		return e
	}
	e.permanent = true
	e.Message = said
	if advice := a.advise(id, word, last); advice != "" {
		e.Message += ": " + advice
	}
	return e
}

// isJSON reports whether an answer says that it is JSON, as Google's are. A page with an
// OAuth word in it is something else's.
func (last answer) isJSON() bool {
	kind, _, err := mime.ParseMediaType(last.header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// mayPass reports whether a failure is of the kind that goes away by itself.
func mayPass(status int, code string) bool {
	return passes(code) || status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// passes reports whether a code of Google's is about a failure that goes away by itself.
func passes(code string) bool {
	switch code {
	case "internal_failure", "server_error", "temporarily_unavailable", "slow_down", "rate_limit_exceeded",
		"UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN":
		return true
	}
	return false
}

// A word is what the body of an error answer says.
type word struct{ code, text string }

// google reports whether the code is one of those that Google's token endpoints have: a
// proxy's JSON may have an error, too. Sources: RFC 6749, RFC 8693, google.rpc.Code, and
// what Google was seen to answer.
func (w word) google() bool {
	switch w.code {
	case "invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "invalid_target", "invalid_rapt",
		"unauthorized_client", "unsupported_grant_type", "disabled_client", "deleted_client",
		"PERMISSION_DENIED", "NOT_FOUND", "UNAUTHENTICATED", "INVALID_ARGUMENT", "FAILED_PRECONDITION":
		return true
	}
	return passes(w.code)
}

// String returns code and text, each where there is one.
func (w word) String() string {
	if w.code != "" && w.text != "" {
		return w.code + ": " + w.text
	}
	return w.code + w.text
}

// readWord reads both shapes that Google has: RFC 6749's, and the envelope of its APIs.
func readWord(body []byte) word {
	var flat struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if json.Unmarshal(body, &flat) != nil {
		return word{}
	}
	var code string
	if json.Unmarshal(flat.Error, &code) == nil {
		return word{plainCode(code), flat.Description}
	}
	var nested struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}
	if json.Unmarshal(flat.Error, &nested) != nil {
		return word{}
	}
	return word{plainCode(nested.Status), nested.Message}
}

// plainCode returns code if it is a plain word, for it is printed and compared.
func plainCode(code string) string {
	if regexp.MustCompile(`^[A-Za-z_]{1,40}$`).MatchString(code) {
		return code
	}
	return ""
}

// retryAfter reads the header in both its forms.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n > 0 && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// redact returns text fit for a log: without the identity's own secrets, and cleaned.
func (id *identity) redact(text string) string {
	for _, s := range id.secrets {
		if v := s.Reveal(); v != "" {
			text = strings.ReplaceAll(text, v, secret.Hidden)
		}
	}
	return clean(text)
}

// clean takes out what looks like a key or a token, and control characters, and
// shortens the rest.
func clean(text string) string {
	text = regexp.MustCompile(`(?s)-----BEGIN.*?(-----END|$)`).ReplaceAllString(text, secret.Hidden) // the last line of a PEM block is short
	text = regexp.MustCompile(`[A-Za-z0-9+/=_-]{40,}`).ReplaceAllString(text, secret.Hidden)
	text = regexp.MustCompile(`\b(ya29\.|eyJ|1//|GOCSPX-)\S+`).ReplaceAllString(text, secret.Hidden)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	const most = 300
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

// quote quotes a word of a file for an error message, shortened and cleaned.
func quote(s string) string { return strconv.Quote(clean(s)) }
