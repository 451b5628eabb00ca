package web

import (
	"errors"
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// v4 serves what ask returns in the dialect of the Analytics Reporting API v4. The body
// names the view, so ask checks whether the page may read about it.
func (s *Server) v4(ask askFunc) http.Handler {
	return s.withLegacyToken(s.withGrantOr(s.failV4, aboutAll, ask))
}

// failV4 writes an error in the form of v4.
func (s *Server) failV4(w http.ResponseWriter, r *http.Request, err error) {
	if v4, ok := errors.AsType[*ua.Error](err); ok {
		if err = v4.Unwrap(); err == nil {
			err = report.Errorf(report.Invalid, "%s", v4.Message)
		}
	}
	s.fail(w, r, err)
}

// batchGet answers reports:batchGet.
func (s *Server) batchGet(r *http.Request, grant policy.Grant) (reply, error) {
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	batch, err := ua.ParseBatch(r.URL.Query(), body)
	if err != nil {
		return nil, err
	}
	if err := s.checkOrigin(r, grant, batch.View(), ""); err != nil {
		return nil, err
	}
	if err := s.limitView(grant, batch.View(), ""); err != nil {
		return nil, err
	}
	view, today, err := s.v3View(r, grant, batch.View())
	if err != nil {
		return nil, err
	}
	plan, err := ua.TranslateBatch(batch, s.v3Options(r, view, today))
	if err != nil {
		return nil, err
	}
	reports, err := s.askAll(r, grant, view.Name, newParsedQueries(plan.Queries(), 0))
	if err != nil {
		return nil, plan.Explain(err)
	}
	answer, err := plan.Answer(reports)
	if err != nil {
		return nil, err
	}
	text, err := answer.JSONWithin(s.maxAnswer)
	if err != nil {
		return nil, err
	}
	return dataReply{privateBody(text), reports}, nil
}

// userActivity refuses userActivity:search.
func (s *Server) userActivity(*http.Request, policy.Grant) (reply, error) {
	return nil, report.Errorf(report.Invalid, "userActivity:search cannot be answered: the Data API of Google Analytics 4 tells nothing about single users.")
}
