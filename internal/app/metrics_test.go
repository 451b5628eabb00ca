package app

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/oriel-server/oriel/internal/cache"
)

// The names are what operators' dashboards are built on: docs/deployment.md lists them.
func TestMetrics(t *testing.T) {
	registry := newRegistry()
	m := newMetrics(registry)
	m.tokenFetched("agency", time.Second, nil)
	m.tokenFetched("agency", time.Second, errors.New("no"))
	m.requestDone("runReport", "ok", 80*time.Millisecond)
	m.inFlightChanged("412600303", 3)
	m.cacheAnswered(cache.Hit)
	m.cacheAnswered(cache.Hit)

	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`oriel_google_token_requests_total{account="agency",outcome="ok"} 1`,
		`oriel_google_token_requests_total{account="agency",outcome="error"} 1`,
		`oriel_google_request_seconds_bucket{method="runReport",outcome="ok",le="0.1"} 1`,
		`oriel_google_requests_in_flight{property="412600303"} 3`,
		`oriel_cache_answers_total{event="hit"} 2`,
		"go_goroutines ", "process_start_time_seconds ",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
