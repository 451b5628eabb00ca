package ua

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A Plan is the questions that answer one v3 query, and how their answers become
// its body. It is immutable.
type Plan struct {
	query Query
	tableQuery
}

// Translate plans a v3 query. Errors are *Error, in v3's words.
func Translate(q Query, o Options) (*Plan, error) {
	p := &Plan{query: q, tableQuery: tableQuery{options: o, realtime: q.Realtime, keepEmpty: q.IncludeEmptyRows}}
	for _, step := range []func() error{p.resolveDates, p.resolveColumns} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	segment, err := segmentFilter(q.Segment)
	if err != nil {
		return nil, err
	}
	within, err := p.segmentGroups(q.Segment, segment)
	if err != nil {
		return nil, err
	}
	groups, err := p.groups(q.Filter)
	if err != nil {
		return nil, err
	}
	if err := p.plan(append(within, groups...)); err != nil {
		return nil, err
	}
	p.places = p.exceeds()
	if q.IncludeEmptyRows || p.options.MaxRows > 0 && p.isDirect() { // else rows are dropped here
		p.pushDown(q.Sort, q.StartIndex-1, q.MaxResults)
	}
	_, err = p.queries(nil)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// isDirect reports whether all metrics are Google's own, so that it drops the rows in
// which all are zero.
func (p *Plan) isDirect() bool {
	return !slices.ContainsFunc(p.metrics, func(m metric) bool { _, direct := m.formula.direct(); return !direct })
}

// exceeds reports whether the rows of a body that fills are more than the view gives
// at once, and stand in an order that says where those belong that it gives.
func (p *Plan) exceeds() bool {
	byMetric := slices.ContainsFunc(p.query.Sort, func(k SortKey) bool {
		return slices.ContainsFunc(p.metrics, func(m metric) bool { return strings.EqualFold(m.requested, k.Name) })
	})
	return p.options.MaxRows > 0 && p.fills() && !byMetric && len(p.metricFilter) == 0 && int64(len(p.emptyRows())) > p.options.MaxRows
}

// Queries returns the questions, to be requested of the view's property in any order.
// There is at least one, and usually no more.
func (p *Plan) Queries() []report.Query {
	qs, _ := p.queries(nil) // Translate saw that they are valid
	return qs
}

// firstDay is the earliest day that GA4 answers for.
var firstDay = report.NewDate(2015, 8, 14)

func (p *Plan) resolveDates() (err error) {
	if !p.query.Realtime {
		p.start, p.end, err = span{"start-date", "end-date"}.resolve(p.query.StartDate, p.query.EndDate, p.options.Today)
	}
	return err
}

// A span is how a dialect calls the first and the last day.
type span struct{ start, end string }

// dateOf spells a relative date as GA4 does: UA took any case. What is none stays
// as it was written.
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

// resolve finds the days that are meant.
func (s span) resolve(from, to string, today report.Date) (start, end report.Date, err error) {
	from, to = dateOf(from), dateOf(to)
	if start, err = report.ResolveDate("startDate", from, today); err != nil {
		// Pages that want everything ask from 2005 on.
		if d, notDate := report.ParseDate(from); notDate == nil && !d.Before(firstDay) ||
			notDate != nil && !strings.HasSuffix(from, "daysAgo") {
			return start, end, badParameter(s.start, "Invalid value '%s' for %s.", report.Truncate(from), s.start)
		}
		start = firstDay
	}
	if end, err = report.ResolveDate("endDate", to, today); err != nil {
		return start, end, badParameter(s.end, "Invalid value '%s' for %s: Google Analytics 4 answers from %s on.", report.Truncate(to), s.end, firstDay)
	}
	if end.Before(start) {
		return start, end, badParameter(s.start, "%s must not be after %s: %s is after %s.", s.start, s.end, report.Truncate(from), report.Truncate(to))
	}
	return start, end, nil
}

func (p *Plan) resolveColumns() error {
	for _, requested := range p.query.Dimensions {
		d, err := p.dimension(requested)
		if err != nil {
			return err
		}
		p.addDimension(d)
	}
	for _, requested := range p.query.Metrics {
		m, err := p.metric(requested)
		if err != nil {
			return err
		}
		p.metrics = append(p.metrics, m)
	}
	return nil
}
