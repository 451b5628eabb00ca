package canary

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
)

// bearers are the credentials that requests carry.
type bearers struct {
	view, dashboard string // good embed tokens
	apiKey          string
}

// A maker makes odd requests, the same ones for the same seed.
type maker struct {
	*rand.Rand
	bearers  bearers
	public   string
	operator string
}

func pick[T any](m *maker, from ...T) T { return from[m.IntN(len(from))] }

// A request is what is sent; text is all of it, to tell repetition from leaking.
type request struct {
	*http.Request
	where Place
	text  string
}

// request is an odd one, or one as every page sends it, so that much is asked
// of Google too.
func (m *maker) request() request {
	if m.IntN(3) == 0 {
		return m.sane()
	}
	return m.odd()
}

func (m *maker) sane() request {
	body := fmt.Sprintf(`{"dateRanges":[{"startDate":"%ddaysAgo","endDate":"yesterday"}],"metrics":[{"name":%q}],"dimensions":[{"name":%q}],"limit":%d}`,
		1+m.IntN(30), pick(m, "sessions", "totalUsers"), pick(m, "country", "date"), 1+m.IntN(50))
	path := pick(m, "/v1/views/shop:runReport", "/v1beta/properties/museum:runReport", "/v1/dashboards/overview")
	method, token := "POST", m.bearers.view
	if path == "/v1/dashboards/overview" {
		method, token, body = "GET", m.bearers.dashboard, ""
	}
	req, err := http.NewRequest(method, m.public+path, strings.NewReader(body))
	if err != nil {
		panic(err) // the methods and addresses are ours
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Authorization", "Bearer "+token)
	return request{req, Public, fmt.Sprint(path, req.Header, body)}
}

func (m *maker) odd() request {
	where, base, path := Public, m.public, m.path()
	if m.IntN(10) == 0 {
		where, base = Operator, m.operator
		path = pick(m, "/metrics", "/readyz", "/healthz", "/revocations", "/revocations/0123456789abcdef", "/debug/pprof/", "/config", path)
	}
	method := m.method(path)
	body := ""
	if method != "GET" && method != "HEAD" {
		body = m.body()
	}
	req, err := http.NewRequest(method, base, strings.NewReader(body))
	if err != nil {
		panic(err) // the methods and addresses are ours
	}
	req.URL.Opaque = strings.TrimPrefix(base, "http:") + path + m.query()
	m.headers(req)
	return request{req, where, fmt.Sprint(req.URL.Opaque, req.Header, body)}
}

// method is mostly the one that the path answers.
func (m *maker) method(path string) string {
	switch {
	case m.IntN(8) == 0:
		return pick(m, "GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND")
	case strings.Contains(path, ":") || strings.HasSuffix(path, "/tokens"):
		return "POST"
	}
	return "GET"
}

func (m *maker) path() string {
	view := pick(m, "shop", "shop", "shop", "museum", "museum", "archive", "old-shop", "ga%3A77", "412600303", "412600301", "nothing", "%2e%2e", "%00", "a'b")
	path := pick(m,
		"/token", "/v1/tokens", "/v1/tokens:renew", "/v1/tokens:renew", "/v1/tokens:redeem", "/v1/accounts/agency:token", "/v1/accounts/"+view+":token", "/revocations",
		"/v1/views/"+view+":exportReport", "/v1/views/"+view+":exportRealtimeReport", "/v1/dashboards/overview/panels/countries:export", "/v1/dashboards/overview/panels/"+view+":export", "/v1/views", "/v1beta/accountSummaries",
		"/v3/data/ga", "/analytics/v3/data/ga", "/v3/data/realtime", "/v4/reports:batchGet", "/v3/metadata/ga/columns", "/v3/management/segments",
		"/v3/management/accountSummaries", "/v3/management/accounts/~all/webproperties/~all/profiles", "/v3/management/accounts/1/webproperties/UA-1-1/profiles/77/goals",
		"/v1/dashboards/overview", "/v1/dashboards/overview", "/v1/dashboards/nothing", "/embed/overview", "/embed/overview", "/embed/nothing",
		"/v1/views/"+view+":runReport", "/v1/views/"+view+":runReport", "/v1/views/"+view+":runReport",
		"/v1/views/"+view+":batchRunReports", "/v1/views/"+view+":runRealtimeReport", "/v1/views/"+view+"/metadata",
		"/v1beta/properties/"+view+":runReport", "/v1beta/properties/"+view+":runReport",
		"/v1beta/properties/"+view+":batchRunReports", "/v1beta/properties/"+view+":runRealtimeReport",
		"/v1beta/properties/"+view+"/metadata", "/v1beta/properties/"+view, "/v1beta/properties/"+view+":runPivotReport",
		"/oriel.js", "/platform.js", "/js/client.js", "/public/javascript/embed-api/components/nothing.js", "/embed.js", "/assets/", "/", "/oriel-keys.json", "/key.json", "/oriel.yaml", "/assets/../key.json", "/.git/config", "/metrics", "/readyz",
	)
	if m.IntN(12) == 0 {
		path = m.spoil(path)
	}
	return path
}

// spoil changes, doubles or drops characters of an address, and keeps it one
// that can be sent.
func (m *maker) spoil(path string) string {
	at := 1 + m.IntN(len(path))
	return path[:at] + pick(m, "", "/", "//", "/..", "%2f", "%00", ";", "x", "%25", strings.Repeat("a", 3000)) + path[at:]
}

func (m *maker) query() string {
	q := url.Values{}
	for range m.IntN(4) {
		name := pick(m, "view", "dashboard", "range", "theme", "lang", "token", "access_token", "key", "alt", "$alt", "prettyPrint", "fields", "callback", "pageSize")
		value := pick(m, "shop", "overview", "7d", "28d", "2026-01-01..2026-01-31", "dark", "de", "json", "json;enum-encoding=int", "nothing", "412600303", "-1", "\x00", "<script>", m.token())
		q.Add(name, value)
	}
	if m.IntN(3) == 0 {
		q.Set("dashboard", "overview")
	}
	if m.IntN(3) == 0 {
		q.Set("ids", pick(m, "ga:77", "ga:77", "ga:412600303", "shop", "ga:"))
		q.Set("metrics", pick(m, "ga:sessions", "rt:activeUsers", "ga:adCost", "ga:sessions,ga:nothing"))
		q.Set("start-date", pick(m, "7daysAgo", "2026-01-01", "99999daysAgo"))
		q.Set("end-date", pick(m, "yesterday", "today", "tomorrow"))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (m *maker) token() string {
	switch m.IntN(12) {
	case 0:
		return ""
	case 1:
		return m.broken(m.bearers.view)
	case 2:
		return pick(m, "garbage", "ya29.c.not-a-token-of-anybody", "eyJhbGciOiJub25lIn0.e30.", "null", strings.Repeat("x", 9000))
	case 3:
		return m.bearers.apiKey
	case 4:
		return m.broken(m.bearers.apiKey)
	case 5, 6, 7:
		return m.bearers.dashboard
	}
	return m.bearers.view
}

// broken changes one character of a token.
func (m *maker) broken(token string) string {
	at := m.IntN(len(token))
	return token[:at] + pick(m, "A", "-", ".", "") + token[at+1:]
}

func (m *maker) headers(req *http.Request) {
	if m.IntN(12) > 0 {
		req.Header.Set("Authorization", pick(m, "Bearer ", "Bearer ", "Bearer ", "Bearer ", "Bearer ", "bearer ", "Basic ", "Bearer")+m.token())
	}
	if m.IntN(3) > 0 {
		req.Header.Set("Origin", pick(m, origin, origin, origin, "https://evil.example", "null", m.public))
	}
	for range m.IntN(4) {
		h := pick(m,
			[2]string{"Accept-Encoding", "gzip"}, [2]string{"Accept", "application/json"}, [2]string{"Content-Type", "text/plain"},
			[2]string{"Content-Encoding", "gzip"}, [2]string{"X-Forwarded-For", "203.0.113.9"}, [2]string{"X-Forwarded-Host", "evil.example"},
			[2]string{"X-HTTP-Method-Override", "DELETE"}, [2]string{"X-Goog-Api-Key", m.bearers.apiKey}, [2]string{"X-Goog-Api-Client", "gl-go/1.26"},
			[2]string{"Cookie", "token=" + m.bearers.view}, [2]string{"Sec-Fetch-Site", "same-origin"}, [2]string{"Referer", m.public + "/embed/overview?token=" + m.bearers.view},
			[2]string{"User-Agent", m.bearers.view}, [2]string{"If-None-Match", "*"}, [2]string{"Range", "bytes=0-10"},
			[2]string{"Access-Control-Request-Method", "POST"}, [2]string{"Access-Control-Request-Headers", "authorization"},
		)
		req.Header.Set(h[0], h[1])
	}
}

func (m *maker) body() string {
	switch m.IntN(17) {
	case 14:
		return fmt.Sprintf(`{"code":%q}`, pick(m, "", m.bearers.view, m.bearers.apiKey, m.broken(m.bearers.view)))
	case 15:
		return `{"views":["shop"],"code":true,"subject":"customer-8"}`
	case 16:
		return fmt.Sprintf(`{"kind":%q,"name":%q,"reason":%q}`, pick(m, "session", "subject", "view", "host", "key", "nothing"), pick(m, "nobody", m.bearers.apiKey), pick(m, "", "left"))
	case 0:
		return pick(m, "", "{", "[]", "null", "\x00", `"`, strings.Repeat(`{"filter":`, 200), strings.Repeat("[", 5000), strings.Repeat("x", 300_000))
	case 1:
		report := m.report()
		at := m.IntN(len(report))
		return report[:at] + pick(m, "", "{", "\"", "\xff", "9e999", m.bearers.view) + report[at:]
	case 2, 3:
		return `{"requests":[` + m.report() + `,` + m.report() + `]}`
	case 4:
		return fmt.Sprintf(`{"views":[%q],"dashboards":[%q],"subject":%q,"expires_in":%d}`,
			pick(m, "shop", "archive", "nothing"), pick(m, "overview", "nothing"), pick(m, "customer-7", m.bearers.view, m.bearers.apiKey), m.IntN(400))
	case 5:
		return `{"views":["shop"]}`
	case 6:
		return fmt.Sprintf(`{"reportRequests":[{"viewId":%q,"metrics":[{"expression":%q}],"dimensions":[{"name":%q}],"filtersExpression":%q}]}`,
			pick(m, "ga:77", "77", "412600303", "shop"), pick(m, "ga:sessions", "ga:users/ga:sessions", "ga:adCost"),
			pick(m, "ga:country", "ga:date", "ga:nothing"), pick(m, "", "ga:country==Germany", "ga:city=~(", "ga:sessions>1"))
	}
	return m.report()
}

// report is a question that is mostly right, about a few of very many things, so
// that few are asked twice.
func (m *maker) report() string {
	metric := pick(m, "sessions", "totalUsers", "activeUsers", "screenPageViews", "bounceRate", "noSuchMetric", m.bearers.view[:40])
	dimension := pick(m, "country", "date", "deviceCategory", "pagePath", "city", "noSuchDimension")
	when := ""
	if m.IntN(4) > 0 {
		when = fmt.Sprintf(`"dateRanges":[{"startDate":"%ddaysAgo","endDate":"%s"}],`, 1+m.IntN(30), pick(m, "yesterday", "today", "1daysAgo", "never"))
	}
	filter := ""
	if m.IntN(3) == 0 {
		filter = fmt.Sprintf(`,"dimensionFilter":{"filter":{"fieldName":%q,"stringFilter":{"matchType":%q,"value":%q}}}`,
			dimension, pick(m, "EXACT", "CONTAINS", "FULL_REGEXP", "LIKE"), pick(m, "Germany", "(", "properties/412600303", m.bearers.dashboard))
	}
	return fmt.Sprintf(`{%s"metrics":[{"name":%q}],"dimensions":[{"name":%q}],"limit":%d%s}`, when, metric, dimension, m.IntN(50), filter)
}

// read returns all of an answer as text.
func read(res *http.Response) (string, error) {
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return fmt.Sprint(res.Status, res.Header, string(body)), err
}
