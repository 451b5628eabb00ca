package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/klauspost/compress/gzhttp"

	"github.com/oriel-server/oriel/internal/policy"
)

// A reply is an answer that can be written.
type reply interface {
	write(s *Server, w http.ResponseWriter, r *http.Request)
}

// answer serves what read returns.
func (s *Server) answer(read func(*http.Request) (reply, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := read(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		a.write(s, w, r)
	})
}

// granted serves what ask returns to the holder of an embed token. The token is
// checked before anything else of the request is read.
func (s *Server) granted(about subject, ask func(*http.Request, policy.Grant) (reply, error)) http.Handler {
	return s.bounded(s.compressed(s.answer(func(r *http.Request) (reply, error) {
		grant, err := s.admit(r, about)
		if err != nil {
			return nil, err
		}
		return ask(r, grant)
	})))
}

// admit returns the grant of whoever asks, who may read the answer and does not
// ask too fast.
func (s *Server) admit(r *http.Request, about subject) (policy.Grant, error) {
	grant, err := s.grant(r)
	if err == nil {
		err = s.mayRead(r, grant, about)
	}
	if err == nil {
		err = s.mayAsk(r, grant)
	}
	return grant, err
}

// bounded gives the work for a request an end.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// minCompressed is the size of the smallest answer worth compressing: less fits
// into one packet anyway.
const minCompressed = 1024

// newCompressor returns gzip for answers. Embed tokens are answered without it
// (BREACH): no secret shares a compressed answer with what a request chose.
func newCompressor() (func(http.Handler) http.HandlerFunc, error) {
	return gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.EnableZstd(false), gzhttp.SetContentType(false))
}

// jsonReply is data for one asker.
type jsonReply struct{ value any }

func (j jsonReply) write(_ *Server, w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(j.value)
	if err != nil {
		panic(err) // replies are made of strings, numbers and valid JSON
	}
	writePrivate(w, body)
}

// writePrivate answers JSON that is for one asker only.
func writePrivate(w http.ResponseWriter, body []byte) {
	w.Header().Set("Cache-Control", "private, no-store")
	writeBody(w, http.StatusOK, "application/json; charset=utf-8", body)
}

func writeBody(w http.ResponseWriter, code int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	// An asker who left before the answer is nobody's error.
	_, _ = w.Write(body)
}
