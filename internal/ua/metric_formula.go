package ua

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A metricRef is a GA4 metric of a formula. Where, if set, counts only what has a value
// of a dimension; Minutes, if set, only the last minutes of a realtime report. Each
// pair of them is a question of its own.
type metricRef struct {
	Metric  string
	Where   where
	Minutes int
}

// A where is a GA4 dimension and the value that is counted, such as the name of an
// event; the zero where counts all.
type where struct{ Field, Value string }

// A formula is an arithmetic expression over refs: a number, a metricRef, or an
// operation on two formulas.
type formula struct {
	op          byte // + - * / or 0
	left, right *formula
	metricRef   *metricRef
	number      float64
}

// direct returns the metricRef of a formula that is one metricRef and nothing else.
func (f *formula) direct() (metricRef, bool) {
	if f.metricRef == nil {
		return metricRef{}, false
	}
	return *f.metricRef, true
}

// refs lists what the formula reads, each once.
func (f *formula) refs() []metricRef {
	var out []metricRef
	f.walk(func(ref metricRef) {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	})
	return out
}

func (f *formula) walk(visit func(metricRef)) {
	if f.metricRef != nil {
		visit(*f.metricRef)
	}
	if f.op != 0 {
		f.left.walk(visit)
		f.right.walk(visit)
	}
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

func divide(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

var (
	tokens = regexp.MustCompile(`^\s*(?:([0-9]+(?:\.[0-9]+)?)|([A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_]+)?(?:\[[A-Za-z]+==[A-Za-z0-9_]+\])?)|([-+*/()]))`)
	counts = regexp.MustCompile(`^(.*)\[(.*)==(.*)\]$`)
)

// parseFormula reads a formula: names of GA4 metrics, numbers, + - * /, the sign -
// and parentheses. metric[eventName==name] counts only events of that name, and
// metric[sessionMedium==organic] likewise.
func parseFormula(s string) (*formula, error) {
	p := &formulaParser{text: s}
	p.next()
	f := p.sum(0)
	if p.failed || p.token != "" || strings.TrimSpace(p.text) != "" {
		return nil, fmt.Errorf("%q is not a formula of GA4 metrics", s)
	}
	return f, nil
}

const maxNesting = 20

type formulaParser struct {
	text   string
	token  string
	failed bool
}

func (p *formulaParser) next() {
	m := tokens.FindStringIndex(p.text)
	if m == nil {
		p.token = ""
		return
	}
	p.token, p.text = strings.TrimSpace(p.text[:m[1]]), p.text[m[1]:]
}

func (p *formulaParser) sum(depth int) *formula {
	return p.chain("+-", func() *formula {
		return p.chain("*/", func() *formula { return p.operand(depth) })
	})
}

// chain reads operands joined by operators of one precedence, from the left.
func (p *formulaParser) chain(ops string, operand func() *formula) *formula {
	f := operand()
	for len(p.token) == 1 && strings.Contains(ops, p.token) {
		op := p.token[0]
		p.next()
		f = &formula{op: op, left: f, right: operand()}
	}
	return f
}

func (p *formulaParser) operand(depth int) *formula {
	token := p.token
	switch {
	case token == "-" && depth <= maxNesting:
		p.next()
		return &formula{op: '-', left: &formula{}, right: p.operand(depth + 1)}
	case token == "" || depth > maxNesting || strings.Contains("+-*/)", token):
		p.failed = true
		return &formula{}
	case token == "(":
		p.next()
		f := p.sum(depth + 1)
		if p.token != ")" {
			p.failed = true
		}
		p.next()
		return f
	}
	p.next()
	if n, err := strconv.ParseFloat(token, 64); err == nil {
		return &formula{number: n}
	}
	ref := metricRef{Metric: token}
	if m := counts.FindStringSubmatch(token); m != nil {
		ref.Metric, ref.Where = m[1], where{m[2], m[3]}
	}
	return &formula{metricRef: &ref}
}

// A scope is the thing that a metric counts. Rows fold by addition only if each
// counted thing is in one of them.
type scope int

// Scopes, from the one that is in one row of any report.
const (
	perEvent   scope = iota // an event: has one page, one referrer
	perSession              // a session: has one source and one device, and several pages
	perUser                 // a user: may be in any number of rows
	weighted                // a mean: aggregates by its weight
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
