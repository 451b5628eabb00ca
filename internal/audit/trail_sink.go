package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrBusy means that another process writes the file, as while a new server replaces
// an old one.
var ErrBusy = errors.New("another process writes it: let that one end, or name another file in audit.file")

// A sink is where lines go: the file that has the name now, or a stream.
type sink struct {
	path   string
	stream io.Writer // where path is empty

	file   *os.File
	info   fs.FileInfo
	size   int64  // of the file, as far as known
	prefix []byte // to write first: the rest of a partial line
	opened bool   // the stream was used
}

// reopen opens the file that has the name now, unless it is open. With opened, its end
// must be read: the file was just opened, or truncated.
func (s *sink) reopen() (opened bool, err error) {
	if s.path == "" {
		opened, s.opened = !s.opened, true
		return opened, nil
	}
	if s.file != nil {
		info, err := os.Stat(s.path)
		switch {
		case err == nil && os.SameFile(info, s.info):
			opened, s.size = info.Size() < s.size, info.Size()
			return opened, nil
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

// close syncs and closes the file.
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

// dropPartial handles a write of which only n bytes succeeded, and returns how many
// bytes are of lines that are in the trail: a partial line is truncated from a file,
// and completed later in a stream.
func (s *sink) dropPartial(b []byte, n int) int {
	whole := bytes.LastIndexByte(b[:n], '\n') + 1
	if s.path == "" && whole < n {
		whole = n + bytes.IndexByte(b[n:], '\n') + 1
		s.prefix = bytes.Clone(b[n:whole])
	}
	if s.path == "" {
		return whole
	}
	if whole < n && s.file.Truncate(s.size+int64(whole)) != nil {
		s.close() // reopening it finds the torn line
	}
	s.size += int64(whole)
	return whole
}

// maxEnd bounds how much of a file's end is read. That includes the last line and,
// after a regular end of the server, its configuration.
const maxEnd = 4 << 20

// An ending is what a file ends with.
type ending struct {
	chain         chain  // its last line
	torn          string // hash of what follows the last line, see tornHash
	configuration string // the last that was recorded
}

// end reads the end of the file, and makes sure that the next line begins a new one.
func (s *sink) end() (ending, error) {
	e := ending{chain: chain{hash: noHash}}
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

// tornFirst reports whether b can be the partial first line of a trail. Files that begin
// with anything else are not written to.
func tornFirst(b []byte, unended bool) bool {
	return unended && bytes.HasPrefix(b, []byte(opening)[:min(len(b), len(opening))]) && bytes.IndexByte(b, '\n') < 0
}

// lastLine returns the last line that has the form of one, and what follows it; nil
// when nothing does, not even a newline.
func lastLine(b []byte) (line *chainedLine, rest []byte) {
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

// lastMember returns the value of the last member of that name in any line. Texts
// cannot contain one: their quotes are escaped.
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
