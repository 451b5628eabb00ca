package app

import (
	"fmt"
	"net/url"
	"strings"
)

// Names of Universal Analytics, of which some are computed from several fields.
var oldDimensions = strings.Fields("ga:country ga:date ga:deviceCategory ga:browser ga:city ga:operatingSystem ga:userGender ga:userAgeBracket ga:source ga:medium " +
	"ga:channelGrouping ga:pagePath ga:pagePathLevel1 ga:landingPagePath ga:language ga:hour ga:isMobile ga:userType ga:sourceMedium ga:screenResolution " +
	"ga:mobileDeviceModel ga:dimension1 ga:eventAction ga:continent ga:fullReferrer ga:hasSocialSourceReferral")
var oldMetrics = strings.Fields("ga:sessions ga:pageviews ga:users ga:bounces ga:bounceRate ga:newUsers ga:percentNewSessions ga:avgSessionDuration ga:transactions " +
	"ga:transactionRevenue ga:goal1Completions ga:goalCompletionsAll ga:totalEvents ga:calcMetric_a ga:calcMetric_b ga:calcMetric_c ga:1dayUsers ga:30dayUsers " +
	"ga:pageviewsPerSession ga:entrances ga:avgTimeOnPage ga:sessionsPerUser ga:organicSearches ga:revenuePerTransaction ga:itemQuantity")

func (g *hostileGrant) oldDimension() string { return g.old(oldDimensions) }
func (g *hostileGrant) oldMetric() string    { return g.old(oldMetrics) }

// old is mostly one of the first names, which most grants let be named.
func (g *hostileGrant) old(all []string) string {
	if g.dares() {
		return choose(g.Rand, all)
	}
	return all[g.IntN(2)]
}

// oldFilter is text of v3's grammar.
func (g *hostileGrant) oldFilter() string {
	var text string
	for i := range 1 + g.IntN(3) {
		if i > 0 {
			text += choose(g.Rand, []string{",", ";"})
		}
		if g.IntN(4) == 0 {
			text += g.oldMetric() + choose(g.Rand, []string{">", "<", "==", ">="}) + fmt.Sprint(g.IntN(20))
			continue
		}
		text += g.oldDimension() + choose(g.Rand, []string{"==", "!=", "=@", "!@", "=~", "!~"}) + choose(g.Rand, []string{g.value(), ".", `a\,b`, "^u"})
	}
	return text
}

func (g *hostileGrant) ids() string {
	if !g.dares() {
		return "ga:77"
	}
	return choose(g.Rand, []string{"ga:78", "ga:" + g.site.Property, "ga:" + g.other.Property, "ga:1", "mine"})
}

func (g *hostileGrant) coreReport() hostileQuestion {
	v := url.Values{
		"ids": {g.ids()}, "metrics": {strings.Join(g.some(3, g.oldMetric), ",")},
		"start-date": {choose(g.Rand, []string{"7daysAgo", "3daysAgo", "1daysAgo"})}, "end-date": {g.day()},
	}
	g.refineOld(v)
	if g.IntN(8) == 0 {
		v.Set("segment", fmt.Sprintf("gaid::-%d", g.IntN(15)))
	}
	if g.IntN(8) == 0 {
		v.Set("output", "dataTable")
	}
	if g.IntN(8) == 0 {
		v.Set("start-index", fmt.Sprint(1+g.IntN(20)))
	}
	return hostileQuestion{"v3", "GET", choose(g.Rand, []string{"/v3/data/ga?", "/analytics/v3/data/ga?"}) + v.Encode(), ""}
}

func (g *hostileGrant) refineOld(v url.Values) {
	if g.IntN(4) > 0 {
		v.Set("dimensions", strings.Join(g.some(2, g.oldDimension), ","))
	}
	if g.IntN(3) == 0 {
		v.Set("filters", g.oldFilter())
	}
	if g.IntN(3) == 0 {
		v.Set("sort", choose(g.Rand, []string{"", "-"})+g.sortedBy(v))
	}
	if g.IntN(4) == 0 {
		v.Set("max-results", fmt.Sprint(1+g.IntN(30)))
	}
}

func (g *hostileGrant) sortedBy(v url.Values) string {
	if g.dares() {
		return choose(g.Rand, []string{g.oldDimension(), g.oldMetric()})
	}
	return strings.Split(v.Get("metrics"), ",")[0]
}

func (g *hostileGrant) coreRealtime() hostileQuestion {
	v := url.Values{"ids": {g.ids()}, "metrics": {choose(g.Rand, []string{"rt:activeUsers", "rt:activeUsers", "rt:pageviews", "rt:totalEvents"})}}
	g.refineOld(v)
	for _, key := range []string{"dimensions", "filters", "sort"} {
		if v.Has(key) {
			v.Set(key, strings.ReplaceAll(v.Get(key), "ga:", "rt:"))
		}
	}
	if !g.dares() {
		v.Del("filters")
		v.Del("sort")
		v.Set("dimensions", choose(g.Rand, []string{"rt:country", "rt:deviceCategory", "rt:pageTitle", "rt:minutesAgo,rt:city"}))
	}
	return hostileQuestion{"v3 realtime", "GET", "/v3/data/realtime?" + v.Encode(), ""}
}

func (g *hostileGrant) batchGet() hostileQuestion {
	var metrics, dimensions []object
	for _, name := range g.some(2, g.oldMetric) {
		if g.IntN(6) == 0 {
			name += choose(g.Rand, []string{"/", "-", "+"}) + g.oldMetric()
		}
		metrics = append(metrics, object{"expression": name})
	}
	for _, name := range g.some(2, g.oldDimension) {
		dimensions = append(dimensions, object{"name": name})
	}
	q := object{"viewId": strings.TrimPrefix(g.ids(), "ga:"), "metrics": metrics, "dimensions": dimensions, "dateRanges": g.dateRanges()[:1]}
	if g.IntN(3) == 0 {
		q["filtersExpression"] = g.oldFilter()
	}
	if g.IntN(4) == 0 {
		q["dimensionFilterClauses"] = []object{{"operator": choose(g.Rand, []string{"OR", "AND"}), "filters": []object{
			{"dimensionName": g.oldDimension(), "not": g.IntN(2) == 0, "operator": choose(g.Rand, []string{"EXACT", "PARTIAL", "REGEXP"}), "expressions": []string{g.value()}}}}}
	}
	if g.IntN(4) == 0 {
		q["orderBys"] = []object{{"fieldName": choose(g.Rand, []string{g.oldMetric(), g.oldDimension()}), "sortOrder": "DESCENDING"}}
	}
	if g.IntN(6) == 0 {
		q["pivots"] = []object{{"dimensions": []object{{"name": g.oldDimension()}}, "metrics": []object{{"expression": g.oldMetric()}}}}
	}
	return hostileQuestion{"v4", "POST", "/v4/reports:batchGet", g.spoil(g.text(object{"reportRequests": []object{q}}))}
}
