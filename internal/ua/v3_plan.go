package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A Plan is the GA4 queries that answer one v3 query, and how their reports become its
// body. It is immutable.
type Plan struct {
	query Query
	tableQuery
}

// Translate plans a v3 query. Errors are *Error, in v3's words.
func Translate(q Query, o Options) (_ *Plan, err error) {
	p := &Plan{query: q, tableQuery: tableQuery{options: o, realtime: q.Realtime, keepEmpty: q.IncludeEmptyRows}}
	if !q.Realtime {
		days, err := dateParams{"start-date", "end-date"}.resolve(q.StartDate, q.EndDate, o.Today)
		if err != nil {
			return nil, err
		}
		p.start, p.end = days[0], days[1]
	}
	if err := setColumns(&p.tableQuery, q.Dimensions, q.Metrics, p.dimension, p.metric); err != nil {
		return nil, err
	}
	segment, err := findSegment(q.Segment)
	if err != nil {
		return nil, err
	}
	if err := p.plan(segment, func(tq *tableQuery) (conditionGroups, error) { return tq.groups(q.Filter) }); err != nil {
		return nil, err
	}
	p.pagesTimes = p.exceeds()
	if q.IncludeEmptyRows || o.MaxRows > 0 && p.isDirect() { // else rows are dropped here
		p.pushDown(q.Sort, q.StartIndex-1, q.MaxResults)
	}
	if _, err = p.appendQueries(nil); err != nil {
		return nil, err
	}
	return p, nil
}

// exceeds reports whether a body with empty rows has more rows than the view's MaxRows,
// in an order by time, so that the place of each row that GA4 returns is known.
func (p *Plan) exceeds() bool {
	byMetric := slices.ContainsFunc(p.query.Sort, func(k SortKey) bool {
		return slices.ContainsFunc(p.metrics, func(m metric) bool { return strings.EqualFold(m.requested, k.Name) })
	})
	return p.options.MaxRows > 0 && p.fills() && !byMetric && len(p.metricFilter) == 0 && int64(len(p.emptyRows())) > p.options.MaxRows
}

// Queries returns the queries for the view's property, in any order. There is at least
// one, and usually no more.
func (p *Plan) Queries() []report.Query {
	qs, _ := p.appendQueries(nil) // Translate has validated them
	return qs
}

// firstDay is the earliest day that GA4 answers for.
var firstDay = report.NewDate(2015, 8, 14)

// DateParams are a dialect's names of the parameters for the first and the last day.
type dateParams struct{ start, end string }

// dateOf returns a relative date in GA4's spelling: UA accepted any case. Anything else
// is returned as written.
func dateOf(written string) string {
	written = strings.TrimSpace(written)
	lower := strings.ToLower(written)
	days, ago := strings.CutSuffix(lower, "daysago")
	switch {
	case ago && isDigits(days):
		return days + "daysAgo"
	case lower == "today", lower == "yesterday":
		return lower
	}
	return written
}

// resolve returns the first and the last day of a range.
func (p dateParams) resolve(from, to string, today report.Date) (days [2]report.Date, err error) {
	from, to = dateOf(from), dateOf(to)
	start, err := report.ResolveDate("startDate", from, today)
	if err != nil {
		// Pages that want everything begin at 2005.
		if d, notDate := report.ParseDate(from); notDate == nil && !d.Before(firstDay) ||
			notDate != nil && !strings.HasSuffix(from, "daysAgo") {
			return days, badParameter(p.start, "Invalid value '%s' for %s.", report.Truncate(from), p.start)
		}
		start = firstDay
	}
	end, err := report.ResolveDate("endDate", to, today)
	if err != nil {
		return days, badParameter(p.end, "Invalid value '%s' for %s: Google Analytics 4 answers from %s on.", report.Truncate(to), p.end, firstDay)
	}
	if end.Before(start) {
		return days, badParameter(p.start, "%s must not be after %s: %s is after %s.", p.start, p.end, report.Truncate(from), report.Truncate(to))
	}
	return [2]report.Date{start, end}, nil
}
