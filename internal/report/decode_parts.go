package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func (d *decoder) text(into *string) field {
	return func(n node, path string) {
		if n.kind != stringNode {
			d.invalid(path, "TYPE_STRING", n)
			return
		}
		if len(n.text) > maxText {
			d.violate("%s is longer than %d bytes.", path, maxText)
			return
		}
		*into = n.text
	}
}

// texts reads an array of up to most strings.
func (d *decoder) texts(most int, into *[]string) field {
	return d.list(most, func(n node, path string) {
		var s string
		d.text(&s)(n, path)
		*into = append(*into, s)
	})
}

func (d *decoder) bool(into *bool) field {
	return func(n node, path string) {
		if n.kind != boolNode {
			d.invalid(path, "TYPE_BOOL", n)
			return
		}
		*into = n.text == "true"
	}
}

func (d *decoder) int64(into *Int64) field {
	return func(n node, path string) {
		v, err := strconv.ParseInt(n.text, 10, 64)
		if (n.kind != numberNode && n.kind != stringNode) || err != nil {
			d.invalid(path, "TYPE_INT64", n)
			return
		}
		*into = Int64(v)
	}
}

func (d *decoder) int32(into **int) field {
	return func(n node, path string) {
		v, err := strconv.ParseInt(n.text, 10, 32)
		if (n.kind != numberNode && n.kind != stringNode) || err != nil {
			d.invalid(path, "TYPE_INT32", n)
			return
		}
		*into = new(int(v))
	}
}

func (d *decoder) double(into **float64) field {
	return func(n node, path string) {
		v, err := strconv.ParseFloat(n.text, 64)
		if (n.kind != numberNode && n.kind != stringNode) || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			d.invalid(path, "TYPE_DOUBLE", n)
			return
		}
		*into = &v
	}
}

// apiPackage is how Google's errors name the types of the API.
const apiPackage = "type.googleapis.com/google.analytics.data.v1beta."

// enum reads one of the values, by name or, as Google's npm client writes it, by
// number: values[0] has number 1, and "" stands for a number that is not taken.
// The value that means "not said", number 0, reads as "".
func (d *decoder) enum(into *string, typ string, values ...string) field {
	return func(n node, path string) {
		switch {
		case n.kind == stringNode && strings.HasSuffix(n.text, "_UNSPECIFIED") && strings.ToUpper(n.text) == n.text:
			*into = ""
		case n.kind == numberNode && n.text == "0":
			*into = ""
		case n.kind == stringNode && n.text != "" && slices.Contains(values, n.text):
			*into = n.text
		case n.kind == numberNode && numbered(values, n.text) != "":
			*into = numbered(values, n.text)
		default:
			d.invalid(path, apiPackage+typ, n)
		}
	}
}

// numbered returns the value with a number of an enum; "" when there is none.
func numbered(values []string, number string) string {
	i, err := strconv.Atoi(number)
	if err != nil || i < 1 || i > len(values) {
		return ""
	}
	return values[i-1]
}

func (d *decoder) dimension(n node, path string) Dimension {
	var dim Dimension
	d.message(n, path, map[string]field{
		"name":                d.text(&dim.Name),
		"dimensionExpression": func(n node, path string) { dim.Expression = d.dimensionExpression(n, path) },
	}, nil)
	return dim
}

func (d *decoder) dimensionExpression(n node, path string) *DimensionExpression {
	var e DimensionExpression
	one := d.oneOf("one_expression")
	d.message(n, path, map[string]field{
		"lowerCase": one("lowerCase", func(n node, path string) { e.LowerCase = d.caseExpression(n, path) }),
		"upperCase": one("upperCase", func(n node, path string) { e.UpperCase = d.caseExpression(n, path) }),
		"concatenate": one("concatenate", func(n node, path string) {
			e.Concatenate = &ConcatenateExpression{}
			d.message(n, path, map[string]field{
				"dimensionNames": d.texts(maxList, &e.Concatenate.DimensionNames),
				"delimiter":      d.text(&e.Concatenate.Delimiter),
			}, nil)
		}),
	}, nil)
	return &e
}

func (d *decoder) caseExpression(n node, path string) *CaseExpression {
	var e CaseExpression
	d.message(n, path, map[string]field{"dimensionName": d.text(&e.DimensionName)}, nil)
	return &e
}

func (d *decoder) metric(n node, path string) Metric {
	var m Metric
	d.message(n, path, map[string]field{
		"name":       d.text(&m.Name),
		"expression": d.text(&m.Expression),
		"invisible":  d.bool(&m.Invisible),
	}, nil)
	return m
}

// comparison reads one that says what it compares. One that a property's
// owner saved reads fields that only Google knows, so that no gate can tell
// whether it may be asked.
func (d *decoder) comparison(n node, path string) NamedFilter {
	var c NamedFilter
	one := d.oneOf("one_comparison")
	d.message(n, path, map[string]field{
		"name":            d.text(&c.Name),
		"dimensionFilter": one("dimensionFilter", func(n node, path string) { c.DimensionFilter = d.filter(n, path, 1) }),
		"comparison": one("comparison", func(node, string) {
			d.violate("Oriel does not support saved comparisons: write the comparison's dimensionFilter.")
		}),
	}, nil)
	return c
}

func (d *decoder) dateRange(n node, path string) DateRange {
	var r DateRange
	d.message(n, path, map[string]field{
		"startDate": d.text(&r.StartDate),
		"endDate":   d.text(&r.EndDate),
		"name":      d.text(&r.Name),
	}, nil)
	return r
}

func (d *decoder) minuteRange(n node, path string) MinuteRange {
	var r MinuteRange
	d.message(n, path, map[string]field{
		"startMinutesAgo": d.int32(&r.StartMinutesAgo),
		"endMinutesAgo":   d.int32(&r.EndMinutesAgo),
		"name":            d.text(&r.Name),
	}, nil)
	return r
}

func (d *decoder) aggregation(n node, path string, into *[]Aggregation) {
	var a string
	d.enum(&a, "MetricAggregation", aggregations...)(n, path)
	if a != "" {
		*into = append(*into, Aggregation(a))
	}
}

func (d *decoder) orderBy(n node, path string) OrderBy {
	var o OrderBy
	one := d.oneOf("one_order_by")
	d.message(n, path, map[string]field{
		"metric": one("metric", func(n node, path string) {
			o.Metric = &MetricOrder{}
			d.message(n, path, map[string]field{"metricName": d.text(&o.Metric.MetricName)}, nil)
		}),
		"dimension": one("dimension", func(n node, path string) {
			o.Dimension = &DimensionOrder{}
			d.message(n, path, map[string]field{
				"dimensionName": d.text(&o.Dimension.DimensionName),
				"orderType":     d.enum(&o.Dimension.OrderType, "OrderBy.DimensionOrderBy.OrderType", orderTypes...),
			}, nil)
		}),
		"pivot": one("pivot", func(n node, path string) { o.Pivot = d.pivotOrder(n, path) }),
		"desc":  d.bool(&o.Desc),
	}, nil)
	return o
}

// oneOf returns a function that marks members of a message as alternatives.
func (d *decoder) oneOf(oneof string) func(name string, read field) field {
	set := false
	return func(name string, read field) field {
		return func(n node, path string) {
			if set {
				parent, _, _ := cutLast(path, ".")
				d.violate("Invalid value at '%s' (oneof), oneof field '%s' is already set. Cannot set '%s'", parent, oneof, name)
				return
			}
			set = true
			read(n, path)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (d *decoder) filter(n node, path string, depth int) *Filter {
	if depth > maxFilterDepth {
		d.violate("%s is nested too deep: Oriel reads filters of %d levels.", path, maxFilterDepth)
		return nil
	}
	var f Filter
	one := d.oneOf("expr")
	d.message(n, path, map[string]field{
		"andGroup":      one("andGroup", func(n node, path string) { f.AndGroup = d.filters(n, path, depth) }),
		"orGroup":       one("orGroup", func(n node, path string) { f.OrGroup = d.filters(n, path, depth) }),
		"notExpression": one("notExpression", func(n node, path string) { f.Not = d.filter(n, path, depth+1) }),
		"filter":        one("filter", func(n node, path string) { f.Condition = d.condition(n, path) }),
	}, nil)
	return &f
}

func (d *decoder) filters(n node, path string, depth int) *FilterList {
	var l FilterList
	d.message(n, path, map[string]field{
		"expressions": d.list(maxList, func(n node, path string) {
			l.Expressions = append(l.Expressions, d.filter(n, path, depth+1))
		}),
	}, nil)
	return &l
}

func (d *decoder) condition(n node, path string) *Condition {
	if d.conditions++; d.conditions == maxConditions+1 {
		d.violate("A request has too many filters: Oriel reads %d.", maxConditions)
	}
	if d.conditions > maxConditions {
		return nil
	}
	var c Condition
	one := d.oneOf("one_filter")
	d.message(n, path, map[string]field{
		"fieldName":     d.text(&c.FieldName),
		"stringFilter":  one("stringFilter", func(n node, path string) { c.String = d.stringFilter(n, path) }),
		"inListFilter":  one("inListFilter", func(n node, path string) { c.InList = d.inListFilter(n, path) }),
		"numericFilter": one("numericFilter", func(n node, path string) { c.Numeric = d.numericFilter(n, path) }),
		"betweenFilter": one("betweenFilter", func(n node, path string) { c.Between = d.betweenFilter(n, path) }),
		"emptyFilter": one("emptyFilter", func(n node, path string) {
			c.Empty = &EmptyFilter{}
			d.message(n, path, nil, nil)
		}),
	}, nil)
	return &c
}

func (d *decoder) stringFilter(n node, path string) *StringFilter {
	var f StringFilter
	d.message(n, path, map[string]field{
		"matchType":     d.enum(&f.MatchType, "Filter.StringFilter.MatchType", matchTypes...),
		"value":         d.text(&f.Value),
		"caseSensitive": d.bool(&f.CaseSensitive),
	}, nil)
	return &f
}

func (d *decoder) inListFilter(n node, path string) *InListFilter {
	var f InListFilter
	d.message(n, path, map[string]field{
		"values":        d.texts(maxValues, &f.Values),
		"caseSensitive": d.bool(&f.CaseSensitive),
	}, nil)
	return &f
}

func (d *decoder) numericFilter(n node, path string) *NumericFilter {
	var f NumericFilter
	d.message(n, path, map[string]field{
		"operation": d.enum(&f.Operation, "Filter.NumericFilter.Operation", operations...),
		"value":     d.number(&f.Value),
	}, nil)
	return &f
}

func (d *decoder) betweenFilter(n node, path string) *BetweenFilter {
	var f BetweenFilter
	d.message(n, path, map[string]field{
		"fromValue": d.number(&f.FromValue),
		"toValue":   d.number(&f.ToValue),
	}, nil)
	return &f
}

func (d *decoder) number(into *NumericValue) field {
	return func(n node, path string) {
		one := d.oneOf("one_value")
		d.message(n, path, map[string]field{
			"int64Value": one("int64Value", func(n node, path string) {
				into.Int64 = new(Int64)
				d.int64(into.Int64)(n, path)
			}),
			"doubleValue": one("doubleValue", d.double(&into.Double)),
		}, nil)
	}
}
