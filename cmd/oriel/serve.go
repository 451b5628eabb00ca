package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
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

// checkPatience bounds how long the check at the start waits for Google's word about
// one view.
const checkPatience = 30 * time.Second

// run serves until ctx ends, from the first moment on, for what is stored needs no
// Google. Views are checked behind; when none has anything to give, and waiting would not
// mend that, the server ends.
func (s *server) run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var checked sync.WaitGroup
	checked.Go(func() {
		if err := s.check(ctx); err != nil {
			end(err)
		}
	})
	err := s.app.Run(ctx, s.public, s.operator)
	end(nil)
	checked.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return errors.Join(cause, err)
	}
	return err
}

const (
	// checkProgress is after how many views a line says how far the check is.
	checkProgress = 100
	// maxPassing bounds the lines about what may pass by itself: in an outage, all do.
	maxPassing = 10
)

// check logs which views cannot be read, and returns an error when there is no use in
// serving.
func (s *server) check(ctx context.Context) error {
	var hopeless []error
	all, failed, passing := 0, 0, 0
	for f := range s.app.Check(ctx, checkPatience) {
		if ctx.Err() != nil {
			return nil
		}
		all++
		switch {
		case f.Err == nil:
		case f.Permanent():
			failed++
			s.log.Error("a view cannot be read", "view", f.View, "error", f.Err)
		default:
			failed++
			if passing++; passing <= maxPassing {
				s.log.Warn("a view cannot be read at the moment", "view", f.View, "error", f.Err)
			}
		}
		if f.Hopeless() {
			hopeless = append(hopeless, f.Err)
		}
		if all%checkProgress == 0 {
			s.log.Info("checking views", "checked", all, "failed", failed)
		}
	}
	s.log.Info("views are checked", "checked", all, "failed", failed)
	if len(hopeless) == all {
		return errors.Join(append([]error{errors.New("no view can be read")}, hopeless...)...)
	}
	return nil
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
