package ua

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A comparison tests a value of a dimension.
type comparison struct {
	match     string
	values    []string // one, or those of a list
	exactCase bool     // upper and lower case differ
	not       bool
}

// Match types: GA4's, and v4's others.
const (
	exact          = "EXACT"
	contains       = "CONTAINS"
	beginsWith     = "BEGINS_WITH"
	endsWith       = "ENDS_WITH"
	partialRegexp  = "PARTIAL_REGEXP"
	inListed       = "IN_LIST"
	numericEqual   = "NUMERIC_EQUAL"
	numericGreater = "NUMERIC_GREATER_THAN"
	numericLess    = "NUMERIC_LESS_THAN"
)

var matchTypes = map[string]string{"==": exact, "=@": contains, "=~": partialRegexp}

// comparisonOf reads v3's operators.
func comparisonOf(op, value string) comparison {
	negative := op[0] == '!'
	if negative {
		op = "=" + op[1:]
	}
	return comparison{match: matchTypes[op], values: []string{value}, not: negative}
}

// matcher returns the test.
func (c comparison) matcher() (func(string) bool, error) {
	match, err := c.positive()
	if err == nil && c.not {
		return func(s string) bool { return !match(s) }, nil
	}
	return match, err
}

// positive returns the test, ignoring c.not.
func (c comparison) positive() (func(string) bool, error) {
	lower := strings.ToLower
	if c.exactCase {
		lower = strings.Clone
	}
	value := lower(c.values[0])
	switch c.match {
	case exact, inListed:
		wanted := map[string]bool{}
		for _, v := range c.values {
			wanted[lower(v)] = true
		}
		return func(s string) bool { return wanted[lower(s)] }, nil
	case contains:
		return func(s string) bool { return strings.Contains(lower(s), value) }, nil
	case beginsWith:
		return func(s string) bool { return strings.HasPrefix(lower(s), value) }, nil
	case endsWith:
		return func(s string) bool { return strings.HasSuffix(lower(s), value) }, nil
	case partialRegexp:
		re, err := c.compile()
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	case numericEqual, numericGreater, numericLess:
		re, err := numbers(c.match, c.values[0])
		if err != nil {
			return nil, err
		}
		return regexp.MustCompile(re).MatchString, nil
	}
	return nil, fmt.Errorf("a dimension is compared by ==, !=, =@, !@, =~ or !~")
}

func (c comparison) compile() (*regexp.Regexp, error) {
	if c.exactCase {
		return regexp.Compile(c.values[0])
	}
	return compile(c.values[0])
}

// compile compiles a regular expression as v3 did, without regard to case.
func compile(s string) (*regexp.Regexp, error) { return regexp.Compile("(?i)" + s) }

// maxProgram bounds the cost of a regular expression that is matched here, with up
// to maxRows values: the instructions of its program.
const maxProgram = 300

// programSize returns the number of instructions of a regular expression.
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

// filter returns the comparison as a filter of a GA4 field, ignoring c.not.
func (c comparison) filter(field string) *report.Filter {
	switch c.match {
	case inListed:
		return inList(field, c.values, c.exactCase)
	case numericEqual, numericGreater, numericLess:
		re, err := numbers(c.match, c.values[0])
		if err != nil {
			return nil
		}
		return text(field, partialRegexp, re, false)
	}
	return text(field, c.match, c.values[0], c.exactCase)
}

// numbers returns a regular expression of the whole numbers that are equal to n,
// greater or less. GA4's own filter of numbers is documented for metrics and dates
// only, while dimensions are text.
func numbers(match, n string) (string, error) {
	v, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
	if err != nil || v < 0 {
		return "", fmt.Errorf("a dimension is compared with a whole number that is not negative")
	}
	digits := strconv.FormatInt(v, 10)
	switch match {
	case numericGreater:
		between := append(sameLength(digits, '9'), fmt.Sprintf("[1-9][0-9]{%d,}", len(digits)))
		return "^0*(?:" + strings.Join(between, "|") + ")$", nil
	case numericLess:
		between := sameLength(digits, '0')
		if len(digits) > 1 {
			between = append(between, fmt.Sprintf("[0-9]{1,%d}", len(digits)-1))
		}
		if len(between) == 0 {
			return "^-0*[1-9][0-9]*$", nil
		}
		return "^(?:-0*[1-9][0-9]*|0*(?:" + strings.Join(between, "|") + "))$", nil
	}
	return "^0*" + digits + "$", nil
}

// sameLength lists, as regular expressions, the numbers of as many digits that lie
// between n and the one whose digits are all as the end.
func sameLength(n string, end byte) []string {
	var all []string
	for i := range len(n) {
		if n[i] == end {
			continue
		}
		first, last := n[i]+1, end
		if end == '0' {
			first, last = end, n[i]-1
		}
		digit := string(first)
		if last > first {
			digit = fmt.Sprintf("[%c-%c]", first, last)
		}
		all = append(all, n[:i]+digit+strings.Repeat("[0-9]", len(n)-i-1))
	}
	return all
}
