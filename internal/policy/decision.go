package policy

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Recorder records the gate's decisions: in the log and the audit trail. Record must not
// block for long and is called concurrently.
type Recorder interface {
	Record(ctx context.Context, d Decision)
}

// Methods of decisions that several places make.
const (
	methodViews     = "views"
	methodDashboard = "dashboard"
)

// A Decision is what the gate decided on one request, for operators.
type Decision struct {
	Time      time.Time
	Method    string // report, realtime, fields, views, dashboard, access token
	Requester Requester
	Host      string // that began the session; empty for the public's
	Session   string
	Subject   string
	Origin    string
	View      string
	Dashboard string
	Account   string          // whose access token was asked for
	Query     *report.Query   // as narrowed, or as sent if refused; shared, not to be changed
	Panels    []PanelDecision // of a dashboard that was read, in its order; of an export, the one
	Clipped   bool            // dates were clipped to the view's history
	Rows      int             // of the answer
	Err       error           // nil when allowed and answered
	Refused   bool            // by the gate; false if the source failed
}

// A PanelDecision is what a dashboard's Decision says of one panel.
type PanelDecision struct {
	Name    string
	Query   *report.Query // as in Decision
	Clipped bool          // its dates were clipped to the view's history
	Rows    int
	Err     error
	Refused bool // by the gate; false if the source failed
}

func (g *Gate) decision(method string, grant Grant) Decision {
	return decisionAt(g.c.Clock(), method, &grant)
}

func decisionAt(now time.Time, method string, grant *Grant) Decision {
	return Decision{
		Time: now, Method: method, Requester: grant.requester, Host: grant.claim.Host,
		Session: grant.Session(), Subject: grant.Subject(), Origin: grant.Origin(),
	}
}

func (g *Gate) record(ctx context.Context, d Decision, err error) {
	d.Err = err
	if d.Requester.draft != nil {
		d.Requester.draft.add(d)
		return
	}
	g.c.Recorder.Record(ctx, d)
}

// refuse records a request whose view was not opened, and returns the error.
func (g *Gate) refuse(ctx context.Context, method string, grant Grant, view string, q *report.Query, err error) error {
	d := g.decision(method, grant)
	d.View, d.Refused = report.Truncate(view), true
	if q != nil {
		asked := q.Clone()
		d.Query = &asked
	}
	g.record(ctx, d, err)
	return err
}

// NewLogRecorder returns a Recorder that writes decisions to a log: refusals at info,
// answers at debug level, failures too, since the caller logs them. Neither tokens
// nor the values of filters, which may name a customer, are written.
func NewLogRecorder(log *slog.Logger) *LogRecorder { return &LogRecorder{log} }

// A LogRecorder writes decisions to a log. Make one with NewLogRecorder.
type LogRecorder struct{ log *slog.Logger }

// Record writes one line.
func (l *LogRecorder) Record(ctx context.Context, d Decision) {
	level, message := slog.LevelDebug, "answered"
	switch {
	case d.Refused, slices.ContainsFunc(d.Panels, func(p PanelDecision) bool { return p.Refused }):
		level, message = slog.LevelInfo, "refused"
	case d.Err != nil && report.KindOf(d.Err) == report.Canceled:
		message = "left" // whoever asked
	case d.Err != nil:
		message = "failed"
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("method", d.Method), slog.String("session", d.Session)}
	for _, a := range []struct{ key, value string }{
		{"subject", d.Subject}, {"origin", d.Origin}, {"view", d.View}, {"dashboard", d.Dashboard},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if d.Query != nil {
		attrs = append(attrs, slog.Any("query", queryFields(d.Query)))
	}
	for _, p := range d.Panels {
		if p.Err != nil {
			attrs = append(attrs, slog.Group(p.Name, slog.Bool("refused", p.Refused), slog.String("kind", report.KindOf(p.Err).String()), slog.Any("error", p.Err)))
		}
	}
	if d.Clipped {
		attrs = append(attrs, slog.Bool("clipped", true))
	}
	if d.Err != nil {
		attrs = append(attrs, slog.String("kind", report.KindOf(d.Err).String()), slog.Any("error", d.Err))
	}
	l.log.LogAttrs(ctx, level, message, attrs...)
}

// queryFields returns the fields, days and limit of a query, with the fields that its
// expressions read and without the values of its filters.
func queryFields(q *report.Query) slog.Value {
	var dimensions, metrics, ranges []string
	q.Mentions(func(m report.Mention) {
		switch {
		case m.Place != report.InColumn && m.Place != report.InExpression:
		case m.Metric:
			metrics = append(metrics, report.Truncate(m.Name))
		default:
			dimensions = append(dimensions, report.Truncate(m.Name))
		}
	})
	for _, r := range q.DateRanges {
		ranges = append(ranges, report.Truncate(r.StartDate)+".."+report.Truncate(r.EndDate))
	}
	return slog.GroupValue(
		slog.String("property", q.Property), slog.Any("dimensions", dimensions),
		slog.Any("metrics", metrics), slog.Any("ranges", ranges), slog.Int64("limit", int64(q.Limit)),
	)
}
