package app

import (
	"context"
	"errors"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/oriel-server/oriel/internal/upstream"
)

// Run serves on both listeners until ctx ends, then for as long as operator.drain says, and
// waits for requests in flight. It closes the listeners.
func (a *App) Run(ctx context.Context, public, operator net.Listener) error {
	ended := make(chan error, 2)
	ctx, stop := a.draining(ctx)
	defer stop()
	a.memory.log(a.log)
	a.loading.load(ctx, a.readDisk)
	go a.prewarm(ctx)
	go a.watchKeys(ctx)
	go a.authority.Watch(ctx, a.log)
	everybody, operators := a.Handlers()
	open := func(l net.Listener, handler http.Handler, secured *certificate) {
		defer stop() // if one listener fails, stop both
		ended <- a.serve(ctx, l, handler, secured)
	}
	go open(a.limitPublic(public), everybody, a.tls)
	go open(newLimitListener(operator, operatorConnections), operators, nil)
	return errors.Join(<-ended, <-ended)
}

// draining returns a context that ends a while after ctx does, in which /readyz answers
// that the server is going, or with stop.
func (a *App) draining(ctx context.Context) (serving context.Context, stop context.CancelFunc) {
	serving, stop = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		a.server.Drain()
		upstream.Sleep(serving, a.config.Operator.Drain)
		stop()
	})
	return serving, stop
}

// prewarmInterval is the interval at which answers that expire soon are refreshed.
const prewarmInterval = 30 * time.Second

// prewarm refreshes answers before they expire, until ctx ends.
func (a *App) prewarm(ctx context.Context) {
	unseen := a.config.Cache.Prewarm
	if unseen == 0 {
		return
	}
	ticker := time.NewTicker(prewarmInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			a.cache.Prewarm(ctx, unseen)
		case <-ctx.Done():
			return
		}
	}
}

// Prewarm refreshes answers that expire soon, as Run does every half minute.
func (a *App) Prewarm(ctx context.Context) { a.cache.Prewarm(ctx, a.config.Cache.Prewarm) }

const shutdownTimeout = 10 * time.Second // for requests in flight

// serve serves on a listener, with TLS unless secured is nil.
func (a *App) serve(ctx context.Context, l net.Listener, h http.Handler, secured *certificate) error {
	server := a.server.HTTPServer(h)
	server.ErrorLog = stdlog.New(serverLog{a.log}, "", 0)
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		finish, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(finish); err != nil {
			a.log.Warn("requests were cut off", "error", err)
		}
	})
	serve := server.Serve
	if secured != nil {
		server.TLSConfig = secured.config()
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	err := serve(l)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
