package web

import (
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// bytesPerToken is how much of an answer costs one request.
const bytesPerToken = 64 << 10

// limitWork charges a request that causes several questions for those beyond the first,
// which limitRequests and limitView have charged, before any is asked.
func (s *Server) limitWork(r *http.Request, grant policy.Grant, view, dashboard string, questions int) error {
	if questions <= 1 {
		return nil
	}
	now := s.clock()
	if grant.Anonymous() {
		if err := s.limiter.requests.allowMore(now, s.clients.key(r), questions); err != nil {
			return err
		}
	}
	err := s.limiter.sessions.allowMore(now, grant.Session(), questions)
	if name := grant.TargetView(view, dashboard); err == nil && name != "" {
		err = s.limiter.views.allowMore(now, name, questions)
	}
	return err
}

// metered returns a grant whose dashboard is charged for the panels that are not cached.
// The configuration chose how many there are, so a dashboard costs a whole burst at most.
func (s *Server) metered(r *http.Request, grant policy.Grant, view, dashboard string) policy.Grant {
	most := min(s.limiter.sessions.pace.Burst, s.limiter.views.pace.Burst)
	return grant.Metered(func(questions int) error {
		return s.limitWork(r, grant, view, dashboard, min(questions, most))
	})
}

// weigh refuses an answer that is larger than one may be, and charges another for each
// bytesPerToken beyond the first. It is known only now, so it is sent, and the next request
// waits.
func (s *Server) weigh(r *http.Request, grant policy.Grant, about policy.Subject, answer reply) error {
	size := answer.size()
	if size > s.maxAnswer {
		return report.TooLargeAnswer(s.maxAnswer)
	}
	cost := (size - 1) / bytesPerToken
	if cost <= 0 {
		return nil
	}
	now := s.clock()
	if grant.Anonymous() {
		s.limiter.requests.charge(now, s.clients.key(r), cost)
	}
	s.limiter.sessions.charge(now, grant.Session(), cost)
	if name := grant.TargetView(about.View, about.Dashboard); name != "" {
		s.limiter.views.charge(now, name, cost)
	}
	return nil
}
