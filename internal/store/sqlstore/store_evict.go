package sqlstore

import (
	"context"
	"database/sql"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// A rowQuerier is a *sql.DB or a *sql.Tx.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pageCounts returns how many pages the file has, and how many of them are free.
func pageCounts(ctx context.Context, db rowQuerier) (pages, free int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT p.page_count, f.freelist_count FROM pragma_page_count p, pragma_freelist_count f").Scan(&pages, &free)
	return pages, free, err
}

// bytesInUse returns the size of the pages that are not free.
func (d *database) bytesInUse(ctx context.Context, db rowQuerier) (int64, error) {
	pages, free, err := pageCounts(ctx, db)
	return (pages - free) * d.pageSize, err
}

// evictionSlack is the part of the bound that an eviction frees beyond what is needed,
// so that not every batch evicts.
const evictionSlack = 0.05

// evict removes records until there is room for some bytes: expired ones first, then
// those of the worst class beyond its share, the least recently used first.
func (w *writeTx) evict(bytes int64) error {
	used, err := w.bytesInUse(w.ctx, w.tx)
	if err != nil || used+bytes <= w.config.MaxBytes {
		return err
	}
	now := w.config.Clock().UnixMilli()
	if _, _, err := w.removeMatching(-1, "SELECT id, size FROM records WHERE kept <= ?", now); err != nil {
		return err
	}
	target := max(int64((1-evictionSlack)*float64(w.config.MaxBytes))-bytes, 0)
	for _, shared := range []int64{w.config.MaxBytes, 0} { // shares are of what records take, without the pages around them
		for class := report.Class(report.Classes - 1); class >= 0; class-- {
			if done, err := w.evictClass(class, cache.ShareOf(class, shared), target); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// evictClass removes records of a class beyond its share until no more than target is in use.
func (w *writeTx) evictClass(class report.Class, share, target int64) (done bool, err error) {
	var size int64
	if err := w.tx.QueryRowContext(w.ctx, "SELECT coalesce(sum(size), 0) FROM records WHERE class = ?", class).Scan(&size); err != nil {
		return false, err
	}
	for excess := size - share; ; {
		used, err := w.bytesInUse(w.ctx, w.tx)
		if err != nil || used <= target || excess <= 0 {
			return used <= target, err
		}
		n, removed, err := w.removeMatching(min(used-target, excess),
			"SELECT id, size FROM records INDEXED BY records_by_class WHERE class = ? ORDER BY used, id LIMIT 1000", class)
		if err != nil || n == 0 {
			return false, err
		}
		excess -= removed
	}
}

// removeMatching removes records that a query finds, until bytes are freed; all of them
// when bytes is negative. It returns their number and sizes.
func (w *writeTx) removeMatching(bytes int64, query string, args ...any) (n int, size int64, err error) {
	ids, size, err := w.matching(bytes, query, args...)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range ids {
		if err := w.remove(id); err != nil {
			return 0, 0, err
		}
	}
	return len(ids), size, nil
}

func (w *writeTx) matching(bytes int64, query string, args ...any) (ids []int64, sum int64, err error) {
	rows, err := w.tx.QueryContext(w.ctx, query, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for (bytes < 0 || sum < bytes) && rows.Next() {
		var id, size int64
		if err := rows.Scan(&id, &size); err != nil {
			return nil, 0, errDamaged
		}
		ids, sum = append(ids, id), sum+size
	}
	return ids, sum, rows.Err()
}

// minVacuum is how many pages must be free for a vacuum.
const minVacuum = 64

// vacuum returns free pages to the file system when a tenth of the file is free. Fewer
// are soon used again.
func (d *database) vacuum(ctx context.Context) error {
	pages, free, err := pageCounts(ctx, d.writer)
	if err != nil || free < minVacuum || free < pages/10 {
		return err
	}
	_, err = d.writer.ExecContext(ctx, "PRAGMA incremental_vacuum(1024)") // pages at most
	return err
}
