package main

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/app"
)

//go:embed demo
var demoFiles embed.FS

const demoAbout = `Show everything, offline: a made-up Google, a server and a customer's page.
The server is the one of "oriel serve", with a configuration in a temporary folder.`

func demo(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("demo", demoAbout, stderr)
	listen := fs.String("listen", "127.0.0.1:8080", "address of the customer's page; a free port is taken when it is busy")
	seed := fs.Uint64("seed", 1, "seed of the made-up world")
	if err := parse(fs, args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "oriel-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d, err := startDemo(ctx, dir, *listen, *seed, stderr)
	if err != nil {
		return err
	}
	d.tell(stdout)
	return d.wait(stop)
}

// A demonstration is three programs in one process: Google, Oriel and a
// customer's website, on three origins as in life.
type demonstration struct {
	google *google
	server *server
	site   net.Listener
	config string // path of the configuration
	key    string // path of the key file
	apiKey string // of the customer's website
	ended  chan error
}

func startDemo(ctx context.Context, dir, listen string, seed uint64, stderr io.Writer) (*demonstration, error) {
	d := &demonstration{config: filepath.Join(dir, "oriel.yaml"), key: filepath.Join(dir, "key.json"), ended: make(chan error, 3)}
	var err error
	d.google, err = startGoogle(ctx, googleConfig{listen: "127.0.0.1:0", control: "127.0.0.1:0", seed: seed, events: demoEvents, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := d.google.writeKey(d.key); err != nil {
		return nil, err
	}
	if d.site, err = listenNear(listen); err != nil {
		return nil, err
	}
	if err := d.writeConfig(); err != nil {
		return nil, err
	}
	if d.server, err = newServer(d.config, stderr); err != nil {
		return nil, err
	}
	pages, err := website{oriel: d.server.config.PublicURL, origin: d.origin(), key: d.apiKey}.handler()
	if err != nil {
		return nil, err
	}
	go func() { d.ended <- d.google.wait() }()
	go func() { d.ended <- d.server.run(ctx) }()
	go func() { d.ended <- serveUntil(ctx, d.site, pages) }()
	return d, nil
}

// origin is that of the customer's pages.
func (d *demonstration) origin() string { return "http://" + d.site.Addr().String() }

func (d *demonstration) tell(w io.Writer) {
	fmt.Fprintf(w, `
  Open           %s/

  a customer's page, with dashboards of three sites; nobody signs in

  Configuration  %s
  Key file       %s
  Audit trail    %s

  Oriel %s, for operators http://%s
  Google is made up: %s, steered at %s
  Ctrl-C ends it.

`, d.origin(), d.config, d.key, d.server.config.AuditFile(), d.server.config.PublicURL, d.server.operator.Addr(), d.google.url, d.google.controlURL)
}

// wait returns when all three have ended; the first to end ends the others.
func (d *demonstration) wait(stop context.CancelFunc) error {
	var errs []error
	for range 3 {
		errs = append(errs, <-d.ended)
		stop()
	}
	d.server.close()
	return errors.Join(errs...)
}

// listenNear listens at addr, or at a free port of its host when that is busy.
func listenNear(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	host, _, split := net.SplitHostPort(addr)
	if split != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

//go:embed demo/oriel.yaml.tmpl
var demoConfig string

// writeConfig writes what "oriel serve" would be given, and makes the API key of
// the customer's website.
func (d *demonstration) writeConfig() error {
	public, err := freeAddress()
	if err != nil {
		return err
	}
	operator, err := freeAddress()
	if err != nil {
		return err
	}
	key, hash, err := app.NewAPIKey(rand.Reader)
	if err != nil {
		return err
	}
	d.apiKey = key
	var b strings.Builder
	err = template.Must(template.New("").Parse(demoConfig)).Execute(&b, map[string]any{
		"Listen": public, "Operator": operator, "Key": filepath.Base(d.key),
		"Google": d.google.url, "TokenHost": strings.TrimPrefix(d.google.url, "http://"),
		"Origin": d.origin(), "Sites": world.DefaultSites(), "APIKeySHA256": hex.EncodeToString(hash[:]),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(d.config, []byte(b.String()), 0o600)
}

// freeAddress returns a loopback address that nobody listens at right now: the
// configuration has to name one before the server listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// demoEvents is how many events the made-up world has: enough that there is
// somebody on each site at night, and made in a second or two.
const demoEvents = 1_300_000
