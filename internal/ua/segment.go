package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A builtInSegment is one of Universal Analytics' own segments, gaid::ID.
type builtInSegment struct{ id, name, filter string }

// segments are the built-in segments that a filter can express. The others are about
// whole sessions or users, which GA4's filters are not.
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

// findSegment finds a segment by the id that a request gives. The empty id is the zero
// segment, which every row is in.
func findSegment(written string) (builtInSegment, error) {
	if written == "" {
		return builtInSegment{}, nil
	}
	id, builtIn := strings.CutPrefix(written, "gaid::")
	at := slices.IndexFunc(segments, func(s builtInSegment) bool { return s.id == id })
	switch {
	case !builtIn:
		return builtInSegment{}, badParameter("segment", "Dynamic segments (%s) cannot be expressed in Google Analytics 4. Use filters, or a built-in segment "+
			"such as gaid::-5 (Organic Traffic).", report.Truncate(written))
	case at < 0:
		return builtInSegment{}, badParameter("segment", "Invalid value '%s' for segment: it cannot be expressed as a filter in Google Analytics 4. The built-in "+
			"segments that can are gaid::-1 to gaid::-8, -11, -13 and -14.", report.Truncate(written))
	}
	return segments[at], nil
}
