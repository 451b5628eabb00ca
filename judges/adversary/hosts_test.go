package adversary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hostAttacks come from backends, or from who would be one.
func hostAttacks() []attack {
	return slices.Concat(keyAttacks(), mintAttacks(), accountAttacks(), signedAttacks())
}

// keyAttacks show what is no API key.
func keyAttacks() []attack {
	var attacks []attack
	key := func(name string, as bearer) {
		attacks = append(attacks, attack{name: "key: " + name, of: hosts, ask: ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: as}, want: status(401)})
	}
	change := func(f func(key string) string) bearer {
		return func(_ testing.TB, s *stage) string { return f(s.apiKeys["agency"]) }
	}
	key("none", nil)
	key("its hash", func(_ testing.TB, s *stage) string { return s.hashes["agency"] })
	key("cut", change(func(k string) string { return k[:len(k)-1] }))
	key("lengthened", change(func(k string) string { return k + "0" }))
	key("in capitals", change(strings.ToUpper))
	key("a character changed", change(func(k string) string { return flip(k, 20) }))
	key("its prefix", literal("oriel_"))
	key("an embed token", token("shop"))
	key("of a host's name", literal("agency"))
	key("very long", literal("oriel_"+strings.Repeat("k", 7000)))
	key("two", change(func(k string) string { return k + "," + k }))
	return attacks
}

// mintAttacks ask for what is not the host's.
func mintAttacks() []attack {
	var attacks []attack
	mint := func(name, body string) {
		attacks = append(attacks, attack{name: "mint: " + name, of: hosts, ask: ask{path: "/v1/tokens", body: body, as: apiKey("clerk")}, want: refused})
	}
	mint("another's view", `{"views":["vault"]}`)
	mint("one's own view and another's", `{"views":["shop","vault"]}`)
	mint("another's view by its alias", `{"views":["old-vault"]}`)
	mint("another's view by its number", `{"views":["ga:88"]}`)
	mint("another's view by its property", `{"views":["`+vaultProperty+`"]}`)
	mint("a view of the same property", `{"views":["narrow"]}`)
	mint("the property", `{"views":["`+shopProperty+`"]}`)
	mint("all views", `{"views":["*"]}`)
	mint("a view in capitals", `{"views":["VAULT"]}`)
	mint("an empty view", `{"views":[""]}`)
	mint("another's dashboard", `{"dashboards":["strongroom"]}`)
	mint("one's own dashboard and another's", `{"dashboards":["overview","strongroom"]}`)
	mint("a dashboard over another's view", `{"dashboards":["days"]}`)
	mint("nothing", `{}`)
	mint("null", `null`)
	mint("a list", `[{"views":["shop"]}]`)
	mint("a filter for another's view", `{"views":["shop"],"filters":{"vault":"country==Germany"}}`)
	mint("two filters for a view", `{"views":["shop"],"filters":{"shop":"country==Germany","old-shop":"country==Japan"}}`)
	mint("an empty filter for a view", `{"views":["shop"],"filters":{"shop":null}}`)
	mint("views twice", `{"views":["shop"],"views":["vault"]}`)
	mint("views twice, in another case", `{"views":["shop"],"VIEWS":["vault"]}`)
	mint("a filter twice", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"Germany"}}},"filter":null}`)
	mint("a filter twice, in another case", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"Germany"}}},"Filter":null}`)
	mint("a filter twice, in another script", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"Germany"}}},"\u0066ilter":null}`)
	mint("a filter of two kinds", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"Germany"}},"orGroup":{"expressions":[]}}}`)
	mint("a filter of nothing", `{"views":["shop"],"filter":{}}`)
	mint("a filter of no field", `{"views":["shop"],"filter":{"filter":{"fieldName":"","stringFilter":{"value":"x"}}}}`)
	mint("a filter by a metric's name with spaces", `{"views":["shop"],"filter":{"filter":{"fieldName":"country OR 1=1","stringFilter":{"value":"x"}}}}`)
	mint("members that are the server's", `{"views":["shop"],"public":true}`)
	mint("a host", `{"views":["shop"],"host":"agency"}`)
	mint("a session", `{"views":["shop"],"sid":"x","session":"x"}`)
	mint("an issuer", `{"views":["shop"],"iss":"x"}`)
	mint("a negative life", `{"views":["shop"],"expires_in":-1}`)
	mint("a life of a fraction", `{"views":["shop"],"expires_in":1.5}`)
	mint("a life beyond 64 bits", `{"views":["shop"],"expires_in":99999999999999999999}`)
	mint("a life as text", `{"views":["shop"],"expires_in":"300"}`)
	mint("an origin that nobody lists", `{"views":["shop"],"origin":"https://evil.example"}`)
	mint("an origin null", `{"views":["shop"],"origin":"null"}`)
	mint("an origin of all", `{"views":["shop"],"origin":"*"}`)
	mint("an origin with a path", `{"views":["shop"],"origin":"https://www.shop.example/"}`)
	mint("a long subject", `{"views":["shop"],"subject":"`+strings.Repeat("s", 300)+`"}`)
	mint("a hundred and one views", `{"views":["shop"`+strings.Repeat(`,"shop"`, 100)+`]}`)
	mint("one's dashboard over another's view", `{"dashboards":[{"name":"overview","views":["shop","vault"]}]}`)
	mint("a dashboard over no view", `{"dashboards":[{"name":"overview","views":[]}]}`)
	mint("a dashboard twice", `{"dashboards":["overview","overview"]}`)
	mint("a filter null", `{"views":["shop"],"filter":null}`)
	mint("filters null", `{"views":["shop"],"filters":null}`)
	mint("filters of nothing", `{"views":["shop"],"filters":{}}`)
	mint("a filter that contains nothing", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"matchType":"CONTAINS","value":""}}}}`)
	mint("a filter that begins with nothing", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"matchType":"BEGINS_WITH"}}}}`)
	mint("a filter of an empty value", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","inListFilter":{"values":["Japan",""]}}}}`)
	mint("a filter that excludes alone", `{"views":["shop"],"filter":"country!=Japan"}`)
	mint("a filter that matches everything", `{"views":["shop"],"filter":"country=~.*"}`)
	mint("a filter with an open branch", `{"views":["shop"],"filter":"country==Japan,city!=Berlin"}`)
	mint("two values", `{"views":["shop"]}{"views":["vault"]}`)
	mint("something after it", `{"views":["shop"]},`)
	mint("a zero byte", `{"views":["shop\u0000"]}`)
	mint("views as a text", `{"views":"shop"}`)
	mint("views as an object", `{"views":{"0":"shop"}}`)
	return attacks
}

// accountAttacks ask for Google's token, and for others' rows.
func accountAttacks() []attack {
	return []attack{
		{name: "what a host may", of: hosts, ask: ask{path: "/v1/tokens", body: `{"views":["shop"],"dashboards":["overview"]}`, as: apiKey("clerk")}, want: all(status(200), with("no-store"), nowhere("gzip"))},
		{name: "a very long life", of: oneKey, run: shortLived},
		{name: "Google's token, by a host that may not", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token", as: apiKey("agency")}, want: refused},
		{name: "Google's token, from an address that is not listed", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token", as: apiKey("banker")}, want: refused},
		{name: "Google's token, from a forged address", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token", as: apiKey("banker"), head: []string{"X-Forwarded-For: 192.0.2.7", "X-Real-IP: 192.0.2.7", "Forwarded: for=192.0.2.7"}}, want: refused},
		{name: "Google's token, from a page", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token", as: apiKey("banker"), head: []string{"Origin: " + shopOrigin}}, want: all(refused, unreadable)},
		{name: "Google's token, with an embed token", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token", as: token("shop")}, want: refused},
		{name: "Google's token, without anything", of: tokenInPage, ask: ask{method: "POST", path: "/v1/accounts/agency:token"}, want: refused},
		{name: "Google's token, by GET", of: tokenInPage, ask: ask{path: "/v1/accounts/agency:token", as: apiKey("banker")}, want: refused},
		{name: "Google's token, a preflight", of: tokenInPage, ask: ask{method: "OPTIONS", path: "/v1/accounts/agency:token", head: []string{"Origin: " + shopOrigin, "Access-Control-Request-Method: POST"}}, want: unreadable},
		{name: "Google's token, accounts that are and are not sound alike", of: tokenInPage, run: accountsAlike},
		{name: "one question, many narrowings, at once", of: othersRows, run: poison},
		{name: "two rows of a filter in words", of: othersRows, run: filteredBy(`"country==Germany"`, "Germany")},
		{name: "a row of one view's filter", of: othersRows, run: filteredViewBy},
	}
}

// shortLived asks for a token for ten years.
func shortLived(t *testing.T, s *stage) {
	a := s.do(t, ask{path: "/v1/tokens", body: `{"views":["shop"],"expires_in":315360000}`, as: apiKey("clerk")})
	var token struct {
		ExpiresIn int `json:"expires_in"`
	}
	must(t, json.Unmarshal([]byte(a.body), &token))
	if token.ExpiresIn < 1 || token.ExpiresIn > 300 {
		t.Errorf("it lives for %d seconds", token.ExpiresIn)
	}
}

func accountsAlike(t *testing.T, s *stage) {
	about := func(name string) string {
		a := s.do(t, ask{method: "POST", path: "/v1/accounts/" + name + ":token", as: apiKey("agency")})
		return fmt.Sprint(a.status, strings.ReplaceAll(a.body, name, "$X"))
	}
	if is, isNot := about("agency"), about("nobody"); is != isNot {
		t.Errorf("%s\n%s", is, isNot)
	}
}

// poison asks the same of a view with many narrowings, all at once and again and
// again: each requester gets his own rows.
func poison(t *testing.T, s *stage) {
	var countries []string
	for _, row := range rowsOf(t, s.do(t, v1("shop", "")).body)[:6] {
		countries = append(countries, row[0])
	}
	var all sync.WaitGroup
	for _, country := range countries {
		text, err := json.Marshal(country)
		must(t, err)
		embed := s.mint(t, s.oriel, "agency", `{"views":["shop"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":`+string(text)+`}}}}`)
		all.Go(func() {
			for i := range 12 {
				s.seesOnly(t, embed, country, i%3)
			}
		})
	}
	all.Wait()
}

// seesOnly asks by country, in one of three dialects, and wants one country.
func (s *stage) seesOnly(t *testing.T, embed, country string, dialect int) {
	t.Helper()
	asked := []ask{
		{path: "/v1/views/shop:runReport", body: v1Body("")},
		{path: "/v1beta/properties/shop:batchRunReports", body: `{"requests":[` + v1Body("") + `]}`},
		v3("shop"),
	}[dialect]
	asked.as = literal(embed)
	got := send(t, s.oriel, s.expand(t, s.oriel, asked.text(t, s)), patience)
	s.harmless(t, got, false)
	if len(got.all) != 1 || got.all[0].status != http.StatusOK {
		t.Errorf("%s: %.300v", country, got.all)
		return
	}
	if body := got.all[0].body; strings.Count(body, `"`+country+`"`) != 1 {
		t.Errorf("%s sees %.600s", country, body)
	}
	if dialect == 0 {
		if rows := rowsOf(t, got.all[0].body); len(rows) != 1 || rows[0][0] != country {
			t.Errorf("%s sees %v", country, rows)
		}
	}
}

func filteredBy(filter, country string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		s.seesOnly(t, s.mint(t, s.oriel, "agency", `{"views":["shop"],"filter":`+filter+`}`), country, 0)
	}
}

// filteredViewBy narrows one view of two.
func filteredViewBy(t *testing.T, s *stage) {
	embed := s.mint(t, s.oriel, "agency", `{"views":["shop","narrow"],"filters":{"old-shop":"country==Germany","narrow":"country==`+home+`"}}`)
	s.seesOnly(t, embed, "Germany", 0)
	a := s.do(t, ask{path: "/v1/views/narrow:runReport", body: v1Body(""), as: literal(embed)})
	if rows := rowsOf(t, a.body); len(rows) != 1 || rows[0][0] != home {
		t.Errorf("the other view shows %v", rows)
	}
}
