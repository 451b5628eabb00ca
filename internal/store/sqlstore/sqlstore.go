// Package sqlstore keeps the cache's answers in a file, with SQLite.
//
// The file may be lost at any time without harm: what cannot be read is absent, a
// damaged file is quarantined, and what cannot be written is an error that the cache
// retries later. What the package guarantees is that a record comes back intact or
// not at all.
//
// One process at a time uses a file. Another one is refused until that ends.
package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// Config is what a Store needs. All of it is required.
type Config struct {
	// Path is the file's. Beside it are PATH-wal and PATH-shm, which SQLite makes, an
	// empty PATH-lock, and PATH.damaged-TIME, the last file that was quarantined.
	Path     string
	MaxBytes int64 // of the file; its write-ahead log takes some 16 MB more
	Clock    func() time.Time
	Logger   *slog.Logger // gets a line when a file is quarantined
}

// A Store is a cache.Store in a file.
type Store struct {
	config Config

	// mu is held shared while db is used, and exclusively to replace it.
	mu sync.RWMutex
	db *database // nil while the file cannot be opened

	writing   sync.Mutex // one batch at a time
	corruptMu sync.Mutex
	corrupt   []report.Key // to be removed with the next batch

	records, bytes atomic.Int64
	closed         atomic.Bool
}

var _ cache.Store = (*Store)(nil)

// errUnopened is the error while there is no file.
var errUnopened = errors.New("sqlstore: the file could not be opened")

// Open returns the store in a file, and creates the file if there is none. A file of a
// newer Oriel, or of another program, is an error that says what to do. A file that
// cannot be opened now (a full or read-only disk, another process that uses it) is
// no error: the store's methods fail until Apply has opened it.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Path == "" || c.MaxBytes <= 0 || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("sqlstore: Path, MaxBytes, Clock and Logger are required")
	}
	s := &Store{config: c}
	if err := s.reopen(ctx); errors.Is(err, errRefused) {
		return nil, err
	}
	return s, nil
}

// reopen opens the file unless it is open. A damaged one is quarantined first.
func (s *Store) reopen(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		return nil
	}
	db, err := open(ctx, s.config)
	switch {
	case damaged(err):
		err = s.quarantine(err)
	case errors.Is(err, errOlder):
		err = s.discard(err)
	case err != nil:
		return fmt.Errorf("sqlstore: %s: %w", s.config.Path, err)
	}
	if err == nil && db == nil {
		db, err = open(ctx, s.config)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", s.config.Path, err)
	}
	s.db = db
	s.records.Store(db.records)
	s.bytes.Store(db.used)
	return nil
}

// Get implements cache.Store.
func (s *Store) Get(ctx context.Context, k report.Key) (*cache.Record, error) {
	s.mu.RLock()
	db := s.db
	if db == nil {
		s.mu.RUnlock()
		return nil, errUnopened
	}
	r, err := db.get(ctx, k)
	s.mu.RUnlock()
	switch {
	case errors.Is(err, errCorrupt):
		s.config.Logger.Warn("a damaged answer in the cache file is removed", "file", s.config.Path)
		s.corruptMu.Lock()
		defer s.corruptMu.Unlock()
		s.corrupt = append(s.corrupt, k)
		return nil, nil
	case damaged(err):
		return nil, s.replace(ctx, db, err)
	case err != nil:
		return nil, fmt.Errorf("sqlstore: %w", err)
	case r != nil && !r.Kept.IsZero() && !s.config.Clock().Before(r.Kept):
		return nil, nil
	}
	return r, nil
}

// Apply implements cache.Store.
func (s *Store) Apply(ctx context.Context, b *cache.Batch) error {
	return s.write(ctx, func(db *database) error {
		s.corruptMu.Lock()
		corrupt := s.corrupt
		s.corruptMu.Unlock()
		err := db.apply(ctx, corrupt, b)
		if err == nil {
			s.corruptMu.Lock()
			s.corrupt = s.corrupt[len(corrupt):]
			s.corruptMu.Unlock()
		}
		return err
	})
}

// Purge implements cache.Store.
func (s *Store) Purge(ctx context.Context, p cache.Purge) (n int, err error) {
	err = s.write(ctx, func(db *database) (err error) {
		n, err = db.purge(ctx, p)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// write lets do change the file, after the writers before it. When it finds the file
// damaged, it is called again with a new one.
func (s *Store) write(ctx context.Context, do func(*database) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return errUnopened
	}
	if err := s.reopen(ctx); err != nil {
		return err
	}
	db, err := s.use(do)
	if damaged(err) {
		if err = s.replace(ctx, db, err); err == nil {
			_, err = s.use(do)
		}
	}
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", s.config.Path, err)
	}
	return nil
}

// use calls do with the open file, which it returns, and updates the statistics.
func (s *Store) use(do func(*database) error) (*database, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return nil, errUnopened
	}
	err := do(s.db)
	s.records.Store(s.db.records)
	s.bytes.Store(s.db.used)
	return s.db, err
}

// replace quarantines a damaged file and creates a new one, unless another goroutine
// has done so.
func (s *Store) replace(ctx context.Context, bad *database, why error) error {
	s.mu.Lock()
	if s.db == bad && bad != nil {
		_ = bad.close() // that it is damaged is known
		s.db = nil
		if err := s.quarantine(why); err != nil {
			s.mu.Unlock()
			return err
		}
	}
	s.mu.Unlock()
	return s.reopen(ctx)
}

// Stats implements cache.Store. Bytes is what the records take in the file.
func (s *Store) Stats() cache.StoreStats {
	return cache.StoreStats{Records: s.records.Load(), Bytes: s.bytes.Load()}
}

// Close implements cache.Store.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	err := s.db.close()
	s.db = nil
	return err
}
