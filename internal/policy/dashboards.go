package policy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// A DashboardRequest names a dashboard and what the asker chose.
type DashboardRequest struct {
	Name  string
	View  string          // empty: the first view of the dashboard that the grant holds
	Range dashboard.Range // zero: the dashboard's
}

// A DashboardAnswer is a dashboard with the data of all panels.
type DashboardAnswer struct {
	Dashboard  dashboard.Dashboard
	View       ViewInfo
	Views      []ViewInfo  // those of the dashboard that the grant holds
	Start, End report.Date // as clipped to the view's history
	Today      report.Date // in the property's time zone
	Panels     []PanelAnswer
	// Prepared is the same for answers that differ in nothing but their reports and what
	// the catalog says of the views; nil where the next answer may be to other questions.
	Prepared *PreparedDashboard
}

// A PanelAnswer is a panel with its report, or with the error that came instead.
type PanelAnswer struct {
	// Panel's query holds the date ranges that were asked for, and no narrowing. It
	// is shared and must not be changed.
	Panel  *dashboard.Panel
	Report *report.Report // nil when Err is set
	Err    *report.Error
}

// defaultRange is for dashboards that name none.
var defaultRange = dashboard.Range{Days: 28}

// Dashboard answers all panels of a dashboard at once. A panel that fails does
// not fail the others. A compared panel's query holds two date ranges, named
// "current" and "previous"; only one where the view's history does not hold
// the previous one whole. Recorded is the reading of the dashboard, once, with what was
// shown of each panel.
func (g *Gate) Dashboard(ctx context.Context, grant Grant, req DashboardRequest) (*DashboardAnswer, error) {
	d := g.decision("dashboard", grant)
	d.View, d.Dashboard = report.Truncate(req.View), report.Truncate(req.Name)
	p, err := g.page(ctx, grant, req)
	if p.view != nil {
		d.View = p.view.Name
	}
	d.Clipped = p.clipped
	if err != nil {
		d.Refused = p.refused
		g.record(ctx, d, err)
		return nil, err
	}
	board := g.prepareDashboard(ctx, grant, p)
	answer := &DashboardAnswer{
		Dashboard: p.opened.board.Dashboard, Start: p.start, End: p.end, Today: p.days.today,
		Panels: make([]PanelAnswer, len(board.panels)),
	}
	if board.lasts {
		answer.Prepared = board
	}
	wait := g.askPanels(ctx, board, answer.Panels)
	answer.Views = g.infos(ctx, p.opened.views)
	for i, v := range p.opened.views {
		if v == p.view {
			answer.View = answer.Views[i]
		}
	}
	wait()
	d.Panels = board.decisions(answer.Panels)
	g.record(ctx, d, nil)
	return answer, nil
}

// askPanels begins to ask for all panels at once: the returned function waits for them.
func (g *Gate) askPanels(ctx context.Context, board *PreparedDashboard, answers []PanelAnswer) (wait func()) {
	for i := range answers {
		p := &board.panels[i]
		answers[i].Panel, answers[i].Err = &p.panel, report.AsError(p.err)
	}
	return g.askAll(ctx, board.asks, func(i int, r *report.Report, err error) {
		answers[i].Report, answers[i].Err = r, report.AsError(err)
	})
}

// decisions are what was shown of each panel.
func (b *PreparedDashboard) decisions(answers []PanelAnswer) []PanelDecision {
	all := make([]PanelDecision, len(answers))
	for i, a := range answers {
		p := &b.panels[i]
		all[i] = PanelDecision{Name: p.panel.Name, Query: p.query, Clipped: p.clipped, Refused: p.refused}
		if a.Err != nil {
			all[i].Err = a.Err
		}
		if a.Report != nil {
			all[i].Rows = a.Report.Rows
		}
	}
	return all
}

// A page is a dashboard request that was found allowed.
type page struct {
	opened     opened
	view       *View
	now        time.Time
	zone       *time.Location // the property's
	days       days
	start, end report.Date
	clipped    bool
	refused    bool // when there is an error: the gate said no
}

func (g *Gate) page(ctx context.Context, grant Grant, req DashboardRequest) (p page, err error) {
	p.refused = true
	if err = g.admit(grant); err != nil {
		return p, err
	}
	if p.opened, err = grant.dashboard(req.Name); err != nil {
		return p, err
	}
	v := p.opened.views[0]
	if req.View != "" {
		if v, err = resolve(p.opened.views, req.View); err != nil {
			return p, err
		}
	}
	p.view = v
	property, err := g.property(ctx, v)
	if err != nil {
		p.refused = false
		return p, err
	}
	p.now, p.zone = g.c.Clock(), property.TimeZone
	today := report.DateOf(p.now, p.zone)
	p.days = days{first: v.History.first(today), today: today, refuse: v.History.Refuse}
	r := req.Range
	if r.IsZero() {
		r = p.opened.board.Range
	}
	p.start, p.end, p.clipped, err = p.days.span(r)
	return p, err
}

// span resolves a range and holds it to the view's history.
func (d days) span(r dashboard.Range) (start, end report.Date, clipped bool, err error) {
	if r.IsZero() {
		r = defaultRange
	}
	start, end = r.Resolve(d.today)
	ranges := []report.DateRange{{StartDate: start.String(), EndDate: end.String()}}
	if clipped, err = d.boundDates(ranges); err != nil {
		return start, end, clipped, err
	}
	if clipped {
		start = d.first
	}
	return start, end, clipped, nil
}

// A PreparedDashboard is a dashboard over a view and about some days, with what the gate
// found of each panel's question: the same for all whose tokens open the same views of the
// dashboard and narrow this one alike.
type PreparedDashboard struct {
	panels  []preparedPanel
	asks    []*prepared    // the panels' questions; nil for those that are not asked
	zone    *time.Location // the property's
	lasts   bool           // as long as the day, the zone and the property's fields do
	written atomic.Value   // see Keep
}

// maxWritten is how many bytes a panel of what Keep is given may take.
const maxWritten = 8 << 10

// Keep keeps what was written of the dashboard last, of so many bytes, unless it is so
// large that a few of them would fill the memory.
func (b *PreparedDashboard) Keep(written any, size int) {
	if size <= maxWritten*len(b.panels) {
		b.written.Store(written)
	}
}

// Kept returns what was kept last; nil for nothing.
func (b *PreparedDashboard) Kept() any { return b.written.Load() }

// A preparedPanel is a panel with its question, or with why that is not asked.
type preparedPanel struct {
	panel   dashboard.Panel // whose query holds the days, and no narrowing
	ask     *prepared       // nil when err is set
	query   *report.Query   // of the decision
	clipped bool
	err     error
	refused bool // the gate said no; false when the catalog failed
}

// prepareDashboard checks and narrows the question of each panel, or remembers the
// outcome: it takes the same way as any other.
func (g *Gate) prepareDashboard(ctx context.Context, grant Grant, p page) *PreparedDashboard {
	at := boardKey{p.opened.board, p.view, p.opened.names, grant.narrowed(p.view).narrowing, p.start, p.end, p.days.first, p.days.today}
	if known, ok := g.memory.boards.GetIfPresent(at); ok && g.boardHolds(ctx, known, p) {
		return known
	}
	board := &PreparedDashboard{panels: make([]preparedPanel, len(p.opened.board.Panels)), zone: p.zone, lasts: true}
	board.asks = make([]*prepared, len(board.panels))
	for i := range board.panels {
		board.panels[i] = g.preparePanel(ctx, grant, p, &p.opened.board.Panels[i])
		board.asks[i] = board.panels[i].ask
		board.lasts = board.lasts && board.panels[i].lasts(p.view)
	}
	if board.lasts {
		g.memory.boards.Set(at, board)
	}
	return board
}

func (g *Gate) preparePanel(ctx context.Context, grant Grant, p page, panel *dashboard.Panel) preparedPanel {
	start, end, clipped := p.start, p.end, p.clipped
	var err error
	if !panel.Range.IsZero() {
		start, end, clipped, err = p.days.span(panel.Range)
	}
	made := preparedPanel{panel: *panel}
	made.panel.Query = panel.QueryFor(start, end, p.days.first)
	d := Decision{Time: p.now, Clipped: clipped && !panel.Query.Realtime}
	if err == nil {
		made.ask, err = g.prepare(ctx, grant, p.view, made.panel.Query, &d)
	} else {
		d.Query, d.Refused = &made.panel.Query, true
	}
	made.query, made.clipped, made.err, made.refused = d.Query, d.Clipped, err, d.Refused
	return made
}

// lasts reports whether what was found holds as long as the day and the property's fields
// do. Remembered is only what was allowed.
func (p *preparedPanel) lasts(v *View) bool { return p.err == nil && lasting(&p.panel.Query, v) }

// boardHolds reports whether what was found of a dashboard still holds: the day is part
// of what it is found by.
func (g *Gate) boardHolds(ctx context.Context, b *PreparedDashboard, p page) bool {
	if b.zone != p.zone && b.zone.String() != p.zone.String() {
		return false
	}
	for i := range b.panels {
		if seen := b.panels[i].ask.fields; seen != nil {
			fields, err := g.c.Catalog.Fields(ctx, p.view.Account, p.view.Property)
			if err != nil || fields != seen {
				return false
			}
		}
	}
	return true
}
