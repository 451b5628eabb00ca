package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A builtInSegment is one of Universal Analytics' own segments, gaid::ID.
type builtInSegment struct{ id, name, filter string }

// segments are the built-in segments that a filter can say. The others look at
// whole sessions or users, which GA4's filters cannot.
var segments = []builtInSegment{
	{"-1", "All Users", ""},
	{"-2", "New Users", "ga:userType==New Visitor"},
	{"-3", "Returning Users", "ga:userType==Returning Visitor"},
	{"-4", "Paid Traffic", "ga:medium=~^(cpc|ppc|cpa|cpm|cpv|cpp)$"},
	{"-5", "Organic Traffic", "ga:medium==organic"},
	{"-6", "Search Traffic", "ga:medium=~^(cpc|ppc|cpa|cpm|cpv|cpp|organic)$"},
	{"-7", "Direct Traffic", "ga:source==(direct);ga:medium=~^\\(n(one|ot set)"},
	{"-8", "Referral Traffic", "ga:medium==referral"},
	{"-11", "Mobile and Tablet Traffic", "ga:isMobile==Yes"},
	{"-13", "Tablet Traffic", "ga:isTablet==Yes"},
	{"-14", "Mobile Traffic", "ga:deviceCategory==mobile"},
}

// segmentFilter returns a segment as a filter.
func segmentFilter(requested string) (Expr, error) {
	if requested == "" {
		return nil, nil
	}
	id, builtIn := strings.CutPrefix(requested, "gaid::")
	at := slices.IndexFunc(segments, func(s builtInSegment) bool { return s.id == id })
	switch {
	case !builtIn:
		return nil, badParameter("segment", "Dynamic segments (%s) cannot be expressed in Google Analytics 4. Use filters, or a built-in segment "+
			"such as gaid::-5 (Organic Traffic).", report.Truncate(requested))
	case at < 0:
		return nil, badParameter("segment", "Invalid value '%s' for segment: it cannot be expressed as a filter in Google Analytics 4. The built-in "+
			"segments that can are gaid::-1 to gaid::-8, -11, -13 and -14.", report.Truncate(requested))
	}
	return ParseFilter(segments[at].filter)
}
