package web

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// kinds maps kinds of errors to HTTP, in this place only.
var kinds = [...]struct {
	code   int
	status string // the name of a google.rpc.Code
	level  slog.Level
}{
	report.Internal:        {http.StatusInternalServerError, "INTERNAL", slog.LevelError},
	report.Invalid:         {http.StatusBadRequest, "INVALID_ARGUMENT", slog.LevelDebug},
	report.Unauthenticated: {http.StatusUnauthorized, "UNAUTHENTICATED", slog.LevelDebug},
	report.Forbidden:       {http.StatusForbidden, "PERMISSION_DENIED", slog.LevelInfo},
	report.NotFound:        {http.StatusNotFound, "NOT_FOUND", slog.LevelDebug},
	report.TooLarge:        {http.StatusRequestEntityTooLarge, "INVALID_ARGUMENT", slog.LevelInfo},
	report.RateLimited:     {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", slog.LevelInfo},
	report.Quota:           {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", slog.LevelWarn},
	report.Misconfigured:   {http.StatusInternalServerError, "INTERNAL", slog.LevelError},
	report.Unavailable:     {http.StatusServiceUnavailable, "UNAVAILABLE", slog.LevelWarn},
	report.Canceled:        {http.StatusGatewayTimeout, "DEADLINE_EXCEEDED", slog.LevelInfo},
	report.NoAccess:        {http.StatusInternalServerError, "INTERNAL", slog.LevelError},
}

// An envelope is Google's JSON around an error.
type envelope struct {
	Error envelopeError `json:"error"`
}

type envelopeError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
}

// classify returns err as an error whose kind is in the table.
func classify(err error) *report.Error {
	e := report.AsError(err)
	if e.Kind < 0 || int(e.Kind) >= len(kinds) || e.Message == "" {
		return &report.Error{Kind: report.Internal, Message: "Something went wrong on this server.", Err: err}
	}
	return e
}

// fail writes an error response: the message is for the client, the cause for the log.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := s.recordError(w, r, err)
	writeEnvelope(w, kinds[e.Kind].code, kinds[e.Kind].status, e.Message)
}

// recordError logs and counts an error and sets its headers.
func (s *Server) recordError(w http.ResponseWriter, r *http.Request, err error) *report.Error {
	discardBody(w, r)
	e := classify(err)
	s.metrics.errors.WithLabelValues(e.Kind.String()).Inc()
	s.logError(w, r, e)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", wholeSeconds(e.RetryAfter))
	}
	if e.Kind == report.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	return e
}

// logError has the line of the request say why it failed; a request to the operators'
// listener has no other line.
func (s *Server) logError(w http.ResponseWriter, r *http.Request, e *report.Error) {
	if rec := recorderOf(w); rec != nil {
		rec.failure = e
		return
	}
	attrs := append(failureAttrs(e), slog.String("method", method(r.Method)), slog.String("route", patternPath(r.Pattern)))
	s.log.LogAttrs(r.Context(), levelOf(e), requestFailed, attrs...)
}

// requestFailed is the message of lines about failed requests.
const requestFailed = "request failed"

func failureAttrs(e *report.Error) []slog.Attr {
	attrs := []slog.Attr{slog.String("kind", e.Kind.String()), slog.String("message", e.Message)}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("cause", e.Err))
	}
	return attrs
}

// levelOf returns the level of an error's log line; debug if its cause is logged elsewhere,
// such as why Google is not asked.
func levelOf(e *report.Error) slog.Level {
	var cause interface{ Logged() bool }
	if errors.As(e.Err, &cause) && cause.Logged() {
		return slog.LevelDebug
	}
	if access.IsGoogleToken(e.Err) {
		return slog.LevelInfo // a page that still uses Google's token, not an attack
	}
	return kinds[e.Kind].level
}

// logPanels logs and counts the errors of panels: the response as a whole is a success, and
// its viewers never see a cause.
func (s *Server) logPanels(w http.ResponseWriter, r *http.Request, answer *policy.DashboardAnswer) {
	for _, p := range answer.Panels {
		if p.Err == nil {
			continue
		}
		e := classify(p.Err)
		s.metrics.errors.WithLabelValues(e.Kind.String()).Inc()
		level := levelOf(e)
		if level == kinds[e.Kind].level { // the log does not have the cause
			level = max(level, slog.LevelInfo) // no visitor wrote the panel's question
		}
		s.log.LogAttrs(r.Context(), level, "panel failed",
			slog.String("id", w.Header().Get(requestIDHeader)),
			slog.String("dashboard", answer.Dashboard.Name), slog.String("panel", p.Panel.Name),
			slog.String("kind", e.Kind.String()), slog.Any("cause", p.Err))
	}
}

// wholeSeconds rounds up, so that a client waits long enough.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

func writeEnvelope(w http.ResponseWriter, code int, status, message string) {
	writeBody(w, code, jsonType, jsonOf(envelope{envelopeError{code, message, status}}))
}

// nothingHere is the message for paths without a route.
const nothingHere = "There is nothing at this address."

// notFound is for the operators' listener, which pages may not detect.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, report.Errorf(report.NotFound, nothingHere))
}

func (s *Server) methodNotAllowed(allowed []string) http.Handler {
	list := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		discardBody(w, r)
		w.Header().Set("Allow", list)
		w.Header().Set("Cache-Control", "no-store")
		writeEnvelope(w, http.StatusMethodNotAllowed, "UNIMPLEMENTED", "This address answers "+list+" only.")
	})
}
