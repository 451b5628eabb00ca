package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A reply is a successful response.
type reply interface {
	write(s *Server, w http.ResponseWriter, r *http.Request)
	size() int // of the body in bytes, not compressed
}

type (
	// An askFunc returns the reply to the holder of a grant.
	askFunc func(*http.Request, policy.Grant) (reply, error)
	// A failFunc writes an error response.
	failFunc func(http.ResponseWriter, *http.Request, error)
)

// respond writes what read returns.
func (s *Server) respond(read func(*http.Request) (reply, error)) http.Handler {
	return s.respondOr(s.fail, read)
}

func (s *Server) respondOr(fail failFunc, read func(*http.Request) (reply, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := read(r)
		if err != nil {
			fail(w, r, err)
			return
		}
		answer.write(s, w, r)
	})
}

// withGrant writes what ask returns to the holder of an embed token. The token is
// verified before anything else of the request is read.
func (s *Server) withGrant(about subject, ask askFunc) http.Handler {
	return s.withGrantOr(s.fail, about, ask)
}

func (s *Server) withGrantOr(fail failFunc, about subject, ask askFunc) http.Handler {
	return s.withTimeout(s.respondOr(fail, func(r *http.Request) (reply, error) {
		grant, err := s.authorize(r, about)
		if err != nil {
			return nil, err
		}
		view, dashboard := about(r)
		return s.recorded(r, grant, policy.Subject{View: view, Dashboard: dashboard}, ask)
	}))
}

// errPanicked is why a request is not answered whose handler panics.
var errPanicked = report.Errorf(report.Internal, "panic")

// recorded returns what ask returns, and has it recorded what came of the request: as
// answered only with a reply.
func (s *Server) recorded(r *http.Request, grant policy.Grant, about policy.Subject, ask askFunc) (answer reply, err error) {
	grant, draft := s.gate.Draft(grant, about)
	err = errPanicked
	defer func() { draft.End(r.Context(), err) }()
	if answer, err = ask(r, grant); err != nil {
		return nil, err
	}
	if err = s.weigh(r, grant, about, answer); err != nil {
		return nil, err
	}
	return s.hold(answer, grant.Anonymous())
}

// withTimeout bounds the work for a request.
func (s *Server) withTimeout(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// A dataReply is JSON made of reports, with their age in its headers.
type dataReply struct {
	body    body
	reports []*report.Report
}

func (d dataReply) size() int { return d.body.size() }

func (d dataReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), d.reports...)
	s.writeJSON(w, r, d.body)
}

// A jsonReply is encoded JSON for one client.
type jsonReply []byte

// jsonOf encodes a value that always encodes: strings, numbers and valid JSON.
func jsonOf(value any) jsonReply {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

func (j jsonReply) size() int { return len(j) }

func (j jsonReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.writePrivate(w, r, privateBody(j))
}

// A secretReply is a credential: never cached, never compressed (BREACH).
type secretReply struct{ value any }

func (secretReply) size() int { return 0 }

func (t secretReply) write(_ *Server, w http.ResponseWriter, _ *http.Request) {
	setHeaders(w.Header(), "Cache-Control", "no-store", "Pragma", "no-cache") // RFC 6749, section 5.1
	writeBody(w, http.StatusOK, jsonType, jsonOf(t.value))
}

// writePrivate writes JSON that only one client may store.
func (s *Server) writePrivate(w http.ResponseWriter, r *http.Request, b body) {
	s.fixed.private.set(w.Header())
	s.writeJSON(w, r, b)
}

// writeJSON writes JSON, compressed for clients that accept it. No secret may share a
// compressed response with text that a request chose (BREACH): embed tokens are a
// secretReply; embedPage has the exception.
func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, b body) {
	s.writeAs(w, r, http.StatusOK, s.fixed.json, b)
}

func (s *Server) writeAs(w http.ResponseWriter, r *http.Request, code int, contentType header, b body) {
	contentType.set(w.Header())
	if b.size() >= minGzip && acceptsGzip(headerValue(r.Header, "Accept-Encoding")) {
		s.fixed.encoded.set(w.Header())
		b = privateBody(s.gzip.gzip(b))
	}
	writePieces(w, code, b)
}

func writeBody(w http.ResponseWriter, code int, contentType string, text []byte) {
	setHeaders(w.Header(), "Content-Type", contentType)
	writePieces(w, code, privateBody(text))
}

func writePieces(w http.ResponseWriter, code int, b body) {
	setHeaders(w.Header(), "Content-Length", strconv.Itoa(b.size()))
	w.WriteHeader(code)
	for _, piece := range b.pieces {
		if _, err := w.Write(piece); err != nil {
			return // the client has left
		}
	}
}

// A header has the same value in many responses, which share its slice: it has no spare
// capacity, so net/http copies it before it appends.
type header struct {
	name   string // canonical
	values []string
}

func fixed(name, value string) header { return header{name, []string{value}} }

func (f header) set(h http.Header) { h[f.name] = f.values }

const (
	jsonType = "application/json; charset=utf-8"
	csvType  = "text/csv; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

// fixedHeaders are set by the handlers of data and pages.
type fixedHeaders struct {
	json, csv, html header // Content-Type
	private         header // Cache-Control
	encoded         header // Content-Encoding
}

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json: fixed("Content-Type", jsonType), csv: fixed("Content-Type", csvType), html: fixed("Content-Type", htmlType),
		private: fixed("Cache-Control", "private, no-store"), encoded: fixed("Content-Encoding", "gzip"),
	}
}

// setHeaders sets headers to one value each, given as canonical name, value, name, value,
// with a single allocation.
func setHeaders(h http.Header, namesAndValues ...string) {
	values := make([]string, len(namesAndValues)/2)
	for i := range values {
		values[i] = namesAndValues[2*i+1]
		h[namesAndValues[2*i]] = values[i : i+1 : i+1]
	}
}

// headerValue is h.Get for a canonical name.
func headerValue(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return values[0]
	}
	return ""
}
