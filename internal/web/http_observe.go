package web

import (
	"cmp"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// requestIDHeader carries the ID of a request in the log; canonical.
const requestIDHeader = "Oriel-Request-Id"

// instrumented gives requests an ID, logs and counts them, and recovers from panics. Log
// and metrics get no query string, header or path, which may hold secrets, but the route's
// pattern.
func (s *Server) instrumented(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.clock()
		rec := &recorder{ResponseWriter: w, id: [1]string{s.ids.next()}, writeTimeout: s.timeouts.Answer}
		w.Header()[requestIDHeader], r.Header[requestIDHeader] = rec.id[:], rec.id[:] // see requestID
		if len(r.TransferEncoding) > 0 {
			// It may have had a Content-Length too, which net/http drops: then the
			// connection must be closed (RFC 9112, section 6.1).
			w.Header()["Connection"] = []string{"close"}
		}
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			s.recoverPanic(rec, r, recover())
			s.record(rec, r, s.clock().Sub(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// ids generates request IDs, 32 at a time.
type ids struct {
	random io.Reader
	mu     sync.Mutex
	left   string
}

const idSize = 8 // bytes

// next returns a random ID, or none when randomness fails: the request is served anyway.
func (n *ids) next() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.left == "" {
		var drawn [32 * idSize]byte
		if _, err := io.ReadFull(n.random, drawn[:]); err != nil {
			return ""
		}
		n.left = hex.EncodeToString(drawn[:])
	}
	id := n.left[:2*idSize]
	n.left = n.left[2*idSize:]
	return id
}

// recoverPanic answers 500 for a panic and logs its stack. A response already begun is
// aborted, so that it is not taken for a whole one.
func (s *Server) recoverPanic(rec *recorder, r *http.Request, cause any) {
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		rec.aborted = true
		return
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("id", rec.id[0]),
		slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	if rec.status != 0 {
		rec.aborted = true
		return
	}
	h := rec.Header()
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	s.fail(rec, r, report.Errorf(report.Internal, "Something went wrong on this server."))
}

// record logs and counts a finished request.
func (s *Server) record(rec *recorder, r *http.Request, took time.Duration) {
	pattern := patternPath(r.Pattern)
	s.metrics.observe(method(r.Method), pattern, rec.code(), took)
	s.logRequest(rec, r, pattern, took)
	if rec.aborted {
		panic(http.ErrAbortHandler)
	}
}

// logRequest logs a request: at debug level, since metrics count it, or at info if it
// failed and no other line has the reason. It calls the handler itself: a Logger would look
// up the source line each time.
func (s *Server) logRequest(rec *recorder, r *http.Request, pattern string, took time.Duration) {
	level := slog.LevelDebug
	if rec.code() >= http.StatusBadRequest && !rec.logged || rec.aborted {
		level = slog.LevelInfo
	}
	handler := s.log.Handler()
	if !handler.Enabled(r.Context(), level) {
		return
	}
	line := slog.NewRecord(time.Now(), level, "request", 0)
	line.AddAttrs(
		slog.String("id", rec.id[0]),
		slog.String("method", method(r.Method)),
		slog.String("route", pattern),
		slog.Int("status", rec.code()),
		slog.Duration("duration", took),
		slog.Int64("bytes", rec.bytes))
	_ = handler.Handle(r.Context(), line) // ignored as by slog.Logger
}

// A recorder notes status and size of a response.
type recorder struct {
	http.ResponseWriter
	id           [1]string     // of the request, as a header value
	writeTimeout time.Duration // see writeWithDeadline
	status       int           // 0 until the header is written
	bytes        int64
	aborted      bool
	logged       bool // the log has a line with the reason of the failure
}

// recorderOf returns the recorder that w wraps; nil for none.
func recorderOf(w http.ResponseWriter) *recorder {
	for {
		switch v := w.(type) {
		case *recorder:
			return v
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return nil
		}
	}
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(code int) {
	if r.status == 0 && code >= 200 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write counts the bytes.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := writeWithDeadline(r.ResponseWriter, b, r.writeTimeout)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int { return cmp.Or(r.status, http.StatusOK) }
