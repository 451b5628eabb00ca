package audit

import (
	"context"
	"slices"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Decisions records what the gate decides. It is a [policy.Recorder].
type Decisions struct{ t *Trail }

// Decisions returns the recorder for the gate.
func (t *Trail) Decisions() Decisions { return Decisions{t} }

// Record buffers a line, and does not wait for the disk.
func (r Decisions) Record(_ context.Context, d policy.Decision) {
	c := causeOfDecision(&d)
	r.t.add(&c, d.Time, func(b []byte) []byte { return appendDecision(b, &d, r.t.c.Addresses) })
}

func causeOfDecision(d *policy.Decision) cause {
	c := cause{refused: d.Refused, address: d.Requester.Address, sumKey: sumKey{
		event: decisionEvent(d) + "s", outcome: outcome(d.Refused, d.Err), host: d.Host, session: d.Session,
		method: d.Method, view: d.View, dashboard: d.Dashboard,
	}}
	if d.Err != nil {
		c.kind = report.KindOf(d.Err).String()
	}
	if d.Refused {
		c.event = suppressedEvent
	}
	return c
}

func decisionEvent(d *policy.Decision) string {
	switch {
	case d.Refused:
		return "refuse"
	case d.Requester.Export:
		return "export"
	}
	return "read"
}

// appendDecision appends all that a line holds of a decision: the names of fields,
// never the values of filters, which may name a customer, nor an error's message,
// which may repeat the request.
func appendDecision(b []byte, d *policy.Decision, addresses bool) []byte {
	l := newLine(b, d.Time, decisionEvent(d))
	l.text("outcome", outcome(d.Refused, d.Err))
	if d.Err != nil {
		l.text("kind", report.KindOf(d.Err).String())
	}
	l.sender(d.Requester, addresses, d.Host, "", d.Session, d.Subject, d.Origin)
	l.text("method", d.Method)
	l.text("view", d.View)
	l.text("dashboard", d.Dashboard)
	l.text("account", d.Account)
	if d.Query != nil {
		l.query(d.Query)
	}
	l.flag("clipped", d.Clipped)
	if d.Query != nil && d.Err == nil {
		l.number("rows", uint64(max(d.Rows, 0)))
	}
	l.panels(d.Panels)
	return l
}

func outcome(isRefused bool, err error) string {
	switch {
	case isRefused:
		return refused
	case err != nil:
		return failed
	}
	return done
}

// panels appends what was shown of each panel of a dashboard.
func (l *line) panels(all []policy.PanelDecision) {
	for i, p := range all {
		l.item("panels", i)
		*l = append(*l, `{"panel":`...)
		l.quote(p.Name, maxName)
		if p.Err != nil {
			l.text("outcome", outcome(p.Refused, p.Err))
			l.text("kind", report.KindOf(p.Err).String())
		} else {
			l.number("rows", uint64(max(p.Rows, 0)))
		}
		if p.Query != nil {
			l.query(p.Query)
		}
		l.flag("clipped", p.Clipped)
		*l = append(*l, '}')
	}
	l.endList(len(all))
}

// query appends the fields that a query names in any place, and its date ranges.
func (l *line) query(q *report.Query) {
	for i, d := range q.Dimensions[:min(len(q.Dimensions), maxFields)] {
		l.item("dimensions", i)
		l.quote(d.Name, maxName)
	}
	l.endList(len(q.Dimensions))
	for i, m := range q.Metrics[:min(len(q.Metrics), maxFields)] {
		l.item("metrics", i)
		l.quote(m.Name, maxName)
	}
	l.endList(len(q.Metrics))
	l.expressions(q)
	l.filtersAndOrders(q)
	for i, r := range q.DateRanges[:min(len(q.DateRanges), maxFields)] {
		l.item("ranges", i)
		l.dateRange(r.StartDate, r.EndDate)
	}
	l.endList(len(q.DateRanges))
}

func (l *line) filtersAndOrders(q *report.Query) {
	var filters, orders names
	filters.filter(q.DimensionFilter)
	filters.filter(q.MetricFilter)
	for _, c := range q.Comparisons {
		filters.filter(c.DimensionFilter)
	}
	for _, o := range q.OrderBys {
		orders.order(o)
	}
	for _, p := range q.Pivots {
		for _, name := range p.FieldNames {
			orders.add(name)
		}
		for _, o := range p.OrderBys {
			orders.order(o)
		}
	}
	l.names("filters", &filters)
	l.names("orders", &orders)
}

// expressions appends the fields that expressions read; the names of their columns
// are the client's.
func (l *line) expressions(q *report.Query) {
	if len(q.Aliases()) == 0 {
		return
	}
	var reads names
	q.Mentions(func(m report.Mention) {
		if m.Place == report.InExpression {
			reads.add(m.Name)
		}
	})
	l.names("reads", &reads)
}

// dateRange appends two days as a range. Plain dates need no escaping; a refused query
// may hold anything.
func (l *line) dateRange(first, last string) {
	if !plainDate(first) || !plainDate(last) {
		l.quote(first+".."+last, maxName)
		return
	}
	*l = append(append(*l, '"'), first...)
	*l = append(append(*l, ".."...), last...)
	*l = append(*l, '"')
}

func plainDate(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '-' {
			return false
		}
	}
	return len(s) == len("2026-01-31")
}

func (l *line) names(member string, n *names) {
	for i, field := range n.list[:n.n] {
		l.item(member, i)
		l.quote(field, maxName)
	}
	l.endList(n.n)
}

// names is a set of up to maxFields names of fields, in order, without allocations.
type names struct {
	list [maxFields]string
	n    int
}

func (l *names) add(name string) {
	if l.n < len(l.list) && !slices.Contains(l.list[:l.n], name) {
		l.list[l.n] = name
		l.n++
	}
}

// filter adds the fields that f reads. [report.Filter.Walk] would allocate.
func (l *names) filter(f *report.Filter) {
	if f == nil {
		return
	}
	l.filters(f.AndGroup)
	l.filters(f.OrGroup)
	l.filter(f.Not)
	if f.Condition != nil {
		l.add(f.Condition.FieldName)
	}
}

func (l *names) filters(group *report.FilterList) {
	if group == nil {
		return
	}
	for _, f := range group.Expressions {
		l.filter(f)
	}
}

func (l *names) order(o report.OrderBy) {
	if o.Metric != nil {
		l.add(o.Metric.MetricName)
	}
	if o.Dimension != nil {
		l.add(o.Dimension.DimensionName)
	}
	if o.Pivot != nil {
		l.add(o.Pivot.MetricName)
		for _, s := range o.Pivot.PivotSelections {
			l.add(s.DimensionName)
		}
	}
}
