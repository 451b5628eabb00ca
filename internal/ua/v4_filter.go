package ua

import (
	"math"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// groupsV4 turns all filters of a request into groups joined by AND.
func (tq *tableQuery) groupsV4(r reportRequest) ([][]condition, error) {
	expression, err := ParseFilter(r.FiltersExpression)
	if err != nil {
		return nil, err
	}
	groups, err := tq.groups(expression)
	if err != nil {
		return nil, err
	}
	dimensions, err := tq.dimensionGroups(r.DimensionFilterClauses)
	if err != nil {
		return nil, err
	}
	metrics, err := tq.metricGroups(r)
	return append(append(groups, dimensions...), metrics...), err
}

func (tq *tableQuery) dimensionGroups(clauses []dimensionFilterClause) ([][]condition, error) {
	var groups [][]condition
	for _, clause := range clauses {
		var all []condition
		for _, f := range clause.Filters {
			c, err := tq.dimensionCondition(f)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		groups = append(groups, joined(clause.Operator, all)...)
	}
	return groups, nil
}

func (tq *tableQuery) metricGroups(r reportRequest) ([][]condition, error) {
	var groups [][]condition
	for _, clause := range r.MetricFilterClauses {
		var all []condition
		for _, f := range clause.Filters {
			c, err := tq.metricCondition(f, r.Metrics)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		groups = append(groups, joined(clause.Operator, all)...)
	}
	return groups, nil
}

// joined makes a clause's conditions one group, or a group of each if all must
// hold.
func joined(operator string, all []condition) [][]condition {
	if len(all) == 0 {
		return nil
	}
	if operator != "AND" {
		return [][]condition{all}
	}
	groups := make([][]condition, len(all))
	for i, c := range all {
		groups[i] = []condition{c}
	}
	return groups
}

// matchesV4 are v4's operators as GA4 calls them. Those not in it are the same.
var matchesV4 = map[string]string{"": partialRegexp, "REGEXP": partialRegexp, "PARTIAL": contains}

func (tq *tableQuery) dimensionCondition(f dimensionFilter) (condition, error) {
	if isSegment(f.DimensionName) {
		return condition{}, badName("%s cannot be filtered by: name the wanted segments in segments.", f.DimensionName)
	}
	if len(f.Expressions) == 0 {
		return condition{}, badName("The filter of %s needs expressions.", report.Truncate(f.DimensionName))
	}
	match, renamed := matchesV4[f.Operator]
	if !renamed {
		match = f.Operator
	}
	how := comparison{match: match, values: f.Expressions, exactCase: f.CaseSensitive, not: f.Not}
	if match != inListed {
		how.values = f.Expressions[:1]
	}
	c := Condition{Field: strings.TrimSpace(f.DimensionName), Op: f.Operator, Value: f.Expressions[0]}
	if !fieldPattern.MatchString(c.Field) {
		return condition{}, badName("Invalid dimension or metric: %s", report.Truncate(c.Field))
	}
	if match == partialRegexp {
		c.Op = "=~"
		if err := c.checkRegexp(); err != nil {
			return condition{}, err
		}
		c.Op = "REGEXP"
	}
	if _, err := how.matcher(); err != nil {
		return condition{}, badName("Invalid value '%s' for %s of %s: %s.", report.Truncate(c.Value), c.Op, c.Field, err)
	}
	return tq.compared(c, how)
}

// operatorsV4 are v4's operators on metrics in v3's words, and their opposites.
var operatorsV4 = map[string][2]string{"": {"==", "!="}, "EQUAL": {"==", "!="}, "LESS_THAN": {"<", ">="}, "GREATER_THAN": {">", "<="}}

func (tq *tableQuery) metricCondition(f metricFilter, metrics []metricRequest) (condition, error) {
	if f.Operator == "IS_MISSING" {
		return condition{}, badName("IS_MISSING of %s cannot be answered: Google Analytics 4 has 0 where nothing was counted. Use EQUAL with 0.", report.Truncate(f.MetricName))
	}
	r := metricRequest{Expression: f.MetricName}
	if i := named(metrics, f.MetricName); i >= 0 {
		r = metrics[i]
	}
	m, err := tq.metricV4(r)
	if err != nil {
		return condition{}, err
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(f.ComparisonValue), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return condition{}, badName("Invalid comparisonValue '%s' of %s: a metric is compared with a number.", report.Truncate(f.ComparisonValue), report.Truncate(f.MetricName))
	}
	op := operatorsV4[f.Operator][0]
	if f.Not {
		op = operatorsV4[f.Operator][1]
	}
	return condition{Condition: Condition{Field: f.MetricName, Op: op, Value: f.ComparisonValue}, metric: &m, number: n}, nil
}
