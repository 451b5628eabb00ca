package ua

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// always is a filter that every value passes; never is one that none passes.
func always(field string) *report.Filter { return text(field, partialRegexp, "^", false) }
func never(field string) *report.Filter  { return not(always(field)) }

// levelFilter returns a condition on a level of the path as a filter of the path.
func levelFilter(level int, match, value string) *report.Filter {
	const field = "pagePath"
	before := "^"
	if level > 1 {
		before = fmt.Sprintf("^.[^/]*(?:/[^/]*){%d}", level-2)
	}
	regex := func(s string) *report.Filter { return text(field, partialRegexp, s, false) }
	switch match {
	case contains:
		return levelContains(regex, before, level, value)
	case beginsWith:
		return levelBegins(regex, before, level, value)
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

// levelContains is levelFilter for the match type contains.
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

// levelBegins is levelFilter for the match type beginsWith.
func levelBegins(regex func(string) *report.Filter, before string, level int, value string) *report.Filter {
	switch {
	case value == "":
		return always("pagePath")
	case level > 1 && value[0] != '/', level < 4 && strings.Contains(strings.TrimSuffix(value[1:], "/"), "/"):
		return never("pagePath")
	}
	return regex(before + regexp.QuoteMeta(value))
}

// levelsFilter returns a comparison of a level of the path as a filter of the path; nil
// if there is none.
func levelsFilter(level int, c comparison) *report.Filter {
	match := c.match
	switch match {
	case inListed:
		match = exact
	case exact, contains, beginsWith:
	default:
		return nil
	}
	var ors []*report.Filter
	for _, v := range c.values {
		ors = append(ors, levelFilter(level, match, v))
	}
	f := or(ors)
	f.Walk(func(on *report.Condition) { on.String.CaseSensitive = c.exactCase })
	return f
}
