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

// unites says why q cannot be asked as one with others that differ in metrics.
func unites(q report.Query) Refusal {
	if r := refuseMadeUp(q); r != "" {
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

// groupOf returns what questions that can be asked as one have in common: all but
// their metrics.
func groupOf(q *report.Question) report.Key {
	return q.With(func(q *report.Query) { q.Metrics = nil }).Key()
}

// A union is questions that wait for each other, and then for their answer.
type union struct {
	question *report.Question // with the metrics of all
	members  []*report.Question
	ctx      context.Context // until everybody has left
	end      context.CancelFunc
	waiting  int // who have not left
	done     chan struct{}
	// Once done is closed:
	err     error
	answers map[report.Key]*report.Report // none for a member that must be asked alone
}

// gather asks q, as one with others of its kind if some come within moments or are
// under way.
func (p *Plan) gather(ctx context.Context, q *report.Question) (*report.Report, error) {
	if p.c.Gather < 0 || unites(q.Query()) != "" {
		return p.pass(ctx, q)
	}
	u := p.join(q)
	defer p.leave(u)
	select {
	case <-u.done:
	case <-ctx.Done():
		return nil, report.AsError(ctx.Err())
	}
	if r := u.answers[q.Key()]; r != nil {
		return r, nil
	}
	if u.err != nil && len(u.members) == 1 {
		return nil, u.err
	}
	// Together they cannot be asked, or the answer says more than rows; alone, q
	// may have an answer.
	return p.pass(ctx, q)
}

func (p *Plan) pass(ctx context.Context, q *report.Question) (*report.Report, error) {
	p.c.Observer(Passed)
	return p.c.Source.Report(ctx, q)
}

// join adds q to a union of its kind, one that is under way and asks for all that q
// does or one that waits, or begins one.
func (p *Plan) join(q *report.Question) *union {
	key := groupOf(q)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.asking[key] {
		if u.covers(q) && u.ctx.Err() == nil {
			u.addMember(q)
			return u
		}
	}
	u := p.waits[key]
	if u == nil || u.ctx.Err() != nil || !u.add(q) {
		u = &union{question: q, done: make(chan struct{})}
		u.ctx, u.end = context.WithCancel(context.Background())
		u.addMember(q)
		p.waits[key] = u
		time.AfterFunc(p.c.Gather, func() { p.ask(key, u) })
	}
	return u
}

// leave ends the question of a union once nobody waits for its answer.
func (p *Plan) leave(u *union) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.waiting--; u.waiting == 0 {
		u.end()
	}
}

// covers reports whether the union asks for all metrics of q.
func (u *union) covers(q *report.Question) bool {
	asked := u.question.Query().Metrics
	return !slices.ContainsFunc(q.Query().Metrics, func(m report.Metric) bool { return !slices.Contains(asked, m) })
}

func (u *union) addMember(q *report.Question) {
	u.waiting++
	if !slices.ContainsFunc(u.members, func(m *report.Question) bool { return m.Key() == q.Key() }) {
		u.members = append(u.members, q)
	}
}

// add takes q into the union if there is room for its metrics.
func (u *union) add(q *report.Question) bool {
	metrics := slices.Clone(u.question.Query().Metrics)
	for _, m := range q.Query().Metrics {
		if !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	if len(metrics) > report.MaxMetrics {
		return false
	}
	u.question = u.question.With(func(all *report.Query) { all.Metrics = metrics }).At(min(u.question.Urgency(), q.Urgency()))
	u.addMember(q)
	return true
}

// ask puts the question of a union. Nobody's impatience ends it for the others.
func (p *Plan) ask(key report.Key, u *union) {
	p.mu.Lock()
	if p.waits[key] == u {
		delete(p.waits, key)
	}
	p.asking[key] = append(p.asking[key], u)
	p.mu.Unlock()
	defer func() {
		if v := recover(); v != nil { // it would end the process, for it happens in nobody's request
			u.err = report.AsError(fmt.Errorf("the source panicked: %v\n%s", v, debug.Stack()))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asking[key] = slices.DeleteFunc(p.asking[key], func(other *union) bool { return other == u })
		if len(p.asking[key]) == 0 {
			delete(p.asking, key)
		}
		close(u.done)
	}()
	r, err := p.c.Source.Report(u.ctx, u.question)
	p.mu.Lock()
	members := slices.Clone(u.members) // those who join from here on ask alone
	p.mu.Unlock()
	u.err, u.answers = err, map[report.Key]*report.Report{}
	for _, q := range members {
		if err == nil {
			p.deal(u, q, r)
		}
	}
}

// deal finds the answer of a member in that of its union.
func (p *Plan) deal(u *union, q *report.Question, r *report.Report) {
	query, metrics := q.Query(), u.question.Query().Metrics
	if slices.Equal(query.Metrics, metrics) {
		p.c.Observer(Passed)
		u.answers[q.Key()] = r
		return
	}
	if own, err := project(r, metrics, query); err == nil {
		p.c.Observer(United)
		u.answers[q.Key()] = own
	}
}

// project returns the answer to q out of r, the answer to the same question with
// more metrics.
func project(r *report.Report, metrics []report.Metric, q report.Query) (*report.Report, error) {
	a, err := readAnswer(r)
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(q.Metrics))
	for i, m := range q.Metrics {
		columns[i] = slices.Index(metrics, m)
	}
	own := a.like()
	switch {
	case len(a.MetricHeaders) == len(metrics):
		own.MetricHeaders = pick(a.MetricHeaders, columns)
	case len(a.MetricHeaders) > 0 || len(a.Rows) > 0:
		return nil, errWhole
	}
	if own.Rows, err = projectRows(a.Rows, columns); err != nil {
		return nil, err
	}
	own.RowCount = len(own.Rows)
	// Where only this question has no rows, Google says in words of its own that
	// there are none, and which a limit leaves out.
	if own.RowCount == 0 && len(a.Rows) > 0 || int64(own.RowCount) > rowLimit(q) {
		return nil, errWhole
	}
	if own.Totals, err = projectTotals(a.Totals, columns); err != nil {
		return nil, err
	}
	return own.report(r), nil
}

// projectRows keeps some columns of metrics. Rows that are there for the sake of
// others, all zero themselves, are what Google leaves out.
// Source: Data API, RunReportRequest.keepEmptyRows.
func projectRows(rows []json.RawMessage, columns []int) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range rows {
		r, err := readRow(raw)
		if err != nil {
			return nil, err
		}
		if err := r.project(columns); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(r.Metrics, nonzero) {
			out = append(out, r.raw())
		}
	}
	return out, nil
}

// projectTotals keeps some columns of the row of each range. That of a range
// without rows is empty, whatever the columns. One that is all zero only in these
// is of rows that others brought, or not: Google has to be asked.
func projectTotals(rows []json.RawMessage, columns []int) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, raw := range rows {
		r, err := readRow(raw)
		if err != nil {
			return nil, err
		}
		if len(r.Metrics) == 0 {
			out = append(out, raw)
			continue
		}
		if err := r.project(columns); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(r.Metrics, nonzero) {
			return nil, errWhole
		}
		out = append(out, r.raw())
	}
	return out, nil
}

func (r *row) project(columns []int) error {
	if slices.Max(columns) >= len(r.Metrics) {
		return errWhole
	}
	r.Metrics = pick(r.Metrics, columns)
	return nil
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

// Group puts questions together that a Plan asks as one, which those are that come
// within moments.
func Group(questions []*report.Question) (groups [][]*report.Question) {
	at := map[report.Key]int{}
	for _, q := range questions {
		key := groupOf(q)
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], q)
	}
	return groups
}
