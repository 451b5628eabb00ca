package web

import (
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
	return s.bounded(s.answer(func(r *http.Request) (reply, error) {
		grant, err := s.admit(r, about)
		if err != nil {
			return nil, err
		}
		return ask(r, grant)
	}))
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
		ctx := withDeadline(r.Context(), s.timeout)
		defer ctx.stop()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// newCompressor returns gzip for pages; answers are written by writeJSON.
func newCompressor() (func(http.Handler) http.HandlerFunc, error) {
	return gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.EnableZstd(false), gzhttp.SetContentType(false))
}

// jsonReply is data for one asker.
type jsonReply struct{ value any }

func (j jsonReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(j.value)
	if err != nil {
		panic(err) // replies are made of strings, numbers and valid JSON
	}
	s.writePrivate(w, r, made(body))
}

// writePrivate answers JSON that is for one asker only.
func (s *Server) writePrivate(w http.ResponseWriter, r *http.Request, b body) {
	w.Header().Set("Cache-Control", "private, no-store")
	s.writeJSON(w, r, b)
}

// writeJSON answers JSON, compressed for those who ask for it. Embed tokens are
// answered without it (BREACH), for no secret must share a compressed answer with
// what a request chose; why those of embed pages may be, embedPage says.
func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, b body) {
	h := w.Header()
	if vary := h["Vary"]; len(vary) == 1 && vary[0] == s.varyOrigin.values[0] {
		s.varyBoth.set(h)
	} else {
		h["Vary"] = append(vary, "Accept-Encoding")
	}
	if b.size() < minCompressed || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		writeBody(w, http.StatusOK, jsonType, b.join())
		return
	}
	s.encoded.set(h)
	writeBody(w, http.StatusOK, jsonType, s.packer.gzip(b))
}

const jsonType = "application/json; charset=utf-8"

func writeBody(w http.ResponseWriter, code int, contentType string, body []byte) {
	setHeaders(w.Header(), "Content-Type", contentType, "Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	// An asker who left before the answer is nobody's error.
	_, _ = w.Write(body)
}
