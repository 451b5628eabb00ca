package web

import (
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

type viewsAnswer struct {
	Views []policy.ViewInfo `json:"views"`
}

// views answers with the views of the token.
func (s *Server) views(r *http.Request, grant policy.Grant) (reply, error) {
	views, err := s.gate.Views(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	return jsonReply{viewsAnswer{append([]policy.ViewInfo{}, views...)}}, nil
}

// metadata answers with what may be asked of a view.
func (s *Server) metadata(r *http.Request, grant policy.Grant) (reply, error) {
	fields, err := s.gate.Fields(r.Context(), grant, r.PathValue("view"))
	if err != nil {
		return nil, err
	}
	return jsonReply{nonNil(fields)}, nil
}

// checkCompatibility answers which fields can be added to a report.
func (s *Server) checkCompatibility(r *http.Request, grant policy.Grant, view string) (reply, error) {
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	asked, err := report.DecodeCheckCompatibility(body)
	if err != nil {
		return nil, err
	}
	found, err := s.gate.Compatibility(r.Context(), grant, view, asked)
	if err != nil {
		return nil, err
	}
	return jsonReply{found}, nil
}

// nonNil returns fields whose lists are [] in JSON when they are empty.
func nonNil(f *report.Fields) *report.Fields {
	return &report.Fields{
		Dimensions: append([]report.Field{}, f.Dimensions...),
		Metrics:    append([]report.Field{}, f.Metrics...),
	}
}
