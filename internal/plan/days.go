package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// days answers q from the final days that are at hand at the range's beginning,
// and one question for the rest.
func (p *Plan) days(ctx context.Context, q report.Query) (*report.Report, error) {
	all, ok := daysOf(q)
	if !ok {
		return p.gather(ctx, q)
	}
	var made *report.Report
	if !p.doubtful(q) {
		made = p.assemble(ctx, q, all)
	}
	if made != nil && p.agree(q, made, true) {
		p.remember(q, made)
		p.c.Observer(Sliced)
		return made, nil
	}
	r, err := p.gather(ctx, q)
	if err != nil && made != nil {
		return made, nil
	}
	if err == nil {
		p.keepDays(ctx, q, r)
		p.agree(q, r, false)
	}
	return r, err
}

// assemble returns nil where the whole has to be asked after all: no days are at
// hand, the rest cannot be had, or says more than rows. The whole may still be at
// hand, though old.
func (p *Plan) assemble(ctx context.Context, q report.Query, all []report.Date) *report.Report {
	parts := p.recallDays(ctx, q, all)
	if len(parts) == 0 {
		return nil
	}
	if len(parts) < len(all) {
		rest := q.Clone()
		rest.DateRanges[0].StartDate = all[len(parts)].String()
		r, err := p.gather(ctx, rest)
		if err != nil {
			return nil
		}
		p.keepDays(ctx, rest, r)
		parts = append(parts, r)
	}
	r, err := merge(q, parts)
	if err != nil {
		return nil
	}
	return r
}

// remember keeps an answer that was put together, unless it is an old one.
func (p *Plan) remember(q report.Query, r *report.Report) {
	if r.Stale == "" {
		p.c.Memory.Remember(q, r)
	}
}

// recallDays returns the stored days from the range's beginning on, up to the
// first about which Google is to be asked again.
func (p *Plan) recallDays(ctx context.Context, q report.Query, all []report.Date) []*report.Report {
	var known []*report.Report
	for _, day := range all {
		r, due := p.c.Memory.Recall(ctx, dayOf(q, day))
		if r == nil || due {
			break
		}
		known = append(known, r)
	}
	return known
}

// dayOf is the query under which the rows of one day of q are kept. No asker can
// ask it, for offsets are not negative: what is kept of a day without rows is not
// what Google would answer about it.
func dayOf(q report.Query, day report.Date) report.Query {
	q = q.Clone()
	q.Offset, q.Limit = -1, report.MaxLimit
	q.DateRanges[0] = report.DateRange{StartDate: day.String(), EndDate: day.String()}
	return q
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

// keepDays keeps the rows of each final day of an answer to q. When a day differs
// from what was kept of it, no final answer about the property is to be trusted that
// came earlier.
func (p *Plan) keepDays(ctx context.Context, q report.Query, r *report.Report) {
	kept := finalDays(q, r)
	if slices.ContainsFunc(kept, func(k keptDay) bool {
		before, _ := p.c.Memory.Recall(ctx, k.query)
		return before != nil && before.FetchedAt.Before(r.FetchedAt) && !bytes.Equal(before.Body, k.report.Body)
	}) {
		p.c.Observer(Changed)
		p.c.Memory.ForgetFinal(q.Account, q.Property, r.FetchedAt)
	}
	for _, k := range kept {
		p.c.Memory.Remember(k.query, k.report)
	}
}

// A keptDay is the rows of one day of an answer, under the query that finds them.
type keptDay struct {
	query  report.Query
	report *report.Report
}

// finalDays takes an answer to q apart into its days that are final.
func finalDays(q report.Query, r *report.Report) (kept []keptDay) {
	days, ok := daysOf(q)
	zone, err := time.LoadLocation(r.TimeZone)
	if !ok || err != nil || r.TimeZone == "" || r.Stale != "" || !report.Final(days[0], zone, r.FetchedAt) {
		return nil
	}
	a, err := readAnswer(r)
	if err != nil {
		return nil
	}
	rows, err := a.byDay(dayColumn(q))
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
