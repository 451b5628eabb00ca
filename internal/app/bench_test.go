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
	runtimepprof "runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// The measuring of the hot path is a program of two processes, for make bench:
// this test binary, and the same again as the server, each on a core of its own
// where there are two.
var (
	hotPath = flag.Bool("hotpath", false, "measure the hot path and print a table")
	profile = flag.String("hotpath.profile", "", "write the server's CPU profile of the first row's measuring to this file")
	only    = flag.String("hotpath.only", "", "measure rows whose name contains this")
	rounds  = flag.Int("hotpath.rounds", 10, "turns that Oriel and the bare handler take, each")
	level   = flag.String("hotpath.level", "info", "log level of the server")
	serving = flag.String("hotpath.serve", "", "be the server, with this configuration")
)

const benchOrigin = "https://host.example"

// A benched is the whole road: an emulator, a server that listens, and a bare
// net/http handler beside it in the same process.
type benched struct {
	Oriel   string // address of the public listener
	Bare    string // address of the handler that answers what it was given
	Control string // URL
}

// TestHotPathServer serves until its standard input ends.
func TestHotPathServer(t *testing.T) {
	if *serving == "" {
		t.Skip("the server's side of TestHotPath")
	}
	b := serveBenched(t)
	check(t, json.NewEncoder(os.Stdout).Encode(b))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func serveBenched(t testing.TB) benched {
	t.Helper()
	a := benchedApp(t)
	public, operator := listenLocal(t), listenLocal(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, public, operator) }()
	t.Cleanup(func() { stop(); check(t, <-ended); check(t, a.Close()) })
	bare := &bareHandler{}
	plain, control := httptest.NewUnstartedServer(bare), httptest.NewServer(controlOf(bare))
	plain.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		labels := runtimepprof.WithLabels(ctx, runtimepprof.Labels("side", "bare"))
		runtimepprof.SetGoroutineLabels(labels) // the connection's goroutine is begun by this one
		return ctx
	}
	plain.Start()
	t.Cleanup(plain.Close)
	t.Cleanup(control.Close)
	return benched{public.Addr().String(), plain.Listener.Addr().String(), control.URL}
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
	e, err := emulator.New(emulator.Config{World: past, BaseURL: google.URL})
	check(t, err)
	property := past.Sites()[0].Property
	google.Config.Handler = generous(t, e, property)
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
limits: {tokens_per_second: 1e6, tokens_burst: 1000000, requests_per_second: 1e6, requests_burst: 1000000}
views:
  site:
    {property: %q, public: true, origins: [%q], aliases: ["ga:123"], realtime: true, history: {days: 400},
     filter: {notExpression: {filter: {fieldName: country, stringFilter: {value: Atlantis}}}},
     fields: {deny: [purchaseRevenue, totalRevenue, "customUser:*"]}}
dashboards:
  twelve: {views: [site], range: 28d, panels: [%s]}
`, *level, google.URL, google.URL, strings.TrimPrefix(google.URL, "http://"), property, benchOrigin, benchedPanels()), 0o600))
	return file
}

// generous is the emulator, whose quotas never end.
func generous(t testing.TB, e *emulator.Emulator, property string) http.Handler {
	h := e.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, bucket := range []string{"tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour"} {
			if err := e.SetQuotaLeft(property, false, bucket, 10_000); err != nil {
				t.Error(err)
			}
		}
		h.ServeHTTP(w, r)
	})
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
// order.
type bareHandler struct {
	bodies [][]byte
	order  []int
	asked  atomic.Uint64
}

func (b *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	body := b.bodies[b.order[b.asked.Add(1)%uint64(len(b.order))]]
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func (b *bareHandler) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.bodies, b.order = nil, nil
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

// controlOf lets the load tool set the bare handler's answer and read costs.
func controlOf(bare *bareHandler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /bare", bare.put)
	mux.HandleFunc("GET /cost", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(costNow())
	})
	mux.HandleFunc("POST /collect", func(http.ResponseWriter, *http.Request) {
		runtime.GC()
		runtime.GC() // what finalizers and pools let go of
	})
	mux.HandleFunc("GET /profile", pprof.Profile)
	mux.HandleFunc("GET /allocs", pprof.Handler("allocs").ServeHTTP)
	return mux
}

func costNow() cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return cost{CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Mallocs: m.Mallocs, Bytes: m.TotalAlloc, Heap: m.HeapAlloc}
}

// A row is one line of the table: requests to Oriel, beside a bare handler that
// gets the same requests and answers the same bytes.
type row struct {
	name string
	// request writes the i-th request into b.
	request func(b []byte, i int) []byte
}

// TestHotPath prints the table. It asserts nothing about time.
func TestHotPath(t *testing.T) {
	if !*hotPath {
		t.Skip("make bench")
	}
	l := startLoad(t)
	fmt.Printf("%s, %d cores; server and load tool %s; %d connections; log level %s\n", runtime.Version(), runtime.NumCPU(), l.placed, connections, *level)
	fmt.Println("Each pair is Oriel and a bare net/http handler; CPU is the server's, p50 and p99 the client's.")
	fmt.Printf("\n%-30s %6s %15s %5s %15s %5s %15s %15s %9s %11s\n", "", "bytes", "requests/s", "ratio", "CPU µs", "ratio", "p50 ms", "p99 ms", "mallocs", "alloc. B")
	for _, r := range l.rows() {
		if strings.Contains(r.name, *only) {
			l.measure(r)
		}
	}
	if *only == "" {
		l.memory()
	}
}

// A tally is what one side's requests took.
type tally struct {
	requests int
	wall     time.Duration
	cost     cost
	took     []time.Duration // of each request
}

func (a *tally) rate() float64 { return float64(a.requests) / a.wall.Seconds() }

func (a *tally) cpu() float64 { return float64(a.cost.CPU.Nanoseconds()) / 1e3 / float64(a.requests) }

func (a *tally) each(n uint64) uint64 { return n / uint64(a.requests) }

func (a *tally) percentile(p float64) float64 {
	return a.took[min(len(a.took)-1, int(p*float64(len(a.took))))].Seconds() * 1e3
}

func (l *load) measure(r row) {
	body := l.warm(r)
	l.put("/bare", body)
	var oriel, bare tally
	l.turn(l.server.Oriel, r, &tally{}) // caches of processors, heaps and branches
	l.turn(l.server.Bare, r, &tally{})
	stop := l.profiled(*rounds)
	for range *rounds {
		l.turn(l.server.Oriel, r, &oriel)
		l.turn(l.server.Bare, r, &bare)
	}
	stop()
	slices.Sort(oriel.took)
	slices.Sort(bare.took)
	fmt.Printf("%-30s %6d %7.0f %7.0f %5.2f %7.1f %7.1f %5.2f %7.2f %7.2f %7.1f %7.1f %4d %4d %5d %5d\n",
		r.name, len(body), oriel.rate(), bare.rate(), oriel.rate()/bare.rate(), oriel.cpu(), bare.cpu(), oriel.cpu()/bare.cpu(),
		oriel.percentile(.5), bare.percentile(.5), oriel.percentile(.99), bare.percentile(.99),
		oriel.each(oriel.cost.Mallocs), bare.each(bare.cost.Mallocs), oriel.each(oriel.cost.Bytes), bare.each(bare.cost.Bytes))
}

// memory asks for 10,000 reports and prints what they take.
func (l *load) memory() {
	const many = 10_000
	l.control("POST", "/collect", nil)
	before := l.cost().Heap
	r := l.reports(many, 1, "")
	bytes := 0
	for i := range many {
		if i >= kinds { // the others are there
			bytes += len(l.once(r, i))
		}
	}
	l.control("POST", "/collect", nil)
	grown := float64(l.cost().Heap - before)
	fmt.Printf("\nmemory for 10,000 reports of %d B, and the questions for them: %.1f MB\n", bytes/(many-kinds), grown/float64(many-kinds)*many/1e6)
}
