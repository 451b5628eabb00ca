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

// A call is one of Google's custom methods on a view.
type call struct {
	members report.Mask // that its response may have; nil for a file
	ask     func(s *Server, r *http.Request, grant policy.Grant, view, verb string) (reply, error)
}

// calls are the custom methods, by the verb of their path.
func calls() map[string]call {
	single, pivot := report.MustMask(reportMembers), report.MustMask(pivotMembers)
	return map[string]call{
		"runReport":            {single, reportCall(report.DecodeRunReport)},
		"runRealtimeReport":    {single, reportCall(report.DecodeRunRealtimeReport)},
		"runPivotReport":       {pivot, reportCall(report.DecodeRunPivotReport)},
		"batchRunReports":      {report.MustMask("kind,reports(" + reportMembers + ")"), batchCall("reports", report.DecodeBatchRunReports)},
		"batchRunPivotReports": {report.MustMask("kind,pivotReports(" + pivotMembers + ")"), batchCall("pivotReports", report.DecodeBatchRunPivotReports)},
		"checkCompatibility":   {report.MustMask(compatibilityMembers), (*Server).checkCompatibility},
		"exportReport":         {nil, exportCall("runReport", report.DecodeRunReport)},
		"exportRealtimeReport": {nil, exportCall("runRealtimeReport", report.DecodeRunRealtimeReport)},
	}
}

// call answers Google's custom methods, or the fields of the response that are selected.
func (s *Server) call(r *http.Request, grant policy.Grant) (reply, error) {
	view, verb, ok := splitCall(r.PathValue("call"))
	call, known := s.calls[verb]
	if !ok || !known {
		return nil, report.Errorf(report.NotFound, "A view answers :runReport, :batchRunReports, :runPivotReport, :batchRunPivotReports, :runRealtimeReport, :checkCompatibility, :exportReport and :exportRealtimeReport.")
	}
	ask := func(r *http.Request, grant policy.Grant) (reply, error) { return call.ask(s, r, grant, view, verb) }
	if call.members == nil {
		return ask(r, grant)
	}
	return selectFields(r, grant, call.members, ask)
}

// splitCall splits the last segment of Google's custom-method paths, "shop:runReport",
// into the name and the verb, which http.ServeMux cannot: a wildcard is a whole segment.
// Names may hold colons (ga:123), verbs may not.
func splitCall(segment string) (name, verb string, ok bool) {
	i := strings.LastIndexByte(segment, ':')
	if i <= 0 || i == len(segment)-1 {
		return "", "", false
	}
	return segment[:i], segment[i+1:], true
}

func reportCall(decode func([]byte) (report.Query, error)) func(*Server, *http.Request, policy.Grant, string, string) (reply, error) {
	return func(s *Server, r *http.Request, grant policy.Grant, view, verb string) (reply, error) {
		queries, err := s.readQueries(r, verb, one(decode))
		if err != nil {
			return nil, err
		}
		rep, err := s.gate.Answer(r.Context(), grant, view, queries[0])
		if err != nil {
			return nil, err
		}
		return dataReply{bodyOfReport(rep), []*report.Report{rep}}, nil
	}
}

// batchCall answers several reports in one envelope, as the named member.
func batchCall(member string, decode func([]byte) ([]report.Query, error)) func(*Server, *http.Request, policy.Grant, string, string) (reply, error) {
	return func(s *Server, r *http.Request, grant policy.Grant, view, verb string) (reply, error) {
		queries, err := s.readQueries(r, verb, decode)
		if err != nil {
			return nil, err
		}
		if err := s.limitWork(r, grant, view, "", len(queries)); err != nil {
			return nil, err
		}
		reports, err := s.gate.AnswerAll(r.Context(), grant, view, queries)
		if err != nil {
			return nil, err
		}
		return dataReply{joinReports(`{"kind":"analyticsData#`+verb+`","`+member+`":[`, reports), reports}, nil
	}
}

// readQueries returns the queries of a request's body.
func (s *Server) readQueries(r *http.Request, method string, decode func([]byte) ([]report.Query, error)) ([]*policy.ParsedQuery, error) {
	body, err := readBody(r, maxReportBody)
	if err != nil {
		return nil, err
	}
	return s.queries.body(method, body, decode)
}

// one makes a decoder of a list of one query.
func one(decode func([]byte) (report.Query, error)) func([]byte) ([]report.Query, error) {
	return func(body []byte) ([]report.Query, error) {
		q, err := decode(body)
		return []report.Query{q}, err
	}
}

// joinReports joins reports behind the beginning of an envelope without decoding them.
func joinReports(head string, reports []*report.Report) body {
	pieces := append(make([][]byte, 0, 2*len(reports)+1), []byte(head))
	for i, r := range reports {
		if i > 0 {
			pieces = append(pieces, []byte(`,`))
		}
		pieces = append(pieces, r.Body)
	}
	return privateBody(append(pieces, []byte(`]}`))...)
}

// setAge sets the headers for the age, the freshness and the notices of reports: of
// several, the oldest, the least final and all.
func (s *Server) setAge(h http.Header, reports ...*report.Report) {
	s.fixed.private.set(h)
	if len(reports) == 0 {
		return
	}
	all := reports[0]
	if len(reports) > 1 {
		all = combine(reports)
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

// combine returns a report with the age, the freshness and the notices of all.
func combine(reports []*report.Report) *report.Report {
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
	grades := []report.Freshness{report.FreshRealtime, report.FreshIntraday, report.FreshSettling}
	if i := slices.Index(grades, f); i >= 0 {
		return i
	}
	return len(grades)
}

// age returns the age of a report in whole seconds.
func age(now time.Time, r *report.Report) int {
	return max(0, int(now.Sub(r.FetchedAt)/time.Second))
}

// notices returns the codes of what a reader of the report should know; never nil.
func notices(r *report.Report) []string {
	n := []string{}
	for _, flag := range []struct {
		set  bool
		code string
	}{
		{r.Sampled, "sampled"}, {r.Thresholded, "thresholded"}, {r.OtherRow, "other"}, {r.Truncated, "truncated"}, {r.MaxRows > 0, "max_rows"},
	} {
		if flag.set {
			n = append(n, flag.code)
		}
	}
	for _, notice := range r.Notices {
		n = append(n, "google:"+notice) // only Google knows its meaning
	}
	return n
}
