package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// damaged reports whether an error means that the file is damaged, rather than that
// it cannot be used now.
func damaged(err error) bool {
	if errors.Is(err, errDamaged) || errors.Is(err, sql.ErrNoRows) {
		return true // queries of an intact file that use Scan find a row
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
	return schemaChanged(err)
}

// schemaChanged reports whether SQLite found a statement wrong. Ours are right, so the
// schema is not ours.
func schemaChanged(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_ERROR
}

// quarantine renames a damaged file, for the operator to look at, and removes the one
// that was quarantined before. s.mu is held.
func (s *Store) quarantine(why error) error {
	path := s.config.Path
	earlier, err := filepath.Glob(escapeGlob(path) + ".damaged-*")
	if err != nil {
		return err
	}
	quarantined := path + ".damaged-" + s.config.Clock().UTC().Format("20060102T150405Z")
	if err := os.Rename(path, quarantined); err != nil {
		return fmt.Errorf("a damaged file cannot be quarantined: %w", err)
	}
	if err := removeLogs(path); err != nil {
		return err
	}
	for _, old := range earlier {
		if old != quarantined {
			_ = os.Remove(old) // it only takes space
		}
	}
	s.config.Logger.Warn("the cache file was damaged: it is quarantined and a new one created", "file", path, "quarantine", quarantined, "error", why)
	return nil
}

// removeLogs removes the logs of a removed file: they would damage the next.
func removeLogs(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the log of a removed file cannot be removed: %w", err)
		}
	}
	return nil
}

// discard removes a file whose records this Oriel cannot use. s.mu is held.
func (s *Store) discard(why error) error {
	if err := os.Remove(s.config.Path); err != nil {
		return fmt.Errorf("the file of an older Oriel cannot be removed: %w", err)
	}
	if err := removeLogs(s.config.Path); err != nil {
		return err
	}
	s.config.Logger.Info("the cache file was written by an older Oriel: it is removed and a new one created", "file", s.config.Path, "why", why)
	return nil
}

// escapeGlob returns the pattern that matches path only.
func escapeGlob(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}
