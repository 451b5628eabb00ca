//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// The measuring of the hot path is a program of three processes, for make bench:
// this test binary as the load tool, and the same again as the server and as the
// bare handlers, which take turns on the one core while the load tool has the
// other, where there are two.
var (
	hotPath = flag.Bool("hotpath", false, "measure the hot path and print a table")
	profile = flag.String("hotpath.profile", "", "write the server's CPU profile of the first row's measuring to this file")
	only    = flag.String("hotpath.only", "", "measure rows whose name contains this")
	rounds  = flag.Int("hotpath.rounds", 10, "turns that Oriel and the bare handler take, each")
	level   = flag.String("hotpath.level", "info", "log level of the server")
	serving = flag.String("hotpath.serve", "", "be the server, with this configuration, or the bare handlers: "+bareSide)
)

// bareSide is in place of a configuration's name.
const bareSide = "bare"

const benchOrigin = "https://host.example"

// A benched is a process that is measured.
type benched struct {
	Addresses []string // the server's, or those of the bare handlers: see bareHandler
	Control   string   // URL
}

// TestHotPathServer serves until its standard input ends.
func TestHotPathServer(t *testing.T) {
	if *serving == "" {
		t.Skip("the server's side of TestHotPath")
	}
	serve := serveBenched
	if *serving == bareSide {
		serve = serveBare
	}
	check(t, json.NewEncoder(os.Stdout).Encode(serve(t)))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// serveBenched is the server as it ships.
func serveBenched(t testing.TB) benched {
	t.Helper()
	a := benchedApp(t)
	public, operator := listenLocal(t), listenLocal(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a.config.Operator.Drain = 0
	go func() { ended <- a.Run(ctx, public, operator) }()
	t.Cleanup(func() { stop(); check(t, <-ended); check(t, a.Close()) })
	return benched{[]string{public.Addr().String()}, serveControl(t, http.NewServeMux())}
}

// serveBare are the bare handlers: in the same http.Server, with the same bounds on
// slow clients and the same garbage collector.
func serveBare(t testing.TB) benched {
	t.Helper()
	new(Config).TuneCollector()
	same, two := &bareHandler{}, &bareHandler{}
	control := http.NewServeMux()
	control.HandleFunc("PUT /answer", func(w http.ResponseWriter, r *http.Request) {
		var a bareAnswer
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		same.put(a.Header, a.Body)
		two.put(http.Header{"Content-Type": a.Header["Content-Type"], "Content-Length": a.Header["Content-Length"]}, a.Body)
	})
	b := benched{Control: serveControl(t, control)}
	for _, h := range []http.Handler{same, two} {
		s := httptest.NewUnstartedServer(h)
		s.Config.ReadHeaderTimeout, s.Config.ReadTimeout = 10*time.Second, 20*time.Second
		s.Config.WriteTimeout, s.Config.IdleTimeout = 80*time.Second, 2*time.Minute
		s.Start()
		t.Cleanup(s.Close)
		b.Addresses = append(b.Addresses, s.Listener.Addr().String())
	}
	return b
}

func listenLocal(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	return l
}

// benchedApp writes its log, to where it costs a call of the system and no more.
func benchedApp(t testing.TB) *App {
	t.Helper()
	config, err := ReadConfig(*serving)
	check(t, err)
	config.TuneCollector()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(t, err)
	var level slog.Level
	check(t, level.UnmarshalText([]byte(config.Log.Level)))
	a, err := New(config, slog.New(slog.NewTextHandler(null, &slog.HandlerOptions{Level: level})))
	check(t, err)
	return a
}

// configure starts an emulator in this process, not the server's, whose memory is
// measured, and writes a configuration like a real one: a mandatory filter, denied
// fields, a bounded history, a log of requests.
func configure(t testing.TB) (file string) {
	t.Helper()
	google := httptest.NewUnstartedServer(nil)
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Days: 60, Events: 30_000})
	check(t, err)
	google.Start()
	t.Cleanup(google.Close)
	e, err := emulator.New(emulator.Config{World: past, BaseURL: google.URL, Quota: 1e6})
	check(t, err)
	property := past.Sites()[0].Property
	google.Config.Handler = e.Handler()
	dir := t.TempDir()
	key, err := e.IssueKey("bench@project.iam.gserviceaccount.com")
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "key.json"), key, 0o600))
	file = filepath.Join(dir, "oriel.yaml")
	check(t, os.WriteFile(file, fmt.Appendf(nil, `
log: {level: %s}
google: {data_url: %q, admin_url: %q, token_hosts: [%q]}
accounts: {main: {key_file: key.json}}
tokens: {lifetime: 1h}
limits: {tokens_per_second: 1e6, tokens_burst: 1000000, requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000}
views:
  site:
    {property: %q, public: questions, origins: [%q], aliases: ["ga:123"], realtime: true, history: {days: 400},
     filter: {notExpression: {filter: {fieldName: country, stringFilter: {value: Atlantis}}}},
     fields: {allow: ["*"], deny: [purchaseRevenue, totalRevenue, "customUser:*"]}}
dashboards:
  twelve: {views: [site], range: 28d, panels: [%s]}
`, *level, google.URL, google.URL, strings.TrimPrefix(google.URL, "http://"), property, benchOrigin, benchedPanels()), 0o600))
	return file
}

func benchedPanels() string {
	var panels []string
	for i, dimension := range []string{"date", "deviceCategory", "country", "sessionDefaultChannelGroup"} {
		kind := map[bool]string{true: "line", false: "table"}[i == 0]
		for _, metrics := range []string{"sessions, totalUsers", "screenPageViews", "eventCount, activeUsers"} {
			panels = append(panels, fmt.Sprintf("{title: A panel, type: %s, metrics: [%s], dimensions: [%s]}", kind, metrics, dimension))
		}
	}
	return strings.Join(panels, ", ")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A bareHandler is the least that net/http can do to answer the same bytes: those
// of as many reports, which lie in as many places of the memory, in as skewed an
// order, under headers whose values are shared. One has all headers of the
// server's answer, so that the same bytes are on the wire; another has Content-Type
// and Content-Length alone.
type bareHandler struct {
	headers []bareHeader
	bodies  [][]byte
	order   []int
	asked   atomic.Uint64
}

type bareHeader struct {
	name   string
	values []string
}

// A bareAnswer is what a bareHandler is to answer.
type bareAnswer struct {
	Header http.Header
	Body   []byte
}

func (b *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	body := b.bodies[b.order[b.asked.Add(1)%uint64(len(b.order))]]
	h := w.Header()
	for _, f := range b.headers {
		h[f.name] = f.values
	}
	_, _ = w.Write(body)
}

func (b *bareHandler) put(h http.Header, body []byte) {
	b.headers, b.bodies, b.order = nil, nil, nil
	for name, values := range h {
		if name != "Date" { // net/http's own
			b.headers = append(b.headers, bareHeader{name, values})
		}
	}
	for range kinds {
		b.bodies = append(b.bodies, bytes.Clone(body))
	}
	zipf := zipfian(1)
	for range 1 << 16 {
		b.order = append(b.order, int(zipf.Uint64()))
	}
}

// A cost is what the server's process has used so far.
type cost struct {
	CPU     time.Duration // of all threads, in user and system mode
	Mallocs uint64
	Bytes   uint64 // allocated
	Heap    uint64 // bytes in use
}

// serveControl lets the load tool read costs.
func serveControl(t testing.TB, mux *http.ServeMux) (url string) {
	t.Helper()
	mux.HandleFunc("GET /cost", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(costNow())
	})
	mux.HandleFunc("POST /collect", func(http.ResponseWriter, *http.Request) {
		runtime.GC()
		runtime.GC() // what finalizers and pools let go of
	})
	mux.HandleFunc("GET /profile", pprof.Profile)
	mux.HandleFunc("GET /allocs", pprof.Handler("allocs").ServeHTTP)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func costNow() cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return cost{CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Mallocs: m.Mallocs, Bytes: m.TotalAlloc, Heap: m.HeapAlloc}
}
