package app

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// trafficDays is how far back it is looked for visitors: what dashboards show
	// by default.
	trafficDays = 28
	// trafficAtOnce bounds the views that are looked at at once.
	trafficAtOnce = 8
)

// LookForTraffic notes in findings which of the views that can be read show
// nothing, each at the price of a report. An empty view is no fault: a new site has
// no visitors yet, but neither has one whose tag is broken.
func (a *App) LookForTraffic(ctx context.Context, findings []Finding) {
	var looks errgroup.Group
	looks.SetLimit(trafficAtOnce)
	for i := range findings {
		if f := &findings[i]; f.Err == nil {
			looks.Go(func() error {
				f.Note = a.traffic(ctx, f.View)
				return nil
			})
		}
	}
	_ = looks.Wait() // no error is returned above
}

// traffic returns what an operator may want to know of a view's visitors; empty
// when there are some.
func (a *App) traffic(ctx context.Context, view string) string {
	v := a.config.Views[view]
	r, err := a.google.Report(ctx, report.Query{
		Account: v.Account, Property: v.Property, DimensionFilter: v.Filter.Filter.Clone(),
		Metrics:    []report.Metric{{Name: "activeUsers"}},
		DateRanges: []report.DateRange{{StartDate: fmt.Sprintf("%ddaysAgo", trafficDays), EndDate: "today"}},
	})
	switch {
	case err != nil:
		return fmt.Sprintf("whether there was traffic could not be read: %v", forOperators(err))
	case r.Rows > 0:
		return ""
	case v.Filter.Filter != nil:
		return fmt.Sprintf("no traffic that its filter lets through in the last %d days", trafficDays)
	}
	return fmt.Sprintf("no traffic in the last %d days: is the site's tag in place?", trafficDays)
}
