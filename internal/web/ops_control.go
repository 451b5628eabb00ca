package web

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

const maxRevocationBody = 8 << 10 // bytes

// A revocationRequest is what operators send to end sessions.
type revocationRequest struct {
	Kind   string    `json:"kind"`
	Name   string    `json:"name"`
	Host   string    `json:"host"`
	Before time.Time `json:"before"` // zero for now
	Reason string    `json:"reason"`
}

// revoke ends sessions, and answers when the next request of each is refused.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, maxRevocationBody)
	var asked revocationRequest
	if err == nil {
		err = decodeStrict(body, &asked)
	}
	var made access.Revocation
	if err == nil {
		made, err = s.authority.Revoke(r.Context(), access.Revocation{
			Kind: asked.Kind, Name: asked.Name, Host: asked.Host, Before: asked.Before, Reason: asked.Reason,
		})
	}
	if err != nil {
		s.failOperator(w, r, err)
		return
	}
	w.Header().Set("Location", "/revocations/"+made.ID)
	s.tellOperator(w, http.StatusCreated, made)
}

func (s *Server) revocations(w http.ResponseWriter, r *http.Request) {
	list, err := s.authority.Revocations(r.Context())
	if err != nil {
		s.failOperator(w, r, err)
		return
	}
	if list == nil {
		list = []access.Revocation{} // not null
	}
	s.tellOperator(w, http.StatusOK, struct {
		Revocations []access.Revocation `json:"revocations"`
	}{list})
}

func (s *Server) lift(w http.ResponseWriter, r *http.Request) {
	if err := s.authority.Lift(r.Context(), r.PathValue("id")); err != nil {
		s.failOperator(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// tellOperator writes JSON that people may read.
func (s *Server) tellOperator(w http.ResponseWriter, code int, answer any) {
	body, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		panic(err) // answers are made of strings, times and booleans
	}
	w.Header().Set("Cache-Control", "no-store")
	writeBody(w, code, "application/json; charset=utf-8", append(body, '\n'))
}

// failOperator answers with an error and its cause.
func (s *Server) failOperator(w http.ResponseWriter, r *http.Request, err error) {
	e := s.failed(w, r, err)
	row := kinds[e.Kind]
	message := e.Message
	if e.Err != nil {
		message += " Cause: " + e.Err.Error()
	}
	writeEnvelope(w, row.code, row.status, message)
}

const maxPurgeBody = 8 << 10 // bytes

// Purged says how many stored answers were dropped. Most that are in memory are on
// disk too.
type Purged struct {
	View   string `json:"view,omitempty"` // empty for all views
	Memory int    `json:"memory"`
	Disk   int    `json:"disk"`
}

// A purgeRequest is what operators send to drop stored answers.
type purgeRequest struct {
	View string `json:"view"`
	All  bool   `json:"all"`
}

// purge drops the stored answers of a view or of all, and says how many went.
func (s *Server) purge(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, maxPurgeBody)
	var asked purgeRequest
	if err == nil {
		err = decodeStrict(body, &asked)
	}
	if err == nil && (asked.View == "") == !asked.All {
		err = report.Errorf(report.Invalid, `Write either {"view": "NAME"} or {"all": true}.`)
	}
	if err == nil && s.purgeCache == nil {
		err = report.Errorf(report.NotFound, "This server keeps no answers.")
	}
	var purged Purged
	if err == nil {
		purged, err = s.purgeCache(r.Context(), asked.View)
	}
	if err != nil {
		s.failOperator(w, r, err)
		return
	}
	s.tellOperator(w, http.StatusOK, purged)
}
