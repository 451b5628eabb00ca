package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// flush writes all that waits, and then last, a line for which somebody waits;
// nil for none. With an error, last is not in the trail; what waited still waits.
// The caller holds writing.
func (t *Trail) flush(last []byte) error {
	err := t.refresh()
	if err == nil {
		err = t.begin()
	}
	taken := t.buffer.take(t.backlog)
	t.backlog = taken
	if err == nil {
		t.backlog, err = t.write(taken)
	}
	t.buffer.put(taken, len(t.backlog))
	if err == nil {
		err = t.admitLoss()
	}
	if err == nil && len(last) > 0 {
		_, err = t.write(last)
	}
	t.note(err)
	return err
}

// refresh makes sure that lines go to the file that has the name, and begins
// those files that are new to us.
func (t *Trail) refresh() error {
	fresh, err := t.sink.refresh()
	if err != nil || !fresh {
		return err
	}
	at, err := t.sink.end()
	if err != nil {
		t.sink.close()
		return err
	}
	if t.begun {
		t.lead = t.opener("file", at.torn)
		return nil
	}
	t.chain = at.chain
	t.lead = t.opener("start", at.torn)
	if t.c.Configuration != at.configuration && t.c.Configuration != "" {
		line := begin(t.lead, t.c.Clock(), "configuration")
		t.lead = append(text(line, "configuration", t.c.Configuration), '\n')
	}
	return nil
}

// begin writes the lines that come first in a file.
func (t *Trail) begin() (err error) {
	if len(t.lead) == 0 {
		return nil
	}
	t.lead, err = t.write(t.lead)
	t.begun = t.begun || err == nil
	return err
}

// opener is a line that says by itself what it follows: the last line known, and
// what stands between the two that is none.
func (t *Trail) opener(event, torn string) []byte {
	b := text(begin(nil, t.c.Clock(), event), "prev", string(t.chain.hash[:]))
	b = text(text(b, "torn", torn), "configuration", t.c.Configuration)
	return append(b, '\n')
}

// admitLoss tells, when writing works again, that it did not, and how many lines
// that cost.
func (t *Trail) admitLoss() error {
	t.mu.Lock()
	f := t.fault
	t.mu.Unlock()
	lost := t.buffer.missing()
	if f == nil && lost == 0 {
		return nil
	}
	b := number(begin(nil, t.c.Clock(), "lost"), "count", lost)
	if f != nil {
		b = text(b, "since", f.since.UTC().Format(stamp))
	}
	_, err := t.write(append(b, '\n'))
	if err == nil {
		t.buffer.told(lost)
	}
	return err
}

// note keeps where the trail stands and whether it can be written, and logs when
// that changes.
func (t *Trail) note(err error) {
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

// write links lines and writes them, no more at once than is quickly done again.
// It returns those that are not in the trail.
func (t *Trail) write(lines []byte) (left []byte, err error) {
	for len(lines) > 0 && err == nil {
		n := len(lines)
		if n > enough {
			n = max(bytes.LastIndexByte(lines[:enough], '\n'), bytes.IndexByte(lines, '\n')) + 1
		}
		n, err = t.writeSome(lines[:n])
		lines = lines[n:]
	}
	return lines, err
}

// writeSome returns how many bytes of lines are in the trail now.
func (t *Trail) writeSome(lines []byte) (n int, err error) {
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
	for out := t.out[:t.sink.whole(t.out, written)]; len(out) > 0; {
		end := bytes.IndexByte(out, '\n')
		s, _ := parse(out[:end]) // link has made it
		t.chain = chain{s.seq, s.hash}
		n += bytes.IndexByte(lines[n:], '\n') + 1
		out = out[end+1:]
	}
	return n, err
}

// tornHash stands for bytes that are no line; empty for none, nil.
func tornHash(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
