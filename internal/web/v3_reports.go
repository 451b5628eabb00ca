package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// universal serves what ask returns about the view that ids names.
func (s *Server) universal(ask func(*http.Request, policy.Grant) (reply, error)) http.Handler {
	return s.universalAbout(aboutIDs, ask)
}

// universalAbout serves what ask returns in v3, errors as well.
func (s *Server) universalAbout(about subject, ask func(*http.Request, policy.Grant) (reply, error)) http.Handler {
	return s.spoken(about, ask, s.failUniversal)
}

// spoken serves what ask returns in a dialect of Universal Analytics, in which
// fail says errors. The embed token comes as pages of that time sent Google's.
func (s *Server) spoken(about subject, ask func(*http.Request, policy.Grant) (reply, error),
	fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return s.bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := oldCredential(r); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		grant, err := s.admit(r, about)
		if err != nil {
			fail(w, r, err)
			return
		}
		answer, err := ask(r, grant)
		if err != nil {
			fail(w, r, err)
			return
		}
		answer.write(s, w, r)
	}))
}

// tokenParameters are where Google's APIs took an access token in an address.
var tokenParameters = []string{"access_token", "oauth_token"}

// oldCredential returns the token that a request shows in one of the ways that
// Google took beside Authorization: Bearer; empty for none.
func oldCredential(r *http.Request) string {
	if header := value(r.Header, "Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "OAuth") {
			return strings.TrimSpace(token)
		}
		return ""
	}
	for _, name := range tokenParameters {
		if token := parameter(r.URL.RawQuery, name); token != "" {
			return token
		}
	}
	return ""
}

// aboutIDs is for addresses that name the view as v3 did, ids=ga:123.
func aboutIDs(r *http.Request) (view, dashboard string) { return parameter(r.URL.RawQuery, "ids"), "" }

// failUniversal answers with an error as v3 would have said it.
func (s *Server) failUniversal(w http.ResponseWriter, r *http.Request, err error) {
	said := ua.AsError(err)
	if access.IsGoogleToken(err) {
		said.Message = report.AsError(err).Message
	}
	if said.Unwrap() == nil {
		err = report.Errorf(kindOf(said.Code), "%s", said.Message)
	}
	s.failed(w, r, err)
	writeBody(w, said.Code, "application/json; charset=utf-8", said.Body())
}

// kindOf is the kind of an error that is v3's own, for log and metrics.
func kindOf(code int) report.Kind {
	switch code {
	case http.StatusForbidden:
		return report.Forbidden
	case http.StatusNotFound:
		return report.NotFound
	}
	return report.Invalid
}

// coreReport answers data.ga.get of the Core Reporting API v3.
func (s *Server) coreReport(r *http.Request, grant policy.Grant) (reply, error) {
	return s.translated(r, grant, "data.ga.get", ua.ParseGA)
}

// realtimeReport answers data.realtime.get of the Real Time Reporting API v3.
func (s *Server) realtimeReport(r *http.Request, grant policy.Grant) (reply, error) {
	return s.translated(r, grant, "data.realtime.get", ua.ParseRealtime)
}

// translated asks the gate what a v3 query means and answers in v3.
func (s *Server) translated(r *http.Request, grant policy.Grant, method string, parse func(url.Values) (ua.Query, error)) (reply, error) {
	read, err := s.readings.address(method, r.URL, parse)
	if err != nil {
		return nil, err
	}
	view, today, err := s.dated(r, grant, read.old.IDs)
	if err != nil {
		return nil, err
	}
	plan, err := read.translate(meaning{view.Name, r.URL.Path, today}, func() ua.Options { return s.options(r, view, today) })
	if err != nil {
		return nil, err
	}
	reports, err := s.askAll(r.Context(), grant, view.Name, plan.asked)
	if err != nil {
		return nil, plan.Explain(err)
	}
	body, err := plan.answer(reports)
	if err != nil {
		return nil, err
	}
	return universalReply{body, reports}, nil
}

// dialect returns the view that an old id names and how its translation goes.
func (s *Server) dialect(r *http.Request, grant policy.Grant, id string) (view policy.ViewInfo, options ua.Options, err error) {
	view, today, err := s.dated(r, grant, id)
	if err == nil {
		options = s.options(r, view, today)
	}
	return view, options, err
}

// dated returns the view that an old id names, and the day that it is there.
func (s *Server) dated(r *http.Request, grant policy.Grant, id string) (view policy.ViewInfo, today report.Date, err error) {
	view, err = s.gate.View(r.Context(), grant, id)
	if err != nil {
		return view, today, err
	}
	if view.Zone == nil {
		return view, today, report.Errorf(report.Unavailable, "The view's time zone is not known right now.")
	}
	return view, report.DateOf(s.clock(), view.Zone), nil
}

func (s *Server) options(r *http.Request, view policy.ViewInfo, today report.Date) ua.Options {
	o := s.dialects[view.Name]
	o.Today, o.Endpoint, o.Profile = today, s.base+r.URL.Path, ua.NewProfile(view.Number, view.Title)
	return o
}

// askAll asks the gate any number of questions; the first error is the error of
// the whole.
func (s *Server) askAll(ctx context.Context, grant policy.Grant, view string, asked []*policy.Asked) ([]*report.Report, error) {
	if len(asked) == 1 {
		answer, err := s.gate.Answer(ctx, grant, view, asked[0])
		return []*report.Report{answer}, err
	}
	var reports []*report.Report
	for batch := range slices.Chunk(asked, report.MaxBatch) {
		answers, err := s.gate.AnswerAll(ctx, grant, view, batch)
		if err != nil {
			return nil, err
		}
		reports = append(reports, answers...)
	}
	return reports, nil
}

// universalReply is a v3 body, with the age of the reports it was made of.
type universalReply struct {
	body    body
	reports []*report.Report
}

func (u universalReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), u.reports...)
	s.writeJSON(w, r, u.body)
}
