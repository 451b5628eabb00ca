package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/ga4"
	"github.com/oriel-server/oriel/internal/plan"
)

// newRegistry returns a registry of this server's own, with the process's figures.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// metrics are what happens right of the gate; package web counts what happens
// left of it.
type metrics struct {
	registry *prometheus.Registry
	tokens   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	quota    *prometheus.GaugeVec
	inFlight *prometheus.GaugeVec
	answers  map[cache.Event]prometheus.Counter
	plans    map[plan.Event]prometheus.Counter
	refused  prometheus.Counter
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_google_token_requests_total", Help: "Requests for a Google access token.",
		}, []string{"account", "outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "oriel_google_request_seconds", Help: "Requests to Google's Data and Admin APIs.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "outcome"}),
		quota: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "oriel_google_quota_remaining", Help: "What Google said is left of a quota.",
		}, []string{"account", "property", "category", "bucket"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "oriel_google_requests_in_flight", Help: "Requests that run for a property; at most 8.",
		}, []string{"property"}),
		answers: eventCounters(registry, prometheus.CounterOpts{
			Name: "oriel_cache_answers_total", Help: "Queries by how the cache answered them.",
		}, "event", cache.Hit, cache.Refreshing, cache.Miss, cache.Joined, cache.Stale, cache.Failed, cache.Prewarmed),
		plans: eventCounters(registry, prometheus.CounterOpts{
			Name: "oriel_plan_questions_total", Help: "Queries that Google had to be asked about, by how.",
		}, "how", plan.Passed, plan.Sliced, plan.United, plan.Changed),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "oriel_connections_refused_total", Help: "Connections closed because their address had too many.",
		}),
	}
	registry.MustRegister(m.tokens, m.requests, m.quota, m.inFlight, m.refused)
	return m
}

// eventCounters registers a counter for each of the events that there are, so that
// counting one, which every answer does, looks no labels up.
func eventCounters[E ~string](registry *prometheus.Registry, o prometheus.CounterOpts, label string, events ...E) map[E]prometheus.Counter {
	all := prometheus.NewCounterVec(o, []string{label})
	registry.MustRegister(all)
	counters := map[E]prometheus.Counter{}
	for _, e := range events {
		counters[e] = all.WithLabelValues(string(e))
	}
	return counters
}

func (m *metrics) tokenFetched(account string, _ time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.tokens.WithLabelValues(account, outcome).Inc()
}

func (m *metrics) requestDone(method, outcome string, took time.Duration) {
	m.requests.WithLabelValues(method, outcome).Observe(took.Seconds())
}

func (m *metrics) quotaReported(q ga4.Quota) {
	for bucket, b := range q.All() {
		m.quota.WithLabelValues(q.Account, q.Property, q.Category, bucket).Set(float64(b.Remaining))
	}
}

func (m *metrics) inFlightChanged(property string, running int) {
	m.inFlight.WithLabelValues(property).Set(float64(running))
}

// planned counts reports that the plan found in the cache as hits.
func (m *metrics) planned(e plan.Event) { m.plans[e].Inc() }

func (m *metrics) cacheAnswered(e cache.Event) { m.answers[e].Inc() }

// watchCache tells how much is kept, each time that somebody asks.
func (m *metrics) watchCache(c *cache.Answers) {
	tiers := func(name, help, tier string, value func(cache.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name, Help: help, ConstLabels: prometheus.Labels{"tier": tier},
		}, func() float64 { return value(c.Stats()) }))
	}
	const entries, bytes = "oriel_cache_entries", "oriel_cache_bytes"
	tiers(entries, "Answers kept.", "memory", func(s cache.Stats) float64 { return float64(s.Entries) })
	tiers(entries, "Answers kept.", "disk", func(s cache.Stats) float64 { return float64(s.Store.Records) })
	tiers(bytes, "What the answers kept take.", "memory", func(s cache.Stats) float64 { return float64(s.Bytes) })
	tiers(bytes, "What the answers kept take.", "disk", func(s cache.Stats) float64 { return float64(s.Store.Bytes) })
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "oriel_cache_disk_hits_total", Help: "Answers that memory lacked and the disk had.",
		}, func() float64 { return float64(c.Stats().StoreHits) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "oriel_cache_disk_dropped_total", Help: "Answers that never came to the disk, because too many waited for it.",
		}, func() float64 { return float64(c.Stats().Dropped) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "oriel_cache_disk_degraded", Help: "1 while the disk fails and answers are kept in memory alone.",
		}, func() float64 {
			if c.Degraded() != nil {
				return 1
			}
			return 0
		}),
	)
}
