package policy

import (
	"context"
	"sync"
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
// the previous one whole. Recorded are the reading of the dashboard, and the
// question of each panel.
func (g *Gate) Dashboard(ctx context.Context, grant Grant, req DashboardRequest) (*DashboardAnswer, error) {
	d := g.decision("dashboard", grant)
	d.View, d.Dashboard = report.Brief(req.View), report.Brief(req.Name)
	p, err := g.page(ctx, grant, req)
	if p.view != nil {
		d.View = p.view.Name
	}
	d.Clipped = p.clipped
	d.Refused = err != nil && p.refused
	g.record(ctx, d, err)
	if err != nil {
		return nil, err
	}
	answer := &DashboardAnswer{
		Dashboard: p.opened.board.Dashboard, Start: p.start, End: p.end, Today: p.days.today,
		Panels: make([]PanelAnswer, len(p.opened.board.Panels)),
	}
	wait := g.panels(ctx, grant, p, answer.Panels)
	answer.Views = g.infos(ctx, p.opened.views)
	for i, v := range p.opened.views {
		if v == p.view {
			answer.View = answer.Views[i]
		}
	}
	wait()
	return answer, nil
}

// panels begins to ask for all panels at once: the returned function waits for them.
func (g *Gate) panels(ctx context.Context, grant Grant, p page, answers []PanelAnswer) (wait func()) {
	var wg sync.WaitGroup
	for i := range answers {
		answer := &answers[i]
		if ask, d := g.askPanel(ctx, grant, p, &p.opened.board.Panels[i], answer); ask != nil {
			wg.Go(func() { g.putPanel(ctx, ask, d, answer) })
		}
	}
	return wg.Wait
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

// panel answers one panel.
func (g *Gate) panel(ctx context.Context, grant Grant, p page, panel *dashboard.Panel) (answer PanelAnswer) {
	if ask, d := g.askPanel(ctx, grant, p, panel, &answer); ask != nil {
		g.putPanel(ctx, ask, d, &answer)
	}
	return answer
}

// askPanel checks and narrows the question of a panel: it takes the same way as any
// other. One that is refused is answered with the error, and nil returned.
func (g *Gate) askPanel(ctx context.Context, grant Grant, p page, panel *dashboard.Panel, answer *PanelAnswer) (*prepared, Decision) {
	start, end, clipped := p.start, p.end, p.clipped
	var err error
	if !panel.Range.IsZero() {
		start, end, clipped, err = p.days.span(panel.Range)
	}
	known := g.memory.panel(panel, start, end, p.days.first)
	answer.Panel = &known.panel
	q := &known.asked.query
	d := decisionAt(p.now, methodOf(q), &grant)
	d.Dashboard, d.Clipped = p.opened.board.Name, clipped && !q.Realtime
	var ask *prepared
	if err == nil {
		ask, err = g.prepareAsked(ctx, grant, p.view, known.asked, &d, p.zone)
	} else {
		d.View, d.Query, d.Refused = p.view.Name, q, true
	}
	if err != nil {
		g.record(ctx, d, err)
		answer.Err = report.AsError(err)
		return nil, d
	}
	return ask, d
}

func (g *Gate) putPanel(ctx context.Context, ask *prepared, d Decision, answer *PanelAnswer) {
	var err error
	answer.Report, err = g.put(ctx, ask, d)
	answer.Err = report.AsError(err)
}
