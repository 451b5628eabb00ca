package sqlstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// A witnessed ledger is what another file tells about it: if the ledger is another one,
// or of an earlier generation, an older copy was put in its place.
type witnessed struct {
	ledger     string
	generation int64
}

// newer reports whether w tells of changes that other lacks.
func (w witnessed) newer(other witnessed) bool {
	return w.ledger == other.ledger && w.generation > other.generation
}

// A witness is the file. It has one short line, written in place, so that it needs no
// space on a full disk. Several processes may write it.
type witness struct {
	path string // empty: no file

	mu   sync.Mutex
	last witnessed // that this process has seen of the ledger
	err  error     // why last is not in the file
}

const witnessLine = "oriel-ledger %s %020d\n"

// read returns the newest of what the file tells and what this process has seen; ok is false without
// any. What cannot be understood tells nothing.
func (w *witness) read() (seen witnessed, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen, err := w.readFile()
	if w.last.newer(seen) || err != nil {
		seen = w.last
	}
	return seen, seen.ledger != ""
}

func (w *witness) readFile() (seen witnessed, err error) {
	f, err := os.Open(w.path)
	if err != nil {
		return seen, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 200))
	if err != nil {
		return seen, err
	}
	var got witnessed
	if _, err := fmt.Sscanf(string(text), witnessLine, &got.ledger, &got.generation); err != nil || got.line() != string(text) {
		return seen, errors.New("it is damaged")
	}
	return got, nil
}

func (w witnessed) line() string { return fmt.Sprintf(witnessLine, w.ledger, w.generation) }

// write tells the file of a generation, unless it knows of a newer one. It keeps the error for retry.
func (w *witness) write(now witnessed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last.newer(now) {
		now = w.last
	}
	w.last, w.err = now, w.writeFile(now)
	return w.err
}

func (w *witness) writeFile(now witnessed) error {
	if w.path == "" {
		return nil
	}
	if there, err := w.readFile(); err == nil && (there == now || there.newer(now)) {
		return nil
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	line := now.line()
	_, err = f.WriteAt([]byte(line), 0)
	if err == nil {
		err = f.Truncate(int64(len(line)))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// retry writes what could not be written before.
func (w *witness) retry() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		w.err = w.writeFile(w.last)
	}
	return w.err
}
