package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/report"
)

const maxOperatorBody = 8 << 10 // bytes

// A revocationRequest is the body of a request to revoke sessions.
type revocationRequest struct {
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	Host    string    `json:"host"`
	Suspend bool      `json:"suspend"`
	Before  time.Time `json:"before"` // zero for now
	Reason  string    `json:"reason"`
}

// revoke revokes sessions, or suspends: the next request is refused.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	req, err := decodeRequest[revocationRequest](r, maxOperatorBody)
	var revocation access.Revocation
	if err == nil {
		revocation, err = s.authority.Revoke(r.Context(), access.Revocation{
			Kind: req.Kind, Name: req.Name, Suspend: req.Suspend, Host: req.Host, Before: req.Before, Reason: req.Reason,
		})
	}
	if err == nil {
		w.Header().Set("Location", "/revocations/"+revocation.ID)
	}
	s.writeOperator(w, r, http.StatusCreated, revocation, err)
}

// maxRevocations is how many revocations a page has, at most and by default.
const maxRevocations = 1000

// revocations lists a page of those in force.
func (s *Server) revocations(w http.ResponseWriter, r *http.Request) {
	page, err := readPage(r.URL.Query())
	var list access.List
	if err == nil {
		list, err = s.authority.Revocations(r.Context(), page)
	}
	next := ""
	if list.Next > 0 {
		next = strconv.FormatInt(list.Next, 10)
	}
	s.writeOperator(w, r, http.StatusOK, struct {
		Revocations []access.Revocation `json:"revocations"`
		Next        string              `json:"next_page_token,omitempty"`
	}{append([]access.Revocation{}, list.Revocations...), next}, err)
}

func readPage(q url.Values) (page access.Page, err error) {
	page.Limit = maxRevocations
	if text := q.Get("page_size"); text != "" {
		if page.Limit, err = strconv.Atoi(text); err != nil || page.Limit < 1 || page.Limit > maxRevocations {
			return page, report.Errorf(report.Invalid, "page_size is a number from 1 to %d.", maxRevocations)
		}
	}
	if text := q.Get("page_token"); text != "" {
		if page.After, err = strconv.ParseInt(text, 10, 64); err != nil || page.After < 1 {
			return page, report.Errorf(report.Invalid, "page_token is the next_page_token of the page before.")
		}
	}
	return page, nil
}

func (s *Server) liftRevocation(w http.ResponseWriter, r *http.Request) {
	if err := s.authority.Lift(r.Context(), r.PathValue("id")); err != nil {
		s.failOperator(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// A SigningKey is a signing key as operators see it.
type SigningKey struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created,omitzero"`
}

// rotateKeys makes a new signing key. The reply lists those that are in use, newest first.
func (s *Server) rotateKeys(w http.ResponseWriter, r *http.Request) {
	req, err := decodeRequest[struct {
		AtOnce bool `json:"at_once"`
	}](r, maxOperatorBody)
	var keys []SigningKey
	switch {
	case err != nil:
	case s.rotate == nil:
		err = report.Errorf(report.NotFound, "This server has no file of signing keys.")
	default:
		keys, err = s.rotate(r.Context(), req.AtOnce)
	}
	s.writeOperator(w, r, http.StatusOK, struct {
		Keys []SigningKey `json:"keys"`
	}{keys}, err)
}

// Purged is how many stored answers were dropped. Most answers in memory are on disk too.
type Purged struct {
	View   string `json:"view,omitempty"` // empty for all views
	Memory int    `json:"memory"`
	Disk   int    `json:"disk"`
}

// purge drops the stored answers of a view or of all views.
func (s *Server) purge(w http.ResponseWriter, r *http.Request) {
	purged, err := s.purgeViews(r)
	s.writeOperator(w, r, http.StatusOK, purged, err)
}

func (s *Server) purgeViews(r *http.Request) (Purged, error) {
	req, err := decodeRequest[struct {
		View string `json:"view"`
		All  bool   `json:"all"`
	}](r, maxOperatorBody)
	switch {
	case err != nil:
		return Purged{}, err
	case (req.View == "") == !req.All:
		return Purged{}, report.Errorf(report.Invalid, `Write either {"view": "NAME"} or {"all": true}.`)
	case s.purgeCache == nil:
		return Purged{}, report.Errorf(report.NotFound, "This server keeps no answers.")
	}
	return s.purgeCache(r.Context(), req.View)
}

// writeOperator writes indented JSON, or an error.
func (s *Server) writeOperator(w http.ResponseWriter, r *http.Request, code int, answer any, err error) {
	if err != nil {
		s.failOperator(w, r, err)
		return
	}
	body, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		panic(err) // answers are made of strings, times and booleans
	}
	w.Header().Set("Cache-Control", "no-store")
	writeBody(w, code, jsonType, append(body, '\n'))
}

// failOperator writes an error with its cause.
func (s *Server) failOperator(w http.ResponseWriter, r *http.Request, err error) {
	e := s.recordError(w, r, err)
	message := e.Message
	if e.Err != nil {
		message += " Cause: " + e.Err.Error()
	}
	writeEnvelope(w, kinds[e.Kind].code, kinds[e.Kind].status, message)
}
