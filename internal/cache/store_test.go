package cache_test

import (
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

func TestMemoryStore(t *testing.T) {
	storetest.Run(t, storetest.Subject{Open: func(*testing.T, string) cache.Store {
		return cache.NewMemoryStore(storetest.Capacity, time.Now)
	}})
}
