package app

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// hostOf runs a server against an emulator of some sites, with a host of all views, and returns
// who asks with a token for a view. The configuration begins with views and ends with more.
func hostOf(t *testing.T, sites []world.Site, views string) func(view string) (*portal, string) {
	t.Helper()
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	srv := httptest.NewUnstartedServer(nil)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf("google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}\n"+
		"accounts: {agency: {key_file: key.json}}\nlimits: {requests_per_second: 1e6, requests_burst: 1000000}\n"+
		"hosts: {portal: {api_keys: [%[2]s], views: [\"*\"]}}\nviews:\n%[3]s", host, hex.EncodeToString(hash[:]), views))
	w, err := world.New(world.Config{Seed: 1, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Events: 2000, Sites: sites})
	check(t, err)
	google, err := emulator.New(emulator.Config{World: w, BaseURL: "http://" + host})
	check(t, err)
	key, err := google.IssueKey(robot)
	check(t, cmp.Or(err, os.WriteFile(filepath.Join(filepath.Dir(path), "key.json"), key, 0o600)))
	srv.Config.Handler = google.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	_, address, stop := crowdServed(t, path)
	t.Cleanup(stop)
	p := &portal{t: t, url: address, config: path}
	return func(view string) (*portal, string) {
		status, body := p.ask("POST", "/v1/tokens", apiKey, `{"views":["`+view+`"]}`)
		return p, p.given("access_token", status, body)
	}
}

// secretDefinitions are custom definitions of which no visitor may learn the name, and one that is
// computed from them.
var secretDefinitions = []world.Custom{
	{Name: "customEvent:secret_plan", Label: "secret_plan", Values: []string{"a", "b"}},
	{Name: "customUser:secret_tier", Label: "secret_tier", Values: []string{"a", "b"}},
	{Name: "customEvent:secret_cost", Label: "secret_cost", Type: "TYPE_CURRENCY"},
	{Name: "calcMetric:margin", Label: "margin", Type: "TYPE_FLOAT", Expression: "totalRevenue - {customEvent:secret_cost}"},
}

const secretView = `    property: '412600302'
    aliases: ["ga:%d"]
    universal_analytics:
      goals: {1: secret_goal}
      dimensions: {1: customEvent:secret_plan, eventLabel: customUser:secret_tier}
      metrics: {1: customEvent:secret_cost, 2: "eventCount+customEvent:secret_cost", socialInteractions: "customEvent:secret_cost/2"}
      calculated: {Cost: "customEvent:secret_cost/sessions"}
`

// TestNoListNamesADeniedField: lists of columns, goals, segments and custom definitions, metadata,
// compatibilities and errors name no custom definition and no key event that the view hides,
// whether it denies them or does not allow them.
func TestNoListNamesADeniedField(t *testing.T) {
	sites := world.DefaultSites()
	sites[1].Custom = secretDefinitions
	as := hostOf(t, sites, "  denying:\n    fields: {deny: [\"customEvent:*\", \"customUser:*\", \"keyEvents:*\", newVsReturning]}\n"+fmt.Sprintf(secretView, 7)+
		"  allowing:\n    fields: {allow: [country, sessions, eventCount, totalRevenue, calcMetric:margin, sessionMedium]}\n"+fmt.Sprintf(secretView, 8))
	for number, view := range []string{7: "denying", 8: "allowing"} {
		if view == "" {
			continue
		}
		p, token := as(view)
		for _, a := range secretQuestions(view, number) {
			status, body := p.ask(a[0], a[1], token, a[2])
			if strings.Contains(body, "secret") || strings.HasPrefix(a[1], "/v3/management") && status != 200 || status >= 500 {
				t.Errorf("%s %s %s: %d %s", a[0], a[1], a[2], status, body)
			}
		}
		_, segments := p.ask("GET", "/v3/management/segments", token, "")
		if got := strings.Contains(segments, "gaid::-2"); got || !strings.Contains(segments, "gaid::-5") {
			t.Errorf("%s lists segments %s", view, segments)
		}
	}
}

// secretQuestions are methods, addresses and bodies.
func secretQuestions(view string, number int) (all [][3]string) {
	property := "/v3/management/accounts/~all/webproperties/~all"
	for _, path := range []string{
		"/v1/views/" + view + "/metadata", "/v3/metadata/ga/columns", "/v3/management/segments", "/v3/management/accountSummaries",
		property + "/customDimensions", property + "/customMetrics", property + "/profiles/~all/goals",
	} {
		all = append(all, [3]string{"GET", path, ""})
	}
	all = append(all, [3]string{"POST", "/v1/views/" + view + ":checkCompatibility", `{"metrics":[{"name":"sessions"}]}`})
	for _, dimension := range []string{"ga:dimension1", "ga:eventLabel", "ga:dimension2", "ga:country"} {
		for _, metric := range []string{"ga:sessions", "ga:metric1", "ga:metric2", "ga:socialInteractions", "ga:goal1Completions", "ga:goalXXCompletions", "ga:calcMetric_Cost"} {
			q := url.Values{"ids": {fmt.Sprintf("ga:%d", number)}, "start-date": {"7daysAgo"}, "end-date": {"today"}, "dimensions": {dimension}, "metrics": {metric}}
			all = append(all, [3]string{"GET", "/v3/data/ga?" + q.Encode(), ""}, [3]string{"POST", "/v4/reports:batchGet", fmt.Sprintf(
				`{"reportRequests":[{"viewId":"%d","dateRanges":[{"startDate":"7daysAgo","endDate":"today"}],"dimensions":[{"name":"%s"}],"metrics":[{"expression":"%s"}]}]}`,
				number, dimension, metric)})
		}
	}
	for _, name := range []string{"customEvent:secre_plan", "customUser:secre_tier", "calcMetric:margi", "keyEvents:secre_goal"} {
		all = append(all, [3]string{"POST", "/v1/views/" + view + ":runReport", `{"dimensions":[{"name":"` + name + `"}],"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"today"}]}`},
			[3]string{"POST", "/v1/views/" + view + ":runRealtimeReport", `{"dimensions":[{"name":"` + name + `"}],"metrics":[{"name":"` + name + `"}]}`})
	}
	return all
}
