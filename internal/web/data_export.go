package web

import (
	"net/http"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

const csvType = "text/csv; charset=utf-8"

// exportReport answers the rows of one report as a file. What it is a file of is
// asked like any other report, and is the same answer.
func (s *Server) exportReport(r *http.Request, grant policy.Grant, view, verb string, decode func([]byte) (report.Query, error)) (reply, error) {
	asked, err := s.asked(r, verb, one(decode))
	if err != nil {
		return nil, err
	}
	rep, err := s.gate.Answer(r.Context(), grant.Exporting(), view, asked[0])
	if err != nil {
		return nil, err
	}
	return s.export(rep, asked[0].Query(), view, moment(rep))
}

// exportPanel answers what one panel of a dashboard shows as a file.
func (s *Server) exportPanel(r *http.Request, grant policy.Grant) (reply, error) {
	name, verb, ok := splitCall(r.PathValue("call"))
	if !ok || verb != "export" {
		return nil, report.Errorf(report.NotFound, "A panel answers :export.")
	}
	q := r.URL.Query()
	req, err := dashboardRequest(r.PathValue("dashboard"), q.Get("view"), q.Get("range"))
	if err != nil {
		return nil, err
	}
	p, err := s.gate.Panel(r.Context(), grant.Exporting(), req, name)
	if err != nil {
		return nil, err
	}
	if days := p.Panel.Query.DateRanges; len(days) > 0 {
		return s.export(p.Report, p.Panel.Query, req.Name, name, days[0].StartDate, days[0].EndDate)
	}
	return s.export(p.Report, p.Panel.Query, req.Name, name, moment(p.Report))
}

// moment names a file of a report that has no days to be named by.
func moment(r *report.Report) string { return r.FetchedAt.UTC().Format("2006-01-02T1504Z") }

func (s *Server) export(r *report.Report, q report.Query, name ...string) (reply, error) {
	body, err := r.Complete(q)
	if err != nil {
		return nil, unwritten(err)
	}
	file, err := report.CSV(body)
	if err != nil {
		return nil, unwritten(err)
	}
	return exportReply{r, file, fileName(name...)}, nil
}

// exportReply is a report as a CSV file.
type exportReply struct {
	report *report.Report
	file   []byte
	name   string
}

func (e exportReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), e.report)
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.name+`"`)
	s.writeAs(w, r, s.fixed.csv, made(e.file))
}

// maxFileName bounds the name of a file, in bytes.
const maxFileName = 120

// fileName makes a name that means nothing to a shell, a file system or a header
// of what may be written by a configuration or by an asker.
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

func unwritten(err error) error {
	return report.Errorf(report.Internal, "The report could not be written as a file.").Because(err)
}
