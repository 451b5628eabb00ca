package web

import (
	"net/http"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// exportCall answers a report as a CSV file: the rows of what verb answers.
func exportCall(verb string, decode func([]byte) (report.Query, error)) func(*Server, *http.Request, policy.Grant, string, string) (reply, error) {
	return func(s *Server, r *http.Request, grant policy.Grant, view, _ string) (reply, error) {
		queries, err := s.readQueries(r, verb, one(decode))
		if err != nil {
			return nil, err
		}
		rep, err := s.gate.Answer(r.Context(), grant.Exporting(), view, queries[0])
		if err != nil {
			return nil, err
		}
		return exportCSV(rep, queries[0].Query(), view, timestamp(rep))
	}
}

// exportPanel answers what a panel shows as a CSV file.
func (s *Server) exportPanel(r *http.Request, grant policy.Grant, name string) (reply, error) {
	req, err := readDashboardRequest(r, name)
	if err != nil {
		return nil, err
	}
	p, err := s.gate.Panel(r.Context(), grant.Exporting(), req)
	if err != nil {
		return nil, err
	}
	names := []string{req.Name, name, timestamp(p.Report)}
	if days := p.Panel.Query.DateRanges; len(days) > 0 {
		names = []string{req.Name, name, days[0].StartDate, days[0].EndDate}
	}
	return exportCSV(p.Report, p.Panel.Query, names...)
}

// timestamp names the file of a report without days.
func timestamp(r *report.Report) string { return r.FetchedAt.UTC().Format("2006-01-02T1504Z") }

func exportCSV(r *report.Report, q report.Query, name ...string) (reply, error) {
	body, err := r.Complete(q)
	if err != nil {
		return nil, csvError(err)
	}
	file, err := report.CSV(body)
	if err != nil {
		return nil, csvError(err)
	}
	return exportReply{r, file, fileName(name...)}, nil
}

// An exportReply is a report as a CSV file.
type exportReply struct {
	report *report.Report
	file   []byte
	name   string
}

func (e exportReply) size() int { return len(e.file) }

func (e exportReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), e.report)
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.name+`"`)
	s.writeAs(w, r, http.StatusOK, s.fixed.csv, privateBody(e.file))
}

// maxFileName bounds the name of a file, in bytes.
const maxFileName = 120

// fileName joins parts, which a configuration or a client may choose, to a name without
// characters that a shell, a file system or a header interprets.
func fileName(parts ...string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '-'
	}, strings.Join(parts, "-"))
	name = strings.Trim(name, "-")
	return name[:min(len(name), maxFileName)] + ".csv"
}

func csvError(err error) error {
	return report.Errorf(report.Internal, "The report could not be written as a file.").Because(err)
}
