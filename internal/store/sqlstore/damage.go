package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// damaged reports whether an error means that the file makes no sense, rather
// than that it cannot be used now.
func damaged(err error) bool {
	if errors.Is(err, errDamaged) || errors.Is(err, sql.ErrNoRows) {
		return true // each of our questions that must have a row has one
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	if e.Code() == sqlite3.SQLITE_IOERR_SHORT_READ {
		return true // the file was cut off
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_FORMAT:
		return true
	}
	return generic(err)
}

// generic reports whether SQLite found a statement wrong. Ours are right, so it
// is the schema that changed.
func generic(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_ERROR
}

// setAside moves a damaged file out of the way, for whoever wants to look at it,
// and removes the one that was set aside before it. s.mu is held.
func (s *Store) setAside(why error) error {
	path := s.config.Path
	earlier, err := filepath.Glob(escapeGlob(path) + ".damaged-*")
	if err != nil {
		return err
	}
	aside := path + ".damaged-" + s.config.Clock().UTC().Format("20060102T150405Z")
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("a damaged file cannot be set aside: %w", err)
	}
	if err := removeLogs(path); err != nil {
		return err
	}
	for _, old := range earlier {
		if old != aside {
			_ = os.Remove(old) // it only takes room
		}
	}
	s.config.Logger.Warn("the file of stored answers was damaged; it is set aside and a new one begun", "file", path, "aside", aside, "error", why)
	return nil
}

// removeLogs removes the logs of a file that is gone: they would damage the next.
func removeLogs(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the log of a file that is gone cannot be removed: %w", err)
		}
	}
	return nil
}

// drop removes a file whose records this Oriel cannot use. s.mu is held.
func (s *Store) drop(why error) error {
	if err := os.Remove(s.config.Path); err != nil {
		return fmt.Errorf("a file that is not used any more cannot be removed: %w", err)
	}
	if err := removeLogs(s.config.Path); err != nil {
		return err
	}
	s.config.Logger.Info("the file of stored answers was written by an older Oriel; it is dropped and a new one begun", "file", s.config.Path, "why", why)
	return nil
}

// escapeGlob writes a path as a pattern that matches only it.
func escapeGlob(path string) string {
	var b []byte
	for i := range len(path) {
		if c := path[i]; c == '*' || c == '?' || c == '[' {
			b = append(b, '[', c, ']')
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
