package web

import (
	"errors"
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// reporting serves what ask returns in the dialect of the Analytics Reporting API
// v4. The view stands in the body, so ask sees to it that the page may read it.
func (s *Server) reporting(ask func(*http.Request, policy.Grant) (reply, error)) http.Handler {
	return s.spoken(aboutAll, ask, s.failReporting)
}

// failReporting answers with an error as v4 would have said it.
func (s *Server) failReporting(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, r, plain(err))
}

// plain returns an error of the dialect as one of ours: v4 said them alike.
func plain(err error) error {
	var said *ua.Error
	switch {
	case !errors.As(err, &said):
		return err
	case said.Unwrap() != nil:
		return said.Unwrap()
	}
	return report.Errorf(report.Invalid, "%s", said.Message)
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
	about := func(*http.Request) (view, dashboard string) { return batch.View(), "" }
	if err := s.mayRead(r, grant, about); err != nil {
		return nil, err
	}
	if err := s.mayAskAbout(grant, batch.View(), ""); err != nil {
		return nil, err
	}
	view, options, err := s.dialect(r, grant, batch.View())
	if err != nil {
		return nil, err
	}
	plan, err := ua.TranslateBatch(batch, options)
	if err != nil {
		return nil, err
	}
	reports, err := s.askAll(r.Context(), grant, view.Name, remembered(plan.Queries(), 0))
	if err != nil {
		return nil, plan.Explain(err)
	}
	answer, err := plan.Answer(reports)
	if err != nil {
		return nil, err
	}
	return universalReply{made(answer.JSON()), reports}, nil
}

// userActivity refuses userActivity:search.
func (s *Server) userActivity(*http.Request, policy.Grant) (reply, error) {
	return nil, report.Errorf(report.Invalid, "userActivity:search cannot be answered: the Data API of Google Analytics 4 tells nothing about single users.")
}
