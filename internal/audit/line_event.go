package audit

import (
	"context"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

// Events records what happens to tokens. It is an [access.Recorder].
type Events struct{ t *Trail }

// Events returns the recorder for the authority.
func (t *Trail) Events() Events { return Events{t} }

// Ready returns why nothing can be recorded now; nil if Config.Required is not set.
func (r Events) Ready() error {
	if !r.t.c.Required {
		return nil
	}
	return r.t.Fault()
}

// Record writes a line before it returns; if Config.Required is set, an error means
// that the line is not in the trail. Lines of refusals are buffered, for a refusal
// issues nothing. Refusals, and renewals of anonymous sessions, over their budget are
// summed up.
func (r Events) Record(ctx context.Context, e access.Event) error {
	c := causeOfEvent(&e)
	switch {
	case e.Kind == access.EventRefuse:
		r.t.add(&c, e.Time, func(b []byte) []byte { return appendEvent(b, &e, r.t.c.Addresses) })
		return nil
	case e.Kind == access.EventRenew && !r.t.budgets.allow(&c, e.Time, len(appendEvent(make([]byte, 0, 512), &e, r.t.c.Addresses))):
		return nil
	}
	line := append(appendEvent(make([]byte, 0, 512), &e, r.t.c.Addresses), '\n')
	if r.t.c.Required {
		return r.t.writeNow(ctx, line)
	}
	r.t.buffer.add(func(b []byte) []byte { return append(b, line[:len(line)-1]...) })
	_ = r.t.writeNow(ctx, nil) // retried when it fails
	return nil
}

func causeOfEvent(e *access.Event) cause {
	c := cause{refused: e.Kind == access.EventRefuse, address: e.Requester.Address, sumKey: sumKey{
		event: e.Kind + "s", outcome: outcome(e.Kind == access.EventRefuse, e.Err), host: e.Host, key: e.Key, session: e.Session,
	}}
	if c.refused {
		c.event, c.kind = suppressedEvent, report.KindOf(e.Err).String()
	}
	return c
}

// appendEvent appends all that a line holds of a token event.
func appendEvent(b []byte, e *access.Event, addresses bool) []byte {
	l := newLine(b, e.Time, e.Kind)
	l.text("outcome", outcome(e.Kind == access.EventRefuse, e.Err))
	if e.Err != nil {
		err := report.AsError(e.Err)
		l.text("kind", err.Kind.String())
		if err.Kind == report.Unauthenticated {
			l.text("reason", err.Message) // these are fixed texts; others may repeat the request
		}
	}
	l.sender(e.Requester, addresses, e.Host, e.Key, e.Session, e.Subject, e.Origin)
	l.texts("views", e.Views)
	l.texts("dashboards", e.Dashboards)
	l.texts("over", e.Over)
	l.text("detail", e.Detail)
	return l
}
