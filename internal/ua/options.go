package ua

import (
	"fmt"

	"github.com/oriel-server/oriel/internal/report"
)

// Options are what a view's configuration and the property say about a
// translation.
type Options struct {
	// Today is the day that it is in the property's time zone. Required,
	// except for realtime queries.
	Today report.Date
	// PagePath is the GA4 field that answers ga:pagePath: pagePathPlusQueryString
	// (the default), or pagePath for a view that excluded query parameters.
	PagePath string
	// Goals, Dimensions and Metrics say what the numbers of ga:goal1Completions,
	// ga:dimension1 and ga:metric1 are in GA4: the name of a key event, and
	// names of custom definitions such as customEvent:author.
	Goals      map[int]string
	Dimensions map[int]string
	Metrics    map[int]string
	// Calculated are formulas of GA4 metrics by the NAME of ga:calcMetric_NAME.
	Calculated map[string]string
	// Endpoint is the address of the v3 method, for id, selfLink and the links
	// to other pages: https://host/analytics/v3/data/ga.
	Endpoint string
	// Profile describes the view as v3 did.
	Profile Profile
}

// Validate says what is wrong with the part that a configuration writes.
func (o Options) Validate() error {
	if o.PagePath != "" && o.PagePath != "pagePath" && o.PagePath != "pagePathPlusQueryString" {
		return fmt.Errorf("ga:pagePath cannot be answered by %q: use pagePath or pagePathPlusQueryString", o.PagePath)
	}
	for name, text := range o.Calculated {
		if _, err := parseFormula(text); err != nil {
			return fmt.Errorf("ga:calcMetric_%s: %w", name, err)
		}
	}
	return nil
}

// A Profile is the profileInfo of a body. ID is the number in ids; the others are
// what the caller wants to show, and may be empty.
type Profile struct {
	ID                    string
	AccountID             string
	WebPropertyID         string
	InternalWebPropertyID string
	Name                  string
}
