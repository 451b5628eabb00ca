package report

import "slices"

// A Filter is an expression over fields: exactly one of AndGroup, OrGroup, Not
// and Condition is set. One expression holds only dimensions or only metrics.
type Filter struct {
	AndGroup  *FilterList `json:"andGroup,omitempty" oneof:"expr"`
	OrGroup   *FilterList `json:"orGroup,omitempty" oneof:"expr"`
	Not       *Filter     `json:"notExpression,omitempty" oneof:"expr"`
	Condition *Condition  `json:"filter,omitempty" oneof:"expr" total:"1000"`
}

// A FilterList is the members of an and-group or an or-group.
type FilterList struct {
	Expressions []*Filter `json:"expressions,omitempty"`
}

// A Condition tests one field in exactly one way.
type Condition struct {
	FieldName string         `json:"fieldName"`
	String    *StringFilter  `json:"stringFilter,omitempty" oneof:"one_filter"`
	InList    *InListFilter  `json:"inListFilter,omitempty" oneof:"one_filter"`
	Numeric   *NumericFilter `json:"numericFilter,omitempty" oneof:"one_filter"`
	Between   *BetweenFilter `json:"betweenFilter,omitempty" oneof:"one_filter"`
	Empty     *EmptyFilter   `json:"emptyFilter,omitempty" oneof:"one_filter"`
}

// StringFilter compares text. MatchType is EXACT (the default), BEGINS_WITH,
// ENDS_WITH, CONTAINS, FULL_REGEXP or PARTIAL_REGEXP (RE2).
type StringFilter struct {
	MatchType     string `json:"matchType,omitempty" enum:"Filter.StringFilter.MatchType"`
	Value         string `json:"value"`
	CaseSensitive bool   `json:"caseSensitive,omitempty"`
}

// InListFilter is true for any of the values.
type InListFilter struct {
	Values        []string `json:"values" most:"10000"`
	CaseSensitive bool     `json:"caseSensitive,omitempty"`
}

// NumericFilter compares a number. Operation is EQUAL, LESS_THAN,
// LESS_THAN_OR_EQUAL, GREATER_THAN or GREATER_THAN_OR_EQUAL.
type NumericFilter struct {
	Operation string       `json:"operation" enum:"Filter.NumericFilter.Operation"`
	Value     NumericValue `json:"value"`
}

// BetweenFilter is true for FromValue ≤ x ≤ ToValue.
type BetweenFilter struct {
	FromValue NumericValue `json:"fromValue"`
	ToValue   NumericValue `json:"toValue"`
}

// NumericValue is a whole number or a double; exactly one is set.
type NumericValue struct {
	Int64  *Int64   `json:"int64Value,omitempty" oneof:"one_value"`
	Double *float64 `json:"doubleValue,omitempty" oneof:"one_value"`
}

// EmptyFilter is true for "" and "(not set)".
type EmptyFilter struct{}

// And returns the conjunction of the filters that are not nil; nil if there are none. Each stays a whole member, so that
// none can change what another means.
func And(filters ...*Filter) *Filter {
	members := slices.DeleteFunc(slices.Clone(filters), func(f *Filter) bool { return f == nil })
	return join(members, func(l *FilterList) *Filter { return &Filter{AndGroup: l} })
}

// join returns the group of some filters; the filter itself for one, nil for none.
func join(filters []*Filter, group func(*FilterList) *Filter) *Filter {
	switch len(filters) {
	case 0:
		return nil
	case 1:
		return filters[0]
	}
	return group(&FilterList{Expressions: filters})
}

// Clone returns a copy that shares nothing with f.
func (f *Filter) Clone() *Filter { return clone(f) }

// Walk calls visit for every condition in f, depth first. The gate relies on it to see every field that a filter reads.
func (f *Filter) Walk(visit func(*Condition)) {
	if f == nil {
		return
	}
	for _, group := range []*FilterList{f.AndGroup, f.OrGroup} {
		if group == nil {
			continue
		}
		for _, e := range group.Expressions {
			e.Walk(visit)
		}
	}
	f.Not.Walk(visit)
	if f.Condition != nil {
		visit(f.Condition)
	}
}
