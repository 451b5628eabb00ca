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
	if err != nil && r.Header.Get("Authorization") != "" {
		err = s.throttled(r, err)
	}
	if err != nil {
		return grant, err
	}
	if err = s.mayRead(r, grant, about); err == nil {
		err = s.mayAsk(r, grant)
	}
	if err == nil {
		view, dashboard := about(r)
		err = s.mayAskAbout(grant, view, dashboard)
	}
	if err != nil {
		return grant, s.refused(r, grant, err)
	}
	return grant, nil
}

// refused records a refusal that neither authority nor gate has made, and returns
// why.
func (s *Server) refused(r *http.Request, grant policy.Grant, err error) error {
	return s.authority.Refused(r.Context(), s.caller(r), grant, err)
}

// bounded gives the work for a request an end.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
		defer cancel()
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
	s.writePrivate(w, r, made(j.json()))
}

func (j jsonReply) json() []byte {
	body, err := json.Marshal(j.value)
	if err != nil {
		panic(err) // replies are made of strings, numbers and valid JSON
	}
	return body
}

// writePrivate answers JSON that is for one asker only.
func (s *Server) writePrivate(w http.ResponseWriter, r *http.Request, b body) {
	s.fixed.private.set(w.Header())
	s.writeJSON(w, r, b)
}

// writeJSON answers JSON, compressed for those who ask for it. Embed tokens are
// answered without it (BREACH), for no secret must share a compressed answer with
// what a request chose; why those of embed pages may be, embedPage says.
func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, b body) {
	s.writeAs(w, r, s.fixed.json, b)
}

func (s *Server) writeAs(w http.ResponseWriter, r *http.Request, contentType header, b body) {
	contentType.set(w.Header())
	if b.size() < minCompressed || !acceptsGzip(value(r.Header, "Accept-Encoding")) {
		writePieces(w, http.StatusOK, b)
		return
	}
	s.fixed.encoded.set(w.Header())
	writePieces(w, http.StatusOK, made(s.packer.gzip(b)))
}

const jsonType = "application/json; charset=utf-8"

func writeBody(w http.ResponseWriter, code int, contentType string, text []byte) {
	setHeaders(w.Header(), "Content-Type", contentType)
	writePieces(w, code, made(text))
}

func writePieces(w http.ResponseWriter, code int, b body) {
	setHeaders(w.Header(), "Content-Length", strconv.Itoa(b.size()))
	w.WriteHeader(code)
	for _, piece := range b.pieces {
		if _, err := w.Write(piece); err != nil {
			return // an asker who left before the answer is nobody's error
		}
	}
}

// A header is one whose value is the same in many answers. All of them share its
// slice, which holds no more than it says: net/http copies it before it adds.
type header struct {
	name   string // canonical
	values []string
}

func fixed(name, value string) header { return header{name, []string{value}} }

// fixedHeaders are those that the handlers of data set.
type fixedHeaders struct {
	json, csv header // Content-Type
	private   header // of what nobody may store
	encoded   header // of what is compressed
}

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json: fixed("Content-Type", jsonType), csv: fixed("Content-Type", csvType),
		private: fixed("Cache-Control", "private, no-store"), encoded: fixed("Content-Encoding", "gzip"),
	}
}

func (f header) set(h http.Header) { h[f.name] = f.values }

// setHeaders sets headers to one value each, given in turns with their canonical
// names, for the price of one allocation.
func setHeaders(h http.Header, namesAndValues ...string) {
	values := make([]string, len(namesAndValues)/2)
	for i := range values {
		values[i] = namesAndValues[2*i+1]
		h[namesAndValues[2*i]] = values[i : i+1 : i+1]
	}
}

// value is h.Get for a name that is canonical already.
func value(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return values[0]
	}
	return ""
}
