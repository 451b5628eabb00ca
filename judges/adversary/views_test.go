package adversary

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An endpoint is one that tells something of a view or a dashboard. Its address
// and body name them as $VIEW, $GA (the number of ga:N) and $BOARD.
type endpoint struct {
	route string // of internal/web, METHOD and pattern
	ask   ask
	mark  string // what the owner reads in the answer
}

const (
	hostsBody    = `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"hostName"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}]}`
	realtimeBody = `{"metrics":[{"name":"activeUsers"}],"dimensions":[{"name":"country"}]}`
	pivotHosts   = `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"hostName"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}],"pivots":[{"fieldNames":["hostName"],"limit":"10"}]}`
	v3Hosts      = "&metrics=ga:sessions&dimensions=ga:hostname&start-date=7daysAgo&end-date=yesterday"
	v4Hosts      = `{"reportRequests":[{"viewId":"$GA","metrics":[{"expression":"ga:sessions"}],"dimensions":[{"name":"ga:hostname"}]}]}`
	vaultHost    = "vault-canary.example"
)

// endpoints are all that tell something of one view. A new one of the map of the
// site or of docs/http-api.md that is not here fails TestEveryEndpointIsTried.
func endpoints() []endpoint {
	list := []endpoint{
		{"GET /v1/views/{view}/metadata", ask{path: "/v1/views/$VIEW/metadata"}, `"apiName"`},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:runReport", body: hostsBody}, vaultHost},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:batchRunReports", body: `{"requests":[` + hostsBody + `,` + hostsBody + `]}`}, vaultHost},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:runRealtimeReport", body: realtimeBody}, "analyticsData#runRealtimeReport"},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:runPivotReport", body: pivotHosts}, vaultHost},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:batchRunPivotReports", body: `{"requests":[` + pivotHosts + `]}`}, vaultHost},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:checkCompatibility", body: `{"metrics":[{"name":"sessions"}]}`}, `"compatibility"`},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:runPivotReport", body: pivotHosts}, vaultHost},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:batchRunPivotReports", body: `{"requests":[` + pivotHosts + `]}`}, vaultHost},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:checkCompatibility", body: `{"metrics":[{"name":"sessions"}]}`}, `"compatibility"`},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:exportReport", body: hostsBody}, vaultHost},
		{"POST /v1/views/{call}", ask{path: "/v1/views/$VIEW:exportRealtimeReport", body: realtimeBody}, "country,activeUsers"},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:runReport", body: hostsBody}, vaultHost},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:batchRunReports", body: `{"requests":[` + hostsBody + `]}`}, vaultHost},
		{"POST /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW:runRealtimeReport", body: realtimeBody}, "analyticsData#runRealtimeReport"},
		{"GET /v1beta/properties/{view}/metadata", ask{path: "/v1beta/properties/$VIEW/metadata"}, `"apiName"`},
		{"GET /v1beta/properties/{call}", ask{path: "/v1beta/properties/$VIEW"}, "Vault Canary"},
		{"GET /v1/dashboards/{dashboard}", ask{path: "/v1/dashboards/$BOARD"}, vaultHost},
		{"GET /v1/dashboards/{dashboard}", ask{path: "/v1/dashboards/$BOARD?view=$VIEW&range=7d"}, vaultHost},
		{"GET /v1/dashboards/{dashboard}/panels/{call}", ask{path: "/v1/dashboards/$BOARD/panels/hosts:export"}, vaultHost},
		{"GET /v1/dashboards/{dashboard}/panels/{call}", ask{path: "/v1/dashboards/$BOARD/panels/hosts:export?view=$VIEW&range=7d"}, vaultHost},
		{"POST /v4/reports:batchGet", ask{path: "/v4/reports:batchGet", body: v4Hosts}, vaultHost},
		{"POST /v4/reports:batchGet", ask{path: "/v4/reports:batchGet?ga", body: strings.ReplaceAll(v4Hosts, "$GA", "ga:$GA")}, vaultHost},
	}
	for _, prefix := range []string{"/v3", "/analytics/v3"} {
		list = append(list,
			endpoint{"GET " + prefix + "/data/ga", ask{path: prefix + "/data/ga?ids=ga:$GA" + v3Hosts}, vaultHost},
			endpoint{"GET " + prefix + "/data/realtime", ask{path: prefix + "/data/realtime?ids=ga:$GA&metrics=rt:activeUsers"}, "analytics#realtimeData"})
		list = append(list, lists(prefix)...)
	}
	return list
}

// lists are the addresses of the Management API that name a profile or a web
// property.
func lists(prefix string) []endpoint {
	managed := prefix + "/management"
	property := managed + "/accounts/1/webproperties/UA-$GA-1"
	pattern := managed + "/accounts/{account}/webproperties/{property}"
	profiles := "analytics#"
	return []endpoint{
		{"ANY " + pattern, ask{path: property}, "Vault Canary"},
		{"ANY " + pattern + "/{collection}", ask{path: property + "/profiles"}, "Vault Canary"},
		{"ANY " + pattern + "/{collection}", ask{path: property + "/customDimensions"}, profiles},
		{"ANY " + pattern + "/{collection}/{item}", ask{path: property + "/profiles/$GA"}, "Vault Canary"},
		{"ANY " + pattern + "/profiles/{profile}/{collection}", ask{path: property + "/profiles/$GA/goals"}, profiles},
		{"ANY " + pattern + "/profiles/{profile}/{collection}", ask{path: managed + "/accounts/1/webproperties/~all/profiles/$GA/goals"}, profiles},
		{"ANY " + pattern + "/profiles/{profile}/{collection}/{item}", ask{path: property + "/profiles/$GA/goals/1"}, "analytics#goal"},
	}
}

// about returns an ask about a view by one of its names, and a dashboard.
func (a ask) about(view, number, board string) ask {
	r := strings.NewReplacer("$VIEW", view, "$GA", number, "$BOARD", board)
	a.path, a.body = r.Replace(a.path), r.Replace(a.body)
	return a
}

// names are all by which a view might be called in an address. The first is its
// name.
var vaultNames = []string{
	"vault", "old-vault", "ga:88", "ga%3A88", vaultProperty, "VAULT", "Vault", "vault%20", "vault.", "vault%00", "%76ault", "vault%2F", "./vault",
	"shop%2F..%2Fvault", "shop,vault", "shop%2Cvault", "vault;x", "vault:runReport", "ga:" + vaultProperty, "properties%2F" + vaultProperty, "*",
}

// viewAttacks try a token for one view at every endpoint of another.
func viewAttacks() []attack {
	var attacks []attack
	for _, e := range endpoints() {
		attacks = append(attacks, attack{name: e.title(), of: crossView, run: e.try})
	}
	return append(attacks, strangers()...)
}

func (e endpoint) title() string {
	method := e.ask.method
	if method == "" {
		method = http.MethodGet
		if e.ask.body != "" {
			method = http.MethodPost
		}
	}
	return method + " " + strings.NewReplacer("?", " ", "/", "|").Replace(e.ask.path)
}

// try asks as the owner, who is answered, and then as everybody else, by every
// name of the view.
func (e endpoint) try(t *testing.T, s *stage) {
	own := e.ask.about("vault", "88", "strongroom")
	own.as = token("vault")
	if a := s.owner(t, own); a.status != http.StatusOK || !strings.Contains(a.body, e.mark) {
		t.Errorf("the owner is answered %d without %q: %.600s", a.status, e.mark, a.body)
	}
	for _, who := range []string{"shop", "clerk", "narrow", "strict", "bound", "board"} {
		asked := e.ask.about("vault", "88", "strongroom")
		asked.as = token(who)
		e.refuse(t, s, who, asked)
	}
	for _, name := range vaultNames {
		asked := e.ask.about(name, strings.TrimPrefix(name, "ga:"), "strongroom")
		asked.as = token("shop")
		e.refuse(t, s, name, asked)
	}
	for _, mixed := range []string{"shop", "old-shop"} { // a view of one's own, over a dashboard of another
		asked := e.ask.about(mixed, vaultProperty, "strongroom")
		if asked.path == e.ask.about("vault", vaultProperty, "strongroom").path {
			continue
		}
		asked.as = token("shop")
		a := s.do(t, asked)
		if strings.Contains(a.body, vaultHost) {
			t.Errorf("%s: %.600s", asked.path, a.body)
		}
	}
	asked := e.ask.about("vault", "88", "strongroom")
	if a := s.do(t, asked); a.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d %.600s", a.status, a.body)
	}
}

func (e endpoint) refuse(t *testing.T, s *stage, how string, asked ask) {
	t.Helper()
	a := s.do(t, asked)
	// A redirect to the plain address tells nothing: that one is asked as well.
	if a.status != http.StatusTemporaryRedirect && (a.status < 400 || a.status > 499) || strings.Contains(a.body, e.mark) && !strings.Contains(asked.path+asked.body, e.mark) {
		t.Errorf("%s (%s %s): %d %.600s", how, asked.path, asked.body, a.status, a.body)
	}
}

// strangers are the attacks that one endpoint alone has.
func strangers() []attack {
	mine := all(status(200), with("www.shop.example"))
	embed := "/embed/strongroom?token=$TOKEN(shop)"
	json := []string{"Accept: application/json"}
	ids := func(q string) string { return "/v3/data/ga?" + q + v3Hosts }
	v4 := func(requests ...string) string { return `{"reportRequests":[` + strings.Join(requests, ",") + `]}` }
	one := func(id string) string {
		return `{"viewId":"` + id + `","metrics":[{"expression":"ga:sessions"}],"dimensions":[{"name":"ga:hostname"}]}`
	}
	escaped := url.QueryEscape
	return []attack{
		{name: "the vault's own page", of: crossView, run: vaultPage},
		{name: "the page, another's token", of: crossView, ask: ask{path: embed}, want: refused},
		{name: "the page as JSON, another's token", of: crossView, ask: ask{path: embed, head: json}, want: refused},
		{name: "the page without a token", of: crossView, ask: ask{path: "/embed/strongroom"}, want: refused},
		{name: "the page, a view that is not the dashboard's", of: crossView, ask: ask{path: "/embed/overview?view=vault&token=$TOKEN(shop)"}, want: refused},
		{name: "a public page over another view", of: parameters, ask: ask{path: "/embed/overview?view=vault"}, want: refused},
		{name: "a public page over a property", of: parameters, ask: ask{path: "/embed/overview?view=" + vaultProperty}, want: refused},
		{name: "a dashboard over another view", of: crossView, ask: ask{path: "/v1/dashboards/overview?view=vault", as: token("shop")}, want: refused},
		{name: "a dashboard over two views", of: crossView, ask: ask{path: "/v1/dashboards/overview?view=shop&view=vault", as: token("shop")}, want: mine},
		{name: "a dashboard's token at the view behind it", of: crossView, ask: ask{path: "/v1/views/shop:runReport", body: hostsBody, as: token("board")}, want: refused},
		{name: "a dashboard's token at v3", of: crossView, ask: ask{path: ids("ids=ga:77"), as: token("board")}, want: refused},
		{name: "a dashboard's token at v4", of: crossView, ask: ask{path: "/v4/reports:batchGet", body: v4(one("77")), as: token("board")}, want: refused},
		{name: "a dashboard's token at metadata", of: crossView, ask: ask{path: "/v1/views/shop/metadata", as: token("board")}, want: refused},
		{name: "a property in the body", of: crossView, ask: ask{path: "/v1/views/shop:runReport", as: token("shop"),
			body: strings.Replace(hostsBody, "{", `{"property":"properties/`+vaultProperty+`",`, 1)}, want: without(marks...)},
		{name: "a property in a batch's member", of: crossView, ask: ask{path: "/v1beta/properties/shop:batchRunReports", as: token("shop"),
			body: `{"requests":[` + hostsBody + `,` + strings.Replace(hostsBody, "{", `{"property":"properties/`+vaultProperty+`",`, 1) + `]}`}, want: without(marks...)},
		{name: "v4, the second member another's", of: crossView, ask: ask{path: "/v4/reports:batchGet", body: v4(one("77"), one("88")), as: token("shop")}, want: refused},
		{name: "v4, the first member another's", of: crossView, ask: ask{path: "/v4/reports:batchGet", body: v4(one("88"), one("77")), as: token("shop")}, want: refused},
		{name: "v4, two ids in one", of: crossView, ask: ask{path: "/v4/reports:batchGet", body: v4(one("77,88")), as: token("shop")}, want: refused},
		{name: "v4, an id twice", of: crossView, ask: ask{path: "/v4/reports:batchGet", as: token("shop"),
			body: v4(strings.Replace(one("77"), "{", `{"view_id":"88",`, 1))}, want: refused},
		{name: "v4, an empty id", of: crossView, ask: ask{path: "/v4/reports:batchGet", body: v4(one("")), as: token("shop")}, want: refused},
		{name: "v3, two ids", of: crossView, ask: ask{path: ids("ids=ga:77,ga:88"), as: token("shop")}, want: refused},
		{name: "v3, ids twice", of: crossView, ask: ask{path: ids("ids=ga:77&ids=ga:88"), as: token("shop")}, want: refused},
		{name: "v3, ids twice the other way", of: crossView, ask: ask{path: ids("ids=ga:88&ids=ga:77"), as: token("shop")}, want: refused},
		{name: "v3, ids of another case", of: crossView, ask: ask{path: ids("ids=GA:88"), as: token("shop")}, want: refused},
		{name: "v3, ids with a space", of: crossView, ask: ask{path: ids("ids=ga:88%20"), as: token("shop")}, want: refused},
		{name: "v3, ids with zeros", of: crossView, ask: ask{path: ids("ids=ga:0088"), as: token("shop")}, want: refused},
		{name: "v3, ids a property", of: crossView, ask: ask{path: ids("ids=ga:" + vaultProperty), as: token("shop")}, want: refused},
		{name: "views, only those of the token", of: crossView, ask: ask{path: "/v1/views", as: token("shop")}, want: all(status(200), with(`"shop"`), without(`"narrow"`, `"vault"`))},
		{name: "Google's accounts, only those of the token", of: crossView, ask: ask{path: "/v1beta/accountSummaries", as: token("shop")}, want: all(status(200), with("properties/shop"), without("narrow", "vault"))},
		{name: "v3's accounts, only those of the token", of: crossView, ask: ask{path: "/v3/management/accountSummaries", as: token("shop")}, want: all(status(200), with("UA-77-1"), without("Narrow", "Vault", "UA-88"))},
		{name: "v3's profiles, only those of the token", of: crossView, ask: ask{path: "/v3/management/accounts/~all/webproperties/~all/profiles", as: token("shop")}, want: all(status(200), with("UA-77-1"), without("Narrow", "Vault", "UA-88"))},
		{name: "the public token, a view that is not public", of: crossView, ask: ask{path: "/token?view=vault", head: []string{"Origin: " + shopOrigin}}, want: refused},
		{name: "the public token, one's own view and another", of: crossView, ask: ask{path: "/token?view=shop&view=vault", head: []string{"Origin: " + shopOrigin}}, want: refused},
		{name: "the public token, a dashboard that is not public", of: crossView, ask: ask{path: "/token?dashboard=strongroom", head: []string{"Origin: " + shopOrigin}}, want: refused},
		{name: "the public token, by property", of: crossView, ask: ask{path: "/token?view=" + shopProperty, head: []string{"Origin: " + shopOrigin}}, want: refused},
		{name: "the public token, from the vault's page", of: crossView, ask: ask{path: "/token?view=vault", head: []string{"Origin: " + vaultOrigin}}, want: refused},
		{name: "quota in the answer", of: answersTellQuery, ask: ask{path: "/v1/views/shop:runReport", as: token("shop"),
			body: strings.Replace(hostsBody, "{", `{"returnPropertyQuota":true,`, 1)}, want: without("tokensPerHour", "propertyQuota")},
		{name: "a view's name in an error is the requester's own", of: answersTellQuery, ask: ask{path: "/v1/views/" + escaped("nothing of the sort") + "/metadata", as: token("shop")}, want: refused},
		{name: "a view that is and one that is not", of: answersTellQuery, run: alike("/v1/views/$X/metadata", "vault", "nowhere")},
		{name: "a dashboard that is and one that is not", of: answersTellQuery, run: alike("/v1/dashboards/$X", "strongroom", "nowhereatall")},
		{name: "a page that is and one that is not", of: answersTellQuery, run: alike("/embed/$X?token=$TOKEN(shop)", "strongroom", "nowhereatall")},
		{name: "a public token for a view that is and one that is not", of: answersTellQuery, run: alike("/token?view=$X", "vault", "nowhere")},
		{name: "v3 ids that are and ones that are not", of: answersTellQuery, run: alike(ids("ids=ga:$X"), "88", "99")},
	}
}

// vaultPage sees that the page is there, for who may see it.
func vaultPage(t *testing.T, s *stage) {
	a := s.owner(t, ask{path: "/embed/strongroom?token=$TOKEN(vault)"})
	if a.status != http.StatusOK || !strings.Contains(a.body, vaultHost) {
		t.Errorf("%d %.600s", a.status, a.body)
	}
}

// alike wants the same answer, letter for letter, about what there is and what
// there is not.
func alike(path, is, isNot string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		about := func(name string) (int, string) {
			a := s.do(t, ask{path: strings.ReplaceAll(path, "$X", name), as: token("shop"), head: []string{"Origin: " + shopOrigin}})
			return a.status, strings.ReplaceAll(a.body, name, "$X")
		}
		code, text := about(is)
		if otherCode, other := about(isNot); code != otherCode || text != other {
			t.Errorf("%d %s\n%d %s", code, text, otherCode, other)
		}
	}
}
