package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators can watch of the public listener. No label takes
// a value that a request can invent.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	tokens   *prometheus.CounterVec
	errors   *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_http_requests_total",
			Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "oriel_http_request_duration_seconds",
			Help:    "Time to answer a request, by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "oriel_http_requests_in_flight",
			Help: "Requests being answered now.",
		}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_embed_tokens_total",
			Help: "Embed tokens asked for, by asker (visitor, frame, host) and outcome (minted, or why not).",
		}, []string{"asker", "outcome"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_http_errors_total",
			Help: "Requests answered with an error, by kind.",
		}, []string{"kind"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.tokens, m.errors} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("web: metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(verb, route string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, method(verb), strconv.Itoa(code)).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

// patternPath returns the path of a pattern of http.ServeMux.
func patternPath(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	if pattern == "" {
		return "/"
	}
	return pattern
}

// method returns a request's method, or OTHER for one that nobody serves.
func method(verb string) string {
	switch verb {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return verb
	}
	return "OTHER"
}
