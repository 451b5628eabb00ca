// Package app puts the pieces together: Config → New → Run. It is the only
// package that knows the others, and the one place where the order of the road
// is written.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/audit"
	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/filestate"
	"github.com/oriel-server/oriel/internal/ga4"
	"github.com/oriel-server/oriel/internal/plan"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
	"github.com/oriel-server/oriel/internal/upstream"
	"github.com/oriel-server/oriel/internal/web"
	"github.com/oriel-server/oriel/js"
)

// An App is a configured server. Close it, also when Run was never called.
type App struct {
	config    *Config
	log       *slog.Logger
	clock     func() time.Time
	keys      *credential.Keys
	google    *ga4.Client
	answers   *cache.Answers
	cache     *cache.Cache
	asked     *asked // the catalog's source
	catalog   *cache.Catalog
	loading   *loading                  // the catalog as questions see it
	readDisk  func(ctx context.Context) // what loading does
	authority *access.Authority
	server    *web.Server
	tls       *certificate // nil: a proxy speaks TLS
	filters   filterFaults
	refused   prometheus.Counter
	first     bool            // no server has left files before
	keysSeen  filestate.State // of the file of signing keys that authority began with
	trail     *audit.Trail    // nil when nothing is to be recorded
	ledger    access.Ledger
	pause     func(ctx context.Context, d time.Duration) bool // between the tries of Check
}

// New wires a configuration. It reads key files and makes the signing keys on
// the first run, but asks Google nothing.
func New(c *Config, log *slog.Logger) (*App, error) {
	a := &App{config: c, log: log, clock: c.Clock, pause: upstream.Sleep, first: !c.hasRun()}
	if a.clock == nil {
		a.clock = time.Now
	}
	if err := a.wire(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) wire() error {
	registry := newRegistry()
	m := newMetrics(registry)
	a.refused = m.refused
	if err := a.wireTLS(); err != nil {
		return err
	}
	if err := a.wireAudit(m); err != nil {
		return err
	}
	if err := a.wireGoogle(m); err != nil {
		return err
	}
	source, err := a.road(m)
	if err != nil {
		return err
	}
	a.asked = newAsked(a.google, a.clock)
	if a.catalog, err = cache.NewCatalog(a.asked, cache.CatalogConfig{Clock: a.clock, Answers: a.answers, Changed: a.propertyChanged}); err != nil {
		return err
	}
	a.loading, a.readDisk = newLoading(a.catalog), a.readStored
	rules, err := a.config.rules()
	if err != nil {
		return err
	}
	gate, err := policy.New(policy.Config{
		Rules: rules, Source: source, Catalog: a.loading,
		Recorder: a.decisions(), Clock: a.clock, Keyring: a.keys,
	})
	if err != nil {
		return err
	}
	if err := a.wireAuthority(rules); err != nil {
		return err
	}
	return a.wireWeb(rules, gate, registry)
}

// propertyChanged is told once when Google says that a property has another time zone or
// currency than before. What was fetched before is not given as right any more: see
// cache.CatalogConfig.
func (a *App) propertyChanged(account, property string, before, after report.Property) {
	a.log.Warn("the time zone or the currency of a property was changed at Google; its answers are fetched again",
		"account", account, "property", property, "time_zone", after.TimeZone.String(), "before", before.TimeZone.String(),
		"currency", after.CurrencyCode, "currency_before", before.CurrencyCode)
}

func (a *App) wireGoogle(m *metrics) (err error) {
	a.keys, err = credential.New(credential.Config{
		Accounts: a.config.accounts(), TokenHosts: a.config.Google.TokenHosts,
		Clock: a.clock, Random: a.config.Jitter, Logger: a.log, OnFetch: m.tokenFetched,
	})
	if err != nil {
		return a.config.explainCredentials(err)
	}
	a.google, err = ga4.New(ga4.Config{
		DataURL: a.config.Google.DataURL, AdminURL: a.config.Google.AdminURL,
		Keyring: a.keys, Email: a.keys.Email, Clock: a.clock, Random: a.config.Jitter, Logger: a.log,
		Observer: ga4.Observer{Request: m.googleAsked, Quota: m.quotaTold, InFlight: m.inFlightChanged},
	})
	return err
}

// road is the order of the road, right of the gate.
func (a *App) road(m *metrics) (source report.Source, err error) {
	if a.answers, err = a.kept(m); err != nil {
		return nil, err
	}
	source = a.google                                                                                           // ask Google
	if source, err = plan.New(plan.Config{Source: source, Parts: a.answers, Observer: m.planned}); err != nil { // in as few questions as can be
		return nil, err
	}
	a.cache, err = cache.New(cache.Config{Source: source, Answers: a.answers, Group: plan.Group, Observer: m.cacheAnswered}) // unless somebody just did
	return a.cache, err
}

// kept are the answers in memory and on disk.
func (a *App) kept(m *metrics) (*cache.Answers, error) {
	c := a.config.Cache
	store, err := a.store()
	if err != nil {
		return nil, err
	}
	answers, err := cache.NewAnswers(cache.AnswersConfig{
		Clock: a.clock, MaxBytes: int64(c.MaxMB) << 20,
		Realtime: c.Realtime, Intraday: c.Intraday, Settling: c.Settling, Final: c.Final,
		Stale: cmp.Or(c.Stale, -1), // 0 in the configuration keeps no old answers
		Store: store, Logger: a.log, Realm: a.config.realm(),
	})
	if err != nil {
		if store != nil {
			err = errors.Join(err, store.Close())
		}
		return nil, err
	}
	m.watchCache(answers)
	return answers, nil
}

// realm says where answers come from; see cache.AnswersConfig.
func (c *Config) realm() string { return c.Google.DataURL + " " + c.Google.AdminURL }

// store opens the file of stored answers; nil when there is to be none. A file
// that cannot be used now is the cache's to wait for.
func (a *App) store() (cache.Store, error) {
	c := a.config.Cache
	if c.File == "" {
		return nil, nil
	}
	s, err := sqlstore.Open(context.Background(), sqlstore.Config{
		Path: c.File, MaxBytes: int64(c.MaxDiskMB) << 20, Clock: a.clock, Logger: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: cache.file: %w", a.config.src.where("cache", "file"), err)
	}
	return s, nil
}

func (a *App) wireAuthority(rules *policy.Rules) error {
	a.keysSeen, _ = filestate.Of(a.config.Tokens.KeysFile) // before they are read: a change after it is seen
	keys, err := access.LoadOrCreateKeys(a.config.Tokens.KeysFile, rand.Reader, a.clock())
	if err != nil {
		return fmt.Errorf("%s: %w", a.config.src.where("tokens", "keys_file"), err)
	}
	hosts, err := a.config.hosts()
	if err != nil {
		return err
	}
	if err := a.openLedger(); err != nil {
		return err
	}
	a.authority, err = access.New(access.Config{
		Keys: keys, Hosts: hosts, Rules: rules, Issuer: a.config.PublicURL,
		Lifetime: a.config.Tokens.Lifetime, Clock: a.clock, Random: rand.Reader,
		Ledger: a.ledger, Recorder: a.events(),
		Sessions: access.Sessions{Host: a.config.Tokens.Session, Public: a.config.Tokens.PublicSession},
	})
	return err
}

func (a *App) wireWeb(rules *policy.Rules, gate *policy.Gate, registry *prometheus.Registry) (err error) {
	a.server, err = web.New(web.Config{
		PublicURL: a.config.PublicURL, Authority: a.authority, Rules: rules, Gate: gate,
		Files: js.Files(), Logger: a.log, Registry: registry, Clock: a.clock, Random: rand.Reader,
		Dialects: a.config.dialects(), Ready: a.readiness(), OperatorHosts: a.operatorHosts(), Quota: a.quota, Purge: a.purge, TrustedProxies: a.config.proxies(),
		RequestTimeout: a.config.Limits.RequestTimeout, Limits: a.config.Limits.paces(),
	})
	return err
}

// NewAPIKey makes an API key for a host's backend; the configuration holds only
// its hash.
func NewAPIKey(random io.Reader) (key string, hash [32]byte, err error) {
	return access.GenerateAPIKey(random)
}

// Handlers returns what Run serves: to everybody, and to operators.
func (a *App) Handlers() (public, operator http.Handler) {
	return a.server.Handler(), a.server.Operator()
}

// Renewing returns how many answers and access tokens are being fetched behind those
// who were given old ones: none when the server is at rest.
func (a *App) Renewing() int { return a.cache.Refreshing() + a.keys.Fetching() }

// Run serves on both listeners until ctx ends, then lets requests finish. The
// listeners are closed when it returns.
func (a *App) Run(ctx context.Context, public, operator net.Listener) error {
	ended := make(chan error, 2)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.loading.load(ctx, a.readDisk)
	go a.prewarm(ctx)
	go a.watchKeys(ctx)
	go a.authority.Watch(ctx, a.log)
	everybody, operators := a.Handlers()
	open := func(l net.Listener, handler http.Handler, secured *certificate) {
		defer stop() // one listener without the other is no server
		ended <- a.serve(ctx, l, handler, secured)
	}
	go open(a.publicDoor(public), everybody, a.tls)
	go open(newDoor(operator, operatorConnections), operators, nil)
	return errors.Join(<-ended, <-ended)
}

// prewarmEvery is how often it is looked what gets old soon.
const prewarmEvery = 30 * time.Second

// prewarm fetches ahead of time until ctx ends.
func (a *App) prewarm(ctx context.Context) {
	unseen := a.config.Cache.Prewarm
	if unseen == 0 {
		return
	}
	ticker := time.NewTicker(prewarmEvery)
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

// Prewarm does now what Run does every half minute: fetch what gets old soon.
func (a *App) Prewarm(ctx context.Context) { a.cache.Prewarm(ctx, a.config.Cache.Prewarm) }

const drain = 10 * time.Second // for requests that run when the server stops

// serve serves on a listener, with TLS unless secured is nil.
func (a *App) serve(ctx context.Context, l net.Listener, h http.Handler, secured *certificate) error {
	server := a.server.HTTPServer(h)
	server.ErrorLog = stdlog.New(serverLog{a.log}, "", 0)
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		finish, cancel := context.WithTimeout(context.Background(), drain)
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

// Close ends what New started.
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

// quota is the ledger of what is left of Google's quotas, as operators read it.
func (a *App) quota() []byte {
	body, err := json.MarshalIndent(a.google.Quotas(), "", "  ")
	if err != nil {
		panic(err) // numbers and strings always marshal
	}
	return append(body, '\n')
}
