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

type readiness struct {
	Ready  bool          `json:"ready"`
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Note  string `json:"note,omitempty"`
}

// readyz runs all checks at once. Operators see the causes.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	answer := readiness{Ready: true, Checks: make([]checkResult, len(s.ready))}
	var wg sync.WaitGroup
	for i, c := range s.ready {
		wg.Go(func() { answer.Checks[i] = run(r.Context(), c) })
	}
	wg.Wait()
	code := http.StatusOK
	for _, c := range answer.Checks {
		if !c.OK {
			answer.Ready, code = false, http.StatusServiceUnavailable
		}
	}
	s.tellOperator(w, code, answer)
}

func run(ctx context.Context, c Check) checkResult {
	err := c.Check(ctx)
	if err != nil && c.Advisory {
		return checkResult{Name: c.Name, OK: true, Note: err.Error()}
	}
	if err != nil {
		return checkResult{Name: c.Name, Error: err.Error()}
	}
	return checkResult{Name: c.Name, OK: true}
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
