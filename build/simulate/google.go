package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// A busyGoogle is an emulator whose answers are read on their way out: what they
// say they cost is added up, by property.
type busyGoogle struct {
	emulator *emulator.Emulator
	url      string
	clock    *fastClock
	start    time.Time
	running  atomic.Int64 // requests

	mu    sync.Mutex
	spent map[string]*expense // by property
}

// An expense is what the questions about one property cost.
type expense struct {
	requests, refused, failed int
	core, realtime            map[int]int // tokens by hour since the start
}

func startBusyGoogle(ctx context.Context, past *world.World, clock *fastClock, quota float64) (*busyGoogle, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &busyGoogle{clock: clock, start: clock.now(), spent: map[string]*expense{}}
	g.url = "http://" + l.Addr().String()
	g.emulator, err = emulator.New(emulator.Config{World: past, BaseURL: g.url, Clock: clock.now, Quota: quota})
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: g.counted(g.emulator.Handler())}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }() // its failure shows in every request
	return g, nil
}

// writeKey writes credentials of a user: a service account's assertions are dated
// by the machine's clock, and would be refused on any other day.
func (g *busyGoogle) writeKey(path string) error {
	key, err := g.emulator.IssueAuthorizedUser("agency@sites.example")
	if err != nil {
		return err
	}
	return os.WriteFile(path, key, 0o600)
}

var askedAbout = regexp.MustCompile(`^/v1beta/properties/(\d+)(:\w+|/metadata)$`)

// counted reads the answers about properties. They are not compressed, so that it
// can.
func (g *busyGoogle) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.running.Add(1)
		defer g.running.Add(-1)
		w.Header().Set("Date", g.clock.now().Format(http.TimeFormat)) // by which clients see that their clocks are right
		about := askedAbout.FindStringSubmatch(r.URL.Path)
		if about == nil {
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		copied := &copyingWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(copied, r)
		g.note(about[1], about[2], copied)
	})
}

// A copyingWriter keeps a copy of what it passes on.
type copyingWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *copyingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(p []byte) (int, error) {
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}

func (g *busyGoogle) note(property, method string, answer *copyingWriter) {
	tokens := 0
	if answer.status == http.StatusOK {
		tokens = tokensOf(method, answer.body.Bytes())
	}
	hour := int(g.clock.now().Sub(g.start) / time.Hour)
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.spent[property]
	if e == nil {
		e = &expense{core: map[int]int{}, realtime: map[int]int{}}
		g.spent[property] = e
	}
	e.requests++
	switch {
	case answer.status >= 500:
		e.failed++
	case answer.status >= 400:
		e.refused++
	case strings.Contains(method, "Realtime"):
		e.realtime[hour] += tokens
	default:
		e.core[hour] += tokens
	}
}

// tokensOf reads what an answer says that it cost; the list of fields costs one
// and does not say so.
func tokensOf(method string, body []byte) int {
	if method == "/metadata" {
		return 1
	}
	type answer struct {
		PropertyQuota struct {
			TokensPerDay struct{ Consumed int }
		}
	}
	var a struct {
		answer
		Reports []answer
	}
	if json.Unmarshal(body, &a) != nil {
		return 0
	}
	sum := a.PropertyQuota.TokensPerDay.Consumed
	for _, r := range a.Reports {
		sum += r.PropertyQuota.TokensPerDay.Consumed
	}
	return sum
}

// most returns the largest sum of hours' tokens within periods of n hours.
func most(tokens map[int]int, n int) int {
	sums := map[int]int{}
	most := 0
	for hour, t := range tokens {
		sums[hour/n] += t
		most = max(most, sums[hour/n])
	}
	return most
}
