package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Check is something that must work before the server can answer.
type Check struct {
	Name string
	// Check returns what is wrong; nil when nothing is. It must heed ctx.
	Check func(ctx context.Context) error
	// Advisory makes what is wrong a note: the server can answer all the same.
	Advisory bool
	// Note returns what operators may want to know while nothing is wrong. Optional.
	Note func() string
}

func (s *Server) operatorIndex(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte(`Oriel, for operators

/healthz   is the process alive?
/readyz    can it answer, and if not, why?
/metrics   Prometheus
/quota     what is left of Google's quotas

/revocations   whose sessions were ended: GET lists, POST ends, DELETE /revocations/ID takes back
/cache:purge   POST drops the stored answers of a view, or all
`))
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}

// A state is how a check ended, and the worst of them how the server is.
type state string

const (
	stateOK       state = "ok"
	stateDegraded state = "degraded" // the server can answer all the same
	stateFailed   state = "failed"
)

type readiness struct {
	Ready  bool          `json:"ready"`
	State  state         `json:"state"`
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"` // false when the server cannot answer
	State state  `json:"state"`
	Error string `json:"error,omitempty"` // why it failed
	Note  string `json:"note,omitempty"`  // why it is degraded, or what else there is to know
}

// readyz runs all checks at once. Operators see the causes.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	answer := readiness{Ready: true, State: stateOK, Checks: make([]checkResult, len(s.ready))}
	var wg sync.WaitGroup
	for i, c := range s.ready {
		wg.Go(func() { answer.Checks[i] = run(r.Context(), c) })
	}
	wg.Wait()
	code := http.StatusOK
	for _, c := range answer.Checks {
		switch {
		case c.State == stateFailed:
			answer.Ready, answer.State, code = false, stateFailed, http.StatusServiceUnavailable
		case c.State == stateDegraded && answer.Ready:
			answer.State = stateDegraded
		}
	}
	s.tellOperator(w, code, answer)
}

func run(ctx context.Context, c Check) checkResult {
	err := c.Check(ctx)
	switch {
	case err != nil && c.Advisory:
		return checkResult{Name: c.Name, OK: true, State: stateDegraded, Note: err.Error()}
	case err != nil:
		return checkResult{Name: c.Name, State: stateFailed, Error: err.Error()}
	}
	result := checkResult{Name: c.Name, OK: true, State: stateOK}
	if c.Note != nil {
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
	writeBody(w, http.StatusOK, "application/json; charset=utf-8", body)
}

func (s *Server) metricsPage() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		ErrorLog: nil, Registry: s.registry, EnableOpenMetrics: true,
	})
}
