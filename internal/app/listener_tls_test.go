package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A pair is a certificate for 127.0.0.1, told from others by its name, and its key.
type pair struct{ cert, key []byte }

func newPair(t *testing.T, name string, until time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
}

func (p pair) write(t *testing.T, certFile, keyFile string) {
	t.Helper()
	check(t, os.WriteFile(certFile, p.cert, 0o600))
	check(t, os.WriteFile(keyFile, p.key, 0o600))
}

// A secured server is one that speaks TLS with the files in a directory.
type secured struct {
	t        *testing.T
	dir      string
	app      *App
	addr     string
	operator string
	ahead    atomic.Int64 // of the machine's clock
}

func (s *secured) put(cert, key []byte) {
	s.t.Helper()
	pair{cert, key}.write(s.t, filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "key.pem"))
}

func newSecured(t *testing.T, first pair) *secured {
	t.Helper()
	path := write(t, "public_url: https://127.0.0.1\ntls: {cert_file: cert.pem, key_file: key.pem}\n"+withKey)
	s := &secured{t: t, dir: filepath.Dir(path)}
	writeKey(t, filepath.Join(s.dir, "key.json"), "https://oauth2.googleapis.com")
	s.put(first.cert, first.key)
	c, err := ReadConfig(path)
	check(t, err)
	c.Clock = func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	log, err := os.Create(filepath.Join(s.dir, "log"))
	check(t, err)
	t.Cleanup(func() { log.Close() })
	s.app, err = New(c, slog.New(slog.NewTextHandler(log, nil)))
	check(t, err)
	s.addr, s.operator = run(t, s.app)
	return s
}

// run serves on listeners of its own until the test ends, and returns their addresses.
func run(t *testing.T, a *App) (public, operator string) {
	t.Helper()
	var listeners [2]net.Listener
	for i := range listeners {
		var err error
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
	}
	ctx, stop := context.WithCancel(context.Background()) // not the test's: cleanup waits for its end
	ended := make(chan error, 1)
	a.config.Operator.Drain = 0
	go func() { ended <- a.Run(ctx, listeners[0], listeners[1]) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return listeners[0].Addr().String(), listeners[1].Addr().String()
}

// get asks over a new connection, whose certificate must be one of those given.
func (s *secured) get(trusted ...pair) (*http.Response, error) {
	roots := x509.NewCertPool()
	for _, p := range trusted {
		roots.AppendCertsFromPEM(p.cert)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
	res, err := client.Get("https://" + s.addr + "/oriel.js")
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	return res, err
}

func TestTLS(t *testing.T) {
	first := newPair(t, "first", time.Now().AddDate(1, 0, 0))
	s := newSecured(t, first)
	res, err := s.get(first)
	check(t, err)
	if res.StatusCode != 200 || res.ProtoMajor != 2 || res.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%s %s, TLS %x", res.Status, res.Proto, res.TLS.Version)
	}
	if h := res.Header.Get("Strict-Transport-Security"); h != "max-age=31536000" {
		t.Errorf("Strict-Transport-Security: %q", h)
	}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", s.addr, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	check(t, err)
	if strings.Contains(string(log), "handshake") {
		t.Errorf("strangers fill the log:\n%s", log)
	}
	plain, err := http.Get("http://" + s.addr + "/oriel.js")
	check(t, err)
	plain.Body.Close()
	if plain.StatusCode != 400 {
		t.Errorf("without TLS: %s", plain.Status)
	}
	operators, err := http.Get("http://" + s.operator + "/healthz")
	check(t, err)
	operators.Body.Close()
	if operators.StatusCode != 200 {
		t.Errorf("the operators' listener: %s", operators.Status)
	}
}

// New files are used without a restart; a pair that does not fit is not, and said.
func TestTLSFilesAreReplaced(t *testing.T) {
	year := time.Now().AddDate(1, 0, 0)
	first, second := newPair(t, "first", year), newPair(t, "second", time.Now().Add(24*time.Hour))
	s := newSecured(t, first)
	wants := func(what string, p pair, note string) {
		t.Helper()
		if _, err := s.get(p); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		var said string
		if err := s.app.tls.check(); err != nil {
			said = err.Error()
		}
		if (note == "") != (said == "") || !strings.Contains(said, note) {
			t.Errorf("%s: operators read %q, want %q in it", what, said, note)
		}
	}
	wants("at first", first, "")
	s.put(second.cert, first.key) // somebody has replaced one of two files
	wants("at once", first, "")
	for range 3 {
		s.ahead.Add(int64(certificateInterval))
		wants("half of a pair", first, "are no pair")
	}
	s.put(second.cert, []byte("not a key"))
	s.ahead.Add(int64(certificateInterval))
	wants("no key", first, "are no pair")
	s.put(second.cert, second.key)
	s.ahead.Add(int64(certificateInterval))
	wants("a pair", second, "is good until")
	check(t, os.Remove(filepath.Join(s.dir, "cert.pem")))
	s.ahead.Add(int64(certificateInterval))
	wants("no file", second, "tls.cert_file")
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	check(t, err)
	for text, times := range map[string]int{"are no pair": 2, "a new TLS certificate is used": 1} {
		if n := strings.Count(string(log), text); n != times {
			t.Errorf("the log says %q %d times, want %d:\n%s", text, n, times, log)
		}
	}
	if strings.Contains(string(log), "PRIVATE") {
		t.Error("a key is in the log")
	}
}

func TestTLSFaultsAtStart(t *testing.T) {
	good, other := newPair(t, "good", time.Now().AddDate(1, 0, 0)), newPair(t, "other", time.Now().AddDate(1, 0, 0))
	for _, tt := range []struct {
		name, text string
		pair       pair
		want       string
	}{
		{"no key", "tls: {cert_file: cert.pem}\n", good, `oriel.yaml:1: tls.cert_file: a certificate alone is no use`},
		{"no certificate", "tls: {key_file: key.pem}\n", good, `oriel.yaml:1: tls.key_file: a key alone is no use`},
		{"public_url", "tls: {cert_file: cert.pem, key_file: key.pem}\npublic_url: http://x.example\n", good, `oriel.yaml:2: public_url: "http://x.example"`},
		{"no files", "tls: {cert_file: none.pem, key_file: key.pem}\n", good, "none.pem: no such file"},
		{"no pair", "tls: {cert_file: cert.pem, key_file: key.pem}\n", pair{good.cert, other.key}, "are no pair"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.text+withKey)
			dir := filepath.Dir(path)
			writeKey(t, filepath.Join(dir, "key.json"), "https://oauth2.googleapis.com")
			(&secured{t: t, dir: dir}).put(tt.pair.cert, tt.pair.key)
			if _, err := start(t, path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "oriel.yaml:") {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	path := write(t, "listen: 127.0.0.1:8443\ntls: {cert_file: cert.pem, key_file: key.pem}\n"+withKey)
	if c, err := ReadConfig(path); err != nil || c.PublicURL != "https://127.0.0.1:8443" {
		t.Errorf("%v, %v", c, err)
	}
}
