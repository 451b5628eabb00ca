package adversary

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/canary"
	"github.com/oriel-server/oriel/judges/house"
)

// answerAttacks look for what answers tell beside what was asked.
func answerAttacks() []attack {
	export := func(view, more string) ask {
		a := v1(view, more)
		a.path = strings.Replace(a.path, ":runReport", ":exportReport", 1)
		return a
	}
	return []attack{
		{name: "what a page brings along", of: bootstrapSecrets, run: bootstrap},
		{name: "what a dashboard brings along", of: bootstrapSecrets, run: dashboardMembers},
		{name: "what an error tells", of: answersTellQuery, ask: v1("narrow", `"metrics":[{"name":"nothing"}]`), want: all(refused, without("hostName", home, "dimensionFilter", "SELECT", "query"))},
		{name: "metrics that do not go together with the filter", of: answersTellQuery, ask: v1("narrow", `"dimensions":[{"name":"itemName"}],"metrics":[{"name":"sessions"},{"name":"itemsViewed"}]`), want: without("hostName", "dimensionFilter")},
		{name: "a file is no page", of: promiseAnswers, ask: export("narrow", ""), want: all(status(200), with("nosniff", "attachment; filename=", "text/csv", "no-store"), without("text/html"))},
		{name: "a file's name", of: promiseAnswers, ask: ask{path: "/v1/views/ga%3A78:exportReport", body: anything, as: token("narrow")}, want: nowhere("../", `\r`, `"ga:`)},
		{name: "a file's hidden field", of: sideEndpoints, ask: export("narrow", `"dimensions":[{"name":"city"}]`), want: refused},
		{name: "a file's hidden metric in an order", of: sideEndpoints, ask: export("narrow", `"orderBys":[{"metric":{"metricName":"newUsers"}}]`), want: refused},
		{name: "a file's rows", of: sideEndpoints, run: fileAtHome(export("narrow", ""))},
		{name: "a file's rows, with a filter", of: sideEndpoints, run: fileAtHome(export("narrow", `"dimensionFilter":{"orGroup":{"expressions":[{"filter":{"fieldName":"countryId","stringFilter":{"value":"DE"}}},{"filter":{"fieldName":"country","stringFilter":{"value":"New Zealand"}}}]}}`))},
		{name: "a file's days", of: sideEndpoints, run: fileDays(export("narrow", `"dimensions":[{"name":"date"}],"dateRanges":[{"startDate":"35daysAgo","endDate":"today"}]`))},
		{name: "a file's days, of a panel", of: sideEndpoints, run: fileDays(ask{path: "/v1/dashboards/days/panels/long:export", as: token("narrow")})},
		{name: "a file's days, of a panel and a range", of: sideEndpoints, run: fileDays(ask{path: "/v1/dashboards/days/panels/days:export?range=38d", as: token("narrow")})},
		{name: "a file's days, refused where the view says so", of: sideEndpoints, ask: export("strict", `"dateRanges":[{"startDate":"35daysAgo","endDate":"today"}]`), want: refused},
		{name: "a file of realtime where there is none", of: sideEndpoints, ask: ask{path: "/v1/views/strict:exportRealtimeReport", body: realtimeBody, as: token("strict")}, want: refused},
		{name: "a panel that is not the dashboard's", of: crossView, ask: ask{path: "/v1/dashboards/overview/panels/days:export", as: token("shop")}, want: refused},
		{name: "cells that are formulas", of: promiseAnswers, run: formulas},
		{name: "one access token for all", of: keyInHealthCheck, run: oneToken},
		{name: "what operators read", of: keyInHealthCheck, run: operatorsPages},
		{name: "what operators read of an account that is gone", of: keyInHealthCheck, run: accountGone},
		{name: "one who gives up does not hold others", of: heldMutex, run: impatient},
		{name: "what is old says so", of: staleUnlabeled, run: stale},
		{name: "what was done is written down", of: promiseAudit, run: audited},
		{name: "lines that are gone show", of: promiseAudit, run: tampered},
		{name: "tokens are Google's nowhere", of: promiseSecrets, ask: ask{path: "/token?view=shop", head: []string{"Origin: " + shopOrigin}}, want: all(status(200), nowhere("ya29"))},
		{name: "no cookie is needed", of: noCookies, ask: ask{path: "/embed/overview", head: []string{"Sec-Fetch-Storage-Access: none"}}, want: all(status(200), nowhere("Set-Cookie", "Clear-Site-Data"))},
	}
}

var inlined = regexp.MustCompile(`(?s)<script type="application/json" id="oriel-data">(.*?)</script>`)

// bootstrap wants a page's data to hold nothing but what is listed here.
func bootstrap(t *testing.T, s *stage) {
	a := s.do(t, ask{path: "/embed/overview"})
	m := inlined.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no data in %.600s", a.body)
	}
	onlyMembers(t, m[1], "name", "title", "view", "views", "range", "ranges", "anyRange", "today", "expiresIn", "panels", "token", "base")
}

func dashboardMembers(t *testing.T, s *stage) {
	a := s.do(t, ask{path: "/v1/dashboards/overview", as: token("shop")})
	onlyMembers(t, a.body, "name", "title", "view", "views", "range", "ranges", "anyRange", "today", "expiresIn", "panels")
}

// onlyMembers holds an object to a list of members, and its parts to theirs.
func onlyMembers(t *testing.T, text string, allowed ...string) {
	t.Helper()
	var all map[string]json.RawMessage
	must(t, json.Unmarshal([]byte(text), &all))
	parts := map[string][]string{
		"view": {"name", "title", "timeZone", "currencyCode"}, "range": {"name", "startDate", "endDate"}, "token": {"access_token", "expires_in", "token_type"},
		"panels": {"name", "title", "type", "width", "options", "compare", "realtime", "dateRanges", "report", "asOf", "age", "freshness", "stale", "notices"}, "views": {"name", "title", "timeZone", "currencyCode"},
		"report": {"dimensionHeaders", "metricHeaders", "rows", "rowCount", "metadata", "kind"}, "metadata": {"currencyCode", "timeZone"},
	}
	for name, value := range all {
		if !slices.Contains(allowed, name) {
			t.Errorf("the member %q is there: %.200s", name, value)
		}
		if inner, ok := parts[name]; ok {
			var list []json.RawMessage
			if json.Unmarshal(value, &list) != nil {
				list = []json.RawMessage{value}
			}
			for _, part := range list {
				onlyMembers(t, string(part), inner...)
			}
		}
	}
}

// records reads a CSV file.
func records(t *testing.T, s *stage, a ask) [][]string {
	t.Helper()
	got := s.do(t, a)
	if got.status != http.StatusOK {
		t.Fatalf("%d %.300s", got.status, got.body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\ufeff"))).ReadAll()
	must(t, err)
	if len(rows) < 2 {
		t.Fatalf("no rows: %s", got.body)
	}
	return rows[1:]
}

func fileAtHome(a ask) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		for _, row := range records(t, s, a) {
			if row[0] != home {
				t.Errorf("a row of %s", row[0])
			}
		}
	}
}

func fileDays(a ask) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		first := firstDay(t)
		for _, row := range records(t, s, a) {
			if row[0] < first {
				t.Errorf("a row of %s, and the history begins on %s", row[0], first)
			}
		}
	}
}

// answering is a Google that answers every report with given names of pages.
func answering(names []string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, ":runReport") && !strings.HasSuffix(r.URL.Path, ":batchRunReports") {
				next.ServeHTTP(w, r)
				return
			}
			type value struct {
				Value string `json:"value"`
			}
			var rows []map[string][]value
			for _, name := range names {
				rows = append(rows, map[string][]value{"dimensionValues": {{name}}, "metricValues": {{"7"}}})
			}
			answer := map[string]any{
				"dimensionHeaders": []map[string]string{{"name": "pageTitle"}}, "metricHeaders": []map[string]string{{"name": "sessions", "type": "TYPE_INTEGER"}},
				"rows": rows, "rowCount": len(rows), "metadata": map[string]string{"currencyCode": "EUR", "timeZone": "Pacific/Auckland"}, "kind": "analyticsData#runReport",
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer) // a client that left asks again
		})
	}
}

// formulas wants no cell that a spreadsheet would take for one.
func formulas(t *testing.T, s *stage) {
	names := []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "＝1+1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\")",
		"a;=1", "a\t=1", "a\n=1", "a\r\n=1", "\"=1", "'=1", "a,=1", "a\",=1", "\x00=1", "\x0b=1", "\u2028=1", "﹦1", "﹢1", "﹣1", "﹫1", "a;\t +1", "a|=1",
	}
	google, err := house.OpenGoogle(s.google.World(), answering(names))
	must(t, err)
	t.Cleanup(func() { google.Close() })
	server := s.withGoogle(t, google)
	a := s.at(t, server, ask{path: "/v1/views/shop:exportReport", as: literal(s.mint(t, server, "agency", `{"views":["shop"]}`)), body: v1Body(`"dimensions":[{"name":"pageTitle"}]`)})
	if a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	text := strings.TrimPrefix(a.body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(t, err)
	if len(rows) != len(names)+1 {
		t.Fatalf("%d rows of %d: %s", len(rows)-1, len(names), text)
	}
	for i, row := range rows[1:] {
		trimmed := strings.TrimLeft(row[0], " \t\r\n\x00\x0b\u00a0\u200b\ufeff\u2028")
		if trimmed == "" || strings.ContainsAny(trimmed[:1], "=+-@") || slices.ContainsFunc([]string{"＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫"}, func(sign string) bool { return strings.HasPrefix(trimmed, sign) }) {
			t.Errorf("%q became the cell %q", names[i], row[0])
		}
	}
	// Where a semicolon, a tab or a line's end parts cells, none begins with a sign either.
	for _, cell := range regexp.MustCompile("[;\t\r\n]").Split(text, -1) {
		if cell = strings.TrimPrefix(strings.TrimLeft(cell, " "), `"`); cell != "" && strings.ContainsAny(cell[:1], "=+@") {
			t.Errorf("elsewhere, the cell %q begins with a sign", cell)
		}
	}
}

// withGoogle runs a server that asks another Google, with a key of its own.
func (s *stage) withGoogle(t *testing.T, google *house.Google) *house.Server {
	t.Helper()
	key, err := google.IssueKey(robot)
	must(t, err)
	must(t, s.secrets.AddKeyFile(key))
	dir := t.TempDir()
	must(t, s.writeHostKeys(dir))
	server, err := house.OpenServer(s.program, dir, house.Config{Google: google, Key: key, Rest: s.section(configuration)})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	must(t, s.secrets.AddSigningKeys(dir))
	return server
}

// fresh is a Google of its own, over a small world.
func (s *stage) fresh(t *testing.T) *house.Google {
	t.Helper()
	past, err := world.New(world.Config{Seed: 3, Now: time.Now(), Days: 20, Events: 4_000, Sites: []world.Site{
		{Property: shopProperty, Name: "Shop", Host: "www.shop.example", TimeZone: "Pacific/Auckland", CurrencyCode: "NZD", Profile: "shop", Share: 1},
		{Property: vaultProperty, Name: "Vault Canary Ltd", Host: vaultHost, TimeZone: "Asia/Kathmandu", CurrencyCode: "NPR", Profile: "museum", Share: 1},
	}})
	must(t, err)
	google, err := house.OpenGoogle(past, s.listen)
	must(t, err)
	t.Cleanup(func() { google.Close() })
	return google
}

// oneToken asks many questions: Google is asked for an access token once.
func oneToken(t *testing.T, s *stage) {
	google := s.fresh(t)
	server := s.withGoogle(t, google)
	embed := literal(s.mint(t, server, "agency", `{"views":["shop"]}`))
	for _, dimension := range []string{"country", "date", "deviceCategory", "pagePath", "city"} {
		if a := s.at(t, server, ask{path: "/v1/views/shop:runReport", as: embed, body: v1Body(`"dimensions":[{"name":"` + dimension + `"}]`)}); a.status != http.StatusOK {
			t.Fatalf("%v", a)
		}
	}
	if n := google.Counts().TokensIssued; n != 1 {
		t.Errorf("%d access tokens were issued", n)
	}
}

func operatorsPages(t *testing.T, s *stage) {
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/quota", "/revocations", "/nothing", "/debug/pprof/", "/config"} {
		s.operate(t, s.oriel, "GET", path, "")
	}
	for what, where := range s.secrets.Found() {
		t.Errorf("%s: %s", what, where)
	}
}

// accountGone revokes Google's account: causes are told, secrets are not.
func accountGone(t *testing.T, s *stage) {
	google := s.fresh(t)
	server := s.withGoogle(t, google)
	question := ask{path: "/v1/views/shop:runReport", as: literal(s.mint(t, server, "agency", `{"views":["shop"]}`)), body: anything}
	before := question // a server that never had an answer would end
	before.body = v1Body(`"dimensions":[{"name":"browser"}]`)
	if a := s.at(t, server, before); a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	must(t, google.RevokeAccount(robot))
	must(t, google.RevokeTokens(robot))
	a := send(t, server, s.expand(t, server, question.text(t, s)), patience).only(t)
	if a.status < 500 || strings.Contains(a.body, robot) || strings.Contains(a.body, "invalid_grant") {
		t.Errorf("a viewer reads %v", a)
	}
	s.operate(t, server, "GET", "/readyz", "")
	s.secrets.Search(canary.Logged, "the log without an account", string(server.Log()), "")
	for what, where := range s.secrets.Found() {
		t.Errorf("%s: %s", what, where)
	}
}

// impatient asks while Google is slow, and leaves: another who asks the same is
// answered, and so is everybody who asks something else.
func impatient(t *testing.T, s *stage) {
	google := s.fresh(t)
	server := s.withGoogle(t, google)
	embed := s.mint(t, server, "agency", `{"views":["shop"]}`)
	must(t, google.SetLatency("token", emulator.Latency{Fixed: 3 * time.Second}))
	question := s.expand(t, server, ask{path: "/v1/views/shop:runReport", as: literal(embed), body: anything}.text(t, s))
	send(t, server, question, 200*time.Millisecond) // and leaves
	if a := s.at(t, server, ask{path: "/v1/views", as: literal(embed)}); a.status != http.StatusOK {
		t.Errorf("what Google is not needed for is answered %v", a)
	}
	got := send(t, server, question, time.Minute)
	if a := got.only(t); a.status != http.StatusOK {
		t.Errorf("who waits is answered %v", a)
	}
}

// stale fails Google after an answer: what is old says so, and what is not known
// is no empty answer.
func stale(t *testing.T, s *stage) {
	google := s.fresh(t)
	config := "cache: {realtime: 1ms, intraday: 1ms, settling: 1ms, final: 1ms}\n"
	key, err := google.IssueKey(robot)
	must(t, err)
	dir := t.TempDir()
	must(t, s.writeHostKeys(dir))
	server, err := house.OpenServer(s.program, dir, house.Config{Google: google, Key: key, Rest: s.section(config + configuration)})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	embed := literal(s.mint(t, server, "agency", `{"views":["shop"]}`))
	question := ask{path: "/v1/views/shop:runReport", as: embed, body: anything}
	if a := s.at(t, server, question); a.status != http.StatusOK {
		t.Fatalf("%v", a)
	}
	must(t, google.SetFault("*", emulator.Fault{Status: 503, Rate: 1}))
	s.until(t, "an old answer says that it is old", func() bool {
		a := s.at(t, server, question)
		if a.status != http.StatusOK || a.header.Get("Age") == "" || a.header.Get("Oriel-As-Of") == "" {
			t.Fatalf("%v", a)
		}
		return a.header.Get("Oriel-Stale") == "unavailable"
	})
	if a := s.at(t, server, ask{path: "/v1/views/shop:runReport", as: embed, body: v1Body(`"dimensions":[{"name":"browser"}]`)}); a.status < 500 {
		t.Errorf("what nobody knows is answered %v", a)
	}
}

// audited does one of each, and wants a line of each, with who and what.
func audited(t *testing.T, s *stage) {
	server := s.another(t, configuration)
	embed := s.mint(t, server, "agency", `{"views":["shop"],"subject":"customer-4711"}`)
	s.at(t, server, ask{path: "/v1/views/shop:runReport", as: literal(embed), body: anything})
	s.at(t, server, ask{path: "/v1/views/shop:exportReport", as: literal(embed), body: anything})
	s.at(t, server, ask{path: "/v1/views/vault:runReport", as: literal(embed), body: anything})
	s.at(t, server, ask{path: probe, as: literal("nonsense")})
	s.renews(t, server, embed)
	s.operate(t, server, "POST", "/revocations", `{"kind":"subject","name":"customer-4711"}`)
	wanted := map[string]string{
		"mint": `"host":"agency".*"subject":"customer-4711"`, "read": `"host":"agency".*"view":"shop".*"metrics":\["sessions"\].*"rows":`, "export": `"view":"shop"`,
		"refuse": `"outcome":"refused"`, "renew": `"subject":"customer-4711"`, "revoke": `customer-4711`,
	}
	s.until(t, "lines of all: "+strings.Join(slices.Sorted(maps.Keys(wanted)), ", "), func() bool {
		text := trail(t, server)
		for event, words := range wanted {
			if !regexp.MustCompile(`"event":"` + event + `".*` + words).MatchString(text) {
				return false
			}
		}
		return true
	})
	text := trail(t, server)
	s.secrets.Search(canary.Logged, "the audit trail", text, "")
	without("127.0.0.1", embed)(t, answers{all: []answer{{body: text}}})
}

// tampered changes the trail in every way, and wants it to show.
func tampered(t *testing.T, s *stage) {
	dir := "tampered"
	server, err := s.open(dir, configuration)
	must(t, err)
	for range 5 {
		s.mint(t, server, "agency", `{"views":["shop"]}`)
	}
	must(t, server.Close())
	whole := trail(t, server)
	verify := func(text string) bool { return s.verifies(t, text) }
	if !verify(whole) {
		t.Fatalf("a trail that nobody touched is not whole:\n%s", whole)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	for name, text := range map[string]string{
		"a line removed":  strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""),
		"a line twice":    strings.Join(slices.Insert(slices.Clone(lines), 2, lines[2]), ""),
		"two lines moved": lines[0] + lines[1] + lines[3] + lines[2] + strings.Join(lines[4:], ""),
		"a word changed":  strings.Replace(whole, `"host":"agency"`, `"host":"nobody"`, 1),
		"a space added":   strings.Replace(whole, `"host":`, `"host": `, 1),
	} {
		if verify(text) {
			t.Errorf("%s does not show", name)
		}
	}
}
