package policy

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// A Gate answers grants. Every method demands a grant and records a decision.
type Gate struct {
	c     Config
	cache *decisionCache
}

// Config is what a Gate needs.
type Config struct {
	Rules    *Rules         // Required.
	Source   report.Source  // Required.
	Catalog  report.Catalog // Required.
	Recorder Recorder       // Required.
	// Keyring has the access tokens that backends may be handed. Optional: none.
	Keyring credential.Keyring
	Clock   func() time.Time // Required.
	// QueryBytes and DashboardBytes bound the memory of prepared queries and dashboards.
	// The default is 64 MiB each.
	QueryBytes, DashboardBytes int64
}

// New returns a gate.
func New(c Config) (*Gate, error) {
	if c.Rules == nil || c.Source == nil || c.Catalog == nil || c.Recorder == nil || c.Clock == nil {
		return nil, errors.New("policy: a gate needs Rules, Source, Catalog, Recorder and Clock")
	}
	cache, err := newDecisionCache(cmp.Or(c.QueryBytes, defaultCacheBytes), cmp.Or(c.DashboardBytes, defaultCacheBytes))
	if err != nil {
		return nil, err
	}
	return &Gate{c, cache}, nil
}

// A ViewInfo is what viewers may know about a view.
type ViewInfo struct {
	Name         string `json:"name"`
	Title        string `json:"title"`
	TimeZone     string `json:"timeZone,omitempty"`
	CurrencyCode string `json:"currencyCode,omitempty"`
	// Number is the N of ga:N, the id of the view for clients of Universal
	// Analytics: digits, at most 15.
	Number string `json:"-"`
	// Zone is TimeZone; nil where Google does not tell.
	Zone *time.Location `json:"-"`
}

// admit refuses the zero Grant, and one that other rules than the gate's made.
func (g *Gate) admit(grant Grant) error {
	if grant.rules == nil || grant.rules != g.c.Rules {
		return report.Errorf(report.Unauthenticated, "Show an embed token.")
	}
	return nil
}

// open returns the granted view that is to be queried.
func (g *Gate) open(grant Grant, view string) (*View, error) {
	if err := g.admit(grant); err != nil {
		return nil, err
	}
	return grant.view(view)
}

// Views returns the views of the grant, in configuration's order, with time zone and
// currency where Google tells.
func (g *Gate) Views(ctx context.Context, grant Grant) ([]ViewInfo, error) {
	if err := g.admit(grant); err != nil {
		return nil, g.refuse(ctx, methodViews, grant, "", nil, err)
	}
	g.record(ctx, g.decision(methodViews, grant), nil)
	return g.infos(ctx, grant.views), nil
}

// View returns one view of the grant by name, alias or property id.
func (g *Gate) View(ctx context.Context, grant Grant, view string) (ViewInfo, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return ViewInfo{}, g.refuse(ctx, methodViews, grant, view, nil, err)
	}
	d := g.decision(methodViews, grant)
	d.View = v.Name
	g.record(ctx, d, nil)
	return g.info(ctx, v), nil
}

func (g *Gate) infos(ctx context.Context, views []*View) []ViewInfo {
	infos := make([]ViewInfo, len(views))
	if len(views) == 1 {
		infos[0] = g.info(ctx, views[0])
		return infos
	}
	var wg sync.WaitGroup
	for i, v := range views {
		wg.Go(func() { infos[i] = g.info(ctx, v) })
	}
	wg.Wait()
	return infos
}

// info tolerates a catalog that fails: a name and a title are better than an
// error.
func (g *Gate) info(ctx context.Context, v *View) ViewInfo {
	info := ViewInfo{Name: v.Name, Title: v.Title, Number: v.number}
	if p, err := g.property(ctx, v); err == nil {
		info.TimeZone, info.CurrencyCode, info.Zone = p.TimeZone.String(), p.CurrencyCode, p.TimeZone
	}
	return info
}
