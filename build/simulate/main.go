// Command simulate lives through a day of a busy server: viewers of dashboards of twelve
// panels, a made-up Google, a fast clock. Printed are what it took of Google's quotas,
// how old the answers were, and what failed.
//
//	go run ./build/simulate -views 28000 -sites 1
//
// The server is the one of "oriel serve" with its defaults. Viewers call its handler
// without a connection; Google is asked over loopback.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/template"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/app"
)

// A simulation is what is to be lived through.
type simulation struct {
	views   int // a day, of all sites
	days    int
	sites   int
	ranges  int // that visitors of a site pick by hand, a day
	workers int // viewers served at once
	seed    uint64
	step    time.Duration // between two views of the clock
	fail    time.Duration // for which Google fails, from failsAt of the last day on
	quota   float64       // of the tokens of a standard property
	restart bool          // at noon of the last day
}

// The hours of the last day, Pacific, at which things happen.
const (
	failsAt    = 10 * time.Hour
	restartsAt = 12 * time.Hour
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := simulate(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

// errUsage says that what is wrong was printed.
var errUsage = errors.New("wrong usage")

func simulate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c simulation
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&c.views, "views", 30_000, "views a day, of all sites")
	fs.IntVar(&c.days, "days", 1, "days, each from midnight to midnight Pacific, as Google's quotas")
	fs.IntVar(&c.sites, "sites", 20, "sites, each a view of a property of its own")
	fs.IntVar(&c.ranges, "ranges", 200, "different ranges of dates that the visitors of a site pick by hand, a day")
	fs.IntVar(&c.workers, "workers", 16, "viewers that are served at once")
	fs.Uint64Var(&c.seed, "seed", 1, "seed of the made-up world and its visitors")
	fs.DurationVar(&c.step, "step", 5*time.Second, "steps of the clock")
	fs.DurationVar(&c.fail, "fail", 0, "how long Google fails on the last day, from 10:00 on")
	fs.Float64Var(&c.quota, "quota", 1, "tokens of a property, as a part of those that a standard property has")
	fs.BoolVar(&c.restart, "restart", false, "restart the server at noon of the last day")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return errUsage
	}
	if c.views < 1 || c.days < 1 || c.sites < 1 || c.ranges < 1 || c.workers < 1 || c.step <= 0 || c.quota <= 0 || c.fail < 0 || c.fail > 12*time.Hour {
		fmt.Fprintln(stderr, "simulate: numbers must be above 0, and Google fails for 12h at most")
		return errUsage
	}
	dir, err := os.MkdirTemp("", "oriel-simulate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSimulated(ctx, c, dir)
	if err != nil {
		return err
	}
	err = s.live(ctx, stdout)
	return errors.Join(err, s.close())
}

// A fastClock stands still until it is moved.
type fastClock struct{ at atomic.Int64 }

func (c *fastClock) now() time.Time       { return time.Unix(0, c.at.Load()).UTC() }
func (c *fastClock) set(t time.Time)      { c.at.Store(t.UnixNano()) }
func (c *fastClock) move(d time.Duration) { c.at.Add(int64(d)) }

// A simulated is a simulation under way.
type simulated struct {
	simulation
	start  time.Time // the first midnight
	clock  *fastClock
	google *busyGoogle
	config string // path of the configuration
	app    *app.App
	crowd  *crowd
	tally  *tally
	events []event

	prewarmed time.Time // when what gets old soon was last fetched ahead
}

// prewarmEvery is how often a server that runs fetches ahead.
const prewarmEvery = 30 * time.Second

// An event happens at a moment of the simulation.
type event struct {
	at time.Time
	do func() error
}

func newSimulated(ctx context.Context, c simulation, dir string) (*simulated, error) {
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, err
	}
	s := &simulated{
		simulation: c, clock: &fastClock{}, config: filepath.Join(dir, "oriel.yaml"), tally: newTally(),
		start: time.Date(2026, time.October, 14, 0, 0, 0, 0, pacific), // a Wednesday; the clocks are changed on November 1st
	}
	s.clock.set(s.start)
	sites := manySites(c.sites)
	past, err := world.New(world.Config{Seed: c.seed, Now: s.start, Ahead: c.days + 1, Events: 30_000 * c.sites, Sites: sites})
	if err != nil {
		return nil, err
	}
	if s.google, err = startBusyGoogle(ctx, past, s.clock, c.quota); err != nil {
		return nil, err
	}
	if err := s.google.writeKey(filepath.Join(dir, "key.json")); err != nil {
		return nil, err
	}
	if err := s.writeConfig(sites); err != nil {
		return nil, err
	}
	if s.crowd, err = newCrowd(c, sites, s.start); err != nil {
		return nil, err
	}
	s.plan()
	return s, s.open()
}

// manySites takes the shapes of the built-in sites in turn, the most visited first.
func manySites(n int) []world.Site {
	sites := make([]world.Site, n)
	shapes := world.DefaultSites()
	for i := range sites {
		sites[i] = shapes[i%len(shapes)]
		sites[i].Property = fmt.Sprintf("4126%05d", i+1)
		sites[i].Name = fmt.Sprintf("%s, no. %d", sites[i].Name, i+1)
		sites[i].Share = popularity(i)
	}
	return sites
}

// popularity is the weight of the i-th site by Zipf's law.
func popularity(i int) float64 { return 1 / float64(i+1) }

//go:embed oriel.yaml.tmpl
var simulateConfig string

// visitedOrigin is that of the pages around the dashboards.
const visitedOrigin = "https://sites.example"

func (s *simulated) writeConfig(sites []world.Site) error {
	var b strings.Builder
	err := template.Must(template.New("").Parse(simulateConfig)).Execute(&b, map[string]any{
		"Google": s.google.url, "TokenHost": strings.TrimPrefix(s.google.url, "http://"), "Origin": visitedOrigin, "Sites": sites,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(s.config, []byte(b.String()), 0o600)
}

// open starts the server.
func (s *simulated) open() error {
	config, err := app.ReadConfig(s.config)
	if err != nil {
		return err
	}
	config.Clock = s.clock.now
	config.Jitter = func() float64 { return 0.5 } // so that equal seeds renew tokens at equal moments
	s.app, err = app.New(config, slog.New(slog.DiscardHandler))
	return err
}

// close ends the server; what it counted is kept.
func (s *simulated) close() error {
	_, operators := s.app.Handlers()
	s.tally.addMetrics(operators)
	return s.app.Close()
}

// plan lists what happens beside the views.
func (s *simulated) plan() {
	lastDay := s.start.Add(time.Duration(s.days-1) * 24 * time.Hour)
	fault := func(f emulator.Fault) func() error {
		return func() error { return s.google.emulator.SetFault("*", f) }
	}
	if s.fail > 0 {
		s.events = append(s.events, event{lastDay.Add(failsAt), fault(emulator.Fault{Status: 503, Rate: 1})},
			event{lastDay.Add(failsAt + s.fail), fault(emulator.Fault{})})
	}
	if s.restart {
		s.events = append(s.events, event{lastDay.Add(restartsAt), func() error { return errors.Join(s.close(), s.open()) }})
	}
}

// live moves the clock through the days and prints the outcome.
func (s *simulated) live(ctx context.Context, stdout io.Writer) error {
	began := time.Now()
	end := s.start.Add(time.Duration(s.days) * 24 * time.Hour)
	for s.clock.now().Before(end) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.happen(); err != nil {
			return err
		}
		if now := s.clock.now(); now.Sub(s.prewarmed) >= prewarmEvery {
			s.prewarmed = now
			s.app.Prewarm(ctx)
		}
		if views := s.crowd.coming(s.clock.now(), s.step); len(views) > 0 {
			s.serve(views)
			s.settle()
		}
		s.clock.move(s.step)
	}
	s.print(stdout, time.Since(began))
	return nil
}

// happen runs the events that are due.
func (s *simulated) happen() error {
	for i, e := range s.events {
		if e.do != nil && !s.clock.now().Before(e.at) {
			s.events[i].do = nil
			if err := e.do(); err != nil {
				return err
			}
		}
	}
	return nil
}

// serve lets viewers look, some at once. The clock stands still meanwhile: what
// takes the machine time takes none here.
func (s *simulated) serve(views []view) {
	handler, _ := s.app.Handlers()
	queue := make(chan view, len(views))
	for _, v := range views {
		queue <- v
	}
	close(queue)
	var wg sync.WaitGroup
	for range min(s.workers, len(views)) {
		wg.Go(func() {
			for v := range queue {
				v.look(handler, s.tally)
			}
		})
	}
	wg.Wait()
}

// settle waits until what goes on behind the viewers has ended, so that no answer
// grows old, and no access token ends, while the machine is busy with it.
func (s *simulated) settle() {
	for quiet := 0; quiet < 2; quiet++ {
		if s.app.Renewing() > 0 || s.google.running.Load() > 0 {
			quiet = -1
			time.Sleep(500 * time.Microsecond)
		}
	}
}
