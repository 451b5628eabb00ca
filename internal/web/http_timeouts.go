package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Timeouts bound how long slow clients hold a connection. Zero fields have defaults.
type Timeouts struct {
	Header time.Duration // to read a request's header, and for a TLS handshake; 10 s
	Body   time.Duration // to read a whole request; 20 s
	Answer time.Duration // to write up to chunkBytes of a response; 30 s
	Idle   time.Duration // between two requests of a connection; 2 min

	work time.Duration // to compute a response
}

const (
	// chunkBytes is how much of a long response a client must read within
	// Timeouts.Answer: 70 kbit/s with the default.
	chunkBytes = 256 << 10
	// maxHeaderBytes bounds a request's header; net/http adds 4 KB.
	maxHeaderBytes = 32 << 10
	// maxStreams bounds the concurrent requests of an HTTP/2 connection.
	maxStreams = 100
)

func (p *Timeouts) setDefaults(work time.Duration) {
	p.Header = cmp.Or(p.Header, 10*time.Second)
	p.Body = cmp.Or(p.Body, 20*time.Second)
	p.Answer = cmp.Or(p.Answer, 30*time.Second)
	p.Idle = cmp.Or(p.Idle, 2*time.Minute)
	p.work = work
}

// HTTPServer returns a server for h, either Handler or Operator, with its timeouts
// and limits. The caller sets the address.
func (s *Server) HTTPServer(h http.Handler) *http.Server {
	p := s.timeouts
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: p.Header,
		ReadTimeout:       p.Body,
		WriteTimeout:      p.Body + p.work + p.Answer,
		IdleTimeout:       p.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, WriteByteTimeout: p.Answer},
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// writeWithDeadline writes body and fails when the client reads less than chunkBytes
// within timeout, so that a slow line gets all of a long response and a client that
// stops reading does not hold it.
func writeWithDeadline(w http.ResponseWriter, body []byte, timeout time.Duration) (written int, err error) {
	if len(body) <= chunkBytes {
		return w.Write(body)
	}
	deadlines := http.NewResponseController(w)
	for len(body) > 0 && err == nil {
		// A writer without deadlines, as in tests, has no slow reader.
		_ = deadlines.SetWriteDeadline(time.Now().Add(timeout))
		var n int
		n, err = w.Write(body[:min(len(body), chunkBytes)])
		written, body = written+n, body[n:]
	}
	return written, err
}
