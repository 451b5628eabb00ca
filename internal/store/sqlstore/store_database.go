package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// A database is the open file.
type database struct {
	config  Config
	lockDB  *sql.DB   // PATH-lock
	lock    *sql.Conn // of lockDB, which holds the lock
	writer  *sql.DB   // one connection
	readers *sql.DB

	read, find, upsert, upsertBody, touch, delete, deleteBody *sql.Stmt

	// Guarded by Store.writing.
	records  int64
	used     int64 // bytes, of the pages in use
	pageSize int64 // bytes
}

const maxReaders = 4

func open(ctx context.Context, c Config) (_ *database, err error) {
	d := &database{config: c}
	defer func() {
		if err != nil {
			_ = d.close()
		}
	}()
	if err := d.takeLock(ctx); err != nil {
		return nil, err
	}
	if err := ensurePrivate(c.Path); err != nil {
		return nil, err
	}
	if err := identify(ctx, c.Path); err != nil {
		return nil, err
	}
	if err := d.openWriter(ctx); err != nil {
		return nil, err
	}
	if d.readers, err = connect(c.Path, "_busy_timeout=100&_query_only=1", maxReaders); err != nil {
		return nil, err
	}
	return d, errors.Join(d.prepare(ctx), d.count(ctx))
}

// connect returns a pool of connections that stay open. Options are of the
// driver's DSN.
func connect(path, options string, most int) (*sql.DB, error) {
	u := url.URL{Path: filepath.ToSlash(path)}
	c, err := sqlite.NewConnector("file:" + u.EscapedPath() + "?_defensive=1&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)&" + options)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}

// takeLock keeps other processes, and other stores of this one, from the file.
// SQLite would let them share it, and they would quarantine it under each other and
// count wrong. The lock ends with the process.
func (d *database) takeLock(ctx context.Context) (err error) {
	path := d.config.Path + "-lock"
	// By POSIX, closing a file releases all locks that the process has on it, so an
	// existing one must be opened by SQLite only.
	if _, err := os.Stat(path); err != nil {
		if err := ensurePrivate(path); err != nil {
			return err
		}
	}
	if d.lockDB, err = connect(path, "_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(MEMORY)", 1); err != nil {
		return err
	}
	if d.lock, err = d.lockDB.Conn(ctx); err != nil {
		return lockError(path, err)
	}
	if _, err := d.lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return lockError(path, err)
	}
	return nil
}

// lockError explains why a lock was not taken. It does not wrap SQLite's error, for
// damage of the lock file is no damage of the store.
func lockError(path string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return errors.New("another process uses it")
	}
	f, cause := os.OpenFile(path, os.O_RDWR, 0) // SQLite's error lacks the reason
	if cause != nil {
		return cause
	}
	return errors.Join(fmt.Errorf("%s cannot be locked: %v", path, err), f.Close())
}

// ensurePrivate creates a file, or restricts an existing one, for its owner alone: its
// answers are for holders of tokens.
func ensurePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is %s, not a file", info.Mode().Type())
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	return err
}

// openWriter opens the one connection that writes. It changes nothing until
// ensureSchema has found that the file is ours.
//
// With synchronous=NORMAL a batch that Apply has committed survives a crash of the
// process, and may be lost, as a whole, in a crash of the machine.
func (d *database) openWriter(ctx context.Context) (err error) {
	if d.writer, err = connect(d.config.Path, "_busy_timeout=2000&_txlock=immediate&_auto_vacuum=2&_synchronous=NORMAL&_pragma=journal_size_limit(16777216)", 1); err != nil {
		return err
	}
	if err := ensureSchema(ctx, d.writer); err != nil {
		return err
	}
	var mode string
	if err := d.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("this file system has no write-ahead log: SQLite stays with %q", mode)
	}
	return d.writer.QueryRowContext(ctx, "PRAGMA page_size").Scan(&d.pageSize)
}

func (d *database) prepare(ctx context.Context) error {
	for _, s := range []struct {
		to  **sql.Stmt
		db  *sql.DB
		sql string
	}{
		{&d.read, d.readers, "SELECT used, owner, class, data FROM records JOIN bodies USING (id) WHERE key = ?"},
		{&d.find, d.writer, "SELECT id FROM records WHERE key = ?"},
		{&d.upsert, d.writer, `INSERT INTO records (key, used, kept, size, owner, final, class) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (key) DO UPDATE SET used = ?2, kept = ?3, size = ?4, owner = ?5, final = ?6, class = min(class, ?7) RETURNING id`},
		{&d.upsertBody, d.writer, "INSERT INTO bodies (id, data) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET data = ?2"},
		{&d.touch, d.writer, "UPDATE records SET used = ?2 WHERE key = ?1"},
		{&d.delete, d.writer, "DELETE FROM records WHERE id = ?"},
		{&d.deleteBody, d.writer, "DELETE FROM bodies WHERE id = ?"},
	} {
		var err error
		if *s.to, err = s.db.PrepareContext(ctx, s.sql); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) count(ctx context.Context) (err error) {
	if err := d.writer.QueryRowContext(ctx, "SELECT count(*) FROM records").Scan(&d.records); err != nil {
		return err
	}
	d.used, err = d.bytesInUse(ctx, d.writer)
	return err
}

func (d *database) close() error {
	var errs []error
	for _, db := range []*sql.DB{d.readers, d.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	if d.lockDB != nil {
		errs = append(errs, d.lockDB.Close())
	}
	return errors.Join(errs...)
}

// get returns the record of a key, nil when there is none, or errCorrupt.
func (d *database) get(ctx context.Context, k report.Key) (*cache.Record, error) {
	rows, err := d.read.QueryContext(ctx, k[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	var used, class int64
	var owner, data []byte
	if rows.Scan(&used, &owner, &class, &data) != nil || len(owner) != len(report.Key{}) || class < 0 || class >= report.Classes {
		return nil, errCorrupt // a column of another type
	}
	r, err := decode(k, data)
	if err == nil {
		r.Used, r.Owner, r.Class = time.UnixMilli(used).UTC(), report.Key(owner), report.Class(class)
	}
	return r, err
}

// expiry returns an end in milliseconds; none sorts last.
func expiry(end time.Time) int64 {
	if end.IsZero() {
		return math.MaxInt64
	}
	return end.UnixMilli()
}
