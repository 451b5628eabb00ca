package report

import (
	"fmt"
	"regexp"
	"strings"
)

// An Expression is arithmetic over metrics: a name, a number, or an operation on one or two expressions.
type Expression struct {
	Op          byte        // + - * / or 0
	Left, Right *Expression // Left is nil for the sign -
	Name        string      // of a metric
	Number      string      // as written
}

// Names calls visit with each name in e, from left to right.
func (e *Expression) Names(visit func(name string)) {
	if e == nil {
		return
	}
	e.Left.Names(visit)
	if e.Name != "" {
		visit(e.Name)
	}
	e.Right.Names(visit)
}

var expressionToken = regexp.MustCompile(`^\s*(?:([0-9]+(?:\.[0-9]+)?)|([A-Za-z][A-Za-z0-9_]*(?::[\pL\pN_]+)?(?:\[[^\[\]\s]*\])?)|([-+*/()]))`)

// expressionSpace is what \s matches in expressionToken, for white space at the end.
const expressionSpace = " \t\n\f\r"

// ParseExpression parses names of metrics, numbers, + - * /, the sign - and parentheses. A name may have a parameter, as in
// customEvent:price, and one in brackets.
//
// A minus directly after a parameter is refused: it could be part of the parameter, and every reader must see the same names.
func ParseExpression(s string) (*Expression, error) {
	p := &expressionParser{rest: s}
	p.next()
	e := p.sum(0)
	if p.err == nil && (p.kind != noToken || strings.Trim(p.rest, expressionSpace) != "") {
		p.fail("")
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

// maxExpressionDepth bounds parentheses and signs.
const maxExpressionDepth = 20

type tokenKind int

const (
	noToken tokenKind = iota
	numberToken
	nameToken
	signToken
)

type expressionParser struct {
	rest  string
	token string
	kind  tokenKind
	err   error
}

func (p *expressionParser) fail(why string) *Expression {
	if p.err == nil {
		if why == "" {
			why = "it is made of names of metrics, numbers, + - * / and parentheses"
		}
		p.err = fmt.Errorf("not an expression of metrics: %s", why)
	}
	return &Expression{}
}

func (p *expressionParser) next() {
	m := expressionToken.FindStringSubmatch(p.rest)
	p.kind, p.token = noToken, ""
	if m == nil {
		return
	}
	p.rest = p.rest[len(m[0]):]
	for i, kind := range []tokenKind{numberToken, nameToken, signToken} {
		if text := m[i+1]; text != "" {
			p.kind, p.token = kind, text
		}
	}
	if p.kind == nameToken && strings.Contains(p.token, ":") && strings.HasPrefix(p.rest, "-") {
		p.fail("put a space before the minus behind " + p.token)
	}
}

func (p *expressionParser) sum(depth int) *Expression {
	return p.chain("+-", func() *Expression {
		return p.chain("*/", func() *Expression { return p.operand(depth) })
	})
}

// chain reads operands joined by operators of one precedence, from the left.
func (p *expressionParser) chain(ops string, operand func() *Expression) *Expression {
	e := operand()
	for p.err == nil && p.kind == signToken && strings.Contains(ops, p.token) {
		op := p.token[0]
		p.next()
		e = &Expression{Op: op, Left: e, Right: operand()}
	}
	return e
}

func (p *expressionParser) operand(depth int) *Expression {
	token, kind := p.token, p.kind
	switch {
	case depth > maxExpressionDepth:
		return p.fail(fmt.Sprintf("it is nested deeper than %d levels", maxExpressionDepth))
	case kind == numberToken:
		p.next()
		return &Expression{Number: token}
	case kind == nameToken:
		p.next()
		return &Expression{Name: token}
	case kind == signToken && token == "-":
		p.next()
		return &Expression{Op: '-', Right: p.operand(depth + 1)}
	case kind == signToken && token == "(":
		return p.group(depth)
	}
	return p.fail("")
}

func (p *expressionParser) group(depth int) *Expression {
	p.next()
	e := p.sum(depth + 1)
	if p.kind != signToken || p.token != ")" {
		return p.fail("")
	}
	p.next()
	return e
}
