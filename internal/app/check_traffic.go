package app

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// trafficDays is how far back visitors are looked for: what dashboards show by
// default.
const trafficDays = 28

// Examine is Check for doctor. It notes which of the views that can be read show
// nothing, each at the price of a report. An empty view is no fault: a new site has
// no visitors yet, but neither has one whose tag is broken. It notes as well which
// names of Universal Analytics mean a field that the property lacks.
func (a *App) Examine(ctx context.Context, patience time.Duration) iter.Seq[Finding] {
	return a.findings(ctx, patience, func(ctx context.Context, f *Finding) {
		if f.Err == nil {
			f.Notes = slices.Concat(a.traffic(ctx, f.View, patience), a.missingFields(ctx, f.View, patience))
		}
	})
}

// traffic returns what an operator may want to know of a view's visitors; nothing
// when there are some.
func (a *App) traffic(ctx context.Context, view string, patience time.Duration) []string {
	v := a.config.Views[view]
	var r *report.Report
	err := a.retryQuota(ctx, patience, func(ctx context.Context) (err error) {
		r, err = a.google.Report(ctx, report.NewQuestion(report.Query{
			Account: v.Account, Property: v.Property, DimensionFilter: v.Filter.Filter.Clone(),
			Metrics:    []report.Metric{{Name: "activeUsers"}},
			DateRanges: []report.DateRange{{StartDate: fmt.Sprintf("%ddaysAgo", trafficDays), EndDate: "today"}},
		}, nil))
		return err
	})
	switch {
	case err != nil:
		return []string{fmt.Sprintf("whether there was traffic could not be read: %v", forOperators(err))}
	case r.Rows > 0:
		return nil
	case v.Filter.Filter != nil:
		return []string{fmt.Sprintf("no traffic that its filter lets through in the last %d days", trafficDays)}
	}
	return []string{fmt.Sprintf("no traffic in the last %d days: is the site's tag in place?", trafficDays)}
}

// missingFields says which names of Universal Analytics the view gives a field that
// the property lacks: a definition that nobody has registered, or a slip.
func (a *App) missingFields(ctx context.Context, view string, patience time.Duration) (notes []string) {
	v := a.config.Views[view]
	meanings := v.UA.options().FieldMappings()
	if len(meanings) == 0 {
		return nil
	}
	var fields *report.Fields
	err := a.retryQuota(ctx, patience, func(ctx context.Context) (err error) {
		fields, err = a.catalog.Fields(ctx, v.Account, v.Property)
		return err
	})
	if err != nil {
		return []string{fmt.Sprintf("whether the property has the fields of universal_analytics could not be read: %v", forOperators(err))}
	}
	for _, m := range meanings {
		kind, all := "metric", fields.Metrics
		if m.Dimension {
			kind, all = "dimension", fields.Dimensions
		}
		if !has(all, m.Field) {
			notes = append(notes, fmt.Sprintf("%s: universal_analytics.%s, %s: the property has no %s %s",
				a.config.src.where("views", view, "universal_analytics", m.Setting, m.Key), m.Setting, m.Key, kind, m.Field))
		}
	}
	return notes
}

// has reports whether there is a field of that name, be it an old one.
func has(all []report.Field, name string) bool {
	return slices.ContainsFunc(all, func(f report.Field) bool {
		return f.APIName == name || slices.Contains(f.DeprecatedAPINames, name)
	})
}
