package emulator

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// ownName is what a request may call what it makes itself.
var ownName = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

func checkOwnName(kind, name string) error {
	if !ownName.MatchString(name) {
		return invalidArgument("%s name %s is not allowed. Names must match the regular expression ^[a-zA-Z0-9_]+$.", kind, name)
	}
	return nil
}

// A formula computes a value from the metrics that the world counted.
type formula struct {
	value func(counted []float64) float64
	kind  string // MetricType
}

// An arithmetic parses metric expressions: + - * / and parentheses over metrics and
// numbers. Division by nothing is 0, as for rates.
type arithmetic struct {
	src   string // what is left
	whole string
	depth int
	// metric returns the formula of a name.
	metric func(name string) (formula, error)
}

func (a *arithmetic) parse() (formula, error) {
	f, err := a.sum()
	if err != nil {
		return f, err
	}
	if a.space(); a.src != "" {
		return f, a.wrong()
	}
	return f, nil
}

func (a *arithmetic) wrong() error {
	return invalidArgument("Metric expression %s is invalid. Expressions consist of metrics, numbers, +, -, *, / and parentheses.", a.whole)
}

func (a *arithmetic) space() { a.src = strings.TrimLeft(a.src, " \t\r\n") }

// next takes one of the operators.
func (a *arithmetic) next(operators string) (byte, bool) {
	a.space()
	if a.src == "" || strings.IndexByte(operators, a.src[0]) < 0 {
		return 0, false
	}
	op := a.src[0]
	a.src = a.src[1:]
	return op, true
}

func (a *arithmetic) sum() (formula, error)     { return a.chain("+-", a.product) }
func (a *arithmetic) product() (formula, error) { return a.chain("*/", a.factor) }

// chain parses operands between operators of one rank, from left to right.
func (a *arithmetic) chain(operators string, operand func() (formula, error)) (formula, error) {
	left, err := operand()
	for err == nil {
		op, ok := a.next(operators)
		if !ok {
			return left, nil
		}
		var right formula
		if right, err = operand(); err == nil {
			left = combine(op, left, right)
		}
	}
	return left, err
}

func combine(op byte, x, y formula) formula {
	return formula{kind: "TYPE_FLOAT", value: func(v []float64) float64 {
		a, b := x.value(v), y.value(v)
		switch op {
		case '+':
			return a + b
		case '-':
			return a - b
		case '*':
			return a * b
		}
		if b == 0 {
			return 0
		}
		return a / b
	}}
}

var (
	numberPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?|^\.[0-9]+`)
	metricPattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_:]*`)
)

func (a *arithmetic) factor() (formula, error) {
	if a.depth++; a.depth > maxDepth {
		return formula{}, a.wrong()
	}
	defer func() { a.depth-- }()
	if op, ok := a.next("(-"); ok {
		return a.enclosed(op)
	}
	if s := numberPattern.FindString(a.src); s != "" {
		a.src = a.src[len(s):]
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return formula{}, a.wrong()
		}
		return formula{kind: "TYPE_FLOAT", value: func([]float64) float64 { return n }}, nil
	}
	name := metricPattern.FindString(a.src)
	if name == "" {
		return formula{}, a.wrong()
	}
	a.src = a.src[len(name):]
	return a.metric(name)
}

// enclosed parses what follows an opening parenthesis or a sign.
func (a *arithmetic) enclosed(op byte) (formula, error) {
	if op == '-' {
		f, err := a.factor()
		return formula{kind: f.kind, value: func(v []float64) float64 { return -f.value(v) }}, err
	}
	f, err := a.sum()
	if err != nil {
		return f, err
	}
	if _, ok := a.next(")"); !ok {
		return f, a.wrong()
	}
	return f, nil
}

// formulaOf compiles the metric with an index in the request. open are the indexes on the
// way to it: an expression must not need itself.
func (q *question) formulaOf(index int, open []int) (formula, error) {
	ask := q.ask.Metrics[index]
	if ask.Expression == "" {
		return q.counted(ask.Name)
	}
	for _, i := range open {
		if i == index {
			return formula{}, invalidArgument("Metric expression %s refers to itself.", ask.Expression)
		}
	}
	open = append(open, index)
	a := &arithmetic{src: ask.Expression, whole: ask.Expression, metric: func(name string) (formula, error) {
		for i, other := range q.ask.Metrics {
			if other.Name == name && i != index && other.Expression != "" {
				return q.formulaOf(i, open)
			}
		}
		return q.counted(name)
	}}
	return a.parse()
}

// counted is the formula of a metric that the world counts, or that is calculated from such.
func (q *question) counted(name string) (formula, error) {
	f, err := q.site.fields.metric(name, q.live)
	if err != nil {
		return formula{}, err
	}
	if f.expression != "" {
		a := &arithmetic{src: f.expression, whole: f.expression, metric: q.counted}
		calculated, err := a.parse()
		return formula{calculated.value, f.kind}, err
	}
	i := q.column(f)
	return formula{kind: f.kind, value: func(v []float64) float64 { return v[i] }}, nil
}

// derive compiles a dimensionExpression.
func (q *question) derive(ask *dimensionAsk) error {
	if err := checkOwnName("Dimension", ask.Name); err != nil {
		return err
	}
	names, join, err := ask.Expression.compile()
	if err != nil {
		return err
	}
	d := world.Derived{Name: ask.Name}
	var made []bool
	for _, name := range names {
		f, err := q.site.fields.dimension(name, q.live)
		if err != nil {
			return err
		}
		q.read = append(q.read, f)
		made = append(made, f.made)
		if f.made {
			d.From = append(d.From, f.name)
		}
	}
	d.Value = func(values []string) string {
		all := make([]string, 0, len(made))
		for _, ok := range made {
			if !ok {
				all = append(all, notSet)
				continue
			}
			all = append(all, values[0])
			values = values[1:]
		}
		return join(all)
	}
	q.derived = append(q.derived, d)
	q.dimensions = append(q.dimensions, &field{name: ask.Name, made: true})
	return nil
}

// compile returns the dimensions that an expression reads, and what it makes of their values.
func (x *dimensionExpr) compile() (names []string, join func([]string) string, err error) {
	switch {
	case x.LowerCase != nil:
		return []string{x.LowerCase.DimensionName}, func(v []string) string { return strings.ToLower(v[0]) }, nil
	case x.UpperCase != nil:
		return []string{x.UpperCase.DimensionName}, func(v []string) string { return strings.ToUpper(v[0]) }, nil
	case x.Concatenate != nil && len(x.Concatenate.DimensionNames) > 0:
		return x.Concatenate.DimensionNames, func(v []string) string { return strings.Join(v, x.Concatenate.Delimiter) }, nil
	}
	return nil, nil, invalidArgument("Dimension expressions must set exactly one of lower_case, upper_case or concatenate.")
}
