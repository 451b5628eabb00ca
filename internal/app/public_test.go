package app

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
)

const publicPage = "https://www.example.com"

// newPublicPortal serves a museum that is public in the given way.
func newPublicPortal(t *testing.T, public string) *portal {
	t.Helper()
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	path, _ := against(t, `  museum: {property: '412600302', origins: ['`+publicPage+`'], aliases: ['ga:77'], `+public+`}
hosts: {portal: {api_keys: [`+hex.EncodeToString(hash[:])+`], views: [museum]}}
dashboards:
  board:
    views: [museum]
    ranges: [7d, 90d]
    panels:
      - {name: one, type: scorecard, metrics: [sessions]}
      - {name: two, type: table, metrics: [screenPageViews], dimensions: [pagePath]}
`)
	p := &portal{t: t, config: path, apiKey: apiKey}
	p.serve()
	return p
}

// visitor returns an anonymous token.
func (p *portal) visitor(query string) string {
	p.t.Helper()
	status, body := p.ask("GET", "/token"+query, "", "", "Origin", publicPage)
	return p.given("access_token", status, body)
}

// TestPublicMeansDashboards: of a view that is public, anonymous visitors read the panels of its
// dashboards over the ranges that these list, and can ask nothing else.
func TestPublicMeansDashboards(t *testing.T) {
	p := newPublicPortal(t, "public: true")
	const question = `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`
	status, body := p.ask("POST", "/v1/tokens", p.apiKey, `{"dashboards":["board"]}`)
	host := p.given("access_token", status, body)
	for who, token := range map[string]string{"a dashboard's": p.visitor("?dashboard=board"), "the origin's": p.visitor("")} {
		status, body := p.ask("GET", "/v1/dashboards/board?range=7d", token, "")
		var week struct {
			Range struct{ StartDate, EndDate string }
		}
		check(t, json.Unmarshal([]byte(body), &week))
		days := "?range=" + week.Range.StartDate + ".." + week.Range.EndDate
		if status != 200 || !strings.Contains(body, `"ranges":["7d","28d","90d"]`) || strings.Contains(body, "anyRange") {
			t.Errorf("%s: %d %.300s", who, status, body)
		}
		for _, c := range []struct {
			method, path, body string
			want               int
		}{
			{"GET", "/v1/dashboards/board", "", 200},
			{"GET", "/v1/dashboards/board" + days, "", 200},
			{"GET", "/v1/dashboards/board?range=45d", "", 403},
			{"GET", "/v1/dashboards/board?range=2026-01-01..2026-01-05", "", 403},
			{"GET", "/v1/dashboards/board/panels/one", "", 200},
			{"GET", "/v1/dashboards/board/panels/one?range=90d", "", 200},
			{"GET", "/v1/dashboards/board/panels/one?range=45d", "", 403},
			{"GET", "/v1/dashboards/board/panels/none", "", 404},
			{"GET", "/v1/dashboards/board/panels/one:export" + days, "", 200},
			{"GET", "/v1/dashboards/board/panels/one:export?range=45d", "", 403},
			{"POST", "/v1/views/museum:runReport", question, 403},
			{"POST", "/v1/views/museum:exportReport", question, 403},
			{"POST", "/v1/views/museum:batchRunReports", `{"requests":[` + question + `]}`, 403},
			{"POST", "/v1/views/museum:runRealtimeReport", `{"metrics":[{"name":"activeUsers"}]}`, 403},
			{"POST", "/v1/views/museum:checkCompatibility", "{}", 403},
			{"GET", "/v1/views/museum/metadata", "", 403},
			{"POST", "/v1beta/properties/museum:runReport", question, 403},
			{"GET", "/v3/data/ga?ids=ga:77&start-date=7daysAgo&end-date=yesterday&metrics=ga:sessions", "", 403},
		} {
			if status, body := p.ask(c.method, c.path, token, c.body); status != c.want {
				t.Errorf("%s token: %s %s: %d %.300s, want %d", who, c.method, c.path, status, body, c.want)
			}
		}
	}
	status, body = p.ask("GET", "/token?view=museum", "", "", "Origin", publicPage)
	if status != 403 || !strings.Contains(body, `panel=\"one\"`) || !strings.Contains(body, "public: questions") {
		t.Errorf("the page's developer is not told what to write: %d %s", status, body)
	}
	if status, body := p.ask("GET", "/v1/dashboards/board?range=45d", host, ""); status != 200 || !strings.Contains(body, `"anyRange":true`) {
		t.Errorf("a host's visitor, any range: %d %.300s", status, body)
	}
}

// TestOnePanelIsThatOfItsDashboard: a panel alone is what it is in its dashboard, and one line.
func TestOnePanelIsThatOfItsDashboard(t *testing.T) {
	p := newPublicPortal(t, "public: true")
	token := p.visitor("?dashboard=board")
	read := func(path string) []json.RawMessage {
		status, body := p.ask("GET", path, token, "")
		var got struct{ Panels []json.RawMessage }
		check(t, json.Unmarshal([]byte(body), &got))
		if status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
		return got.Panels
	}
	name := func(panel json.RawMessage) (n struct {
		Name   string
		Report json.RawMessage
	}) {
		check(t, json.Unmarshal(panel, &n))
		return n
	}
	whole, alone := read("/v1/dashboards/board"), read("/v1/dashboards/board/panels/two")
	if len(whole) != 2 || len(alone) != 1 {
		t.Fatalf("%d panels, and %d", len(whole), len(alone))
	}
	if a, b := name(whole[1]), name(alone[0]); a.Name != b.Name || string(a.Report) != string(b.Report) {
		t.Errorf("%s\nand alone %s", whole[1], alone[0])
	}
}

// TestPublicTokensKnowNoProperty: to anonymous visitors a view's property id is as unknown as
// any other word.
func TestPublicTokensKnowNoProperty(t *testing.T) {
	for _, public := range []string{"public: true", `public: questions, fields: {allow: ["*"]}, history: {days: 30}`} {
		p := newPublicPortal(t, public)
		const question = `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`
		for _, token := range []string{p.visitor("?dashboard=board"), p.visitor("")} {
			for _, c := range []struct{ method, path, body string }{
				{"POST", "/v1/views/$ID:runReport", question},
				{"POST", "/v1beta/properties/$ID:runReport", question},
				{"GET", "/v1beta/properties/$ID/metadata", ""},
				{"GET", "/v1beta/properties/$ID", ""},
				{"GET", "/v1/dashboards/board?view=$ID", ""},
				{"GET", "/v3/data/ga?ids=ga:$ID&start-date=7daysAgo&end-date=yesterday&metrics=ga:sessions", ""},
				{"GET", "/embed/board?view=$ID", ""},
			} {
				answer := func(id string) string {
					status, body := p.ask(c.method, strings.ReplaceAll(c.path, "$ID", id), token, c.body)
					return strconv.Itoa(status) + strings.ReplaceAll(body, id, "ID")
				}
				right, wrong := answer("412600302"), answer("412600399")
				if right != wrong || strings.HasPrefix(right, "200") {
					t.Errorf("%s %s: the right one is answered %.300s, another %.300s", c.method, c.path, right, wrong)
				}
			}
		}
	}
}

// TestEmbedMintsForPagesAlone: an image or a script that names the embed page's address gets no
// token, and uses up no limit.
func TestEmbedMintsForPagesAlone(t *testing.T) {
	p := newPublicPortal(t, "public: true")
	for dest, want := range map[string]int{"": 200, "document": 200, "iframe": 200, "image": 403, "script": 403, "empty": 403, "object": 403, "style": 403} {
		r, err := http.NewRequest("GET", p.url+"/embed/board", nil)
		check(t, err)
		if dest != "" {
			r.Header.Set("Sec-Fetch-Dest", dest)
		}
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		check(t, answer.Body.Close())
		if answer.StatusCode != want {
			t.Errorf("%q: %d, want %d", dest, answer.StatusCode, want)
		}
	}
	status, body := p.ask("GET", "/embed/board", "", "", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "application/json")
	p.given("name", status, body)
}

// TestPublicBudget: the questions of anonymous visitors end with their budget, what is cached is
// answered still, and dashboards and hosts do not notice.
func TestPublicBudget(t *testing.T) {
	p := newPublicPortal(t, `public: questions, fields: {allow: ["*"]}, history: {days: 400}, public_tokens_per_day: 6`)
	token := p.visitor("?view=museum")
	ask := func(token string, days int) (*http.Response, error) {
		r, err := http.NewRequest("POST", p.url+"/v1/views/museum:runReport", strings.NewReader(fmt.Sprintf(
			`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"%ddaysAgo","endDate":"3daysAgo"}]}`, days)))
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			err = answer.Body.Close()
		}
		return answer, err
	}
	last := 0
	for i := 10; i < 100 && last != 429; i++ {
		answer, err := ask(token, i)
		check(t, err)
		if last = answer.StatusCode; last != 200 && last != 429 {
			t.Fatalf("question %d: %s", i, answer.Status)
		}
		if wait, err := strconv.Atoi(answer.Header.Get("Retry-After")); last == 429 && (err != nil || wait < 1 || wait > 25*3600) {
			t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
		}
	}
	if last != 429 {
		t.Error("the budget has no end")
	}
	if answer, err := ask(token, 10); err != nil || answer.StatusCode != 200 {
		t.Errorf("what is cached: %v, %v", answer, err)
	}
	status, body := p.ask("GET", "/v1/dashboards/board?range=45d", p.visitor("?dashboard=board"), "")
	if status != 200 || !strings.Contains(body, `"error"`) {
		t.Errorf("a range that is not listed is a free question: %d %.300s", status, body)
	}
	status, body = p.ask("GET", "/v1/dashboards/board", p.visitor("?dashboard=board"), "")
	if status != 200 || strings.Contains(body, `"error"`) {
		t.Errorf("the dashboard: %d %s", status, body)
	}
	status, body = p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["museum"]}`)
	if answer, err := ask(p.given("access_token", status, body), 200); err != nil || answer.StatusCode != 200 {
		t.Errorf("a host's question: %v, %v", answer, err)
	}
}

// TestPublicSetOfManyViews: the token for all that is public on a page does not grow with it.
func TestPublicSetOfManyViews(t *testing.T) {
	const views = 1000
	var text strings.Builder
	for i := range views {
		fmt.Fprintf(&text, "  v%d: {property: '%d', public: true, origins: ['%s']}\n", i, 500_000_000+i, publicPage)
	}
	path, _ := against(t, text.String()+"dashboards: {board: {views: [v0, v999], panels: [{type: scorecard, metrics: [sessions]}]}}\n")
	a, err := start(t, path)
	check(t, err)
	token, err := a.authority.Public(t.Context(), access.Caller{Origin: publicPage}, nil, "")
	check(t, err)
	if len(token.AccessToken) > 1000 {
		t.Errorf("its length is %d", len(token.AccessToken))
	}
	grant, err := a.authority.Verify(t.Context(), token.AccessToken, access.Caller{Origin: publicPage})
	if names := strings.Join(grant.ViewNames(), " "); err != nil || names != "v0 v999" {
		t.Errorf("it opens %s, %v", names, err)
	}
	_, err = a.authority.Revoke(t.Context(), access.Revocation{Kind: access.RevokeView, Name: "v7", Before: time.Now()})
	check(t, err)
	if _, err := a.authority.Verify(t.Context(), token.AccessToken, access.Caller{Origin: publicPage}); err == nil {
		t.Error("a revocation of one of its views does not end it")
	}
}
