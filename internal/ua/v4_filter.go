package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// groupsV4 resolves all filters of a request.
func (tq *tableQuery) groupsV4(r reportRequest) (conditionGroups, error) {
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
	metrics, err := mapAll(r.MetricFilterClauses, func(c metricFilterClause) (conditionGroups, error) {
		return clauseGroups(c.Operator, c.Filters, func(f metricFilter) (condition, error) { return tq.metricCondition(f, r.Metrics) })
	})
	return slices.Concat(groups, dimensions, slices.Concat(metrics...)), err
}

func (tq *tableQuery) dimensionGroups(clauses []dimensionFilterClause) (conditionGroups, error) {
	all, err := mapAll(clauses, func(c dimensionFilterClause) (conditionGroups, error) {
		return clauseGroups(c.Operator, c.Filters, tq.dimensionCondition)
	})
	return slices.Concat(all...), err
}

// clauseGroups resolves the filters of a clause: one group, or a group of each if all
// must pass.
func clauseGroups[F any](operator string, filters []F, resolve func(F) (condition, error)) (conditionGroups, error) {
	all, err := mapAll(filters, resolve)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if operator == "AND" {
		return slices.Collect(slices.Chunk(all, 1)), nil
	}
	return conditionGroups{all}, nil
}

// matchesV4 are the GA4 match types of those of v4's operators that have other names.
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

// operatorsV4 are the v3 operators of v4's operators on metrics, and their opposites.
var operatorsV4 = map[string][2]string{"": {"==", "!="}, "EQUAL": {"==", "!="}, "LESS_THAN": {"<", ">="}, "GREATER_THAN": {">", "<="}}

func (tq *tableQuery) metricCondition(f metricFilter, metrics []metricRequest) (condition, error) {
	if f.Operator == "IS_MISSING" {
		return condition{}, badName("IS_MISSING of %s cannot be answered: Google Analytics 4 has 0 where nothing was counted. Use EQUAL with 0.",
			report.Truncate(f.MetricName))
	}
	r := metricRequest{Expression: f.MetricName}
	if i := named(metrics, f.MetricName); i >= 0 {
		r = metrics[i]
	}
	m, err := tq.metricV4(r)
	if err != nil {
		return condition{}, err
	}
	n, ok := finite(f.ComparisonValue)
	if !ok {
		return condition{}, badName("Invalid comparisonValue '%s' of %s: a metric is compared with a number.",
			report.Truncate(f.ComparisonValue), report.Truncate(f.MetricName))
	}
	op := operatorsV4[f.Operator][0]
	if f.Not {
		op = operatorsV4[f.Operator][1]
	}
	return condition{Condition: Condition{Field: f.MetricName, Op: op, Value: f.ComparisonValue}, metric: &m, number: n}, nil
}
