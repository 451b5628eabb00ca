package ua

import "strings"

// segments are the built-in segments that a filter can say, by the number in
// gaid::-1. The others look at whole sessions or users, which GA4's filters
// cannot.
var segments = map[string]string{
	"-1":  "",                                                 // All Users
	"-2":  "ga:userType==New Visitor",                         // New Users
	"-3":  "ga:userType==Returning Visitor",                   // Returning Users
	"-4":  "ga:medium=~^(cpc|ppc|cpa|cpm|cpv|cpp)$",           // Paid Traffic
	"-5":  "ga:medium==organic",                               // Organic Traffic
	"-6":  "ga:medium=~^(cpc|ppc|cpa|cpm|cpv|cpp|organic)$",   // Search Traffic
	"-7":  "ga:source==(direct);ga:medium=~^\\(n(one|ot set)", // Direct Traffic
	"-8":  "ga:medium==referral",                              // Referral Traffic
	"-11": "ga:isMobile==Yes",                                 // Mobile and Tablet Traffic
	"-13": "ga:isTablet==Yes",                                 // Tablet Traffic
	"-14": "ga:deviceCategory==mobile",                        // Mobile Traffic
}

// segmentFilter returns a segment as a filter.
func segmentFilter(segment string) (Expr, error) {
	if segment == "" {
		return nil, nil
	}
	id, builtIn := strings.CutPrefix(segment, "gaid::")
	filter, known := segments[id]
	switch {
	case !builtIn:
		return nil, badParameter("segment", "Dynamic segments (%s) cannot be expressed in Google Analytics 4. Use filters, or a built-in segment "+
			"such as gaid::-5 (Organic Traffic).", cut(segment))
	case !known:
		return nil, badParameter("segment", "Invalid value '%s' for segment: it cannot be expressed as a filter in Google Analytics 4. The built-in "+
			"segments that can are gaid::-1 to gaid::-8, -11, -13 and -14.", cut(segment))
	}
	return ParseFilter(filter)
}
