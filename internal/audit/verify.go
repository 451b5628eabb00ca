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

// A Verifier checks that the lines of files, read in the order in which they were
// written, are those that were written, all of them. What is missing at the end,
// or whether all was written anew by somebody else, it cannot see: compare
// Summary.Head, or Anchor, with what was kept elsewhere.
type Verifier struct {
	// Restarts accepts chains that begin anew, as those on a stream do with each
	// start of the server.
	Restarts bool
	// Anchor is the hash of a line that must be there, in hexadecimal. Optional.
	Anchor string

	summary Summary
	sum     hash.Hash
	prev    chain
	known   bool // prev is: there was a line
	ended   bool // a file ended within a line
	torn    torn
	at      Place
}

// A Place is where a line stands.
type Place struct {
	File string
	Line int // from 1
}

// A Summary is what was found in files that are whole.
type Summary struct {
	Lines       int
	First       uint64 // number of the first line
	Head        Head   // the last line
	After       string // hash of the line before the first; empty when the first is the first of all
	Torn        int    // places where the process ended while it wrote a line
	Restarts    int    // chains that began anew
	Lost        uint64 // lines that the server says it could not write
	Suppressed  uint64 // refusals that the server says it did not write
	Unfinished  bool   // the last line is torn
	AnchorFound bool
}

// A Wrong is the first line that is not what was written.
type Wrong struct {
	Place
	What string
}

// Error names the line.
func (w *Wrong) Error() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.What) }

// maxLine bounds a line of a trail: those that we write are much shorter.
const maxLine = 1 << 20

// Read checks a file after those that were read before. The error is a *Wrong, or
// that of reading.
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

// Close says what is missing when there are no more files.
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
		return v.summary, fmt.Errorf("no line has the hash %s: the end was cut off, or all was written anew", v.Anchor)
	}
	return v.summary, nil
}

func (v *Verifier) wrong(format string, args ...any) error {
	return &Wrong{v.at, fmt.Sprintf(format, args...)}
}

// line checks the next line; whole says that a newline ended it.
func (v *Verifier) line(text []byte, whole bool) error {
	s, ok := parse(text)
	if !ok {
		v.torn.add(text, v.at)
		v.ended = !whole
		return nil
	}
	o, err := v.opener(s)
	if err != nil {
		return err
	}
	if err := v.inPlace(s, o); err != nil {
		return err
	}
	v.prev, v.known, v.ended = chain{s.seq, s.hash}, true, false
	v.count(s, o)
	return nil
}

// An opener is what lines say that can stand first in a file, and those that
// count.
type opener struct {
	Event string
	Prev  string
	Torn  string
	Count uint64
}

// opener reads a line that may be one.
func (v *Verifier) opener(s sealed) (o opener, err error) {
	if !bytes.Contains(s.line, []byte(`,"prev":"`)) && !bytes.Contains(s.line, []byte(`,"count":`)) {
		return o, nil
	}
	if err := json.Unmarshal(append(bytes.Clone(s.line), '}'), &o); err != nil {
		return o, v.wrong("no line of a trail: it is no JSON")
	}
	return o, nil
}

// inPlace checks that a line is the next one.
func (v *Verifier) inPlace(s sealed, o opener) error {
	if err := v.explainedBy(o); err != nil {
		return err
	}
	prev := v.prev
	anew := o.Prev == string(none[:]) && s.seq == 1
	switch {
	case v.known && anew && v.Restarts:
		v.summary.Restarts++
		prev = chain{0, none}
	case v.known && anew:
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

func (v *Verifier) follows(prev chain, s sealed, o opener) error {
	switch {
	case s.seq == prev.seq+2:
		return v.wrong("line %d of the trail is missing before this one, which is line %d", s.seq-1, s.seq)
	case s.seq > prev.seq+1:
		return v.wrong("lines %d to %d of the trail are missing before this one, which is line %d", prev.seq+1, s.seq-1, s.seq)
	case s.seq <= prev.seq:
		return v.wrong("line %d of the trail stands after line %d", s.seq, prev.seq)
	case o.Prev != "" && o.Prev != string(prev.hash[:]):
		return v.wrong("line %d of the trail follows another line than the one before it", s.seq)
	case s.seq == 1 && prev.hash != none:
		return v.wrong("line 1 of the trail follows another line")
	case !s.follows(prev.hash, v.sum):
		return v.wrong("line %d of the trail was changed, or the hash of the one before it", s.seq)
	}
	return nil
}

func (v *Verifier) count(s sealed, o opener) {
	if v.summary.Lines++; v.summary.Lines == 1 {
		v.summary.First = s.seq
	}
	if o.Torn != "" {
		v.summary.Torn++
	}
	switch o.Event {
	case "lost":
		v.summary.Lost += o.Count
	case "suppressed":
		v.summary.Suppressed += o.Count
	}
	if v.Anchor != "" && v.Anchor == string(s.hash[:]) {
		v.summary.AnchorFound = true
	}
	v.torn = torn{}
}

// leaveTorn lets a file end within a line, as it does when the process ends there
// and the file is renamed before the next one begins.
func (v *Verifier) leaveTorn() {
	if v.torn.begun && v.ended {
		v.summary.Torn++
		v.torn, v.ended = torn{}, false
	}
}

// A torn is what stands between two lines and is none.
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

// explainedBy checks that the next line says of what stands before it that it was
// there when the server began to write.
func (v *Verifier) explainedBy(o opener) error {
	switch {
	case v.torn.begun && o.Torn != hex.EncodeToString(v.torn.sum.Sum(nil)):
		return v.torn.wrong()
	case !v.torn.begun && o.Torn != "":
		return v.wrong("the torn line that stood before this one is missing")
	}
	return nil
}

func (t *torn) wrong() error {
	return &Wrong{t.first, "no line of a trail: it was changed, or is not the server's"}
}
