package policy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// An Asked is a query as an asker wrote it, read once for all who write the same.
// It never changes. What the gate remembers, it remembers of an Asked, not of
// what looks like it: two of the same query are strangers to each other.
type Asked struct {
	query      report.Query
	size       int
	calculates bool // names calculated metrics
}

// NewAsked returns an Asked of a query that was written in so many bytes; 0 for one
// that nobody will ask again, and that is not remembered.
func NewAsked(q report.Query, size int) *Asked {
	return &Asked{q.Clone(), size, len(calculates(q)) > 0}
}

// maxRemembered bounds what the gate remembers, in bytes.
const maxRemembered = 64 << 20

// maxPanels bounds the questions of panels that are remembered, one for each panel
// and choice of days.
const maxPanels = 20_000

// A memory holds what the gate found allowed, so that checking and narrowing are
// done once for a query that many ask. Remembered is only what was allowed, by
// all that the finding depends on:
//
//   - the view, which the rules that never change made;
//   - the narrowing of the token, not the token: two with the same filter share;
//   - the query, as it was written;
//   - the property's time zone, and the day that it is there.
//
// What depends on more is not remembered, see lasting. The decision is made of
// it for each asker, and recorded, each time.
type memory struct {
	allowed *otter.Cache[finding, *question]
	panels  *otter.Cache[spanned, *Asked]
}

// A spanned is a panel and the days that it is asked about.
type spanned struct {
	panel             *dashboard.Panel // of the rules
	start, end, first report.Date
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
	allowed, err := otter.New(&otter.Options[finding, *question]{
		MaximumWeight: maxRemembered,
		Weigher: func(f finding, _ *question) uint32 {
			const overhead, copies = 1536, 8 // structs against the bytes of a JSON text
			return uint32(overhead + copies*f.asked.size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("policy: the memory of the gate: %w", err)
	}
	panels, err := otter.New(&otter.Options[spanned, *Asked]{MaximumSize: maxPanels})
	if err != nil {
		return nil, fmt.Errorf("policy: the memory of panels: %w", err)
	}
	return &memory{allowed, panels}, nil
}

// panel returns the question of a panel, the same for all who ask about the same
// days.
func (m *memory) panel(panel *dashboard.Panel, start, end, first report.Date) *Asked {
	at := spanned{panel, start, end, first}
	if known, ok := m.panels.GetIfPresent(at); ok {
		return known
	}
	const size = 256 // as much as a panel says
	asked := NewAsked(panel.QueryFor(start, end, first), size)
	m.panels.Set(at, asked)
	return asked
}

// prepareAsked checks and narrows what was asked, or remembers the outcome.
func (g *Gate) prepareAsked(ctx context.Context, grant Grant, v *View, a *Asked) (question, error) {
	if a.size == 0 || !a.lasting(v) {
		return g.prepare(ctx, grant, v, a.query)
	}
	at := finding{v, grant.narrowing, a}
	if ask, ok := g.memory.allowed.GetIfPresent(at); ok && g.holds(ctx, ask, a) {
		return ask.by(g.decision(ask.decision.Method, grant)), nil
	}
	ask, err := g.prepare(ctx, grant, v, a.query)
	if err == nil {
		ask.query = ask.query.Marked()
		kept := ask
		kept.decision = Decision{Method: ask.decision.Method, View: ask.decision.View, Query: &kept.query, Clipped: ask.decision.Clipped}
		g.memory.allowed.Set(at, &kept)
	}
	return ask, err
}

// lasting reports whether what a view allows of a stays the same while the day
// does. Realtime within a bounded history depends on the minute, and a calculated
// metric on its formula, which the property's owner can change.
func (a *Asked) lasting(v *View) bool {
	if a.query.Realtime && (v.History.Days != 0 || !v.History.Since.IsZero()) {
		return false
	}
	return len(v.Fields.Deny) == 0 || !a.calculates
}

// holds reports whether it still is the day that a question was prepared on.
func (g *Gate) holds(ctx context.Context, ask *question, a *Asked) bool {
	zone, err := g.zone(ctx, ask.view, a.query)
	return err == nil && zone.String() == ask.zone.String() && report.DateOf(g.c.Clock(), zone) == ask.today
}

// by returns the same question with a decision of its own, which says the same of
// the view and the query.
func (ask *question) by(d Decision) question {
	again := *ask
	again.decision = d
	again.decision.View, again.decision.Query, again.decision.Clipped = ask.decision.View, ask.decision.Query, ask.decision.Clipped
	return again
}
