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
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/auth"

	"github.com/oriel-server/oriel/internal/secret"
	"github.com/oriel-server/oriel/internal/upstream"
)

// explain turns a failed attempt into an Error. The library's error is read but
// never kept: it may hold the body of Google's response.
func (a *account) explain(id *identity, err error, last response) *Error {
	var e *Error
	stopped, ours := errors.AsType[*Error](err)
	switch {
	case ours:
		e = &Error{Message: stopped.Message, permanent: stopped.permanent}
	case last.Status >= 300:
		e = a.explainStatus(id, last)
	case last.Status > 0:
		e = a.explainForeign(id, last)
	case last.Host != "":
		e = explainNetwork(err, last.Host)
	default:
		e = explainLocal(id, err)
	}
	return a.fill(id, e)
}

// fill adds the account to e.
func (a *account) fill(id *identity, e *Error) *Error {
	e.Account, e.Email, e.File = a.name, id.address(), id.file
	return e
}

// explainNetwork explains a request without a response.
func explainNetwork(err error, host string) *Error {
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Error{Err: cert, Message: fmt.Sprintf(
			"the TLS certificate of %s is not trusted: %v; is the CA bundle installed, or a proxy in between?", host, cert.Err)}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Message: host + " did not answer in time"}
	}
	if errors.Is(err, context.Canceled) {
		return &Error{Message: keyringClosed, Err: context.Canceled}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &Error{Message: fmt.Sprintf("%s cannot be reached: %s", host, clean(err.Error()))}
}

// explainLocal explains a failure before any request, such as a missing file of a
// subject token.
func explainLocal(id *identity, err error) *Error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return &Error{Err: path, Message: fmt.Sprintf("credential_source: cannot %s %s: %v", path.Op, path.Path, path.Err)}
	}
	text := err.Error()
	if strings.Contains(text, "unable to parse") {
		// The library quotes the output of the executable, and with it the token.
		text = "the output of credential_source.executable is not the JSON that Google's libraries expect"
	}
	return &Error{Message: "the credential cannot be used: " + id.redact(text)}
}

// explainStatus explains a response that is not a success.
func (a *account) explainStatus(id *identity, last response) *Error {
	body := decodeError(last.Body)
	if !(body.google() && last.isJSON()) && !(id.kind == typeMetadata && last.Header.Get("Metadata-Flavor") == "Google") {
		return a.explainForeign(id, last)
	}
	body.text = id.redact(body.text)
	e := &Error{Status: last.Status, Code: body.code, RetryAfter: retryAfter(last.Header, a.Clock())}
	e.Message = fmt.Sprintf("%s answered %d", last.Host, last.Status)
	if body.code != "" {
		e.Message += " " + body.code
	}
	if body.text != "" {
		e.Message += " (" + strings.TrimRight(body.text, ".") + ")"
	}
	if transientStatus(last.Status) || slices.Contains(transientCodes, body.code) {
		return e
	}
	e.permanent = true
	if todo := hint(id, body, last); todo != "" {
		e.Message += ": " + todo
	}
	return e
}

// explainForeign explains a response that is not a token endpoint's, such as the page of
// a proxy. It says nothing about the account, so it is never permanent.
func (a *account) explainForeign(id *identity, last response) *Error {
	e := &Error{Status: last.Status, RetryAfter: retryAfter(last.Header, a.Clock())}
	what := last.Describe(id.redact)
	if body := decodeError(last.Body); !last.Redirected() && body != (errorBody{}) {
		what += fmt.Sprintf(", saying %q", id.redact(body.String()))
	}
	if last.Status == http.StatusTooManyRequests {
		e.Message = fmt.Sprintf("%s answered 429%s", last.Host, what)
		return e
	}
	todo := upstream.Hint(last.Status, last.Host, "the addresses in the key file")
	e.Message = fmt.Sprintf("%s: instead of a token endpoint, something answered %d%s", todo, last.Status, what)
	return e
}

// explainNoToken explains a 200 without a token. Google returns an ID
// token instead when it does not know one of the scopes.
func (a *account) explainNoToken(id *identity, raw *auth.Token, last response) *Error {
	if raw != nil && raw.MetadataString("id_token") != "" {
		return &Error{permanent: true, Status: last.Status, Message: "Google answered without an access token: " +
			"it gave an ID token, as it does for a scope that it does not know (" + Scope + ")"}
	}
	e := a.explainForeign(id, last)
	e.Message += " and without an access token"
	return e
}

// isJSON reports whether the content type is JSON, as that of Google's errors is: an
// OAuth error code in a page is not Google's.
func (r response) isJSON() bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

func transientStatus(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// The codes that Google's token endpoints answer with, for failures that go away by
// themselves and for others. Sources: RFC 6749, RFC 8693, google.rpc.Code, and recorded
// responses.
var (
	transientCodes = []string{
		"internal_failure", "server_error", "temporarily_unavailable", "slow_down", "rate_limit_exceeded",
		"UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN",
	}
	permanentCodes = []string{
		"invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "invalid_target", "invalid_rapt",
		"unauthorized_client", "unsupported_grant_type", "disabled_client", "deleted_client",
		"PERMISSION_DENIED", "NOT_FOUND", "UNAUTHENTICATED", "INVALID_ARGUMENT", "FAILED_PRECONDITION",
	}
)

// An errorBody is the error in a response.
type errorBody struct{ code, text string }

// google reports whether the code is one of Google's: a proxy's JSON may have an error, too.
func (b errorBody) google() bool {
	return slices.Contains(permanentCodes, b.code) || slices.Contains(transientCodes, b.code)
}

// String returns code and text, each where there is one.
func (b errorBody) String() string {
	if b.code != "" && b.text != "" {
		return b.code + ": " + b.text
	}
	return b.code + b.text
}

// decodeError reads both shapes that Google has: RFC 6749's, and the envelope of its APIs.
// It returns the zero errorBody for anything else.
func decodeError(body []byte) errorBody {
	var flat struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if json.Unmarshal(body, &flat) != nil {
		return errorBody{}
	}
	var code string
	if json.Unmarshal(flat.Error, &code) == nil {
		return errorBody{plainCode(code), flat.Description}
	}
	var nested struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}
	if json.Unmarshal(flat.Error, &nested) != nil {
		return errorBody{}
	}
	return errorBody{plainCode(nested.Status), nested.Message}
}

var codePattern = regexp.MustCompile(`^[A-Za-z_]{1,40}$`)

// plainCode returns code if it is a plain word, for it is printed and compared.
func plainCode(code string) string {
	if codePattern.MatchString(code) {
		return code
	}
	return ""
}

// retryAfter reads the Retry-After header in both its forms.
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

var (
	pemForm   = regexp.MustCompile(`(?s)-----BEGIN.*?(-----END|$)`) // the last line of a block is short
	tokenForm = regexp.MustCompile(`\b(ya29\.|eyJ|1//|GOCSPX-)\S+|[A-Za-z0-9+/=_-]{40,}`)
)

// clean hides what looks like a key or a token, and makes one line of the rest.
func clean(text string) string {
	text = pemForm.ReplaceAllString(text, secret.Hidden)
	return upstream.OneLine(tokenForm.ReplaceAllString(text, secret.Hidden), 300)
}

// quote quotes a word of a file for an error message, shortened and cleaned.
func quote(s string) string { return strconv.Quote(clean(s)) }
