package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/ga4"
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
	tokens   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	quota    *prometheus.GaugeVec
	inFlight *prometheus.GaugeVec
	answers  *prometheus.CounterVec
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
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
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_cache_answers_total", Help: "Queries by how the cache answered them.",
		}, []string{"event"}),
	}
	registry.MustRegister(m.tokens, m.requests, m.quota, m.inFlight, m.answers)
	return m
}

func (m *metrics) tokenFetched(account string, _ time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.tokens.WithLabelValues(account, outcome).Inc()
}

func (m *metrics) googleAsked(method, outcome string, took time.Duration) {
	m.requests.WithLabelValues(method, outcome).Observe(took.Seconds())
}

func (m *metrics) quotaTold(q ga4.Quota) {
	for bucket, b := range q.All() {
		m.quota.WithLabelValues(q.Account, q.Property, q.Category, bucket).Set(float64(b.Remaining))
	}
}

func (m *metrics) inFlightChanged(property string, running int) {
	m.inFlight.WithLabelValues(property).Set(float64(running))
}

func (m *metrics) cacheAnswered(e cache.Event) {
	m.answers.WithLabelValues(string(e)).Inc()
}
