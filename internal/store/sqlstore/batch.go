package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// apply makes a batch in one transaction.
func (d *database) apply(ctx context.Context, torn []report.Key, b *cache.Batch) error {
	return d.transact(ctx, func(w *work) error { return w.make(torn, b) })
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
	err = d.transact(ctx, func(w *work) error {
		n, err = w.removeAll(-1, query, owner)
		return err
	})
	return n, err
}

func (d *database) transact(ctx context.Context, do func(*work) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	w := &work{database: d, tx: tx, ctx: ctx, records: d.records}
	if err := do(w); err != nil {
		return err
	}
	live, err := d.pagesInUse(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	d.records, d.live = w.records, live
	_ = d.vacuum(ctx) // the batch is made; what is wrong will show with the next
	return nil
}

// A work is a batch that is being made.
type work struct {
	*database
	tx      *sql.Tx
	ctx     context.Context
	records int64
}

// make makes room before it puts, so that the file does not grow beyond its
// bound, and again after, for what was put may be more than was foreseen.
func (w *work) make(torn []report.Key, b *cache.Batch) error {
	for _, keys := range [][]report.Key{torn, b.Forget} {
		for _, k := range keys {
			if err := w.forget(k); err != nil {
				return err
			}
		}
	}
	for k, at := range b.Used {
		if _, err := w.exec(w.use, k[:], w.past(at)); err != nil {
			return err
		}
	}
	incoming := int64(0)
	for _, r := range b.Put {
		incoming += r.Size()
	}
	if err := w.makeRoom(min(incoming, w.config.MaxBytes/2)); err != nil {
		return err
	}
	for _, r := range b.Put {
		if err := w.keep(r); err != nil {
			return err
		}
	}
	return w.makeRoom(0)
}

func (w *work) exec(s *sql.Stmt, args ...any) (sql.Result, error) {
	return w.tx.StmtContext(w.ctx, s).ExecContext(w.ctx, args...)
}

// past returns the milliseconds of at, or of now when at is to come: a record
// must not outlast all others because a clock was wrong once.
func (w *work) past(at time.Time) int64 {
	return min(at.UnixMilli(), w.config.Clock().UnixMilli())
}

func (w *work) forget(k report.Key) error {
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

func (w *work) remove(id int64) error {
	if _, err := w.exec(w.dropBody, id); err != nil {
		return err
	}
	_, err := w.exec(w.drop, id)
	w.records--
	return err
}

func (w *work) keep(r *cache.Record) error {
	if float64(r.Size()) > cache.MaxShare*float64(w.config.MaxBytes) {
		return w.forget(r.Key)
	}
	var known, id int64
	if err := w.tx.StmtContext(w.ctx, w.find).QueryRowContext(w.ctx, r.Key[:]).Scan(&known); errors.Is(err, sql.ErrNoRows) {
		w.records++
	} else if err != nil {
		return err
	}
	err := w.tx.StmtContext(w.ctx, w.put).QueryRowContext(w.ctx, r.Key[:], w.past(r.Used), milliseconds(r.Kept), r.Size(),
		r.Owner[:], r.Report.Freshness == report.FreshFinal).Scan(&id)
	if err != nil {
		return err
	}
	_, err = w.exec(w.putBody, id, encode(r))
	return err
}
