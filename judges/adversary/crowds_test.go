package adversary

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/judges/house"
)

// crowdAttacks are slow, or many. They take what the server's patience lasts, all
// at once.
func crowdAttacks() []attack {
	return []attack{
		{name: "slow ones, and ten thousand", of: exhaustion, run: crowd},
		{name: "bad tokens, again and again", of: spentLimits, run: guesses},
		{name: "sessions, again and again", of: spentLimits, run: sessions},
	}
}

// endOf is how long a slow connection may live at most, on a busy machine. Nothing
// shorter is asked for: that it ends is what matters.
const endOf = 75 * time.Second

// crowd holds connections in all ways while somebody else, at another address, is
// answered.
func crowd(t *testing.T, s *stage) {
	server := s.another(t, strings.Replace(configuration, "limits: {", "limits: {request_timeout: 1s, connections_per_address: 400, ", 1))
	address := strings.TrimPrefix(server.Public, "http://")
	embed := s.mint(t, server, "agency", `{"views":["shop"]}`)
	var slow sync.WaitGroup
	for name, drip := range map[string]func(net.Conn) error{
		"a head, byte by byte":   dripHead,
		"headers without an end": dripHeaders,
		"a body, byte by byte":   dripBody(embed, "Content-Length: 5000\r\n", "{"),
		"chunks, one by one":     dripBody(embed, "Transfer-Encoding: chunked\r\n", "1\r\n{\r\n"),
		"nothing at all":         silence,
	} {
		conn, err := from(3).Dial("tcp", address) // before the crowd, and not counted with it
		must(t, err)
		slow.Go(func() {
			defer conn.Close()
			if err := drip(conn); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	untaken(t, address)
	crowded(t, address)
	answeredElsewhere(t, server, embed)
	slow.Wait()
	answeredElsewhere(t, server, embed)
}

// from dials from another address of this machine: the ports of 127.0.0.1 are for
// the servers of other groups.
func from(last byte) *net.Dialer {
	return &net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
}

// ended reads until the server closes, or gives up.
func ended(conn net.Conn, until time.Time) error {
	if err := conn.SetReadDeadline(until); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the connection is open after %v", endOf)
	}
	return nil
}

// dripping writes piece again and again until the server closes.
func dripping(conn net.Conn, piece string) error {
	deadline := time.Now().Add(endOf)
	closed := make(chan error, 1)
	go func() { closed <- ended(conn, deadline) }()
	for {
		select {
		case err := <-closed:
			return err
		case <-time.After(250 * time.Millisecond):
			_, _ = io.WriteString(conn, piece) // an error is the end that closed tells
		}
	}
}

func dripHead(conn net.Conn) error { return dripping(conn, "G") }

func dripHeaders(conn net.Conn) error {
	if _, err := io.WriteString(conn, "GET /v1/views HTTP/1.1\r\nHost: x\r\n"); err != nil {
		return err
	}
	return dripping(conn, "X-A: b\r\n")
}

func dripBody(embed, header, piece string) func(net.Conn) error {
	return func(conn net.Conn) error {
		if _, err := io.WriteString(conn, "POST /v1/views/shop:runReport HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+embed+"\r\n"+header+"\r\n"); err != nil {
			return err
		}
		return dripping(conn, piece)
	}
}

func silence(conn net.Conn) error { return ended(conn, time.Now().Add(endOf)) }

// untaken asks a hundred times over for files, and takes no byte of them as long as
// the test lasts. When the server gives up on such connections internal/web tests.
func untaken(t *testing.T, address string) {
	t.Helper()
	questions := bytes.Repeat([]byte("GET /platform.js HTTP/1.1\r\nHost: x\r\n\r\n"), 2000)
	for range 100 {
		conn, err := from(4).Dial("tcp", address)
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		must(t, conn.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
		_, _ = conn.Write(questions) // as many as it takes
	}
}

// crowded opens ten thousand connections from one address. What the server does not
// want it closes.
func crowded(t *testing.T, address string) {
	t.Helper()
	const many = 10_000
	conns := make([]net.Conn, 0, many)
	for range many {
		conn, err := from(5).Dial("tcp", address)
		if err != nil {
			break // refused is as good as closed
		}
		conns = append(conns, conn)
	}
	t.Logf("%d connections were opened", len(conns))
	if len(conns) < many/10 {
		t.Errorf("only %d connections could be opened: little was tried", len(conns))
	}
	t.Cleanup(func() {
		for _, conn := range conns {
			conn.Close()
		}
	})
}

// answeredElsewhere asks from another address than the crowd's.
func answeredElsewhere(t *testing.T, server *house.Server, embed string) {
	t.Helper()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       from(2).DialContext,
	}}
	req, err := http.NewRequest(http.MethodGet, server.Public+probe, nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+embed)
	res, err := client.Do(req)
	if err != nil {
		t.Errorf("somebody else is not answered: %v", err)
		return
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("somebody else is answered %d", res.StatusCode)
	}
}

// guesses shows bad tokens and keys until the address is told to wait; good ones
// are answered all the while.
func guesses(t *testing.T, s *stage) {
	server := s.another(t, "limits: {failures_per_second: 0.01, failures_burst: 5}\n"+viewsOf(configuration))
	embed := s.mint(t, server, "agency", `{"views":["shop"]}`)
	told := map[int]int{}
	for i := range 12 {
		a := ask{path: probe, as: literal(fmt.Sprint("guess", i))}
		if i%2 == 0 {
			a = ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: literal(fmt.Sprint("oriel_guess", i))}
		}
		told[s.at(t, server, a).status]++
		if code := s.opens(t, server, embed); code != http.StatusOK {
			t.Fatalf("a good token is answered %d", code)
		}
	}
	if told[http.StatusUnauthorized] != 5 || told[http.StatusTooManyRequests] != 7 {
		t.Errorf("answered %v", told)
	}
}

// sessions asks with one session, under new tokens, until it is told to wait; and
// with others, which are not.
func sessions(t *testing.T, s *stage) {
	server := s.another(t, "limits: {requests_per_second: 0.01, requests_burst: 8}\n"+viewsOf(configuration))
	one, other := s.mint(t, server, "agency", `{"views":["shop"]}`), s.mint(t, server, "agency", `{"views":["shop"]}`)
	told := map[int]int{}
	for range 14 {
		told[s.at(t, server, ask{path: "/v1/views", as: literal(one)}).status]++
	}
	if told[http.StatusOK] != 8 || told[http.StatusTooManyRequests] != 6 {
		t.Errorf("one session is answered %v", told)
	}
	if code := s.renews(t, server, one); code != http.StatusTooManyRequests {
		t.Errorf("its renewal, which would be another token, is answered %d", code)
	}
	if code := s.opens(t, server, other); code != http.StatusOK {
		t.Errorf("another session is answered %d", code)
	}
}
