package audit

import (
	"cmp"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// What strangers can cause lines of is bounded; what is beyond is summed up, see sums.
const (
	sessionBytes   = 128 << 10 // lines of an anonymous session, an hour
	anonymousBytes = 64 << 20  // lines of all anonymous sessions, an hour

	knownRate, knownBurst     = 10, 1000 // refusals of a session, a host or a key, a second
	addressRate, addressBurst = 10, 100
	restRate, restBurst       = 100, 1000 // refusals of all who showed nothing valid
)

// A cause is whom a line is about, and how it is summed up.
type cause struct {
	sumKey
	refused bool
	address netip.Addr
}

// anonymous reports whether no host answers for the cause.
func (c *cause) anonymous() bool { return c.host == "" && c.key == "" }

// budgets decide which lines are written, and sum up the others.
type budgets struct {
	suppressed atomic.Uint64 // refusals without a line, since the start

	mu        sync.Mutex
	sums      sums
	sessions  buckets[string] // bytes of anonymous sessions
	all       *rate.Limiter   // bytes of all of them
	known     buckets[string] // refusals of sessions, keys and hosts
	addresses buckets[netip.Addr]
	rest      *rate.Limiter
}

func newBudgets() *budgets {
	return &budgets{
		sums:      sums{counts: map[sumKey]uint64{}},
		sessions:  buckets[string]{per: sessionBytes / 3600., burst: sessionBytes},
		all:       rate.NewLimiter(anonymousBytes/3600., anonymousBytes),
		known:     buckets[string]{per: knownRate, burst: knownBurst},
		addresses: buckets[netip.Addr]{per: addressRate, burst: addressBurst},
		rest:      rate.NewLimiter(restRate, restBurst),
	}
}

// allow reports whether a line of so many bytes is written; if not, it is counted.
func (b *budgets) allow(c *cause, at time.Time, bytes int) bool {
	if !c.refused && !c.anonymous() {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.within(c, at, bytes) {
		return true
	}
	if c.refused {
		b.suppressed.Add(1)
	}
	b.sums.add(c.sumKey, at)
	return false
}

func (b *budgets) within(c *cause, at time.Time, bytes int) bool {
	known := cmp.Or(c.session, c.key, c.host)
	switch {
	case known == "":
		return !c.refused || b.addresses.allow(c.address, at, 1) && b.rest.AllowN(at, 1)
	case c.refused && !b.known.allow(known, at, 1):
		return false
	}
	return !c.anonymous() || b.sessions.allow(known, at, bytes) && b.all.AllowN(at, bytes)
}

// takeSums returns what was summed up since the last time.
func (b *budgets) takeSums() sums {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.sums
	b.sums = sums{counts: map[sumKey]uint64{}}
	return taken
}

// maxBuckets bounds how many buckets are remembered. Those that are forgotten are full
// again, within the bound of all.
const maxBuckets = 4096

// buckets are limits by name: of two generations, the older one is forgotten when the
// younger is full.
type buckets[K comparable] struct {
	per        rate.Limit
	burst      int
	young, old map[K]*rate.Limiter
}

func (b *buckets[K]) allow(name K, at time.Time, n int) bool {
	l := b.young[name]
	if l == nil {
		if b.young == nil || len(b.young) >= maxBuckets {
			b.old, b.young = b.young, map[K]*rate.Limiter{}
		}
		if l = b.old[name]; l == nil {
			l = rate.NewLimiter(b.per, b.burst)
		}
		b.young[name] = l
	}
	return l.AllowN(at, n)
}

// maxSums bounds how many sums are kept apart: beyond, names are left out.
const maxSums = 1000

// A sumKey is what a sum is of.
type sumKey struct {
	event, outcome, kind    string
	host, key, session      string // of refusals
	method, view, dashboard string // of reads
}

// line returns the key of reads without whose they are, and that of refusals without
// what they asked for.
func (k sumKey) line() sumKey {
	if k.event == suppressedEvent {
		k.method, k.view, k.dashboard = "", "", ""
	} else {
		k.host, k.key, k.session = "", "", ""
	}
	return k
}

// sums count lines that are not written.
type sums struct {
	since  time.Time
	counts map[sumKey]uint64
}

func (s *sums) add(k sumKey, at time.Time) {
	if len(s.counts) == 0 {
		s.since = at
	}
	k = k.line()
	if _, known := s.counts[k]; !known && len(s.counts) >= maxSums {
		k = sumKey{event: k.event, outcome: k.outcome, kind: k.kind}
	}
	s.counts[k]++
}

// suppressedEvent is the event of a sum of refusals; that of others is their event's plural.
const suppressedEvent = "suppressed"

// addSums adds the lines of what was summed up.
func (t *Trail) addSums(now time.Time) {
	s := t.budgets.takeSums()
	for k, n := range s.counts {
		t.buffer.add(func(b []byte) []byte {
			l := newLine(b, now, k.event)
			l.number("count", n)
			l.text("since", s.since.UTC().Format(timestamp))
			l.text("outcome", k.outcome)
			l.text("kind", k.kind)
			l.text("host", k.host)
			l.text("key", k.key)
			l.text("session", k.session)
			l.text("method", k.method)
			l.text("view", k.view)
			l.text("dashboard", k.dashboard)
			return l
		})
	}
}

// add buffers a line, if the budget of its cause allows it, and does not wait for the disk.
func (t *Trail) add(c *cause, at time.Time, write func([]byte) []byte) {
	t.buffer.add(func(b []byte) []byte {
		line := write(b)
		if !t.budgets.allow(c, at, len(line)-len(b)) {
			return b
		}
		return line
	})
}
