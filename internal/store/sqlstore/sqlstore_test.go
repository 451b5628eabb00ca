package sqlstore

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

func config(path string) Config {
	return Config{Path: path, MaxBytes: storetest.Capacity, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
}

func mustOpen(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), config(path))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Subject{
		Open:    func(t *testing.T, dir string) cache.Store { return mustOpen(t, filepath.Join(dir, "a?b#c%41 ü.db")) },
		Lasting: true,
	})
}
