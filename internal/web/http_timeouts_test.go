package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// enough is for what must happen, on a machine however busy.
const enough = 30 * time.Second

func hurried(c *Config) {
	c.RequestTimeout = 50 * time.Millisecond
	c.Timeouts = Timeouts{Header: 50 * time.Millisecond, Body: 50 * time.Millisecond, Answer: 50 * time.Millisecond, Idle: 50 * time.Millisecond}
}

// dial opens a connection that keeps little of what it does not read.
func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	must(s.t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
	must(s.t, conn.SetDeadline(time.Now().Add(enough)))
	return conn
}

// Whoever sends half of something and falls silent is let go of.
func TestSlowWriters(t *testing.T) {
	s := newSite(t, hurried)
	auth := bearing(s.token("shop"))
	for name, sent := range map[string]string{
		"nothing":           "",
		"half a line":       "GET /v1/vie",
		"half a head":       "GET /v1/views HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half a body":       "POST /v1/views/shop:runReport HTTP/1.1\r\nHost: x\r\n" + auth + "\r\nContent-Length: 1000\r\n\r\n{",
		"half a chunk":      "POST /v1/views/shop:runReport HTTP/1.1\r\nHost: x\r\n" + auth + "\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{",
		"no second request": "GET /oriel.js HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := s.dial()
			_, err := io.WriteString(conn, sent)
			must(t, err)
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Errorf("the connection is held: %v", err)
			}
			if strings.Contains(name, "half") && strings.Contains(string(answer), " 200 OK") {
				t.Errorf("half a request is answered: %s", answer)
			}
		})
	}
}

// long is an answer of a view that fills all buffers between the server and a client.
func (s *site) long() (request string, size int) {
	body := []byte(`{"rows":[],"kind":"` + strings.Repeat("x", 32<<20) + `"}`)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = body
		return r, nil
	}
	return "POST /v1/views/shop:runReport HTTP/1.1\r\nHost: x\r\n" + bearing(s.token("shop")) +
		fmt.Sprintf("\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(runReport), runReport), len(body)
}

// Whoever asks for much and takes nothing does not keep it, nor the handler.
func TestReadersThatStop(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Timeouts.Answer, c.MaxAnswer = 50*time.Millisecond, 64<<20 })
	request, size := s.long()
	conn := s.dial()
	_, err := io.WriteString(conn, request)
	must(t, err)
	for end := time.Now().Add(enough); !strings.Contains(s.log.String(), `"route":"/v1/views/{call}"`); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the answer is still being written")
		}
	}
	if read, err := io.Copy(io.Discard, conn); err == nil && read >= int64(size) {
		t.Errorf("all %d bytes came", read)
	}
}

// Whoever takes it slowly gets all of it, though it takes longer than one piece may.
func TestReadersThatAreSlow(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.RequestTimeout, c.MaxAnswer = time.Second, 64<<20
		c.Timeouts = Timeouts{Body: time.Second, Answer: 3 * time.Second}
	})
	request, size := s.long()
	conn := s.dial()
	_, err := io.WriteString(conn, request)
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	read := int64(0)
	for err == nil {
		var n int64
		n, err = io.CopyN(io.Discard, res.Body, chunkBytes)
		read += n
		time.Sleep(50 * time.Millisecond)
	}
	if err != io.EOF || read != int64(size) {
		t.Errorf("%d of %d bytes came: %v", read, size, err)
	}
}

func TestHeaderFloods(t *testing.T) {
	s := newSite(t)
	for name, head := range map[string]string{
		"many":        strings.Repeat("X-A: b\r\n", 8000),
		"one long":    "X-A: " + strings.Repeat("b", 64<<10) + "\r\n",
		"long cookie": "Cookie: " + strings.Repeat("a=b; ", 10<<10) + "\r\n",
	} {
		conn := s.dial()
		_, _ = io.WriteString(conn, "GET /oriel.js HTTP/1.1\r\nHost: x\r\n"+head+"\r\n") // cut off while it is sent
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %v %v", name, res, err)
		}
	}
	if a := s.do("GET", "/"+strings.Repeat("a", 64<<10), ""); a.code != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long path: %d", a.code)
	}
}

// Bodies that are larger than they look, or cost more to read than to send.
func TestBodiesAreBounded(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct {
		path, body, header string
		code               int
	}{
		"huge":         {"/v1/views/shop:runReport", `{"metrics":[` + strings.Repeat(" ", maxReportBody) + `]}`, "X: y", 413},
		"deep":         {"/v1/views/shop:runReport", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), "X: y", 400},
		"deep lists":   {"/v1/views/shop:runReport", strings.Repeat("[", 100_000), "X: y", 400},
		"packed":       {"/v1/views/shop:runReport", "\x1f\x8b", "Content-Encoding: gzip", 400},
		"huge for v4":  {"/v4/reports:batchGet", `{"reportRequests":[` + strings.Repeat(" ", maxReportBody) + `]}`, "X: y", 413},
		"deep for v4":  {"/v4/reports:batchGet", strings.Repeat("[", 100_000), "X: y", 400},
		"huge minting": {"/v1/tokens", `{"subject":"` + strings.Repeat("x", maxTokenBody) + `"}`, "X: y", 413},
		"deep minting": {"/v1/tokens", strings.Repeat(`{"filter":`, 1000), "X: y", 400},
	} {
		auth := bearing(s.token("shop"))
		if tt.path == "/v1/tokens" {
			auth = bearing(hostKey)
		}
		if a := s.do("POST", tt.path, tt.body, auth, tt.header); a.code != tt.code {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
	}
}

// Clients that send all of a request before they read anything get the answer to one
// that is refused, however slow, as others do: up to twice what a request may have.
func TestRefusedBodiesAreAnswered(t *testing.T) {
	s := newSite(t)
	token := bearing(s.token("shop"))
	for name, tt := range map[string]struct {
		line, auth, body string
		chunked          bool
		code             int
	}{
		"too large":          {"POST /v1/views/shop:runReport", token, strings.Repeat(" ", 2*maxReportBody), false, 413},
		"too large, chunked": {"POST /v1/views/shop:runReport", token, strings.Repeat(" ", 2*maxReportBody), true, 413},
		"too large for v4":   {"POST /v4/reports:batchGet", token, strings.Repeat(" ", 2*maxReportBody), false, 413},
		"no token":           {"POST /v1/views/shop:runReport", "X: y", strings.Repeat(" ", maxReportBody), false, 401},
		"nothing there":      {"POST /v1/nothing", token, strings.Repeat(" ", maxReportBody), false, 404},
		"a wrong method":     {"PUT /v4/reports:batchGet", token, strings.Repeat(" ", maxReportBody), false, 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			framing, end := fmt.Sprintf("Content-Length: %d", len(tt.body)), ""
			if tt.chunked {
				framing, tt.body, end = "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s", len(tt.body), tt.body), "\r\n0\r\n\r\n"
			}
			conn := s.dial()
			sent := tt.line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" + tt.auth + "\r\n" + framing + "\r\n\r\n" + tt.body
			half := len(sent) - maxReportBody/2
			_, err := io.WriteString(conn, sent[:half])
			must(t, err)
			time.Sleep(time.Second) // longer than net/http lingers
			for piece := range slices.Chunk([]byte(sent[half:]+end), 64<<10) {
				_, err := conn.Write(piece)
				must(t, err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != tt.code {
				t.Fatalf("%v, %v", res, err)
			}
			if _, err := io.ReadAll(res.Body); err != nil {
				t.Error(err)
			}
		})
	}
}

// An endless is a body without an end, which counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// Of a body far above what a request may have, little is read for the sake of an answer.
func TestRefusedBodiesAreLeft(t *testing.T) {
	s := newSite(t)
	for _, address := range []string{"/v1/views/shop:runReport", "/v1/nothing", "/v4/reports:batchGet", "/v1/tokens"} {
		body := &endless{}
		r := httptest.NewRequest("POST", address, body)
		r.ContentLength = -1
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code < 400 || body.read > 3*maxReportBody {
			t.Errorf("%s: %d, %d bytes read", address, w.Code, body.read)
		}
	}
}
