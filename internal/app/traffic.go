package app

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// trafficDays is how far back visitors are looked for: what dashboards show by
// default.
const trafficDays = 28

// Examine is Check for doctor. It notes which of the views that can be read show
// nothing, each at the price of a report. An empty view is no fault: a new site has
// no visitors yet, but neither has one whose tag is broken.
func (a *App) Examine(ctx context.Context, patience time.Duration) iter.Seq[Finding] {
	return a.findings(ctx, patience, func(ctx context.Context, f *Finding) {
		if f.Err == nil {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			f.Note = a.traffic(ctx, f.View)
		}
	})
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
