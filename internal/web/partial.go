package web

import (
	"encoding/json"
	"net/http"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// partial serves, of what ask answers, the fields that the parameter fields asks
// for, as all of Google's APIs do. Errors and files are served whole.
func (s *Server) partial(ask func(*http.Request, policy.Grant) (reply, error)) func(*http.Request, policy.Grant) (reply, error) {
	return func(r *http.Request, grant policy.Grant) (reply, error) {
		mask, err := maskOf(r)
		if err != nil {
			return nil, err
		}
		whole, err := ask(r, grant)
		part, ok := whole.(maskable)
		if err != nil || mask == nil || !ok {
			return whole, err
		}
		return part.masked(mask), nil
	}
}

// maskOf reads the parameter by either of its names.
func maskOf(r *http.Request) (report.Mask, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	parameters := r.URL.Query()
	fields := parameters.Get("fields")
	if fields == "" {
		fields = parameters.Get("$fields")
	}
	mask, err := report.ParseMask(fields)
	if err != nil {
		return nil, report.Errorf(report.Invalid, "Invalid field selection %s", report.Brief(fields))
	}
	return mask, nil
}

// A maskable reply is JSON of which a part can be served.
type maskable interface{ masked(report.Mask) reply }

func (p reportReply) masked(m report.Mask) reply {
	return partialReply{[]*report.Report{p.report}, m.Apply(p.report.Body)}
}

func (b batchReply) masked(m report.Mask) reply {
	return partialReply{b.reports, m.Apply(stitch(b.head, b.reports).join())}
}

func (j jsonReply) masked(m report.Mask) reply { return jsonReply{json.RawMessage(m.Apply(j.json()))} }

// partialReply is a part of reports, with the age of the whole.
type partialReply struct {
	reports []*report.Report
	body    []byte
}

func (p partialReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.setAge(w.Header(), p.reports...)
	s.writeJSON(w, r, made(p.body))
}
