package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/filestate"
)

// LedgerConfig is what a Ledger needs. Path, Clock and Logger are required.
type LedgerConfig struct {
	Path   string // Beside it are PATH-wal and PATH-shm, which SQLite makes.
	Clock  func() time.Time
	Logger *slog.Logger // gets a line when a file is created, or ends all sessions
	// First tells that no server has run before, so that a new ledger replaces none.
	First bool
	// Witness is the path of a file, best in another directory, by which an older copy in
	// the place of the ledger is recognized. Optional.
	Witness string
	// Known is the id of the ledger that was used before; see Ledger.ID. Empty if unknown.
	Known string
}

// A Ledger is an access.Ledger in a file of its own, which several processes may
// use at once. Unlike the cache file it is never quarantined: while it is missing,
// damaged or unreadable, every method fails, and works again when it is restored.
// What was recorded is on the disk.
type Ledger struct {
	config  LedgerConfig
	witness *witness

	// mu is held shared while file is used, and exclusively to replace it.
	mu     sync.RWMutex
	file   *ledgerFile // nil while there is none to trust
	known  string      // id of the last one
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
	l := &Ledger{config: c, witness: &witness{path: c.Witness}, known: c.Known}
	created, err := createLedger(ctx, c)
	if err != nil {
		return nil, l.failed(err)
	}
	if l.file, err = l.open(ctx, created); err != nil {
		return nil, l.failed(err)
	}
	if err := l.witness.retry(); err != nil {
		c.Logger.Error("an older copy of the ledger could not be recognized", "error", l.witnessFailed(err))
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

// change is write for a change of revocations, of which do returns the generation. The
// witness comes second, so that it is never ahead of the ledger.
func (l *Ledger) change(ctx context.Context, do func(*sql.Tx) (int64, error)) error {
	return l.use(ctx, func(f *ledgerFile) error {
		now := witnessed{ledger: f.id}
		err := inTx(ctx, f.db, func(tx *sql.Tx) (err error) {
			now.generation, err = do(tx)
			return err
		})
		if err == nil && now.generation > 0 {
			l.testify(now)
		}
		return err
	})
}

// testify tells the witness of a generation. When that fails the change is in force all
// the same; see Witnessed.
func (l *Ledger) testify(now witnessed) {
	if err := l.witness.write(now); err != nil {
		l.config.Logger.Error("an older copy of the ledger could not be recognized", "error", l.witnessFailed(err))
	}
}

func (l *Ledger) witnessFailed(err error) error {
	return fmt.Errorf("the ledger's witness %s: %w: name a file that can be written in ledger.witness_file", l.config.Witness, err)
}

// Witnessed writes what could not be written to the witness before, and returns why that
// fails.
func (l *Ledger) Witnessed() error {
	if err := l.witness.retry(); err != nil {
		return l.witnessFailed(err)
	}
	return nil
}

// ID returns the id of the ledger, which copies of the file have too.
func (l *Ledger) ID() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.known
}

// open opens the file that is at the path now. If that is not the ledger that was used
// before, or an older copy of it, all sessions of before end: what was revoked since is unknown.
func (l *Ledger) open(ctx context.Context, created bool) (*ledgerFile, error) {
	seen, told := l.witness.read() // before the ledger, which may advance
	f, err := openLedgerFile(ctx, l.config.Path)
	if err != nil {
		return nil, err
	}
	now, err := f.generation(ctx)
	lost := ""
	if err == nil && !created {
		lost = l.lost(now, seen, told)
	}
	if lost != "" {
		now.generation, err = f.beginAgain(ctx, access.Beginning(l.config.Clock()), seen.generation)
		l.config.Logger.Warn("earlier sessions are ended, and keys that were revoked must be revoked again: "+lost, "file", l.config.Path)
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	f.id, l.known = now.ledger, now.ledger
	_ = l.witness.write(now) // see Witnessed
	return f, nil
}

// lost returns why revocations may be missing in a ledger, empty if none is.
func (l *Ledger) lost(now, seen witnessed, told bool) string {
	switch {
	case l.known != "" && l.known != now.ledger, told && seen.ledger != now.ledger:
		return "this is another ledger than before"
	case seen.newer(now):
		return "the ledger is older than its witness: a copy was put in its place"
	case l.known != "" && !told && l.config.Witness != "":
		return "the ledger's witness is missing or damaged"
	}
	return ""
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
	file, err := l.open(ctx, false)
	if l.file != nil {
		_ = l.file.close() // errors that last show in the new one
	}
	l.file = file
	return err
}

// Revoke implements access.Ledger.
func (l *Ledger) Revoke(ctx context.Context, r access.Revocation) error {
	return l.change(ctx, func(tx *sql.Tx) (int64, error) {
		if _, err := tx.ExecContext(ctx, "DELETE FROM revocations WHERE until <= ?", l.cutoff()); err != nil {
			return 0, err
		}
		return putRevocation(ctx, tx, r, 0)
	})
}

// Lift implements access.Ledger.
func (l *Ledger) Lift(ctx context.Context, id string) (r access.Revocation, found bool, err error) {
	err = l.change(ctx, func(tx *sql.Tx) (int64, error) {
		row := revocationRow{id: sql.NullString{String: id, Valid: true}}
		err := tx.QueryRowContext(ctx, "DELETE FROM revocations WHERE id = ? RETURNING data, sum", id).Scan(&row.data, &row.sum)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		if err == nil {
			r, found, err = row.read()
		}
		if err != nil {
			return 0, err
		}
		return changed(ctx, tx, id, 0)
	})
	if err != nil {
		return access.Revocation{}, false, err
	}
	return r, found, nil
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
