package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// applicationID is "Orie", by which the file is known as ours.
	// Source: sqlite.org/fileformat2.html, section 1.3.17.
	applicationID = 0x4f726965
	// schemaVersion changes when an older Oriel could not read the file, or would miss
	// parts of a record. A file of an older schema is removed: Google has all of it.
	schemaVersion = 3
)

// schema makes an empty file ours. Records and their bodies are two tables, for SQLite
// writes a changed row in full, and the time of the last use changes often. The
// version is in oriel_cache too, so that a damaged header is not taken for that of a
// newer Oriel.
const schema = `
CREATE TABLE oriel_cache (version INTEGER NOT NULL);
INSERT INTO oriel_cache VALUES (3);
CREATE TABLE records (
	id   INTEGER PRIMARY KEY,
	key  BLOB NOT NULL UNIQUE,
	used INTEGER NOT NULL,
	kept INTEGER NOT NULL,
	size INTEGER NOT NULL,
	owner BLOB NOT NULL,
	final INTEGER NOT NULL,
	class INTEGER NOT NULL
);
CREATE INDEX records_by_class ON records (class, used, id, size);
CREATE INDEX records_by_owner ON records (owner, final, size);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
PRAGMA application_id = 0x4f726965;
PRAGMA user_version = 3;
`

var (
	// errRefused means that the file must not be touched: the operator has to act.
	errRefused = errors.New("the file is not used")
	// errDamaged means that the file was ours, or looks so, and is damaged.
	errDamaged = errors.New("the file is damaged")
	// errOlder means that an older Oriel wrote the file.
	errOlder = errors.New("the file was written by an older Oriel")
)

// A head is the header of a file.
type head struct {
	empty, sqlite       bool
	application, schema uint32
}

// readHead reads the header without SQLite, which may change a file that it
// opens. Source: sqlite.org/fileformat2.html, section 1.3.
func readHead(path string) (head, error) {
	f, err := os.Open(path)
	if err != nil {
		return head{}, err
	}
	defer f.Close()
	var b [100]byte
	n, err := io.ReadFull(f, b[:])
	if n == 0 && errors.Is(err, io.EOF) {
		return head{empty: true}, nil
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return head{}, err
	}
	return head{
		sqlite:      n == len(b) && bytes.HasPrefix(b[:], []byte("SQLite format 3\x00")),
		application: binary.BigEndian.Uint32(b[68:]),
		schema:      binary.BigEndian.Uint32(b[60:]),
	}, nil
}

// identify returns whether a file may be used, by its header alone where that is
// clear. It changes nothing.
func identify(ctx context.Context, path string) error {
	h, err := readHead(path)
	switch {
	case err != nil || h.empty:
		return err
	case !h.sqlite:
		return fmt.Errorf("%w: it does not begin as an SQLite file does", errDamaged)
	case h.application == applicationID && h.schema == schemaVersion:
		return nil
	}
	return identifyInside(ctx, path, h)
}

// identifyInside looks into a file whose header is not ours: a newer Oriel's has its
// version in two places, and a damaged one of ours still has our table.
func identifyInside(ctx context.Context, path string, h head) error {
	db, err := connect(path, "_busy_timeout=100&mode=ro", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var inside uint32
	switch err := db.QueryRowContext(ctx, "SELECT version FROM oriel_cache").Scan(&inside); {
	case err == nil && h.application == applicationID && inside == h.schema && inside > schemaVersion:
		return fmt.Errorf("%w: it was written by a newer Oriel (schema %d; this one knows %d): run that one, or name another file", errRefused, inside, schemaVersion)
	case err == nil && h.application == applicationID && inside == h.schema && inside > 0:
		return fmt.Errorf("%w: schema %d, this one writes %d", errOlder, inside, schemaVersion)
	case err == nil:
		return fmt.Errorf("%w: its header says schema %d of application %#x", errDamaged, h.schema, h.application)
	case h.application == 0 && h.schema == 0 && hasNoTables(ctx, db):
		return nil
	case h.application == applicationID || damaged(err) && !schemaChanged(err):
		return errors.Join(errDamaged, err)
	}
	return fmt.Errorf("%w: it is the database of another program: name another file", errRefused)
}

// hasNoTables reports whether a file is empty: the process that created it ended before
// it was done.
func hasNoTables(ctx context.Context, db *sql.DB) bool {
	var tables int
	return db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables) == nil && tables == 0
}

// ensureSchema makes an empty file ours, and checks that any other is.
func ensureSchema(ctx context.Context, db *sql.DB) error {
	if hasNoTables(ctx, db) {
		return inTx(ctx, db, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, schema)
			return err
		})
	}
	var application, inHeader, inside int
	err := db.QueryRowContext(ctx, "SELECT a.application_id, u.user_version, version FROM pragma_application_id a, pragma_user_version u, oriel_cache").
		Scan(&application, &inHeader, &inside)
	if err != nil {
		return err
	}
	if application != applicationID || inHeader != schemaVersion || inside != schemaVersion {
		return fmt.Errorf("%w: schema %d and %d of application %#x", errDamaged, inHeader, inside, application)
	}
	return nil
}
