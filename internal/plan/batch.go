package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
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
	// Which rows there are is then not for metrics to say.
	noMetrics Refusal = "no metrics"
)

// refuseBatch returns why q cannot be asked as one with others that differ in metrics.
func refuseBatch(q report.Query) Refusal {
	if r := refuseDerived(q); r != "" {
		return r
	}
	switch {
	case len(q.Metrics) == 0:
		return noMetrics
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

// groupKey returns what questions that can be asked as one have in common: all but their metrics.
func groupKey(q *report.Question) report.Key {
	return q.With(func(q *report.Query) { q.Metrics = nil }).Key()
}

// Group groups questions that a Plan asks as one if they come within BatchDelay.
func Group(questions []*report.Question) (groups [][]*report.Question) {
	index := map[report.Key]int{}
	for _, q := range questions {
		key := groupKey(q)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], q)
	}
	return groups
}

// A batch is questions that are asked as one.
type batch struct {
	question *report.Question // with the metrics of all
	priority *report.Priority // the best of all callers
	members  []*report.Question
	ctx      context.Context // until all callers have left
	cancel   context.CancelFunc
	callers  int
	done     chan struct{}
	// Once done is closed:
	err     error
	answers map[report.Key]*report.Report // none for a member that must be asked alone
}

// batched asks q, as one with others of its group that come within BatchDelay or are in flight.
func (p *Plan) batched(ctx context.Context, q *report.Question) (*report.Report, error) {
	if p.config.BatchDelay < 0 || refuseBatch(q.Query()) != "" {
		return p.pass(ctx, q)
	}
	b := p.join(q)
	defer p.leave(b)
	select {
	case <-b.done:
	case <-ctx.Done():
		return nil, report.AsError(ctx.Err())
	}
	if r := b.answers[q.Key()]; r != nil {
		return r, nil
	}
	if b.err != nil && len(b.members) == 1 {
		return nil, b.err
	}
	// The batch cannot be asked as one, or its answer cannot be split; q alone may have an answer.
	return p.pass(ctx, q)
}

// pass asks q as it is.
func (p *Plan) pass(ctx context.Context, q *report.Question) (*report.Report, error) {
	p.config.Observer(Passed)
	return p.config.Source.Report(ctx, q)
}

// join adds q to a batch of its group: one in flight that asks for all its metrics, the one that waits, or a
// new one.
func (p *Plan) join(q *report.Question) *batch {
	key := groupKey(q)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.inFlight[key] {
		if b.covers(q) && b.ctx.Err() == nil {
			b.addMember(q)
			return b
		}
	}
	b := p.waiting[key]
	if b == nil || b.ctx.Err() != nil || !b.add(q) {
		b = &batch{priority: report.NewPriority(q.Rank()), done: make(chan struct{})}
		b.question = q.Promotable(b.priority)
		b.ctx, b.cancel = context.WithCancel(context.Background())
		b.addMember(q)
		p.waiting[key] = b
		time.AfterFunc(p.config.BatchDelay, func() { p.ask(key, b) })
	}
	return b
}

// leave cancels a batch once no caller waits for it.
func (p *Plan) leave(b *batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.callers--; b.callers == 0 {
		b.cancel()
	}
}

// covers reports whether the batch asks for all metrics of q.
func (b *batch) covers(q *report.Question) bool {
	asked := b.question.Query().Metrics
	return !slices.ContainsFunc(q.Query().Metrics, func(m report.Metric) bool { return !slices.Contains(asked, m) })
}

// addMember adds q, one more caller. The batch has the best rank of all of them.
func (b *batch) addMember(q *report.Question) {
	b.callers++
	q.Watch(b.priority.Join)
	b.priority.Join(q.Rank())
	if !slices.ContainsFunc(b.members, func(m *report.Question) bool { return m.Key() == q.Key() }) {
		b.members = append(b.members, q)
	}
}

// add adds q if its metrics fit into one question with the others.
func (b *batch) add(q *report.Question) bool {
	metrics := slices.Clone(b.question.Query().Metrics)
	for _, m := range q.Query().Metrics {
		if !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	if len(metrics) > report.MaxMetrics {
		return false
	}
	b.question = b.question.With(func(all *report.Query) { all.Metrics = metrics })
	b.addMember(q)
	return true
}

// ask asks the question of a batch, and splits its answer.
func (p *Plan) ask(key report.Key, b *batch) {
	p.mu.Lock()
	if p.waiting[key] == b {
		delete(p.waiting, key)
	}
	p.inFlight[key] = append(p.inFlight[key], b)
	p.mu.Unlock()
	defer func() {
		if v := recover(); v != nil { // it would end the process: no request's goroutine runs this
			b.err = report.AsError(fmt.Errorf("the source panicked: %v\n%s", v, debug.Stack()))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.inFlight[key] = slices.DeleteFunc(p.inFlight[key], func(other *batch) bool { return other == b })
		if len(p.inFlight[key]) == 0 {
			delete(p.inFlight, key)
		}
		close(b.done)
	}()
	r, err := p.config.Source.Report(b.ctx, b.question)
	p.mu.Lock()
	members := slices.Clone(b.members) // those who join from here on ask alone
	p.mu.Unlock()
	b.err, b.answers = err, map[report.Key]*report.Report{}
	if err != nil {
		return
	}
	metrics := b.question.Query().Metrics
	for _, q := range members {
		if query := q.Query(); slices.Equal(query.Metrics, metrics) {
			p.config.Observer(Passed)
			b.answers[q.Key()] = r
		} else if own, err := split(r, metrics, query); err == nil {
			p.config.Observer(United)
			b.answers[q.Key()] = own
		}
	}
}

// split returns the answer to q out of r, the answer to the same question with more metrics.
func split(r *report.Report, metrics []report.Metric, q report.Query) (*report.Report, error) {
	a, err := readAnswer(r)
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(q.Metrics))
	for i, m := range q.Metrics {
		columns[i] = slices.Index(metrics, m)
	}
	own := a.withoutRows()
	switch {
	case len(a.MetricHeaders) == len(metrics):
		if own.MetricHeaders, err = pick(a.MetricHeaders, columns); err != nil {
			return nil, err
		}
	case len(a.MetricHeaders) > 0 || len(a.Rows) > 0:
		return nil, errWhole
	}
	if own.Rows, err = projectRows(a.Rows, columns); err != nil {
		return nil, err
	}
	own.RowCount = len(own.Rows)
	// If only this question has no rows, Google's answer says so in its own way; and Google decides which rows
	// a limit leaves out.
	if own.RowCount == 0 && len(a.Rows) > 0 || int64(own.RowCount) > rowLimit(q) {
		return nil, errWhole
	}
	if own.Totals, err = projectTotals(a.Totals, columns); err != nil {
		return nil, err
	}
	return own.report(r), nil
}

// projectRows keeps some columns of metrics. It drops rows in which these are all zero, as Google does. Source:
// Data API, RunReportRequest.keepEmptyRows.
func projectRows(rows []json.RawMessage, columns []int) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range rows {
		r, err := report.ReadRow(raw)
		if err != nil {
			return nil, err
		}
		if r.Metrics, err = pick(r.Metrics, columns); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(r.Metrics, nonzero) {
			out = append(out, report.EncodeJSON(r))
		}
	}
	return out, nil
}

// projectTotals keeps some columns of the row of totals of each range. That of a range without rows is empty,
// whatever the columns. If one is zero in these columns alone, it may be of no rows: Google has to be asked.
func projectTotals(rows []json.RawMessage, columns []int) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range rows {
		r, err := report.ReadRow(raw)
		if err != nil {
			return nil, err
		}
		if len(r.Metrics) == 0 {
			out = append(out, raw)
			continue
		}
		if r.Metrics, err = pick(r.Metrics, columns); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(r.Metrics, nonzero) {
			return nil, errWhole
		}
		out = append(out, report.EncodeJSON(r))
	}
	return out, nil
}

func nonzero(v report.Value) bool {
	f, err := strconv.ParseFloat(v.Value, 64)
	return err != nil || f != 0
}

func pick[T any](from []T, columns []int) ([]T, error) {
	if slices.Max(columns) >= len(from) {
		return nil, errWhole
	}
	out := make([]T, len(columns))
	for i, c := range columns {
		out[i] = from[c]
	}
	return out, nil
}
