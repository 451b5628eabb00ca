package report

import (
	"slices"
	"sync"
)

// A Class orders questions by who asks and in which way, best first. Queues, quotas and the cache read it, so that
// visitors whom no host vouches for cannot take what hosts' visitors need.
type Class int8

// The classes, best first.
const (
	HostDashboard   Class = iota // a dashboard, in a session that a host began
	HostQuestion                 // a free question, in a session that a host began
	PublicDashboard              // a dashboard, in an anonymous session
	PublicQuestion               // a free question, in an anonymous session
)

// Classes is the number of classes.
const Classes = 4

// Public reports whether the session is anonymous.
func (c Class) Public() bool { return c >= PublicDashboard }

var classNames = [Classes]string{"host dashboard", "host question", "public dashboard", "public question"}

// String returns the class in words, for operators.
func (c Class) String() string { return classNames[c] }

// An Urgency orders questions that wait for Google. The zero value is that of questions from the gate.
type Urgency int8

// The degrees of urgency, most urgent first.
const (
	Unseen  Urgency = iota // a visitor waits, and there is no report yet
	Seen                   // a visitor waits, and there is a stale report
	Refresh                // a visitor received a stale report; the next one is to be newer
	Prewarm                // no visitor has asked yet
)

// A Rank decides when a question is asked: by urgency, then by class, then in turn with other sessions.
type Rank struct {
	Urgency Urgency
	Class   Class
	Session string // takes turns with others; empty counts as one session
}

// joined returns the rank of a call that both r and other wait for.
func (r Rank) joined(other Rank) Rank {
	if other.Class <= r.Class {
		r.Class, r.Session = other.Class, other.Session
	}
	r.Urgency = min(r.Urgency, other.Urgency)
	return r
}

// A Priority is the rank of a call in flight. It rises when somebody of a better rank joins the call.
type Priority struct {
	mu       sync.Mutex
	rank     Rank
	watchers []func(Rank)
}

// NewPriority returns the priority of a call that somebody of a rank begins.
func NewPriority(r Rank) *Priority { return &Priority{rank: r} }

// Rank returns the current rank.
func (p *Priority) Rank() Rank {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rank
}

// Join makes the rank at least that of a caller who joins, and tells those who watch it.
func (p *Priority) Join(r Rank) {
	p.mu.Lock()
	before := p.rank
	p.rank = before.joined(r)
	now, watchers := p.rank, slices.Clone(p.watchers)
	p.mu.Unlock()
	if now == before {
		return
	}
	for _, f := range watchers {
		f(now)
	}
}

// Watch calls f with each new rank. Those of concurrent calls may come in any order.
func (p *Priority) Watch(f func(Rank)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers = append(p.watchers, f)
}
