package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// drawn is what docs/http-api.md says of a dashboard's JSON.
type drawn struct {
	Name, Title, Today string
	View               struct{ Name, Title, TimeZone, CurrencyCode string }
	Views              []struct{ Name, Title string }
	Range              struct{ Name, StartDate, EndDate string }
	ExpiresIn          int
	Panels             []struct {
		Name, Title, Type string
		Width             int
		Realtime, Compare bool
		Options           map[string]any
		DateRanges        []report.DateRange
		Report            json.RawMessage
		Error             *struct{ Message string }
		AsOf              string
		Age               *int
		Freshness         string
		Stale             *string
		Notices           []string
	}
	Token *struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}
	Base string
}

func draw(t testing.TB, body string) drawn {
	t.Helper()
	var d drawn
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return d
}

func (s *site) boardToken() string {
	return s.minted(s.do("POST", "/v1/tokens", `{"views":["shop","blog"],"dashboards":[{"name":"overview","views":["shop","blog"]}]}`, "Authorization: Bearer "+hostKey))
}

func TestDashboard(t *testing.T) {
	s := newSite(t)
	a := s.do("GET", "/v1/dashboards/overview?view=blog&range=7d", "", bearing(s.boardToken()))
	if a.code != 200 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	d := draw(t, a.body)
	if d.Name != "overview" || d.View.Name != "blog" || d.View.TimeZone != "UTC" || len(d.Views) != 2 || d.ExpiresIn != 300 || d.Today != "2026-11-23" {
		t.Errorf("%+v", d)
	}
	if d.Range.Name != "7d" || d.Range.StartDate != "2026-11-16" || d.Range.EndDate != "2026-11-22" {
		t.Errorf("range %+v", d.Range)
	}
	visitors, change, now := d.Panels[0], d.Panels[1], d.Panels[2]
	if string(visitors.Report) != reportBody || !strings.Contains(a.body, `"report":`+reportBody) {
		t.Errorf("the report is not byte for byte: %s", visitors.Report)
	}
	if visitors.Type != "line" || visitors.Width != 8 || *visitors.Age != 12 || visitors.Freshness != "settling" || *visitors.Stale != "" || visitors.Notices[0] != "thresholded" {
		t.Errorf("%+v", visitors)
	}
	if want := (report.DateRange{StartDate: "2026-11-16", EndDate: "2026-11-22"}); len(visitors.DateRanges) != 1 || visitors.DateRanges[0].StartDate != want.StartDate || visitors.DateRanges[0].EndDate != want.EndDate {
		t.Errorf("%+v", visitors.DateRanges)
	}
	if !change.Compare || len(change.DateRanges) != 2 || change.DateRanges[0].Name != "current" || change.DateRanges[1].Name != "previous" || change.DateRanges[1].EndDate != "2026-11-15" {
		t.Errorf("%+v", change)
	}
	if !now.Realtime || len(now.DateRanges) != 0 {
		t.Errorf("%+v", now)
	}
	if d.Token != nil || strings.Contains(a.body, "424242") || strings.Contains(a.body, "535353") {
		t.Error("the answer holds more than it should")
	}
	wantHeader(t, a, "Cache-Control", "private, no-store")
}

func TestDashboardDefaultRange(t *testing.T) {
	s := newSite(t)
	d := draw(t, s.do("GET", "/v1/dashboards/overview", "", bearing(s.boardToken())).body)
	if d.Range.Name != "28d" || d.Range.StartDate != "2026-10-26" || d.View.Name != "shop" {
		t.Errorf("%+v", d)
	}
}

func TestDashboardWithABrokenPanel(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(_ context.Context, q report.Query) (*report.Report, error) {
		if q.Realtime {
			e := report.Errorf(report.Unavailable, "Google did not answer.").Because(errors.New(canary))
			e.RetryAfter = 1500 * time.Millisecond
			return nil, e
		}
		return s.report(), nil
	}
	a := s.do("GET", "/v1/dashboards/overview", "", bearing(s.boardToken()))
	if !strings.Contains(a.body, `"error":{"message":"Google did not answer.","retryAfter":2}`) {
		t.Errorf("does not say when to ask again: %s", a.body)
	}
	d := draw(t, a.body)
	if now := d.Panels[2]; now.Error == nil || now.Error.Message != "Google did not answer." || now.Report != nil || now.Age != nil {
		t.Errorf("%+v", now)
	}
	if d.Panels[0].Error != nil || strings.Contains(a.body, canary) {
		t.Errorf("%s", a.body)
	}
	if !strings.Contains(s.log.String(), canary) {
		t.Error("the log does not hold the cause")
	}
}

// TestARefusedPanelIsLogged: a panel that Google refuses is the operator's to correct, and
// nobody else sees why.
func TestARefusedPanelIsLogged(t *testing.T) {
	s := newSite(t)
	s.source.answer = func(_ context.Context, q report.Query) (*report.Report, error) {
		if q.Realtime {
			return nil, report.Errorf(report.Invalid, "Field nothing is not a valid metric.")
		}
		return s.report(), nil
	}
	s.do("GET", "/v1/dashboards/overview", "", bearing(s.boardToken()))
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "panel failed") && strings.Contains(line, "INFO") && strings.Contains(line, "nothing") {
			return
		}
	}
	t.Errorf("the log has\n%s", s.log.String())
}

func TestRefusedDashboards(t *testing.T) {
	s := newSite(t)
	token := bearing(s.boardToken())
	for path, code := range map[string]int{
		"/v1/dashboards/none":                   404,
		"/v1/dashboards/overview?range=x":       400,
		"/v1/dashboards/overview?view=none":     404,
		"/v1/dashboards/overview?view=secret":   404,
		"/v1/dashboards/overview?range=1d&a=%z": 200,
	} {
		a := s.do("GET", path, "", token)
		if a.code != code && !(code == 404 && a.code == 403) {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
}

// Panels are encoded once for many visitors, and for no longer than they say how old
// they are; what is a visitor's own never is.
func TestDashboardsAreOfTheMoment(t *testing.T) {
	s := newSite(t)
	kept := s.report() // fetched 12.5 s ago
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return kept, nil }
	early := bearing(s.boardToken())
	ask := func(token string, expires, age int, freshness string) {
		t.Helper()
		d := draw(t, s.do("GET", "/v1/dashboards/overview", "", token).body)
		if p := d.Panels[1]; d.ExpiresIn != expires || *p.Age != age || p.Freshness != freshness {
			t.Errorf("expires in %d s, age %d, %s; want %d, %d, %s", d.ExpiresIn, *p.Age, p.Freshness, expires, age, freshness)
		}
	}
	ask(early, 300, 12, "settling")
	s.now = s.now.Add(400 * time.Millisecond)
	ask(early, 299, 12, "settling")
	s.now = s.now.Add(200 * time.Millisecond)
	ask(early, 299, 13, "settling")
	ask(bearing(s.boardToken()), 299, 13, "settling")
	newer := *kept
	newer.Freshness = report.FreshIntraday
	kept = &newer
	ask(early, 299, 13, "intraday")
	s.now = s.now.Add(-time.Hour) // a clock that is set right
	ask(bearing(s.boardToken()), 299, 0, "intraday")
}
