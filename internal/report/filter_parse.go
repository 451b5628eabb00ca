package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFilterTerms bounds the terms of a filter's text; maxText bounds its length.
const maxFilterTerms = 100

// ParseFilter parses a filter of dimensions, written in the grammar of the Core Reporting API v3 over GA4's names:
//
//	country==New Zealand;deviceCategory!=mobile,browser=@Chrome
//
// means (country is New Zealand) and (deviceCategory is not mobile or browser contains Chrome). The operators are == != =@
// !@ (contains) =~ !~ (contains a match of an RE2 expression), which ignore case as GA4 does by default, and for dimensions
// that are numbers or dates > < >= <=. In a value "\,", "\;" and "\\" stand for the character itself.
//
// What v3 accepted but is surely a mistake is refused: an empty filter, an empty value, spaces around a value. Errors are
// Invalid and name the place. The result passes Validate as a dimensionFilter.
func ParseFilter(s string) (*Filter, error) {
	return parseFilter(s, FilterTerm.dimensionFilter)
}

// ParseMetricFilter parses a filter of metrics as ParseFilter parses one of dimensions. The operators are == != > < >= <=,
// the values numbers: sessions>=10.
func ParseMetricFilter(s string) (*Filter, error) {
	return parseFilter(s, FilterTerm.metricFilter)
}

func parseFilter(s string, convert func(FilterTerm) (*Filter, error)) (*Filter, error) {
	switch {
	case strings.TrimSpace(s) == "":
		return nil, Errorf(Invalid, "The filter is empty: leave it out, or write one such as country==New Zealand.")
	case len(s) > maxText:
		return nil, Errorf(Invalid, "The filter has %d bytes; at most %d are read.", len(s), maxText)
	case !utf8.ValidString(s):
		return nil, Errorf(Invalid, "The filter is not UTF-8.")
	}
	groups := ReadFilterTerms(s)
	if n := len(slices.Concat(groups...)); n > maxFilterTerms {
		return nil, Errorf(Invalid, "The filter has %d comparisons; at most %d are read.", n, maxFilterTerms)
	}
	var ands []*Filter
	for _, group := range groups {
		var ors []*Filter
		for _, t := range group {
			f, err := convert(t)
			if err != nil {
				position := utf8.RuneCountInString(s[:t.At]) + 1
				return nil, Errorf(Invalid, "The filter's %s, at character %d: %s", quote(t.Written), position, AsError(err).Message)
			}
			ors = append(ors, f)
		}
		ands = append(ands, join(ors, func(l *FilterList) *Filter { return &Filter{OrGroup: l} }))
	}
	return And(ands...), nil
}

// check refuses what is wrong in a filter of any kind of field.
func (t FilterTerm) check() error {
	switch {
	case strings.TrimSpace(t.Written) == "":
		return Errorf(Invalid, `there is no comparison. A "," or ";" that belongs to a value is written "\," or "\;".`)
	case t.Op == "":
		return Errorf(Invalid, `there is no operator. Write a field, one of %s, and a value; a "," or ";" that belongs to a value is written "\," or "\;".`,
			strings.Join(filterOperators, " "))
	case !fieldName.MatchString(t.Field):
		return Errorf(Invalid, "%s is not the name of a field.", quote(t.Field))
	case isUniversal(t.Field):
		return Errorf(Invalid, "%s is a name of Universal Analytics: write GA4's, such as country for ga:country.", t.Field)
	case t.Value == "":
		return Errorf(Invalid, "the value is missing. To ask for rows without one, write %s=~^$, or (not set), which is what GA4 mostly says.", t.Field)
	case strings.TrimSpace(t.Value) != t.Value:
		return Errorf(Invalid, "there is space around the value: leave it out.")
	}
	return nil
}

func isUniversal(field string) bool {
	prefix, _, found := strings.Cut(field, ":")
	return found && (strings.EqualFold(prefix, "ga") || strings.EqualFold(prefix, "rt"))
}

var textMatches = map[string]string{"==": "EXACT", "!=": "EXACT", "=@": "CONTAINS", "!@": "CONTAINS", "=~": "PARTIAL_REGEXP", "!~": "PARTIAL_REGEXP"}

func (t FilterTerm) dimensionFilter() (*Filter, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if isMetric(t.Field) {
		return nil, Errorf(Invalid, "%s is a metric, and this filter takes dimensions, such as country.", t.Field)
	}
	match, ok := textMatches[t.Op]
	if !ok {
		return t.numericDimensionFilter()
	}
	f := &Filter{Condition: &Condition{FieldName: t.Field, String: &StringFilter{MatchType: match, Value: t.Value}}}
	return t.negated(f), f.check(1)
}

// numericDimensions hold numbers or dates, so numericFilter applies to them. Source: Data API, Filter.NumericFilter
// ("numeric or date values") and the API schema.
var numericDimensions = []string{
	"date", "dateHour", "dateHourMinute", "day", "dayOfWeek", "firstSessionDate", "hour", "isoWeek", "isoYear", "isoYearIsoWeek", "itemListPosition",
	"minute", "minutesAgo", "month", "nthDay", "nthHour", "nthMinute", "nthMonth", "nthWeek", "nthYear", "percentScrolled", "week", "year", "yearMonth", "yearWeek",
}

func (t FilterTerm) numericDimensionFilter() (*Filter, error) {
	if !slices.Contains(numericDimensions, t.Field) {
		return nil, Errorf(Invalid, "GA4 compares %s as text: use ==, !=, =@, !@, =~ or !~. By %s it compares dates and numbers: %s.",
			t.Field, t.Op, strings.Join(numericDimensions, ", "))
	}
	return t.numericFilter()
}

func (t FilterTerm) metricFilter() (*Filter, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return t.numericFilter()
}

var numberOperations = map[string]string{
	"==": "EQUAL", "!=": "EQUAL", ">": "GREATER_THAN", "<": "LESS_THAN", ">=": "GREATER_THAN_OR_EQUAL", "<=": "LESS_THAN_OR_EQUAL",
}

func (t FilterTerm) numericFilter() (*Filter, error) {
	operation, ok := numberOperations[t.Op]
	if !ok {
		return nil, Errorf(Invalid, "%s is a metric here, and metrics are compared by ==, !=, >, <, >= or <=.", t.Field)
	}
	value, err := parseNumber(t.Value)
	if err != nil {
		return nil, err
	}
	f := &Filter{Condition: &Condition{FieldName: t.Field, Numeric: &NumericFilter{Operation: operation, Value: value}}}
	return t.negated(f), nil
}

func parseNumber(s string) (NumericValue, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return NumericValue{Int64: new(Int64(n))}, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return NumericValue{}, Errorf(Invalid, "%s is not a number: write one such as 10 or 0.5.", quote(s))
	}
	return NumericValue{Double: &v}, nil
}

// negated returns the negation of f if the operator begins with "!", else f.
func (t FilterTerm) negated(f *Filter) *Filter {
	if t.Op[0] != '!' {
		return f
	}
	return &Filter{Not: f}
}

// A WrittenFilter is a filter in JSON that people write: text for ParseFilter, or Google's FilterExpression as an object. It
// marshals as the object, and null is refused: leave it out.
type WrittenFilter struct{ *Filter }

// MarshalJSON writes the object.
func (w WrittenFilter) MarshalJSON() ([]byte, error) { return json.Marshal(w.Filter) }

// UnmarshalJSON reads either form. Unknown and duplicate members are errors, so that no narrowing is silently dropped. Errors
// are *Error, Invalid. Validate checks the shape of an object.
func (w *WrittenFilter) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return Errorf(Invalid, "The filter is null: leave it out, or write one such as country==New Zealand.")
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		f, err := ParseFilter(text)
		if err == nil {
			w.Filter = f
		}
		return err
	}
	f, err := filterExpressions.Read(b, "filter")
	if err != nil {
		return Errorf(Invalid, "%s", err)
	}
	w.Filter = &f
	return nil
}

// metricNames are Google's metrics, for a helpful error when a filter of dimensions names one. Source: metrics of
// properties/0/metadata.
var metricNames = []string{
	"active1DayUsers", "active28DayUsers", "active7DayUsers", "activeUsers", "adUnitExposure", "addToCarts", "advertiserAdClicks", "advertiserAdCost",
	"advertiserAdCostPerClick", "advertiserAdCostPerKeyEvent", "advertiserAdImpressions", "averagePurchaseRevenue", "averagePurchaseRevenuePerPayingUser",
	"averagePurchaseRevenuePerUser", "averageRevenuePerUser", "averageSessionDuration", "bounceRate", "cartToViewRate", "checkouts", "cohortActiveUsers",
	"cohortTotalUsers", "crashAffectedUsers", "crashFreeUsersRate", "dauPerMau", "dauPerWau", "ecommercePurchases", "engagedSessions", "engagementRate",
	"eventCount", "eventCountPerUser", "eventValue", "eventsPerSession", "firstTimePurchaserRate", "firstTimePurchasers", "firstTimePurchasersPerNewUser",
	"grossItemRevenue", "grossPurchaseRevenue", "itemDiscountAmount", "itemListClickEvents", "itemListClickThroughRate", "itemListViewEvents",
	"itemPromotionClickThroughRate", "itemRefundAmount", "itemRevenue", "itemViewEvents", "itemsAddedToCart", "itemsCheckedOut", "itemsClickedInList",
	"itemsClickedInPromotion", "itemsPurchased", "itemsViewed", "itemsViewedInList", "itemsViewedInPromotion", "keyEvents", "newUsers",
	"organicGoogleSearchAveragePosition", "organicGoogleSearchClickThroughRate", "organicGoogleSearchClicks", "organicGoogleSearchImpressions",
	"promotionClicks", "promotionViews", "publisherAdClicks", "publisherAdImpressions", "purchaseRevenue", "purchaseToViewRate", "purchaserRate",
	"refundAmount", "returnOnAdSpend", "screenPageViews", "screenPageViewsPerSession", "screenPageViewsPerUser", "scrolledUsers", "sessionKeyEventRate",
	"sessions", "sessionsPerUser", "shippingAmount", "taxAmount", "totalAdRevenue", "totalPurchasers", "totalRevenue", "totalUsers", "transactions",
	"transactionsPerPurchaser", "userEngagementDuration", "userKeyEventRate", "wauPerMau",
}

func isMetric(name string) bool { return slices.Contains(metricNames, name) }
