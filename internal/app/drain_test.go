package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// status returns what an address answers; 0 for nothing.
func status(address string) (int, string) {
	res, err := http.Get(address)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

// A server that is about to end says so where load balancers look, and serves until then.
func TestReadyzSaysDraining(t *testing.T) {
	path, _ := hosted(t, "operator: {drain: 1h}\n")
	c, err := ReadConfig(path)
	check(t, err)
	a, err := New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	public, operator := listenLocal(t), listenLocal(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, public, operator) }()
	readyz, page := "http://"+operator.Addr().String()+"/readyz", "http://"+public.Addr().String()+"/oriel.js"
	if code, body := status(readyz); code != 200 {
		t.Fatalf("before: %d %s", code, body)
	}
	cancel()
	for end := time.Now().Add(enough); ; time.Sleep(5 * time.Millisecond) {
		code, body := status(readyz)
		if code == http.StatusServiceUnavailable && strings.Contains(body, `"draining"`) {
			break
		}
		if time.Now().After(end) || code == 0 {
			t.Fatalf("%d %s", code, body)
		}
	}
	if code, body := status(page); code != 200 {
		t.Errorf("while it drains: %d %s", code, body)
	}
	_ = public.Close() // ends the wait
	<-ended
	check(t, a.Close())
}

// Files that the next start needs are missed while the server still works without them.
func TestReadyzMissesFiles(t *testing.T) {
	path, _ := against(t, museum+"audit: {file: none}\n")
	s := runServer(t, path, "")
	defer s.stop()
	note := func(name string) string {
		_, body := status(s.operator + "/readyz")
		_, rest, _ := strings.Cut(body, fmt.Sprintf("%q", name))
		rest, _, _ = strings.Cut(rest, "}")
		return rest
	}
	for name, file := range map[string]string{"cache file": "oriel-cache.db", "signing keys": "oriel-keys.json"} {
		if got := note(name); !strings.Contains(got, `"ok"`) || strings.Contains(got, "note") {
			t.Errorf("%s: %s", name, got)
		}
		check(t, os.Remove(filepath.Join(filepath.Dir(path), file)))
		if got := note(name); !strings.Contains(got, "degraded") || !strings.Contains(got, "next start") {
			t.Errorf("%s is gone: %s", name, got)
		}
	}
}
