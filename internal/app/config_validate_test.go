package app

import (
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	const view = "views:\n  shop:\n    property: '1'\n    "
	for _, c := range []struct{ text, want string }{
		{"listen: 8080\n" + oneView, `oriel.yaml:1: listen: "8080" is not an address: write host:port`},
		{"operator:\n  listen: here\n" + oneView, `oriel.yaml:2: operator.listen: "here" is not an address`},
		{"listen: :8080\n" + oneView, `oriel.yaml: public_url: "http://:8080" is not the address that browsers use`},
		{"public_url: https://a.example/stats\n" + oneView, `oriel.yaml:1: public_url: "https://a.example/stats" is not the address`},
		{"public_url: ftp://a.example\n" + oneView, `oriel.yaml:1: public_url`},
		{"trusted_proxies: [10.0.0.1]\n" + oneView, `oriel.yaml:1: trusted_proxies: "10.0.0.1" is not a network`},
		{"log: {format: xml}\n" + oneView, `oriel.yaml:1: log.format: "xml" is not a format`},
		{"log: {level: loud}\n" + oneView, `oriel.yaml:1: log.level: "loud" is not a level`},
		{"google:\n  data_url: http://google.example\n" + oneView, `oriel.yaml:2: google.data_url: "http://google.example" would send the access token in the clear`},
		{"google:\n  admin_url: ftp://x\n" + oneView, `oriel.yaml:2: google.admin_url: "ftp://x" is not a URL`},
		{"tokens:\n  keys_file: ''\n" + oneView, `oriel.yaml:2: tokens.keys_file: name a file`},
		{"tokens: {lifetime: 61m}\n" + oneView, `oriel.yaml:1: tokens.lifetime: embed tokens live between 1s and 1h, not 1h1m0s`},
		{"tokens: {session: 1m}\n" + oneView, `oriel.yaml:1: tokens.session: sessions last between tokens.lifetime, 5m0s, and 168h0m0s, not 1m0s`},
		{"tokens: {public_session: 200h}\n" + oneView, `oriel.yaml:1: tokens.public_session`},
		{"tokens: {lifetime: 1ms}\n" + oneView, `oriel.yaml:1: tokens.lifetime`},
		{"hosts:\n  cms: {api_keys: [abcd], views: [shop]}\n" + oneView, `oriel.yaml:2: hosts.cms.api_keys: an API key stands here as its SHA-256`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: [x]}\n" + oneView, `oriel.yaml:2: hosts.cms.views: there is no view "x"`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: [shop], dashboards: [x]}\n" + oneView, `oriel.yaml:2: hosts.cms.dashboards: there is no dashboard "x"`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "]}\n" + oneView, `oriel.yaml:2: hosts.cms.views: name the views that its tokens may open: write views: [shop], or views: ["*"] for all`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: []}\n" + oneView, `oriel.yaml:2: hosts.cms.views: name the views that its tokens may open`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], dashboards: [o]}\n" + oneView + "dashboards:\n  o: {views: [shop], panels: [{type: scorecard, metrics: [sessions]}]}\n",
			`oriel.yaml:2: hosts.cms.views: name the views that its tokens may open: write views: [shop], or views: ["*"] for all, and questions: false for a host`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: [shop, '*']}\n" + oneView, `oriel.yaml:2: hosts.cms.views: write views: ["*"] for all views, or their names`},
		{"views:\n  shop: {property: \"412600303\", token_filter: [sessions]}\n", `oriel.yaml:2: views.shop.token_filter: "sessions" is not a dimension of GA4`},
		{"views:\n  shop: {property: \"412600303\", token_filter: ['a b']}\n", `oriel.yaml:2: views.shop.token_filter: "a b" is not a dimension of GA4`},
		{"views:\n  shop: {property: \"412600303\", token_filter: [country], public: true, origins: [https://www.example.com]}\n",
			`oriel.yaml:2: views.shop.token_filter: anonymous visitors have no filter: write public: false, or leave token_filter out`},
		{"hosts:\n  cms: {views: [shop]}\n" + oneView, `oriel.yaml:2: hosts.cms: a host needs api_keys or signing_keys`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: [shop], access_tokens: {accounts: [default]}}\n" + oneView, `oriel.yaml:2: hosts.cms.access_tokens: name both`},
		{"hosts:\n  cms: {api_keys: [" + strings.Repeat("0a", 32) + "], views: [shop], access_tokens: {accounts: [default], from: [0.0.0.0/0]}}\n" + oneView, `oriel.yaml:2: hosts.cms.access_tokens.from: "0.0.0.0/0" is every address`},
		{"operator:\n  hosts: ['http://oriel']\n" + oneView, `oriel.yaml:2: operator.hosts: "http://oriel" is not a host's name`},
		{"operator: {hosts: ['oriel:9090']}\n" + oneView, `oriel.yaml:1: operator.hosts: "oriel:9090" is not`},
		{"operator: {hosts: ['*.internal']}\n" + oneView, `oriel.yaml:1: operator.hosts: "*.internal" is not`},
		{"operator: {hosts: ['10.0.0.1']}\n" + oneView, `oriel.yaml:1: operator.hosts: "10.0.0.1" is not`},
		{"cache: {max_mb: -1}\n" + oneView, `oriel.yaml:1: cache.max_mb: -1 MB is negative`},
		{"cache: {prewarm: -1s}\n" + oneView, `oriel.yaml:1: cache.prewarm: -1s is negative: write 0s to fetch nothing ahead of time`},
		{"cache: {max_disk_mb: 0}\n" + oneView, `oriel.yaml:1: cache.max_disk_mb: 0 MB is too small: write at least 1, or file: none`},
		{"cache: {stale: -1s}\n" + oneView, `oriel.yaml:1: cache.stale: -1s is negative: write 0s`},
		{"cache: {realtime: 0s}\n" + oneView, `oriel.yaml:1: cache.realtime: must be more than 0`},
		{"cache: {intraday: 0s}\n" + oneView, `oriel.yaml:1: cache.intraday`},
		{"cache: {settling: 0s}\n" + oneView, `oriel.yaml:1: cache.settling`},
		{"cache: {final: -5h}\n" + oneView, `oriel.yaml:1: cache.final: -5h0m0s is not a time after which final days are asked for again: write 720h`},
		{"cache: {final: 0s}\n" + oneView, `oriel.yaml:1: cache.final: 0s is not a time after which final days are asked for again: write 720h`},
		{"limits: {request_timeout: 0s}\n" + oneView, `oriel.yaml:1: limits.request_timeout`},
		{"limits: {tokens_per_second: 0}\n" + oneView, `oriel.yaml:1: limits.tokens_per_second`},
		{"limits: {tokens_burst: -1}\n" + oneView, `oriel.yaml:1: limits.tokens_burst`},
		{"limits: {requests_per_second: 0}\n" + oneView, `oriel.yaml:1: limits.requests_per_second`},
		{"views: {shop: {property: \"1\", universal_analytics: {dimensions: {eventcategories: \"customEvent:category\"}}}}", `oriel.yaml:1: views.shop.universal_analytics: there is no dimension ga:eventcategories in Universal Analytics`},
		{"views: {shop: {property: \"1\", universal_analytics: {dimensions: {sessions: \"customEvent:category\"}}}}", `oriel.yaml:1: views.shop.universal_analytics: there is no dimension ga:sessions in Universal Analytics`},
		{"views: {shop: {property: \"1\", universal_analytics: {dimensions: {dimension1: \"customEvent:category\"}}}}", `oriel.yaml:1: views.shop.universal_analytics: ga:dimension1 has a number: give it by that, 1, if it is a custom dimension`},
		{"views: {shop: {property: \"1\", universal_analytics: {dimensions: {0: \"customEvent:category\"}}}}", `oriel.yaml:1: views.shop.universal_analytics: there is no dimension ga:0 in Universal Analytics`},
		{"views: {shop: {property: \"1\", universal_analytics: {dimensions: {eventCategory: \"two words\"}}}}", `oriel.yaml:1: views.shop.universal_analytics: ga:eventCategory cannot be answered by that: name one field of Google Analytics 4, such as customEvent:category`},
		{"views: {shop: {property: \"1\", universal_analytics: {metrics: {eventCategory: eventCount}}}}", `oriel.yaml:1: views.shop.universal_analytics: there is no metric ga:eventCategory in Universal Analytics`},
		{"views: {shop: {property: \"1\", universal_analytics: {metrics: {totalEvents: eventCount-}}}}", `oriel.yaml:1: views.shop.universal_analytics: ga:totalEvents cannot be answered by that: write a metric of Google Analytics 4, such as customEvent:words, or a formula of some`},
		{"views: {shop: {property: \"1\", universal_analytics: {page_path: path}}}", `oriel.yaml:1: views.shop.universal_analytics: ga:pagePath cannot be answered by "path"`},
		{"limits: {requests_burst: 0}\n" + oneView, `oriel.yaml:1: limits.requests_burst`},
		{"listen: 127.0.0.1:1\n", `oriel.yaml: views: name at least one view`},
		{"accounts: {a: {}, b: {}}\n" + oneView, `oriel.yaml:3: views.shop.account: say which account asks for it: a, b`},
		{view + "account: x\n", `oriel.yaml:4: views.shop.account: there is no account "x"; accounts are default`},
		{"views:\n  shop:\n    property: G-ABC\n", `oriel.yaml:3: views.shop.property: "G-ABC" is not a GA4 property id`},
		{"views:\n  shop: {}\n", `oriel.yaml:2: views.shop.property: "" is not a GA4 property id`},
		{view + "origins: [https://a.example/]\n", `oriel.yaml:4: views.shop.origins: "https://a.example/" is not an origin`},
		{view + "public: questions\n    origins: [https://www.example.com]\n    history: {days: 30}\n", `oriel.yaml:2: views.shop.fields.allow: public: questions lets anybody query the view`},
		{view + "public: questions\n    origins: [https://www.example.com]\n    fields: {allow: [sessions]}\n", `oriel.yaml:2: views.shop.history: public: questions lets anybody query the view`},
		{view + "public_tokens_per_day: 5\n", `oriel.yaml:4: views.shop.public_tokens_per_day: it bounds the free queries of anonymous visitors: write public: questions, or leave it out`},
		{view + "public: true\n", `oriel.yaml:4: views.shop.public: a public view needs at least one origin in views.shop.origins`},
		{view + "history: {outside: burn}\n", `oriel.yaml:4: views.shop.history.outside: "burn" is neither clip nor refuse`},
		{view + "history: {since: 1.5.2026}\n", `oriel.yaml:4: views.shop.history.since: "1.5.2026" is not a date`},
		// Of views and dashboards as package policy and package dashboard see them.
		{view + "freshness: {settling: -1h}\n", `oriel.yaml:4: views.shop.freshness.settling: -1h0m0s is negative: leave it out for the age in the section cache`},
		{view + "max_rows: -1\n", `oriel.yaml:4: views.shop.max_rows: -1 is not one of 0 to 250000`},
		{view + "history: {days: -1}\n", `oriel.yaml:4: views.shop.history.days: -1 is negative`},
		{view + "fields: {deny: ['*x']}\n", `oriel.yaml:4: views.shop.fields: "*x" is not a field`},
		{view + "filter: {filter: {fieldName: a}}\n", `oriel.yaml:4: views.shop.filter: The filter of a needs exactly one of`},
		{"views:\n  Shop: {property: '1'}\n", `oriel.yaml:2: views.Shop.name: must be lower-case letters`},
		{oneView + "  blog:\n    property: '2'\n    aliases: [shop]\n", `oriel.yaml:3: view "blog": "shop" already names view "shop"`},
		{oneView + "dashboards:\n  o:\n    views: [blog]\n    panels: [{type: scorecard, metrics: [sessions]}]\n", `oriel.yaml:5: dashboard "o": views: there is no view "blog"`},
		{oneView + "dashboards:\n  o:\n    views: [shop]\n    range: 5 weeks\n    panels: [{type: scorecard, metrics: [sessions]}]\n", `oriel.yaml:6: dashboard "o": range: "5 weeks" is not a range`},
		{oneView + "dashboards:\n  o:\n    views: [shop]\n    panels:\n      - {type: scorecard, metrics: [sessions]}\n      - {type: wheel}\n",
			`oriel.yaml:8: dashboard "o": panel "2": type: "wheel" is not one of`},
		{"views:\n  shop: {property: '1', realtime: false}\ndashboards:\n  o:\n    views: [shop]\n    panels:\n      - name: now\n        type: scorecard\n        metrics: [activeUsers]\n        realtime: true\n",
			`oriel.yaml:7: dashboard "o": panel "now" over view "shop": the view does not allow realtime`},
	} {
		_, err := parseConfig("oriel.yaml", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		} else if strings.Count(err.Error(), "oriel.yaml") != 1 {
			t.Errorf("%s\n one fault makes several:\n%v", c.text, err)
		}
	}
}

// TestFaultsOfTwoPlaces: what a panel cannot ask for the sake of a view's setting names the
// places of both.
func TestFaultsOfTwoPlaces(t *testing.T) {
	const view = "views:\n  shop:\n    property: '1'\n    "
	const board = "dashboards:\n  o:\n    views: [shop]\n    panels:\n"
	for _, c := range []struct{ text, want string }{
		{view + "fields: {deny: [sessions]}\n" + board + "      - {type: scorecard, metrics: [sessions]}\n",
			`oriel.yaml:9: dashboard "o": panel "1" over view "shop": fields.deny of view "shop" (oriel.yaml:4) hides sessions`},
		{view + "fields:\n      allow: [sesions]\n" + board + "      - {type: scorecard, metrics: [sessions]}\n",
			`oriel.yaml:10: dashboard "o": panel "1" over view "shop": fields.allow of view "shop" (oriel.yaml:5) does not list sessions`},
		{view + "filter: hostName==a\n" + board + "      - {type: scorecard, metrics: [activeUsers], realtime: true}\n",
			`oriel.yaml:9: dashboard "o": panel "1" over view "shop": filter of view "shop" (oriel.yaml:4) reads hostName, which realtime questions do not have`},
	} {
		_, err := parseConfig("oriel.yaml", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// TestFiltersThatAreNone: the error names the setting, and tells a metric by its name.
func TestFiltersThatAreNone(t *testing.T) {
	const view = "views:\n  shop:\n    property: '1'\n    "
	for text, want := range map[string]string{
		view + "filter: sessions>3\n":  `oriel.yaml:4: views.shop.filter: The filter's "sessions>3", at character 1: sessions is a metric, and this filter takes dimensions`,
		view + "filter: sessions==3\n": `oriel.yaml:4: views.shop.filter: The filter's "sessions==3", at character 1: sessions is a metric, and this filter takes dimensions`,
		view + "filter: {x: 1}\n":      `oriel.yaml:4: views.shop.filter: unknown key "x"`,
		oneView + "dashboards:\n  o:\n    views: [shop]\n    panels:\n      - type: scorecard\n        metrics: [sessions]\n        filter: country>3\n": `oriel.yaml:9: dashboards.o.panels.1.filter: The filter's "country>3", at character 1: GA4 compares country as text`,
	} {
		if _, err := parseConfig("oriel.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestAllFaultsAtOnce: a file is fixed in one go, from top to bottom.
func TestAllFaultsAtOnce(t *testing.T) {
	text := "listen: x\nlog: {level: loud}\ngoogle: {data_url: x}\ncache: {max_mb: -1}\nviews:\n  shop: {property: x, origins: ['*']}\n"
	_, err := parseConfig("oriel.yaml", []byte(text))
	if err == nil {
		t.Fatal("no error")
	}
	var places []string
	for line := range strings.Lines(err.Error()) {
		place, _, _ := strings.Cut(line, ": ")
		places = append(places, strings.TrimPrefix(place, "oriel.yaml:"))
	}
	if got := strings.Join(places, " "); got != "1 2 3 4 6 6" {
		t.Errorf("faults at %s:\n%v", got, err)
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.8.8": true, "::1": true, "10.0.0.1": false, "localhost.example.com": false, "": false,
	} {
		if got := isLoopback(host); got != want {
			t.Errorf("isLoopback(%q) = %v", host, got)
		}
	}
}
