package emulator

import (
	"encoding/json"
	"strconv"
)

// The requests, as they are after transcoding.

type reportRequest struct {
	Property            string            `json:"property"`
	Dimensions          []dimensionAsk    `json:"dimensions"`
	Metrics             []metricAsk       `json:"metrics"`
	DateRanges          []dateRangeAsk    `json:"dateRanges"`
	MinuteRanges        []minuteRangeAsk  `json:"minuteRanges"`
	DimensionFilter     *filterExpression `json:"dimensionFilter"`
	MetricFilter        *filterExpression `json:"metricFilter"`
	Offset              int64             `json:"offset"`
	Limit               int64             `json:"limit"`
	MetricAggregations  []string          `json:"metricAggregations"`
	OrderBys            []orderByAsk      `json:"orderBys"`
	CurrencyCode        string            `json:"currencyCode"`
	CohortSpec          *struct{}         `json:"cohortSpec"`
	KeepEmptyRows       bool              `json:"keepEmptyRows"`
	ReturnPropertyQuota bool              `json:"returnPropertyQuota"`
	Comparisons         []comparisonAsk   `json:"comparisons"`
}

type comparisonAsk struct {
	Name       string            `json:"name"`
	Filter     *filterExpression `json:"dimensionFilter"`
	Comparison string            `json:"comparison"`
}

type dimensionAsk struct {
	Name       string         `json:"name"`
	Expression *dimensionExpr `json:"dimensionExpression"`
}

type dimensionExpr struct {
	LowerCase   *caseExpr   `json:"lowerCase"`
	UpperCase   *caseExpr   `json:"upperCase"`
	Concatenate *concatExpr `json:"concatenate"`
}

type caseExpr struct {
	DimensionName string `json:"dimensionName"`
}

type concatExpr struct {
	DimensionNames []string `json:"dimensionNames"`
	Delimiter      string   `json:"delimiter"`
}

type metricAsk struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Invisible  bool   `json:"invisible"`
}

type dateRangeAsk struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
	Name      string `json:"name"`
}

type minuteRangeAsk struct {
	StartMinutesAgo *int   `json:"startMinutesAgo"`
	EndMinutesAgo   int    `json:"endMinutesAgo"`
	Name            string `json:"name"`
}

type orderByAsk struct {
	Metric *struct {
		MetricName string `json:"metricName"`
	} `json:"metric"`
	Dimension *struct {
		DimensionName string `json:"dimensionName"`
		OrderType     string `json:"orderType"`
	} `json:"dimension"`
	Pivot *struct {
		MetricName string              `json:"metricName"`
		Selections []pivotSelectionAsk `json:"pivotSelections"`
	} `json:"pivot"`
	Desc bool `json:"desc"`
}

type filterExpression struct {
	AndGroup *filterList       `json:"andGroup"`
	OrGroup  *filterList       `json:"orGroup"`
	Not      *filterExpression `json:"notExpression"`
	Filter   *filterAsk        `json:"filter"`
}

type filterList struct {
	Expressions []*filterExpression `json:"expressions"`
}

type filterAsk struct {
	FieldName string         `json:"fieldName"`
	String    *stringFilter  `json:"stringFilter"`
	InList    *inListFilter  `json:"inListFilter"`
	Numeric   *numericFilter `json:"numericFilter"`
	Between   *betweenFilter `json:"betweenFilter"`
	Empty     *struct{}      `json:"emptyFilter"`
}

type stringFilter struct {
	MatchType     string `json:"matchType"`
	Value         string `json:"value"`
	CaseSensitive bool   `json:"caseSensitive"`
}

type inListFilter struct {
	Values        []string `json:"values"`
	CaseSensitive bool     `json:"caseSensitive"`
}

type numericFilter struct {
	Operation string       `json:"operation"`
	Value     numericValue `json:"value"`
}

type betweenFilter struct {
	From numericValue `json:"fromValue"`
	To   numericValue `json:"toValue"`
}

type numericValue struct {
	Int64  *int64  `json:"int64Value"`
	Double *double `json:"doubleValue"`
}

// number returns the value; an unset one is 0, as in proto3.
func (v numericValue) number() float64 {
	switch {
	case v.Int64 != nil:
		return float64(*v.Int64)
	case v.Double != nil:
		return float64(*v.Double)
	}
	return 0
}

// A double is written as text in canonical requests.
type double float64

// UnmarshalJSON reads the text form.
func (d *double) UnmarshalJSON(b []byte) error {
	s, err := strconv.Unquote(string(b))
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(s, 64)
	*d = double(v)
	return err
}

// decodeRequest reads a body of type m into a struct, and returns the canonical
// form too: equal for requests that differ only in spelling.
func decodeRequest(body []byte, m *messageType, into any) (canonical string, err error) {
	tree, err := transcode(body, m)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(tree)
	if err != nil {
		return "", err
	}
	return string(b), json.Unmarshal(b, into)
}
