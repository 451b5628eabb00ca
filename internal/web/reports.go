package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// call answers Google's custom methods on a view.
func (s *Server) call(r *http.Request, grant policy.Grant) (reply, error) {
	view, verb, ok := splitCall(r.PathValue("call"))
	if !ok {
		return nil, unknownCall()
	}
	var ask func(*http.Request, policy.Grant, string, []byte) (reply, error)
	switch verb {
	case "runReport":
		ask = s.runReport
	case "runRealtimeReport":
		ask = s.runRealtimeReport
	case "batchRunReports":
		ask = s.batchRunReports
	default:
		return nil, unknownCall()
	}
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	return ask(r, grant, view, body)
}

func unknownCall() error {
	return report.Errorf(report.NotFound, "A view answers :runReport, :batchRunReports and :runRealtimeReport.")
}

func (s *Server) runReport(r *http.Request, grant policy.Grant, view string, body []byte) (reply, error) {
	q, err := report.DecodeRunReport(body)
	if err != nil {
		return nil, err
	}
	return s.oneReport(r, grant, view, q)
}

func (s *Server) runRealtimeReport(r *http.Request, grant policy.Grant, view string, body []byte) (reply, error) {
	q, err := report.DecodeRunRealtimeReport(body)
	if err != nil {
		return nil, err
	}
	return s.oneReport(r, grant, view, q)
}

func (s *Server) oneReport(r *http.Request, grant policy.Grant, view string, q report.Query) (reply, error) {
	rep, err := s.gate.Report(r.Context(), grant, view, q)
	if err != nil {
		return nil, err
	}
	return reportReply{rep}, nil
}

func (s *Server) batchRunReports(r *http.Request, grant policy.Grant, view string, body []byte) (reply, error) {
	qs, err := report.DecodeBatchRunReports(body)
	if err != nil {
		return nil, err
	}
	reps, err := s.gate.Reports(r.Context(), grant, view, qs)
	if err != nil {
		return nil, err
	}
	return batchReply{reps}, nil
}

// reportReply is one report, served byte for byte.
type reportReply struct{ report *report.Report }

func (p reportReply) write(s *Server, w http.ResponseWriter, _ *http.Request) {
	setAge(w.Header(), s.clock(), p.report)
	writeBody(w, http.StatusOK, "application/json; charset=utf-8", p.report.Body)
}

// batchReply is several reports in Google's envelope.
type batchReply struct{ reports []*report.Report }

func (b batchReply) write(s *Server, w http.ResponseWriter, _ *http.Request) {
	setAge(w.Header(), s.clock(), b.reports...)
	writeBody(w, http.StatusOK, "application/json; charset=utf-8", stitch(b.reports))
}

// stitch joins reports without decoding them.
func stitch(reports []*report.Report) []byte {
	const head, tail = `{"kind":"analyticsData#batchRunReports","reports":[`, `]}`
	size := len(head) + len(tail) + len(reports)
	for _, r := range reports {
		size += len(r.Body)
	}
	body := append(make([]byte, 0, size), head...)
	for i, r := range reports {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, r.Body...)
	}
	return append(body, tail...)
}

// setAge says how old and how true reports are: with several, as old as the
// oldest, as fresh as the least final, and with the notices of all.
func setAge(h http.Header, now time.Time, reports ...*report.Report) {
	h.Set("Cache-Control", "private, no-store")
	if len(reports) == 0 {
		return
	}
	all := *reports[0]
	for _, r := range reports[1:] {
		if r.FetchedAt.Before(all.FetchedAt) {
			all.FetchedAt = r.FetchedAt
		}
		if finality(r.Freshness) < finality(all.Freshness) {
			all.Freshness = r.Freshness
		}
		if all.Stale == "" {
			all.Stale = r.Stale
		}
		all.Sampled = all.Sampled || r.Sampled
		all.Thresholded = all.Thresholded || r.Thresholded
		all.OtherRow = all.OtherRow || r.OtherRow
	}
	h.Set("Age", strconv.Itoa(age(now, &all)))
	h.Set("Oriel-As-Of", all.FetchedAt.UTC().Format(time.RFC3339))
	h.Set("Oriel-Freshness", string(all.Freshness))
	if all.Stale != "" {
		h.Set("Oriel-Stale", string(all.Stale))
	}
	if n := notices(&all); len(n) > 0 {
		h.Set("Oriel-Notices", strings.Join(n, ", "))
	}
}

// finality orders the grades of freshness, least final first.
func finality(f report.Freshness) int {
	switch f {
	case report.FreshRealtime:
		return 0
	case report.FreshIntraday:
		return 1
	case report.FreshSettling:
		return 2
	}
	return 3
}

// age returns the age of a report in whole seconds.
func age(now time.Time, r *report.Report) int {
	return max(0, int(now.Sub(r.FetchedAt)/time.Second))
}

// notices returns what a reader of the report should know; never nil.
func notices(r *report.Report) []string {
	n := []string{}
	if r.Sampled {
		n = append(n, "sampled")
	}
	if r.Thresholded {
		n = append(n, "thresholded")
	}
	if r.OtherRow {
		n = append(n, "other")
	}
	return n
}
