package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/filestate"
	"github.com/oriel-server/oriel/internal/ga4"
	"github.com/oriel-server/oriel/internal/plan"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/secret"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
	"github.com/oriel-server/oriel/internal/web"
	"github.com/oriel-server/oriel/js"
)

// build constructs the parts in the order in which they depend on each other.
func (a *App) build() error {
	registry := newRegistry()
	m := newMetrics(registry)
	a.refused = m.refused
	if err := a.buildTLS(); err != nil {
		return err
	}
	if err := a.buildAudit(m); err != nil {
		return err
	}
	if err := a.buildGoogle(m); err != nil {
		return err
	}
	source, err := a.pipeline(m)
	if err != nil {
		return err
	}
	a.tracked = newTrackedCatalog(a.google, a.clock)
	if a.catalog, err = cache.NewCatalog(a.tracked, cache.CatalogConfig{Clock: a.clock, Answers: a.answers, Changed: a.propertyChanged}); err != nil {
		return err
	}
	a.loading, a.readDisk = newCatalogLoader(a.catalog), a.readStored
	rules, err := a.config.rules()
	if err != nil {
		return err
	}
	gate, err := policy.New(policy.Config{
		Rules: rules, Source: source, Catalog: a.loading,
		Recorder: a.decisions(), Clock: a.clock, Keyring: a.keys,
		QueryBytes: a.memory.decided, DashboardBytes: a.memory.boards,
	})
	if err != nil {
		return err
	}
	if err := a.buildAuthority(rules); err != nil {
		return err
	}
	a.warnDisclosures()
	return a.buildWeb(rules, gate, registry)
}

// propertyChanged logs that a property has a new time zone or currency. The catalog calls
// it once for each change, and no longer serves what was fetched before: see
// cache.CatalogConfig.
func (a *App) propertyChanged(account, property string, before, after report.Property) {
	a.log.Warn("the time zone or the currency of a property was changed at Google; its answers are fetched again",
		"account", account, "property", property, "time_zone", after.TimeZone.String(), "before", before.TimeZone.String(),
		"currency", after.CurrencyCode, "currency_before", before.CurrencyCode)
}

func (a *App) buildGoogle(m *metrics) (err error) {
	a.keys, err = credential.New(credential.Config{
		Accounts: a.config.accounts(), TokenHosts: a.config.Google.TokenHosts,
		Clock: a.clock, Random: a.config.Jitter, Logger: a.log, OnFetch: m.tokenFetched,
	})
	if err != nil {
		return a.config.explainCredentials(err)
	}
	a.google, err = ga4.New(ga4.Config{
		DataURL: a.config.Google.DataURL, AdminURL: a.config.Google.AdminURL,
		MaxAnswerBytes: a.memory.answer, LargeBytes: a.memory.large, PublicTokens: a.config.publicTokens(),
		Keyring: a.keys, Email: a.keys.Email, Clock: a.clock, Random: a.config.Jitter, Logger: a.log,
		Observer: ga4.Observer{Request: m.requestDone, Quota: m.quotaReported, InFlight: m.inFlightChanged},
	})
	return err
}

// pipeline stacks the sources behind the gate: cache, plan, Google.
func (a *App) pipeline(m *metrics) (source report.Source, err error) {
	if a.answers, err = a.buildAnswers(m); err != nil {
		return nil, err
	}
	source = a.google                                                                          // ask Google,
	source, err = plan.New(plan.Config{Source: source, Parts: a.answers, Observer: m.planned}) // in as few requests as possible,
	if err != nil {
		return nil, err
	}
	a.cache, err = cache.New(cache.Config{Source: source, Answers: a.answers, Group: plan.Group, Observer: m.cacheAnswered}) // on a miss
	return a.cache, err
}

// buildAnswers opens the stored answers, in memory and on disk.
func (a *App) buildAnswers(m *metrics) (*cache.Answers, error) {
	c := a.config.Cache
	store, err := a.openStore()
	if err != nil {
		return nil, err
	}
	answers, err := cache.NewAnswers(cache.AnswersConfig{
		Clock: a.clock, MaxBytes: a.memory.cache, MaxPendingBytes: a.memory.unwritten,
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

// realm identifies where answers come from; see cache.AnswersConfig.
func (c *Config) realm() string { return c.Google.DataURL + " " + c.Google.AdminURL }

// openStore opens the cache file; nil without one. A file that is unusable now is not an
// error: the cache retries it.
func (a *App) openStore() (cache.Store, error) {
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

func (a *App) buildAuthority(rules *policy.Rules) error {
	a.keysSeen, _ = filestate.Of(a.config.Tokens.KeysFile) // before reading them, so that no later change is missed
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
		Ledger: a.ledger, Recorder: a.events(), TokenCacheBytes: a.memory.tokens,
		Sessions: access.Sessions{Host: a.config.Tokens.Session, Public: a.config.Tokens.PublicSession},
	})
	return err
}

func (a *App) buildWeb(rules *policy.Rules, gate *policy.Gate, registry *prometheus.Registry) (err error) {
	token, err := a.config.operatorToken(rand.Reader)
	if err != nil {
		return err
	}
	limits := a.config.Limits.paces()
	limits.Buckets = a.memory.buckets
	a.server, err = web.New(web.Config{
		OperatorToken: secret.New(token), RotateKeys: a.rotateKeys,
		PublicURL: a.config.PublicURL, Authority: a.authority, Rules: rules, Gate: gate,
		Files: js.Files(), Logger: a.log, Registry: registry, Clock: a.clock, Random: rand.Reader,
		Dialects: a.config.dialects(), Ready: a.readiness(), OperatorHosts: a.operatorHosts(), Quota: a.quota, Purge: a.purge, TrustedProxies: a.config.proxies(),
		RequestTimeout: a.config.Limits.RequestTimeout, Limits: limits, MaxAnswer: a.config.Limits.MaxAnswerMB << 20, InFlightBytes: int(a.memory.inFlight), QueryBytes: a.memory.parsed, Encoders: a.memory.encoders,
	})
	return err
}
