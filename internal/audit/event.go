package audit

import (
	"context"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

// Events records what happens to tokens. It is an [access.Recorder].
type Events struct{ t *Trail }

// Events returns the trail's side for the authority.
func (t *Trail) Events() Events { return Events{t} }

// Ready returns why nothing can be recorded now; nil where that is not required.
func (r Events) Ready() error { return r.t.ready() }

// Record writes a line before it returns. Where recording is required, an error
// means that there is no such line. A refusal hands out nothing, so its line is
// written within a moment, and beyond the bound of floods it has none.
func (r Events) Record(ctx context.Context, e access.Event) error {
	if e.Kind == access.EventRefuse {
		if r.t.flood.admits(e.Time) {
			r.t.buffer.add(func(b []byte) []byte { return appendEvent(b, &e, r.t.c.Addresses) })
		}
		return nil
	}
	line := append(appendEvent(make([]byte, 0, 512), &e, r.t.c.Addresses), '\n')
	if r.t.c.Required {
		return r.t.now(ctx, line)
	}
	r.t.buffer.add(func(b []byte) []byte { return append(b, line[:len(line)-1]...) })
	_ = r.t.now(ctx, nil) // what fails is tried again
	return nil
}

// appendEvent is all that a line says about a token.
func appendEvent(b []byte, e *access.Event, addresses bool) []byte {
	outcome := done
	switch {
	case e.Kind == access.EventRefuse:
		outcome = refused
	case e.Err != nil:
		outcome = failed
	}
	b = text(begin(b, e.Time, e.Kind), "outcome", outcome)
	if e.Err != nil {
		b = why(b, report.AsError(e.Err))
	}
	b = asker(b, e.Asker, addresses)
	b = text(b, "host", e.Host)
	b = text(b, "key", e.Key)
	b = text(b, "session", e.Session)
	b = text(b, "subject", e.Subject)
	b = text(b, "origin", e.Origin)
	b = texts(b, "views", e.Views)
	b = texts(b, "dashboards", e.Dashboards)
	return text(b, "detail", e.Detail)
}

// why appends the kind of an error, and what was said to who showed a bad token or
// key: those sentences are fixed, others may repeat what was asked.
func why(b []byte, e *report.Error) []byte {
	b = text(b, "kind", e.Kind.String())
	if e.Kind == report.Unauthenticated {
		b = text(b, "reason", e.Message)
	}
	return b
}
