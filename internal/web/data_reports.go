package web

import (
	"net/http"
	"slices"
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
	switch verb {
	case "runReport":
		return s.runReport(r, grant, view, verb, oneReport)
	case "runRealtimeReport":
		return s.runReport(r, grant, view, verb, oneRealtimeReport)
	case "batchRunReports":
		return s.batch(r, grant, view, verb, "reports", report.DecodeBatchRunReports)
	case "runPivotReport":
		return s.runReport(r, grant, view, verb, onePivotReport)
	case "batchRunPivotReports":
		return s.batch(r, grant, view, verb, "pivotReports", report.DecodeBatchRunPivotReports)
	case "checkCompatibility":
		return s.checkCompatibility(r, grant, view)
	case "exportReport":
		return s.exportReport(r, grant, view, "runReport", report.DecodeRunReport)
	case "exportRealtimeReport":
		return s.exportReport(r, grant, view, "runRealtimeReport", report.DecodeRunRealtimeReport)
	}
	return nil, unknownCall()
}

func unknownCall() error {
	return report.Errorf(report.NotFound, "A view answers :runReport, :batchRunReports, :runPivotReport, :batchRunPivotReports, :runRealtimeReport, :checkCompatibility, :exportReport and :exportRealtimeReport.")
}

func (s *Server) runReport(r *http.Request, grant policy.Grant, view, verb string, decode func([]byte) ([]report.Query, error)) (reply, error) {
	asked, err := s.asked(r, verb, decode)
	if err != nil {
		return nil, err
	}
	rep, err := s.gate.Answer(r.Context(), grant, view, asked[0])
	if err != nil {
		return nil, err
	}
	return reportReply{rep}, nil
}

// batch answers several reports in one envelope, as a member of it.
func (s *Server) batch(r *http.Request, grant policy.Grant, view, verb, member string, decode func([]byte) ([]report.Query, error)) (reply, error) {
	asked, err := s.asked(r, verb, decode)
	if err != nil {
		return nil, err
	}
	reps, err := s.gate.AnswerAll(r.Context(), grant, view, asked)
	if err != nil {
		return nil, err
	}
	return batchReply{`{"kind":"analyticsData#` + verb + `","` + member + `":[`, reps}, nil
}

// asked returns what the body of a request asks.
func (s *Server) asked(r *http.Request, method string, decode func([]byte) ([]report.Query, error)) ([]*policy.Asked, error) {
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	return s.readings.body(method, body, decode)
}

// reportReply is one report, served byte for byte.
type reportReply struct{ report *report.Report }

func (p reportReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), p.report)
	s.writeJSON(w, r, reported(p.report))
}

// batchReply is several reports in Google's envelope.
type batchReply struct {
	head    string // of the envelope, up to the first report
	reports []*report.Report
}

func (b batchReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), b.reports...)
	s.writeJSON(w, r, stitch(b.head, b.reports))
}

// stitch joins reports without decoding them.
func stitch(head string, reports []*report.Report) body {
	const comma, tail = `,`, `]}`
	pieces := append(make([][]byte, 0, 2*len(reports)+1), []byte(head))
	for i, r := range reports {
		if i > 0 {
			pieces = append(pieces, []byte(comma))
		}
		pieces = append(pieces, r.Body)
	}
	return made(append(pieces, []byte(tail))...)
}

// setAge says how old and how true reports are: with several, as old as the
// oldest, as fresh as the least final, and with the notices of all.
func (s *Server) setAge(h http.Header, reports ...*report.Report) {
	s.fixed.private.set(h)
	if len(reports) == 0 {
		return
	}
	all := reports[0]
	if len(reports) > 1 {
		all = worst(reports)
	}
	setHeaders(h,
		"Age", strconv.Itoa(age(s.clock(), all)),
		"Oriel-As-Of", all.FetchedAt.UTC().Format(time.RFC3339),
		"Oriel-Freshness", string(all.Freshness))
	if all.Stale != "" {
		h.Set("Oriel-Stale", string(all.Stale))
	}
	if !all.Plain() || all.MaxRows > 0 {
		h.Set("Oriel-Notices", strings.Join(notices(all), ", "))
	}
}

// worst returns what can be said of all reports.
func worst(reports []*report.Report) *report.Report {
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
		all.Truncated = all.Truncated || r.Truncated
		all.MaxRows = max(all.MaxRows, r.MaxRows)
		for _, n := range r.Notices {
			if !slices.Contains(all.Notices, n) {
				all.Notices = append(slices.Clip(all.Notices), n)
			}
		}
	}
	return &all
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

// googleNotice stands before notices that only Google knows the meaning of.
const googleNotice = "google:"

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
	if r.Truncated {
		n = append(n, "truncated")
	}
	if r.MaxRows > 0 {
		n = append(n, "max_rows")
	}
	for _, said := range r.Notices {
		n = append(n, googleNotice+said)
	}
	return n
}

// splitCall splits the last segment of Google's custom-method paths, "shop:runReport",
// into the name and the verb. http.ServeMux cannot: a wildcard is a whole segment.
// Names may hold colons themselves (ga:123), verbs may not.
func splitCall(segment string) (name, verb string, ok bool) {
	i := strings.LastIndexByte(segment, ':')
	if i <= 0 || i == len(segment)-1 {
		return "", "", false
	}
	return segment[:i], segment[i+1:], true
}
