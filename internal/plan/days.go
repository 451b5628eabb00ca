package plan

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// days answers q from the final days that are kept of the range's beginning, and one
// question for the rest.
func (p *Plan) days(ctx context.Context, q *report.Question) (*report.Report, error) {
	all, ok := daysOf(q.Query())
	if !ok {
		return p.gather(ctx, q)
	}
	doubted := p.doubtful(q)
	if !doubted {
		made, err := p.assemble(ctx, q, all)
		if err != nil {
			return nil, err
		}
		if made != nil && p.agree(ctx, q, made, true) {
			p.c.Observer(Sliced)
			return made, nil
		}
	}
	r, err := p.gather(ctx, q)
	if err != nil {
		// What is known to be contradicted is no answer, and the error may take access
		// away: it is the caller's to soften.
		if doubted {
			p.distrust(q)
		}
		return nil, err
	}
	p.keepDays(ctx, q, r)
	p.agree(ctx, q, r, false)
	return r, nil
}

// assemble returns nil where the whole has to be asked: no days are kept, or what Google
// says of the rest is more than rows.
func (p *Plan) assemble(ctx context.Context, q *report.Question, all []report.Date) (*report.Report, error) {
	parts := p.knownDays(ctx, q, all)
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

// rest answers what the days that are kept leave over. Several ranges may have the same
// rest, so it is kept too.
func (p *Plan) rest(ctx context.Context, q *report.Question) (*report.Report, error) {
	if r := p.c.Parts.Get(ctx, q); r != nil {
		return r, nil
	}
	r, err := p.gather(ctx, q)
	if err == nil {
		p.keepDays(ctx, q, r)
		p.c.Parts.Put(ctx, q, r)
	}
	return r, err
}

// knownDays returns the days that are kept from the range's beginning on, up to the
// first about which Google is to be asked.
func (p *Plan) knownDays(ctx context.Context, q *report.Question, all []report.Date) (known []*report.Report) {
	for _, day := range all {
		r := p.c.Parts.Get(ctx, dayOf(q, day))
		if r == nil {
			break
		}
		known = append(known, r)
	}
	return known
}

// dayOf is the question under which the rows of one day of q are kept. No client can
// ask it, for offsets are not negative: what is kept of a day without rows is not
// what Google would answer about it.
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
			whole = a.like()
		}
		if !whole.same(a) {
			return nil, errWhole
		}
		whole.Rows = append(whole.Rows, a.Rows...)
	}
	whole.RowCount = len(whole.Rows)
	if int64(whole.RowCount) > rowLimit(q) {
		return nil, errWhole // Google says which to leave out
	}
	if len(q.MetricAggregations) > 0 {
		sum, err := total(whole.Rows)
		if err != nil {
			return nil, err
		}
		whole.Totals = []json.RawMessage{sum}
	}
	return whole.report(freshest(parts)), nil
}

func rowLimit(q report.Query) int64 {
	if q.Limit == 0 {
		return report.DefaultLimit
	}
	return int64(q.Limit)
}

// freshest returns the part that decides how old the whole is: the one that can
// still change most, and of those that cannot the oldest.
func freshest(parts []*report.Report) *report.Report {
	decides := parts[0]
	for _, r := range parts[1:] {
		final, was := r.Freshness == report.FreshFinal, decides.Freshness == report.FreshFinal
		if was && !final || was == final && r.FetchedAt.Before(decides.FetchedAt) {
			decides = r
		}
	}
	return decides
}

// keepDays keeps the rows of each final day of an answer to q.
func (p *Plan) keepDays(ctx context.Context, q *report.Question, r *report.Report) {
	changed := false
	for _, k := range finalDays(q, r) {
		changed = p.c.Parts.Put(ctx, k.question, k.report) || changed
	}
	if changed {
		p.c.Observer(Changed)
	}
}

// A keptDay is the rows of one day of an answer, under the question that finds them.
type keptDay struct {
	question *report.Question
	report   *report.Report
}

// finalDays takes an answer to q apart into its days that are final.
func finalDays(q *report.Question, r *report.Report) (kept []keptDay) {
	query := q.Query()
	days, ok := daysOf(query)
	zone, err := time.LoadLocation(r.TimeZone)
	if !ok || err != nil || r.TimeZone == "" || !report.Final(days[0], zone, r.FetchedAt) {
		return nil
	}
	a, err := readAnswer(r)
	if err != nil {
		return nil
	}
	rows, err := a.byDay(dayColumn(query))
	if err != nil {
		return nil
	}
	for _, day := range days {
		if !report.Final(day, zone, r.FetchedAt) {
			break
		}
		of := a.like()
		of.Rows = rows[day]
		of.RowCount = len(of.Rows)
		one := of.report(r)
		one.Freshness = report.FreshFinal
		kept = append(kept, keptDay{dayOf(q, day), one})
	}
	return kept
}

// byDay sorts rows by their day, in the order in which they stand.
func (a *answer) byDay(column int) (map[report.Date][]json.RawMessage, error) {
	rows := map[report.Date][]json.RawMessage{}
	for _, raw := range a.Rows {
		r, err := readRow(raw)
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
func rowDay(r row, column int) (report.Date, error) {
	if column >= len(r.Dimensions) || len(r.Dimensions[column].Value) < 8 {
		return report.Date{}, errWhole
	}
	t, err := time.Parse("20060102", r.Dimensions[column].Value[:8])
	if err != nil {
		return report.Date{}, errWhole
	}
	return report.DateOf(t, time.UTC), nil
}
