package report

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNarrows(t *testing.T) {
	for _, c := range []struct {
		filter           string
		narrows, byField bool // by customer
	}{
		{`"customer==7"`, true, true},
		{`"country==NZ"`, true, false},
		{`"customer==7;country!=NZ"`, true, true},
		{`"customer==7,country==NZ"`, true, false},
		{`"customer==7,customer=@8"`, true, true},
		{`"customer==7,country!=NZ"`, false, false},
		{`"customer!=7"`, false, false},
		{`"customer!@7"`, false, false},
		{`"hour>0"`, false, false},
		{`"customer=~^$"`, false, false},
		{`"customer=~.*"`, false, false},
		{`"customer=~.+"`, false, false},
		{`"customer=~^7$"`, true, true},
		{`"customer=~^(7|8)$"`, true, true},
		{`"customer=~\\d+"`, false, false},
		{`"customer=~[^x]"`, false, false},
		{`"customer=~7*"`, false, false},
		{`"customer=~7?x+"`, true, true},
		{`"customer=~(7|.*)"`, false, false},
		{`"customer=~(7|)"`, false, false},
		{`"customer=~(acme){2}"`, true, true},
		{`"customer=~(acme){0\\,2}"`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"PARTIAL_REGEXP","value":" "}}}`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"value":"7"}}}`, true, true},
		{`{"filter":{"fieldName":"Customer","stringFilter":{"value":"7"}}}`, true, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"value":""}}}`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"CONTAINS","value":""}}}`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"CONTAINS","value":" "}}}`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"BEGINS_WITH"}}}`, false, false},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"ENDS_WITH","value":"-7"}}}`, true, true},
		{`{"filter":{"fieldName":"customer","stringFilter":{"matchType":"FULL_REGEXP","value":"[0-9]+"}}}`, false, false},
		{`{"filter":{"fieldName":"customer","inListFilter":{"values":["7","8"]}}}`, true, true},
		{`{"filter":{"fieldName":"customer","inListFilter":{"values":["7",""]}}}`, false, false},
		{`{"filter":{"fieldName":"customer","inListFilter":{"values":[]}}}`, false, false},
		{`{"filter":{"fieldName":"customer","emptyFilter":{}}}`, false, false},
		{`{"filter":{"fieldName":"customer","numericFilter":{"operation":"EQUAL","value":{"int64Value":"7"}}}}`, true, true},
		{`{"filter":{"fieldName":"customer","betweenFilter":{"fromValue":{"int64Value":"0"},"toValue":{"int64Value":"9000"}}}}`, false, false},
		{`{"notExpression":{"notExpression":{"filter":{"fieldName":"customer","stringFilter":{"value":"7"}}}}}`, false, false},
		{`{"orGroup":{"expressions":[]}}`, false, false},
		{`{"andGroup":{"expressions":[]}}`, false, false},
		{`{"filter":{"fieldName":"customer"}}`, false, false},
		{`{}`, false, false},
	} {
		var w WrittenFilter
		if err := w.UnmarshalJSON([]byte(c.filter)); err != nil {
			t.Fatalf("%s: %v", c.filter, err)
		}
		if got := w.Narrows(); got != c.narrows {
			t.Errorf("%s narrows: %t", c.filter, got)
		}
		if got := w.Requires("customer"); got != c.byField {
			t.Errorf("%s requires customer: %t", c.filter, got)
		}
	}
}

// FuzzNarrows evaluates filters over rows: a filter that requires a field matches no row
// whose field is empty, or has a value that no filter names.
func FuzzNarrows(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		filter := randomFilter(r, 3)
		for _, strange := range []string{"", " ", "\U0001F9F5", "\u2603\U0001F9F5"} {
			if filter.Narrows() && matches(filter, map[string]string{"a": strange, "b": strange}) {
				t.Fatalf("%s narrows, and matches %q", filterText(filter), strange)
			}
			if filter.Requires("a") && matches(filter, map[string]string{"a": strange, "b": pick(r, values)}) {
				t.Fatalf("%s requires a, and matches %q", filterText(filter), strange)
			}
		}
	})
}

var values = []string{"", " ", "7", "8", "acme", "x7", "-"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func randomFilter(r *rand.Rand, depth int) *Filter {
	kind := r.IntN(6)
	if depth == 0 || kind > 2 {
		return &Filter{Condition: randomCondition(r)}
	}
	if kind == 0 {
		return &Filter{Not: randomFilter(r, depth-1)}
	}
	group := &FilterList{}
	for range 1 + r.IntN(3) {
		group.Expressions = append(group.Expressions, randomFilter(r, depth-1))
	}
	if kind == 1 {
		return &Filter{AndGroup: group}
	}
	return &Filter{OrGroup: group}
}

func randomCondition(r *rand.Rand) *Condition {
	c := &Condition{FieldName: pick(r, []string{"a", "b"})}
	number := NumericValue{Int64: new(Int64(r.IntN(9)))}
	switch r.IntN(6) {
	case 0:
		c.InList = &InListFilter{Values: []string{pick(r, values), pick(r, values)}}
	case 1:
		c.Numeric = &NumericFilter{Operation: pick(r, operations), Value: number}
	case 2:
		c.Between = &BetweenFilter{FromValue: number, ToValue: number}
	case 3:
		c.Empty = &EmptyFilter{}
	case 4:
		c.String = &StringFilter{MatchType: pick(r, []string{"FULL_REGEXP", "PARTIAL_REGEXP"}), Value: pick(r, []string{
			"", ".", ".*", ".+", "7", "^7?$", "7|8", "(acme|.*)", "[^7]", `\d`, `\S`, `\D+`, "(x7)+", "(7){0,3}", "(?i)acme", "^", "$", `\b`, "[a-z]*-", "-|",
		})}
	default:
		c.String = &StringFilter{MatchType: pick(r, []string{"", "EXACT", "CONTAINS", "BEGINS_WITH", "ENDS_WITH"}), Value: pick(r, values)}
	}
	return c
}

func matches(f *Filter, row map[string]string) bool {
	member := func(m *Filter) bool { return matches(m, row) }
	switch {
	case f.AndGroup != nil:
		return !slices.ContainsFunc(f.AndGroup.Expressions, func(m *Filter) bool { return !member(m) })
	case f.OrGroup != nil:
		return slices.ContainsFunc(f.OrGroup.Expressions, member)
	case f.Not != nil:
		return !member(f.Not)
	}
	return f.Condition.matches(row[f.Condition.FieldName])
}

func (c *Condition) matches(value string) bool {
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case c.InList != nil:
		return slices.Contains(c.InList.Values, value)
	case c.Empty != nil:
		return value == "" || value == "(not set)"
	case c.Between != nil:
		return err == nil && number == float64(*c.Between.FromValue.Int64)
	case c.Numeric != nil:
		than := float64(*c.Numeric.Value.Int64)
		return err == nil && map[string]bool{
			"EQUAL": number == than, "LESS_THAN": number < than, "LESS_THAN_OR_EQUAL": number <= than,
			"GREATER_THAN": number > than, "GREATER_THAN_OR_EQUAL": number >= than,
		}[c.Numeric.Operation]
	}
	return c.String.matches(value)
}

func (f *StringFilter) matches(value string) bool {
	switch f.MatchType {
	case "CONTAINS":
		return strings.Contains(value, f.Value)
	case "BEGINS_WITH":
		return strings.HasPrefix(value, f.Value)
	case "ENDS_WITH":
		return strings.HasSuffix(value, f.Value)
	case "PARTIAL_REGEXP":
		return regexp.MustCompile(f.Value).MatchString(value)
	case "FULL_REGEXP":
		return regexp.MustCompile(`\A(?:` + f.Value + `)\z`).MatchString(value)
	}
	return value == f.Value
}

func filterText(f *Filter) string {
	text, _ := WrittenFilter{f}.MarshalJSON()
	return string(text)
}
