package ua

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A condition is a Condition whose field is known: a dimension or, if metric is
// set, a number to compare with.
type condition struct {
	Condition
	dimension dimension
	metric    *metric
	number    float64
	match     func(string) bool // of a dimension's value, negation included
}

func metricsOf(groups [][]condition) []metric {
	var out []metric
	for _, g := range groups {
		for _, c := range g {
			out = append(out, *c.metric)
		}
	}
	return out
}

// translateFilters sorts the groups of filter and segment into what is Google's
// work, which it returns, and what is done here.
func (p *Plan) translateFilters() (*report.Filter, error) {
	segment, err := segmentFilter(p.query.Segment)
	if err != nil {
		return nil, err
	}
	var pushed []*report.Filter
	for _, group := range slices.Concat(segment, p.query.Filter) {
		known, err := p.group(group)
		if err != nil {
			return nil, err
		}
		if known[0].metric != nil {
			p.metricFilter = append(p.metricFilter, known)
			continue
		}
		if isTimes(known) {
			p.times = append(p.times, known)
		}
		f, err := p.pushGroup(known)
		if err != nil {
			return nil, err
		}
		pushed = append(pushed, f)
	}
	return report.And(pushed...), nil
}

func (p *Plan) group(group []Condition) ([]condition, error) {
	var known []condition
	for _, c := range group {
		k, err := p.condition(c)
		if err != nil {
			return nil, err
		}
		known = append(known, k)
		if (k.metric == nil) != (known[0].metric == nil) {
			return nil, badParameter("filters", "Dimensions and metrics cannot be combined by OR (,) in filters: %s and %s.", known[0].Field, k.Field)
		}
	}
	return known, nil
}

func (p *Plan) condition(c Condition) (condition, error) {
	n, err := p.options.resolve(c.Field, p.query.Realtime)
	if err != nil {
		return condition{}, err
	}
	k := condition{Condition: c}
	if !n.Dimension {
		m, err := p.metric(c.Field)
		if err != nil {
			return condition{}, err
		}
		k.metric = &m
		k.number, err = strconv.ParseFloat(strings.TrimSpace(c.Value), 64)
		if err != nil || math.IsNaN(k.number) || math.IsInf(k.number, 0) || strings.Contains("=@ !@ =~ !~", c.Op) {
			return condition{}, badParameter("filters", "Invalid value '%s' for filters parameter: a metric is compared with a number, by ==, !=, >, <, >= or <=.", cut(c.Field+c.Op+c.Value))
		}
		return k, nil
	}
	if k.dimension, err = p.dimension(c.Field); err != nil {
		return condition{}, err
	}
	if k.match, err = matcher(c.Op, c.Value); err != nil {
		return condition{}, badParameter("filters", "Invalid value '%s' for filters parameter: %s.", cut(c.Field+c.Op+c.Value), err)
	}
	return k, nil
}

// compile reads a regular expression as v3 did: case does not matter.
func compile(s string) (*regexp.Regexp, error) { return regexp.Compile("(?i)" + s) }

// maxProgram bounds what a regular expression costs that is matched here, with up
// to maxRows values: the instructions of its program.
const maxProgram = 300

func programSize(s string) int {
	re, err := syntax.Parse(s, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return maxProgram + 1
	}
	return len(prog.Inst)
}

// matcher returns a dimension operator's test of a value.
func matcher(op, value string) (func(string) bool, error) {
	var match func(string) bool
	switch op[len(op)-1:] {
	case "@":
		lower := strings.ToLower(value)
		match = func(s string) bool { return strings.Contains(strings.ToLower(s), lower) }
	case "~":
		re, err := compile(value)
		if err != nil {
			return nil, err
		}
		match = re.MatchString
	case "=":
		if op != "==" && op != "!=" {
			return nil, fmt.Errorf("a dimension is compared by ==, !=, =@, !@, =~ or !~")
		}
		match = func(s string) bool { return strings.EqualFold(s, value) }
	default:
		return nil, fmt.Errorf("a dimension is compared by ==, !=, =@, !@, =~ or !~")
	}
	if op[0] == '!' {
		return func(s string) bool { return !match(s) }, nil
	}
	return match, nil
}

// pushGroup turns a group into GA4's words. If it cannot be said there, it is
// applied to the rows here, which must then show every field of it.
func (p *Plan) pushGroup(group []condition) (*report.Filter, error) {
	var ors []*report.Filter
	for _, c := range group {
		f, ok := c.filter()
		if !ok {
			return nil, p.filterHere(group)
		}
		ors = append(ors, f)
	}
	return or(ors), nil
}

func (p *Plan) filterHere(group []condition) error {
	for _, c := range group {
		if !slices.ContainsFunc(p.dimensions, func(d dimension) bool { return d.name.Name == c.dimension.name.Name }) {
			return badParameter("filters", "%s is computed from %s, so %s can filter by it only if it is one of the dimensions of the query. "+
				"Add it there, or filter by another dimension.", c.Field, c.dimension.name.GA4, c.Op)
		}
		if strings.HasSuffix(c.Op, "~") && programSize(c.Value) > maxProgram {
			return badParameter("filters", "The regular expression of %s is too complex: use smaller repetitions.", c.Field)
		}
	}
	p.dimensionsHere = append(p.dimensionsHere, group)
	return nil
}

// filter says a dimension's condition in GA4's words; ok is false if GA4 has none.
func (c condition) filter() (f *report.Filter, ok bool) {
	op, negative := c.Op, c.Op[0] == '!'
	if negative {
		op = "=" + op[1:]
	}
	d := c.dimension
	switch key := d.name.Transform; {
	case d.values != nil:
		f = d.invert(d.name.GA4, op, c.Value)
	case strings.HasPrefix(key, "level") && op != "=~":
		f = levelFilter(int(key[5]-'0'), op, c.Value)
	case key == "":
		f = text(d.name.GA4, matchTypes[op], c.Value, false)
	}
	if f != nil && negative {
		f = not(f)
	}
	return f, f != nil
}

// not returns the opposite of f.
func not(f *report.Filter) *report.Filter {
	if f.Not != nil {
		return f.Not
	}
	return &report.Filter{Not: f}
}

var matchTypes = map[string]string{"==": "EXACT", "=@": "CONTAINS", "=~": "PARTIAL_REGEXP"}

func text(field, matchType, value string, exactCase bool) *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{
		MatchType: matchType, Value: value, CaseSensitive: exactCase,
	}}}
}

func inList(field string, values []string) *report.Filter {
	slices.Sort(values)
	return &report.Filter{Condition: &report.Condition{FieldName: field, InList: &report.InListFilter{Values: values}}}
}

func or(fs []*report.Filter) *report.Filter {
	if len(fs) == 1 {
		return fs[0]
	}
	return &report.Filter{OrGroup: &report.FilterList{Expressions: fs}}
}

// invert finds the GA4 values whose v3 values match.
func (t transform) invert(field, op, value string) *report.Filter {
	match, err := matcher(op, value)
	if err != nil {
		return nil
	}
	var yes, no, all []string
	for raw, v := range t.values {
		all = append(all, raw)
		if match(v) {
			yes = append(yes, raw)
		} else {
			no = append(no, raw)
		}
	}
	switch {
	case t.others == keep:
		rest := report.And(text(field, matchTypes[op], value, false), not(inList(field, all)))
		if len(yes) == 0 {
			return rest
		}
		return or([]*report.Filter{inList(field, yes), rest})
	case match(t.others) && len(no) == 0:
		return always(field)
	case match(t.others):
		return not(inList(field, no))
	case len(yes) == 0:
		return never(field)
	}
	return inList(field, yes)
}

// always is a filter that every value passes, and never one that none does.
func always(field string) *report.Filter { return text(field, "PARTIAL_REGEXP", "^", false) }
func never(field string) *report.Filter  { return not(always(field)) }

// levelFilter says a condition on a level of the path as one on the path.
func levelFilter(level int, op, value string) *report.Filter {
	const field = "pagePath"
	before := "^"
	if level > 1 {
		before = fmt.Sprintf("^.[^/]*(?:/[^/]*){%d}", level-2)
	}
	regex := func(s string) *report.Filter { return text(field, "PARTIAL_REGEXP", s, false) }
	if op == "=@" {
		return levelContains(regex, before, level, value)
	}
	inner, ends := strings.CutSuffix(value, "/")
	switch {
	case value == "" && level > 1:
		return not(regex(before + "/"))
	case level > 1 && value[0] != '/':
		return never(field)
	case level == 4 || value == "" || value == "/":
		return regex(before + regexp.QuoteMeta(value) + "$")
	case strings.Contains(inner[1:], "/"):
		return never(field)
	case ends:
		return regex(before + regexp.QuoteMeta(value))
	}
	return regex(before + regexp.QuoteMeta(value) + "$")
}

func levelContains(regex func(string) *report.Filter, before string, level int, value string) *report.Filter {
	if value == "" {
		return always("pagePath")
	}
	if level == 4 {
		// The rest of the path begins with the slash that follows three levels.
		tail, atStart := strings.CutPrefix(value, "/")
		if atStart {
			return regex(before + "(?:/.*)?/" + regexp.QuoteMeta(tail))
		}
		return regex(before + "/.*" + regexp.QuoteMeta(value))
	}
	inner, starts := strings.CutPrefix(value, "/")
	inner, ends := strings.CutSuffix(inner, "/")
	if strings.Contains(inner, "/") {
		return never("pagePath")
	}
	re := before + "/"
	if !starts {
		re = before + "/[^/]*"
		if level == 1 {
			re = "^.?[^/]*"
		}
	}
	re += regexp.QuoteMeta(inner)
	if ends {
		re += "/"
	}
	return regex(re)
}

var operations = map[string]string{
	"==": "EQUAL", "!=": "EQUAL", ">": "GREATER_THAN", "<": "LESS_THAN", ">=": "GREATER_THAN_OR_EQUAL", "<=": "LESS_THAN_OR_EQUAL",
}

// having says a metric's condition in GA4's words, if it is about one GA4 metric.
func (c condition) having() (*report.Filter, bool) {
	l, ok := c.metric.formula.direct()
	if !ok || l.Event != "" || l.Minutes != 0 {
		return nil, false
	}
	n := c.number / c.metric.scale
	v := report.NumericValue{Double: &n}
	if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		v = report.NumericValue{Int64: new(report.Int64(n))}
	}
	f := &report.Filter{Condition: &report.Condition{FieldName: l.Metric, Numeric: &report.NumericFilter{Operation: operations[c.Op], Value: v}}}
	if c.Op == "!=" {
		f = not(f)
	}
	return f, true
}

// compare applies a metric's condition to its v3 value.
func (c condition) compare(v float64) bool {
	switch c.Op {
	case "==":
		return v == c.number
	case "!=":
		return v != c.number
	case ">":
		return v > c.number
	case "<":
		return v < c.number
	case ">=":
		return v >= c.number
	}
	return v <= c.number
}
