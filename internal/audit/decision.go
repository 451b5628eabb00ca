package audit

import (
	"context"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Decisions records what the gate decides. It is a [policy.Recorder].
type Decisions struct{ t *Trail }

// Decisions returns the trail's side for the gate.
func (t *Trail) Decisions() Decisions { return Decisions{t} }

// Record adds a line, which is written within a moment. It waits for no disk.
func (r Decisions) Record(_ context.Context, d policy.Decision) {
	if d.Refused && d.Session == "" && d.Host == "" && !r.t.flood.admits(d.Time) {
		return
	}
	r.t.buffer.add(func(b []byte) []byte { return appendDecision(b, &d, r.t.c.Addresses) })
}

// outcomes of what was asked.
const (
	done    = "ok"
	refused = "refused" // by us
	failed  = "failed"  // nobody's will
)

// appendDecision is all that a line says about a question: the names of fields,
// never the values of filters, which may name a customer, nor a message, which may
// repeat what was asked.
func appendDecision(b []byte, d *policy.Decision, addresses bool) []byte {
	event, outcome := "read", done
	switch {
	case d.Refused:
		event, outcome = "refuse", refused
	case d.Asker.Export:
		event = "export"
	}
	if d.Err != nil && !d.Refused {
		outcome = failed
	}
	b = text(begin(b, d.Time, event), "outcome", outcome)
	if d.Err != nil {
		b = text(b, "kind", report.KindOf(d.Err).String())
	}
	b = asker(b, d.Asker, addresses)
	b = text(b, "host", d.Host)
	b = text(b, "session", d.Session)
	b = text(b, "subject", d.Subject)
	b = text(b, "origin", d.Origin)
	b = text(b, "method", d.Method)
	b = text(b, "view", d.View)
	b = text(b, "dashboard", d.Dashboard)
	b = text(b, "account", d.Account)
	if d.Query != nil {
		b = question(b, d.Query)
	}
	b = truth(b, "clipped", d.Clipped)
	if d.Query != nil && d.Err == nil {
		b = number(b, "rows", uint64(max(d.Rows, 0)))
	}
	return panels(b, d.Panels)
}

// panels appends what was shown of each panel of a dashboard.
func panels(b []byte, all []policy.PanelDecision) []byte {
	for i, p := range all {
		outcome := done
		switch {
		case p.Refused:
			outcome = refused
		case p.Err != nil:
			outcome = failed
		}
		b = quoted(append(item(b, "panels", i), `{"panel":`...), p.Name, maxName)
		if p.Err != nil {
			b = text(text(b, "outcome", outcome), "kind", report.KindOf(p.Err).String())
		} else {
			b = number(b, "rows", uint64(max(p.Rows, 0)))
		}
		b = truth(question(b, p.Query), "clipped", p.Clipped)
		b = append(b, '}')
	}
	return end(b, len(all))
}

// asker appends what a request tells of who sent it.
func asker(b []byte, a policy.Asker, addresses bool) []byte {
	b = text(b, "request", a.Request)
	if addresses && a.Address.IsValid() {
		b = append(a.Address.AppendTo(append(key(b, "address"), '"')), '"')
	}
	return b
}

// question appends the fields that a query names, wherever, and its days.
func question(b []byte, q *report.Query) []byte {
	for i, d := range q.Dimensions[:min(len(q.Dimensions), maxFields)] {
		b = quoted(item(b, "dimensions", i), d.Name, maxName)
	}
	b = end(b, len(q.Dimensions))
	for i, m := range q.Metrics[:min(len(q.Metrics), maxFields)] {
		b = quoted(item(b, "metrics", i), m.Name, maxName)
	}
	b = end(b, len(q.Metrics))
	b = expressions(b, q)
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
	b = filters.append(b, "filters")
	b = orders.append(b, "orders")
	for i, r := range q.DateRanges[:min(len(q.DateRanges), maxFields)] {
		b = between(item(b, "ranges", i), r.StartDate, r.EndDate)
	}
	return end(b, len(q.DateRanges))
}

// expressions appends the fields that expressions read: their columns have names
// that whoever asked chose.
func expressions(b []byte, q *report.Query) []byte {
	if len(q.Aliases()) == 0 {
		return b
	}
	var reads names
	q.Mentions(func(m report.Mention) {
		if m.Place == report.InExpression {
			reads.add(m.Name)
		}
	})
	return reads.append(b, "reads")
}

// between appends two days as a range. What is as long as a day and of its
// characters needs no escaping; a refused query may hold anything.
func between(b []byte, first, last string) []byte {
	if !plainDay(first) || !plainDay(last) {
		return quoted(b, first+".."+last, maxName)
	}
	b = append(append(b, '"'), first...)
	b = append(append(b, ".."...), last...)
	return append(b, '"')
}

func plainDay(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '-' {
			return false
		}
	}
	return len(s) == len("2026-01-31")
}

// names are different names of fields, as many as a list may hold.
type names struct {
	list [maxFields]string
	n    int
}

func (l *names) append(b []byte, name string) []byte {
	for i, field := range l.list[:l.n] {
		b = quoted(item(b, name, i), field, maxName)
	}
	return end(b, l.n)
}

func (l *names) add(name string) {
	for _, known := range l.list[:l.n] {
		if known == name {
			return
		}
	}
	if l.n < len(l.list) {
		l.list[l.n] = name
		l.n++
	}
}

// filter adds the fields that f reads, as [report.Filter.Walk] finds them, which
// would cost an allocation.
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
