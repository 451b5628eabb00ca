package app

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

var updateEmpty = flag.Bool("update", false, "rewrite testdata/empty")

// noon is in the world of the tests about quiet properties, whatever day it is.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// The properties of that world.
const (
	busyProperty  = "412600302"
	emptyProperty = "412600310"
	youngProperty = "412600311" // its first visitors came yesterday
)

// A quiet server is one on a real listener before a Google of busy, empty and young
// properties, whose questions are counted.
type quiet struct {
	*portal
	app      *App
	token    string       // for views
	board    string       // for the dashboard
	asked    atomic.Int64 // of reports
	admin    atomic.Bool  // the Admin API is off
	ahead    atomic.Int64 // of noon, in nanoseconds
	emulated *emulator.Emulator
	// answer is given in place of Google's, unless it is empty.
	answer atomic.Value
}

func newQuiet(t *testing.T, dashboard string) *quiet {
	t.Helper()
	x := &quiet{portal: &portal{t: t}}
	srv := httptest.NewUnstartedServer(nil)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf(`google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}
accounts: {agency: {key_file: key.json}}
limits: {requests_per_second: 1e6, requests_burst: 1000000}
cache: {file: none}
views:
  busy: {property: '412600302', public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
  empty: {property: '412600310', public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
  young:
    property: '412600311'
    public: questions
    fields: {allow: ["*"]}
    history: {days: 4000}
    origins: ["https://www.example.com"]
    universal_analytics:
      goals: {1: sign_up, 2: nope}
      dimensions:
        eventLabel: customEvent:nope
        1: customEvent:nope2
        2: pageTitle
      metrics: {1: "eventCount[nope==x] + customEvent:nope3"}
      calculated: {PerUser: sessions/totalUsers}
dashboards:
  board:
    views: [busy, empty, young]
    range: 2026-11-01..2026-11-10
    panels:
%[2]s`, host, dashboard))
	clock := func() time.Time { return noon.Add(time.Duration(x.ahead.Load())) }
	google := x.google(filepath.Join(filepath.Dir(path), "key.json"), "http://"+host, clock)
	srv.Config.Handler = x.counting(google)
	srv.Start()
	t.Cleanup(srv.Close)
	c, err := ReadConfig(path)
	check(t, err)
	c.Clock = clock
	x.app, err = New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	public := httptest.NewServer(x.app.server.Handler())
	t.Cleanup(func() { public.Close(); check(t, x.app.Close()) })
	x.url = public.URL
	x.begin()
	return x
}

func (x *quiet) google(key, base string, clock func() time.Time) http.Handler {
	x.t.Helper()
	sites := world.DefaultSites()
	empty, young := sites[1], sites[1]
	empty.Property, empty.Empty = emptyProperty, true
	young.Property, young.Days = youngProperty, 1
	w, err := world.New(world.Config{Seed: 1, Now: noon, Events: 20_000, Sites: append(sites, empty, young)})
	check(x.t, err)
	google, err := emulator.New(emulator.Config{World: w, BaseURL: base, Clock: clock})
	check(x.t, err)
	// A service account's assertions are dated by the machine's clock.
	text, err := google.IssueAuthorizedUser(robot)
	check(x.t, cmp.Or(err, os.WriteFile(key, text, 0o600)))
	x.emulated = google
	return google.Handler()
}

func (x *quiet) counting(google http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := strings.Contains(r.URL.Path, ":run") || strings.Contains(r.URL.Path, ":batch")
		switch {
		case report:
			x.asked.Add(x.questions(r))
			if answer, _ := x.answer.Load().(string); answer != "" && x.recorded(r) {
				_, _ = io.WriteString(w, answer)
				return
			}
		case x.admin.Load() && strings.HasPrefix(r.URL.Path, "/v1beta/properties/") && !strings.HasSuffix(r.URL.Path, "/metadata"):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":{"code":403,"message":"Google Analytics Admin API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`)
			return
		}
		google.ServeHTTP(w, r)
	})
}

// questions returns how many reports a request asks for. Which of them share a request depends on which wait
// for a slot at the same time, and so on the speed of the machine.
func (x *quiet) questions(r *http.Request) int64 {
	body, err := io.ReadAll(r.Body)
	check(x.t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var batch struct{ Requests []json.RawMessage }
	check(x.t, json.Unmarshal(body, &batch))
	return int64(max(len(batch.Requests), 1))
}

// recorded reports whether a request is one that is answered as recorded. Those
// about the time zone are not.
func (x *quiet) recorded(r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	check(x.t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return !bytes.Contains(body, []byte(`"endDate":"yesterday"`)) // the gate's queries have dates
}

// begin mints tokens, as pages do.
func (x *quiet) begin() {
	x.t.Helper()
	mint := func(path string) string {
		status, body := x.ask("GET", path, "", "", "Origin", "https://www.example.com")
		return x.given("access_token", status, body)
	}
	x.token, x.board = mint("/token"), mint("/token?dashboard=board")
}

// get returns the body of an answer that must be good.
func (x *quiet) get(method, path, body string) string {
	x.t.Helper()
	token := x.token
	if strings.HasPrefix(path, "/v1/dashboards/") {
		token = x.board
	}
	status, text := x.ask(method, path, token, body)
	if status != http.StatusOK {
		x.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// A drawn dashboard is what is looked at of one.
type drawn struct {
	Panels []struct {
		Name, Stale, Freshness string
		Error                  json.RawMessage
		Report                 json.RawMessage
	}
}

func (x *quiet) draw(query string) drawn {
	x.t.Helper()
	var d drawn
	check(x.t, json.Unmarshal([]byte(x.get("GET", "/v1/dashboards/board"+query, "")), &d))
	for _, p := range d.Panels {
		if p.Error != nil || p.Report == nil || p.Stale != "" {
			x.t.Errorf("%s: panel %s: %s %s", query, p.Name, p.Error, p.Stale)
		}
	}
	return d
}

// TestRecordedEmptyAnswers follows each shape in which Google answers about nothing
// to the front door. Adding a shape is adding a file to testdata/empty: the
// sections panel, question and google are written by hand, the others by
// go test -run TestRecordedEmptyAnswers -update, and read.
func TestRecordedEmptyAnswers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "empty", "*.txt"))
	check(t, err)
	if len(files) == 0 {
		t.Fatal("no shapes")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			check(t, err)
			parts := sections(string(text))
			x := newQuiet(t, "      - "+parts["panel"]+"\n")
			x.answer.Store(parts["google"])
			run, export := "runReport", "exportReport"
			if !strings.Contains(parts["question"], "dateRanges") {
				run, export = "runRealtimeReport", "exportRealtimeReport"
			}
			got := []struct{ name, text string }{
				{"report", x.get("POST", "/v1/views/empty:"+run, parts["question"])},
				{"file", x.get("POST", "/v1/views/empty:"+export, parts["question"])},
				{"panel's report", string(x.draw("?view=empty").Panels[0].Report)},
				{"panel's file", x.get("GET", "/v1/dashboards/board/panels/p:export?view=empty", "")},
			}
			if got[0].text != parts["google"] {
				t.Errorf("clients of Google get %s, not %s", got[0].text, parts["google"])
			}
			whole := fmt.Sprintf("%s\n-- panel --\n%s\n-- question --\n%s\n-- google --\n%s\n", parts[""], parts["panel"], parts["question"], parts["google"])
			for _, g := range got[1:] {
				clean := strings.TrimPrefix(strings.ReplaceAll(g.text, "\r\n", "\n"), "\ufeff")
				whole += fmt.Sprintf("-- %s --\n%s\n", g.name, strings.TrimSuffix(clean, "\n"))
			}
			if *updateEmpty {
				check(t, os.WriteFile(file, []byte(whole), 0o644))
			} else if whole != string(text) {
				t.Errorf("got\n%s\nwant\n%s", whole, text)
			}
		})
	}
}

// sections splits a text at lines such as "-- name --"; what stands before the
// first has no name.
func sections(text string) map[string]string {
	parts := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if head, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(head, " --\n") {
			parts[name] = strings.TrimSuffix(parts[name], "\n")
			name = strings.TrimSuffix(head, " --\n")
			continue
		}
		parts[name] += line
	}
	parts[name] = strings.TrimSuffix(parts[name], "\n")
	return parts
}

const everyPanel = `      - {name: now, type: scorecard, realtime: true, metrics: [activeUsers]}
      - {name: visits, type: scorecard, metrics: [sessions], compare: true}
      - {name: people, type: scorecard, metrics: [totalUsers], compare: true}
      - {name: views, type: scorecard, metrics: [screenPageViews]}
      - {name: days, type: line, dimensions: [date], metrics: [sessions], compare: true}
      - {name: clicks, type: area, dimensions: [date], metrics: [eventCount]}
      - {name: pages, type: table, dimensions: [pagePath], metrics: [screenPageViews, totalUsers]}
      - {name: countries, type: geo, dimensions: [countryId], metrics: [sessions]}
      - {name: devices, type: donut, dimensions: [deviceCategory], metrics: [sessions]}
`

// TestPropertyWithoutData: a dashboard over a property that nobody ever visited
// shows zeros and empty charts, and costs no more reports than another, on the
// next day neither.
func TestPropertyWithoutData(t *testing.T) {
	cost := func(view string) (first, second, tomorrow int64) {
		x := newQuiet(t, everyPanel)
		spent := func() int64 { return x.asked.Swap(0) }
		d := x.draw("?view=" + view + "&range=28d")
		first = spent()
		if view == "empty" {
			for i, want := range []string{`[{"metricValues":[{"value":"0"}]}]`,
				`[{"dimensionValues":[{"value":"current"}],"metricValues":[{"value":"0"}]},{"dimensionValues":[{"value":"previous"}],"metricValues":[{"value":"0"}]}]`} {
				if got := rowsIn(t, d.Panels[i].Report); got != want {
					t.Errorf("panel %d has the rows %s, want %s", i, got, want)
				}
			}
		}
		for range 3 {
			x.draw("?view=" + view + "&range=28d")
		}
		second = spent()
		x.ahead.Store(int64(24 * time.Hour))
		x.begin()
		x.draw("?view=" + view + "&range=28d")
		return first, second, spent()
	}
	busy, busyAgain, busyTomorrow := cost("busy")
	empty, emptyAgain, emptyTomorrow := cost("empty")
	if empty > busy || emptyAgain != 0 || busyAgain != 0 || emptyTomorrow > busyTomorrow {
		t.Errorf("the empty property costs %d questions, %d more, and %d tomorrow; another %d, %d and %d",
			empty, emptyAgain, emptyTomorrow, busy, busyAgain, busyTomorrow)
	}
}

func rowsIn(t *testing.T, body []byte) string {
	t.Helper()
	var r struct{ Rows json.RawMessage }
	check(t, json.Unmarshal(body, &r))
	return string(bytes.TrimSpace(r.Rows))
}

// TestPropertyThatBeganYesterday: the time before is zero.
func TestPropertyThatBeganYesterday(t *testing.T) {
	x := newQuiet(t, everyPanel)
	d := x.draw("?view=young&range=1d")
	var r struct {
		Rows []struct{ DimensionValues, MetricValues []struct{ Value string } }
	}
	check(t, json.Unmarshal(d.Panels[1].Report, &r))
	numbers := map[string]string{}
	for _, row := range r.Rows {
		numbers[row.DimensionValues[0].Value] = row.MetricValues[0].Value
	}
	if len(r.Rows) != 2 || numbers["current"] == "0" || numbers["previous"] != "0" {
		t.Errorf("sessions %v", numbers)
	}
	file := x.get("GET", "/v1/dashboards/board/panels/visits:export?view=young&range=1d", "")
	if !strings.Contains(file, "\r\nprevious,0\r\n") || !strings.Contains(file, "\r\ncurrent,"+numbers["current"]+"\r\n") {
		t.Errorf("a file %q for %v", file, numbers)
	}
	batch := x.get("POST", "/v1/views/young:batchRunReports", `{"requests":[
		{"dateRanges":[{"startDate":"9daysAgo","endDate":"3daysAgo"}],"metrics":[{"name":"sessions"}]},
		{"dateRanges":[{"startDate":"9daysAgo","endDate":"3daysAgo"}],"metrics":[{"name":"sessions"}],"dimensions":[{"name":"date"}]},
		{"dateRanges":[{"startDate":"yesterday","endDate":"yesterday"}],"metrics":[{"name":"sessions"}],"metricAggregations":["TOTAL"]}]}`)
	if !strings.HasPrefix(batch, `{"kind":"analyticsData#batchRunReports","reports":[{"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runReport"},{"dimensionHeaders":[{"name":"date"}],"metricHeaders":`) {
		t.Errorf("a batch is answered with %s", batch)
	}
}

// TestFileOfAnEmptyComparison: a part of the visitors that nobody belongs to has its row of zeros in a file.
func TestFileOfAnEmptyComparison(t *testing.T) {
	x := newQuiet(t, everyPanel)
	is := func(name, country string) string {
		return `{"name":"` + name + `","dimensionFilter":{"filter":{"fieldName":"country","stringFilter":{"value":"` + country + `"}}}}`
	}
	for view, want := range map[string]string{"busy": "nobody,0\r\n", "empty": "here,0\r\nnobody,0\r\n"} {
		file := x.get("POST", "/v1/views/"+view+":exportReport", `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"2026-11-01","endDate":"2026-11-10"}],
			"comparisons":[`+is("here", "Germany")+`,`+is("nobody", "Nowhere")+`]}`)
		if !strings.HasPrefix(file, "\ufeffcomparison,sessions\r\nhere,") || !strings.HasSuffix(file, want) || strings.Count(file, "\r\n") != 3 {
			t.Errorf("%s: %q", view, file)
		}
	}
}

// TestQuietWithoutTheAdminAPI: the time zone is found out although nobody was there.
func TestQuietWithoutTheAdminAPI(t *testing.T) {
	x := newQuiet(t, everyPanel)
	x.admin.Store(true)
	x.draw("?view=empty")
	for f := range x.app.Check(t.Context(), time.Minute) {
		if f.Err != nil || f.Property.TimeZone.String() != "Europe/Berlin" {
			t.Errorf("%+v", f)
		}
	}
}

// TestRealtimeFallsToZero: when everybody has left, the card says so.
func TestRealtimeFallsToZero(t *testing.T) {
	x := newQuiet(t, "      - {name: p, type: scorecard, realtime: true, metrics: [activeUsers]}\n")
	x.answer.Store(`{"metricHeaders":[{"name":"activeUsers","type":"TYPE_INTEGER"}],"rows":[{"metricValues":[{"value":"7"}]}],"rowCount":1,"kind":"analyticsData#runRealtimeReport"}`)
	if got := rowsIn(t, x.draw("").Panels[0].Report); got != `[{"metricValues":[{"value":"7"}]}]` {
		t.Errorf("at first %s", got)
	}
	x.answer.Store(`{"kind":"analyticsData#runRealtimeReport"}`)
	x.ahead.Store(int64(10 * time.Minute))
	x.begin()
	if got := rowsIn(t, x.draw("").Panels[0].Report); got != `[{"metricValues":[{"value":"0"}]}]` {
		t.Errorf("then %s", got)
	}
}

// TestExamine: a view without visitors is no fault, but worth a note, and so is a name
// that means a field which the property lacks.
func TestExamine(t *testing.T) {
	x := newQuiet(t, everyPanel)
	file := x.app.config.src.path
	notes := map[string][]string{
		"empty": {"no traffic in the last 28 days: is the site's tag in place?"},
		"young": {
			file + ":15: universal_analytics.goals, 2: the property has no metric keyEvents:nope",
			file + ":18: universal_analytics.dimensions, 1: the property has no dimension customEvent:nope2",
			file + ":17: universal_analytics.dimensions, eventLabel: the property has no dimension customEvent:nope",
			file + ":20: universal_analytics.metrics, 1: the property has no dimension nope",
			file + ":20: universal_analytics.metrics, 1: the property has no metric customEvent:nope3",
		},
	}
	for f := range x.app.Examine(t.Context(), time.Minute) {
		if want := notes[f.View]; f.Err != nil || !slices.Equal(f.Notes, want) {
			t.Errorf("view %s: %v, notes %q, want %q", f.View, f.Err, f.Notes, want)
		}
	}
}

// TestAChosenCurrencyIsNoChange: Google repeats the currency that a question chooses,
// which says nothing of the property: what is stored of it stays.
func TestAChosenCurrencyIsNoChange(t *testing.T) {
	x := newQuiet(t, everyPanel)
	ask := func(more string) {
		x.get("POST", "/v1/views/busy:runReport", `{`+more+`"metrics":[{"name":"totalRevenue"}],"dateRanges":[{"startDate":"2026-11-01","endDate":"2026-11-10"}]}`)
	}
	ask("")
	before := x.asked.Load()
	x.ahead.Store(int64(time.Second))
	ask(`"currencyCode":"USD",`)
	ask("")
	if n := x.asked.Load() - before; n != 1 {
		t.Errorf("Google was asked %d times, want once: for another currency", n)
	}
}
