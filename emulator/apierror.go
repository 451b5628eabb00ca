package emulator

import (
	"fmt"
	"net/http"
)

// An apiError is what a Google API answers instead of a result, in the
// google.rpc.Status envelope.
type apiError struct {
	code    int    // HTTP
	status  string // google.rpc.Code
	message string
	details []any
	bearer  string // parameters after the realm in WWW-Authenticate
}

func (e *apiError) Error() string { return e.message }

func invalidArgument(format string, args ...any) *apiError {
	return &apiError{code: http.StatusBadRequest, status: "INVALID_ARGUMENT", message: fmt.Sprintf(format, args...)}
}

func permissionDenied(message string) *apiError {
	return &apiError{code: http.StatusForbidden, status: "PERMISSION_DENIED", message: message}
}

func exhausted(message string) *apiError {
	return &apiError{code: http.StatusTooManyRequests, status: "RESOURCE_EXHAUSTED", message: message}
}

// notEmulated is the only answer that Google would not give: what was asked
// exists there and not here.
func notEmulated(what string) *apiError {
	return &apiError{
		code: http.StatusNotImplemented, status: "UNIMPLEMENTED",
		message: what + " is not emulated. See NOT-EMULATED.md of the emulator.",
	}
}

// statusNames are the google.rpc.Code names of the HTTP statuses that the
// control endpoint can force.
var statusNames = map[int]string{
	http.StatusBadRequest:          "INVALID_ARGUMENT",
	http.StatusUnauthorized:        "UNAUTHENTICATED",
	http.StatusForbidden:           "PERMISSION_DENIED",
	http.StatusTooManyRequests:     "RESOURCE_EXHAUSTED",
	http.StatusInternalServerError: "INTERNAL",
	http.StatusBadGateway:          "UNAVAILABLE",
	http.StatusServiceUnavailable:  "UNAVAILABLE",
	http.StatusGatewayTimeout:      "DEADLINE_EXCEEDED",
}

type errorInfo struct {
	Type     string            `json:"@type"`
	Reason   string            `json:"reason"`
	Domain   string            `json:"domain"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func newErrorInfo(reason string, metadata map[string]string) errorInfo {
	return errorInfo{"type.googleapis.com/google.rpc.ErrorInfo", reason, "googleapis.com", metadata}
}

type badRequest struct {
	Type       string      `json:"@type"`
	Violations []violation `json:"fieldViolations"`
}

// A violation is one thing wrong with the shape of a request.
type violation struct {
	Field       string `json:"field,omitempty"`
	Description string `json:"description"`
}

// malformed is what the transcoding layer answers: every violation, one a line.
func malformed(violations ...violation) *apiError {
	message := ""
	for i, v := range violations {
		if i > 0 {
			message += "\n"
		}
		message += v.Description
	}
	e := invalidArgument("%s", message)
	e.details = []any{badRequest{"type.googleapis.com/google.rpc.BadRequest", violations}}
	return e
}

// notFoundPage is the page for every path, verb and HTTP method that is none.
const notFoundPage = `<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That’s an error.</ins>
  <p>The requested URL <code>%s</code> was not found on this server.  <ins>That’s all we know.</ins>
`
