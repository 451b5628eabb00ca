package plan

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Why a question is not asked as one with others.
const (
	// A filter on metrics reads the columns that would be added.
	havingFilter Refusal = "a metric filter"
	// Without an order Google's depends on the metrics.
	noOrder Refusal = "no order"
	// What can be asked together with such a metric only Google knows.
	metricAlone Refusal = "a metric that may not go with others"
)

// unites says why q cannot be asked as one with others that differ in metrics.
func unites(q report.Query) Refusal {
	switch {
	case q.MetricFilter != nil:
		return havingFilter
	case q.KeepEmptyRows:
		return emptyRows
	case q.Offset != 0:
		return page
	case len(q.OrderBys) == 0 && len(q.Dimensions) > 0:
		return noOrder
	}
	for _, a := range q.MetricAggregations {
		if a != report.Total {
			return extremes // of rows that the added columns bring
		}
	}
	for _, m := range q.Metrics {
		if !metricOfDay(m.Name) {
			return metricAlone
		}
	}
	return ""
}

// A unionKey is what questions that can be asked as one have in common.
type unionKey string

func unionOf(q report.Query) unionKey {
	common := q
	common.Metrics = nil
	text, err := json.Marshal(common)
	if err != nil {
		panic(err) // a query is numbers and strings
	}
	return unionKey(strconv.Quote(q.Account) + strconv.Quote(q.Property) + strconv.FormatBool(q.Realtime) + string(text))
}

// A union is questions that wait for each other.
type union struct {
	query   report.Query // with the metrics of all
	asked   int          // different questions
	done    chan struct{}
	report  *report.Report
	err     error
	waiting []report.Query
}

// gather asks q, as one with others of its kind if some come within moments.
func (p *Plan) gather(ctx context.Context, q report.Query) (*report.Report, error) {
	if p.c.Gather < 0 || unites(q) != "" {
		return p.pass(ctx, q)
	}
	u := p.join(q)
	select {
	case <-u.done:
	case <-ctx.Done():
		return nil, report.AsError(ctx.Err())
	}
	if u.asked == 1 {
		return u.report, u.err
	}
	if u.err == nil {
		if r, err := project(u, q); err == nil {
			p.c.Observer(United)
			p.remember(q, r)
			return r, nil
		}
	}
	// Together they cannot be asked, or the answer says more than rows; alone, q
	// may have an answer, if an old one.
	return p.pass(ctx, q)
}

func (p *Plan) pass(ctx context.Context, q report.Query) (*report.Report, error) {
	p.c.Observer(Passed)
	return p.c.Source.Report(ctx, q)
}

// join adds q to the union that is waiting for its kind, or begins one.
func (p *Plan) join(q report.Query) *union {
	key := unionOf(q)
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.waits[key]
	if u == nil || !u.add(q) {
		u = &union{query: q.Clone(), asked: 1, done: make(chan struct{}), waiting: []report.Query{q.Clone()}}
		p.waits[key] = u
		time.AfterFunc(p.c.Gather, func() { p.ask(key, u) })
	}
	return u
}

// add takes q into the union if there is room for its metrics.
func (u *union) add(q report.Query) bool {
	if slices.ContainsFunc(u.waiting, func(w report.Query) bool { return slices.Equal(w.Metrics, q.Metrics) }) {
		return true
	}
	metrics := slices.Clone(u.query.Metrics)
	for _, m := range q.Metrics {
		if !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	if len(metrics) > report.MaxMetrics {
		return false
	}
	u.query.Metrics = metrics
	u.query.Urgency = min(u.query.Urgency, q.Urgency)
	u.asked++
	u.waiting = append(u.waiting, q.Clone())
	return true
}

// ask puts the question of a union. Nobody's impatience ends it for the others;
// the source bounds it.
func (p *Plan) ask(key unionKey, u *union) {
	p.mu.Lock()
	if p.waits[key] == u {
		delete(p.waits, key)
	}
	p.mu.Unlock()
	defer close(u.done)
	if u.asked == 1 {
		p.c.Observer(Passed)
	}
	u.report, u.err = p.c.Source.Report(context.Background(), u.query)
}

// project returns the answer to q out of that to a union.
func project(u *union, q report.Query) (*report.Report, error) {
	a, err := readAnswer(u.report)
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(q.Metrics))
	for i, m := range q.Metrics {
		columns[i] = slices.Index(u.query.Metrics, m)
	}
	if len(a.MetricHeaders) != len(u.query.Metrics) {
		return nil, errWhole
	}
	own := a.like()
	own.MetricHeaders = pick(a.MetricHeaders, columns)
	if own.Rows, err = projectRows(a.Rows, columns, true); err != nil {
		return nil, err
	}
	own.RowCount = len(own.Rows)
	if own.RowCount == 0 || int64(own.RowCount) > rowLimit(q) {
		return nil, errWhole
	}
	if own.Totals, err = projectRows(a.Totals, columns, false); err != nil {
		return nil, err
	}
	return own.report(u.report), nil
}

// projectRows keeps some columns of metrics. Rows that are there for the sake of
// others, all zero themselves, are what Google leaves out.
// Source: Data API, RunReportRequest.keepEmptyRows.
func projectRows(rows []json.RawMessage, columns []int, dropEmpty bool) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range rows {
		r, err := readRow(raw)
		if err != nil {
			return nil, err
		}
		if slices.Max(columns) >= len(r.Metrics) {
			return nil, errWhole
		}
		r.Metrics = pick(r.Metrics, columns)
		if dropEmpty && !slices.ContainsFunc(r.Metrics, nonzero) {
			continue
		}
		out = append(out, r.raw())
	}
	return out, nil
}

func nonzero(v value) bool {
	f, err := strconv.ParseFloat(v.Value, 64)
	return err != nil || f != 0
}

func pick[T any](from []T, columns []int) []T {
	out := make([]T, len(columns))
	for i, c := range columns {
		out[i] = from[c]
	}
	return out
}
