package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A Verifier checks that files, read in the order in which they were written, contain
// all lines that were written, unchanged. It cannot detect lines missing at the end, or
// a trail that was forged as a whole: compare Summary.Head, or Anchor, with a copy
// elsewhere.
type Verifier struct {
	// Restarts accepts new chains, as each start of the server begins one on a stream.
	Restarts bool
	// Anchor is the hash of a line that must exist, in hexadecimal. Optional.
	Anchor string

	summary Summary
	sum     hash.Hash
	prev    chain
	known   bool // prev is set
	ended   bool // a file ended within a line
	torn    torn
	at      Place
}

// A Place is the position of a line.
type Place struct {
	File string
	Line int // from 1
}

// A Summary describes files that were found intact.
type Summary struct {
	Lines       int
	First       uint64 // number of the first line
	Head        Head   // the last line
	After       string // hash of the line before the first; empty when that is line 1
	Torn        int    // places where the process ended while it wrote a line
	Restarts    int    // new chains
	Lost        uint64 // lines that the server could not write
	Suppressed  uint64 // refusals over the server's limit
	Summed      uint64 // reads and renewals of anonymous sessions over their budget
	Unfinished  bool   // the last line is torn
	AnchorFound bool
}

// A LineError is the first line that is not what was written.
type LineError struct {
	Place
	What string
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What) }

// maxLine bounds a line of a trail, in bytes. Ours are much shorter.
const maxLine = 1 << 20

// Read checks the next file. The error is a *LineError, or that of reading.
func (v *Verifier) Read(name string, r io.Reader) error {
	if v.sum == nil {
		v.sum = sha256.New()
	}
	v.at = Place{File: name}
	v.leaveTorn()
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			v.at.Line++
			return v.wrong("longer than any line of a trail")
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(line) > 0 {
			v.at.Line++
			if wrong := v.line(bytes.TrimSuffix(line, []byte{'\n'}), err == nil); wrong != nil {
				return wrong
			}
		}
		if err != nil {
			return nil
		}
	}
}

// Close completes the check after the last file.
func (v *Verifier) Close() (Summary, error) {
	v.summary.Head = Head{v.prev.seq, string(v.prev.hash[:])}
	v.summary.Unfinished = v.torn.begun && v.ended
	v.leaveTorn()
	if v.torn.begun {
		return v.summary, v.torn.wrong()
	}
	if !v.known {
		return v.summary, errors.New("there is no line of a trail")
	}
	if v.Anchor != "" && !v.summary.AnchorFound && v.Anchor != v.summary.After {
		return v.summary, fmt.Errorf("no line has the hash %s: the end was cut off, or the whole trail was forged", v.Anchor)
	}
	return v.summary, nil
}

func (v *Verifier) wrong(format string, args ...any) error {
	return &LineError{v.at, fmt.Sprintf(format, args...)}
}

// line checks the next line; terminated tells that it has a newline.
func (v *Verifier) line(text []byte, terminated bool) error {
	s, ok := parse(text)
	if !ok {
		v.torn.add(text, v.at)
		v.ended = !terminated
		return nil
	}
	o, err := v.parseOpening(s)
	if err != nil {
		return err
	}
	if err := v.checkOrder(s, o); err != nil {
		return err
	}
	v.prev, v.known, v.ended = chain{s.seq, s.hash}, true, false
	v.count(s, o)
	return nil
}

// An openingLine has the members of lines that can be the first of a file, and of
// those with counts.
type openingLine struct {
	Event string
	Prev  string
	Torn  string
	Count uint64
}

// parseOpening parses a line that may be one; o is zero for others.
func (v *Verifier) parseOpening(s chainedLine) (o openingLine, err error) {
	if !bytes.Contains(s.line, []byte(`,"prev":"`)) && !bytes.Contains(s.line, []byte(`,"count":`)) {
		return o, nil
	}
	if err := json.Unmarshal(append(bytes.Clone(s.line), '}'), &o); err != nil {
		return o, v.wrong("no line of a trail: it is no JSON")
	}
	return o, nil
}

// checkOrder checks that a line is the next one.
func (v *Verifier) checkOrder(s chainedLine, o openingLine) error {
	if err := v.checkTorn(o); err != nil {
		return err
	}
	prev := v.prev
	newChain := o.Prev == string(noHash[:]) && s.seq == 1
	switch {
	case v.known && newChain && v.Restarts:
		v.summary.Restarts++
		prev = chain{0, noHash}
	case v.known && newChain:
		return v.wrong("a new chain begins: what connects it with the line before is missing")
	case !v.known && !isHash([]byte(o.Prev)):
		return v.wrong("line %d of the trail, with nothing before it: the beginning is missing", s.seq)
	case !v.known && s.seq > 1:
		v.summary.After = o.Prev
		fallthrough
	case !v.known:
		prev.seq = s.seq - 1
		copy(prev.hash[:], o.Prev)
	}
	return v.follows(prev, s, o)
}

func (v *Verifier) follows(prev chain, s chainedLine, o openingLine) error {
	switch {
	case s.seq == prev.seq+2:
		return v.wrong("line %d of the trail is missing before this one, which is line %d", s.seq-1, s.seq)
	case s.seq > prev.seq+1:
		return v.wrong("lines %d to %d of the trail are missing before this one, which is line %d", prev.seq+1, s.seq-1, s.seq)
	case s.seq <= prev.seq:
		return v.wrong("line %d of the trail comes after line %d", s.seq, prev.seq)
	case o.Prev != "" && o.Prev != string(prev.hash[:]):
		return v.wrong("line %d of the trail follows another line than the one before it", s.seq)
	case s.seq == 1 && prev.hash != noHash:
		return v.wrong("line 1 of the trail follows another line")
	case !s.follows(prev.hash, v.sum):
		return v.wrong("line %d of the trail was changed, or the hash of the one before it", s.seq)
	}
	return nil
}

func (v *Verifier) count(s chainedLine, o openingLine) {
	if v.summary.Lines++; v.summary.Lines == 1 {
		v.summary.First = s.seq
	}
	if o.Torn != "" {
		v.summary.Torn++
	}
	switch o.Event {
	case "lost":
		v.summary.Lost += o.Count
	case suppressedEvent:
		v.summary.Suppressed += o.Count
	default:
		v.summary.Summed += o.Count
	}
	if v.Anchor != "" && v.Anchor == string(s.hash[:]) {
		v.summary.AnchorFound = true
	}
	v.torn = torn{}
}

// leaveTorn accepts a file that ends within a line, as when the process crashes there and
// the file is renamed before the next start.
func (v *Verifier) leaveTorn() {
	if v.torn.begun && v.ended {
		v.summary.Torn++
		v.torn, v.ended = torn{}, false
	}
}

// torn is the bytes between two lines that are no line.
type torn struct {
	begun bool
	first Place
	sum   hash.Hash
}

func (t *torn) add(text []byte, at Place) {
	if t.begun {
		t.sum.Write([]byte{'\n'})
	} else {
		*t = torn{true, at, sha256.New()}
	}
	t.sum.Write(text)
}

// checkTorn checks that torn bytes are the ones that the next line recorded: the server
// found them when it started.
func (v *Verifier) checkTorn(o openingLine) error {
	switch {
	case v.torn.begun && o.Torn != hex.EncodeToString(v.torn.sum.Sum(nil)):
		return v.torn.wrong()
	case !v.torn.begun && o.Torn != "":
		return v.wrong("the torn line before this one is missing")
	}
	return nil
}

func (t *torn) wrong() error {
	return &LineError{t.first, "no line of a trail: it was changed, or is not the server's"}
}
