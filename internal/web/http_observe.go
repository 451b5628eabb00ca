package web

import (
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// requestIDHeader, in canonical form, carries the number that the log knows a
// request by.
const requestIDHeader = "Oriel-Request-Id"

// closing ends the connection with the answer.
var closing = []string{"close"}

// observed numbers, logs and counts requests, and turns panics into answers.
// Neither log nor metrics see a query string, a header or a path as it was
// asked: the route's pattern says enough and holds no secret.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.clock()
		rec := &recorder{ResponseWriter: w, id: [1]string{s.ids.next()}, patience: s.patience.Answer}
		w.Header()[requestIDHeader], r.Header[requestIDHeader] = rec.id[:], rec.id[:] // see requestID
		if len(r.TransferEncoding) > 0 {
			// It may have had a Content-Length as well, which net/http drops: then the
			// connection must not be used again (RFC 9112, section 6.1).
			w.Header()["Connection"] = closing
		}
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			s.recovered(rec, r, recover())
			s.record(rec, r, s.clock().Sub(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// ids are the numbers of requests, drawn and written many at a time.
type ids struct {
	random io.Reader
	mu     sync.Mutex
	left   string
}

const idSize = 8 // bytes

// next returns a random number, or none when randomness fails: a request is worth
// more than its number.
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

// recovered answers 500 for a panic and logs its stack. An answer already begun
// is cut off, so that nobody takes it for a whole one.
func (s *Server) recovered(rec *recorder, r *http.Request, cause any) {
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

// record logs and counts an answered request.
func (s *Server) record(rec *recorder, r *http.Request, took time.Duration) {
	pattern := patternPath(r.Pattern)
	s.metrics.observe(method(r.Method), pattern, rec.code(), took)
	s.logRequest(rec, r, pattern, took)
	if rec.aborted {
		panic(http.ErrAbortHandler)
	}
}

// logRequest writes a line: for what was answered at debug level, like the gate for
// what it allows, since metrics count it; for what was not, at info, unless another line says why. It hands the record to the handler itself: a logger
// would look up the line of source for each request, and it is this one.
func (s *Server) logRequest(rec *recorder, r *http.Request, pattern string, took time.Duration) {
	level := slog.LevelDebug
	if rec.code() >= http.StatusBadRequest && !rec.told || rec.aborted {
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
	_ = handler.Handle(r.Context(), line) // as a logger would
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	id       [1]string     // of the request, as headers hold it
	patience time.Duration // see writeAtPace
	status   int           // 0 until the header is written
	bytes    int64
	aborted  bool
	told     bool // the log has a line about what went wrong
}

// recorderOf finds the recorder that w writes to; nil where there is none.
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

// WriteHeader remembers the status.
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
	n, err := writeAtPace(r.ResponseWriter, b, r.patience)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
