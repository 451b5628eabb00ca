package storm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

const (
	visitors = 200
	origin   = "https://www.example.com"
	slowness = 200 * time.Millisecond // of every answer of Google

	// configuration has a dashboard of 10 panels that ask 9 questions, for two panels
	// ask the same. A comparison is one question with two date ranges.
	panels, questions = 10, 9
	configuration     = `
limits: {tokens_per_second: 1000, tokens_burst: 1000}
views:
  shop: {property: "412600303", public: true, origins: ["` + origin + `"]}
dashboards:
  overview:
    title: Overview
    views: [shop]
    range: 28d
    panels:
      - {name: now, title: Now, type: scorecard, realtime: true, metrics: [activeUsers]}
      - {name: sessions, title: Sessions, type: scorecard, metrics: [sessions], compare: true}
      - {name: again, title: Sessions again, type: scorecard, metrics: [sessions], compare: true}
      - {name: users, title: Users, type: scorecard, metrics: [totalUsers], compare: true}
      - {name: bounce, title: Bounce rate, type: scorecard, metrics: [bounceRate], compare: true}
      - {name: visitors, title: Visitors, type: line, range: 30d, metrics: [sessions, totalUsers], dimensions: [date]}
      - {name: pages, title: Pages, type: table, metrics: [screenPageViews], dimensions: [pagePath], limit: 10}
      - {name: countries, title: Countries, type: geo, metrics: [totalUsers], dimensions: [country]}
      - {name: channels, title: Channels, type: bar, metrics: [sessions], dimensions: [sessionDefaultChannelGroup]}
      - {name: devices, title: Devices, type: donut, metrics: [sessions], dimensions: [deviceCategory]}
`
)

// Methods of the emulator that compute reports.
var reporting = []string{"runReport", "batchRunReports", "runRealtimeReport"}

func TestFirstVisitorsAllAtOnce(t *testing.T) {
	google := slowGoogle(t)
	key, err := google.IssueKey("robot@storm-project.iam.gserviceaccount.com")
	fatal(t, err)
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	server := house.Serve(t, program, house.Config{Google: google, Key: key, Rest: configuration})
	before := google.Counts()
	for _, method := range reporting {
		if n := before.Requests[method]; n != 0 {
			t.Fatalf("the server is not cold: %d %s", n, method)
		}
	}

	began := time.Now()
	bodies := rush(t, server)
	took := time.Since(began)

	after := google.Counts()
	if n := after.Requests["token"]; n != 1 {
		t.Errorf("%d requests for an access token, want 1", n)
	}
	// Fewer where panels that differ in their metrics were asked as one.
	if after.Reports > questions || after.DistinctReports != after.Reports {
		t.Errorf("%d reports computed, %d of them different, want at most %d, all different", after.Reports, after.DistinctReports, questions)
	}
	for method, statuses := range after.Statuses {
		for status, n := range statuses {
			if status != "200" {
				t.Errorf("Google answered %d × %s to %s", n, status, method)
			}
		}
	}
	if most := after.MostAtOnce["412600303"]; most > 8 {
		t.Errorf("%d at once to the property, want at most 8", most)
	}
	checkBodies(t, bodies)
	t.Logf("%d visitors in %v: %d token request, %d reports (%d distinct) in %s; most at once %d",
		visitors, took.Round(time.Millisecond), after.Requests["token"], after.Reports, after.DistinctReports,
		requests(after), after.MostAtOnce["412600303"])
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func slowGoogle(t *testing.T) *house.Google {
	t.Helper()
	w, err := world.New(world.Config{Seed: 3, Now: time.Now(), Days: 90, Events: 100_000})
	fatal(t, err)
	google := house.NewGoogle(t, w, nil)
	fatal(t, google.SetLatency("*", emulator.Latency{Fixed: slowness}))
	return google
}

func requests(c emulator.Counts) string {
	out := ""
	for _, method := range reporting {
		out += fmt.Sprintf("%d %s ", c.Requests[method], method)
	}
	return out[:len(out)-1]
}

// rush lets all visitors in at the same moment and returns what each was shown.
func rush(t *testing.T, server *house.Server) [][]byte {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: visitors}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var (
		bodies = make([][]byte, visitors)
		doors  = make(chan struct{})
		all    sync.WaitGroup
	)
	for i := range visitors {
		all.Go(func() {
			<-doors
			var err error
			if bodies[i], err = visit(client, server); err != nil {
				t.Errorf("visitor %d: %v", i, err)
			}
		})
	}
	close(doors)
	all.Wait()
	return bodies
}

// visit does what the page does: a token, then the dashboard with all its data.
func visit(client *http.Client, server *house.Server) ([]byte, error) {
	body, err := get(client, server.Public+"/token?dashboard=overview", "")
	if err != nil {
		return nil, err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &token); err != nil {
		return nil, err
	}
	return get(client, server.Public+"/v1/dashboards/overview", token.AccessToken)
}

func get(client *http.Client, url, token string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Origin", origin)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, res.Status, body)
	}
	return body, err
}

// checkBodies fails the test unless every visitor saw every panel, with the same
// reports as all others. It tells of one visitor; the others mostly suffer the same.
func checkBodies(t *testing.T, bodies [][]byte) {
	t.Helper()
	want, err := reportsOf(bodies[0])
	if err != nil {
		t.Errorf("visitor 0: %v", err)
		return
	}
	for i, body := range bodies {
		got, err := reportsOf(body)
		if err == nil && !slices.Equal(got, want) {
			err = errors.New("saw other numbers than the first")
		}
		if err != nil {
			t.Errorf("visitor %d: %v", i, err)
			return
		}
	}
}

// reportsOf returns the reports of a dashboard's ten panels.
func reportsOf(body []byte) ([]string, error) {
	var d struct {
		Panels []struct {
			Name   string          `json:"name"`
			Report json.RawMessage `json:"report"`
			Error  struct {
				Message string `json:"message"`
			} `json:"error"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, err
	}
	var reports []string
	for _, p := range d.Panels {
		if len(p.Report) == 0 {
			return nil, fmt.Errorf("panel %s: %s", p.Name, p.Error.Message)
		}
		reports = append(reports, string(p.Report))
	}
	if len(reports) != panels {
		return nil, fmt.Errorf("%d panels, want %d", len(reports), panels)
	}
	return reports, nil
}
