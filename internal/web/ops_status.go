package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Check is a condition of readiness.
type Check struct {
	Name string
	// Check returns why the check fails. It must respect ctx.
	Check func(ctx context.Context) error
	// Advisory makes a failure a note: the server is degraded, but ready.
	Advisory bool
	// Note returns a remark while the check passes. Optional.
	Note func() string
}

func (s *Server) operatorIndex(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte(`Oriel, for operators

/healthz   is the process alive?
/readyz    can it answer, and if not, why?
/metrics   Prometheus
/quota     what is left of Google's quotas

/revocations   what was revoked or suspended: GET lists, POST revokes and suspends, DELETE /revocations/ID takes back
/keys:rotate   POST makes a new signing key
/cache:purge   POST drops the stored answers of a view, or all
`))
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}

// A state is the result of a check; the server's is the worst of them.
type state string

const (
	stateOK       state = "ok"
	stateDegraded state = "degraded" // ready all the same
	stateFailed   state = "failed"
	stateDraining state = "draining" // about to close its listeners
)

type readiness struct {
	Ready  bool          `json:"ready"`
	State  state         `json:"state"`
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"` // false when the server is not ready
	State state  `json:"state"`
	Error string `json:"error,omitempty"` // why it failed
	Note  string `json:"note,omitempty"`  // why it is degraded, or a remark
}

// readyz runs all checks concurrently.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	answer := readiness{Ready: true, State: stateOK, Checks: make([]checkResult, len(s.ready))}
	var wg sync.WaitGroup
	for i, c := range s.ready {
		wg.Go(func() { answer.Checks[i] = run(r.Context(), c) })
	}
	wg.Wait()
	code := http.StatusOK
	if s.draining.Load() {
		s.writeOperator(w, r, http.StatusServiceUnavailable, readiness{State: stateDraining, Checks: answer.Checks}, nil)
		return
	}
	for _, c := range answer.Checks {
		switch {
		case c.State == stateFailed:
			answer.Ready, answer.State, code = false, stateFailed, http.StatusServiceUnavailable
		case c.State == stateDegraded && answer.Ready:
			answer.State = stateDegraded
		}
	}
	s.writeOperator(w, r, code, answer, nil)
}

// Drain makes readyz answer that no more requests should come.
func (s *Server) Drain() { s.draining.Store(true) }

func run(ctx context.Context, c Check) checkResult {
	result := checkResult{Name: c.Name, OK: true, State: stateOK}
	switch err := c.Check(ctx); {
	case err != nil && c.Advisory:
		result.State, result.Note = stateDegraded, err.Error()
	case err != nil:
		result.OK, result.State, result.Error = false, stateFailed, err.Error()
	case c.Note != nil:
		result.Note = c.Note()
	}
	return result
}

func (s *Server) quotaPage(w http.ResponseWriter, _ *http.Request) {
	body := []byte("[]\n")
	if s.quota != nil {
		body = s.quota()
	}
	w.Header().Set("Cache-Control", "no-store")
	writeBody(w, http.StatusOK, jsonType, body)
}

func (s *Server) metricsPage() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry, EnableOpenMetrics: true})
}
