package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// apply applies a batch in one transaction.
func (d *database) apply(ctx context.Context, corrupt []report.Key, b *cache.Batch) error {
	return d.transact(ctx, func(w *writeTx) error { return w.apply(corrupt, b) })
}

// purge removes the records that p names, in one transaction.
func (d *database) purge(ctx context.Context, p cache.Purge) (n int, err error) {
	owner, query := p.Owner[:], "SELECT id, size FROM records WHERE owner = ?1"
	if p.Owner == (report.Key{}) {
		query = "SELECT id, size FROM records WHERE owner <> ?1"
	}
	if p.Final {
		query += " AND final = 1"
	}
	err = d.transact(ctx, func(w *writeTx) (err error) {
		n, _, err = w.removeMatching(-1, query, owner)
		return err
	})
	return n, err
}

func (d *database) transact(ctx context.Context, do func(*writeTx) error) error {
	w := &writeTx{database: d, ctx: ctx, records: d.records}
	var used int64
	err := inTx(ctx, d.writer, func(tx *sql.Tx) (err error) {
		w.tx = tx
		if err := do(w); err != nil {
			return err
		}
		used, err = d.bytesInUse(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	d.records, d.used = w.records, used
	_ = d.vacuum(ctx) // the batch is committed; errors show with the next
	return nil
}

// inTx runs do in a transaction, and commits unless it returns an error.
func inTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// A writeTx is an open transaction of the writer.
type writeTx struct {
	*database
	tx      *sql.Tx
	ctx     context.Context
	records int64
}

// apply evicts before it puts, so that the file does not grow beyond its bound, and
// again after, for the records may take more than estimated.
func (w *writeTx) apply(corrupt []report.Key, b *cache.Batch) error {
	for _, k := range slices.Concat(corrupt, b.Forget) {
		if err := w.forget(k); err != nil {
			return err
		}
	}
	for k, at := range b.Used {
		if _, err := w.exec(w.touch, k[:], w.clamped(at)); err != nil {
			return err
		}
	}
	incoming := int64(0)
	for _, r := range b.Put {
		incoming += r.Size()
	}
	if err := w.evict(min(incoming, w.config.MaxBytes/2)); err != nil {
		return err
	}
	for _, r := range b.Put {
		if err := w.put(r); err != nil {
			return err
		}
	}
	return w.evict(0)
}

func (w *writeTx) exec(s *sql.Stmt, args ...any) (sql.Result, error) {
	return w.tx.StmtContext(w.ctx, s).ExecContext(w.ctx, args...)
}

// clamped returns at in milliseconds, or now when at is in the future: a wrong clock
// must not keep a record from being evicted.
func (w *writeTx) clamped(at time.Time) int64 {
	return min(at.UnixMilli(), w.config.Clock().UnixMilli())
}

func (w *writeTx) forget(k report.Key) error {
	var id int64
	err := w.tx.StmtContext(w.ctx, w.find).QueryRowContext(w.ctx, k[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.remove(id)
}

func (w *writeTx) remove(id int64) error {
	if _, err := w.exec(w.deleteBody, id); err != nil {
		return err
	}
	_, err := w.exec(w.delete, id)
	w.records--
	return err
}

func (w *writeTx) put(r *cache.Record) error {
	if float64(r.Size()) > cache.MaxShare*float64(w.config.MaxBytes) {
		return w.forget(r.Key)
	}
	var known, id int64
	if err := w.tx.StmtContext(w.ctx, w.find).QueryRowContext(w.ctx, r.Key[:]).Scan(&known); errors.Is(err, sql.ErrNoRows) {
		w.records++
	} else if err != nil {
		return err
	}
	err := w.tx.StmtContext(w.ctx, w.upsert).QueryRowContext(w.ctx, r.Key[:], w.clamped(r.Used), expiry(r.Kept), r.Size(),
		r.Owner[:], r.Report.Freshness == report.FreshFinal, r.Class).Scan(&id)
	if err != nil {
		return err
	}
	_, err = w.exec(w.upsertBody, id, encode(r))
	return err
}
