package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

const enough = 30 * time.Second // for what must happen, on a machine however busy

// A flood is connections from an address of this machine, which send half a request.
type flood struct {
	t     *testing.T
	conns []net.Conn
}

func (f *flood) dial(from, to string) net.Conn {
	f.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", to)
	check(f.t, err)
	f.t.Cleanup(func() { conn.Close() })
	f.conns = append(f.conns, conn)
	check(f.t, conn.SetDeadline(time.Now().Add(enough)))
	_, _ = io.WriteString(conn, "GET /oriel.js HTTP/1.1\r\nHost: x\r\n") // fails when it is closed already
	return conn
}

// answered ends the request on a connection and returns the answer's status; 0 for none.
func answered(conn net.Conn) int {
	_, _ = io.WriteString(conn, "Connection: close\r\n\r\n") // fails when it is closed already
	answer, err := io.ReadAll(conn)
	if err != nil || len(answer) < len("HTTP/1.1 200") {
		return 0
	}
	return map[string]int{"200": 200}[string(answer[9:12])]
}

func flooded(t *testing.T, config string) (f *flood, public, operator string) {
	t.Helper()
	path := write(t, config+withKey)
	writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "https://oauth2.googleapis.com")
	c, err := ReadConfig(path)
	check(t, err)
	a, err := New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	public, operator = run(t, a)
	return &flood{t: t}, public, operator
}

// One address cannot take all connections; others, and the address itself once it
// lets go of some, are served.
func TestConnectionsOfOneAddress(t *testing.T) {
	f, public, operator := flooded(t, "limits: {connections: 10, connections_per_address: 3}\n")
	for range 3 {
		f.dial("127.0.0.2", public)
	}
	for range 10 {
		if code := answered(f.dial("127.0.0.2", public)); code != 0 {
			t.Errorf("one more: %d", code)
		}
	}
	if code := answered(f.dial("127.0.0.3", public)); code != 200 {
		t.Errorf("another address: %d", code)
	}
	if code := answered(f.conns[0]); code != 200 {
		t.Errorf("the first: %d", code)
	}
	again := func() bool { return answered(f.dial("127.0.0.2", public)) == 200 }
	for end := time.Now().Add(enough); !again(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the address is never let in again")
		}
	}
	res, err := http.Get("http://" + operator + "/metrics")
	check(t, err)
	defer res.Body.Close()
	figures, err := io.ReadAll(res.Body)
	check(t, err)
	if !regexp.MustCompile(`(?m)^oriel_connections_refused_total \d{2,}$`).Match(figures) { // ten, and as many as came too early again
		t.Errorf("nothing is counted:\n%s", figures)
	}
}

// Everybody comes from a proxy's address.
func TestConnectionsOfAProxy(t *testing.T) {
	f, public, _ := flooded(t, "trusted_proxies: [127.0.0.2/32]\nlimits: {connections: 10, connections_per_address: 3}\n")
	for range 9 {
		f.dial("127.0.0.2", public)
	}
	if code := answered(f.dial("127.0.0.2", public)); code != 200 {
		t.Errorf("the tenth: %d", code)
	}
}

// Who comes when all connections are taken is served when one ends.
func TestConnectionsOfAll(t *testing.T) {
	f, public, operator := flooded(t, "limits: {connections: 4}\n")
	for range 4 {
		f.dial("127.0.0.2", public)
	}
	waiting := f.dial("127.0.0.3", public)
	if res, err := http.Get("http://" + operator + "/healthz"); err != nil || res.StatusCode != 200 {
		t.Errorf("operators: %v", err)
	}
	if code := answered(f.conns[0]); code != 200 {
		t.Errorf("one that is in: %d", code)
	}
	if code := answered(waiting); code != 200 {
		t.Errorf("one that waited: %d", code)
	}
}

func TestUsualConnections(t *testing.T) {
	for files, want := range map[uint64]int{1024: 768, 4096: 3072, 1 << 20: maxConnections, math.MaxUint64: maxConnections} {
		if got := defaultConnections(files, maxConnections); got != want {
			t.Errorf("of %d files: %d, want %d", files, got, want)
		}
	}
	if files := fileLimit(); files < 64 {
		t.Errorf("%d files", files)
	}
}

// Closing a full listener ends Accept, and IPv6 clients count by /64.
func TestDoorCloses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	d := newLimitListener(l, 1)
	d.perAddress = 1
	d.slots <- struct{}{}
	ended := make(chan error, 1)
	go func() {
		_, err := d.Accept()
		ended <- err
	}()
	check(t, d.Close())
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	enter := func(addr string) bool {
		_, ok := d.acquire(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
		return ok
	}
	if !enter("[2001:db8::1]:1") || enter("[2001:db8::2]:1") || !enter("[2001:db8:0:1::1]:1") || !enter("[::ffff:192.0.2.1]:1") || enter("192.0.2.1:2") {
		t.Error("networks are told apart wrongly")
	}
}

// A rented IPv6 /48 has 65,536 networks, and the connections of a few; they are given back.
func TestConnectionsOfASite(t *testing.T) {
	l := newLimitListener(nil, 100)
	l.perAddress = 2
	enter := func(network int) (netip.Addr, bool) {
		return l.acquire(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(fmt.Sprintf("[2001:db8:7:%x::1]:1", network))))
	}
	var open []netip.Addr
	for i := range 50 {
		if client, ok := enter(i); ok {
			l.slots <- struct{}{}
			open = append(open, client)
		}
	}
	if len(open) != siteConnections*l.perAddress {
		t.Errorf("%d connections of a /48", len(open))
	}
	if _, ok := l.acquire(net.TCPAddrFromAddrPort(netip.MustParseAddrPort("[2001:db8:8::1]:1"))); !ok {
		t.Error("another /48 is refused")
	}
	for _, client := range open {
		l.release(client)
	}
	if _, ok := enter(0); !ok || len(l.sites) != 2 {
		t.Errorf("after all were closed: %v, %d", ok, len(l.sites))
	}
}
