package access

import (
	"context"
	"log/slog"

	"github.com/oriel-server/oriel/internal/report"
)

// A LogRecorder writes events to a log: what was given out at debug level,
// refusals at info, what operators did at info. Make one with NewLogRecorder.
type LogRecorder struct{ log *slog.Logger }

// NewLogRecorder returns a Recorder that writes to a log, and is always ready.
func NewLogRecorder(log *slog.Logger) *LogRecorder { return &LogRecorder{log} }

// Ready implements Recorder.
func (l *LogRecorder) Ready() error { return nil }

// Record implements Recorder: it writes one line.
func (l *LogRecorder) Record(ctx context.Context, e Event) error {
	level := slog.LevelDebug
	switch e.Kind {
	case EventRefuse, EventRevoke, EventSuspend, EventResume, EventRotate, EventHandOut:
		level = slog.LevelInfo
	}
	if !l.log.Enabled(ctx, level) {
		return nil
	}
	attrs := []slog.Attr{slog.String("request", e.Requester.Request)}
	for _, a := range []struct{ key, value string }{
		{"host", e.Host}, {"key", e.Key}, {"session", e.Session}, {"subject", e.Subject}, {"origin", e.Origin}, {"detail", e.Detail},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("kind", report.KindOf(e.Err).String()), slog.Any("error", e.Err))
	}
	l.log.LogAttrs(ctx, level, "token: "+e.Kind, attrs...)
	return nil
}
