package plan

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// days answers q from the final days that are kept of the range's beginning, and one question for the rest.
func (p *Plan) days(ctx context.Context, q *report.Question) (*report.Report, error) {
	all, ok := daysOf(q.Query())
	if !ok {
		return p.batched(ctx, q)
	}
	whole := p.mustAskWhole(q)
	if !whole {
		assembled, err := p.assemble(ctx, q, all)
		if err != nil {
			return nil, err
		}
		if assembled != nil && p.consistent(ctx, q, assembled, true) {
			p.config.Observer(Sliced)
			return assembled, nil
		}
	}
	r, err := p.batched(ctx, q)
	if err != nil {
		// A contradicted answer is none, and the error may deny access: whether a stale answer may be served
		// instead is up to the caller.
		if whole {
			p.askWholeNext(q)
		}
		return nil, err
	}
	p.keepDays(ctx, q, r)
	p.consistent(ctx, q, r, false)
	return r, nil
}

// assemble returns nil if q must be asked as a whole: no days are kept, or the answer for the rest has more
// than rows.
func (p *Plan) assemble(ctx context.Context, q *report.Question, all []report.Date) (*report.Report, error) {
	var parts []*report.Report // from the range's beginning on
	for _, day := range all {
		r := p.config.Parts.Get(ctx, dayOf(q, day))
		if r == nil {
			break
		}
		parts = append(parts, r)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	if len(parts) < len(all) {
		r, err := p.rest(ctx, q.With(func(rest *report.Query) { rest.DateRanges[0].StartDate = all[len(parts)].String() }))
		if err != nil {
			return nil, err
		}
		parts = append(parts, r)
	}
	r, err := merge(q.Query(), parts)
	if err != nil {
		return nil, nil
	}
	return r, nil
}

// rest answers q, the part of a range for which no days are kept. Several ranges may have the same rest, so it
// is kept too.
func (p *Plan) rest(ctx context.Context, q *report.Question) (*report.Report, error) {
	if r := p.config.Parts.Get(ctx, q); r != nil {
		return r, nil
	}
	r, err := p.batched(ctx, q)
	if err == nil {
		p.keepDays(ctx, q, r)
		p.config.Parts.Put(ctx, q, r)
	}
	return r, err
}

// dayOf is the question under which the rows of one day of q are kept. No client can ask it, for offsets are
// not negative: what is kept of a day without rows is not what Google would answer about it.
func dayOf(q *report.Question, day report.Date) *report.Question {
	return q.With(func(q *report.Query) {
		q.Offset, q.Limit = -1, report.MaxLimit
		q.DateRanges[0] = report.DateRange{StartDate: day.String(), EndDate: day.String()}
	})
}

// merge joins the answers to consecutive ranges, the earliest first.
func merge(q report.Query, parts []*report.Report) (*report.Report, error) {
	if q.OrderBys[0].Desc {
		parts = slices.Clone(parts)
		slices.Reverse(parts)
	}
	var whole *answer
	for _, part := range parts {
		a, err := readAnswer(part)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			whole = a.withoutRows()
		}
		if !whole.matches(a) {
			return nil, errWhole
		}
		whole.Rows = append(whole.Rows, a.Rows...)
	}
	whole.RowCount = len(whole.Rows)
	if int64(whole.RowCount) > rowLimit(q) {
		return nil, errWhole // Google decides which to leave out
	}
	if len(q.MetricAggregations) > 0 {
		sum, err := total(whole.Rows)
		if err != nil {
			return nil, err
		}
		whole.Totals = []json.RawMessage{sum}
	}
	return whole.report(leastFinal(parts)), nil
}

func rowLimit(q report.Query) int64 {
	if q.Limit == 0 {
		return report.DefaultLimit
	}
	return int64(q.Limit)
}

// leastFinal returns the part whose age is that of the whole: the one that can still change most, and of those
// that cannot the oldest.
func leastFinal(parts []*report.Report) *report.Report {
	decides := parts[0]
	for _, r := range parts[1:] {
		final, was := r.Freshness == report.FreshFinal, decides.Freshness == report.FreshFinal
		if was && !final || was == final && r.FetchedAt.Before(decides.FetchedAt) {
			decides = r
		}
	}
	return decides
}

// keepDays keeps the rows of each final day of r, an answer to q.
func (p *Plan) keepDays(ctx context.Context, q *report.Question, r *report.Report) {
	changed := false
	days, _ := daysOf(q.Query())
	for i, part := range finalDays(days, dayColumn(q.Query()), r) {
		changed = p.config.Parts.Put(ctx, dayOf(q, days[i]), part) || changed
	}
	if changed {
		p.config.Observer(Changed)
	}
}

// finalDays returns the parts of an answer about the first days, those that are final. column is that of the
// day in its rows.
func finalDays(days []report.Date, column int, r *report.Report) (parts []*report.Report) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || r.TimeZone == "" || len(days) == 0 || !report.Final(days[0], zone, r.FetchedAt) {
		return nil
	}
	a, err := readAnswer(r)
	if err != nil {
		return nil
	}
	rows, err := a.byDay(column)
	if err != nil {
		return nil
	}
	for _, day := range days {
		if !report.Final(day, zone, r.FetchedAt) {
			break
		}
		of := a.withoutRows()
		of.Rows = rows[day]
		of.RowCount = len(of.Rows)
		part := of.report(r)
		part.Freshness = report.FreshFinal
		parts = append(parts, part)
	}
	return parts
}

// byDay groups rows by their day, in their order.
func (a *answer) byDay(column int) (map[report.Date][]json.RawMessage, error) {
	rows := map[report.Date][]json.RawMessage{}
	for _, raw := range a.Rows {
		r, err := report.ReadRow(raw)
		if err != nil {
			return nil, err
		}
		day, err := rowDay(r, column)
		if err != nil {
			return nil, err
		}
		rows[day] = append(rows[day], raw)
	}
	return rows, nil
}

// rowDay reads YYYYMMDD at the beginning of a value; "(other)" is no day.
func rowDay(r report.Row, column int) (report.Date, error) {
	if column >= len(r.Dimensions) || len(r.Dimensions[column].Value) < 8 {
		return report.Date{}, errWhole
	}
	t, err := time.Parse("20060102", r.Dimensions[column].Value[:8])
	if err != nil {
		return report.Date{}, errWhole
	}
	return report.DateOf(t, time.UTC), nil
}
