package audit

import (
	"sync"
	"sync/atomic"
)

// defaultMaxWaiting is the default of Config.MaxWaitingBytes.
const defaultMaxWaiting = 8 << 20

// A buffer holds lines that wait to be written: without number and hash, each
// with a newline. Adding one does not wait for the disk.
type buffer struct {
	most    int           // bytes that may wait
	full    chan struct{} // has an element when there are flushSize bytes
	dropped atomic.Uint64 // since the start

	mu     sync.Mutex
	lines  []byte
	spare  []byte // to reuse for lines when they are taken
	held   int    // bytes that were taken and are not written
	lost   uint64 // lines dropped over most, and not reported yet
	closed bool
}

// add lets write append a line, or nothing. Over most the line is dropped and counted.
func (b *buffer) add(write func([]byte) []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if len(b.lines)+b.held >= b.most {
		b.lost++
		b.dropped.Add(1)
		return
	}
	lines := write(b.lines)
	if len(lines) == len(b.lines) {
		return
	}
	b.lines = append(lines, '\n')
	if len(b.lines) >= flushSize && b.held == 0 {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
}

// take returns left, the lines that were taken before and not written, with all lines
// that were added since.
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

// release tells how many bytes of taken are not written. The others make room for
// more lines.
func (b *buffer) release(taken []byte, left int) {
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

// unreported returns how many lines were lost and not reported yet.
func (b *buffer) unreported() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// reported subtracts lost lines that were reported.
func (b *buffer) reported(lost uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost -= lost
}

func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
