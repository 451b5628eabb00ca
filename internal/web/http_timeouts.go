package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Patience is how long a server waits for slow clients, which hold a connection and
// memory meanwhile. Zero fields have defaults.
type Patience struct {
	Header time.Duration // for the head of a request, and a TLS handshake; 10 s
	Body   time.Duration // for the whole of a request; 20 s
	// Answer is for a client to take an answer that is ready: one of up to
	// paceBytes, or the next paceBytes of a longer one. 30 s.
	Answer time.Duration
	Idle   time.Duration // for the next request on a connection; 2 min

	work time.Duration // for making an answer
}

const (
	// paceBytes is what a client must take of a long answer within Patience.Answer:
	// with the default, 70 kbit/s.
	paceBytes = 256 << 10
	// maxHeaderBytes bounds the head of a request; net/http adds 4 KB.
	maxHeaderBytes = 32 << 10
	// maxStreams bounds the requests at once on an HTTP/2 connection.
	maxStreams = 100
)

func (p *Patience) setDefaults(work time.Duration) {
	p.Header = cmp.Or(p.Header, 10*time.Second)
	p.Body = cmp.Or(p.Body, 20*time.Second)
	p.Answer = cmp.Or(p.Answer, 30*time.Second)
	p.Idle = cmp.Or(p.Idle, 2*time.Minute)
	p.work = work
}

// HTTPServer returns a server for h, one of Handler and Operator, with limits
// on what a slow or greedy client can hold. The caller sets the address.
func (s *Server) HTTPServer(h http.Handler) *http.Server {
	p := s.patience
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

// writeAtPace writes a body, and gives up on a client that takes no paceBytes of it
// within patience: one on a slow line gets all of a long answer, and one that only
// holds on gets little of it.
func writeAtPace(w http.ResponseWriter, body []byte, patience time.Duration) (written int, err error) {
	if len(body) <= paceBytes {
		return w.Write(body)
	}
	deadlines := http.NewResponseController(w)
	for len(body) > 0 && err == nil {
		// Writers without deadlines, as tests have them, have no slow readers.
		_ = deadlines.SetWriteDeadline(time.Now().Add(patience))
		var n int
		n, err = w.Write(body[:min(len(body), paceBytes)])
		written, body = written+n, body[n:]
	}
	return written, err
}
