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

// LedgerConfig is what a Ledger needs.
type LedgerConfig struct {
	// Path is the file's. Required. Beside it stand those that SQLite makes,
	// PATH-wal and PATH-shm.
	Path string
	// Clock tells the time. Required.
	Clock func() time.Time
	// First says that no server has run before, so that a ledger that is begun replaces
	// none: there was nothing to revoke.
	First bool
	// Logger is told when a file is begun, or another is found in its place. Required.
	Logger *slog.Logger
}

// A Ledger is an access.Ledger in a file of its own, which several processes may
// use at once. Unlike the file of stored answers it is never set aside: while it
// is gone, damaged or cannot be read, every method fails, and works again when it
// is back. What was recorded is on the disk.
type Ledger struct {
	config LedgerConfig

	// mu is held shared while file is used, and alone to put another in its place.
	mu     sync.RWMutex
	file   *ledgerFile // nil while there is none to be trusted
	closed bool
}

var _ access.Ledger = (*Ledger)(nil)

var errLedgerClosed = errors.New("the ledger is closed")

// OpenLedger opens the ledger in a file. Where there is no file it makes one,
// which ends all sessions that began before: nobody knows what was revoked. A file
// that is damaged, or cannot be used, is an error that says what to do.
func OpenLedger(ctx context.Context, c LedgerConfig) (*Ledger, error) {
	if c.Path == "" || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("sqlstore: a ledger needs Path, Clock and Logger")
	}
	l := &Ledger{config: c}
	begun, err := beginLedger(ctx, c)
	if err != nil {
		return nil, l.failed(err)
	}
	if l.file, err = openLedgerFile(ctx, c.Path); err != nil {
		return nil, l.failed(err)
	}
	switch {
	case begun && c.First:
		c.Logger.Info("a ledger is begun, for this is the first start", "file", c.Path)
	case begun:
		c.Logger.Warn("a new ledger is begun: sessions that began before are ended, keys revoked before must be revoked again", "file", c.Path)
	}
	return l, nil
}

// failed says which file an error is about, and what to do about a damaged one.
func (l *Ledger) failed(err error) error {
	if damaged(err) {
		return fmt.Errorf("the ledger %s is damaged: %w; put a copy of it back, or move it and its -wal away: "+
			"the next start begins a new one, which ends all sessions, and keys must be revoked again", l.config.Path, err)
	}
	return fmt.Errorf("the ledger %s: %w", l.config.Path, err)
}

// use lets do use the file, which is the one at the path.
func (l *Ledger) use(ctx context.Context, do func(*ledgerFile) error) error {
	file, err := l.current(ctx)
	if err != nil {
		return l.failed(err)
	}
	defer l.mu.RUnlock()
	if err := do(file); err != nil {
		if damaged(err) {
			file.doubtful.Store(true)
		}
		return l.failed(err)
	}
	return nil
}

// current returns the open file, with l.mu held shared unless there is an error.
// One that was damaged, replaced or written to past SQLite is opened anew, and read
// whole before it is trusted.
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
		return nil, errLedgerClosed // meanwhile
	}
	return l.file, nil
}

// reopen opens the file that is at the path now. It makes none: what is revoked
// would be forgotten without anybody's will.
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
		_ = l.file.close() // its faults show in the new one, if they last
	}
	l.file = file
	return err
}

// Revoke implements access.Ledger.
func (l *Ledger) Revoke(ctx context.Context, r access.Revocation) error {
	return l.use(ctx, func(f *ledgerFile) error {
		return f.write(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, "DELETE FROM revocations WHERE until <= ?", l.past()); err != nil {
				return err
			}
			return putRevocation(ctx, tx, r)
		})
	})
}

// Lift implements access.Ledger.
func (l *Ledger) Lift(ctx context.Context, id string) (found bool, err error) {
	err = l.use(ctx, func(f *ledgerFile) error {
		return f.write(ctx, func(tx *sql.Tx) error {
			done, err := tx.ExecContext(ctx, "DELETE FROM revocations WHERE id = ?", id)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if found = n > 0; !found || err != nil {
				return err
			}
			return changed(ctx, tx)
		})
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
	err = l.use(ctx, func(f *ledgerFile) error {
		return f.write(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, "DELETE FROM codes WHERE until <= ?", l.past()); err != nil {
				return err
			}
			done, err := tx.ExecContext(ctx, "INSERT INTO codes (sum, until) VALUES (?, ?) ON CONFLICT (sum) DO NOTHING", sum[:], until.UnixMilli())
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			first = n == 1
			return err
		})
	})
	return first && err == nil, err
}

// keptBeyond is for how long what is over stays in the file: by then it is over
// by the clocks of all who use it.
const keptBeyond = time.Hour

// past returns the milliseconds of when what can be removed was over.
func (l *Ledger) past() int64 { return l.config.Clock().Add(-keptBeyond).UnixMilli() }

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
