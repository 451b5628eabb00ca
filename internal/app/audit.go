package app

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/audit"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/web"
)

// AuditConfig says where it is recorded who was given what.
type AuditConfig struct {
	File      string `yaml:"file"` // a path, or stdout; empty or none: nowhere
	Addresses bool   `yaml:"addresses"`
	Required  bool   `yaml:"required"`
}

// toStdout is the file that is none.
const toStdout = "stdout"

// AuditFile returns the path of the audit trail; empty when there is no file.
func (c *Config) AuditFile() string {
	if c.Audit.File == toStdout {
		return ""
	}
	return c.Audit.File
}

// buildAudit opens the trail, unless there is to be none.
func (a *App) buildAudit(m *metrics) (err error) {
	c := a.config.Audit
	if c.File == "" {
		return nil
	}
	trail := audit.Config{
		Path: a.config.AuditFile(), Addresses: c.Addresses, Required: c.Required,
		Configuration: a.config.src.sum, MaxWaitingBytes: a.memory.lines, Clock: a.clock, Logger: a.log,
	}
	if trail.Path == "" {
		trail.Stream = os.Stdout
	}
	if a.trail, err = audit.Open(trail); err != nil {
		return fmt.Errorf("%s: audit.file: %w", a.config.src.where("audit", "file"), err)
	}
	m.watchAudit(a.trail)
	return nil
}

// decisions returns what keeps the gate's decisions.
func (a *App) decisions() policy.Recorder {
	log := policy.NewLogRecorder(a.log)
	if a.trail == nil {
		return log
	}
	return teeDecisions{log, a.trail.Decisions()}
}

// events returns what keeps what happens to tokens.
func (a *App) events() access.Recorder {
	log := access.NewLogRecorder(a.log)
	if a.trail == nil {
		return log
	}
	return teeEvents{log, a.trail.Events()}
}

// teeDecisions is a log for those who watch, and a trail for those who ask later.
type teeDecisions struct {
	log   *policy.LogRecorder
	trail audit.Decisions
}

func (b teeDecisions) Record(ctx context.Context, d policy.Decision) {
	b.log.Record(ctx, d)
	b.trail.Record(ctx, d)
}

type teeEvents struct {
	log   *access.LogRecorder
	trail audit.Events
}

func (b teeEvents) Ready() error { return b.trail.Ready() }

func (b teeEvents) Record(ctx context.Context, e access.Event) error {
	if err := b.trail.Record(ctx, e); err != nil {
		return err
	}
	return b.log.Record(ctx, e)
}

// auditChecks say whether the trail is written, and where it stands: who keeps
// that can tell later whether it was cut.
func (a *App) auditChecks() []web.Check {
	if a.trail == nil {
		return nil
	}
	fault := func(context.Context) error {
		if err := a.trail.Fault(); !errors.Is(err, audit.ErrBusy) {
			return err
		}
		return nil // a server that waits for another to end must be ready, or neither would end
	}
	return []web.Check{
		{Name: "audit", Advisory: !a.config.Audit.Required, Check: fault},
		{Name: "audit trail", Advisory: true, Check: func(context.Context) error { return a.trail.Fault() }, Note: func() string {
			head := a.trail.Head()
			return fmt.Sprintf("line %d, hash %s", head.Seq, head.Hash)
		}},
	}
}

// watchAudit tells what the trail does, each time that somebody asks.
func (m *metrics) watchAudit(t *audit.Trail) {
	counter := func(name, help string, value func(audit.Stats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value(t.Stats())) }))
	}
	counter("oriel_audit_lines_total", "Number of the audit trail's last line.", func(s audit.Stats) uint64 { return s.Lines })
	counter("oriel_audit_lost_total", "Lines that never came to the audit trail, because too many waited for it.", func(s audit.Stats) uint64 { return s.Lost })
	counter("oriel_audit_suppressed_total", "Refusals without a line of their own, because there were too many.", func(s audit.Stats) uint64 { return s.Suppressed })
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "oriel_audit_failing", Help: "1 while the audit trail cannot be written.",
	}, func() float64 {
		if t.Fault() != nil {
			return 1
		}
		return 0
	}))
}

// VerifyAudit checks files of an audit trail, in the order in which they were
// written; those whose name ends in .gz are unpacked. The error names the first
// line that is not what was written. With an anchor, the hash of a line in
// hexadecimal, that line must be there; with restarts, chains may start again.
func VerifyAudit(files []string, anchor string, restarts bool) (audit.Summary, error) {
	v := audit.Verifier{Anchor: anchor, Restarts: restarts}
	for _, name := range files {
		if err := verifyFile(&v, name); err != nil {
			return audit.Summary{}, err
		}
	}
	return v.Close()
}

func verifyFile(v *audit.Verifier, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := v.Read(name, r); err != nil {
		var wrong *audit.LineError
		if errors.As(err, &wrong) {
			return err
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
