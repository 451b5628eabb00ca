package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// flush writes all buffered lines, and then last, unless it is nil. With an error, last
// is not in the trail, and lines that were not written stay in the backlog. The caller
// holds writing.
func (t *Trail) flush(last []byte) error {
	err := t.openSink()
	if err == nil {
		err = t.writePreamble()
	}
	taken := t.buffer.take(t.backlog)
	t.backlog = taken
	if err == nil {
		t.backlog, err = t.write(taken)
	}
	t.buffer.release(taken, len(t.backlog))
	if err == nil {
		err = t.reportLoss()
	}
	if err == nil && len(last) > 0 {
		_, err = t.write(last)
	}
	t.setStatus(err)
	return err
}

// openSink makes sure that lines go to the file that has the name now, and prepares the
// preamble of a file that was just opened.
func (t *Trail) openSink() error {
	opened, err := t.sink.reopen()
	if err != nil || !opened {
		return err
	}
	at, err := t.sink.end()
	if err != nil {
		t.sink.close()
		return err
	}
	if t.started {
		t.preamble = t.openingLine("file", at.torn)
		return nil
	}
	t.chain = at.chain
	t.preamble = t.openingLine("start", at.torn)
	if t.c.Configuration != at.configuration && t.c.Configuration != "" {
		l := newLine(t.preamble, t.c.Clock(), "configuration")
		l.text("configuration", t.c.Configuration)
		t.preamble = append(l, '\n')
	}
	return nil
}

// writePreamble writes the lines that come first in a file.
func (t *Trail) writePreamble() (err error) {
	if len(t.preamble) == 0 {
		return nil
	}
	t.preamble, err = t.write(t.preamble)
	t.started = t.started || err == nil
	return err
}

// openingLine returns a line that names the hash of the previous line, and of torn
// bytes in between.
func (t *Trail) openingLine(event, torn string) []byte {
	l := newLine(nil, t.c.Clock(), event)
	l.text("prev", string(t.chain.hash[:]))
	l.text("torn", torn)
	l.text("configuration", t.c.Configuration)
	return append(l, '\n')
}

// reportLoss writes a line, when writing works again, about since when it did not, and
// how many lines were lost.
func (t *Trail) reportLoss() error {
	t.mu.Lock()
	f := t.fault
	t.mu.Unlock()
	lost := t.buffer.unreported()
	if f == nil && lost == 0 {
		return nil
	}
	l := newLine(nil, t.c.Clock(), "lost")
	l.number("count", lost)
	if f != nil {
		l.text("since", f.since.UTC().Format(timestamp))
	}
	_, err := t.write(append(l, '\n'))
	if err == nil {
		t.buffer.reported(lost)
	}
	return err
}

// setStatus publishes the head and whether the trail can be written, and logs changes
// of the latter.
func (t *Trail) setStatus(err error) {
	t.mu.Lock()
	if t.head.Seq != t.chain.seq {
		t.head = Head{t.chain.seq, string(t.chain.hash[:])}
	}
	was := t.fault
	if err == nil {
		t.fault = nil
	} else if was == nil {
		t.fault = &fault{err, t.c.Clock()}
	}
	t.mu.Unlock()
	switch {
	case err != nil && was == nil:
		t.c.Logger.Error("the audit trail cannot be written", "error", err, "required", t.c.Required)
	case err == nil && was != nil:
		t.c.Logger.Info("the audit trail is written again", "failed_since", was.since)
	}
}

// write links and writes lines, in chunks of about flushSize. It returns those that are
// not in the trail.
func (t *Trail) write(lines []byte) (left []byte, err error) {
	for len(lines) > 0 && err == nil {
		n := len(lines)
		if n > flushSize {
			n = max(bytes.LastIndexByte(lines[:flushSize], '\n'), bytes.IndexByte(lines, '\n')) + 1
		}
		n, err = t.writeChunk(lines[:n])
		lines = lines[n:]
	}
	return lines, err
}

// writeChunk returns how many bytes of lines are in the trail now.
func (t *Trail) writeChunk(lines []byte) (n int, err error) {
	t.out = t.out[:0]
	next := t.chain
	for at := 0; at < len(lines); {
		end := at + bytes.IndexByte(lines[at:], '\n')
		t.out = next.link(t.out, lines[at:end], t.sum)
		at = end + 1
	}
	written, err := t.sink.write(t.out)
	if err == nil {
		t.chain = next
		return len(lines), nil
	}
	for out := t.out[:t.sink.dropPartial(t.out, written)]; len(out) > 0; {
		end := bytes.IndexByte(out, '\n')
		s, _ := parse(out[:end]) // made by link
		t.chain = chain{s.seq, s.hash}
		n += bytes.IndexByte(lines[n:], '\n') + 1
		out = out[end+1:]
	}
	return n, err
}

// tornHash returns the hash of bytes that are no line; empty for nil.
func tornHash(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
