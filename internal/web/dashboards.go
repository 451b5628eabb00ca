package web

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// dashboardJSON is a dashboard without its panels, and without expiresIn, the seconds until
// the embed token expires. It is an allow-list: what is not named here reaches no viewer.
type dashboardJSON struct {
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	View        policy.ViewInfo   `json:"view"`
	Views       []policy.ViewInfo `json:"views"`
	Range       rangeJSON         `json:"range"`
	Ranges      []string          `json:"ranges"`
	AnyRange    bool              `json:"anyRange,omitempty"`
	Today       string            `json:"today"`
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
}

// panelFailed replaces the age and the report of a panel that failed.
type panelFailed struct {
	Error panelError `json:"error"`
}

type panelError struct {
	Message    string `json:"message"`
	RetryAfter int    `json:"retryAfter,omitempty"` // seconds after which to ask again
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
	return s.readDashboard(r, grant, "")
}

// panel answers as dashboard does, with one panel, or with the panel as a CSV file.
func (s *Server) panel(r *http.Request, grant policy.Grant) (reply, error) {
	call := r.PathValue("call")
	name, verb, ok := splitCall(call)
	switch {
	case !ok:
		return s.readDashboard(r, grant, call)
	case verb == "export":
		return s.exportPanel(r, grant, name)
	}
	return nil, report.Errorf(report.NotFound, "A panel answers GET, and :export.")
}

func (s *Server) readDashboard(r *http.Request, grant policy.Grant, panel string) (reply, error) {
	req, err := readDashboardRequest(r, panel)
	if err != nil {
		return nil, err
	}
	d, err := s.askDashboard(r, grant, req)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func readDashboardRequest(r *http.Request, panel string) (policy.DashboardRequest, error) {
	q := r.URL.Query()
	req, err := dashboardRequest(r.PathValue("dashboard"), q.Get("view"), q.Get("range"))
	req.Panel = panel
	return req, err
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
	body   body
}

func (d dashboardReply) size() int { return d.body.size() }

func (d dashboardReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.logPanels(w, r, d.answer)
	s.writePrivate(w, r, d.body)
}

func (s *Server) askDashboard(r *http.Request, grant policy.Grant, req policy.DashboardRequest) (dashboardReply, error) {
	answer, err := s.gate.Dashboard(r.Context(), s.metered(r, grant, req.View, req.Name), req)
	if err != nil {
		return dashboardReply{}, err
	}
	body, err := encodeDashboard(answer, req.Range, s.clock(), grant.Expires())
	return dashboardReply{answer, body}, err
}

// encodeDashboard writes the JSON around the reports without decoding them. Only its first
// member depends on the token.
func encodeDashboard(a *policy.DashboardAnswer, chosen dashboard.Range, now, expires time.Time) (body, error) {
	chosen = cmp.Or(chosen, a.Dashboard.Range, dashboard.Range{Start: a.Start, End: a.End})
	rest, err := encodeShared(a, chosen, now)
	if err != nil {
		return body{}, err
	}
	own := strconv.AppendInt([]byte(`{"expiresIn":`), int64(secondsUntil(now, expires)), 10)
	return partialBody(append(own, ','), rest), nil
}

// An encodedDashboard is the JSON of a dashboard but for what depends on the token. It is
// valid while the ages in it are, which is less than a second.
type encodedDashboard struct {
	*sharedBody
	chosen    dashboard.Range
	anyRange  bool
	view      policy.ViewInfo
	views     []policy.ViewInfo
	reports   []*report.Report // none is nil
	from, end time.Time
}

// valid reports whether the dashboard, encoded now, would be the same.
func (e *encodedDashboard) valid(a *policy.DashboardAnswer, chosen dashboard.Range, now time.Time) bool {
	if now.Before(e.from) || !now.Before(e.end) || chosen != e.chosen || a.AnyRange != e.anyRange || a.View != e.view || !slices.Equal(a.Views, e.views) {
		return false
	}
	return slices.EqualFunc(a.Panels, e.reports, func(p policy.PanelAnswer, r *report.Report) bool { return p.Report == r })
}

// encodeShared returns the JSON of a dashboard but for what depends on the token, without
// its opening brace: as it was encoded last while that is valid.
func encodeShared(a *policy.DashboardAnswer, chosen dashboard.Range, now time.Time) (*sharedBody, error) {
	if a.Prepared != nil {
		if last, _ := a.Prepared.Encoded().(*encodedDashboard); last != nil && last.valid(a, chosen, now) {
			return last.sharedBody, nil
		}
	}
	head, err := json.Marshal(dashboardJSON{
		Name: a.Dashboard.Name, Title: a.Dashboard.Title, Description: a.Dashboard.Description,
		View: a.View, Views: append([]policy.ViewInfo{}, a.Views...),
		Range:  rangeJSON{chosen.String(), a.Start.String(), a.End.String()},
		Ranges: rangeNames(a.Ranges), AnyRange: a.AnyRange,
		Today: a.Today.String(),
	})
	if err != nil {
		return nil, err
	}
	text, err := encodePanels(open(head)[1:], a.Panels, now)
	if err != nil {
		return nil, err
	}
	fresh := &encodedDashboard{sharedBody: &sharedBody{plain: text}, chosen: chosen, anyRange: a.AnyRange, view: a.View, views: a.Views, from: now, end: now.Add(time.Second)}
	for _, p := range a.Panels {
		if p.Err != nil || p.Report == nil {
			return fresh.sharedBody, nil
		}
		fresh.reports = append(fresh.reports, p.Report)
		if older := p.Report.FetchedAt.Add(time.Duration(age(now, p.Report)+1) * time.Second); older.Before(fresh.end) {
			fresh.end = older
		}
	}
	if a.Prepared != nil {
		a.Prepared.SetEncoded(fresh, len(text))
	}
	return fresh.sharedBody, nil
}

func rangeNames(ranges []dashboard.Range) []string {
	names := make([]string, len(ranges))
	for i, r := range ranges {
		names[i] = r.String()
	}
	return names
}

// encodePanels returns the head of a dashboard's JSON, which is left open, with its panels.
func encodePanels(head []byte, panels []policy.PanelAnswer, now time.Time) (text []byte, err error) {
	size := len(head) + 16
	for _, p := range panels {
		size += 512
		if p.Report != nil {
			size += len(p.Report.Body)
		}
	}
	text = append(append(make([]byte, 0, size), head...), `,"panels":[`...)
	for i, p := range panels {
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = encodePanel(text, p, now); err != nil {
			return nil, err
		}
	}
	return append(text, "]}"...), nil
}

// encodePanel appends a panel, with its report or its error.
func encodePanel(text []byte, p policy.PanelAnswer, now time.Time) ([]byte, error) {
	head, err := panelHead(p.Panel)
	if err != nil {
		return nil, err
	}
	text = append(text, head...)
	rep := p.Report
	var whole []byte
	if p.Err == nil && rep != nil {
		// A chart knows only as much of its panel's query as the report contains.
		if whole, err = rep.Complete(p.Panel.Query); err != nil {
			p.Err = report.AsError(err)
		}
	}
	if p.Err != nil || rep == nil {
		e := classify(panelCause(p))
		members, err := json.Marshal(panelFailed{panelError{e.Message, int(math.Ceil(e.RetryAfter.Seconds()))}})
		return append(append(text, ','), members[1:]...), err
	}
	members, err := json.Marshal(panelAge{
		AsOf: rep.FetchedAt.UTC().Format(time.RFC3339), Age: age(now, rep),
		Freshness: rep.Freshness, Stale: rep.Stale, Notices: notices(rep),
	})
	if err != nil {
		return nil, err
	}
	text = append(append(text, ','), open(members)[1:]...)
	text = append(append(text, `,"report":`...), whole...)
	return append(text, '}'), nil
}

// panelHead returns the beginning of a panel's JSON, which is left open.
func panelHead(p *dashboard.Panel) ([]byte, error) {
	text, err := json.Marshal(panelJSON{
		Name: p.Name, Title: p.Title, Type: p.Type, Width: p.Width,
		Realtime: p.Query.Realtime, Compare: p.Compare, Options: p.Options, DateRanges: p.Query.DateRanges,
	})
	if err != nil {
		return nil, err
	}
	return open(text), nil
}

// open returns a JSON object without its end, so that members can be added.
func open(object []byte) []byte { return object[:len(object)-1] }

// panelCause returns why a panel has no report.
func panelCause(p policy.PanelAnswer) error {
	if p.Err != nil {
		return p.Err
	}
	return report.Errorf(report.Internal, "There is no answer for this panel.")
}

// withMember returns the JSON object with another member at its end. The object must not be
// empty, the name must not need escaping, the value must be valid JSON.
func withMember(object []byte, name string, value []byte) []byte {
	out := make([]byte, 0, len(object)+len(name)+len(value)+4)
	out = append(out, object[:len(object)-1]...)
	out = append(out, `,"`+name+`":`...)
	out = append(out, value...)
	return append(out, '}')
}

// secondsUntil returns the whole seconds until end, rounded down.
func secondsUntil(now, end time.Time) int {
	return max(0, int(end.Sub(now)/time.Second))
}
