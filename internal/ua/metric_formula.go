package ua

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A metricRef is a GA4 metric of a formula. Where, if set, restricts it to one value
// of a dimension; Minutes, if set, to the last minutes of a realtime report. Each
// pair of them needs a query of its own.
type metricRef struct {
	Metric  string
	Where   where
	Minutes int
}

// A where is a GA4 dimension and the value that is counted, such as the name of an
// event. The zero where counts all.
type where struct{ Field, Value string }

// A formula is a number, a metricRef, or an arithmetic operation on two formulas.
type formula struct {
	op          byte // + - * / or 0
	left, right *formula
	metricRef   *metricRef
	number      float64
}

// direct returns the metricRef of a formula that consists of one.
func (f *formula) direct() (metricRef, bool) {
	if f.metricRef == nil {
		return metricRef{}, false
	}
	return *f.metricRef, true
}

// refs lists what the formula reads, each once.
func (f *formula) refs() []metricRef {
	switch {
	case f.metricRef != nil:
		return []metricRef{*f.metricRef}
	case f.op == 0:
		return nil
	}
	out := f.left.refs()
	for _, ref := range f.right.refs() {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}

// eval computes the formula. A division by zero is zero, as in UA.
func (f *formula) eval(value func(metricRef) float64) float64 {
	switch {
	case f.metricRef != nil:
		return value(*f.metricRef)
	case f.op == 0:
		return f.number
	}
	a, b := f.left.eval(value), f.right.eval(value)
	switch f.op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	}
	return divide(a, b)
}

// divide returns a / b, or 0 if b is 0.
func divide(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// refPattern is what a name in a formula may be: a metric, and the restriction of a
// metricRef in brackets.
var refPattern = regexp.MustCompile(`^([A-Za-z]\w*(?::\w+)?)(?:\[([A-Za-z]+)==(\w+)\])?$`)

// parseFormula reads a report.Expression of GA4 metrics. metric[eventName==name]
// counts only events of that name, and metric[sessionMedium==organic] likewise. No
// name contains a minus, so unlike in a report.Expression none needs a space.
func parseFormula(s string) (*formula, error) {
	e, err := report.ParseExpression(strings.ReplaceAll(s, "-", " - "))
	if err == nil {
		var f *formula
		if f, err = formulaOf(e); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%q is not a formula of GA4 metrics", s)
}

// formulaOf resolves the names and numbers of an expression. A sign is a difference
// from zero.
func formulaOf(e *report.Expression) (f *formula, err error) {
	switch {
	case e == nil:
		return &formula{}, nil
	case e.Number != "":
		n, err := strconv.ParseFloat(e.Number, 64)
		return &formula{number: n}, err
	case e.Name != "":
		m := refPattern.FindStringSubmatch(e.Name)
		if m == nil {
			return nil, fmt.Errorf("%q is not the name of a metric", e.Name)
		}
		return &formula{metricRef: &metricRef{Metric: m[1], Where: where{m[2], m[3]}}}, nil
	}
	f = &formula{op: e.Op}
	if f.left, err = formulaOf(e.Left); err != nil {
		return nil, err
	}
	f.right, err = formulaOf(e.Right)
	return f, err
}

// A scope is what a metric counts. Rows may be added up only if each counted thing
// is in one of them.
type scope int

// Scopes, narrowest first.
const (
	perEvent   scope = iota // an event has one page and one referrer
	perSession              // a session has one source and one device, and several pages
	perUser                 // a user may be in any number of rows
	weighted                // a mean, aggregated by its weight
)

var sessionMetrics = []string{"sessions", "engagedSessions"}

// weights are the denominators of GA4's means.
var weights = map[string]string{
	"bounceRate":                "sessions",
	"averageSessionDuration":    "sessions",
	"screenPageViewsPerSession": "sessions",
	"eventsPerSession":          "sessions",
	"averagePurchaseRevenue":    "ecommercePurchases",
	"advertiserAdCostPerClick":  "advertiserAdClicks",
	"returnOnAdSpend":           "advertiserAdCost",
}

var userMetrics = []string{"totalUsers", "activeUsers", "active1DayUsers", "active7DayUsers", "active28DayUsers"}

// unweighted are means whose denominator is not among GA4's metrics, or counts
// users.
var unweighted = []string{
	"advertiserAdCostPerKeyEvent", "purchaseToViewRate", "cartToViewRate",
	"itemPromotionClickThroughRate", "itemListClickThroughRate",
}

func scopeOf(metric string) scope {
	switch {
	case weights[metric] != "":
		return weighted
	case slices.Contains(sessionMetrics, metric):
		return perSession
	case slices.Contains(userMetrics, metric), slices.Contains(unweighted, metric):
		return perUser
	}
	return perEvent
}

// weightOf returns the metricRef by which a mean is weighted when rows are aggregated.
func weightOf(ref metricRef) (metricRef, bool) {
	w := weights[ref.Metric]
	return metricRef{Metric: w, Where: ref.Where, Minutes: ref.Minutes}, w != ""
}
