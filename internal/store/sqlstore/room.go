package sqlstore

import (
	"context"
	"database/sql"
)

// asker is a *sql.DB or a *sql.Tx.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pagesInUse returns the bytes of the file that hold something.
func (d *database) pagesInUse(ctx context.Context, db asker) (int64, error) {
	var pages, free int64
	err := db.QueryRowContext(ctx, "SELECT p.page_count, f.freelist_count FROM pragma_page_count p, pragma_freelist_count f").Scan(&pages, &free)
	return (pages - free) * d.page, err
}

// slack is the part of the bound that making room frees beyond what is needed,
// so that it is not made for each batch.
const slack = 0.05

// makeRoom removes records until there is room for some bytes: those whose time
// is over, then the oldest unused.
func (w *work) makeRoom(bytes int64) error {
	live, err := w.pagesInUse(w.ctx, w.tx)
	if err != nil || live+bytes <= w.config.MaxBytes {
		return err
	}
	now := w.config.Clock().UnixMilli()
	if _, err := w.removeAll(-1, "SELECT id, size FROM records WHERE kept <= ?", now); err != nil {
		return err
	}
	aim := int64((1-slack)*float64(w.config.MaxBytes)) - bytes
	for {
		live, err := w.pagesInUse(w.ctx, w.tx)
		if err != nil || live <= max(aim, 0) {
			return err
		}
		n, err := w.removeAll(live-aim, "SELECT id, size FROM records INDEXED BY records_by_use ORDER BY used, id LIMIT 1000")
		if err != nil || n == 0 {
			return err
		}
	}
}

// removeAll removes the records that a query finds, until their bytes are as
// many as asked for; all of them when that is negative.
func (w *work) removeAll(bytes int64, query string, args ...any) (int, error) {
	ids, err := w.choose(bytes, query, args...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := w.remove(id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (w *work) choose(bytes int64, query string, args ...any) ([]int64, error) {
	rows, err := w.tx.QueryContext(w.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for sum := int64(0); (bytes < 0 || sum < bytes) && rows.Next(); {
		var id, size int64
		if err := rows.Scan(&id, &size); err != nil {
			return nil, errDamaged
		}
		ids, sum = append(ids, id), sum+size
	}
	return ids, rows.Err()
}

// minVacuum is how many pages must be free to be worth the work.
const minVacuum = 64

// vacuum gives free pages back when a tenth of the file is free. Below that they
// are soon used again.
func (d *database) vacuum(ctx context.Context) error {
	var pages, free int64
	err := d.writer.QueryRowContext(ctx, "SELECT p.page_count, f.freelist_count FROM pragma_page_count p, pragma_freelist_count f").Scan(&pages, &free)
	if err != nil || free < minVacuum || free < pages/10 {
		return err
	}
	_, err = d.writer.ExecContext(ctx, "PRAGMA incremental_vacuum(1024)") // so many pages at once, at most
	return err
}
