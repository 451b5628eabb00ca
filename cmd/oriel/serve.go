package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
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

// checkPatience bounds how long the check at the start waits for Google's response about
// one view.
const checkPatience = 30 * time.Second

// run serves until ctx ends. It listens at once, since stored reports need no Google, and
// checks views in the background; when no view can be served, and waiting does not fix
// that, the server ends.
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
	var t checkTally
	for f := range s.app.Check(ctx, checkPatience) {
		if ctx.Err() != nil {
			return nil
		}
		t.add(f, s.log)
		if t.views%checkProgress == 0 {
			s.log.Info("checking views", t.numbers()...)
		}
	}
	for _, failure := range t.accounts {
		level, message := slog.LevelWarn, "views cannot be read at the moment, for their account has no access token"
		if failure.Permanent() {
			level, message = slog.LevelError, "views cannot be read, for their account has no access token"
		}
		s.log.Log(ctx, level, message, "account", failure.Account, "views", names(failure.Views))
	}
	s.log.Info("views are checked", t.numbers()...)
	if t.hopeless < t.views {
		return nil
	}
	errs := []error{errors.New("no view can be read")}
	for _, failure := range t.accounts {
		errs = append(errs, failure)
	}
	return errors.Join(append(errs, t.permanent...)...)
}

// A checkTally is what has been found out about views.
type checkTally struct {
	views, failed, passing, unasked, hopeless int

	accounts  app.AccountFailures // of the views that failed for want of an access token
	permanent []error             // of the others that failed and waiting will not help
	causes    map[string]error    // why views were not asked about, the first of each account
}

// add counts a finding, and logs what is wrong with it alone.
func (t *checkTally) add(f app.Finding, log *slog.Logger) {
	t.views++
	if f.Hopeless() {
		t.hopeless++
	}
	switch {
	case f.Unasked != nil:
		t.unasked++
		if t.causes == nil {
			t.causes = map[string]error{}
		}
		if t.causes[f.Account] == nil {
			t.causes[f.Account] = f.Unasked
		}
	case f.Err == nil:
	case t.accounts.Add(f):
		t.failed++
	case f.Permanent():
		t.failed++
		t.permanent = append(t.permanent, f.Err)
		log.Error("a view cannot be read", "view", f.View, "error", f.Err)
	default:
		t.failed++
		if t.passing++; t.passing <= maxPassing {
			log.Warn("a view cannot be read at the moment", "view", f.View, "error", f.Err)
		}
	}
}

// numbers are for the log. Views about which Google was not asked are not checked: what is
// stored of them is given.
func (t *checkTally) numbers() []any {
	numbers := []any{"checked", t.views - t.unasked, "failed", t.failed, "unasked", t.unasked}
	if t.unasked == 0 {
		return numbers
	}
	var causes []string
	for _, account := range slices.Sorted(maps.Keys(t.causes)) {
		causes = append(causes, t.causes[account].Error())
	}
	return append(numbers, "cause", strings.Join(causes, "; "))
}

// maxNames bounds the names in a line of the log.
const maxNames = 20

// names joins names, no more than a line can have.
func names(all []string) string {
	if len(all) <= maxNames {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:maxNames], ", "), len(all)-maxNames)
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
