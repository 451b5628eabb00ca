package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// loadTime bounds the pass over what is stored of properties, on a disk that hangs.
const loadTime = 10 * time.Second

// A loading is the catalog of questions that come while what is stored is being read:
// without a time zone no stored answer can be given, and a thousand visitors who come at
// once would each wait for the disk. A question about a property that has not been read yet
// waits for the pass over all of them, within its own deadline, and asks when that has ended
// without it.
type catalogLoader struct {
	*cache.Catalog
	begun atomic.Bool
	done  chan struct{}
}

func newCatalogLoader(c *cache.Catalog) *catalogLoader {
	return &catalogLoader{Catalog: c, done: make(chan struct{})}
}

// load reads what is stored of properties, once, whoever asks for it.
func (l *catalogLoader) load(ctx context.Context, read func(context.Context)) {
	if l.begun.Swap(true) {
		return
	}
	go func() {
		defer close(l.done)
		ctx, cancel := context.WithTimeout(ctx, loadTime)
		defer cancel()
		read(ctx)
	}()
}

// wait waits for the end of load, where that has begun, or of ctx.
func (l *catalogLoader) wait(ctx context.Context) {
	if !l.begun.Load() {
		return
	}
	select {
	case <-l.done:
	case <-ctx.Done():
	}
}

// Property implements report.Catalog.
func (l *catalogLoader) Property(ctx context.Context, account, property string) (report.Property, error) {
	if !l.Known(account, property) {
		l.wait(ctx)
	}
	return l.Catalog.Property(ctx, account, property)
}

// readStored reads what is stored of the views' properties.
func (a *App) readStored(ctx context.Context) { a.catalog.Load(ctx, a.properties()) }
