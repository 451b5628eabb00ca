package policy

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// A DashboardRequest names a dashboard and what the visitor chose.
type DashboardRequest struct {
	Name  string
	View  string          // empty: the first that the grant opens
	Range dashboard.Range // zero: the dashboard's
	Panel string          // the only one that is wanted; empty for all
}

// A DashboardAnswer is a dashboard with the data of its panels.
type DashboardAnswer struct {
	Dashboard  dashboard.Dashboard
	Ranges     []dashboard.Range // that it lists; shared, not to be changed
	AnyRange   bool              // the grant opens other ranges too
	View       ViewInfo
	Views      []ViewInfo  // of the dashboard, that the grant opens
	Start, End report.Date // as clipped to the view's history
	Today      report.Date // in the property's time zone
	Panels     []PanelAnswer
	// Prepared is the same for answers that differ only in their reports and the views'
	// settings; nil if the questions may change within the day.
	Prepared *PreparedDashboard
}

// A PanelAnswer is a panel with its report, or the error in its place.
type PanelAnswer struct {
	// Panel's query has the resolved date ranges, without the view's and the token's
	// filter. It is shared and must not be changed.
	Panel  *dashboard.Panel
	Report *report.Report // nil when Err is set
	Err    *report.Error
}

// defaultRange is for dashboards that name none.
var defaultRange = dashboard.Range{Days: 28}

// Dashboard answers all panels of a dashboard at once, or the one that is wanted. A panel that fails does
// not fail the others. A compared panel's query holds two date ranges, named
// "current" and "previous"; only the first if the view's history does not contain all
// of the second. One decision is recorded, with a PanelDecision for each panel.
func (g *Gate) Dashboard(ctx context.Context, grant Grant, req DashboardRequest) (*DashboardAnswer, error) {
	p, err := g.resolveDashboard(ctx, grant, req)
	if err != nil {
		g.recordUnresolved(ctx, grant, req, p, err)
		return nil, err
	}
	d := g.decision(methodDashboard, grant)
	d.View, d.Dashboard, d.Clipped = p.view.Name, p.granted.board.Name, p.clipped
	board := g.prepareDashboard(ctx, grant, p, req.Panel)
	answer := &DashboardAnswer{
		Dashboard: p.granted.board.Dashboard, Ranges: p.granted.board.ranges, AnyRange: grant.anyRange(p.view), Start: p.start, End: p.end, Today: p.days.today,
		Panels: make([]PanelAnswer, len(board.panels)),
	}
	if board.cacheable {
		answer.Prepared = board
	}
	meter := grant.meter
	if p.listed {
		meter = nil // its panels are few, cached, and asked once for all visitors
	}
	wait := g.askPanels(ctx, board, p.rank, meter, answer.Panels)
	answer.Views = g.infos(ctx, p.granted.views)
	for i, v := range p.granted.views {
		if v == p.view {
			answer.View = answer.Views[i]
		}
	}
	wait()
	d.Panels = board.decisions(answer.Panels)
	g.record(ctx, d, nil)
	return answer, nil
}

// recordUnresolved records the error of resolveDashboard.
func (g *Gate) recordUnresolved(ctx context.Context, grant Grant, req DashboardRequest, p resolvedDashboard, err error) {
	d := g.decision(methodDashboard, grant)
	if req.Panel != "" {
		d.Panels = []PanelDecision{{Name: report.Truncate(req.Panel), Err: err, Refused: p.refused}}
	}
	d.View, d.Dashboard, d.Clipped, d.Refused = report.Truncate(req.View), report.Truncate(req.Name), p.clipped, p.refused
	if p.view != nil {
		d.View = p.view.Name
	}
	g.record(ctx, d, err)
}

// askPanels sets the answers of all panels; those that are not cached once wait returns.
func (g *Gate) askPanels(ctx context.Context, board *PreparedDashboard, rank report.Rank, meter func(int) error, answers []PanelAnswer) (wait func()) {
	for i := range answers {
		p := &board.panels[i]
		answers[i].Panel, answers[i].Err = &p.panel, report.AsError(p.err)
	}
	return g.askAll(ctx, board.queries, rank, meter, func(i int, r *report.Report, err error) {
		answers[i].Report, answers[i].Err = r, report.AsError(err)
	})
}

// decisions returns what is recorded of each panel.
func (b *PreparedDashboard) decisions(answers []PanelAnswer) []PanelDecision {
	all := make([]PanelDecision, len(answers))
	for i, a := range answers {
		all[i] = b.panels[i].decision(a)
	}
	return all
}

// decision returns what is recorded of a panel.
func (p *preparedPanel) decision(a PanelAnswer) PanelDecision {
	d := PanelDecision{Name: p.panel.Name, Query: p.query, Clipped: p.clipped, Refused: p.refused}
	if a.Err != nil {
		d.Err = a.Err
	}
	if a.Report != nil {
		d.Rows = a.Report.Rows
	}
	return d
}

// A resolvedDashboard is a dashboard request that was allowed, with its view and days.
type resolvedDashboard struct {
	granted    grantedDashboard
	view       *View
	now        time.Time
	zone       *time.Location // the property's
	days       days
	start, end report.Date
	panels     []dashboard.Panel // that are wanted
	listed     bool              // the dashboard lists the range
	rank       report.Rank       // of the panels' questions
	clipped    bool
	refused    bool // in case of an error: by the gate, not because the catalog failed
}

func (g *Gate) resolveDashboard(ctx context.Context, grant Grant, req DashboardRequest) (p resolvedDashboard, err error) {
	p.refused = true
	if err = g.admit(grant); err != nil {
		return p, err
	}
	if p.granted, err = grant.dashboard(req.Name); err != nil {
		return p, err
	}
	v := p.granted.views[0]
	if req.View != "" {
		if v, err = grant.resolve(p.granted.views, req.View); err != nil {
			return p, err
		}
	}
	p.view = v
	if p.panels, err = p.granted.board.wanted(req.Panel); err != nil {
		return p, err
	}
	property, err := g.property(ctx, v)
	if err != nil {
		p.refused = false
		return p, err
	}
	p.now, p.zone = g.c.Clock(), property.TimeZone
	today := report.DateOf(p.now, p.zone)
	p.days = days{first: v.History.first(today), today: today, refuse: v.History.Refuse}
	p.listed = p.granted.board.offers(req.Range, p.days)
	if p.rank = grant.dashboardRank(); !p.listed {
		if p.rank = grant.questionRank(); !grant.anyRange(v) {
			return p, p.granted.board.refuseRange()
		}
	}
	p.start, p.end, p.clipped, err = p.days.span(cmp.Or(req.Range, p.granted.board.Range))
	return p, err
}

// anyRange reports whether the holder may read dashboards over a view for ranges that they
// do not list. For anonymous visitors each is a free question.
func (g Grant) anyRange(v *View) bool { return !g.Anonymous() || v.Public == PublicQuestions }

// wanted returns the panel of a name, or all panels if it is empty.
func (b *board) wanted(name string) ([]dashboard.Panel, error) {
	if name == "" {
		return b.Panels, nil
	}
	for i := range b.Panels {
		if b.Panels[i].Name == name {
			return b.Panels[i : i+1], nil
		}
	}
	return nil, report.Errorf(report.NotFound, "The dashboard %q has no panel %q.", b.Name, report.Truncate(name))
}

// span resolves a range and clips it to the view's history.
func (d days) span(r dashboard.Range) (start, end report.Date, clipped bool, err error) {
	if r.IsZero() {
		r = defaultRange
	}
	start, end = r.Resolve(d.today)
	start, clipped, err = d.clip(start, end)
	return start, end, clipped, err
}

// A PreparedDashboard is a dashboard over one view and range of days, with the checked and
// narrowed query of each panel. Tokens share it if they open the same views of the dashboard
// and have the same filter on this one.
type PreparedDashboard struct {
	panels    []preparedPanel
	queries   []*prepared    // of the panels; nil for a panel with an error
	zone      *time.Location // the property's
	cacheable bool           // valid until the day, the zone or the property's fields change
	encoded   atomic.Value   // see SetEncoded
}

// maxEncodedPanel bounds the size in bytes that SetEncoded stores, per panel.
const maxEncodedPanel = 8 << 10

// SetEncoded stores an encoded form of the dashboard, of size bytes, for Encoded, unless a few of that
// size would fill the cache.
func (b *PreparedDashboard) SetEncoded(encoded any, size int) {
	if size <= maxEncodedPanel*len(b.panels) {
		b.encoded.Store(encoded)
	}
}

// Encoded returns what SetEncoded stored last, or nil.
func (b *PreparedDashboard) Encoded() any { return b.encoded.Load() }

// A preparedPanel is a panel with its prepared query, or with an error.
type preparedPanel struct {
	panel    dashboard.Panel // see PanelAnswer
	prepared *prepared       // nil if err is set
	query    *report.Query   // of the decision
	clipped  bool
	err      error
	refused  bool // by the gate; false if the catalog failed
}

// prepareDashboard checks and narrows the query of each panel, or returns the result from
// the cache.
func (g *Gate) prepareDashboard(ctx context.Context, grant Grant, p resolvedDashboard, panel string) *PreparedDashboard {
	key := panelKey{p.granted.board, panel, p.view, p.granted.names, grant.narrowed(p.view).hash, p.start, p.end, p.days.first, p.days.today}
	if cached, ok := g.cache.dashboards.GetIfPresent(key); ok && g.dashboardValid(ctx, cached, p) {
		return cached
	}
	n := len(p.panels)
	board := &PreparedDashboard{panels: make([]preparedPanel, n), queries: make([]*prepared, n), zone: p.zone, cacheable: true}
	for i := range board.panels {
		board.panels[i] = g.preparePanel(ctx, grant, p, &p.panels[i])
		board.queries[i] = board.panels[i].prepared
		board.cacheable = board.cacheable && board.panels[i].cacheable(p.view)
	}
	if board.cacheable {
		g.cache.dashboards.Set(key, board)
	}
	return board
}

func (g *Gate) preparePanel(ctx context.Context, grant Grant, p resolvedDashboard, panel *dashboard.Panel) preparedPanel {
	start, end, clipped := p.start, p.end, p.clipped
	var err error
	if !panel.Range.IsZero() {
		start, end, clipped, err = p.days.span(panel.Range)
	}
	made := preparedPanel{panel: *panel}
	made.panel.Query = panel.QueryFor(start, end, p.days.first)
	d := Decision{Time: p.now, Clipped: clipped && !panel.Query.Realtime}
	if err == nil {
		made.prepared, err = g.prepare(ctx, grant, p.view, made.panel.Query, &d)
	} else {
		d.Query, d.Refused = &made.panel.Query, true
	}
	made.query, made.clipped, made.err, made.refused = d.Query, d.Clipped, err, d.Refused
	return made
}

// cacheable reports whether the panel is valid until the day or the property's fields change.
// Errors are not cached.
func (p *preparedPanel) cacheable(v *View) bool { return p.err == nil && cacheable(&p.panel.Query, v) }

// dashboardValid reports whether a cached dashboard is still valid. The day is in its key.
func (g *Gate) dashboardValid(ctx context.Context, b *PreparedDashboard, p resolvedDashboard) bool {
	return sameZone(b.zone, p.zone) && !slices.ContainsFunc(b.queries, func(q *prepared) bool { return !g.sameFields(ctx, q) })
}

func sameZone(a, b *time.Location) bool { return a == b || a.String() == b.String() }

// Panel answers the one panel that is wanted, with the report that Dashboard gives for the
// same request, or the panel's error. The decision recorded is about the dashboard, with this
// panel alone.
func (g *Gate) Panel(ctx context.Context, grant Grant, req DashboardRequest) (PanelAnswer, error) {
	p, err := g.resolveDashboard(ctx, grant, req)
	if err != nil {
		g.recordUnresolved(ctx, grant, req, p, err)
		return PanelAnswer{}, err
	}
	made := g.preparePanel(ctx, grant, p, &p.panels[0])
	answer, err := PanelAnswer{Panel: &made.panel}, made.err
	if err == nil {
		answer.Report, err = g.ask(ctx, made.prepared, made.prepared.question.Ranked(p.rank))
	}
	answer.Err = report.AsError(err)
	d := g.decision(methodDashboard, grant)
	d.View, d.Dashboard, d.Clipped, d.Refused = p.view.Name, p.granted.board.Name, made.clipped, made.refused
	d.Panels = []PanelDecision{made.decision(answer)}
	g.record(ctx, d, err)
	return answer, err
}
