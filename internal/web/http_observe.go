package web

import (
	"cmp"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

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

// logRequest writes the one line of a request: at debug level, since metrics count it, or
// at info at least if it failed, unless failures flood the log or another line has the
// cause. It calls the handler itself: a Logger would look up the source line each time.
func (s *Server) logRequest(rec *recorder, r *http.Request, pattern string, took time.Duration) {
	level, message, leftOut := slog.LevelDebug, "request", int64(0)
	if rec.code() >= http.StatusBadRequest || rec.aborted {
		level, message = failureLevel(rec.failure), requestFailed
		if level > slog.LevelDebug {
			level, leftOut = s.failures.sample(s.clock(), rec.failure, level)
		}
	}
	handler := s.log.Handler()
	if !handler.Enabled(r.Context(), level) {
		return
	}
	line := slog.NewRecord(time.Now(), level, message, 0)
	line.AddAttrs(
		slog.String("id", rec.id[0]),
		slog.String("method", method(r.Method)),
		slog.String("route", pattern),
		slog.Int("status", rec.code()),
		slog.Duration("duration", took),
		slog.Int64("bytes", rec.bytes))
	if rec.failure != nil {
		line.AddAttrs(failureAttrs(rec.failure)...)
	}
	if leftOut > 0 {
		line.AddAttrs(slog.Int64("left_out", leftOut))
	}
	_ = handler.Handle(r.Context(), line) // ignored as by slog.Logger
}

// failureLevel returns the level of the line of a failed request; e may be nil.
func failureLevel(e *report.Error) slog.Level {
	if e == nil {
		return slog.LevelInfo
	}
	level := levelOf(e)
	if level == slog.LevelDebug && kinds[e.Kind].level > level {
		return level // another line has the cause
	}
	return max(level, slog.LevelInfo)
}

// failureLines is how many lines about failures of one kind the log gets.
var failureLines = Pace{PerSecond: 10, Burst: 200}

// failureLog bounds the lines about failures, each kind for itself, so that a flood of one
// hides no other.
type failureLog struct {
	paces   [len(kinds)]*rate.Limiter
	leftOut [len(kinds)]atomic.Int64
	counter *prometheus.CounterVec
}

func newFailureLog(registry prometheus.Registerer) (*failureLog, error) {
	l := &failureLog{counter: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oriel_log_lines_left_out_total",
		Help: "Failed requests without a line in the log, because there were too many, by kind.",
	}, []string{"kind"})}
	for i := range l.paces {
		l.paces[i] = rate.NewLimiter(rate.Limit(failureLines.PerSecond), failureLines.Burst)
	}
	return l, registry.Register(l.counter)
}

// sample returns the level of a line about e, which may be nil: debug if there were too many
// like it. leftOut is the number of those since the last line.
func (l *failureLog) sample(now time.Time, e *report.Error, level slog.Level) (_ slog.Level, leftOut int64) {
	kind := report.Invalid
	if e != nil {
		kind = e.Kind
	}
	if l.paces[kind].AllowN(now, 1) {
		return level, l.leftOut[kind].Swap(0)
	}
	l.leftOut[kind].Add(1)
	l.counter.WithLabelValues(kind.String()).Inc()
	return slog.LevelDebug, 0
}

// A recorder notes status and size of a response.
type recorder struct {
	http.ResponseWriter
	id           [1]string     // of the request, as a header value
	writeTimeout time.Duration // see writeWithDeadline
	status       int           // 0 until the header is written
	bytes        int64
	aborted      bool
	failure      *report.Error // why the request failed; nil if no handler says it
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
