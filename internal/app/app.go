// Package app assembles the server: Config → New → Run. It is the only
// package that imports all others, and the order of the pipeline is written here alone.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/audit"
	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/filestate"
	"github.com/oriel-server/oriel/internal/ga4"
	"github.com/oriel-server/oriel/internal/upstream"
	"github.com/oriel-server/oriel/internal/web"
)

// An App is a configured server. Close it, also when Run was never called.
type App struct {
	config    *Config
	memory    budgets
	log       *slog.Logger
	clock     func() time.Time
	keys      *credential.Keys
	google    *ga4.Client
	answers   *cache.Answers
	cache     *cache.Cache
	tracked   *trackedCatalog // the catalog's source
	catalog   *cache.Catalog
	loading   *catalogLoader            // the catalog as the gate sees it
	readDisk  func(ctx context.Context) // what loading runs
	authority *access.Authority
	server    *web.Server
	tls       *certificate // nil: a proxy speaks TLS
	filters   filterErrors
	refused   prometheus.Counter
	first     bool            // no file of an earlier run exists
	rotating  sync.Mutex      // held while signing keys are replaced
	keysSeen  filestate.State // of the signing keys that authority started with
	trail     *audit.Trail    // nil without an audit trail
	ledger    access.Ledger
	pause     func(ctx context.Context, d time.Duration) bool // between the attempts of Check
}

// New builds the server of a configuration. It reads key files and creates the signing
// keys on the first run, but sends nothing to Google.
func New(c *Config, log *slog.Logger) (*App, error) {
	a := &App{config: c, memory: c.budgets(), log: log, clock: c.Clock, pause: upstream.Sleep, first: !c.hasRun()}
	if a.clock == nil {
		a.clock = time.Now
	}
	if err := a.build(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// NewAPIKey generates an API key for a host's backend; the configuration holds only
// its hash.
func NewAPIKey(random io.Reader) (key string, hash [32]byte, err error) {
	return access.GenerateAPIKey(random)
}

// Handlers returns the handlers of the public and of the operators' listener.
func (a *App) Handlers() (public, operator http.Handler) {
	return a.server.Handler(), a.server.Operator()
}

// Renewing returns how many answers and access tokens are being refreshed in the
// background; 0 when the server is idle.
func (a *App) Renewing() int { return a.cache.Refreshing() + a.keys.Fetching() }

// Close releases what New opened.
func (a *App) Close() error {
	var errs []error
	if a.answers != nil {
		errs = append(errs, a.answers.Close())
	}
	if a.keys != nil {
		errs = append(errs, a.keys.Close())
	}
	if a.ledger != nil {
		errs = append(errs, a.ledger.Close())
	}
	if a.trail != nil {
		errs = append(errs, a.trail.Close())
	}
	return errors.Join(errs...)
}

// quota returns what is left of Google's quotas, as JSON for operators.
func (a *App) quota() []byte {
	body, err := json.MarshalIndent(a.google.Quotas(), "", "  ")
	if err != nil {
		panic(err) // numbers and strings always marshal
	}
	return append(body, '\n')
}
