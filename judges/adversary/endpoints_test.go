package adversary

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notAboutAView are the routes that tell nothing of a view that an address names,
// and what they are. Those that list all that a token opens have attacks of
// their own.
var notAboutAView = map[string]string{
	"GET /token":                                         "names views that are checked: strangers",
	"POST /v1/tokens:renew":                              "session attacks",
	"POST /v1/tokens:redeem":                             "session attacks",
	"POST /v1/accounts/{call}":                           "host attacks",
	"POST /v1/tokens":                                    "host attacks",
	"GET /v1/views":                                      "a list: strangers",
	"GET /v1beta/accountSummaries":                       "a list: strangers",
	"ANY /management/{collection}":                       "a list: strangers",
	"ANY /management/{collection}/{item}":                "segments and accounts, the same for all",
	"ANY /management/accounts/{account}/{collection}":    "a list: strangers",
	"ANY /metadata/ga/columns":                           "a list: strangers",
	"ANY /{rest...}":                                     "nothing is there",
	"POST /keys:rotate":                                  "of operators: path attacks",
	"POST /cache:purge":                                  "of operators: path attacks",
	"POST /v4/userActivity:search":                       "an error for all",
	"GET /embed/{dashboard}":                             "HTML: strangers",
	"GET /oriel.js":                                      "a file",
	"GET /embed.js":                                      "a file",
	"GET /embed.css":                                     "a file",
	"GET /assets/{file...}":                              "a file",
	"GET /platform.js":                                   "a file",
	"GET /client.js":                                     "a file",
	"GET /api.js":                                        "a file",
	"GET /plusone.js":                                    "a file",
	"GET /client:platform.js":                            "a file",
	"GET /client:plusone.js":                             "a file",
	"GET /api:client.js":                                 "a file",
	"GET /js/{name}":                                     "a file",
	"GET /public/javascript/embed-api/{name}":            "a file",
	"GET /public/css/index.css":                          "a file",
	"GET /public/javascript/embed-api/components/{name}": "a file",
	"GET /public/css/chartjs-visualizations.css":         "a file",
}

// operators' routes are on the other listener: pathAttacks see that they are not
// on this one.
var operators = []string{"GET /{$}", "GET /healthz", "GET /readyz", "GET /metrics", "GET /quota", "GET /revocations", "POST /revocations", "DELETE /revocations/{id}"}

// A row of the map of the site, as the program writes it.
var routeRow = regexp.MustCompile(`\{("[A-Z]+"|anyMethod), ((?:[a-z]+ \+ )?"[^"]*"|[a-z]+), (?:true|false), `)

// variables of the rows for Universal Analytics, whose prefix is left out.
var variables = map[string]string{"prefix": "", "managed": "/management", "property": "/management/accounts/{account}/webproperties/{property}"}

// routes returns the map of the site, METHOD and pattern.
func routes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "internal", "web", "*.go"))
	must(t, err)
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		must(t, err)
		for _, m := range routeRow.FindAllStringSubmatch(string(text), -1) {
			method := strings.Trim(strings.Replace(m[1], "anyMethod", "ANY", 1), `"`)
			found = append(found, method+" "+pattern(m[2]))
		}
	}
	if len(found) < 30 {
		t.Fatalf("only %d routes are found; the test would hold for nothing", len(found))
	}
	return found
}

// pattern evaluates name + "literal".
func pattern(expression string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(expression, " + ") {
		if text, ok := variables[part]; ok {
			b.WriteString(text)
			continue
		}
		b.WriteString(strings.Trim(part, `"`))
	}
	return b.String()
}

// root is where the program's source is.
func root(t testing.TB) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/oriel-server/oriel").Output()
	must(t, err)
	return strings.TrimSpace(string(dir))
}

// Every route is tried with a token for another view, or said not to be about one.
func TestEveryEndpointIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, e := range endpoints() {
		tried[e.route] = true
		tried[strings.Replace(strings.Replace(e.route, " /v3/", " /", 1), " /analytics/v3/", " /", 1)] = true
	}
	known := routes(t)
	for _, route := range known {
		if !tried[route] && notAboutAView[route] == "" && !slices.Contains(operators, route) {
			t.Errorf("%s: no token for another view is tried on it; add it to endpoints, or say in notAboutAView why not", route)
		}
	}
	for route := range notAboutAView {
		if !slices.Contains(known, route) {
			t.Errorf("%s is not on the map of the site any more", route)
		}
	}
}

// An address in the tables of docs/http-api.md, and the verbs that follow it.
var (
	documentedRow = regexp.MustCompile("(?m)^\\| `(GET|POST|PUT|DELETE) .*$")
	address       = regexp.MustCompile("`(?:(GET|POST|PUT|DELETE) )?([/:][^`? ]*)[^`]*`")
)

// Every documented address is one that is tried, or that is not about a view.
func TestEveryDocumentedAddressIsTried(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "http-api.md"))
	must(t, err)
	public, _, ok := strings.Cut(string(text), "### `/token`")
	rows := documentedRow.FindAllString(public, -1)
	if !ok || len(rows) < 15 {
		t.Fatalf("%d rows are found; the test would hold for nothing", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		method, last := "", ""
		for _, m := range address.FindAllStringSubmatch(cells[0], -1) {
			path := m[2]
			if m[1] != "" {
				method = m[1]
			}
			if strings.HasPrefix(path, ":") { // a verb of the address before
				path = last[:strings.LastIndex(last, ":")] + path
			}
			last = path
			if !isTried(method, path) {
				t.Errorf("%s %s: no token for another view is tried on it", method, path)
			}
		}
	}
}

func isTried(method, path string) bool {
	like := regexp.QuoteMeta(path)
	like = regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(like, `[^/]+`)
	like = strings.ReplaceAll(like, "…", ".*")
	whole := regexp.MustCompile(`^` + like + `(\?.*)?$`)
	for _, e := range endpoints() {
		m := "GET"
		if e.ask.body != "" {
			m = "POST"
		}
		if m == method && whole.MatchString(e.ask.path) {
			return true
		}
	}
	for route := range notAboutAView {
		m, p, _ := strings.Cut(route, " ")
		for _, prefix := range []string{"", "/v3", "/analytics/v3"} {
			if (m == method || m == "ANY") && (prefix+p == path || whole.MatchString(prefix+p) || samePattern(prefix+p, path)) {
				return true
			}
		}
	}
	return false
}

// samePattern compares two patterns, whatever their wildcards are called. {call} is
// a name and a verb.
func samePattern(a, b string) bool {
	if strings.HasSuffix(a, "/{call}") {
		b = regexp.MustCompile(`:[a-z]+$`).ReplaceAllString(b, "")
	}
	wild := regexp.MustCompile(`\{[a-z.]+\}|…`)
	return wild.ReplaceAllString(a, "*") == wild.ReplaceAllString(b, "*")
}
