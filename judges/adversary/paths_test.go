package adversary

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// twisted are ways to write an address of the vault that a proxy, a router and a
// handler might read differently.
var twisted = []string{
	"//v1/views/vault/metadata", "/v1//views/vault/metadata", "/v1/views//vault/metadata", "/v1/views/vault//metadata", "/v1/views/shop/../vault/metadata",
	"/v1/views/shop/%2e%2e/vault/metadata", "/v1/views/shop%2f..%2fvault/metadata", "/v1/views/shop%2F%2E%2E%2Fvault/metadata", "/v1/views/shop/..%2fvault/metadata",
	"/v1/views/vault%2fmetadata", "/v1%2fviews%2fvault%2fmetadata", "/%2fv1/views/vault/metadata", "/./v1/views/vault/metadata", "/v1/./views/./vault/./metadata",
	"/v1/views/vault/metadata/", "/v1/views/vault/metadata/.", "/v1/views/vault/metadata/..", "/v1/views/vault/metadata;x=y", "/v1/views/vault;x/metadata", "/v1;x/views/vault/metadata",
	"/V1/views/vault/metadata", "/v1/VIEWS/vault/metadata", "/v1/views/VAULT/metadata", "/v1/views/vault/METADATA", "/v1/views/vault/metadata%20", "/v1/views/vault/metadata.", "/v1/views/vault./metadata",
	"/v1/views/vault%20/metadata", "/v1/views/%20vault/metadata", "/v1/views/vault%00/metadata", "/v1/views/vault/metadata%00", "/v1/views/vault%0d%0a/metadata", "/v1/views/vault\\metadata", "/v1\\views\\vault\\metadata",
	"/v1/views/shop\\..\\vault/metadata", "/v1/views/%76%61%75%6c%74/metadata", "/v1/views/%2576ault/metadata", "/v1/views/vault%252fmetadata", "/v1/views/%u0076ault/metadata", "/v1/views/vau%6ct/meta%64ata",
	"/v1/views/v%C3%A1ult/metadata", "/v1/views/vault%c0%af/metadata", "/v1/views/%c0%ae%c0%ae/vault/metadata", "/v1/views/vault/metadata#x", "/v1/views/vault/metadata?", "/v1/views/shop/metadata/../../vault/metadata",
	"/oriel.js/../v1/views/vault/metadata", "/assets/../v1/views/vault/metadata", "/healthz/../v1/views/vault/metadata", "/embed.js;/v1/views/vault/metadata", "/token/../v1/views/vault/metadata", "/v1/views/vault/metadata?healthz", "/v1/views/shop/metadata?view=vault",
	"http://evil.example/v1/views/vault/metadata", "http://$HOST/v1/views/vault/metadata", "https://$HOST/v1/views/vault/metadata", "http://user:pass@$HOST/v1/views/vault/metadata", "http:///v1/views/vault/metadata",
	"/v1/dashboards/overview/../strongroom", "/v1/dashboards/%2e%2e/dashboards/strongroom", "/v1/dashboards/strongroom%2f", "/embed/overview/../strongroom", "/embed/overview%2f..%2fstrongroom", "/embed//strongroom", "/embed/strongroom/",
	"/v1beta/properties/shop/../vault", "/v1beta/properties/vault%2Fmetadata", "/v1beta/properties/%2e%2e/accountSummaries", "/v3/management/accounts/1/webproperties/UA-77-1/../UA-88-1/profiles", "/v3/management/accounts/1/webproperties/UA-77-1/profiles/77/../88/goals",
	"/v3/management/accounts/1/webproperties/UA-77-1/profiles/88/goals", "/v3/management/accounts/1/webproperties/UA-88-1/profiles/77/goals", "/v3/management/accounts/2/webproperties/UA-88-1/profiles", "/analytics/v3/../v3/data/ga?ids=ga:88&metrics=ga:sessions", "/v3//data/ga?ids=ga:88&metrics=ga:sessions",
	"/v3/data/ga/?ids=ga:88&metrics=ga:sessions", "/v3/data/GA?ids=ga:88&metrics=ga:sessions", "/v3/data/ga;ids=ga:88?ids=ga:77&metrics=ga:sessions&dimensions=ga:hostname", "/v3/data/ga?ids=ga:77;ids=ga:88&metrics=ga:sessions&dimensions=ga:hostname",
}

// insides are addresses of what is not for the public.
var insides = []string{
	"/metrics", "/healthz", "/readyz", "/quota", "/revocations", "/audit", "/config", "/debug/pprof/", "/debug/vars", "/debug/pprof/heap", "/.git/config", "/.env", "/server-status",
	"/oriel-keys.json", "/key.json", "/oriel.yaml", "/oriel-cache.db", "/oriel-cache.db-wal", "/oriel-ledger.db", "/oriel-audit.jsonl", "/oriel", "/go.mod", "/etc/passwd",
	"/assets/../key.json", "/assets/%2e%2e/key.json", "/assets/..%2fkey.json", "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd", "/assets/%2fetc%2fpasswd", "/assets//etc/passwd", "/assets/....//key.json", "/assets/.%00./key.json", "/assets/",
	"/assets", "/assets/.", "/js/", "/js/..%2fkey.json", "/js/%2e%2e%2foriel-keys.json", "/js/..%2f..%2fgo.mod", "/public/javascript/embed-api/components/..%2f..%2fkey.json", "/public/javascript/embed-api/components/", "/public/css/../../key.json",
	"/embed.js/../key.json", "//metrics", "/%6detrics", "/metrics/", "/metrics%00", "/Metrics", "/v1/../metrics", "/./metrics", "/token/../metrics", "http://127.0.0.1/metrics", "file:///etc/passwd",
}

// elsewhere are addresses that might be led to another site.
var elsewhere = []string{
	"//evil-site.example/..", "//evil-site.example/%2e%2e", "//evil-site.example", "/\\evil-site.example/..", "/%2f%2fevil-site.example/..", "/v1/..//evil-site.example/", "/..//evil-site.example", "/.//evil-site.example", "///evil-site.example/a/..",
	"/%0d%0aLocation:%20http://evil-site.example/../x", "//evil-site.example/v1/views/../views", "/v1//..//..//evil-site.example/%2e",
}

// pathAttacks confuse about which address is meant.
func pathAttacks() []attack {
	var attacks []attack
	for i, path := range twisted {
		method := ask{path: path, as: token("shop")}
		attacks = append(attacks,
			attack{name: fmt.Sprintf("%d %s", i, strings.ReplaceAll(path, "/", "|")), of: paths, ask: method, want: tame},
			attack{name: fmt.Sprintf("%d posted", i), of: paths, ask: ask{method: "POST", path: path, body: hostsBody, as: token("shop")}, want: tame},
			attack{name: fmt.Sprintf("%d without a token", i), of: paths, ask: ask{path: path}, want: all(tame, notAnswered)},
		)
	}
	for i, path := range insides {
		attacks = append(attacks,
			attack{name: fmt.Sprintf("inside %d %s", i, strings.ReplaceAll(path, "/", "|")), of: proxyBypass, ask: ask{path: path}, want: all(tame, notAnswered, nowhere("oriel_", "private_key", "root:", "module "))},
			attack{name: fmt.Sprintf("inside %d with a token", i), of: proxyBypass, ask: ask{path: path, as: token("shop")}, want: all(tame, notAnswered)},
		)
	}
	for i, path := range elsewhere {
		attacks = append(attacks, attack{name: fmt.Sprintf("elsewhere %d", i), of: paths, ask: ask{path: path}, want: all(tame, notAnswered)})
	}
	return attacks
}

// notAnswered wants no success.
func notAnswered(t testing.TB, got answers) {
	t.Helper()
	for _, a := range got.all {
		if a.status < 300 {
			t.Errorf("answered %d: %.300s", a.status, a.body)
		}
	}
}

// tame wants no data of the vault, and no way to another site: a redirect leads to
// a plain address here, which other attacks ask.
func tame(t testing.TB, got answers) {
	t.Helper()
	for _, a := range got.all {
		for _, mark := range append(marks, vaultHost) {
			if strings.Contains(a.body, mark) {
				t.Errorf("%q is in the answer: %.600s", mark, a.body)
			}
		}
		if a.status >= 500 {
			t.Errorf("answered %d: %.300s", a.status, a.body)
		}
		if location := a.header.Get("Location"); location != "" || a.status/100 == 3 && a.status != http.StatusNotModified {
			u, err := url.Parse(location)
			if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) || !strings.HasPrefix(location, "/") {
				t.Errorf("%d leads to %q", a.status, location)
			}
		}
	}
}
