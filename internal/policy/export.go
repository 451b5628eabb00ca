package policy

import (
	"context"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// Exporting returns the grant for an answer that leaves as a file, so that records
// tell it from one that is shown.
func (g Grant) Exporting() Grant {
	g.asker.Export = true
	return g
}

// Panel answers one panel of a dashboard, by its name: the report that Dashboard
// gives for the same request, held to the same. Recorded is the panel's question,
// or the refusal of the dashboard.
func (g *Gate) Panel(ctx context.Context, grant Grant, req DashboardRequest, name string) (PanelAnswer, error) {
	p, panel, err := g.onePanel(ctx, grant, req, name)
	if err != nil {
		d := g.decision("dashboard", grant)
		d.View, d.Dashboard, d.Clipped, d.Refused = report.Truncate(req.View), report.Truncate(req.Name), p.clipped, p.refused
		if p.view != nil {
			d.View = p.view.Name
		}
		g.record(ctx, d, err)
		return PanelAnswer{}, err
	}
	found := g.preparePanel(ctx, grant, p, panel)
	d := g.decision(methodOf(&found.panel.Query), grant)
	d.View, d.Dashboard, d.Query, d.Clipped, d.Refused = p.view.Name, p.opened.board.Name, found.query, found.clipped, found.refused
	if found.err != nil {
		g.record(ctx, d, found.err)
		return PanelAnswer{Panel: &found.panel, Err: report.AsError(found.err)}, found.err
	}
	r, err := g.put(ctx, found.ask, d)
	return PanelAnswer{&found.panel, r, report.AsError(err)}, err
}

func (g *Gate) onePanel(ctx context.Context, grant Grant, req DashboardRequest, name string) (page, *dashboard.Panel, error) {
	p, err := g.page(ctx, grant, req)
	if err != nil {
		return p, nil, err
	}
	panels := p.opened.board.Panels
	for i := range panels {
		if panels[i].Name == name {
			return p, &panels[i], nil
		}
	}
	return p, nil, report.Errorf(report.NotFound, "The dashboard %q has no panel %q.", report.Truncate(req.Name), report.Truncate(name))
}
