// Package sqlstore keeps the cache's answers in a file, with SQLite.
//
// The file may be lost at any time without harm, so the package never stands in
// the way: what cannot be read is absent, what is damaged is set aside, and what
// cannot be written is an error that the cache answers by trying again later. The
// one thing that it insists on is that a record which comes back is whole.
//
// One process uses a file. Another is refused for as long as that lives, and
// takes the file over when it ends.
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

// Config is what a Store needs.
type Config struct {
	// Path is the file's. Required. Beside it stand those that SQLite makes,
	// PATH-wal and PATH-shm, an empty PATH-lock, and PATH.damaged-TIME, the last
	// file that was set aside.
	Path string
	// MaxBytes bounds the file. Required. The write-ahead log beside it takes
	// some 16 MB more.
	MaxBytes int64
	// Clock tells the time. Required.
	Clock func() time.Time
	// Logger is told when a file is set aside. Required.
	Logger *slog.Logger
}

// A Store is a cache.Store in a file.
type Store struct {
	config Config

	// mu is held shared while db is used, and alone to put another in its place.
	mu sync.RWMutex
	db *database // nil while the file cannot be opened

	writing sync.Mutex // one batch at a time, for torn and the tallies
	tornMu  sync.Mutex
	torn    []report.Key // found not whole, to be forgotten with the next batch

	records, bytes atomic.Int64
	closed         atomic.Bool
}

var _ cache.Store = (*Store)(nil)

// errUnopened answers while there is no file.
var errUnopened = errors.New("sqlstore: the file could not be opened")

// Open returns the store in a file, and makes the file where there is none. A
// file of a newer Oriel, or of another program, is an error that says what to do.
// One that cannot be opened now (a full or read-only disk, another process that
// uses it) is not: the store's methods fail until Apply has opened it.
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

// reopen opens the file unless it is open. A damaged one is set aside first.
func (s *Store) reopen(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		return nil
	}
	db, err := open(ctx, s.config)
	switch {
	case damaged(err):
		err = s.setAside(err)
	case errors.Is(err, errOlder):
		err = s.drop(err)
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
	s.bytes.Store(db.live)
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
	case errors.Is(err, errTorn):
		s.config.Logger.Warn("a stored answer was damaged and is forgotten", "file", s.config.Path)
		s.tornMu.Lock()
		defer s.tornMu.Unlock()
		s.torn = append(s.torn, k)
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
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return errUnopened
	}
	if err := s.reopen(ctx); err != nil {
		return err
	}
	db, err := s.apply(ctx, b)
	if damaged(err) {
		if err = s.replace(ctx, db, err); err == nil {
			_, err = s.apply(ctx, b) // into the new file
		}
	}
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", s.config.Path, err)
	}
	return nil
}

func (s *Store) apply(ctx context.Context, b *cache.Batch) (*database, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return nil, errUnopened
	}
	s.tornMu.Lock()
	torn := s.torn
	s.tornMu.Unlock()
	err := s.db.apply(ctx, torn, b)
	if err == nil {
		s.tornMu.Lock()
		s.torn = s.torn[len(torn):]
		s.tornMu.Unlock()
		s.records.Store(s.db.records)
		s.bytes.Store(s.db.live)
	}
	return s.db, err
}

// Purge implements cache.Store.
func (s *Store) Purge(ctx context.Context, p cache.Purge) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return 0, errUnopened
	}
	if err := s.reopen(ctx); err != nil {
		return 0, err
	}
	n, db, err := s.purge(ctx, p)
	if damaged(err) {
		err = s.replace(ctx, db, err) // with all that was in it
	}
	if err != nil {
		return 0, fmt.Errorf("sqlstore: %s: %w", s.config.Path, err)
	}
	return n, nil
}

func (s *Store) purge(ctx context.Context, p cache.Purge) (int, *database, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return 0, nil, errUnopened
	}
	n, err := s.db.purge(ctx, p)
	s.records.Store(s.db.records)
	s.bytes.Store(s.db.live)
	return n, s.db, err
}

// replace sets a damaged file aside and begins a new one, unless another
// goroutine has done so.
func (s *Store) replace(ctx context.Context, bad *database, why error) error {
	s.mu.Lock()
	if s.db == bad && bad != nil {
		_ = bad.close() // what it would say is known
		s.db = nil
		if err := s.setAside(why); err != nil {
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
