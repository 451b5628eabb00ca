package ua

import (
	"cmp"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Limits of v4. Source: Analytics Reporting API v4, discovery revision 20211020.
const (
	maxRanges          = 2
	maxDimensionsV4    = 9
	maxMetricsV4       = 10
	maxSegments        = 4
	maxPivots          = 2
	maxPivotDimensions = 4
	defaultGroupCount  = 10
	maxGroupCount      = 1000
	defaultPageSize    = 1000
	maxPageSize        = 100_000 // more is silently reduced, as v4 did

	// maxQueries bounds the GA4 queries of one batch: our own limit.
	maxQueries = 60
	// maxCells bounds the cells of a pivot: likewise.
	maxCells = 500_000
)

// A Batch is the request of reports:batchGet, read and checked as far as can be
// without knowing the view.
type Batch struct {
	body   batchRequest
	format responseFormat
}

type batchRequest struct {
	ReportRequests    []reportRequest `json:"reportRequests" most:"5"`
	UseResourceQuotas bool            `json:"useResourceQuotas"` // accepted: there is no such choice
}

type reportRequest struct {
	ViewID                 string                  `json:"viewId"`
	DateRanges             []dateRange             `json:"dateRanges"`
	SamplingLevel          string                  `json:"samplingLevel" enum:"SamplingLevel"` // accepted likewise
	Dimensions             []dimensionRequest      `json:"dimensions"`
	DimensionFilterClauses []dimensionFilterClause `json:"dimensionFilterClauses"`
	Metrics                []metricRequest         `json:"metrics"`
	MetricFilterClauses    []metricFilterClause    `json:"metricFilterClauses"`
	FiltersExpression      string                  `json:"filtersExpression"`
	OrderBys               []orderBy               `json:"orderBys"`
	Segments               []segmentRequest        `json:"segments"`
	Pivots                 []pivotRequest          `json:"pivots"`
	CohortGroup            any                     `json:"cohortGroup"`
	PageToken              string                  `json:"pageToken"`
	PageSize               int                     `json:"pageSize"`
	IncludeEmptyRows       bool                    `json:"includeEmptyRows"`
	HideTotals             bool                    `json:"hideTotals"`
	HideValueRanges        bool                    `json:"hideValueRanges"`
}

type dateRange struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
}

type dimensionRequest struct {
	Name             string   `json:"name"`
	HistogramBuckets []string `json:"histogramBuckets"`
}

type dimensionFilterClause struct {
	Operator string            `json:"operator" enum:"FilterLogicalOperator"`
	Filters  []dimensionFilter `json:"filters"`
}

type dimensionFilter struct {
	DimensionName string   `json:"dimensionName"`
	Not           bool     `json:"not"`
	Operator      string   `json:"operator" enum:"DimensionFilterOperator"`
	Expressions   []string `json:"expressions"`
	CaseSensitive bool     `json:"caseSensitive"`
}

type metricRequest struct {
	Expression     string `json:"expression"`
	Alias          string `json:"alias"`
	FormattingType string `json:"formattingType" enum:"MetricType"`
}

type metricFilterClause struct {
	Operator string         `json:"operator" enum:"FilterLogicalOperator"`
	Filters  []metricFilter `json:"filters"`
}

type metricFilter struct {
	MetricName      string `json:"metricName"`
	Not             bool   `json:"not"`
	Operator        string `json:"operator" enum:"MetricFilterOperator"`
	ComparisonValue string `json:"comparisonValue"`
}

type orderBy struct {
	FieldName string `json:"fieldName"`
	OrderType string `json:"orderType" enum:"OrderType"`
	SortOrder string `json:"sortOrder" enum:"SortOrder"`
}

type segmentRequest struct {
	SegmentID      string `json:"segmentId"`
	DynamicSegment any    `json:"dynamicSegment"`
}

type pivotRequest struct {
	Dimensions             []dimensionRequest      `json:"dimensions"`
	DimensionFilterClauses []dimensionFilterClause `json:"dimensionFilterClauses"`
	Metrics                []metricRequest         `json:"metrics"`
	StartGroup             int                     `json:"startGroup"`
	MaxGroupCount          int                     `json:"maxGroupCount"`
}

var viewPattern = regexp.MustCompile(`^(ga:)?[0-9]{1,20}$`)

// ParseBatch reads POST /v4/reports:batchGet: its body, and of its parameters what
// every method of Google's has. Errors are *Error.
func ParseBatch(v url.Values, body []byte) (Batch, error) {
	p := &parser{values: v}
	b := Batch{format: p.formatFor(batchMembers)}
	if p.err != nil {
		return Batch{}, p.err
	}
	var err error
	if b.body, err = batches.Read(body, ""); err != nil {
		return Batch{}, badRequest("%s", err)
	}
	return b, b.check()
}

// View returns the view of the batch, in v3's form: ga:123.
func (b Batch) View() string {
	return "ga:" + strings.TrimPrefix(b.body.ReportRequests[0].ViewID, "ga:")
}

func (b Batch) check() error {
	all := b.body.ReportRequests
	if len(all) == 0 {
		return badRequest("The request needs at least one of reportRequests.")
	}
	for _, r := range all {
		if field := r.differs(all[0]); field != "" {
			return badRequest("All requests in the batch request should have the same %s.", field)
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// differs returns a member that differs and must be the same in all requests of a
// batch; empty for none.
func (r reportRequest) differs(from reportRequest) string {
	for _, same := range []struct {
		name string
		a, b any
	}{
		{"viewId", strings.TrimPrefix(r.ViewID, "ga:"), strings.TrimPrefix(from.ViewID, "ga:")},
		{"dateRanges", r.ranges(), from.ranges()},
		{"segments", r.Segments, from.Segments},
		{"samplingLevel", cmp.Or(r.SamplingLevel, "DEFAULT"), cmp.Or(from.SamplingLevel, "DEFAULT")},
		{"cohortGroup", r.CohortGroup, from.CohortGroup},
	} {
		if !reflect.DeepEqual(same.a, same.b) {
			return same.name
		}
	}
	return ""
}

// ranges returns the date ranges with v4's defaults filled in.
func (r reportRequest) ranges() []dateRange {
	if len(r.DateRanges) == 0 {
		return []dateRange{{"7daysAgo", "yesterday"}}
	}
	ranges := make([]dateRange, len(r.DateRanges))
	for i, d := range r.DateRanges {
		ranges[i] = dateRange{cmp.Or(dateOf(d.StartDate), "7daysAgo"), cmp.Or(dateOf(d.EndDate), "yesterday")}
	}
	return ranges
}

func (r reportRequest) check() error {
	dimensions, metrics := len(r.Dimensions), len(r.Metrics)
	for _, p := range r.Pivots {
		dimensions, metrics = dimensions+len(p.Dimensions), metrics+len(p.Metrics)
		if err := p.check(); err != nil {
			return err
		}
	}
	switch {
	case r.ViewID == "":
		return badRequest("The request needs a viewId.")
	case !viewPattern.MatchString(r.ViewID):
		return badRequest("Invalid value '%s' for viewId: it is the number of a view, such as 123 or ga:123.", report.Truncate(r.ViewID))
	case r.CohortGroup != nil:
		return badRequest("cohortGroup cannot be answered here: cohorts of Google Analytics 4 are not those of Universal Analytics. " +
			"Use ga:userType, or Google Analytics 4's own cohort reports.")
	case len(r.Metrics) == 0:
		return badRequest("The request needs at least one metric.")
	}
	for _, most := range []struct {
		what    string
		n, most int
	}{
		{"dateRanges", len(r.DateRanges), maxRanges},
		{"dimensions", dimensions, maxDimensionsV4},
		{"metrics", metrics, maxMetricsV4},
		{"segments", len(r.Segments), maxSegments},
		{"pivots", len(r.Pivots), maxPivots},
		{"orderBys", len(r.OrderBys), maxDimensionsV4 + maxMetricsV4},
		{"filters", r.filters(), maxConditions},
	} {
		if most.n > most.most {
			return badRequest("Too many %s: a maximum of %d is allowed, this request has %d.", most.what, most.most, most.n)
		}
	}
	if alias := r.ambiguous(); alias != "" {
		return badRequest("The alias %s is the name of another column.", report.Truncate(alias))
	}
	_, err := r.start()
	return err
}

// ambiguous returns an alias that is the name of another column; empty for none.
func (r reportRequest) ambiguous() string {
	for i, m := range r.Metrics {
		same := func(name string) bool { return m.Alias != "" && strings.EqualFold(strings.TrimSpace(name), m.Alias) }
		for j, other := range r.Metrics {
			if i != j && (same(other.Alias) || same(other.Expression)) {
				return m.Alias
			}
		}
		if slices.ContainsFunc(r.Dimensions, func(d dimensionRequest) bool { return same(d.Name) }) {
			return m.Alias
		}
	}
	return ""
}

// filters counts the filters in all clauses.
func (r reportRequest) filters() int {
	n := 0
	for _, c := range r.MetricFilterClauses {
		n += len(c.Filters)
	}
	for _, c := range r.DimensionFilterClauses {
		n += len(c.Filters)
	}
	for _, p := range r.Pivots {
		for _, c := range p.DimensionFilterClauses {
			n += len(c.Filters)
		}
	}
	return n
}

func (p pivotRequest) check() error {
	switch {
	case len(p.Dimensions) == 0:
		return badRequest("A pivot needs at least one dimension.")
	case len(p.Dimensions) > maxPivotDimensions:
		return badRequest("Too many dimensions in a pivot: a maximum of %d is allowed, this one has %d.", maxPivotDimensions, len(p.Dimensions))
	case len(p.Metrics) == 0:
		return badRequest("A pivot needs at least one metric.")
	case p.StartGroup < 0, p.MaxGroupCount < 0:
		return badRequest("startGroup and maxGroupCount of a pivot must not be negative.")
	case p.MaxGroupCount > maxGroupCount:
		return badRequest("Invalid maxGroupCount %d of a pivot: a maximum of %d is allowed.", p.MaxGroupCount, maxGroupCount)
	}
	return nil
}

// start returns the number of rows before the page, which is the page's token.
func (r reportRequest) start() (int, error) {
	if r.PageSize < 0 {
		return 0, badRequest("Invalid pageSize %d: it must not be negative.", r.PageSize)
	}
	if r.PageToken == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(r.PageToken)
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0, badRequest("Invalid pageToken '%s': send the nextPageToken of an answer.", report.Truncate(r.PageToken))
	}
	return n, nil
}

func (r reportRequest) size() int {
	if r.PageSize == 0 {
		return defaultPageSize
	}
	return min(r.PageSize, maxPageSize)
}
