package web

import (
	"net/http"

	"github.com/oriel-server/oriel/internal/report"
)

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
