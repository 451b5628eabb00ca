package web

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are those of the public listener. No label has a value that a request chooses.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	tokens   *prometheus.CounterVec
	errors   *prometheus.CounterVec

	mu     sync.Mutex // held to add to series
	series atomic.Pointer[map[seriesKey]*series]
}

// A series holds the counters of a route, method and status, which are few.
type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

type seriesKey struct {
	route, method string
	code          int
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
			Help: "Embed tokens requested, by requester (visitor, frame, host, renewal, code) and outcome (minted, or the kind of error).",
		}, []string{"requester", "outcome"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oriel_http_errors_total",
			Help: "Requests answered with an error, by kind.",
		}, []string{"kind"}),
	}
	m.series.Store(&map[seriesKey]*series{})
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.tokens, m.errors} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("web: metrics: %w", err)
		}
	}
	return m, nil
}

// observe counts a request. The route is a pattern's path, the method one of method's.
func (m *metrics) observe(method, route string, code int, took time.Duration) {
	of := m.seriesOf(seriesKey{route, method, code})
	of.requests.Inc()
	of.duration.Observe(took.Seconds())
}

// seriesOf returns a series without a look-up of labels.
func (m *metrics) seriesOf(key seriesKey) *series {
	if found := (*m.series.Load())[key]; found != nil {
		return found
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := maps.Clone(*m.series.Load())
	if all[key] == nil {
		all[key] = &series{
			m.requests.WithLabelValues(key.route, key.method, strconv.Itoa(key.code)),
			m.duration.WithLabelValues(key.route),
		}
		m.series.Store(&all)
	}
	return all[key]
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

// method returns a request's method, or OTHER for one that no route has.
func method(verb string) string {
	switch verb {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return verb
	}
	return "OTHER"
}
