package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrBusy is that another process writes the file, as while an old server makes
// room for a new one.
var ErrBusy = errors.New("another process writes it: let that one end, or name another file in audit.file")

// A sink is where lines go: the file that has a name now, or a stream.
type sink struct {
	path   string
	stream io.Writer // where path is empty

	file   *os.File
	info   fs.FileInfo
	size   int64  // of the file, when it was last looked at
	prefix []byte // what must come first: the end of a line that is only begun
	opened bool   // the stream was
}

// refresh opens the file that has the name, unless it is open. It is fresh when
// nobody looked at its end yet, or when it was made shorter.
func (s *sink) refresh() (fresh bool, err error) {
	if s.path == "" {
		fresh, s.opened = !s.opened, true
		return fresh, nil
	}
	if s.file != nil {
		info, err := os.Stat(s.path)
		switch {
		case err == nil && os.SameFile(info, s.info):
			fresh, s.size = info.Size() < s.size, info.Size()
			return fresh, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
		s.close()
	}
	return true, s.open()
}

func (s *sink) open() error {
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err = lock(f); err == nil {
		s.info, err = f.Stat()
	}
	if err == nil && !s.info.Mode().IsRegular() {
		err = errors.New("it is no file: name one, or stdout, in audit.file")
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.file, s.size, s.prefix = f, s.info.Size(), nil
	return nil
}

// close lets go of the file; what was written is on the disk then.
func (s *sink) close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Sync(), s.file.Close())
	s.file = nil
	return err
}

// write returns how many bytes of b were written.
func (s *sink) write(b []byte) (n int, err error) {
	var w io.Writer = s.file
	if s.path == "" {
		w = s.stream
	}
	if len(s.prefix) > 0 {
		n, err = w.Write(s.prefix)
		s.size, s.prefix = s.size+int64(n), s.prefix[n:]
		if err != nil {
			return 0, err
		}
	}
	n, err = w.Write(b)
	if err == nil {
		s.size += int64(n)
	}
	return n, err
}

// whole deals with b of which only n bytes were written, and returns how many are
// of lines that are in the trail: a file loses the line that is only begun, in a
// stream it will be ended.
func (s *sink) whole(b []byte, n int) int {
	whole := bytes.LastIndexByte(b[:n], '\n') + 1
	if s.path == "" && whole < n {
		whole = n + bytes.IndexByte(b[n:], '\n') + 1
		s.prefix = bytes.Clone(b[n:whole])
	}
	if s.path == "" {
		return whole
	}
	if whole < n && s.file.Truncate(s.size+int64(whole)) != nil {
		s.close() // what opens it again finds the torn line
	}
	s.size += int64(whole)
	return whole
}

// maxEnd bounds how much of a file's end is read at the start. It holds the last
// line, and where the server ended by itself, what configuration it had.
const maxEnd = 4 << 20

// An ending is what a file ends with.
type ending struct {
	chain         chain  // its last line
	torn          string // stands for what comes after that, see tornHash
	configuration string // the last that was recorded
}

// end reads the end of the file, and sees to it that the next line begins there.
func (s *sink) end() (ending, error) {
	e := ending{chain: chain{hash: none}}
	if s.path == "" || s.size == 0 {
		return e, nil
	}
	b := make([]byte, min(s.size, maxEnd))
	if _, err := s.file.ReadAt(b, s.size-int64(len(b))); err != nil {
		return e, fmt.Errorf("%s: %w", s.path, err)
	}
	e.configuration = lastMember(b, "configuration")
	if b[len(b)-1] != '\n' {
		s.prefix = []byte{'\n'}
	}
	b = bytes.TrimSuffix(b, []byte{'\n'})
	last, rest := lastLine(b)
	if last == nil && !tornFirst(rest, s.prefix != nil) {
		return e, fmt.Errorf("%s: this is not an audit trail: move the file away, or name another in audit.file", s.path)
	}
	if last != nil {
		e.chain = chain{last.seq, last.hash}
	}
	e.torn = tornHash(rest)
	return e, nil
}

// tornFirst reports whether b can be the first line of a trail whose writer ended
// within it. Anything else is not ours to write to.
func tornFirst(b []byte, unended bool) bool {
	return unended && bytes.HasPrefix(b, []byte(opening)[:min(len(b), len(opening))]) && bytes.IndexByte(b, '\n') < 0
}

// lastLine returns the last line that has the form of one, and what comes after
// it; nil when nothing does, not even a newline.
func lastLine(b []byte) (line *sealed, rest []byte) {
	for end := len(b); ; {
		start := bytes.LastIndexByte(b[:end], '\n') + 1
		if s, ok := parse(b[start:end]); ok {
			if end < len(b) {
				rest = b[end+1:]
			}
			return &s, rest
		}
		if start == 0 {
			return nil, b
		}
		end = start - 1
	}
}

// lastMember returns the value of the last member of that name in any line. No
// text can pretend to be one: its quotes are escaped.
func lastMember(b []byte, name string) string {
	begin := []byte(`,"` + name + `":"`)
	at := bytes.LastIndex(b, begin)
	if at < 0 {
		return ""
	}
	value, _, ended := bytes.Cut(b[at+len(begin):], []byte{'"'})
	if !ended {
		return ""
	}
	return string(value)
}
