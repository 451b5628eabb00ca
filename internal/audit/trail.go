// Package audit keeps the trail: a line of JSON for each thing that tokens and
// data were used for, chained by hashes so that a line which is changed, removed
// or moved shows. What a line may say is an allow-list; docs/audit.md explains
// each member to operators.
package audit

import (
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
	// Path is the file. A file that is renamed away is followed by a new one of
	// the same name, in which the chain goes on. Empty: lines go to Stream.
	Path   string
	Stream io.Writer
	// Addresses puts the addresses of clients into the lines.
	Addresses bool
	// Required makes what cannot be recorded an error of [Events]. Without it,
	// lines that cannot be written are counted, and nothing is refused for it.
	Required bool
	// Configuration stands for the configuration in use: a change of it, against
	// what the trail says, is recorded. Optional.
	Configuration string
	Clock         func() time.Time // Required.
	Logger        *slog.Logger     // Required.
}

const (
	// gather is how long lines wait for company before they are written: what a
	// sudden end loses.
	gather = 100 * time.Millisecond
	// enough is how many bytes of lines don't wait for more.
	enough = 64 << 10
	// retry is how many times gather passes between two tries to write what fails.
	retry = 10
	// anchorEvery is how often the log is told the last hash.
	anchorEvery = time.Hour
)

var errClosed = errors.New("audit: the trail is closed")

// A Trail records. It is safe for concurrent use. Close it.
type Trail struct {
	c      Config
	buffer buffer
	flood  flood
	stop   chan struct{}
	ended  chan struct{}

	// writing holds one while somebody uses what follows.
	writing chan struct{}
	closed  bool
	sink    sink
	begun   bool   // the line "start" is written
	chain   chain  // as far as it is written
	lead    []byte // lines that come first in the file that was opened last
	backlog []byte // lines taken from the buffer and not written yet
	out     []byte
	sum     hash.Hash
	told    time.Time // when the log last knew the head
	toldSeq uint64

	mu    sync.Mutex
	head  Head
	fault *fault
}

// A Head is the last line that was written. Kept elsewhere, it anchors all that
// stands before.
type Head struct {
	Seq  uint64 // 0: nothing was written
	Hash string // in hexadecimal
}

// A fault is why nothing can be written, and since when.
type fault struct {
	err   error
	since time.Time
}

// Open opens the trail and records the start. A file that is no trail, or cannot
// be opened, is an error where recording is required; one that another process
// writes is waited for.
func Open(c Config) (*Trail, error) {
	if c.Clock == nil || c.Logger == nil || (c.Path == "") == (c.Stream == nil) {
		return nil, errors.New("audit: a trail needs Clock, Logger, and either Path or Stream")
	}
	t := &Trail{
		c: c, flood: newFlood(), sum: sha256.New(), told: c.Clock(),
		stop: make(chan struct{}), ended: make(chan struct{}), writing: make(chan struct{}, 1),
		sink: sink{path: c.Path, stream: c.Stream}, buffer: buffer{full: make(chan struct{}, 1)},
	}
	if err := t.flush(nil); err != nil && c.Required && !errors.Is(err, ErrBusy) {
		t.sink.close()
		return nil, err
	}
	go t.run()
	return t, nil
}

// run writes what waits until the trail is closed.
func (t *Trail) run() {
	defer close(t.ended)
	ticker := time.NewTicker(gather)
	defer ticker.Stop()
	for passed := 0; ; {
		select {
		case <-t.stop:
			return
		case <-t.buffer.full:
		case <-ticker.C:
			passed++
			if passed%retry == 0 {
				t.buffer.note(t.flood.suppressed.Swap(0), t.c.Clock())
				t.anchor()
			}
			if !t.due(passed%retry == 0) {
				continue
			}
		}
		t.writing <- struct{}{}
		_ = t.flush(nil) // the fault is kept, logged and told
		<-t.writing
	}
}

// due reports whether there is something to write that may work, or to try again.
func (t *Trail) due(again bool) bool {
	if t.Fault() != nil {
		return again
	}
	return t.buffer.waiting()
}

// ready returns why nothing can be recorded now, where that is required.
func (t *Trail) ready() error {
	if !t.c.Required {
		return nil
	}
	return t.Fault()
}

// Fault returns why nothing can be written now, and since when; nil when all is
// well.
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
	Lost       uint64 // that came when too many waited to be written
	Suppressed uint64 // refusals beyond the bound
}

// Stats returns the figures.
func (t *Trail) Stats() Stats {
	t.mu.Lock()
	lines := t.head.Seq
	t.mu.Unlock()
	return Stats{Lines: lines, Lost: t.buffer.dropped.Load(), Suppressed: t.flood.total.Load()}
}

// now records one line before it returns, with all that came before.
func (t *Trail) now(ctx context.Context, line []byte) error {
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

// anchor tells the log where the trail stands, so that the log's keeper can tell
// whether the trail was cut.
func (t *Trail) anchor() {
	now, head := t.c.Clock(), t.Head()
	if now.Sub(t.told) < anchorEvery || head.Seq == t.toldSeq {
		return
	}
	t.told, t.toldSeq = now, head.Seq
	t.tell("the audit trail so far", head)
}

func (t *Trail) tell(what string, head Head) {
	t.c.Logger.Info(what, "line", head.Seq, "hash", head.Hash)
}

// Close records the end, with all that waits. Nothing is recorded after it.
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
	t.buffer.note(t.flood.suppressed.Swap(0), now)
	t.buffer.close()
	line := text(begin(nil, now, "stop"), "configuration", t.c.Configuration)
	err := t.flush(append(line, '\n'))
	if !t.begun && errors.Is(err, ErrBusy) {
		err = nil // it is told by who writes
	}
	t.tell("the audit trail ends", t.Head())
	return errors.Join(err, t.sink.close())
}
