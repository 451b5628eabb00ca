package audit

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxWaiting bounds the bytes of lines that wait to be written.
const maxWaiting = 8 << 20

// A buffer holds lines that wait to be written: without number and hash, each
// with a newline. Who adds one waits for nobody who writes to a disk.
type buffer struct {
	full    chan struct{} // holds one when there is enough to be written
	dropped atomic.Uint64 // since the start

	mu     sync.Mutex
	lines  []byte
	spare  []byte // for lines, when they are taken
	held   int    // bytes that were taken and are not written
	lost   uint64 // lines that came when too many waited, and are not told yet
	closed bool
}

// add lets write append a line. A line too many is counted.
func (b *buffer) add(write func([]byte) []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if len(b.lines)+b.held >= maxWaiting {
		b.lost++
		b.dropped.Add(1)
		return
	}
	b.lines = append(write(b.lines), '\n')
	if len(b.lines) >= enough && b.held == 0 {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
}

// note adds a line about refusals that have none of their own.
func (b *buffer) note(suppressed uint64, now time.Time) {
	if suppressed > 0 {
		b.add(func(line []byte) []byte { return number(begin(line, now, "suppressed"), "count", suppressed) })
	}
}

// take returns left, what was taken before and not written, with all lines that
// came since.
func (b *buffer) take(left []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(left) > 0 {
		left = append(left, b.lines...)
		b.lines = b.lines[:0]
	} else {
		left, b.lines, b.spare = b.lines, b.spare[:0], nil
	}
	b.held = len(left)
	return left
}

// put says how many bytes of those taken are not written. The others make room for
// more lines.
func (b *buffer) put(taken []byte, left int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held = left; left == 0 {
		b.spare = taken[:0]
	}
}

// waiting reports whether there are lines to be written.
func (b *buffer) waiting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lines) > 0 || b.lost > 0
}

// missing returns how many lines were lost and are not told yet.
func (b *buffer) missing() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// told takes off lines that were told to be lost.
func (b *buffer) told(lost uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost -= lost
}

func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
