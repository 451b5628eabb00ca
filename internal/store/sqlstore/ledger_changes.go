package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/oriel-server/oriel/internal/access"
)

// changeTables holds the id of the ledger, which copies of the file have too, and its
// latest changes. Generations grow by one with each change. Versions are random, so that a
// restored copy has no version in common with what came after the copy.
const changeTables = `
CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL);
INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity);
CREATE TABLE IF NOT EXISTS changes (generation INTEGER PRIMARY KEY, version INTEGER NOT NULL, revocation TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS changes_by_version ON changes (version);
CREATE INDEX IF NOT EXISTS revocations_by_until ON revocations (until);
`

// maxChanges is how many changes the file holds. Who saw an older version reads
// everything.
const maxChanges = 1000

// changed gives the file another version and a generation above a bound, by the change
// of a revocation.
func changed(ctx context.Context, tx *sql.Tx, revocation string, above int64) (generation int64, err error) {
	if _, err := tx.ExecContext(ctx, "UPDATE oriel_ledger SET version = random()"); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO changes (generation, version, revocation)
		SELECT max(?, coalesce((SELECT max(generation) FROM changes), 0)) + 1, version, ? FROM oriel_ledger RETURNING generation`,
		above, revocation).Scan(&generation)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM changes WHERE generation <= ?", generation-maxChanges)
	return generation, err
}

// Changes implements access.Ledger.
func (l *Ledger) Changes(ctx context.Context, since int64) (c access.Changes, err error) {
	err = l.use(ctx, func(f *ledgerFile) error {
		var known bool
		if c, known, err = f.changes(ctx, since); err != nil || known {
			return err
		}
		c, err = f.everything(ctx)
		return err
	})
	if err != nil {
		return access.Changes{}, err
	}
	return c, nil
}

// changes returns what changed since a version, unless the version is too old, or of
// another file, or an Oriel that keeps no changes has written since.
func (f *ledgerFile) changes(ctx context.Context, since int64) (c access.Changes, known bool, err error) {
	rows, err := f.db.QueryContext(ctx, `SELECT l.version, i.id, c.version, c.revocation, r.id, r.data, r.sum
		FROM changes s CROSS JOIN oriel_ledger l CROSS JOIN identity i JOIN changes c ON c.generation >= s.generation
		LEFT JOIN revocations r ON r.id = c.revocation WHERE s.version = ? ORDER BY c.generation`, since)
	if err != nil {
		return c, false, err
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		var id string
		var row revocationRow
		if rows.Scan(&c.Version, &c.Ledger, &last, &id, &row.id, &row.data, &row.sum) != nil {
			return c, false, errDamaged
		}
		if last == since {
			continue // what made that version
		}
		r, there, err := row.read()
		switch {
		case err != nil:
			return c, false, err
		case there:
			c.Recorded = append(c.Recorded, r)
		default:
			c.Removed = append(c.Removed, id)
		}
	}
	return c, last == c.Version && c.Version != 0, rows.Err()
}

// everything returns all revocations, a consistent snapshot.
func (f *ledgerFile) everything(ctx context.Context) (c access.Changes, err error) {
	c.All = true
	rows, err := f.db.QueryContext(ctx, "SELECT l.version, i.id, r.id, data, sum FROM oriel_ledger l CROSS JOIN identity i LEFT JOIN revocations r")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var row revocationRow
		before := c.Ledger
		if rows.Scan(&c.Version, &c.Ledger, &row.id, &row.data, &row.sum) != nil || before != "" && before != c.Ledger {
			return c, errDamaged
		}
		r, there, err := row.read()
		if err != nil {
			return c, err
		}
		if there {
			c.Recorded = append(c.Recorded, r)
		}
	}
	if err := rows.Err(); err != nil {
		return c, err
	}
	if c.Ledger == "" {
		return c, errDamaged // every ledger has an id and a version
	}
	return c, nil
}

// Revocations implements access.Ledger. A page is of one moment.
func (l *Ledger) Revocations(ctx context.Context, now time.Time, page access.Page) (list access.List, err error) {
	err = l.use(ctx, func(f *ledgerFile) error {
		list, err = f.page(ctx, now, page)
		return err
	})
	if err != nil {
		return access.List{}, err
	}
	return list, nil
}

func (f *ledgerFile) page(ctx context.Context, now time.Time, page access.Page) (list access.List, err error) {
	rows, err := f.db.QueryContext(ctx, "SELECT rowid, id, data, sum FROM revocations WHERE rowid > ? AND until > ? ORDER BY rowid LIMIT ?",
		page.After, now.UnixMilli(), page.Limit+1)
	if err != nil {
		return list, err
	}
	defer rows.Close()
	for rows.Next() {
		if len(list.Revocations) == page.Limit {
			return list, nil
		}
		var row revocationRow
		if rows.Scan(&list.Next, &row.id, &row.data, &row.sum) != nil {
			return list, errDamaged
		}
		r, _, err := row.read()
		if err != nil {
			return list, err
		}
		list.Revocations = append(list.Revocations, r)
	}
	list.Next = 0
	return list, rows.Err()
}

// A revocationRow is a row of the table, or none of a left join.
type revocationRow struct {
	id        sql.NullString
	data, sum []byte
}

func (row revocationRow) read() (r access.Revocation, there bool, err error) {
	if !row.id.Valid {
		return r, false, nil
	}
	r, err = readRevocation(row.id.String, row.data, row.sum)
	return r, err == nil, err
}

// generation returns the ledger's id and generation.
func (f *ledgerFile) generation(ctx context.Context) (w witnessed, err error) {
	err = f.db.QueryRowContext(ctx, "SELECT id, (SELECT coalesce(max(generation), 0) FROM changes) FROM identity").Scan(&w.ledger, &w.generation)
	if errors.Is(err, sql.ErrNoRows) {
		err = errDamaged // every ledger has an id
	}
	return w, err
}
