package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/filestate"
)

// LedgerConfig is what a Ledger needs. All but First is required.
type LedgerConfig struct {
	Path   string // Beside it are PATH-wal and PATH-shm, which SQLite makes.
	Clock  func() time.Time
	Logger *slog.Logger // gets a line when a file is created
	// First tells that no server has run before, so that a new ledger replaces none.
	First bool
}

// A Ledger is an access.Ledger in a file of its own, which several processes may
// use at once. Unlike the cache file it is never quarantined: while it is missing,
// damaged or unreadable, every method fails, and works again when it is restored.
// What was recorded is on the disk.
type Ledger struct {
	config LedgerConfig

	// mu is held shared while file is used, and exclusively to replace it.
	mu     sync.RWMutex
	file   *ledgerFile // nil while there is none to trust
	closed bool
}

var _ access.Ledger = (*Ledger)(nil)

var errLedgerClosed = errors.New("the ledger is closed")

// OpenLedger opens the ledger in a file. If there is no file it creates one, which ends
// all earlier sessions, for what was revoked is unknown. A file that is damaged, or
// cannot be used, is an error that says what to do.
func OpenLedger(ctx context.Context, c LedgerConfig) (*Ledger, error) {
	if c.Path == "" || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("sqlstore: a ledger needs Path, Clock and Logger")
	}
	l := &Ledger{config: c}
	created, err := createLedger(ctx, c)
	if err != nil {
		return nil, l.failed(err)
	}
	if l.file, err = openLedgerFile(ctx, c.Path); err != nil {
		return nil, l.failed(err)
	}
	switch {
	case created && c.First:
		c.Logger.Info("a new ledger is created: this is the first start", "file", c.Path)
	case created:
		c.Logger.Warn("a new ledger is created: earlier sessions are ended, and keys revoked before must be revoked again", "file", c.Path)
	}
	return l, nil
}

// failed adds which file an error is about, and what to do about a damaged one.
func (l *Ledger) failed(err error) error {
	if damaged(err) {
		return fmt.Errorf("the ledger %s is damaged: %w; put a copy of it back, or move it and its -wal away: "+
			"the next start begins a new one, which ends all sessions, and keys must be revoked again", l.config.Path, err)
	}
	return fmt.Errorf("the ledger %s: %w", l.config.Path, err)
}

// use calls do with the file that is at the path now.
func (l *Ledger) use(ctx context.Context, do func(*ledgerFile) error) error {
	file, err := l.current(ctx)
	if err != nil {
		return l.failed(err)
	}
	defer l.mu.RUnlock()
	if err := do(file); err != nil {
		if damaged(err) {
			file.suspect.Store(true)
		}
		return l.failed(err)
	}
	return nil
}

// write runs do in a transaction, which is on the disk when it returns.
func (l *Ledger) write(ctx context.Context, do func(*sql.Tx) error) error {
	return l.use(ctx, func(f *ledgerFile) error { return inTx(ctx, f.db, do) })
}

// current returns the open file, with l.mu held shared unless there is an error.
// A file that was damaged, replaced or changed by other means than SQLite is opened
// again, and read in full before it is trusted.
func (l *Ledger) current(ctx context.Context) (*ledgerFile, error) {
	l.mu.RLock()
	if l.closed {
		l.mu.RUnlock()
		return nil, errLedgerClosed
	}
	if l.file.trusted(l.config.Path) {
		return l.file, nil
	}
	l.mu.RUnlock()
	if err := l.reopen(ctx); err != nil {
		return nil, err
	}
	l.mu.RLock()
	if l.file == nil {
		l.mu.RUnlock()
		return nil, errLedgerClosed // since reopen
	}
	return l.file, nil
}

// reopen opens the file that is at the path now. It creates none: nothing that is
// revoked may be lost unless the operator wants it.
func (l *Ledger) reopen(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errLedgerClosed
	}
	if l.file.trusted(l.config.Path) {
		return nil // another goroutine has opened it
	}
	file, err := openLedgerFile(ctx, l.config.Path)
	if l.file != nil {
		_ = l.file.close() // errors that last show in the new one
	}
	l.file = file
	return err
}

// Revoke implements access.Ledger.
func (l *Ledger) Revoke(ctx context.Context, r access.Revocation) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM revocations WHERE until <= ?", l.cutoff()); err != nil {
			return err
		}
		return putRevocation(ctx, tx, r)
	})
}

// Lift implements access.Ledger.
func (l *Ledger) Lift(ctx context.Context, id string) (found bool, err error) {
	err = l.write(ctx, func(tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, "DELETE FROM revocations WHERE id = ?", id))
		if found = n > 0; !found || err != nil {
			return err
		}
		return newVersion(ctx, tx)
	})
	return found && err == nil, err
}

// Revocations implements access.Ledger.
func (l *Ledger) Revocations(ctx context.Context, now time.Time) (list []access.Revocation, version int64, err error) {
	err = l.use(ctx, func(f *ledgerFile) error {
		list, version, err = f.revocations(ctx)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	list = slices.DeleteFunc(list, func(r access.Revocation) bool { return !r.InForce(now) })
	slices.SortFunc(list, access.OldestFirst)
	return list, version, nil
}

// Version implements access.Ledger.
func (l *Ledger) Version(ctx context.Context) (version int64, err error) {
	err = l.use(ctx, func(f *ledgerFile) error {
		return f.db.QueryRowContext(ctx, "SELECT version FROM oriel_ledger").Scan(&version)
	})
	return version, err
}

// Redeem implements access.Ledger. The file holds a hash of the code.
func (l *Ledger) Redeem(ctx context.Context, code string, until, now time.Time) (first bool, err error) {
	if !now.Before(until) {
		return false, ctx.Err()
	}
	sum := sha256.Sum256([]byte(code))
	err = l.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM codes WHERE until <= ?", l.cutoff()); err != nil {
			return err
		}
		n, err := affected(tx.ExecContext(ctx, "INSERT INTO codes (sum, until) VALUES (?, ?) ON CONFLICT (sum) DO NOTHING", sum[:], until.UnixMilli()))
		first = n == 1
		return err
	})
	return first && err == nil, err
}

// Renew implements access.Ledger. The file holds a hash of the family.
func (l *Ledger) Renew(ctx context.Context, r access.Renewal) (at time.Time, ok bool, err error) {
	sum := sha256.Sum256([]byte(r.Family))
	err = l.write(ctx, func(tx *sql.Tx) error {
		var last access.Renewal
		var millis int64
		switch err := tx.QueryRowContext(ctx, "SELECT number, at FROM renewals WHERE sum = ?", sum[:]).Scan(&last.Number, &millis); {
		case err == nil:
			last.Family, last.At = r.Family, time.UnixMilli(millis).UTC()
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		first := false
		if at, first, ok = r.After(last); !first {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM renewals WHERE until <= ?", l.cutoff()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO renewals (sum, number, at, until) VALUES (?, ?, ?, ?)", sum[:], r.Number, r.At.UnixMilli(), r.Until.UnixMilli())
		return err
	})
	if err != nil {
		return time.Time{}, false, err
	}
	return at, ok, nil
}

// affected returns how many rows a statement changed.
func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// retention is how long expired rows stay in the file: by then they are expired by
// the clocks of all processes that use it.
const retention = time.Hour

// cutoff returns the expiry, in milliseconds, up to which rows are removed.
func (l *Ledger) cutoff() int64 { return l.config.Clock().Add(-retention).UnixMilli() }

// Close implements access.Ledger.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.close()
}

// stateOf returns the state of the file at path. Changes of it that SQLite did not
// make show there; SQLite itself writes to the file only when it checkpoints the log,
// seldom enough that the file is then read in full as well.
func stateOf(path string) (filestate.State, error) {
	state, err := filestate.Of(path)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: put it back, or start again with a new one, which ends all sessions", err)
	}
	return state, err
}
