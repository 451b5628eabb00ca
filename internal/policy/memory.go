package policy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// An Asked is a query as an asker wrote it, read once for all who write the same.
// What it says never changes. What the gate remembers, it remembers of an Asked, not of
// what looks like it: two of the same query are strangers to each other.
type Asked struct {
	query report.Query
	size  int
	// last is what was found of it last: most questions are asked about one view,
	// by those whose tokens narrow it alike.
	last atomic.Pointer[found]
}

// A found question is what a finding led to.
type found struct {
	finding
	ask *prepared
}

// NewAsked returns an Asked of a query that was written in so many bytes; 0 for one
// that nobody will ask again, and that is not remembered.
func NewAsked(q report.Query, size int) *Asked {
	return &Asked{query: q.Clone(), size: size}
}

// Query returns what was asked. It is shared and must not be changed.
func (a *Asked) Query() report.Query { return a.query }

// maxRemembered bounds what the gate remembers, in bytes.
const maxRemembered = 64 << 20

// maxBoards bounds the dashboards that are remembered, in bytes.
const maxBoards = 64 << 20

// A memory holds what the gate found allowed, so that checking and narrowing are
// done once for a query that many ask. Remembered is only what was allowed, by
// all that the finding depends on:
//
//   - the view, which the rules that never change made;
//   - the narrowing of the token, not the token: two with the same filter share;
//   - the query, as it was written;
//   - the property's time zone, and the day that it is there;
//   - the property's fields, where a calculated metric or the name of an expression
//     was held against them.
//
// What depends on more is not remembered, see lasting. The decision is made of
// it for each asker, and recorded, each time.
type memory struct {
	allowed *otter.Cache[finding, *prepared]
	boards  *otter.Cache[boardKey, *PreparedDashboard]
}

// A boardKey is all that a dashboard's answers depend on, beside its reports and the
// properties' settings and fields.
type boardKey struct {
	board                    *board // of the rules
	view                     *View
	views                    string // that the grant opens: their names
	narrowing                narrowing
	start, end, first, today report.Date
}

type finding struct {
	view      *View
	narrowing narrowing
	asked     *Asked
}

// A narrowing stands for all token filters that are written the same; the zero
// narrowing for none.
type narrowing [sha256.Size]byte

func narrowingOf(f *report.Filter) narrowing {
	if f == nil {
		return narrowing{}
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // a filter is numbers and strings, and was read from JSON
	}
	return sha256.Sum256(text)
}

func newMemory() (*memory, error) {
	allowed, err := otter.New(&otter.Options[finding, *prepared]{
		MaximumWeight: maxRemembered,
		Weigher: func(f finding, _ *prepared) uint32 {
			const overhead, copies = 1536, 8 // structs against the bytes of a JSON text
			return uint32(overhead + copies*f.asked.size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("policy: the memory of the gate: %w", err)
	}
	boards, err := otter.New(&otter.Options[boardKey, *PreparedDashboard]{
		MaximumWeight: maxBoards,
		Weigher: func(_ boardKey, b *PreparedDashboard) uint32 {
			// A panel as it was written last, compressed too, and the report that it is of.
			const overhead, perPanel = 512, 4<<10 + 2*maxWritten + maxWritten/4
			return uint32(overhead + perPanel*len(b.panels))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("policy: the memory of dashboards: %w", err)
	}
	return &memory{allowed, boards}, nil
}

// find returns what was found before; nil for nothing.
func (m *memory) find(at finding) *prepared {
	if last := at.asked.last.Load(); last != nil && last.finding == at {
		return last.ask
	}
	ask, ok := m.allowed.GetIfPresent(at)
	if !ok {
		return nil
	}
	at.asked.last.Store(&found{at, ask})
	return ask
}

// keep puts what was found in the place of what was before.
func (m *memory) keep(at finding, ask *prepared) {
	m.allowed.Set(at, ask)
	at.asked.last.Store(&found{at, ask})
}

// prepareAsked checks and narrows what was asked, or remembers the outcome.
func (g *Gate) prepareAsked(ctx context.Context, grant Grant, v *View, a *Asked, d *Decision) (*prepared, error) {
	if a.size == 0 || !lasting(&a.query, v) {
		return g.prepare(ctx, grant, v, a.query, d)
	}
	at := finding{v, grant.narrowed(v).narrowing, a}
	if ask := g.memory.find(at); ask != nil && g.holds(ctx, ask, d.Time) {
		ask.tell(d)
		return ask, nil
	}
	ask, err := g.prepare(ctx, grant, v, a.query, d)
	if err == nil {
		g.memory.keep(at, ask)
	}
	return ask, err
}

// lasting reports whether what a view allows of q stays the same while the day and the
// property's fields do. Realtime within a bounded history depends on the minute.
func lasting(q *report.Query, v *View) bool { return !q.Realtime || !v.History.bounded() }

// holds reports whether it still is the day that a question was prepared on, and the
// fields are those that it was held against.
func (g *Gate) holds(ctx context.Context, ask *prepared, now time.Time) bool {
	zone, err := g.zone(ctx, ask.view, &ask.query)
	if err != nil || zone != ask.zone && zone.String() != ask.zone.String() || report.DateOf(now, zone) != ask.today {
		return false
	}
	if ask.fields == nil {
		return true
	}
	fields, err := g.c.Catalog.Fields(ctx, ask.view.Account, ask.view.Property)
	return err == nil && fields == ask.fields
}
