package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("serve", "Run the server.", stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	if err := parse(fs, args); err != nil {
		return err
	}
	s, err := newServer(*path, stderr)
	if err != nil {
		return err
	}
	defer s.close()
	if s.config.Audit.File == "stdout" {
		stdout = stderr // where the audit trail goes, nothing else does
	}
	fmt.Fprintf(stdout, "Oriel serves %s, operators %s\n", s.config.PublicURL, "http://"+s.operator.Addr().String())
	return s.run(ctx)
}

// A server is an app with its listeners.
type server struct {
	config           *app.Config
	app              *app.App
	log              *slog.Logger
	public, operator net.Listener
}

// newServer reads a configuration and listens as it says.
func newServer(path string, logTo io.Writer) (_ *server, err error) {
	s := &server{}
	if s.config, err = app.ReadConfig(path); err != nil {
		return nil, err
	}
	s.config.TuneCollector()
	s.log = newLogger(s.config.Log, logTo)
	if s.app, err = app.New(s.config, s.log); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) listen() (err error) {
	if s.public, err = net.Listen("tcp", s.config.Listen); err != nil {
		return fmt.Errorf("%s: listen: %w", s.config.Where("listen"), err)
	}
	if s.operator, err = net.Listen("tcp", s.config.Operator.Listen); err != nil {
		return fmt.Errorf("%s: operator.listen: %w", s.config.Where("operator", "listen"), err)
	}
	return nil
}

func (s *server) close() {
	for _, l := range []net.Listener{s.public, s.operator} {
		if l != nil {
			_ = l.Close() // already closed after run
		}
	}
	if err := s.app.Close(); err != nil {
		s.log.Warn("closing", "error", err)
	}
}

// startCheck bounds how long the start waits for Google; a slow Google does not
// keep the server from serving.
const startCheck = 15 * time.Second

// run serves until ctx ends. It refuses to start when no view can be read and
// waiting would not mend it.
func (s *server) run(ctx context.Context) error {
	checked, cancel := context.WithTimeout(ctx, startCheck)
	findings := s.app.Check(checked)
	cancel()
	var permanent []error
	for _, f := range findings {
		if f.Err != nil {
			s.log.Error("a view cannot be read", "view", f.View, "error", f.Err)
		}
		if f.Permanent() {
			permanent = append(permanent, f.Err)
		}
	}
	if len(permanent) == len(findings) {
		return errors.Join(append([]error{errors.New("no view can be read")}, permanent...)...)
	}
	return s.app.Run(ctx, s.public, s.operator)
}

func newLogger(c app.LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
