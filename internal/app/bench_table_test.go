//go:build unix

package app

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A row is one line of the table: requests to the server, beside bare handlers
// that get the same requests.
type row struct {
	name string
	// request writes the i-th request into b.
	request func(b []byte, i int) []byte
}

// The sides of a row.
const (
	oriel = iota
	same  // the bare handler whose answers are the same bytes, headers and all
	two   // the one with two headers and the same body
	sides
)

// TestHotPath prints the table. It asserts nothing about time.
func TestHotPath(t *testing.T) {
	if !*hotPath {
		t.Skip("make bench")
	}
	l := startLoad(t)
	fmt.Printf("%s, %d cores; server and load tool %s; %d connections; log level %s\n", runtime.Version(), runtime.NumCPU(), l.placed, connections, *level)
	fmt.Println("Side by side are Oriel, a bare net/http handler that answers the same bytes, headers and all, and one that")
	fmt.Println("answers the same body under two headers; ratios are Oriel's to each. CPU is the server's, p50 and p99 the client's.")
	fmt.Printf("\n%-28s %6s %23s %11s %17s %11s %14s %14s %9s %11s\n", "", "bytes", "requests/s", "ratios", "CPU µs", "ratios", "p50 ms", "p99 ms", "mallocs", "alloc. B")
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
	answer := l.warm(r)
	l.put("/answer", answer)
	var sum [sides]tally
	for side := range sides {
		l.turn(side, r, &tally{}) // caches of processors, heaps and branches
	}
	stop := l.profiled(*rounds)
	for range *rounds {
		for side := range sides {
			l.turn(side, r, &sum[side])
		}
	}
	stop()
	for side := range sides {
		slices.Sort(sum[side].took)
	}
	l.print(r.name, len(answer.Body), &sum[oriel], &sum[same], &sum[two])
}

func (l *load) print(name string, bytes int, o, s, t *tally) {
	fmt.Printf("%-28s %6d %7.0f %7.0f %7.0f %5.2f %5.2f %5.1f %5.1f %5.1f %5.2f %5.2f %6.2f %7.2f %6.1f %7.1f %4d %4d %5d %5d\n", name, bytes,
		o.rate(), s.rate(), t.rate(), o.rate()/s.rate(), o.rate()/t.rate(),
		o.cpu(), s.cpu(), t.cpu(), o.cpu()/s.cpu(), o.cpu()/t.cpu(),
		o.percentile(.5), s.percentile(.5), o.percentile(.99), s.percentile(.99),
		o.each(o.cost.Mallocs), s.each(s.cost.Mallocs), o.each(o.cost.Bytes), s.each(s.cost.Bytes))
}

// memory asks for 10,000 reports and prints what they take.
func (l *load) memory() {
	const many = 10_000
	l.control(l.server, "POST", "/collect", nil)
	before := l.cost(l.server).Heap
	r := l.reports(many, 1, "")
	bytes := 0
	for i := range many {
		if i >= kinds { // the others are there
			bytes += len(l.once(r, i).Body)
		}
	}
	l.control(l.server, "POST", "/collect", nil)
	grown := float64(l.cost(l.server).Heap - before)
	fmt.Printf("\nmemory for 10,000 reports of %d B, and the questions for them: %.1f MB\n", bytes/(many-kinds), grown/float64(many-kinds)*many/1e6)
}
