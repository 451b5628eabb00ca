package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A Refusal is why a question is not split into days, or not asked as one with others; empty if it can be.
type Refusal string

// Why a question is asked as it is.
const (
	// Realtime has minutes, not days.
	realtime Refusal = "realtime"
	// Rows of several ranges are mixed.
	ranges Refusal = "not one range of dates"
	// A row without a day counts all days.
	noDay Refusal = "no day among the dimensions"
	// A row of such a dimension depends on other days than its own: its place in the range, a cohort, an
	// audience's members as of now, or what Google withholds by the number of users in the whole range.
	dimensionAcross Refusal = "a dimension that other days decide"
	// Rolling and cohort metrics count users of other days.
	metricAcross Refusal = "a metric that counts other days"
	// Totals of distinct counts and of ratios are no sums of rows.
	notAdditive Refusal = "totals that are no sums"
	// The least and largest value is of the rows of all days.
	extremes Refusal = "minimums or maximums"
	// Rows of a day are together only if the day orders first.
	order Refusal = "not ordered by day"
	// A page of rows holds some days and not others. What a limit cuts shows in the answer, see readAnswer and
	// merge.
	page Refusal = "an offset"
	// Google decides over the whole range which rows are empty.
	emptyRows Refusal = "empty rows"
	// An expression's values need not add up, nor mean the same over other days: a ratio of distinct counts, a
	// case of letters that folds two values.
	expressions Refusal = "an expression"
	// An invisible metric decides which rows there are, and in which order, and is not in the answer.
	invisible Refusal = "an invisible metric"
	// Rows of several comparisons are mixed.
	comparisons Refusal = "comparisons"
	// The rows of a pivot report are ordered by several axes.
	pivots Refusal = "pivots"
	// A range of one day cannot be split.
	oneDay Refusal = "one day"
)

// refuseDerived returns what in q is more than columns of fields: only for these it is proven that days and
// metrics can be split.
func refuseDerived(q report.Query) Refusal {
	switch {
	case len(q.Pivots) > 0:
		return pivots
	case len(q.Comparisons) > 0:
		return comparisons
	case slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Expression != nil }),
		slices.ContainsFunc(q.Metrics, func(m report.Metric) bool { return m.Expression != "" }):
		return expressions
	case slices.ContainsFunc(q.Metrics, func(m report.Metric) bool { return m.Invisible }):
		return invisible
	}
	return ""
}

// refuseSlices returns why q cannot be put together from days.
func refuseSlices(q report.Query) Refusal {
	switch {
	case q.Realtime:
		return realtime
	case len(q.DateRanges) != 1:
		return ranges
	case q.DateRanges[0].Name != "" || q.DateRanges[0].StartDate >= q.DateRanges[0].EndDate:
		return oneDay
	case dayColumn(q) < 0:
		return noDay
	case q.KeepEmptyRows:
		return emptyRows
	case q.Offset != 0:
		return page
	}
	for _, refuse := range []func(report.Query) Refusal{refuseDerived, refuseFields, refuseOrder, refuseAggregations} {
		if r := refuse(q); r != "" {
			return r
		}
	}
	return ""
}

// dayColumn is the dimension whose first eight digits are the row's day.
func dayColumn(q report.Query) int {
	return slices.IndexFunc(q.Dimensions, func(d report.Dimension) bool {
		return d.Name == "date" || d.Name == "dateHour" || d.Name == "dateHourMinute"
	})
}

func refuseFields(q report.Query) Refusal {
	for _, d := range q.Dimensions {
		if !ownDay(d.Name) {
			return dimensionAcross
		}
	}
	for _, field := range fieldsOf(q.DimensionFilter) {
		if !ownDay(field) {
			return dimensionAcross
		}
	}
	for _, m := range q.Metrics {
		if !metricOfDay(m.Name) {
			return metricAcross
		}
	}
	return ""
}

// eventScoped are dimensions that Google stamps on each event, so that a row reads the events of its own day
// only. Others are refused: cohorts, nthDay and the like, audiences, demographics, user properties, and new
// names. Source: Data API, "API Dimensions & Metrics".
var eventScoped = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`date|dateHour|dateHourMinute|day|dayOfWeek|dayOfWeekName|hour|minute|isoWeek|isoYear|isoYearIsoWeek|month|week|year|yearMonth|yearWeek`,
	`continent|continentId|country|countryId|region|city|cityId|language|languageCode`,
	`browser|deviceCategory|deviceModel|mobileDevice(?:Branding|MarketingName|Model)|operatingSystem(?:Version|WithVersion)?`,
	`platform|platformDeviceCategory|screenResolution|appVersion|streamId|streamName`,
	`hostName|pagePath|pagePathPlusQueryString|pageTitle|pageLocation|pageReferrer|fullPageUrl|contentGroup|contentId|contentType`,
	`unifiedPagePathScreen|unifiedPageScreen|unifiedScreenClass|unifiedScreenName`,
	`eventName|isKeyEvent|linkClasses|linkDomain|linkId|linkText|linkUrl|outbound|fileExtension|fileName|searchTerm|percentScrolled|method`,
	`video(?:Provider|Title|Url)|visible|newVsReturning`,
	`session(?:Source|Medium|SourceMedium|SourcePlatform|CampaignId|CampaignName|DefaultChannelGroup|PrimaryChannelGroup|Manual\w+)`,
	`firstUser(?:Source|Medium|SourceMedium|SourcePlatform|CampaignId|CampaignName|DefaultChannelGroup|PrimaryChannelGroup|Manual\w+)`,
	`customEvent:\w+`,
}, `|`) + `)$`)

func ownDay(dimension string) bool { return eventScoped.MatchString(dimension) }

// fieldsOf returns the fields that a filter reads.
func fieldsOf(f *report.Filter) []string {
	var names []string
	f.Walk(func(c *report.Condition) { names = append(names, c.FieldName) })
	return names
}

// additive are the metrics whose sum over rows is, in whole numbers, the total that Google gives. Sessions and
// users are not: one can be in several rows.
var additive = map[string]bool{"screenPageViews": true, "eventCount": true}

// perDay are the metrics that a row with a day in it computes from the events of that day: all but those that
// look back (active7DayUsers, dauPerMau …), cohorts, calculated metrics and new names.
var perDay = map[string]bool{
	"activeUsers": true, "totalUsers": true, "newUsers": true, "sessions": true, "engagedSessions": true,
	"engagementRate": true, "bounceRate": true, "averageSessionDuration": true, "userEngagementDuration": true,
	"sessionsPerUser": true, "screenPageViews": true, "screenPageViewsPerSession": true, "screenPageViewsPerUser": true,
	"eventCount": true, "eventsPerSession": true, "eventCountPerUser": true, "eventValue": true,
	"keyEvents": true, "sessionKeyEventRate": true, "userKeyEventRate": true, "scrolledUsers": true,
	"ecommercePurchases": true, "transactions": true, "totalPurchasers": true, "purchaseRevenue": true, "totalRevenue": true,
	"averagePurchaseRevenue": true, "addToCarts": true, "checkouts": true,
}

func metricOfDay(name string) bool {
	base, _, _ := strings.Cut(name, ":") // keyEvents:purchase
	return perDay[base]
}

func refuseOrder(q report.Query) Refusal {
	if len(q.OrderBys) == 0 || q.OrderBys[0].Dimension == nil {
		return order
	}
	if q.OrderBys[0].Dimension.DimensionName != q.Dimensions[dayColumn(q)].Name {
		return order
	}
	return ""
}

func refuseAggregations(q report.Query) Refusal {
	if len(q.MetricAggregations) == 0 {
		return ""
	}
	for _, a := range q.MetricAggregations {
		if a != report.Total {
			return extremes
		}
	}
	for _, m := range q.Metrics {
		if !additive[m.Name] {
			return notAdditive
		}
	}
	if q.MetricFilter != nil {
		return notAdditive // undocumented what it is a total of
	}
	return ""
}

// daysOf returns the days of a query's one range.
func daysOf(q report.Query) ([]report.Date, bool) {
	first, err := report.ParseDate(q.DateRanges[0].StartDate)
	if err != nil {
		return nil, false
	}
	last, err := report.ParseDate(q.DateRanges[0].EndDate)
	if err != nil || last.Before(first) || first.DaysUntil(last) > maxDays {
		return nil, false
	}
	var days []report.Date
	for d := first; !d.After(last); d = d.AddDays(1) {
		days = append(days, d)
	}
	return days, true
}

// maxDays bounds the work of putting an answer together.
const maxDays = 800
