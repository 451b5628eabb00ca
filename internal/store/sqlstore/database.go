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
	lock    *sql.Conn // holds PATH-lock
	locks   *sql.DB
	writer  *sql.DB // one connection
	readers *sql.DB

	read, find, put, putBody, use, drop, dropBody *sql.Stmt

	// Of the writer, under Store.writing.
	records int64
	live    int64 // bytes of the pages in use
	page    int64 // bytes of a page
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
	if err := ownersOnly(c.Path); err != nil {
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
// SQLite would let them in, and they would set aside and count against each
// other. The lock goes when the process does.
func (d *database) takeLock(ctx context.Context) (err error) {
	path := d.config.Path + "-lock"
	// To close a file ends all locks that the process has on it, by POSIX: one
	// that is there must not be opened but by SQLite, which minds that.
	if _, err := os.Stat(path); err != nil {
		if err := ownersOnly(path); err != nil {
			return err
		}
	}
	if d.locks, err = connect(path, "_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(MEMORY)", 1); err != nil {
		return err
	}
	if d.lock, err = d.locks.Conn(ctx); err != nil {
		return whyNot(path, err)
	}
	if _, err := d.lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return whyNot(path, err)
	}
	return nil
}

// whyNot says why a lock was not taken. It does not wrap what SQLite says:
// damage there is not the file's.
func whyNot(path string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return errors.New("another process uses it")
	}
	f, cause := os.OpenFile(path, os.O_RDWR, 0) // SQLite does not say
	if cause != nil {
		return cause
	}
	return errors.Join(fmt.Errorf("%s cannot be locked: %v", path, err), f.Close())
}

// ownersOnly makes a file that is its owner's alone, and makes one that is
// there so: its answers are for those who hold a token.
func ownersOnly(path string) error {
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

// openWriter opens the one connection that writes. Until establish has seen that
// the file is ours, nothing about it changes.
//
// With synchronous=NORMAL a batch that Apply has made outlives the process, and
// may be lost, as a whole, with the machine.
func (d *database) openWriter(ctx context.Context) (err error) {
	if d.writer, err = connect(d.config.Path, "_busy_timeout=2000&_txlock=immediate&_auto_vacuum=2&_synchronous=NORMAL&_pragma=journal_size_limit(16777216)", 1); err != nil {
		return err
	}
	if err := establish(ctx, d.writer); err != nil {
		return err
	}
	var mode string
	if err := d.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("this file system has no write-ahead log: SQLite stays with %q", mode)
	}
	return d.writer.QueryRowContext(ctx, "PRAGMA page_size").Scan(&d.page)
}

func (d *database) prepare(ctx context.Context) error {
	for _, s := range []struct {
		to  **sql.Stmt
		db  *sql.DB
		sql string
	}{
		{&d.read, d.readers, "SELECT used, owner, data FROM records JOIN bodies USING (id) WHERE key = ?"},
		{&d.find, d.writer, "SELECT id FROM records WHERE key = ?"},
		{&d.put, d.writer, `INSERT INTO records (key, used, kept, size, owner, final) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (key) DO UPDATE SET used = ?2, kept = ?3, size = ?4, owner = ?5, final = ?6 RETURNING id`},
		{&d.putBody, d.writer, "INSERT INTO bodies (id, data) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET data = ?2"},
		{&d.use, d.writer, "UPDATE records SET used = ?2 WHERE key = ?1"},
		{&d.drop, d.writer, "DELETE FROM records WHERE id = ?"},
		{&d.dropBody, d.writer, "DELETE FROM bodies WHERE id = ?"},
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
	d.live, err = d.pagesInUse(ctx, d.writer)
	return err
}

func (d *database) close() error {
	var errs []error
	if d.readers != nil {
		errs = append(errs, d.readers.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	if d.locks != nil {
		errs = append(errs, d.locks.Close())
	}
	return errors.Join(errs...)
}

// get returns the record of a key, nil when there is none, or errTorn.
func (d *database) get(ctx context.Context, k report.Key) (*cache.Record, error) {
	rows, err := d.read.QueryContext(ctx, k[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	var used int64
	var owner, data []byte
	if rows.Scan(&used, &owner, &data) != nil || len(owner) != len(report.Key{}) {
		return nil, errTorn // a number that is none
	}
	r, err := decode(k, data)
	if err == nil {
		r.Used, r.Owner = time.UnixMilli(used).UTC(), report.Key(owner)
	}
	return r, err
}

const withoutEnd = math.MaxInt64 // of kept, so that it sorts last

func milliseconds(end time.Time) int64 {
	if end.IsZero() {
		return withoutEnd
	}
	return end.UnixMilli()
}
