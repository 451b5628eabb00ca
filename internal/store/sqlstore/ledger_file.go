package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/filestate"
)

const (
	// ledgerID is "OriL", by which the file is known as a ledger of ours.
	ledgerID = 0x4f72694c
	// ledgerSchema changes when an older Oriel could no longer read the file.
	ledgerSchema = 1
)

// ledgerTables makes an empty file a ledger. Versions are random, so that a restored
// copy has another one than all that came after it. Each revocation has a checksum: a
// damaged one would let a session go on.
const ledgerTables = `
CREATE TABLE oriel_ledger (schema INTEGER NOT NULL, version INTEGER NOT NULL);
INSERT INTO oriel_ledger VALUES (1, random());
CREATE TABLE revocations (id TEXT PRIMARY KEY, until INTEGER NOT NULL, data BLOB NOT NULL, sum BLOB NOT NULL);
CREATE TABLE codes (sum BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX codes_by_until ON codes (until);
PRAGMA application_id = 0x4f72694c;
PRAGMA user_version = 1;
`

// renewalTables holds the last renewal of each family of tokens whose session goes on.
const renewalTables = `
CREATE TABLE IF NOT EXISTS renewals (sum BLOB PRIMARY KEY, number INTEGER NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS renewals_by_until ON renewals (until);
`

// A ledgerFile is an open file that was found intact.
type ledgerFile struct {
	db      *sql.DB // one connection
	id      string  // of the ledger
	state   filestate.State
	suspect atomic.Bool // it was found damaged since
}

// trusted reports whether f, which may be nil, is the file at path, unchanged since it
// was read in full.
func (f *ledgerFile) trusted(path string) bool {
	if f == nil || f.suspect.Load() {
		return false
	}
	now, err := stateOf(path)
	return err == nil && now.Same(f.state) && now.Mode() == f.state.Mode()
}

// connectLedger opens the existing file at path. What is committed is on the disk; a
// process that finds the file locked waits.
func connectLedger(path string) (*sql.DB, error) {
	return connect(path, "mode=rw&_busy_timeout=5000&_txlock=immediate&_synchronous=FULL&_pragma=journal_size_limit(1048576)", 1)
}

// openLedgerFile opens a file and reads it in full. Only SQLite opens the file: by
// POSIX, closing it elsewhere would release all locks that the process has on it.
func openLedgerFile(ctx context.Context, path string) (_ *ledgerFile, err error) {
	f := &ledgerFile{}
	if f.state, err = stateOf(path); err != nil {
		return nil, err
	}
	if !f.state.Mode().IsRegular() {
		return nil, fmt.Errorf("it is %s, not a file", f.state.Mode().Type())
	}
	if f.state.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, err
		}
		if f.state, err = stateOf(path); err != nil {
			return nil, err
		}
	}
	if f.db, err = connectLedger(path); err != nil {
		return nil, err
	}
	if err := f.check(ctx); err != nil {
		return nil, errors.Join(f.explain(err), f.close())
	}
	return f, nil
}

// explain adds to SQLite's error what to do about permissions.
func (f *ledgerFile) explain(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CANTOPEN || e.Code()&0xff == sqlite3.SQLITE_READONLY) {
		return fmt.Errorf("this process must be allowed to read and write the file, mode %04o, and to make files beside it: %w", f.state.Mode().Perm(), err)
	}
	return err
}

func (f *ledgerFile) close() error { return f.db.Close() }

// check reads the file in full.
func (f *ledgerFile) check(ctx context.Context) error {
	if err := f.identify(ctx); err != nil {
		return err
	}
	if err := f.addTables(ctx); err != nil {
		return err
	}
	var result string
	if err := f.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return err
	}
	if result != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, result)
	}
	if _, err := f.everything(ctx); err != nil {
		return err
	}
	if _, _, err := f.changes(ctx, 0); err != nil {
		return err
	}
	return f.spaceCheckpoints(ctx)
}

// spaceCheckpoints lets SQLite write its log into the file once the log has twice the pages
// of the file. Each time the file is read in full, which so costs each change a
// constant.
func (f *ledgerFile) spaceCheckpoints(ctx context.Context) error {
	var pages int
	if err := f.db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	_, err := f.db.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", max(1000, 2*pages)))
	return err
}

// addTables adds the tables that ledgers of before lack. An older Oriel ignores them.
func (f *ledgerFile) addTables(ctx context.Context) error {
	var there int
	if err := f.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name IN ('renewals', 'identity')").Scan(&there); err != nil || there == 2 {
		return err
	}
	return inTx(ctx, f.db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, renewalTables+changeTables)
		return err
	})
}

// identify returns an error unless the file is a ledger that this Oriel reads.
func (f *ledgerFile) identify(ctx context.Context) error {
	var application, schema, inside int64
	err := f.db.QueryRowContext(ctx, "SELECT a.application_id, u.user_version FROM pragma_application_id a, pragma_user_version u").Scan(&application, &schema)
	switch {
	case err != nil:
		return err
	case application == 0 && schema == 0 && hasNoTables(ctx, f.db):
		return fmt.Errorf("%w: it is empty", errDamaged)
	case application != ledgerID:
		return fmt.Errorf("%w: it is the database of another program: name another file", errRefused)
	case schema > ledgerSchema:
		return fmt.Errorf("%w: it was written by a newer Oriel (schema %d; this one knows %d): run that one", errRefused, schema, ledgerSchema)
	}
	if err := f.db.QueryRowContext(ctx, "SELECT schema FROM oriel_ledger").Scan(&inside); err != nil {
		return err
	}
	if schema != ledgerSchema || inside != ledgerSchema {
		return fmt.Errorf("%w: schema %d and %d", errDamaged, schema, inside)
	}
	return nil
}

func readRevocation(id string, data, sum []byte) (r access.Revocation, err error) {
	want := sha256.Sum256(data)
	if !bytes.Equal(sum, want[:]) || json.Unmarshal(data, &r) != nil || r.ID != id {
		return r, fmt.Errorf("%w: a revocation is corrupt", errDamaged)
	}
	return r, nil
}

// putRevocation records a revocation in a generation above a bound.
func putRevocation(ctx context.Context, tx *sql.Tx, r access.Revocation, above int64) (generation int64, err error) {
	data, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(data)
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO revocations (id, until, data, sum) VALUES (?, ?, ?, ?)", r.ID, expiry(r.Until), data, sum[:])
	if err != nil {
		return 0, err
	}
	return changed(ctx, tx, r.ID, above)
}

// beginAgain makes a ledger begin with a revocation of all that came before.
func (f *ledgerFile) beginAgain(ctx context.Context, first access.Revocation, above int64) (generation int64, err error) {
	err = inTx(ctx, f.db, func(tx *sql.Tx) error {
		generation, err = putRevocation(ctx, tx, first, above)
		return err
	})
	return generation, err
}

// createLedger creates the file, atomically, unless there is one: a link fails where a
// rename would replace what another process has created.
func createLedger(ctx context.Context, c LedgerConfig) (created bool, err error) {
	if _, err := os.Lstat(c.Path); err == nil || !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	// SQLite would take the log of a missing file for that of the new one.
	if _, err := os.Lstat(c.Path + "-wal"); err == nil {
		return false, fmt.Errorf("it is missing, but its log exists: put it back, or move %s-wal away too", c.Path)
	}
	f, err := os.CreateTemp(filepath.Dir(c.Path), ".ledger-*") // mode 0600
	if err != nil {
		return false, err
	}
	temporary := f.Name()
	defer os.Remove(temporary)
	if err := errors.Join(f.Close(), initLedger(ctx, temporary, access.Beginning(c.Clock()))); err != nil {
		return false, err
	}
	if err := os.Link(temporary, c.Path); err != nil && !errors.Is(err, os.ErrExist) {
		return false, err
	} else if err != nil {
		return false, nil // another process was first
	}
	return true, syncFolder(filepath.Dir(c.Path))
}

func initLedger(ctx context.Context, path string, first access.Revocation) error {
	db, err := connectLedger(path)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	if err == nil {
		err = inTx(ctx, db, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, ledgerTables+renewalTables+changeTables); err != nil {
				return err
			}
			_, err := putRevocation(ctx, tx, first, 0)
			return err
		})
	}
	return errors.Join(err, db.Close())
}

// syncFolder syncs a directory, and so the names of its files.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
