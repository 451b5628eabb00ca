package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// v3 serves what ask returns about the view that ids names.
func (s *Server) v3(ask askFunc) http.Handler {
	return s.v3About(aboutIDs, ask)
}

// v3About serves what ask returns, and errors in the form of v3.
func (s *Server) v3About(about subject, ask askFunc) http.Handler {
	return s.withLegacyToken(s.withGrantOr(s.failV3, about, ask))
}

// withLegacyToken accepts the embed token where clients of Universal Analytics send
// Google's.
func (s *Server) withLegacyToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := legacyCredential(r); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		next.ServeHTTP(w, r)
	})
}

// tokenParameters are the URL parameters in which Google's APIs take an access token.
var tokenParameters = []string{"access_token", "oauth_token"}

// legacyCredential returns the token that a request has in one of the ways that Google
// accepts beside Authorization: Bearer; empty for none.
func legacyCredential(r *http.Request) string {
	if header := headerValue(r.Header, "Authorization"); header != "" {
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

// aboutIDs is for URLs that name the view as v3 does, ids=ga:123.
func aboutIDs(r *http.Request) (view, dashboard string) { return parameter(r.URL.RawQuery, "ids"), "" }

// failV3 writes an error in the form of v3.
func (s *Server) failV3(w http.ResponseWriter, r *http.Request, err error) {
	answer := ua.AsError(err)
	if access.IsGoogleToken(err) {
		answer.Message = report.AsError(err).Message
	}
	if answer.Unwrap() == nil {
		err = report.Errorf(kindOf(answer.Code), "%s", answer.Message)
	}
	s.recordError(w, r, err)
	writeBody(w, answer.Code, jsonType, answer.Body())
}

// kindOf returns the kind of an error of v3, for log and metrics.
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
	return s.v3Report(r, grant, "data.ga.get", ua.ParseGA)
}

// realtimeReport answers data.realtime.get of the Real Time Reporting API v3.
func (s *Server) realtimeReport(r *http.Request, grant policy.Grant) (reply, error) {
	return s.v3Report(r, grant, "data.realtime.get", ua.ParseRealtime)
}

// v3Report translates a v3 query, asks the gate and answers in v3.
func (s *Server) v3Report(r *http.Request, grant policy.Grant, method string, parse func(url.Values) (ua.Query, error)) (reply, error) {
	query, err := s.queries.address(method, r.URL, parse)
	if err != nil {
		return nil, err
	}
	view, today, err := s.v3View(r, grant, query.v3.IDs)
	if err != nil {
		return nil, err
	}
	plan, err := query.translate(v3Key{view.Name, r.URL.Path, today}, func() ua.Options { return s.v3Options(r, view, today) })
	if err != nil {
		return nil, err
	}
	reports, err := s.askAll(r, grant, view.Name, plan.queries)
	if err != nil {
		return nil, plan.Explain(err)
	}
	body, err := plan.answer(reports, s.maxAnswer)
	if err != nil {
		return nil, err
	}
	return dataReply{body, reports}, nil
}

// v3View returns the view that an old id names, and today's date there.
func (s *Server) v3View(r *http.Request, grant policy.Grant, id string) (view policy.ViewInfo, today report.Date, err error) {
	view, err = s.gate.View(r.Context(), grant, id)
	if err != nil {
		return view, today, err
	}
	if view.Zone == nil {
		return view, today, report.Errorf(report.Unavailable, "The view's time zone is not known right now.")
	}
	return view, report.DateOf(s.clock(), view.Zone), nil
}

// v3Options returns how queries about a view are translated.
func (s *Server) v3Options(r *http.Request, view policy.ViewInfo, today report.Date) ua.Options {
	o := s.dialects[view.Name]
	o.Today, o.Endpoint, o.Profile = today, s.base+r.URL.Path, ua.NewProfile(view.Number, view.Title)
	return o
}

// maxTranslated bounds the reports that are made into one answer, in sizes of an answer:
// some of their rows may be added up or left out.
const maxTranslated = 4

// askAll asks the gate any number of queries, of one translation; it returns the first error.
func (s *Server) askAll(r *http.Request, grant policy.Grant, view string, queries []*policy.ParsedQuery) ([]*report.Report, error) {
	ctx := r.Context()
	if len(queries) == 1 {
		answer, err := s.gate.Answer(ctx, grant, view, queries[0])
		return []*report.Report{answer}, err
	}
	if err := s.limitWork(r, grant, view, "", len(queries)); err != nil {
		return nil, err
	}
	var reports []*report.Report
	size := 0
	for batch := range slices.Chunk(queries, report.MaxBatch) {
		answers, err := s.gate.AnswerAll(ctx, grant, view, batch)
		if err != nil {
			return nil, err
		}
		reports = append(reports, answers...)
		for _, a := range answers {
			size += len(a.Body)
		}
		if size > maxTranslated*s.maxAnswer {
			return nil, report.TooLargeAnswer(s.maxAnswer)
		}
	}
	return reports, nil
}
