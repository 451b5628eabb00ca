package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// A hostileQuestion is a request of an adversary.
type hostileQuestion struct {
	form               string // one of hostileForms, or another
	method, path, body string
}

// hostileForms are the doors that must be seen open.
var hostileForms = []string{"report", "batch", "pivot", "realtime", "export", "v3", "v3 realtime", "v4", "dashboard", "panel", "lists"}

// object is JSON that is being made up.
type object = map[string]any

// ask makes up a question. Some have nothing hostile in them, so that others can be
// compared with what is answered, and a cache has something to confuse.
func (g *hostileGrant) ask() hostileQuestion {
	g.daring, g.live = choose(g.Rand, []int{0, 5, 5, 25}), false
	switch g.IntN(14) {
	case 0:
		return g.call("batch", ":batchRunReports", object{"requests": []object{g.query(), g.query()}})
	case 1, 2:
		return g.call("realtime", ":runRealtimeReport", g.realtimeQuery())
	case 3:
		if g.IntN(4) == 0 {
			return g.call("export", ":exportRealtimeReport", g.realtimeQuery())
		}
		return g.call("export", ":exportReport", g.query())
	case 4, 5:
		return g.coreReport()
	case 6:
		return g.coreRealtime()
	case 7:
		return g.batchGet()
	case 8:
		return g.dashboard()
	case 9:
		return g.lists()
	case 10:
		if g.IntN(5) == 0 {
			return g.call("compatibility", ":checkCompatibility", g.compatibility())
		}
		return g.call("pivot", ":runPivotReport", g.pivotQuery())
	}
	return g.call("report", ":runReport", g.query())
}

// call asks a custom method of a view, under its own path or Google's.
func (g *hostileGrant) call(form, verb string, body object) hostileQuestion {
	path, fields := "/v1/views/", ""
	if g.IntN(4) == 0 {
		path = "/v1beta/properties/"
		fields = choose(g.Rand, []string{"", "", "?fields=*", "?fields=rows/metricValues,rowCount", "?fields=reports(rows,metadata)", "?fields=propertyQuota,metadata", "?fields=rows("})
	}
	text, _ := json.Marshal(body)
	return hostileQuestion{form, "POST", path + g.viewName() + verb + fields, g.spoil(string(text))}
}

// viewName is mostly that of the token's view.
func (g *hostileGrant) viewName() string {
	if !g.dares() {
		return choose(g.Rand, []string{"mine", "mine", "ga:77", g.site.Property})
	}
	return choose(g.Rand, []string{"theirs", "ga:78", g.other.Property, "none", "board", "mine%2F..%2Ftheirs", "MINE", "mine%00"})
}

// spoil now and then writes the JSON so that two readers may understand two things.
func (g *hostileGrant) spoil(body string) string {
	if !g.dares() {
		return body
	}
	switch g.IntN(7) {
	case 0:
		return strings.Replace(body, "{", `{"dimensionFilter":{},`, 1)
	case 1:
		return strings.Replace(body, "{", `{"dimension_filter":`+g.text(g.filter(2))+`,`, 1)
	case 2:
		return strings.Replace(body, "{", `{"property":"properties/`+g.other.Property+`","account":"main",`, 1)
	case 3:
		return strings.Replace(body, `"name":"`, `"Name":"`, 1)
	case 4:
		return strings.Replace(body, "}", `,"comparisons":[{"comparison":"comparisons/mobileTraffic"},{"dimensionFilter":`+g.text(g.filter(1))+`}]}`, 1)
	case 5:
		return strings.Replace(body, `"metrics":[`, `"metrics":[{"name":"x","expression":"`+g.metric()+`*2"},`, 1)
	case 6:
		at := g.IntN(len(body))
		return body[:at] + string(rune(32+g.IntN(96))) + body[at+1:]
	}
	return body
}

func (g *hostileGrant) text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// dimension is one that may be named, or else mostly one that may not.
func (g *hostileGrant) dimension() string {
	odd := []string{
		"countryIsoCode", "firstTouchDate", "isConversionEvent", "defaultChannelGrouping", "sessionDefaultChannelGrouping", "firstUserDefaultChannelGrouping",
		"customUser:customer", "dateRange", "minutesAgo", "comparison", "place",
	}
	if g.live {
		return g.field(plainDimensions[1:], world.RealtimeDimensions(), g.hidden.dimensions, odd)
	}
	return g.field(plainDimensions, world.Dimensions(), g.hidden.dimensions, odd)
}

func (g *hostileGrant) metric() string {
	odd := []string{"total", "conversions", "conversions:purchase", "keyEvents:purchase", "sessionConversionRate", "userConversionRate", "calcMetric:x", "sessions:x"}
	if g.live {
		return g.field(plainMetrics[1:], world.RealtimeMetrics(), g.hidden.metrics, odd)
	}
	return g.field(plainMetrics, world.Metrics(), g.hidden.metrics, odd)
}

func (g *hostileGrant) field(plain, all, hidden, odd []string) string {
	if !g.dares() {
		if name := choose(g.Rand, all); g.IntN(3) == 0 && g.shows(name) {
			return name
		}
		return choose(g.Rand, plain)
	}
	switch n := g.IntN(10); {
	case n < 6 && len(hidden) > 0:
		return choose(g.Rand, hidden)
	case n < 9:
		return choose(g.Rand, odd)
	}
	name := choose(g.Rand, all)
	return choose(g.Rand, []string{strings.ToUpper(name), name + " ", name + ":", name + ":x", name + "\x00", "ga:" + name, "properties/1/" + name, "(" + name + ")"})
}

// dares decides whether the next part of the question is hostile.
func (g *hostileGrant) dares() bool { return g.IntN(100) < g.daring }

// query is a report request: mostly one that is answered, of which one part or
// another reaches for more.
func (g *hostileGrant) query() object {
	q := object{"dateRanges": g.dateRanges(), "metrics": names(g.some(3, g.metric))}
	if dimensions := g.some(3, g.dimension); g.IntN(5) > 0 {
		q["dimensions"] = names(dimensions)
	}
	g.refine(q)
	if g.IntN(8) == 0 {
		q["offset"] = g.IntN(30)
	}
	if g.IntN(12) == 0 {
		q["keepEmptyRows"] = true
	}
	if g.IntN(5) == 0 {
		q["comparisons"] = []object{{"name": "a", "dimensionFilter": g.filter(2)}, {"name": choose(g.Rand, []string{"b", "last week", "=1+1"}), "dimensionFilter": g.filter(1)}}
	}
	return q
}

// pivotQuery asks for what query does on one or two axes.
func (g *hostileGrant) pivotQuery() object {
	q := g.query()
	for _, member := range []string{"orderBys", "metricAggregations", "offset", "limit"} {
		delete(q, member)
	}
	if !g.dares() { // filters may read only what is requested
		delete(q, "dimensionFilter")
		delete(q, "metricFilter")
	}
	all, _ := q["dimensions"].([]object)
	var pivots []object
	for i, d := range all {
		if fields := []any{d["name"]}; i < 2 {
			pivots = append(pivots, object{"fieldNames": fields, "limit": 50})
		} else {
			pivots[1]["fieldNames"] = append(pivots[1]["fieldNames"].([]any), d["name"])
		}
	}
	if len(pivots) > 0 && g.dares() {
		pivots[0]["orderBys"] = []object{{"pivot": object{"metricName": g.metric(),
			"pivotSelections": []object{{"dimensionName": g.dimension(), "dimensionValue": "a"}}}}}
	}
	q["pivots"] = pivots
	return q
}

func (g *hostileGrant) compatibility() object {
	q := g.query()
	return object{"metrics": q["metrics"], "dimensions": q["dimensions"], "dimensionFilter": q["dimensionFilter"]}
}

// compute adds columns that are computed of others, and may be called like others.
func (g *hostileGrant) compute(q object) {
	if g.IntN(4) == 0 {
		q["metrics"] = append(q["metrics"].([]object), object{"name": g.ownName("total", g.metric), "invisible": g.IntN(3) == 0,
			"expression": strings.ReplaceAll(choose(g.Rand, []string{"@", "@/sessions", "(@ + 1) * 2.5", "-@", "eventCount - @", "@/@", "total", "@-@"}), "@", g.metric())})
	}
	if all, _ := q["dimensions"].([]object); g.IntN(5) == 0 {
		expression := choose(g.Rand, []object{
			{"lowerCase": object{"dimensionName": g.dimension()}}, {"upperCase": object{"dimensionName": g.dimension()}},
			{"concatenate": object{"dimensionNames": []string{g.dimension(), g.dimension()}, "delimiter": "|"}},
		})
		q["dimensions"] = append(all, object{"name": g.ownName("place", g.dimension), "dimensionExpression": expression})
	}
}

// ownName is a name for an expression: one of its own, or else that of a field,
// such as those that the grant's filters read.
func (g *hostileGrant) ownName(own string, field func() string) string {
	if !g.dares() {
		return own
	}
	if read := slices.Concat(g.view.fields, g.token.fields); len(read) > 0 && g.IntN(2) == 0 {
		return choose(g.Rand, read)
	}
	return field()
}

// refine adds what both kinds of reports have.
func (g *hostileGrant) refine(q object) {
	g.compute(q)
	if g.IntN(2) == 0 {
		q["dimensionFilter"] = g.filter(2)
	}
	if g.IntN(5) == 0 {
		q["metricFilter"] = g.having()
	}
	if g.IntN(3) == 0 {
		q["orderBys"] = []object{g.order(q)}
	}
	if g.IntN(4) == 0 {
		q["metricAggregations"] = []string{choose(g.Rand, []string{"TOTAL", "MAXIMUM", "MINIMUM"})}
	}
	if g.IntN(4) == 0 {
		q["limit"] = choose(g.Rand, []any{1, 5, "20", 250000})
	}
}

func (g *hostileGrant) realtimeQuery() object {
	g.live = true
	q := object{"metrics": names(g.some(2, g.metric)), "dimensions": names(g.some(2, g.dimension))}
	g.refine(q)
	if g.IntN(3) == 0 {
		q["minuteRanges"] = []object{{"startMinutesAgo": g.IntN(31), "endMinutesAgo": 0}}
	}
	return q
}

// some returns up to most different names.
func (g *hostileGrant) some(most int, name func() string) (all []string) {
	for range 1 + g.IntN(most) {
		if n := name(); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func names(all []string) (named []object) {
	for _, name := range all {
		named = append(named, object{"name": name})
	}
	return named
}

func (g *hostileGrant) day() string {
	if !g.dares() {
		return choose(g.Rand, []string{"today", "yesterday"})
	}
	return choose(g.Rand, []string{"today", "yesterday", "3daysAgo", "7daysAgo", "19daysAgo", "30daysAgo", "9999daysAgo", "2026-09-01", "2026-08-10", "20260901"})
}

func (g *hostileGrant) dateRanges() []object {
	ranges := []object{{"startDate": choose(g.Rand, []string{"1daysAgo", "3daysAgo", "7daysAgo", "28daysAgo"}), "endDate": g.day()}}
	if g.IntN(6) == 0 {
		ranges = append(ranges, object{"startDate": choose(g.Rand, []string{"2daysAgo", "15daysAgo", "9999daysAgo"}), "endDate": "today", "name": "before"})
	}
	return ranges
}

// filter is one that tries to get around another.
func (g *hostileGrant) filter(depth int) object {
	list := func() object {
		return object{"expressions": []object{g.filter(depth - 1), g.filter(depth - 1)}}
	}
	switch n := g.IntN(8); {
	case depth == 0 || n < 4:
		return object{"filter": g.condition()}
	case n < 6:
		return object{"orGroup": list()}
	case n < 7:
		return object{"andGroup": list()}
	}
	return object{"notExpression": g.filter(depth - 1)}
}

func (g *hostileGrant) condition() object {
	c := object{"fieldName": g.dimension()}
	switch g.IntN(6) {
	case 0:
		c["inListFilter"] = object{"values": []string{g.value(), g.value()}}
	case 1:
		c["emptyFilter"] = object{}
	case 2:
		c["stringFilter"] = object{"matchType": "PARTIAL_REGEXP", "value": choose(g.Rand, []string{".", ".*|", "^[a-m]", "(?i)u", "(", `\Qx`, ")|(."})}
	case 3:
		c["numericFilter"] = object{"operation": "GREATER_THAN", "value": object{"int64Value": g.IntN(50)}}
	default:
		c["stringFilter"] = object{"matchType": choose(g.Rand, []string{"EXACT", "CONTAINS", "BEGINS_WITH", "ENDS_WITH"}), "value": g.value()}
	}
	return c
}

func (g *hostileGrant) value() string {
	return choose(g.Rand, []string{
		"United States", "Germany", "mobile", "desktop", "Chrome", "Windows", "scroll", "page_view", "/", "organic", "male", "a", "e", "1", "(not set)", "",
		"x,country==United States", "';--", "%", "properties/" + g.other.Property,
	})
}

// having is a filter of metrics, which none of the columns has to show.
func (g *hostileGrant) having() object {
	name := g.metric()
	if g.daring > 0 && g.IntN(3) == 0 && len(g.hidden.metrics) > 0 {
		name = choose(g.Rand, g.hidden.metrics)
	}
	return object{"filter": object{"fieldName": name, "numericFilter": object{
		"operation": choose(g.Rand, []string{"GREATER_THAN", "LESS_THAN", "EQUAL"}), "value": object{"doubleValue": float64(g.IntN(40)) / 2}}}}
}

// order is mostly by a column of the question.
func (g *hostileGrant) order(q object) object {
	by := func(column string, other func() string) string {
		if all, _ := q[column].([]object); len(all) > 0 && !g.dares() {
			return choose(g.Rand, all)["name"].(string)
		}
		return other()
	}
	if g.IntN(2) == 0 {
		return object{"metric": object{"metricName": by("metrics", g.metric)}, "desc": g.IntN(2) == 0}
	}
	return object{"dimension": object{"dimensionName": by("dimensions", g.dimension), "orderType": choose(g.Rand, []string{"ALPHANUMERIC", "NUMERIC"})}}
}

func (g *hostileGrant) dashboard() hostileQuestion {
	v := url.Values{}
	if g.IntN(3) == 0 {
		v.Set("view", g.viewName())
	}
	if g.IntN(2) == 0 {
		v.Set("range", choose(g.Rand, []string{"7d", "28d", "1100d", "2026-08-01..2026-09-10", "2026-09-14..2026-09-14", "x"}))
	}
	if g.IntN(2) == 0 {
		return hostileQuestion{"panel", "GET", "/v1/dashboards/board/panels/" + choose(g.Rand, []string{"1", "2", "3", "4"}) + ":export?" + v.Encode(), ""}
	}
	return hostileQuestion{"dashboard", "GET", "/v1/dashboards/board?" + v.Encode(), ""}
}

func (g *hostileGrant) lists() hostileQuestion {
	return hostileQuestion{"lists", "GET", choose(g.Rand, []string{
		"/v1/views", "/v1/views/" + g.viewName() + "/metadata", "/v1beta/properties/" + g.viewName() + "/metadata", "/v1beta/properties/" + g.viewName(),
		"/v1beta/accountSummaries", "/v3/management/accountSummaries", "/v3/metadata/ga/columns", "/v3/management/accounts/~all/webproperties/~all/profiles",
		"/v3/management/accounts/~all/webproperties/~all/profiles/77/goals", "/v1/dashboards/other", "/embed/board",
	}), ""}
}
