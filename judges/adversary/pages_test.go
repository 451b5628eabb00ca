package adversary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/judges/house"
)

// foreign are origins that no view lists, though each looks like one that is.
var foreign = []string{
	"null", "*", "https://evil.example", "https://www.shop.example.evil.example", "https://evil-www.shop.example", "https://evil.example/https://www.shop.example",
	"http://www.shop.example", "https://www.shop.example:443", "https://www.shop.example:8443", "https://www.shop.example:", "https://www.shop.example/", "https://www.shop.example.",
	"https://WWW.SHOP.EXAMPLE", "HTTPS://www.shop.example", "https://shop.example", "https://*.shop.example", "https://wwwxshop.example", "https://user@www.shop.example",
	"https://www.shop.example@evil.example", "https://www.shop.example%00.evil.example", "https://www.shop.example\\.evil.example", "https://www.shop.example,https://evil.example",
	"https://www.shop.example https://evil.example", "https://www.shop.example#evil", "https://www.shop.example?evil", "//www.shop.example", "www.shop.example", "https:///www.shop.example",
	"http://localhost", "http://127.0.0.1", "file://", "data:", "chrome-extension://abc", "https://www.shop.exampl\u0435", "https://www．shop．example",
}

// pageAttacks come from pages, or say so, and from proxies that are none.
func pageAttacks() []attack {
	var attacks []attack
	for i, origin := range foreign {
		head := []string{"Origin: " + origin}
		preflight := append([]string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"}, head...)
		for name, a := range map[string]ask{
			"asks":           {path: "/v1/views/shop:runReport", body: anything, as: token("shop"), head: head},
			"asks in v3":     {path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions", as: token("shop"), head: head},
			"asks in v4":     {path: "/v4/reports:batchGet", body: strings.ReplaceAll(v4Hosts, "$GA", "77"), as: token("shop"), head: head},
			"asks for all":   {path: "/v1/views", as: token("shop"), head: head},
			"reads a board":  {path: "/v1/dashboards/overview", as: token("shop"), head: head},
			"wants a token":  {path: "/token?view=shop", head: head},
			"renews":         {method: "POST", path: "/v1/tokens:renew", as: renewable("shop"), head: head},
			"preflights":     {method: "OPTIONS", path: "/v1/views/shop:runReport", head: preflight},
			"preflights v3":  {method: "OPTIONS", path: "/v3/management/accounts", head: preflight},
			"preflights all": {method: "OPTIONS", path: "/token", head: preflight},
		} {
			want := all(refused, refusalAlone(origin))
			if a.method == "OPTIONS" {
				want = all(refused, unreadable)
			}
			attacks = append(attacks, attack{name: fmt.Sprintf("origin %d %s", i, name), of: preflights, ask: a, want: want})
		}
	}
	attacks = append(attacks, corsAttacks()...)
	return append(attacks, proxyAttacks()...)
}

// unreadable wants an answer that no page of another origin may read.
func unreadable(t testing.TB, got answers) {
	t.Helper()
	if origin := got.only(t).header.Get("Access-Control-Allow-Origin"); origin != "" {
		t.Errorf("pages of %q may read the answer", origin)
	}
}

// refusalAlone wants an answer that tells a page, which may read it, nothing but
// that its origin is not listed.
func refusalAlone(origin string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		a := got.only(t)
		if all := a.header.Values("Access-Control-Allow-Origin"); len(all) != 1 || all[0] != origin {
			t.Errorf("pages of %q may read the answer, not of %s", all, origin)
		}
		if a.status != http.StatusForbidden || !strings.Contains(a.body, `"There is nothing by this name for pages of `) {
			t.Errorf("it says more than that: %.600s", a)
		}
	}
}

// readableBy wants an answer that pages of one origin alone may read.
func readableBy(origin string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		h := got.only(t).header
		if all := h.Values("Access-Control-Allow-Origin"); len(all) != 1 || all[0] != origin {
			t.Errorf("pages of %q may read the answer, not of %s", all, origin)
		}
		if !strings.Contains(h.Get("Vary"), "Origin") && !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("a cache may give the answer to other pages: Vary is %q", h.Get("Vary"))
		}
	}
}

func corsAttacks() []attack {
	listed, other := "Origin: "+shopOrigin, "Origin: "+vaultOrigin
	preflight := func(path, method, origin string) ask {
		return ask{method: "OPTIONS", path: path, head: []string{"Origin: " + origin, "Access-Control-Request-Method: " + method}}
	}
	return []attack{
		{name: "a listed page may", of: promiseOrigins, ask: ask{path: "/v1/views/shop:runReport", body: anything, as: token("shop"), head: []string{listed}}, want: all(status(200), readableBy(shopOrigin))},
		{name: "a listed page may preflight", of: preflights, ask: preflight("/v1/views/shop:runReport", "POST", shopOrigin), want: all(status(204), readableBy(shopOrigin))},
		{name: "a page that another view lists", of: promiseOrigins, ask: ask{path: "/v1/views/shop:runReport", body: anything, as: token("shop"), head: []string{other}}, want: refused},
		{name: "a page that another view lists, v3", of: promiseOrigins, ask: ask{path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions", as: token("shop"), head: []string{other}}, want: refused},
		{name: "a page that another view lists, v4", of: promiseOrigins, ask: ask{path: "/v4/reports:batchGet", body: strings.ReplaceAll(v4Hosts, "$GA", "77"), as: token("shop"), head: []string{other}}, want: refused},
		{name: "a page that another view lists, dashboard", of: promiseOrigins, ask: ask{path: "/v1/dashboards/overview", as: token("shop"), head: []string{other}}, want: refused},
		{name: "a page that another view lists, profile", of: promiseOrigins, ask: ask{path: "/v3/management/accounts/1/webproperties/UA-77-1/profiles/77", as: token("shop"), head: []string{other}}, want: refused},
		{name: "a page that another view lists, token", of: promiseOrigins, ask: ask{path: "/token?view=shop", head: []string{other}}, want: refused},
		{name: "a page that another view lists, bound token", of: promiseOrigins, ask: ask{path: "/v1/views/shop:runReport", body: anything, as: token("bound"), head: []string{other}}, want: refused},
		{name: "two origins, the listed first", of: preflights, ask: ask{path: "/v1/views/shop:runReport", body: anything, as: token("shop"), head: []string{listed, "Origin: https://evil.example"}}, want: notReadableBy("https://evil.example")},
		{name: "two origins, the listed last", of: preflights, ask: ask{path: "/v1/views/shop:runReport", body: anything, as: token("shop"), head: []string{"Origin: https://evil.example", listed}}, want: all(refused, refusalAlone("https://evil.example"))},
		{name: "an API key from a page", of: promiseOrigins, ask: ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: apiKey("agency"), head: []string{listed}}, want: all(status(403), unreadable)},
		{name: "an API key from the server's own page", of: promiseOrigins, ask: ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: apiKey("agency"), head: []string{"Origin: $SELF"}}, want: all(status(403), unreadable)},
		{name: "a preflight for API keys", of: preflights, ask: preflight("/v1/tokens", "POST", shopOrigin), want: unreadable},
		{name: "a preflight for pages", of: preflights, ask: preflight("/embed/overview", "GET", shopOrigin), want: unreadable},
		{name: "a preflight for another method", of: preflights, ask: preflight("/v1/views/shop:runReport", "DELETE", shopOrigin), want: nowhere("DELETE")},
		{name: "a preflight of a view that is not there tells nothing", of: preflights, ask: preflight("/v1/views/nothing:runReport", "POST", shopOrigin), want: status(204)},
		{name: "a private network's preflight", of: preflights, ask: ask{method: "OPTIONS", path: "/v1/views", head: []string{listed, "Access-Control-Request-Method: GET", "Access-Control-Request-Private-Network: true"}}, want: nowhere("Private-Network")},
		{name: "a page is read by frames alone", of: promiseOrigins, ask: ask{path: "/embed/overview", head: []string{listed}}, want: all(status(200), unreadable)},
		{name: "an unlisted page's frame", of: refusedToFrame, ask: ask{path: "/embed/overview", head: []string{"Sec-Fetch-Dest: iframe", "Referer: https://evil.example/"}}, want: all(status(403), with("https://evil.example", "views.", "origins"), nowhere("oriel-data"))},
		{name: "who may frame", of: promiseOrigins, ask: ask{path: "/embed/overview", head: []string{"Sec-Fetch-Dest: iframe", "Referer: https://www.shop.example/"}}, want: all(status(200), with("frame-ancestors https://www.shop.example]"))},
		{name: "a claim to be the same site", of: promiseOrigins, ask: ask{path: "/token?view=vault", head: []string{"Sec-Fetch-Site: same-origin", "Referer: $SELF/embed/overview"}}, want: refused},
		{name: "a script in v3's callback", of: jsonp, ask: ask{path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions&callback=alert", as: token("shop")}, want: all(refused, nowhere("alert("))},
		{name: "a script in the lists' callback", of: jsonp, ask: ask{path: "/v3/management/accounts?callback=alert", as: token("shop")}, want: all(refused, nowhere("alert("))},
		{name: "a script in v4's callback", of: jsonp, ask: ask{path: "/v4/reports:batchGet?callback=alert", body: strings.ReplaceAll(v4Hosts, "$GA", "77"), as: token("shop")}, want: all(refused, nowhere("alert("))},
		{name: "a script in v1's callback", of: jsonp, ask: ask{path: "/v1/views?callback=alert&alt=json-in-script", as: token("shop")}, want: nowhere("alert(")},
		{name: "a script in the token's callback", of: jsonp, ask: ask{path: "/token?view=shop&callback=alert", head: []string{listed}}, want: nowhere("alert(")},
		{name: "an error is JSON", of: jsonp, ask: ask{path: "/v3/data/ga?ids=%3Cscript%3E", as: token("shop")}, want: all(refused, with("application/json", "nosniff"))},
		{name: "markup in a page's view", of: parameters, ask: ask{path: "/embed/overview?view=%3Cscript%3Ealert(1)%3C/script%3E"}, want: all(refused, nowhere("<script>alert"))},
		{name: "markup in a page's name", of: parameters, ask: ask{path: "/embed/%3Cscript%3Ealert(1)%3C%2Fscript%3E"}, want: all(refused, nowhere("<script>alert"))},
		{name: "markup in a page's theme", of: parameters, ask: ask{path: "/embed/overview?theme=dark%22%3E%3Cscript%3Ealert(1)"}, want: all(refused, nowhere("<script>alert"))},
		{name: "markup in a page's language", of: parameters, ask: ask{path: "/embed/overview?lang=de%22%3E%3Cscript%3Ealert(1)"}, want: all(refused, nowhere("<script>alert"))},
		{name: "markup in a page's range", of: parameters, ask: ask{path: "/embed/overview?range=%3C/script%3E%3Cscript%3Ealert(1)"}, want: all(refused, nowhere("<script>alert"))},
		{name: "markup in a frame's page", of: parameters, ask: ask{path: "/embed/overview", head: []string{"Sec-Fetch-Dest: iframe", `Referer: https://"><script>alert(1)</script>/`}}, want: nowhere("<script>alert")},
		{name: "a policy in a frame's page", of: parameters, ask: ask{path: "/embed/overview", head: []string{"Sec-Fetch-Dest: iframe", "Referer: https://evil.example;frame-ancestors%20*/"}}, want: nowhere("frame-ancestors *")},
		{name: "a page's parameters as JSON's", of: parameters, ask: ask{path: `/v1/dashboards/overview?range=7d%22%2C%22views%22%3A%5B%22vault%22%5D&panels=hosts&filter=x&property=` + vaultProperty, as: token("shop")}, want: without(marks...)},
	}
}

func notReadableBy(origin string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		for _, allowed := range got.only(t).header.Values("Access-Control-Allow-Origin") {
			if strings.Contains(allowed, origin) || allowed == "*" {
				t.Errorf("pages of %q may read the answer", allowed)
			}
		}
	}
}

// nowhere wants words in no answer, though they were sent.
func nowhere(words ...string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		for _, a := range got.all {
			for _, word := range words {
				if strings.Contains(a.String(), word) {
					t.Errorf("%q is in the answer: %.800s", word, a)
				}
			}
		}
	}
}

// proxyAttacks say what only a proxy of the operator's may.
func proxyAttacks() []attack {
	forged := []string{"X-Forwarded-Host: evil-host.example", "X-Forwarded-Proto: gopher", "X-Forwarded-Port: 31337", "X-Forwarded-Prefix: /evil-path", "Forwarded: for=203.0.113.9;host=evil-host.example;proto=gopher", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics", "X-Host: evil-host.example"}
	tame := nowhere("evil-host", "gopher", "31337", "evil-path", "oriel_http")
	return []attack{
		{name: "forwarded to a page", of: proxyBypass, ask: ask{path: "/embed/overview", head: forged}, want: all(status(200), tame)},
		{name: "forwarded to v3", of: proxyBypass, ask: ask{path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions", as: token("shop"), head: forged}, want: all(status(200), tame)},
		{name: "forwarded to the lists", of: proxyBypass, ask: ask{path: "/v3/management/accountSummaries", as: token("shop"), head: forged}, want: all(status(200), tame)},
		{name: "forwarded without a token", of: proxyBypass, ask: ask{path: probe, head: append([]string{"X-Forwarded-User: agency", "X-Forwarded-Email: a@shop.example", "X-Auth-Request-User: agency", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "X-Forwarded-Uri: /healthz", "User-Agent: GoogleHC/1.0"}, forged...)}, want: status(401)},
		{name: "another host", of: proxyBypass, ask: ask{path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions", as: token("shop"), head: []string{"Host: evil-host.example"}}, want: all(status(200), tame)},
		{name: "another host's page", of: proxyBypass, ask: ask{path: "/embed/overview", head: []string{"Host: evil-host.example"}}, want: tame},
		{name: "a redirect with another host", of: proxyBypass, ask: ask{path: "/v1/views/x/../shop/metadata", as: token("shop"), head: []string{"Host: evil-host.example"}}, want: tame},
		{name: "a method in a header", of: proxyBypass, ask: ask{path: "/v1/views", as: token("shop"), head: []string{"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PUT", "X-Method-Override: PUT"}}, want: status(200)},
		{name: "the limit of an address, with forged addresses", of: proxyBypass, run: limited("", "X-Forwarded-For: 203.0.113.%d\r\nX-Real-IP: 203.0.113.%[1]d\r\nForwarded: for=203.0.113.%[1]d\r\nTrue-Client-IP: 203.0.113.%[1]d\r\nCF-Connecting-IP: 203.0.113.%[1]d\r\nX-Client-IP: 203.0.113.%[1]d", true)},
		{name: "the limit of an address, behind a proxy that adds to a forged list", of: spentLimits, run: limited("trusted_proxies: [127.0.0.1/32]", "X-Forwarded-For: 203.0.113.%d, 198.51.100.7", true)},
		{name: "the limit of an address, with two lists", of: spentLimits, run: limited("trusted_proxies: [127.0.0.1/32]", "X-Forwarded-For: 203.0.113.%d\r\nX-Forwarded-For: 198.51.100.7", true)},
		{name: "the limit of an address, of one IPv6 network", of: spentLimits, run: limited("trusted_proxies: [127.0.0.1/32]", "X-Forwarded-For: 2001:db8:1:2::%x", true)},
		{name: "several visitors behind a proxy", of: spentLimits, run: limited("trusted_proxies: [127.0.0.1/32]", "X-Forwarded-For: 203.0.113.%d", false)},
	}
}

// limited wants that somebody who asks for tokens again and again is told to wait,
// or that several are not.
func limited(config, header string, want bool) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		server := s.another(t, config+"\nlimits: {tokens_per_second: 0.01, tokens_burst: 5}\n"+viewsOf(configuration))
		told := 0
		for i := range 12 {
			got := send(t, server, s.expand(t, server, "GET /token?view=shop HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\nOrigin: "+shopOrigin+"\r\n"+fmt.Sprintf(header, i+1)+"\r\n\r\n"), patience)
			s.harmless(t, got, false)
			a := got.only(t)
			switch a.status {
			case http.StatusTooManyRequests:
				told++
				if a.header.Get("Retry-After") == "" {
					t.Error("it does not say when to come back")
				}
			case http.StatusOK:
			default:
				t.Fatalf("answered %v", a)
			}
		}
		if want != (told == 7) || !want && told > 0 {
			t.Errorf("%d of 12 were told to wait", told)
		}
	}
}

// viewsOf returns the configuration without its limits.
func viewsOf(configuration string) string {
	_, rest, _ := strings.Cut(configuration, "HOSTS")
	return "HOSTS" + rest
}

// publicToken mints a visitor's token as a page does.
func (s *stage) publicToken(t testing.TB, server *house.Server, query string) string {
	t.Helper()
	token, err := server.Token(shopOrigin, query)
	must(t, err)
	var claims members
	_, claims = s.taken(t, token)
	if claims["exp"] == nil {
		text, _ := json.Marshal(claims)
		t.Fatalf("a token without an end: %s", text)
	}
	return token
}
