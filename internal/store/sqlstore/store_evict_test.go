package sqlstore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}

// TestFileStaysWithinItsBound: not only what is in use, the file itself, and its
// log what is promised.
func TestFileStaysWithinItsBound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	s := mustOpen(t, path)
	n := 0
	for round := range 40 {
		batch := &cache.Batch{}
		for range 50 {
			n++
			size := 100 + n*7919%20_000
			if n%97 == 0 {
				size = 900_000
			}
			batch.Put = append(batch.Put, storetest.Record(n, 1, size, time.Now()))
		}
		must(t, s.Apply(t.Context(), batch))
		if size := sizeOf(t, path); size > storetest.Capacity*5/4 {
			t.Errorf("round %d: the file has %d bytes, its bound is %d", round, size, storetest.Capacity)
		}
		if size := sizeOf(t, path+"-wal"); size > 24<<20 {
			t.Errorf("round %d: the log has %d bytes", round, size)
		}
	}
	must(t, s.Close())
	if size := sizeOf(t, path); size > storetest.Capacity*5/4 {
		t.Errorf("closed, the file has %d bytes", size)
	}
}

// TestFreePagesGoBack: what is forgotten makes the file smaller, soon.
func TestFreePagesGoBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	s := mustOpen(t, path)
	var put, forget cache.Batch
	for n := range 45 {
		put.Put = append(put.Put, storetest.Record(n, 1, 80_000, time.Now()))
		forget.Forget = append(forget.Forget, storetest.Key(n))
	}
	s.config.MaxBytes *= 4
	must(t, s.Apply(t.Context(), &put))
	must(t, s.Apply(t.Context(), &put))
	must(t, s.Close())
	if full := sizeOf(t, path); full < 3_000_000 {
		t.Fatalf("only %d bytes", full)
	}
	s = mustOpen(t, path)
	must(t, s.Apply(t.Context(), &forget))
	for range 10 {
		must(t, s.Apply(t.Context(), &cache.Batch{}))
	}
	must(t, s.Close())
	if size := sizeOf(t, path); size > 1_000_000 {
		t.Errorf("the empty file has %d bytes", size)
	}
}
