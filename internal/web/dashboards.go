package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// dashboardJSON is a dashboard with the data of its panels. It is an allow-list:
// what is not named here reaches no viewer.
type dashboardJSON struct {
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	View        policy.ViewInfo   `json:"view"`
	Views       []policy.ViewInfo `json:"views"`
	Range       rangeJSON         `json:"range"`
	Today       string            `json:"today"`
	ExpiresIn   int               `json:"expiresIn"` // seconds that the embed token still lives
}

type rangeJSON struct {
	Name      string `json:"name"`
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
}

type panelJSON struct {
	Name       string             `json:"name"`
	Title      string             `json:"title"`
	Type       dashboard.Type     `json:"type"`
	Width      int                `json:"width"`
	Realtime   bool               `json:"realtime,omitempty"`
	Compare    bool               `json:"compare,omitempty"`
	Options    dashboard.Options  `json:"options"`
	DateRanges []report.DateRange `json:"dateRanges,omitempty"`
	Error      *panelError        `json:"error,omitempty"`
	*panelAge
}

type panelError struct {
	Message string `json:"message"`
}

type panelAge struct {
	AsOf      string             `json:"asOf"`
	Age       int                `json:"age"`
	Freshness report.Freshness   `json:"freshness"`
	Stale     report.StaleReason `json:"stale"`
	Notices   []string           `json:"notices"`
}

// dashboard answers with a dashboard and the data of all its panels.
func (s *Server) dashboard(r *http.Request, grant policy.Grant) (reply, error) {
	q := r.URL.Query()
	req, err := dashboardRequest(r.PathValue("dashboard"), q.Get("view"), q.Get("range"))
	if err != nil {
		return nil, err
	}
	d, err := s.askDashboard(r.Context(), grant, req)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func dashboardRequest(name, view, span string) (policy.DashboardRequest, error) {
	req := policy.DashboardRequest{Name: name, View: view}
	if span == "" {
		return req, nil
	}
	var err error
	req.Range, err = dashboard.ParseRange(span)
	return req, err
}

// dashboardReply is a dashboard with its data, as JSON.
type dashboardReply struct {
	answer *policy.DashboardAnswer
	body   []byte
}

func (d dashboardReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.logPanels(w, r, d.answer)
	writePrivate(w, d.body)
}

func (s *Server) askDashboard(ctx context.Context, grant policy.Grant, req policy.DashboardRequest) (dashboardReply, error) {
	answer, err := s.gate.Dashboard(ctx, grant, req)
	if err != nil {
		return dashboardReply{}, err
	}
	body, err := encodeDashboard(answer, req.Range, s.clock(), grant.Expires())
	return dashboardReply{answer, body}, err
}

// encodeDashboard writes the JSON around the reports without decoding them.
func encodeDashboard(a *policy.DashboardAnswer, chosen dashboard.Range, now, expires time.Time) ([]byte, error) {
	chosen = cmp.Or(chosen, a.Dashboard.Range, dashboard.Range{Start: a.Start, End: a.End})
	head, err := json.Marshal(dashboardJSON{
		Name: a.Dashboard.Name, Title: a.Dashboard.Title, Description: a.Dashboard.Description,
		View: a.View, Views: append([]policy.ViewInfo{}, a.Views...),
		Range:     rangeJSON{chosen.String(), a.Start.String(), a.End.String()},
		Today:     a.Today.String(),
		ExpiresIn: secondsUntil(now, expires),
	})
	if err != nil {
		return nil, err
	}
	panels := make([][]byte, len(a.Panels))
	for i, p := range a.Panels {
		if panels[i], err = encodePanel(p, now); err != nil {
			return nil, err
		}
	}
	return withMember(head, "panels", array(panels)), nil
}

func encodePanel(p policy.PanelAnswer, now time.Time) ([]byte, error) {
	j := panelJSON{
		Name: p.Panel.Name, Title: p.Panel.Title, Type: p.Panel.Type, Width: p.Panel.Width,
		Realtime: p.Panel.Query.Realtime, Compare: p.Panel.Compare, Options: p.Panel.Options,
		DateRanges: p.Panel.Query.DateRanges,
	}
	if p.Err != nil || p.Report == nil {
		j.Error = &panelError{known(panelCause(p)).Message}
		return json.Marshal(j)
	}
	rep := p.Report
	j.panelAge = &panelAge{
		AsOf: rep.FetchedAt.UTC().Format(time.RFC3339), Age: age(now, rep),
		Freshness: rep.Freshness, Stale: rep.Stale, Notices: notices(rep),
	}
	head, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	return withMember(head, "report", rep.Body), nil
}

// panelCause returns why a panel has no report.
func panelCause(p policy.PanelAnswer) error {
	if p.Err != nil {
		return p.Err
	}
	return report.Errorf(report.Internal, "There is no answer for this panel.")
}

// withMember returns the JSON object with one more member at its end. The
// object is not empty, the name needs no escaping, the value is valid JSON.
func withMember(object []byte, name string, value []byte) []byte {
	out := make([]byte, 0, len(object)+len(name)+len(value)+4)
	out = append(out, object[:len(object)-1]...)
	out = append(out, `,"`+name+`":`...)
	out = append(out, value...)
	return append(out, '}')
}

func array(members [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(members, []byte{','})...), ']')
}

// secondsUntil returns the whole seconds left, never more than there are.
func secondsUntil(now, end time.Time) int {
	return max(0, int(end.Sub(now)/time.Second))
}
