package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

func emulate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("emulate", "Run the emulator of Google's token endpoint, Data API and Admin API over a made-up world.", stderr)
	listen := fs.String("listen", "127.0.0.1:8085", "address of the made-up Google")
	control := fs.String("control", "127.0.0.1:8086", "address of the control endpoint")
	key := fs.String("key", "", "write a service account's JSON key to this file")
	seed := fs.Uint64("seed", 1, "seed of the world")
	events := fs.Int("events", 1_000_000, "about how many events the world has")
	if err := parse(fs, args); err != nil {
		return err
	}
	google, err := startGoogle(ctx, googleConfig{
		listen: *listen, control: *control, seed: *seed, events: *events, log: slog.New(slog.NewTextHandler(stderr, nil)),
	})
	if err != nil {
		return err
	}
	if *key != "" {
		if err := google.writeKey(*key); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Key           %s\n", *key)
	}
	fmt.Fprintf(stdout, "Emulator      %s\nControl       %s\n", google.url, google.controlURL)
	return google.wait()
}

type googleConfig struct {
	listen, control string
	seed            uint64
	events          int
	log             *slog.Logger
}

// A google is a running emulator.
type google struct {
	emulator        *emulator.Emulator
	url, controlURL string
	done            chan error
}

// startGoogle listens and serves the emulator until ctx ends.
func startGoogle(ctx context.Context, c googleConfig) (*google, error) {
	public, err := net.Listen("tcp", c.listen)
	if err != nil {
		return nil, err
	}
	control, err := net.Listen("tcp", c.control)
	if err != nil {
		return nil, errors.Join(err, public.Close())
	}
	// A demonstration may be left running for weeks.
	past, err := world.New(world.Config{Seed: c.seed, Now: time.Now(), Ahead: 31, Events: c.events})
	if err != nil {
		return nil, err
	}
	g := &google{url: "http://" + public.Addr().String(), controlURL: "http://" + control.Addr().String(), done: make(chan error, 2)}
	g.emulator, err = emulator.New(emulator.Config{World: past, BaseURL: g.url, Logger: c.log})
	if err != nil {
		return nil, err
	}
	go func() { g.done <- serveUntil(ctx, public, g.emulator.Handler()) }()
	go func() { g.done <- serveUntil(ctx, control, g.emulator.Control()) }()
	return g, nil
}

// serviceAccount is whose key the emulator issues.
const serviceAccount = "oriel@demo-project.iam.gserviceaccount.com"

func (g *google) writeKey(path string) error {
	key, err := g.emulator.IssueKey(serviceAccount)
	if err != nil {
		return err
	}
	return os.WriteFile(path, key, 0o600)
}

// wait returns when both listeners have ended.
func (g *google) wait() error { return errors.Join(<-g.done, <-g.done) }

// serveUntil serves h until ctx ends, then lets requests finish for a moment.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		finish, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(finish)
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
