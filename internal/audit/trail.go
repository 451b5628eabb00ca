// Package audit keeps the trail: a line of JSON for each use of tokens and data,
// chained by hashes so that a changed, removed or moved line is detected. The members
// of a line are an allow-list; docs/audit.md explains each of them to operators.
package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Config is what a Trail needs.
type Config struct {
	// Path is the file. After a rename (log rotation) the chain continues in a new file
	// of the same name. Empty: lines go to Stream.
	Path      string
	Stream    io.Writer
	Addresses bool // records the addresses of clients
	// Required makes it an error of [Events] when a line cannot be written. Without it,
	// such lines are only counted.
	Required bool
	// Configuration identifies the configuration in use. A difference from the last one
	// in the trail is recorded. Optional.
	Configuration string
	// MaxWaitingBytes bounds the lines that wait for the disk; more are counted as lost. The
	// default is 8 MiB.
	MaxWaitingBytes int64
	Clock           func() time.Time // Required.
	Logger          *slog.Logger     // Required.
}

const (
	flushInterval = 100 * time.Millisecond // a crash loses the lines of that time
	flushSize     = 64 << 10               // bytes of lines that are flushed at once
	retryTicks    = 10                     // flushIntervals between retries after an error
	sumTicks      = 600                    // flushIntervals between lines of what was summed up
	anchorEvery   = time.Hour              // how often the last hash is logged
)

var errClosed = errors.New("audit: the trail is closed")

// A Trail records. It is safe for concurrent use. Close it.
type Trail struct {
	c       Config
	buffer  buffer
	budgets *budgets
	stop    chan struct{}
	ended   chan struct{}

	// writing is a mutex, held while it has an element, over the following fields.
	writing     chan struct{}
	closed      bool
	sink        sink
	started     bool   // the line "start" is written
	chain       chain  // as far as it is written
	preamble    []byte // lines to come first in the file that was just opened
	backlog     []byte // lines taken from the buffer and not written yet
	out         []byte
	sum         hash.Hash
	anchored    time.Time // when the head was last logged
	anchoredSeq uint64

	mu    sync.Mutex
	head  Head
	fault *fault
}

// A Head is the last line that was written. A copy of it elsewhere anchors all lines
// before.
type Head struct {
	Seq  uint64 // 0: nothing was written
	Hash string // in hexadecimal
}

// A fault is why nothing can be written, and since when.
type fault struct {
	err   error
	since time.Time
}

// Open opens the trail and records the start. With Required, a file that is no trail or
// cannot be opened is an error, unless another process writes it: that is waited for.
func Open(c Config) (*Trail, error) {
	if c.Clock == nil || c.Logger == nil || (c.Path == "") == (c.Stream == nil) {
		return nil, errors.New("audit: a trail needs Clock, Logger, and either Path or Stream")
	}
	t := &Trail{
		c: c, budgets: newBudgets(), sum: sha256.New(), anchored: c.Clock(),
		stop: make(chan struct{}), ended: make(chan struct{}), writing: make(chan struct{}, 1),
		sink: sink{path: c.Path, stream: c.Stream}, buffer: buffer{most: int(cmp.Or(c.MaxWaitingBytes, defaultMaxWaiting)), full: make(chan struct{}, 1)},
	}
	if err := t.flush(nil); err != nil && c.Required && !errors.Is(err, ErrBusy) {
		t.sink.close()
		return nil, err
	}
	go t.run()
	return t, nil
}

// run flushes the buffer until the trail is closed.
func (t *Trail) run() {
	defer close(t.ended)
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for ticks := 0; ; {
		select {
		case <-t.stop:
			return
		case <-t.buffer.full:
		case <-ticker.C:
			ticks++
			retry := ticks%retryTicks == 0
			if retry {
				t.anchor()
			}
			if ticks%sumTicks == 0 {
				t.addSums(t.c.Clock())
			}
			if !t.due(retry) {
				continue
			}
		}
		t.writing <- struct{}{}
		_ = t.flush(nil) // setStatus keeps and logs the error
		<-t.writing
	}
}

// due reports whether to flush: there are lines, or an error to retry after.
func (t *Trail) due(retry bool) bool {
	if t.Fault() != nil {
		return retry
	}
	return t.buffer.waiting()
}

// Fault returns why and since when nothing can be written; nil when writing works.
func (t *Trail) Fault() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fault == nil {
		return nil
	}
	return fmt.Errorf("the audit trail cannot be written since %s: %w", t.fault.since.UTC().Format(time.RFC3339), t.fault.err)
}

// Head returns the last line that was written.
func (t *Trail) Head() Head {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head
}

// Stats are figures since the start.
type Stats struct {
	Lines      uint64 // written
	Lost       uint64 // lines dropped while too many waited to be written
	Suppressed uint64 // refusals over the limit
}

// Stats returns the figures.
func (t *Trail) Stats() Stats {
	t.mu.Lock()
	lines := t.head.Seq
	t.mu.Unlock()
	return Stats{Lines: lines, Lost: t.buffer.dropped.Load(), Suppressed: t.budgets.suppressed.Load()}
}

// writeNow writes a line, after all buffered ones, before it returns.
func (t *Trail) writeNow(ctx context.Context, line []byte) error {
	select {
	case t.writing <- struct{}{}:
		defer func() { <-t.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.closed {
		return errClosed
	}
	return t.flush(line)
}

// anchor logs the head, so that a trail which is cut off can be detected by the log.
func (t *Trail) anchor() {
	now, head := t.c.Clock(), t.Head()
	if now.Sub(t.anchored) < anchorEvery || head.Seq == t.anchoredSeq {
		return
	}
	t.anchored, t.anchoredSeq = now, head.Seq
	t.logHead("the audit trail so far", head)
}

func (t *Trail) logHead(what string, head Head) {
	t.c.Logger.Info(what, "line", head.Seq, "hash", head.Hash)
}

// Close writes all buffered lines and records the end. Nothing is recorded after it.
func (t *Trail) Close() error {
	t.writing <- struct{}{}
	if t.closed {
		<-t.writing
		return nil
	}
	t.closed = true
	<-t.writing
	close(t.stop)
	<-t.ended
	t.writing <- struct{}{}
	defer func() { <-t.writing }()
	now := t.c.Clock()
	t.addSums(now)
	t.buffer.close()
	l := newLine(nil, now, "stop")
	l.text("configuration", t.c.Configuration)
	err := t.flush(append(l, '\n'))
	if !t.started && errors.Is(err, ErrBusy) {
		err = nil // the other process writes the trail
	}
	t.logHead("the audit trail ends", t.Head())
	return errors.Join(err, t.sink.close())
}
