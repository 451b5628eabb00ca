package report

import (
	"regexp"
	"slices"
	"strings"
)

// The values of Google's enums, in the order of their numbers.
var (
	matchTypes = []string{"EXACT", "BEGINS_WITH", "ENDS_WITH", "CONTAINS", "FULL_REGEXP", "PARTIAL_REGEXP"}
	operations = []string{"EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"}
	orderTypes = []string{"ALPHANUMERIC", "CASE_INSENSITIVE_ALPHANUMERIC", "NUMERIC"}

	compatibilities = []string{"COMPATIBLE", "INCOMPATIBLE"}
	aggregations    = []string{string(Total), "", "", string(Count), string(Minimum), string(Maximum)}
)

var (
	fieldName    = regexp.MustCompile(`^[A-Za-z0-9_:\[\]-]{1,100}$`)
	aliasName    = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
)

// maxMinutesAgo is how far back realtime reaches in a property of Google Analytics 360. In a standard property it is 29,
// but only Google knows which kind a property is.
const maxMinutesAgo = 59

// Validate checks what can be checked without knowing the property: shape, names and limits. For dates see ResolveDate.
// The error is the first that Google would find, Invalid and in Google's words where they are known.
func (q Query) Validate() error {
	return firstOf(
		q.checkNames, q.checkExpressions, q.checkRows, q.checkDateRanges, q.checkMinuteRanges, q.checkCardinality,
		q.checkFilters, q.checkComparisons, q.checkOrderBys, q.checkAggregations, q.checkCurrency, q.checkPivots,
	)
}

// ValidateFields checks only the fields that q names, as Validate does, without days and rows.
func (q Query) ValidateFields() error {
	return firstOf(q.checkNames, q.checkExpressions, q.checkMost, q.checkFilters)
}

// firstOf returns the first error of some checks.
func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// countTrue returns how many of some conditions hold.
func countTrue(conditions ...bool) int {
	n := 0
	for _, is := range conditions {
		if is {
			n++
		}
	}
	return n
}

// checkNames checks the form of field names, and that no two columns have the same name.
func (q Query) checkNames() error {
	var dims, metrics []string
	for _, d := range q.Dimensions {
		if d.Expression == nil && !fieldName.MatchString(d.Name) {
			return invalidField("dimension", d.Name)
		}
		if slices.Contains(dims, d.Name) {
			return Errorf(Invalid, "Found duplicate dimensions: %s", Truncate(d.Name))
		}
		dims = append(dims, d.Name)
	}
	for _, m := range q.Metrics {
		if m.Expression == "" && !fieldName.MatchString(m.Name) {
			return invalidField("metric", m.Name)
		}
		if slices.Contains(metrics, m.Name) {
			return Errorf(Invalid, "Duplicate metrics are not allowed. Found duplicate metrics: %s", Truncate(m.Name))
		}
		metrics = append(metrics, m.Name)
	}
	return nil
}

func invalidField(kind, name string) error {
	return Errorf(Invalid, "Field %s is not a valid %s. For a list of valid dimensions and metrics, see "+
		"https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema", Truncate(name), kind)
}

func (q Query) checkRows() error {
	switch {
	case q.Limit < 0:
		return Errorf(Invalid, "limit must be positive. The API received limit = %d", q.Limit)
	case q.Offset < 0:
		return Errorf(Invalid, "offset must be positive. The API received offset = %d", q.Offset)
	case q.Realtime && q.Offset != 0:
		return Errorf(Invalid, "A realtime report has no offset.")
	}
	return nil
}

func (q Query) checkDateRanges() error {
	switch {
	case q.Realtime && len(q.DateRanges) > 0:
		return Errorf(Invalid, "A realtime report has no dateRanges: use minuteRanges.")
	case q.Realtime:
		return nil
	case len(q.DateRanges) == 0:
		return Errorf(Invalid, "A dateRange is required.")
	case len(q.DateRanges) > MaxDateRanges:
		return Errorf(Invalid, "Requests are limited to %d dateRanges.\n  This request contains %d dateRanges.", MaxDateRanges, len(q.DateRanges))
	}
	names := make([]string, len(q.DateRanges))
	for i, r := range q.DateRanges {
		if r.StartDate == "" || r.EndDate == "" {
			return Errorf(Invalid, "A dateRange needs startDate and endDate.")
		}
		names[i] = r.Name
	}
	return checkRangeNames("dateRange", names)
}

// maxLabel bounds the bytes of a text that a report repeats in each row.
const maxLabel = 200

func checkRangeNames(kind string, names []string) error {
	for i, name := range names {
		switch {
		case name == "":
		case len(name) > maxLabel:
			return Errorf(Invalid, "The name %s of a %s is longer than %d bytes.", quote(name), kind, maxLabel)
		case strings.HasPrefix(name, "date_range_"), strings.HasPrefix(name, "RESERVED_"):
			return Errorf(Invalid, "The name %s of a %s must not begin with date_range_ or RESERVED_.", quote(name), kind)
		case slices.Contains(names[:i], name):
			return Errorf(Invalid, "Two ranges have the name %s.", quote(name))
		}
	}
	return nil
}

func (q Query) checkMinuteRanges() error {
	switch {
	case !q.Realtime && len(q.MinuteRanges) > 0:
		return Errorf(Invalid, "Only a realtime report has minuteRanges: use dateRanges.")
	case len(q.MinuteRanges) > MaxMinuteRanges:
		return Errorf(Invalid, "Requests are limited to %d minuteRanges.\n  This request contains %d minuteRanges.", MaxMinuteRanges, len(q.MinuteRanges))
	}
	names := make([]string, len(q.MinuteRanges))
	for i, r := range q.MinuteRanges {
		start, end := r.bounds()
		if end < 0 || start > maxMinutesAgo || start < end {
			return Errorf(Invalid, "A minuteRange must have %d ≥ startMinutesAgo ≥ endMinutesAgo ≥ 0; this one has %d and %d.", maxMinutesAgo, start, end)
		}
		names[i] = r.Name
	}
	return checkRangeNames("minuteRange", names)
}

func (q Query) checkCardinality() error {
	if len(q.Dimensions)+len(q.Metrics) == 0 {
		return Errorf(Invalid, "Requests require dimensions and/or metrics. Most requests include both.")
	}
	return q.checkMost()
}

func (q Query) checkMost() error {
	switch {
	case len(q.Dimensions) > MaxDimensions:
		return Errorf(Invalid, "Requests are limited to %d dimensions within a nested request.\n  This request is for %d dimensions.", MaxDimensions, len(q.Dimensions))
	case len(q.Metrics) > MaxMetrics:
		return Errorf(Invalid, "Requests are limited to %d metrics within a nested request.\n  This request is for %d metrics.", MaxMetrics, len(q.Metrics))
	}
	return nil
}

func (q Query) checkOrderBys() error {
	if slices.ContainsFunc(q.OrderBys, func(o OrderBy) bool { return o.Pivot != nil }) {
		return Errorf(Invalid, "An orderBy of a pivot belongs in a pivot.")
	}
	return q.checkOrders(q.OrderBys)
}

func (q Query) checkOrders(orders []OrderBy) error {
	if len(orders) > MaxDimensions+MaxMetrics {
		return Errorf(Invalid, "A request cannot have more orderBys than dimensions and metrics.")
	}
	for _, o := range orders {
		name, known := "", false
		switch {
		case countTrue(o.Metric != nil, o.Dimension != nil, o.Pivot != nil) != 1:
			return Errorf(Invalid, "An orderBy needs exactly one of metric and dimension.")
		case o.Metric != nil:
			name, known = o.Metric.MetricName, q.hasMetric(o.Metric.MetricName)
		case o.Dimension != nil:
			name, known = o.Dimension.DimensionName, q.hasColumn(o.Dimension.DimensionName)
			if t := o.Dimension.OrderType; t != "" && !slices.Contains(orderTypes, t) {
				return Errorf(Invalid, "%s is not an orderType.", quote(t))
			}
		default:
			name, known = q.pivotOrderField(o.Pivot)
		}
		if !known {
			return Errorf(Invalid, "Field %s exists in OrderBy but is not defined in input Dimensions/Metrics list", Truncate(name))
		}
	}
	return nil
}

func (q Query) checkAggregations() error {
	for _, a := range q.MetricAggregations {
		switch a {
		case Total, Minimum, Maximum:
		case Count:
			return Errorf(Invalid, "Metric aggregation Count is not supported in ReportRequest.")
		default:
			return Errorf(Invalid, "%s is not a metric aggregation.", quote(string(a)))
		}
	}
	return nil
}

func (q Query) checkCurrency() error {
	switch {
	case q.Realtime && (q.CurrencyCode != "" || q.KeepEmptyRows):
		return Errorf(Invalid, "A realtime report has neither currencyCode nor keepEmptyRows.")
	case q.CurrencyCode != "" && !currencyCode.MatchString(q.CurrencyCode):
		return Errorf(Invalid, "The currencyCode %s is not one of ISO 4217, such as EUR.", quote(q.CurrencyCode))
	}
	return nil
}
